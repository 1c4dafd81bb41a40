/**
 * Does the fuzzer find what it is there for? Copies of the sources get one bug each, and must fail within the time.
 *
 *   npm run fuzz:planted
 *
 * Prints one line per bug and ends with `N passed, M failed`.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const SECONDS = 60;
/** Few files, so that each is damaged often: circles need one field of one structure to lead to just one place. */
const FEW = ["--made-up", "6", "test/corpus/walkers"];

/** A change of one file: the text `from` stands there once. */
interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const BUGS: Readonly<Record<string, readonly Change[]>> = {
  // Either of these alone is caught by the other.
  "no visited set, no check of levels": [
    {
      file: "format/visited-nodes.ts",
      from: "add(address: number): void {",
      to: "add(address: number): void {\n    if (address >= 0) return;",
    },
    {
      file: "format/btree-v1.ts",
      from: "  if (expected === undefined) {\n    if (level >= limits.treeDepth)",
      to: "  if (level >= 0) return;\n  if (expected === undefined) {\n    if (level >= limits.treeDepth)",
    },
  ],
  "no check against the end of the file": [
    {
      file: "io/pager.ts",
      from: "const length = Math.max(0, Math.min(count * pageSize, this.#end - offset));",
      to: "const length = count * pageSize;",
    },
    {
      file: "io/pager-session.ts",
      from: "address + length <= end)) {\n      throw",
      to: "address + length <= Infinity)) {\n      throw",
    },
  ],
  "numbers cut to 32 bits unchecked": [
    {
      file: "bytes/cursor.ts",
      from: "if (high > 0x1fffff) return this.#tooLarge(at, width, field);\n      return high * 0x1_0000_0000 + view.getUint32(at, true);",
      to: "return high < 0 ? 0 : view.getUint32(at, true);",
    },
  ],
  "fletcher32 sums ignored": [
    {
      file: "filters/fletcher32.ts",
      from: "if (stored !== computed && stored !== swapped(computed)) {",
      to: "if (stored !== computed && stored < 0) {",
    },
  ],
  "metadata checksums ignored": [
    {
      file: "format/metadata-checksum.ts",
      from: "if (stored !== computed) {",
      to: "if (stored !== computed && stored < 0) {",
    },
  ],
};

let passed = 0;
let failed = 0;
for (const [bug, changes] of Object.entries(BUGS)) {
  const found = findIn(changes, bug.startsWith("no visited set"));
  console.log(`${found === undefined ? "NOT FOUND" : "found"}: ${bug}${found === undefined ? "" : ` (${found})`}`);
  if (found === undefined) failed++;
  else passed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** The first fault that the fuzzer tells of in sources with these changes. */
function findIn(changes: readonly Change[], few: boolean): string | undefined {
  const work = mkdtempSync(join(tmpdir(), "h5ts-planted-"));
  try {
    for (const name of ["src", "scripts", "test/corpus", "package.json", "tsconfig.json"]) {
      cpSync(join(ROOT, name), join(work, name), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(work, "node_modules"));
    for (const { file, from, to } of changes) {
      const path = join(work, "src", file);
      const parts = readFileSync(path, "utf8").split(from);
      if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${from}`);
      writeFileSync(path, parts.join(to));
    }
    const args = ["--conditions=h5ts-source", "--import", "tsx", "scripts/fuzz.ts"];
    const { stdout } = spawnSync(
      process.execPath,
      [...args, "--seed", "1", "--seconds", String(SECONDS), "--first", ...(few ? FEW : [])],
      {
        cwd: work,
        encoding: "utf8",
      },
    );
    return /^fuzz-failures\/\S+: (.*?) \(/m.exec(stdout)?.[1];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
