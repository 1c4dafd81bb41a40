/**
 * Edit every readable file of a corpus and let libhdf5 say that nothing but the edits has changed.
 *
 *   npm run conformance:edit -- DIR [--only TEXT] [--every N]
 *
 * Each object of a file gets an attribute, each group a group with two datasets, and each dataset of a moderate size the
 * elements that it has, but for floats that JavaScript cannot hold. Then all that was added is deleted again. After both,
 * the manifest that libhdf5 1.10 makes through DIR/tools/manifest.py has to equal that of the file as it was, what was
 * added set aside. Where h5wasm (libhdf5 2.0) reads the file, it has to read it edited. With `--every N`, every Nth file
 * is taken. Prints one line per difference and ends with `N passed, M failed`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { allFilters } from "../src/filters/index.js";
import { type Dataset, type Datatype, type Hdf5File, type Hdf5Object, isHdf5Error, open } from "../src/index.js";
import { describeError } from "./conformance/compare.js";
import { Corpus, type IndexRow, type Manifest } from "./conformance/manifest.js";
import { differences, hasStock, isReadable, Manifests, Wasm } from "./conformance/stock.js";

/** Of everything that is added. */
const NAME = "added by h5ts";
/** More elements than this are not written again. */
const MANY = 100_000;
/** Of each file, so many objects are edited, so that it ends. */
const MOST = 2000;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, every: { type: "string", default: "1" } },
});
const [dir] = positionals;
if (dir === undefined) {
  console.error("usage: npm run conformance:edit -- DIR [--only TEXT] [--every N]");
  process.exit(2);
}
if (!hasStock()) {
  console.error("python3-h5py is not installed: there is nothing to compare with");
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "h5ts-edit-"));
const path = join(folder, "edited.h5");
const plain = join(folder, "plain.h5");
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
  for (const [i, row] of corpus.rows.entries()) {
    if (i % Number(options.every) !== 0) continue;
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
  const problems: string[] = [];
  let expected: Manifest | undefined;
  for (const [step, edit] of [
    ["edited", add],
    ["edited back", takeAway],
  ] as const) {
    try {
      await using file = await open(path, { mode: "r+", notClosed: "open", filters: allFilters });
      await edit(file);
    } catch (error) {
      if (!isHdf5Error(error)) throw error;
      return [...problems, `${step}: ${describeError(error)}`];
    }
    const found = await manifests.of(path);
    if (typeof found === "string") return [...problems, `${step}: ${found}`];
    let wrong = differences(expected ?? corpus.manifest(row), without(found));
    if (wrong.length > 0 && expected === undefined) {
      // The file lies alone here: what it finds in others is not there.
      expected = await manifestOfCopy(bytes);
      wrong = differences(expected, without(found));
    }
    problems.push(...wrong.map((problem) => `${step}: ${problem}`));
    if (edit === add) problems.push(...(await newComplaints(bytes)));
  }
  return problems;
}

async function manifestOfCopy(bytes: Uint8Array): Promise<Manifest> {
  writeFileSync(plain, bytes);
  const manifest = await manifests.of(plain);
  if (typeof manifest === "string") throw new Error(`the file as it was: ${manifest}`);
  return manifest;
}

/** What h5wasm says of the edited file, where it reads the file as it was. */
async function newComplaints(bytes: Uint8Array): Promise<string[]> {
  const found = await wasm.read(path);
  if (found === "") return [];
  writeFileSync(plain, bytes);
  return (await wasm.read(plain)) === "" ? [`edited: h5wasm: ${found}`] : [];
}

async function objectsOf(file: Hdf5File): Promise<Hdf5Object[]> {
  const objects: Hdf5Object[] = [file.root];
  for await (const [, object] of file.root.visit()) {
    if (object.kind === "unresolved" || object.path?.split("/").includes(NAME)) continue;
    if (object.address !== file.root.address) objects.push(object);
    if (objects.length === MOST) break;
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
  const { layout, shape, storageSize } = dataset;
  const count = shape.reduce((product, n) => product * n, 1);
  if (layout.kind === "virtual" || storageSize === 0 || count === 0 || count > MANY || isRounded(dataset.datatype))
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

/** Do values in JavaScript stand for less than what is stored? */
function isRounded(datatype: Datatype): boolean {
  if (datatype.kind === "float") return datatype.size > 8;
  if (datatype.kind === "compound") return datatype.members.some((member) => isRounded(member.datatype));
  return "base" in datatype && isRounded(datatype.base);
}

async function takeAway(file: Hdf5File): Promise<void> {
  for (const object of await objectsOf(file)) {
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
