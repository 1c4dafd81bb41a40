/**
 * Scripts of random edits: create, write, resize, delete, link, move, attributes, comments, copies, flushes, reopening.
 * The last state of each file is read by us and by h5wasm (libhdf5 2.0), of some by h5py (libhdf5 1.10) too, and must be
 * what a model says. Then files that we and h5py edit in turns.
 *
 *   npm run edits -- [--seed N] [--scripts N] [--turns N] [--stock-every N] [--only N]
 *
 * Half of the scripts wait for each call, half make the calls and wait at the next flush. Prints the number of a script
 * that fails (`--only` runs it alone, and prints it) and ends with `N passed, M failed`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { create, open } from "../src/index.js";
import {
  anyEdit,
  applyOurs,
  type Edit,
  externalEdit,
  ourTree,
  prepared,
  StockProcess,
  TurnsModel,
  withoutCounts,
} from "../test/interop/turns.js";
import { type Tree, wasmDifference } from "./edits/wasm-tree.js";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    scripts: { type: "string", default: process.env.H5TS_RUNS ?? "2000" },
    turns: { type: "string", default: "60" },
    "stock-every": { type: "string", default: "8" },
    only: { type: "string" },
    help: { type: "boolean" },
  },
});
if (options.help) {
  console.log("npm run edits -- [--seed N] [--scripts N] [--turns N] [--stock-every N] [--only N]");
  process.exit(0);
}

const seed = Number(options.seed);
const folder = mkdtempSync(join(tmpdir(), "h5ts-edits-"));
const stock = new StockProcess();
const started = performance.now();
const made = new Map<string, number>();
let passed = 0;
let failed = 0;
let readByStock = 0;

const START: readonly Edit[] = [
  { do: "group", path: "g1" },
  { do: "group", path: "g1/g2" },
  { do: "group", path: "g3" },
];
const LIBVERS = ["v108", "earliest", "v110"] as const;
/** Who makes the files that are edited in turns; undefined: we do. */
const MADE_BY = [
  { libver: "earliest" },
  { libver: "earliest", symbols: [1, 1], chunks: 2 },
  { libver: "v108" },
  { libver: "latest" },
  { libver: "v108", strategy: 0 },
  { libver: "earliest", strategy: 1 },
  undefined,
] as const;

type Step = Edit | { readonly do: "flush" } | { readonly do: "reopen" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 60, arbitrary: anyEdit },
  { weight: 1, arbitrary: externalEdit },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("reopen" as const) }) },
);
const script = fc.record({
  libver: fc.constantFrom(...LIBVERS),
  steps: fc.array(step, { minLength: 10, maxLength: 70, size: "max" }),
});
const turns = fc.array(
  fc.record({
    ours: fc.boolean(),
    flushes: fc.boolean(),
    edits: fc.array(anyEdit, { minLength: 5, maxLength: 50, size: "max" }),
  }),
  { minLength: 3, maxLength: 5, size: "max" },
);

function sampled<T>(arbitrary: fc.Arbitrary<T>, number: number): T {
  const [value] = fc.sample(arbitrary, { seed: seed * 1_000_003 + number, numRuns: 1 });
  return value as T; // one was asked for
}

function count(edits: readonly Step[]): void {
  for (const one of edits) {
    const name = one.do === "dataset" ? `dataset of ${one.elements ?? "numbers"}` : one.do;
    made.set(name, (made.get(name) ?? 0) + 1);
  }
}

function fault(where: string, finding: string): void {
  failed++;
  if (failed <= 20) console.log(`${where}: ${finding.slice(0, 600)}`);
}

/** The edit, on an object that is there when its own is not; undefined: it cannot be made. */
function aimed(model: TurnsModel, one: Edit, number: number, byStock = false): Edit | undefined {
  const makes = one.do === "group" || one.do === "dataset" || one.do === "soft" || one.do === "external";
  const isOfDatasets = one.do === "append" || one.do === "slab" || one.do === "resize";
  const paths = makes ? [] : model.paths(isOfDatasets ? "growing" : "all");
  const other = paths[(number * 7919) % paths.length];
  const candidates: Edit[] = [one];
  if (other !== undefined) candidates.push(one.do === "hard" ? { ...one, from: other } : { ...one, path: other });
  return candidates.find((candidate) => !(byStock && model.crashesStock(candidate)) && model.apply(candidate));
}

/** Run a script in memory. */
async function edited(libver: (typeof LIBVERS)[number], steps: readonly Step[], waits: boolean): Promise<Uint8Array> {
  let file = await create(undefined, { libver });
  let pending: Promise<unknown>[] = [];
  for (const one of steps) {
    if (one.do === "flush" || one.do === "reopen") {
      const flushed = file.flush();
      await Promise.all(pending);
      pending = [];
      await flushed;
      if (one.do === "flush") continue;
      const bytes = await file.toBytes();
      await file.close();
      file = await open(bytes, { mode: "r+" });
      continue;
    }
    const call = (await prepared(file, one))();
    // A copy is many calls, which are made as it goes on.
    if (waits || one.do === "copy") await call;
    else {
      call.catch(() => undefined); // met when it is waited for
      pending.push(call);
    }
  }
  const bytes = file.toBytes();
  await Promise.all(pending);
  await file.close();
  return bytes;
}

function same(found: unknown, expected: unknown): string | undefined {
  const [a, b] = [inOrder(found), inOrder(expected)];
  if (a === b) return undefined;
  let at = 0;
  while (a[at] === b[at]) at++;
  return `…${a.slice(Math.max(0, at - 80), at + 120)}, expected …${b.slice(Math.max(0, at - 80), at + 120)}`;
}

/** Names of links and attributes come in any order. */
function inOrder(tree: unknown): string {
  return JSON.stringify(tree, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

async function runScript(number: number): Promise<void> {
  const where = `script ${number}`;
  const { libver, steps } = sampled(script, number);
  const model = new TurnsModel();
  const possible = [...START, ...steps]
    .map((one, i) => (one.do === "flush" || one.do === "reopen" ? one : aimed(model, one, i)))
    .filter((one) => one !== undefined);
  if (options.only !== undefined) console.log(`libver ${libver}: ${JSON.stringify(possible)}`);
  count(possible);
  try {
    const bytes = await edited(libver, possible, number % 2 === 0);
    await using file = await open(bytes);
    const ours = same(await ourTree(file), withoutCounts(model.tree()));
    if (ours !== undefined) fault(`${where}, read by us`, ours);
    const path = join(folder, "script.h5");
    writeFileSync(path, bytes);
    const wasm = await wasmDifference(path, model.tree() as Tree);
    if (wasm !== undefined) fault(`${where}, read by h5wasm`, wasm);
    let theirs: string | undefined;
    if (number % Number(options["stock-every"]) < 1) {
      readByStock++;
      theirs = same(await stock.ask({ path, edits: [], fork: true }), model.tree());
      if (theirs !== undefined) fault(`${where}, read by h5py`, theirs);
    }
    if (ours === undefined && wasm === undefined && theirs === undefined) passed++;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    fault(where, `${error.name}: ${error.message}`);
  }
}

async function runTurns(number: number): Promise<void> {
  const by = MADE_BY[number % MADE_BY.length];
  const where = `turns ${number} (${by === undefined ? "ours" : JSON.stringify(by)})`;
  const path = join(folder, `turns ${number}.h5`);
  const model = new TurnsModel();
  try {
    if (by === undefined) await (await create(path, { libver: sampled(fc.constantFrom(...LIBVERS), number) })).close();
    else await stock.ask({ make: path, ...by });
    const all = [{ ours: true, flushes: false, edits: START }, ...sampled(turns, 1_000_000 + number)];
    for (const [i, { ours, flushes, edits }] of all.entries()) {
      const possible = edits.map((one, j) => aimed(model, one, j, !ours)).filter((one) => one !== undefined);
      count(possible);
      if (ours) {
        await using file = await open(path, { mode: "r+" });
        for (const [j, one] of possible.entries()) {
          await applyOurs(file, one);
          if (flushes && j % 4 === 0) await file.flush();
        }
      }
      readByStock++;
      const theirs = same(await stock.ask({ path, edits: ours ? [] : possible, fork: true }), model.tree());
      if (theirs !== undefined) return fault(`${where}, turn ${i} of ${ours ? "ours" : "h5py"}, read by h5py`, theirs);
      await using file = await open(path);
      const read = same(await ourTree(file), withoutCounts(model.tree()));
      if (read !== undefined) return fault(`${where}, turn ${i} of ${ours ? "ours" : "h5py"}, read by us`, read);
    }
    const wasm = await wasmDifference(path, model.tree() as Tree);
    if (wasm !== undefined) return fault(`${where}, read by h5wasm`, wasm);
    passed++;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    fault(where, `${error.name}: ${error.message}`);
  } finally {
    rmSync(path, { force: true });
  }
}

/** Every kind of edit must have been made. */
const WANTED = [
  ...["group", "soft", "external", "hard", "delete", "move", "attr", "no attr", "append", "slab", "copy", "resize"],
  ...["comment", "flush", "reopen", "dataset of numbers", "dataset of texts", "dataset of references"],
];

try {
  if (options.only !== undefined) await runScript(Number(options.only));
  else {
    for (let i = 0; i < Number(options.scripts); i++) await runScript(i);
    for (let i = 0; i < Number(options.turns); i++) await runTurns(i);
    for (const name of WANTED) if (!made.has(name)) fault("edits", `no ${name} was made`);
  }
} finally {
  stock.end();
  rmSync(folder, { recursive: true, force: true });
}
console.log([...made].map(([name, times]) => `${times} ${name}`).join(", "));
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `seed ${seed}: ${options.scripts} scripts and ${options.turns} files in turns in ${seconds} s, ${readByStock} times read by h5py`,
);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
