/**
 * Read NWB files and compare what the public API finds with their manifests, which say what PyNWB reads.
 *
 *   npm run conformance:nwb -- DIR [--only TEXT]
 *
 * DIR is searched for `X.nwb.json`, each beside its `X.nwb`; files anywhere below DIR may be linked to. Prints one line
 * per difference and ends with `N passed, M failed`; exit status 1 when M > 0.
 */
import { parseArgs } from "node:util";
import { open } from "../src/index.js";
import { NWBHDF5IO } from "../src/nwb/index.js";
import { compareFile, compareNwb } from "./nwb-manifest/compare.js";
import { errorText, type Report } from "./nwb-manifest/difference.js";
import { type Entry, entriesBelow, trusting } from "./nwb-manifest/sources.js";

/** Characters of a value that are shown. */
const SHOWN = 200;

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: "string" } } });
const [dir] = positionals;
if (dir === undefined || positionals.length > 1) {
  console.error("usage: npm run conformance:nwb -- DIR [--only TEXT]");
  process.exit(2);
}

let passed = 0;
let failed = 0;
for (const entry of entriesBelow(dir)) {
  if (options.only !== undefined && !entry.name.includes(options.only)) continue;
  let differences = 0;
  await compareEntry(entry, dir, (key, expected, found) => {
    differences++;
    console.log(`${entry.name}: ${key}: expected ${short(expected)} got ${short(found)}`);
  });
  if (differences === 0) passed++;
  else failed++;
}
console.log(`${passed} passed, ${failed} failed`);
if (passed + failed === 0) console.error(`there are no manifests (*.nwb.json) below ${dir}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

async function compareEntry({ manifest, path, driver }: Entry, trusted: string, report: Report): Promise<void> {
  if (path === undefined) return report("file", "a file", "none");
  await attempt("reading", report, async () => {
    await using file = await open(path, { driver, external: trusting(trusted) });
    // Each layer by itself, so that a fault of one leaves the other's findings.
    await attempt("nodes", report, () => compareFile(file, manifest, report));
    await attempt("objects", report, async () => {
      await using io = await NWBHDF5IO.open(file, { mode: "r" });
      await compareNwb(io, path, manifest, report);
    });
  });
}

async function attempt(key: string, report: Report, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    report(key, "readable", errorText(error));
  }
}

function short(value: unknown): string {
  const line = JSON.stringify(value) ?? "nothing";
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}
