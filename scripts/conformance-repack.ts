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
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { allFilters } from "../src/filters/index.js";
import { isHdf5Error, open } from "../src/index.js";
import { repack } from "../src/tools/index.js";
import { describeError } from "./conformance/compare.js";
import { digestOf } from "./conformance/digest.js";
import { Corpus, type IndexRow, type Manifest, type ManifestObject } from "./conformance/manifest.js";
import { differences, hasStock, isReadable, Manifests, Wasm } from "./conformance/stock.js";

const FORMATS = ["earliest", "v108", "v110", "latest"] as const;
type Format = (typeof FORMATS)[number];

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

if (!hasStock()) {
  console.error("python3-h5py is not installed: there is nothing to compare with");
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "h5ts-repack-"));
const manifests = new Manifests(dir);
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
