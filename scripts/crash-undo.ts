/**
 * Kill the writer where an undo file protects what it writes: states of a file and of the undo file beside it, in both
 * durabilities, each with every object as before or as after. A control leaves the undo file out.
 *
 *   npm run crash:undo -- [--seed N] [--stock-every N]
 *
 * Prints one line per fault and ends with `N passed, M failed`, where N counts distinct states.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kindsOf } from "./crash/bases.js";
import { DENSE_OPERATIONS, denseKinds } from "./crash/dense.js";
import { OPERATIONS } from "./crash/operations.js";
import { Stock } from "./crash/records.js";
import { seeded } from "./crash/states.js";
import { undoFiles } from "./crash/undo.js";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    "stock-every": { type: "string", default: "10" },
    help: { type: "boolean" },
  },
});
if (options.help) {
  console.log("npm run crash:undo -- [--seed N] [--stock-every N]");
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), "h5ts-crash-undo-"));
const stock = new Stock();
const started = performance.now();
let passed = 0;
let failed = 0;
try {
  const harness = {
    folder,
    suites: [
      ...kindsOf(stock, folder).map((kind) => ({ kind, operations: OPERATIONS })),
      ...denseKinds(stock, folder).map((kind) => ({ kind, operations: DENSE_OPERATIONS })),
    ],
    random: seeded(Number(options.seed)),
    stockEvery: Number(options["stock-every"]),
    stock: (image: Uint8Array) => {
      const path = join(folder, "state.h5");
      writeFileSync(path, image);
      return stock.ask({ read: path });
    },
  };
  for await (const { name, flushes, states, readByStock, faults } of undoFiles(harness)) {
    for (const finding of faults.slice(0, 40)) console.log(`${name}: ${finding.replaceAll("\n", " ").slice(0, 400)}`);
    console.log(`${name}: ${states} distinct states of ${flushes} flushes, ${readByStock} read by stock`);
    passed += states;
    failed += faults.length;
  }
} finally {
  stock.end();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`seed ${options.seed}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
