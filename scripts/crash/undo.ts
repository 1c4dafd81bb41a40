/**
 * Edits that need an undo file, of headers of stock that cannot be changed inside one sector: states of the file and of
 * the undo file beside it. We read every one; stock reads them once we have opened and closed them. Without the undo file
 * some must be bad.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Group, isHdf5Error, open } from "../../src/index.js";
import type { Kind } from "./bases.js";
import type { Operation } from "./operations.js";
import { ourRecords, type Records, wrongBetween } from "./records.js";
import { type SideState, type Step, sideDriver, sideStates } from "./side-file.js";
import type { Image } from "./states.js";

/** A loss of power tears at sectors, the end of the process at pages, and it leaves the writes in their order. */
const CUTS = { power: { unit: 512, subsets: 8 }, process: { unit: 4096, subsets: 0 } } as const;
type Durability = keyof typeof CUTS;

/** Files of stock whose headers lie at other places each. */
const FILES = 4;
/** Headers in each of them, as stock_headers.py makes them. */
const HEADERS = 30;
/** First edits of so many headers must need an undo file, or nothing is tested: those across sectors, those across pages. */
const LEAST = { power: 30, process: 3 } as const;
/** Of the states with an undo file, this part is read without it. */
const CONTROL_EVERY = 3;

export interface UndoHarness {
  readonly folder: string;
  readonly suites: readonly { readonly kind: Kind; readonly operations: readonly Operation[] }[];
  random(): number;
  /** What stock finds. */
  stock(image: Image): Promise<Records>;
  /** Of all states, one in so many is read by stock. */
  readonly stockEvery: number;
}

export interface UndoResult {
  readonly name: string;
  /** Those with an undo file. */
  readonly flushes: number;
  readonly states: number;
  readonly readByStock: number;
  readonly faults: readonly string[];
}

type Edit = (root: Group, name: string) => Promise<void>;

const EDITS: readonly Edit[] = [
  async (root, name) => (await root.dataset(name)).attrs.set("ours", 1),
  async (root, name) => (await root.dataset(name)).attrs.set("ours", "x".repeat(50)),
  async (root, name) => {
    const dataset = await root.dataset(name);
    if (dataset.layout.kind === "chunked") await dataset.append([7, 8, 9]);
    else await dataset.setComment("what it is for");
  },
  // The link count first, in an epoch of its own.
  async (root, name) => root.createHardLink(`links/${name}`, await root.dataset(name)),
  async (root, name) => {
    for (const also of [name, "d0", "d1"]) await (await root.dataset(also)).attrs.set("all", 2);
  },
];

/** One flush. */
interface Flush {
  readonly name: string;
  readonly durability: Durability;
  readonly image: Image;
  readonly steps: readonly Step[];
  readonly next: Image;
}

const hasUndo = ({ steps }: Flush): boolean => steps.some(({ kind }) => kind === "side");

/** Edit a file, one flush after the other. */
async function* flushesOf(
  base: Image,
  durability: Durability,
  edits: Iterable<readonly [name: string, run: (root: Group) => Promise<unknown>]>,
): AsyncGenerator<Flush> {
  const driver = sideDriver({ image: base, side: undefined });
  const file = await open(driver, { mode: "r+", durability });
  let image = base;
  let start = 0;
  const flush = (name: string): Flush => {
    const done = { name, durability, image, steps: driver.steps.slice(start), next: driver.state.image };
    start = driver.steps.length;
    image = done.next;
    return done;
  };
  for (const [name, run] of edits) {
    await run(file.root);
    await file.flush();
    yield flush(name);
  }
  await file.close();
  yield flush("close");
}

class Judge {
  readonly faults: string[] = [];
  flushes = 0;
  states = 0;
  readByStock = 0;
  /** States that are bad without their undo file. */
  bad = 0;
  made = 0;
  #withUndo = 0;
  readonly #harness: UndoHarness;
  readonly #seen = new Set<string>();

  constructor(harness: UndoHarness) {
    this.#harness = harness;
  }

  async check(flush: Flush): Promise<void> {
    const { image, next, steps, name, durability } = flush;
    this.flushes++;
    const [before, after] = [await ourRecords(image), await ourRecords(next)];
    let stock: readonly [Records, Records] | undefined;
    const { random, stockEvery } = this.#harness;
    for (const state of sideStates(image, steps, { ...CUTS[durability], random })) {
      const digest = createHash("sha1")
        .update(state.image)
        .update(state.side ?? "none")
        .digest("base64");
      if (this.#seen.has(digest)) continue;
      this.#seen.add(digest);
      this.states++;
      const wrong = await faultOf(state, before, after);
      if (wrong !== undefined) this.faults.push(`${name} (our reader): ${wrong}`);
      if (state.side !== undefined && this.#withUndo++ % CONTROL_EVERY === 0) {
        this.made++;
        if ((await faultOf({ ...state, side: undefined }, before, after)) !== undefined) this.bad++;
      }
      if (this.states % stockEvery > 0) continue;
      this.readByStock++;
      stock ??= [await this.#harness.stock(image), await this.#harness.stock(next)];
      const finding = await this.#stockFault(state, ...stock);
      if (finding !== undefined) this.faults.push(`${name} (stock): ${finding}`);
    }
  }

  /** Stock knows nothing of undo files: we open and close the file before. */
  async #stockFault(state: SideState, before: Records, after: Records): Promise<string | undefined> {
    const driver = sideDriver(state);
    try {
      if (state.side !== undefined) await (await open(driver, { mode: "r+" })).close();
      if (driver.state.side !== undefined) return "the undo file is still there";
      return wrongBetween(await this.#harness.stock(driver.state.image), before, after);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  result(name: string): UndoResult {
    const { flushes, states, readByStock, faults } = this;
    return { name, flushes, states, readByStock, faults };
  }
}

async function faultOf(state: SideState, before: Records, after: Records): Promise<string | undefined> {
  try {
    return wrongBetween(await ourRecords(sideDriver(state)), before, after);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

/** First edits of many headers; those that need an undo file are cut. */
async function headers(harness: UndoHarness, judge: Judge): Promise<void> {
  const path = join(harness.folder, "headers.h5");
  const script = fileURLToPath(new URL("stock_headers.py", import.meta.url));
  const found = { power: 0, process: 0 };
  for (let seed = 0; seed < FILES; seed++) {
    const libver = seed % 2 === 0 ? "v108" : "latest";
    execFileSync("/usr/bin/python3", [script, path, libver, String(seed)]);
    const base = new Uint8Array(readFileSync(path));
    for (const durability of ["power", "process"] as const) {
      const edits = Array.from({ length: HEADERS }, (_, i) => {
        const edit = EDITS[(i + seed) % EDITS.length] as Edit;
        return [`${libver} ${seed}, d${i}, ${durability}`, (root: Group) => edit(root, `d${i}`)] as const;
      });
      for await (const flush of flushesOf(base, durability, edits)) {
        if (!hasUndo(flush)) continue;
        found[durability]++;
        await judge.check(flush);
      }
    }
  }
  for (const durability of ["power", "process"] as const) {
    console.log(
      `undo files, durability "${durability}": ${found[durability]} of ${FILES * HEADERS} first edits have one`,
    );
    if (found[durability] < LEAST[durability]) judge.faults.push(`few edits have an undo file, ${durability}`);
  }
}

/** Edits of the other suites that need an undo file, on files of stock whose writes are torn at pages there. */
async function edits({ suites }: UndoHarness, judge: Judge): Promise<void> {
  for (const { kind, operations } of suites) {
    if (kind.unit === 512) continue;
    const base = await kind.base();
    for (const { name, run } of operations) {
      try {
        for await (const flush of flushesOf(base, "power", [[`${kind.name}, ${name}`, run]])) {
          if (hasUndo(flush)) await judge.check(flush);
        }
      } catch (error) {
        if (!isHdf5Error(error)) throw error;
        judge.faults.push(`${kind.name}, ${name}: ${error.message}`);
      }
    }
  }
}

export async function* undoFiles(harness: UndoHarness): AsyncGenerator<UndoResult> {
  const first = new Judge(harness);
  await headers(harness, first);
  console.log(`control, undo file left out: ${first.bad} of ${first.made} states are bad`);
  if (first.bad === 0) first.faults.push("control: an undo file that is left out was not caught");
  yield first.result("headers across borders of sectors, with undo files");
  const second = new Judge(harness);
  await edits(harness, second);
  yield second.result("files of stock, torn at sectors, with undo files");
}
