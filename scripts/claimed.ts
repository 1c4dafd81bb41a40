/**
 * Conformance of what is claimed: runs `conformance` over a corpus, and counts entries that are refused for a feature
 * that docs/limitations.md names apart from those that differ: `npm run conformance:claimed -- DIR`.
 *
 * An entry passes when nothing differs. It is left out, by name, when every difference is an Hdf5UnsupportedError, or is
 * of a virtual dataset, whose extent depends on its sources. It fails otherwise. Ends with `N passed, M failed`.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Row {
  readonly source: string;
  readonly path: string;
  readonly features: readonly string[];
}

const [dir] = process.argv.slice(2);
if (dir === undefined) throw new Error("usage: npm run conformance:claimed -- DIR");
const rows = JSON.parse(readFileSync(join(dir, "hdf5-index.json"), "utf8")) as readonly Row[];
const features = new Map(rows.map((row) => [`${row.source}/${row.path}`, row.features]));

const runner = fileURLToPath(new URL("conformance.ts", import.meta.url));
const args = ["--conditions=h5ts-source", "--import", "tsx", runner, dir];
const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 2 ** 28 });
process.stderr.write(stderr);
const closing = /^(\d+) passed, (\d+) failed$/m.exec(stdout);
if (closing === null) throw new Error("the conformance runner has no closing line");

/** Entry → its lines of differences. */
const differing = new Map<string, string[]>();
for (const line of stdout.split("\n")) {
  // Names may have spaces; what follows a name is a space and the place.
  const name = [...features.keys()].filter((key) => line.startsWith(`${key} `)).sort((a, b) => b.length - a.length)[0];
  if (name !== undefined) differing.set(name, [...(differing.get(name) ?? []), line]);
}

const UNSUPPORTED = /Hdf5UnsupportedError: not supported: ([^;]+)/;
let failed = 0;
let leftOut = 0;
for (const [name, lines] of differing) {
  const isVirtual = features.get(name)?.includes("layout:virtual") === true;
  const wrong = isVirtual ? [] : lines.filter((line) => !UNSUPPORTED.test(line));
  if (wrong.length === 0) {
    leftOut++;
    const reasons = new Set(lines.map((line) => UNSUPPORTED.exec(line)?.[1] ?? "virtual datasets"));
    process.stdout.write(`left out: ${name}: ${[...reasons].join(", ")}\n`);
  } else {
    failed++;
    for (const line of wrong) process.stdout.write(`${line}\n`);
  }
}
const unexplained = Number(closing[2]) - differing.size;
if (unexplained !== 0) {
  process.stdout.write(`${unexplained} failures of the runner are of no known entry\n`);
  failed += Math.abs(unexplained);
}
process.stdout.write(`${leftOut} entries left out, for features that are refused\n`);
process.stdout.write(`${closing[1]} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
