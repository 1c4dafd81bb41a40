/**
 * Edit every readable file of a corpus and let libhdf5 say that nothing but the edits has changed.
 *
 *   npm run conformance:edit -- DIR [--only TEXT]
 *
 * Each object of a file gets an attribute, each group a dataset and a group with members, and each dataset the elements
 * that it has. Then all that was added is deleted again. After both, the manifest that libhdf5 1.10 makes through
 * DIR/tools/manifest.py has to equal that of the file as it was, what was added set aside. Where h5wasm (libhdf5 2.0)
 * reads the file, it has to read it edited. Prints one line per difference and ends with `N passed, M failed`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { allFilters } from "../src/filters/index.js";
import { type Dataset, type Hdf5File, type Hdf5Object, isHdf5Error, open } from "../src/index.js";
import { describeError } from "./conformance/compare.js";
import { Corpus, type IndexRow, type Manifest } from "./conformance/manifest.js";
import { differences, hasStock, isReadable, Manifests, Wasm } from "./conformance/stock.js";

/** Of everything that is added. */
const NAME = "added by h5ts";
/** More elements than this are not written again. */
const MANY = 100_000;

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: "string" } } });
const [dir] = positionals;
if (dir === undefined) {
  console.error("usage: npm run conformance:edit -- DIR [--only TEXT]");
  process.exit(2);
}
if (!hasStock()) {
  console.error("python3-h5py is not installed: there is nothing to compare with");
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "h5ts-edit-"));
const path = join(folder, "edited.h5");
const manifests = new Manifests(dir);
const wasm = new Wasm();
const corpus = new Corpus(dir);
/** What could not be edited, by what the errors say of it. */
const refused = new Map<string, number>();
const edits = { objects: 0, datasets: 0 };
let passed = 0;
let failed = 0;
let left = 0;
try {
  for (const row of corpus.rows) {
    const name = `${row.source}/${row.path}`;
    if (options.only !== undefined && !name.includes(options.only)) continue;
    if (row.driver !== "sec2" || !isReadable(corpus.manifest(row))) {
      left++;
      continue;
    }
    const problems = await problemsOf(row);
    if (problems.length === 0) passed++;
    else failed++;
    for (const problem of problems.slice(0, 10)) console.log(`${name}: ${problem}`);
  }
} finally {
  manifests.end();
  wasm.end();
  rmSync(folder, { recursive: true, force: true });
}
for (const [feature, count] of refused) console.log(`refused ${count} times: ${feature}`);
console.log(`${edits.objects} objects were edited, ${edits.datasets} datasets written again`);
console.log(`${left} files of several members, or with parts that the C library cannot read, were left out`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function problemsOf(row: IndexRow): Promise<string[]> {
  const source = corpus.source(row);
  const bytes = typeof source === "string" ? readFileSync(source) : source;
  rmSync(path, { force: true });
  writeFileSync(path, bytes);
  const before = await manifests.of(path);
  if (typeof before === "string") return [before];
  const readsBefore = await wasm.read(path);
  const problems: string[] = [];
  for (const [step, edit] of [
    ["edited", add],
    ["edited back", takeAway],
  ] as const) {
    try {
      await using file = await open(path, { mode: "r+", notClosed: "open", filters: allFilters });
      await edit(file);
    } catch (error) {
      if (!isHdf5Error(error)) throw error;
      problems.push(`${step}: ${describeError(error)}`);
      break;
    }
    const after = await manifests.of(path);
    if (typeof after === "string") problems.push(`${step}: ${after}`);
    else problems.push(...differences(before, without(after)).map((problem) => `${step}: ${problem}`));
    const found = readsBefore === "" ? await wasm.read(path) : "";
    if (found !== "") problems.push(`${step}: h5wasm: ${found}`);
  }
  return problems;
}

async function objectsOf(file: Hdf5File): Promise<Hdf5Object[]> {
  const objects: Hdf5Object[] = [file.root];
  for await (const [, object] of file.root.visit()) {
    if (object.kind !== "unresolved" && object.address !== file.root.address) objects.push(object);
  }
  return objects;
}

async function add(file: Hdf5File): Promise<void> {
  for (const object of await objectsOf(file)) {
    edits.objects++;
    await object.attrs.set(NAME, new Int32Array([1, 2, 3]));
    if (object.kind === "group") {
      await object.createDataset(`${NAME}/numbers`, { data: new Float64Array([1, 2]), maxShape: [null] });
      await object.createDataset(`${NAME}/texts`, { data: ["a", "bc"] });
    } else if (object.kind === "dataset") await rewrite(object);
  }
}

/** The dataset gets the elements that it has. */
async function rewrite(dataset: Dataset): Promise<void> {
  if (dataset.count === 0 || dataset.count > MANY || dataset.layout.kind === "virtual" || dataset.storageSize === 0)
    return;
  try {
    const { data } = await dataset.read();
    await dataset.write(data as never);
    edits.datasets++;
  } catch (error) {
    if (!isHdf5Error(error)) throw error;
    const what = isHdf5Error(error, "unsupported") ? error.feature : describeError(error);
    refused.set(what, (refused.get(what) ?? 0) + 1);
  }
}

async function takeAway(file: Hdf5File): Promise<void> {
  for (const object of await objectsOf(file)) {
    if (object.path?.split("/").includes(NAME)) continue;
    await object.attrs.delete(NAME);
    if (object.kind === "group") await object.delete(NAME);
  }
}

/** What was added, set aside. */
function without(manifest: Manifest): Manifest {
  const objects = (manifest.objects ?? [])
    .filter((object) => !object.path.split("/").includes(NAME))
    .map((object) => ({
      ...object,
      ...(object.attributes && { attributes: object.attributes.filter(isOld) }),
      ...(Array.isArray(object.links) && { links: object.links.filter(isOld) }),
    }));
  return { ...manifest, objects };
}

function isOld({ name }: { readonly name: string }): boolean {
  return name !== NAME;
}
