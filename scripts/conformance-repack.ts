/**
 * Write every readable file of a corpus anew and let libhdf5 say what is in the result.
 *
 *   npm run conformance:repack -- DIR [--only TEXT] [--libver LIST]
 *
 * Each file is repacked in each format (earliest, v108, v110, latest). The manifest of the result, made by libhdf5 1.10
 * through DIR/tools/manifest.py, has to equal that of the corpus in everything but how data are laid out; where h5wasm
 * (libhdf5 2.0) reads the file, it has to read the result. Files with parts that the C library cannot read are no
 * readable files. Prints one line per difference and ends with `N passed, M failed`; exit status 1 when M > 0.
 */
import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { allFilters } from "../src/filters/index.js";
import { isHdf5Error, open } from "../src/index.js";
import { repack } from "../src/tools/index.js";
import { describeError } from "./conformance/compare.js";
import { digestOf } from "./conformance/digest.js";
import { Corpus, type IndexRow, type Manifest, type ManifestObject } from "./conformance/manifest.js";

const PYTHON = "/usr/bin/python3";
const FORMATS = ["earliest", "v108", "v110", "latest"] as const;
type Format = (typeof FORMATS)[number];

/** What may differ: how the file is stored, and how data are laid out. */
const FREE: ReadonlySet<string> = new Set(["info", "layout", "values", "slices", "skipped", "nonUtf8"]);

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, libver: { type: "string" } },
});
const [dir] = positionals;
if (dir === undefined) {
  console.error("usage: npm run conformance:repack -- DIR [--only TEXT] [--libver LIST]");
  process.exit(2);
}
const formats = FORMATS.filter((format) => options.libver?.split(",").includes(format) ?? true);

/** libhdf5 1.10 through h5py, file after file. */
class Manifests {
  readonly #process = spawn(PYTHON, [here("conformance/manifests.py"), join(dir as string, "tools/manifest.py")], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  readonly #lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();

  async of(path: string): Promise<Manifest | string> {
    const out = `${path}.json`;
    this.#process.stdin.write(`${path}\t${out}\n`);
    const { value } = await this.#lines.next();
    const status = String(value).split("\t")[1];
    if (status !== "ok") return `libhdf5 ends with status ${status}`;
    return JSON.parse(readFileSync(out, "utf8")) as Manifest;
  }

  end(): void {
    this.#process.stdin.end();
  }
}

/** libhdf5 2.0 as WebAssembly. */
class Wasm {
  #child: ChildProcess | undefined;

  /** What goes wrong when a file is read; "" when nothing does. */
  read(path: string): Promise<string> {
    this.#child ??= fork(here("conformance/h5wasm-reader.ts"), { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const child = this.#child;
    return new Promise((resolve) => {
      const finish = (answer: string): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(answer);
      };
      const lost = (finding: string): void => {
        this.#child = undefined;
        child.kill("SIGKILL");
        finish(finding);
      };
      const timer = setTimeout(() => lost("takes more than 30 s"), 30_000);
      child.once("message", (answer) => finish(String(answer)));
      child.once("exit", () => lost("h5wasm traps"));
      child.send(path);
    });
  }

  end(): void {
    this.#child?.kill();
  }
}

function here(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

if (spawnSync(PYTHON, ["-c", "import h5py"]).status !== 0) {
  console.error("python3-h5py is not installed: there is nothing to compare with");
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "h5ts-repack-"));
const manifests = new Manifests();
const wasm = new Wasm();
const corpus = new Corpus(dir);
let passed = 0;
let failed = 0;
let left = 0;
let refused = 0;
try {
  for (const row of corpus.rows) {
    const name = `${row.source}/${row.path}`;
    if (options.only !== undefined && !name.includes(options.only)) continue;
    const manifest = corpus.manifest(row);
    if (!isReadable(manifest)) {
      left++;
      continue;
    }
    for (const format of formats) await one(row, manifest, format, `${name} ${format}`);
  }
} finally {
  manifests.end();
  wasm.end();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${refused} were refused by name: what is in them cannot be kept in that format, or not yet`);
console.log(`${left} files with parts that the C library cannot read were left out`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function isReadable(manifest: Manifest): boolean {
  if (!manifest.opens || manifest.rootError) return false;
  return manifest.objects.every(
    (object) =>
      object.kind !== "?" &&
      !object.error &&
      !object.attributesError &&
      !object.linksError &&
      (object.attributes ?? []).every((attribute) => !attribute.error),
  );
}

async function one(row: IndexRow, manifest: Manifest, format: Format, name: string): Promise<void> {
  let problems: string[];
  try {
    problems = await problemsOf(row, manifest, format);
  } catch (error) {
    if (!isHdf5Error(error, "unsupported")) throw error;
    refused++;
    console.log(`${name}: refused: ${error.feature}`);
    return;
  }
  if (problems.length === 0) passed++;
  else failed++;
  for (const problem of problems.slice(0, 10)) console.log(`${name}: ${problem}`);
}

async function problemsOf(row: IndexRow, manifest: Manifest, libver: Format): Promise<string[]> {
  const out = join(folder, "out.h5");
  rmSync(out, { force: true });
  const source = corpus.source(row);
  try {
    await repack(source, out, {
      libver,
      filters: allFilters,
      external: typeof source === "string" ? { dir: dirname(source) } : "deny",
      driver: row.driver === "sec2" ? undefined : row.driver,
    });
  } catch (error) {
    if (!isHdf5Error(error) || isHdf5Error(error, "unsupported")) throw error;
    return [describeError(error)];
  }
  const written = await manifests.of(out);
  if (typeof written === "string") return [written];
  const problems = differences(manifest, await withOwnDigests(written, manifest, out));
  const plain = row.driver !== "sec2" ? undefined : typeof source === "string" ? source : join(folder, "in.h5");
  if (plain !== undefined && typeof source !== "string") writeFileSync(plain, source);
  const found = await wasm.read(out);
  if (found !== "" && plain !== undefined && (await wasm.read(plain)) === "") problems.push(`h5wasm: ${found}`);
  return problems;
}

/** Data that pass through filters which libhdf5 does not have here are read by us. */
async function withOwnDigests(found: Manifest, expected: Manifest, path: string): Promise<Manifest> {
  if (!found.objects?.some(({ unreadable }) => unreadable !== undefined)) return found;
  const read = new Set(expected.objects.filter(({ sha256 }) => sha256 !== undefined).map((object) => object.path));
  await using file = await open(path, { filters: allFilters });
  const objects: ManifestObject[] = [];
  for (const object of found.objects) {
    const { unreadable, ...rest } = object;
    if (unreadable === undefined || !read.has(object.path)) objects.push(object);
    else objects.push({ ...rest, sha256: await digestOf(await file.dataset(object.path), file) });
  }
  return { ...found, objects };
}

function differences(expected: Manifest, found: Manifest): string[] {
  if (!found.opens || found.rootError) return [`libhdf5 does not open it: ${JSON.stringify(found)}`];
  const problems: string[] = [];
  const objects = new Map(found.objects.map((object) => [object.path, object]));
  if (expected.objects.map(({ path }) => path).join("\n") !== found.objects.map(({ path }) => path).join("\n")) {
    problems.push("has other objects");
  }
  for (const object of expected.objects) {
    const other = objects.get(object.path);
    if (other === undefined) continue;
    for (const key of new Set([...Object.keys(object), ...Object.keys(other)])) {
      if (FREE.has(key)) continue;
      const [a, b] = [shown(object, key), shown(other, key)];
      if (a !== b) problems.push(`${object.path} ${key}: expected ${short(a)}, found ${short(b)}`);
    }
  }
  if (JSON.stringify(expected.aliases) !== JSON.stringify(found.aliases)) problems.push("has other hard links");
  return problems;
}

function shown(object: ManifestObject, key: string): string {
  return JSON.stringify(stripped(object[key])) ?? "nothing";
}

/** Keys in order, without what is free. */
function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !FREE.has(key));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, stripped(each)]));
}

function short(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
