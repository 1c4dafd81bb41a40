/**
 * Kill the writer everywhere: every edit on every kind of file, cut after each write, inside each write, and with any
 * part of an epoch missing. Each state must open with every object as it was at the last flush or as it is at the next.
 *
 *   npm run crash -- [--seed N] [--kind TEXT] [--only TEXT] [--subsets N] [--scripts N] [--stock-every N]
 *
 * Our reader looks at every state, stock libhdf5 1.10 (python3-h5py) at every tenth or so, and edits some; others we edit,
 * and both read the result. Stock edits what each edit leaves when it is done, too. Controls drop a barrier or tear what
 * must be whole: unless they are caught, the run fails. Prints one line per fault and ends with `N passed, M failed`,
 * where N counts distinct states.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type DriverOperation, memoryDriver, recording } from "../src/drivers/index.js";
import { isHdf5Error, open } from "../src/index.js";
import { type Kind, kindsOf } from "./crash/bases.js";
import { brokenRules, grownLate, halvesAcrossBorders } from "./crash/controls.js";
import { heapMoved, LONG_ARRAYS, LONG_OPERATIONS, missingIn } from "./crash/deep.js";
import { DENSE_OPERATIONS, denseKinds, heapHeaderLast } from "./crash/dense.js";
import { wrongAfterGoingOn } from "./crash/go-on.js";
import { driverOn, unpack } from "./crash/members.js";
import { OPERATIONS, type Operation } from "./crash/operations.js";
import { ourRecords, type Records, Stock, wrongBetween } from "./crash/records.js";
import { completed, epochsOf, type Image, seeded, states, type Write } from "./crash/states.js";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    kind: { type: "string" },
    only: { type: "string" },
    subsets: { type: "string", default: "16" },
    scripts: { type: "string", default: "24" },
    "stock-every": { type: "string", default: "10" },
    help: { type: "boolean" },
  },
});
if (options.help) {
  console.log("npm run crash -- [--seed N] [--kind TEXT] [--only TEXT] [--subsets N] [--scripts N] [--stock-every N]");
  process.exit(0);
}

/** Edits of a script. */
const SCRIPT_LENGTH = 8;
/** Of the states that stock reads, this part it also edits, and this part we edit. */
const EDIT_EVERY = 6;

const random = seeded(Number(options.seed));
const folder = mkdtempSync(join(tmpdir(), "h5ts-crash-"));
const stock = new Stock();

/** Files, and the edits that each of them gets. */
const SUITES = [
  ...kindsOf(stock, folder).map((kind) => ({
    kind,
    operations: OPERATIONS.filter((_, i) => i % (kind.every ?? 1) === 0),
  })),
  ...denseKinds(stock, folder).map((kind) => ({ kind, operations: DENSE_OPERATIONS })),
].filter(({ kind }) => options.kind === undefined || kind.name.includes(options.kind));

/** One flush: what was written, and what was there before and after, by both readers. */
interface Flush {
  readonly kind: Kind;
  readonly name: string;
  readonly image: Image;
  readonly epochs: readonly (readonly Write[])[];
  readonly before: Records;
  readonly after: Records;
  readonly stockBefore: Records;
  readonly stockAfter: Records;
}

let distinct = 0;
let failed = 0;
let readByStock = 0;
let editedByStock = 0;
let editedByUs = 0;
const seen = new Set<string>();
/** Pairs of a kind of file and an operation of which states were checked. */
const visited = new Set<string>();
const flushes: Flush[] = [];
const started = performance.now();

function fault(where: string, finding: string): void {
  failed++;
  if (failed <= 40) console.log(`${where}: ${finding.replaceAll("\n", " ").slice(0, 400)}`);
}

/** Edit a file, one flush after the other; the last one is that of close. */
async function record(kind: Kind, base: Image, operations: readonly Operation[]): Promise<Flush[]> {
  const driver = recording(memoryDriver(base.slice()));
  const medium = kind.driver === undefined ? driver : await driverOn(driver, base, kind.driver, "r+");
  const file = await open(medium, { mode: "r+", durability: "power" });
  const found: Flush[] = [];
  let image = base;
  let start = 0;
  let before = await ourRecords(image, kind.driver);
  let stockBefore = await readStock(image, kind);
  for (const operation of [...operations, undefined]) {
    if (operation !== undefined) await operation.run(file.root);
    await (operation === undefined ? file.close() : file.flush());
    const epochs = epochsOf(driver.operations.slice(start) as DriverOperation[]);
    start = driver.operations.length;
    const next = completed(image, epochs);
    const after = await ourRecords(next, kind.driver);
    const stockAfter = await readStock(next, kind);
    const name = operation?.name ?? `close after "${operations.at(-1)?.name}"`;
    found.push({ kind, name, image, epochs, before, after, stockBefore, stockAfter });
    image = next;
    before = after;
    stockBefore = stockAfter;
  }
  return found;
}

function readStock(
  image: Image,
  { driver }: Kind,
  request: "read" | Kind["stockEdit"]["request"] = "read",
): Promise<Records> {
  const path = join(folder, "state.h5");
  if (driver === undefined) writeFileSync(path, image);
  else unpack(image, path, driver);
  return stock.ask({ [request]: path, driver });
}

/** What is wrong with one state, for us. */
async function ourFault(state: Image, flush: Flush): Promise<string | undefined> {
  try {
    return wrongBetween(await ourRecords(state, flush.kind.driver), flush.before, flush.after);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

async function stockFault(state: Image, flush: Flush, edits: boolean): Promise<string | undefined> {
  try {
    const wrong = wrongBetween(await readStock(state, flush.kind), flush.stockBefore, flush.stockAfter);
    if (wrong !== undefined || !edits) return wrong;
    return await stockEditFault(state, flush);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function stockEditFault(state: Image, flush: Flush): Promise<string | undefined> {
  const { request, keeps } = flush.kind.stockEdit;
  const edited = await readStock(state, flush.kind, request);
  for (const path of keeps) {
    const record = edited.get(path);
    if (record !== flush.stockBefore.get(path) && record !== flush.stockAfter.get(path))
      return `edited: ${path} differs`;
  }
  return undefined;
}

/** What is wrong with a state that we go on from. */
async function goingOnFault(state: Image, { kind }: Flush): Promise<string | undefined> {
  try {
    const read = (image: Image): Promise<Records> => readStock(image, kind);
    return await wrongAfterGoingOn(state, kind.goingOn, await read(state), read, kind.driver);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

/** Stock edits what is there when an edit of ours is done. */
async function checkDone(flush: Flush): Promise<void> {
  if (!canEdit(flush)) return;
  editedByStock++;
  try {
    const finding = await stockEditFault(completed(flush.image, flush.epochs), flush);
    if (finding !== undefined) fault(`${flush.kind.name}, ${flush.name}, done (stock, editing)`, finding);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    fault(`${flush.kind.name}, ${flush.name}, done (stock, editing)`, error.message);
  }
}

function canEdit({ kind, before, after }: Flush): boolean {
  return kind.stockEdit.needs.every((path) => before.has(path) && after.has(path));
}

async function check(flush: Flush, subsets = Number(options.subsets), most = Number.POSITIVE_INFINITY): Promise<void> {
  const where = `${flush.kind.name}, ${flush.name}`;
  const hasAll = canEdit(flush);
  const goesOn = flush.kind.goingOn.groups.length > 0;
  let left = most;
  for (const state of states(flush.image, flush.epochs, {
    unit: flush.kind.unit,
    subsets,
    random,
  })) {
    visited.add(where);
    const digest = createHash("sha1").update(state).digest("base64");
    if (seen.has(digest)) continue;
    if (left-- <= 0) break;
    seen.add(digest);
    distinct++;
    const wrong = await ourFault(state, flush);
    if (wrong !== undefined) fault(`${where} (our reader)`, wrong);
    if (distinct % Number(options["stock-every"]) !== 0) continue;
    readByStock++;
    const edits = hasAll && readByStock % EDIT_EVERY === 0;
    if (edits) editedByStock++;
    const finding = await stockFault(state, flush, edits);
    if (finding !== undefined) fault(`${where} (stock${edits ? ", editing" : ""})`, finding);
    if (!goesOn || readByStock % EDIT_EVERY !== EDIT_EVERY / 2) continue;
    editedByUs++;
    const later = await goingOnFault(state, flush);
    if (later !== undefined) fault(`${where} (edited again by us)`, later);
  }
}

/** Damage that must be found: how many of the states it makes are bad. */
async function control(
  name: string,
  make: (flush: Flush) => Iterable<Image>,
  of: (kind: Kind) => boolean = ({ name }) => name === "ours v108",
): Promise<void> {
  let bad = 0;
  let made = 0;
  for (const flush of flushes) {
    if (!of(flush.kind) || flush.epochs.length < 2) continue;
    for (const state of make(flush)) {
      made++;
      if ((await ourFault(state, flush)) !== undefined) bad++;
    }
  }
  console.log(`control, ${name}: ${bad} of ${made} states are bad`);
  if (bad === 0) fault("control", `${name} was not caught`);
}

/** Two epochs as one. */
function merged(epochs: Flush["epochs"], at: number): (readonly Write[])[] {
  return [...epochs.slice(0, at), [...(epochs[at] ?? []), ...(epochs[at + 1] ?? [])], ...epochs.slice(at + 2)];
}

try {
  for (const { kind, operations } of SUITES) {
    const chosen = operations.filter(({ name }) => options.only === undefined || name.includes(options.only));
    if (chosen.length === 0) continue;
    const first = distinct;
    let base: Image;
    try {
      base = await kind.base();
    } catch (error) {
      if (!isHdf5Error(error)) throw error;
      fault(kind.name, error.message);
      continue;
    }
    for (const missing of missingIn(kind.name, base)) fault(kind.name, `has no ${missing}`);
    let movedNames = false;
    for (const operation of chosen) {
      try {
        for (const flush of await record(kind, base, [operation])) {
          flushes.push(flush);
          await check(flush);
          if (flush.name === operation.name) await checkDone(flush);
          if (operation.name === "add forty links")
            movedNames ||= heapMoved(flush.image, completed(flush.image, flush.epochs));
        }
        if (!visited.has(`${kind.name}, ${operation.name}`)) fault(`${kind.name}, ${operation.name}`, "was not cut");
      } catch (error) {
        if (!isHdf5Error(error) && !(error instanceof Error)) throw error;
        fault(`${kind.name}, ${operation.name}`, `${error.name}: ${error.message}`);
      }
    }
    if (options.only === undefined && kind.every === undefined && /earliest|default/.test(kind.name) && !movedNames)
      fault(kind.name, "no names moved to a second heap segment");
    const scripts = kind.every === undefined ? Number(options.scripts) : 0;
    for (let i = 0; i < scripts && options.only === undefined; i++) {
      const script = [...operations].sort(() => random() - 0.5).slice(0, SCRIPT_LENGTH);
      const possible: Operation[] = [];
      // An edit whose object an earlier one took away is none.
      for (const operation of script) {
        const guarded: Operation = {
          name: operation.name,
          run: (root) =>
            operation.run(root).catch((error: unknown) => {
              if (!isHdf5Error(error) || isHdf5Error(error, "driver")) throw error;
            }),
        };
        possible.push(guarded);
      }
      try {
        for (const flush of await record(kind, base, possible)) await check(flush);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        fault(`${kind.name}, script ${script.map(({ name }) => name).join("; ")}`, `${error.name}: ${error.message}`);
      }
    }
    console.log(`${kind.name}: ${distinct - first} distinct states`);
  }
  const rules = { unit: 512, subsets: 30, random };
  if (options.kind === undefined && (options.only === undefined || "dense".startsWith(options.only))) {
    const late = ({ image, epochs }: Flush): Iterable<Image> => {
      const moved = heapHeaderLast(epochs);
      return moved === undefined ? [] : states(image, moved, rules);
    };
    await control("heap header after the tree addresses", late, ({ name }) => name === "dense, ours v108");
  }
  if (options.kind === undefined && options.only === undefined) {
    const base = await LONG_ARRAYS.base();
    const first = distinct;
    for (const operation of LONG_OPERATIONS) {
      for (const flush of await record(LONG_ARRAYS, base, [operation])) await check(flush, 3, 24);
      if (!visited.has(`${LONG_ARRAYS.name}, ${operation.name}`)) fault(operation.name, "was not cut");
    }
    console.log(`${LONG_ARRAYS.name}: ${distinct - first} distinct states`);
    if (editedByStock < 200) fault("stock", `edited ${editedByStock} states, expected 200`);
    if (editedByUs < 200) fault("our writer", `edited ${editedByUs} states, expected 200`);
    await control("first barrier dropped", ({ image, epochs }) => states(image, merged(epochs, 0), rules));
    await control("last barrier before publishing dropped", ({ image, epochs }) =>
      states(image, merged(epochs, epochs.length - 2), rules),
    );
    await control("file grown in the epoch of the superblock", ({ image, epochs }) => {
      const late = grownLate(epochs);
      return late === undefined ? [] : states(image, late, rules);
    });
    // Ours cross no border; some of stock's headers cannot help it.
    await control(
      "patches across a border of sectors, halved there",
      ({ image, epochs }) => halvesAcrossBorders(image, epochs),
      ({ unit }) => unit > 512,
    );
    await control("patches torn inside a sector", ({ image, epochs }) =>
      states(image, epochs, { unit: 24, subsets: 0, random }),
    );
    const harness = { folder, kinds: SUITES.map(({ kind }) => kind), record, ours: ourFault, stock: stockFault };
    for await (const { name, made, bad, wronglyBad } of brokenRules(harness)) {
      console.log(`control, ${name}: ${bad} of ${made} states are bad`);
      if (bad === 0) fault("control", `${name} was not caught`);
      for (const finding of wronglyBad) fault(`control, ${name}, not broken`, finding);
    }
  }
} finally {
  stock.end();
  rmSync(folder, { recursive: true, force: true });
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `seed ${options.seed}: ${distinct} distinct states in ${seconds} s, ${readByStock} read by stock, ${editedByStock} edited by it, ${editedByUs} by us`,
);
console.log(`${distinct} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
