/**
 * Rules of the writer broken on purpose, by changing what was recorded of it: what the harness must find. Each gives bad
 * states; the same states made as the writer made them must be good, or the control says nothing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lookup3 } from "../../src/format/index.js";
import { open } from "../../src/index.js";
import { applyOurs, type Edit, StockProcess, TurnsModel } from "../../test/interop/turns.js";
import type { Kind } from "./bases.js";
import { OPERATIONS, type Operation } from "./operations.js";
import { applied, completed, type Image, type Write } from "./states.js";

/** What controls need to know of a recorded flush. */
export interface RecordedFlush {
  readonly image: Image;
  readonly epochs: readonly (readonly Write[])[];
}

/** How the harness records and judges. */
export interface Harness<F extends RecordedFlush> {
  readonly folder: string;
  readonly kinds: readonly Kind[];
  record(kind: Kind, base: Image, operations: readonly Operation[]): Promise<F[]>;
  ours(state: Image, flush: F): Promise<string | undefined>;
  stock(state: Image, flush: F, edits: boolean): Promise<string | undefined>;
}

export interface ControlResult {
  readonly name: string;
  readonly made: number;
  readonly bad: number;
  /** States that follow the rules and were found bad. */
  readonly wronglyBad: readonly string[];
}

const EMPTY: ControlResult = { name: "", made: 0, bad: 0, wronglyBad: [] };

export async function* brokenRules<F extends RecordedFlush>(harness: Harness<F>): AsyncGenerator<ControlResult> {
  yield await homesGivenAway(harness);
  yield await staleManagers(harness);
  yield await countLoweredFirst(harness);
  yield await extentFirst(harness);
  yield await writtenInPlace(harness);
}

function operation(name: string): Operation {
  const found = OPERATIONS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no operation "${name}"`);
  return found;
}

async function flushesOf<F extends RecordedFlush>(
  harness: Harness<F>,
  kindName: string,
  names: readonly string[],
): Promise<F[]> {
  const kind = harness.kinds.find(({ name }) => name === kindName);
  if (kind === undefined) throw new Error(`there is no kind "${kindName}"`);
  return harness.record(kind, await kind.base(), names.map(operation));
}

/** Neighbours of a node that is written elsewhere for a while name its home, which is used for something else. */
async function homesGivenAway<F extends RecordedFlush>(harness: Harness<F>): Promise<ControlResult> {
  const result = { ...EMPTY, name: "home of a v1 B-tree node used for something else", wronglyBad: [] as string[] };
  const names = ["overwrite a chunk", "append many chunks", "overwrite parts of chunks"];
  for (const flush of await flushesOf(harness, "stock default", names)) {
    const after = completed(flush.image, flush.epochs);
    const homes = homesBetween(flush.image, after);
    if (homes.length === 0) continue;
    const sound = await harness.stock(after, flush, true);
    if (sound !== undefined) result.wronglyBad.push(sound);
    result.made++;
    const broken = after.slice();
    for (const home of homes) broken.fill(0xaa, home, home + 24);
    if ((await harness.stock(broken, flush, true)) !== undefined) result.bad++;
  }
  return result;
}

const NOWHERE = 2 ** 64;
/** What a node of either type begins with: signature, type, level, entries used, two addresses. */
const NODE_PREFIX = 24;
/** Size, filter mask and offsets of a chunk, as many as the datasets of the bases have. */
const KEY = 32;

/** Nodes of chunk B-trees that were copied, by their first key and child, and whose copies name no neighbours. */
function homesBetween(before: Image, after: Image): number[] {
  const homes: number[] = [];
  for (const at of nodesIn(before)) {
    if (addressAt(before, at + 8) === NOWHERE && addressAt(before, at + 16) === NOWHERE) continue;
    const start = before.subarray(at + NODE_PREFIX, at + NODE_PREFIX + KEY);
    const isCopy = (other: number): boolean =>
      other !== at &&
      addressAt(after, other + 8) === NOWHERE &&
      addressAt(after, other + 16) === NOWHERE &&
      after[other + 5] === before[at + 5] &&
      Buffer.compare(after.subarray(other + NODE_PREFIX, other + NODE_PREFIX + KEY), start) === 0;
    if (nodesIn(after).some(isCopy)) homes.push(at);
  }
  return homes;
}

/** Addresses of nodes of chunk B-trees. */
function nodesIn(image: Image): number[] {
  const found: number[] = [];
  for (let at = 0; at + NODE_PREFIX < image.length; at += 8) {
    if (image[at] === 0x54 && textAt(image, at) === "TREE" && image[at + 4] === 1) found.push(at);
  }
  return found;
}

function textAt(image: Image, at: number): string {
  return String.fromCharCode(...image.subarray(at, at + 4));
}

function addressAt(image: Image, at: number): number {
  return Number(new DataView(image.buffer, image.byteOffset).getBigUint64(at, true));
}

/** The managers of free space, as they were before we wrote: stock hands out what we have written. */
async function staleManagers<F extends RecordedFlush>({ folder }: Harness<F>): Promise<ControlResult> {
  const result = { ...EMPTY, name: "stale free-space managers", wronglyBad: [] as string[] };
  const stock = new StockProcess();
  const path = join(folder, "managers.h5");
  const values = (from: number, count = 30): number[] => Array.from({ length: count }, (_, i) => from + i);
  try {
    for (const strategy of [0, 1]) {
      const model = new TurnsModel();
      const edits = (all: readonly Edit[]): Edit[] => all.filter((one) => model.apply(one));
      await stock.ask({ make: path, libver: "v108", strategy });
      const first: Edit[] = Array.from({ length: 12 }, (_, i) => {
        return { do: "dataset", path: `a${i}`, kind: "plain", values: values(100 * i) };
      });
      const gone: Edit[] = [2, 3, 4, 7].map((i) => ({ do: "delete", path: `a${i}` }));
      await stock.ask({ path, edits: edits([...first, ...gone]) });
      const before = new Uint8Array(readFileSync(path));
      const ours: Edit[] = Array.from({ length: 8 }, (_, i) => {
        return { do: "dataset", path: `ours ${i}`, kind: "plain", values: values(5000 + 100 * i, 200) };
      });
      {
        await using file = await open(path, { mode: "r+" });
        for (const one of edits(ours)) await applyOurs(file, one);
      }
      const after = new Uint8Array(readFileSync(path));
      const theirs = edits(
        Array.from({ length: 12 }, (_, i): Edit => {
          return { do: "dataset", path: `b${i}`, kind: "plain", values: values(9000 + 100 * i, 200) };
        }),
      );
      const differs = async (image: Image): Promise<boolean> => {
        writeFileSync(path, image);
        const found = await stock.ask({ path, edits: theirs, fork: true });
        return JSON.stringify(found) !== JSON.stringify(sortedLike(found, model.tree()));
      };
      if (await differs(after)) result.wronglyBad.push(`strategy ${strategy}: the file as it was written`);
      result.made++;
      if (await differs(withExtensionOf(before, after))) result.bad++;
    }
  } finally {
    stock.end();
  }
  return result;
}

/** The model's tree with its names in the order of another one. */
function sortedLike(found: unknown, tree: unknown): unknown {
  if (typeof found !== "object" || found === null || Array.isArray(found)) return tree;
  if (typeof tree !== "object" || tree === null) return tree;
  const names = [...Object.keys(found), ...Object.keys(tree)];
  const entries = [...new Set(names)].map((name) => {
    const [theirs, ours] = [(found as Record<string, unknown>)[name], (tree as Record<string, unknown>)[name]];
    return [name, sortedLike(theirs, ours)];
  });
  return Object.fromEntries(entries);
}

/** A superblock of version 2 or 3 that names the extension which another image names. */
function withExtensionOf(from: Image, to: Image): Image {
  const next = to.slice();
  next.set(from.subarray(20, 28), 20);
  new DataView(next.buffer).setUint32(44, lookup3(next.subarray(0, 44)), true);
  return next;
}

/** The count goes down while both names are there: stock checks each count against the names. */
async function countLoweredFirst<F extends RecordedFlush>(harness: Harness<F>): Promise<ControlResult> {
  const result = { ...EMPTY, name: "count lowered before the link is gone", wronglyBad: [] as string[] };
  for (const kind of ["ours v108", "ours v110", "ours earliest", "stock default"]) {
    const [unlink, close] = await flushesOf(harness, kind, ["unlink one of two names"]);
    if (unlink === undefined || close === undefined) continue;
    const sound = await harness.stock(completed(unlink.image, unlink.epochs), unlink, false);
    if (sound !== undefined) result.wronglyBad.push(sound);
    // What the next flush writes, but for the end of the file.
    const lowering = close.epochs.flat().filter((write) => write.kind === "write" && write.offset > 0);
    if (lowering.length === 0) continue;
    result.made++;
    const broken = lowering.reduce((state, write) => applied(state, write), unlink.image);
    if ((await harness.stock(broken, unlink, false)) !== undefined) result.bad++;
  }
  return result;
}

/** The extent is published, the header of the array is not yet. */
async function extentFirst<F extends RecordedFlush>(harness: Harness<F>): Promise<ControlResult> {
  const result = { ...EMPTY, name: "extent before the header of the extensible array", wronglyBad: [] as string[] };
  const append = "append to an array with super blocks";
  for (const kind of ["ours v110", "stock latest"]) {
    for (const flush of await flushesOf(harness, kind, [append, append, append])) {
      const { image, epochs } = flush;
      const isHeader = (write: Write): boolean =>
        write.kind === "write" && write.bytes.length < 100 && textAt(write.bytes as Image, 0) === "EAHD";
      const at = epochs.findIndex((epoch) => epoch.some(isHeader));
      // Written anew as a whole it comes with the data, which is another way.
      if (at < 1 || at === epochs.length - 1) continue;
      const sound = await harness.ours(completed(image, epochs.slice(0, at + 1)), flush);
      if (sound !== undefined) result.wronglyBad.push(sound);
      result.made++;
      const broken = completed(
        image,
        epochs.map((epoch) => epoch.filter((write) => !isHeader(write))),
      );
      if ((await harness.ours(broken, flush)) !== undefined) result.bad++;
    }
  }
  return result;
}

/** The writes of a flush with the growth of the file together with the superblock that tells of it; undefined: none. */
export function grownLate(epochs: readonly (readonly Write[])[]): (readonly Write[])[] | undefined {
  const at = epochs.findIndex((epoch, i) => i > 0 && epoch.some(isSuperblock));
  const isGrowth = (write: Write): boolean => write.kind === "truncate";
  const growth = epochs.slice(0, at).flat().filter(isGrowth);
  if (at < 0 || growth.length === 0) return undefined;
  const before = epochs.slice(0, at).map((epoch) => epoch.filter((write) => !isGrowth(write)));
  return [...before, [...growth, ...(epochs[at] ?? [])], ...epochs.slice(at + 1)];
}

function isSuperblock(write: Write): boolean {
  return write.kind === "write" && write.offset === 0;
}

const SECTOR = 512;

/** Of each patch that crosses a border of sectors, what lies on one side of it alone. */
export function* halvesAcrossBorders(image: Image, epochs: readonly (readonly Write[])[]): Generator<Image> {
  let state = completed(image, epochs.slice(0, 1));
  for (const write of epochs.slice(1).flat()) {
    const whole = applied(state, write);
    if (write.kind === "write") {
      const { offset, bytes } = write;
      for (let at = SECTOR - (offset % SECTOR); at < bytes.length; at += SECTOR) {
        const halves = [
          { ...write, bytes: bytes.subarray(0, at) },
          { ...write, offset: offset + at, bytes: bytes.subarray(at) },
        ].map((half) => applied(state, half));
        // A half without a change leaves nothing torn.
        if (halves.every((half) => Buffer.compare(half, whole) !== 0)) yield* halves;
      }
    }
    state = whole;
  }
}

const INDEX_BLOCKS = ["EAIB", "EASB", "EADB", "FADB"];

/** Blocks of an index are written where they were, and the writer is stopped at a border of sectors. */
async function writtenInPlace<F extends RecordedFlush>(harness: Harness<F>): Promise<ControlResult> {
  const result = { ...EMPTY, name: "block of a chunk index written in place", wronglyBad: [] as string[] };
  const names = ["append to an array with super blocks", "overwrite chunks of a fixed array", "shrink a long array"];
  for (const flush of await flushesOf(harness, "ours v110", names)) {
    const { image, epochs } = flush;
    for (const write of epochs[0] ?? []) {
      if (write.kind !== "write") continue;
      for (let at = 0; at + 32 < write.bytes.length; at++) {
        const fresh = write.bytes.subarray(at) as Image;
        if (!INDEX_BLOCKS.includes(textAt(fresh, 0))) continue;
        const length = checkedLength(fresh);
        if (length === undefined) continue;
        for (const old of twins(image, fresh, length)) {
          for (let border = 512 - (old % 512); border < length; border += 512) {
            const broken = image.slice();
            broken.set(fresh.subarray(0, border), old);
            if (broken.every((byte, i) => byte === image[i])) continue;
            result.made++;
            if ((await harness.ours(broken, flush)) !== undefined) result.bad++;
          }
        }
      }
    }
  }
  return result;
}

/** The bytes of a block whose last four are the checksum of the others. */
function checkedLength(bytes: Image): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let length = 18; length <= Math.min(bytes.length, 4200); length++) {
    if (view.getUint32(length - 4, true) === lookup3(bytes.subarray(0, length - 4))) return length;
  }
  return undefined;
}

/** Where the image holds blocks of the same header: the one that a fresh block replaces, and what that once replaced. */
function* twins(image: Image, fresh: Image, length: number): Generator<number> {
  for (let at = 0; at + length <= image.length; at++) {
    if (image[at] !== fresh[0] || !image.subarray(at, at + 14).every((byte, i) => byte === fresh[i])) continue;
    if (checkedLength(image.subarray(at, at + length)) === length) yield at;
  }
}
