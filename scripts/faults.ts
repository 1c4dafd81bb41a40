/**
 * The nth call of the medium fails, for every n, in scripts of edits on every kind of file.
 *
 *   npm run faults -- [--seed N] [--scripts N] [--kind TEXT]
 *
 * Prints one line per fault and ends with `N passed, M failed`, where N counts failing calls. Rules: crash/fault-loop.ts.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { memoryDriver } from "../src/drivers/index.js";
import { isHdf5Error, open } from "../src/index.js";
import { kindsOf } from "./crash/bases.js";
import { FAULT_KINDS, faultLoop } from "./crash/fault-loop.js";
import { driverOn, type SpreadDriver } from "./crash/members.js";
import { OPERATIONS, type Operation } from "./crash/operations.js";
import { Stock } from "./crash/records.js";
import { type Image, seeded, shuffled } from "./crash/states.js";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    scripts: { type: "string", default: process.env.H5TS_RUNS ?? "1" },
    kind: { type: "string" },
    help: { type: "boolean" },
  },
});
if (options.help) {
  console.log("npm run faults -- [--seed N] [--scripts N] [--kind TEXT]");
  process.exit(0);
}

/** Edits of a script. */
const SCRIPT_LENGTH = 6;
const random = seeded(Number(options.seed));
const folder = mkdtempSync(join(tmpdir(), "h5ts-faults-"));
const stock = new Stock();
const started = performance.now();
let tried = 0;
let failed = 0;
const byCall = new Map<string, number>();
try {
  for (const kind of kindsOf(stock, folder)) {
    if (options.kind !== undefined && !kind.name.includes(options.kind)) continue;
    const base = await kind.base();
    const first = tried;
    const scripts: Operation[][] = [];
    for (let i = 0; i < Number(options.scripts); i++) {
      scripts.push(await possible(base, kind.driver, shuffled(OPERATIONS, random).slice(0, SCRIPT_LENGTH)));
    }
    for (const [i, script] of scripts.entries()) {
      for (const fault of FAULT_KINDS) {
        // Of members, two kinds of failure: what the writer does about them is the same, and their image never grows.
        if (kind.driver !== undefined && fault !== "EIO" && fault !== "short") continue;
        const report = await faultLoop(base, script, fault, i % 2 === 0 ? "power" : "process", kind.driver);
        tried += report.tried;
        for (const [call, count] of report.byCall) byCall.set(call, (byCall.get(call) ?? 0) + count);
        for (const line of report.faults) {
          failed++;
          if (failed <= 40) console.log(`${kind.name}: ${line.replaceAll("\n", " ").slice(0, 400)}`);
        }
      }
    }
    console.log(`${kind.name}: ${tried - first} failing calls`);
  }
} finally {
  stock.end();
  rmSync(folder, { recursive: true, force: true });
}

/** What of a script can be done in its order: an edit whose object an earlier one took away cannot. */
async function possible(
  base: Image,
  driver: SpreadDriver | undefined,
  script: readonly Operation[],
): Promise<Operation[]> {
  let rest = [...script];
  for (;;) {
    const medium = driver === undefined ? base : await driverOn(memoryDriver(base.slice()), base, driver, "r+");
    await using file = await open(medium, { mode: "r+" });
    let impossible: Operation | undefined;
    for (const operation of rest) {
      try {
        await operation.run(file.root);
      } catch (error) {
        if (!isHdf5Error(error)) throw error;
        impossible = operation;
        break;
      }
    }
    if (impossible === undefined) return rest;
    rest = rest.filter((operation) => operation !== impossible);
  }
}

for (const call of ["read", "write", "truncate", "flush"]) {
  if (byCall.has(call) || options.kind !== undefined) continue;
  failed++;
  console.log(`no ${call} was made to fail`);
}
const counts = [...byCall].map(([call, count]) => `${count} ${call}`).join(", ");
console.log(
  `seed ${options.seed}: ${tried} calls failed in turn (${counts}), ${((performance.now() - started) / 1000).toFixed(0)} s`,
);
console.log(`${tried} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
