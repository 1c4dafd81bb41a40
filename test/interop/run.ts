/**
 * The files of examples/linking-data.ts against other libraries: h5wasm here, h5py, h5dump, h5repart and HDMF through
 * Debian's Python: `npm run interop -- OUT [CORPUS]`. OUT is the folder the example wrote, CORPUS the folder nwb of the
 * conformance corpus. Prints one line per check, and `N passed, M failed` at the end.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { checkCopies } from "./copies.js";
import { checkWithH5wasm } from "./h5wasm.js";

const PYTHON = "/usr/bin/python3";
const CLOSING = /^(\d+) passed, (\d+) failed$/m;

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Runs one of the Python checks and shows its output; gives what it counted. */
function python(script: string, args: readonly string[]): readonly [passed: number, failed: number] {
  const done = spawnSync(PYTHON, [here(script), ...args], { encoding: "utf8", maxBuffer: 2 ** 28 });
  const closing = CLOSING.exec(done.stdout);
  process.stdout.write(done.stdout.replace(CLOSING, "").trimEnd());
  process.stdout.write("\n");
  process.stderr.write(done.stderr);
  if (closing !== null) return [Number(closing[1]), Number(closing[2])];
  process.stdout.write(`FAIL ${script} ended with status ${done.status} and no closing line\n`);
  return [0, 1];
}

const [out, corpus] = process.argv.slice(2);
if (out === undefined) throw new Error("usage: npm run interop -- OUT [CORPUS]");
const cli = here("../../dist/cli/main.js");
const counts = [await checkWithH5wasm(out)];
if (corpus === undefined) process.stdout.write("left out: copies of the corpus' files, for want of its folder\n");
else counts.push(await checkCopies(corpus));

const oracles =
  spawnSync(PYTHON, ["-c", "import h5py, hdmf"]).status === 0 && spawnSync("h5repart", ["-V"]).status === 0;
if (oracles) {
  counts.push(python("linking.py", corpus === undefined ? [out] : [out, corpus]));
  if (existsSync(cli)) counts.push(python("family.py", [out, cli]));
  else process.stdout.write("left out: families against libhdf5, for want of the built command line (npm run build)\n");
} else {
  process.stdout.write(
    "left out: h5py, h5dump, h5repart and HDMF; python3-h5py, hdf5-tools, python3-hdmf are not installed\n",
  );
}

const passed = counts.reduce((sum, [n]) => sum + n, 0);
const failed = counts.reduce((sum, [, n]) => sum + n, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
