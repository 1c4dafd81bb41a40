/**
 * What part of a dataset is meant. Users write one entry per dimension, or pass a `DataSelection` made by `hyperslab`
 * or `points`, or found in a region reference or a virtual dataset's mapping.
 */
import { checkObject, Hdf5UsageError } from "../errors.js";
import { blockCount, blockRuns, regularBlocks } from "./blocks.js";
import { resolveSelection } from "./resolve.js";
import { type Block, product } from "./resolved.js";
import { linearRuns } from "./runs.js";

export { type ResolveOptions, resolveSelection } from "./resolve.js";
export type { Block, Dim, ResolvedSelection } from "./resolved.js";

/**
 * One dimension: `null` whole; a number takes one index and drops the dimension; `[start, stop]` and
 * `[start, stop, step]` in elements, `stop` excluded, `null` for an end; `{ at }` any indices in any order.
 */
export type SelectionEntry =
  | null
  | number
  | readonly [start: number | null, stop: number | null]
  | readonly [start: number | null, stop: number | null, step: number]
  | { readonly at: readonly number[] };

/** One entry per dimension, omitted trailing dimensions whole; or a selection made elsewhere. */
export type SelectionInput = readonly SelectionEntry[] | DataSelection;

/** Blocks at regular distances, in elements. An unlimited count or block is `Infinity`. */
export interface RegularHyperslab {
  readonly start: readonly number[];
  readonly stride: readonly number[];
  readonly count: readonly number[];
  readonly block: readonly number[];
}

/** A selection as HDF5 knows it. Read with one: a regular hyperslab gives shape count × block, the others rank 1. */
export interface DataSelection {
  readonly kind: "none" | "all" | "hyperslab" | "points";
  /** Dimensions of the extent it is meant for; undefined: any ("all", "none"). */
  readonly rank: number | undefined;
  /** Elements selected; undefined for "all", `Infinity` when unlimited. */
  readonly count: number | undefined;
  /** Set whenever a hyperslab is regular, also when it was stored as a list of blocks. */
  readonly regular: RegularHyperslab | undefined;
  /**
   * The elements as runs of linear (row-major) indices in an extent; ascending, points in stored order.
   * @throws Hdf5UsageError when the selection leaves the extent.
   */
  runs(extent: readonly number[]): Iterable<readonly [start: number, length: number]>;
}

/** Points in stored order, inside this library. */
export interface PointSelection extends DataSelection {
  readonly kind: "points";
  readonly coordinates: readonly (readonly number[])[];
}

/** An irregular hyperslab, inside this library: the union of its blocks. */
export interface BlockSelection extends DataSelection {
  readonly kind: "hyperslab";
  readonly count: number;
  readonly regular: undefined;
  readonly blocks: readonly Block[];
}

/**
 * A regular hyperslab: `count` blocks of `block` elements, `stride` apart, from `start` on, per dimension.
 * @param slab.stride 1 by default; not below `block`, so that blocks do not overlap.
 * @param slab.count elements 0 and up; `Infinity` takes all that the extent holds.
 * @param slab.block 1 by default.
 * @throws Hdf5UsageError when an entry is no such number, or the ranks differ.
 */
export function hyperslab(slab: {
  readonly start: readonly number[];
  readonly stride?: readonly number[] | undefined;
  readonly count: readonly number[];
  readonly block?: readonly number[] | undefined;
}): DataSelection {
  checkObject("slab", slab);
  const start = integers("start", slab.start, 0);
  const rank = start.length;
  const ones = new Array<number>(rank).fill(1);
  const stride = slab.stride === undefined ? ones : integers("stride", slab.stride, 1);
  const count = integers("count", slab.count, 0, true);
  const block = slab.block === undefined ? ones : integers("block", slab.block, 0, true);
  for (const [name, list] of Object.entries({ stride, count, block })) {
    if (list.length !== rank) {
      throw new Hdf5UsageError(name, `has ${list.length} entries`, `${rank}, one per entry of start`);
    }
  }
  for (let d = 0; d < rank; d++) {
    const blocks = count[d] ?? 0;
    const size = block[d] ?? 0;
    if (blocks === Infinity && size === Infinity) {
      throw new Hdf5UsageError("block", "and count are both unlimited", "at most one of them unlimited");
    }
    if (size === Infinity && blocks > 1) {
      throw new Hdf5UsageError("count", `is ${blocks} beside an unlimited block`, "1");
    }
    if (blocks > 1 && size > (stride[d] ?? 1)) {
      throw new Hdf5UsageError("block", `${size} is longer than its stride ${stride[d]}`, "blocks that do not overlap");
    }
  }
  const regular: RegularHyperslab = Object.freeze({ start, stride, count, block });
  return Object.freeze({
    kind: "hyperslab",
    rank,
    count: count.includes(0) || block.includes(0) ? 0 : product(count) * product(block),
    regular,
    runs(extent: readonly number[]) {
      return linearRuns(resolveSelection(this, extent), extent);
    },
  } satisfies DataSelection);
}

/**
 * Single elements by their coordinates, in the order given. Reading gives rank 1.
 * @throws Hdf5UsageError when there is none, or one is no list of whole numbers of the first one's length.
 */
export function points(coordinates: readonly (readonly number[])[]): DataSelection {
  if (!Array.isArray(coordinates)) throw new Hdf5UsageError("points", "is no array", "a list of coordinates");
  const list = coordinates.map((point, i) => integers(`points[${i}]`, point, 0));
  const rank = list[0]?.length;
  if (rank === undefined || rank === 0)
    throw new Hdf5UsageError("points", "is empty", "at least one point of rank 1 or more");
  const odd = list.findIndex((point) => point.length !== rank);
  if (odd >= 0) {
    throw new Hdf5UsageError(`points[${odd}]`, `has ${list[odd]?.length} coordinates`, `${rank}, as the first point`);
  }
  const selection: PointSelection = {
    kind: "points",
    rank,
    count: list.length,
    regular: undefined,
    coordinates: Object.freeze(list),
    runs(extent) {
      return linearRuns(resolveSelection(this, extent), extent);
    },
  };
  return Object.freeze(selection);
}

/**
 * The union of boxes: a hyperslab as libhdf5 stores an irregular one. Becomes a regular one where the union is one
 * (spec-notes/selection.md); otherwise reading gives rank 1 in ascending linear order, each element once.
 */
export function blockSelection(blocks: readonly Block[]): DataSelection {
  const rank = blocks[0]?.start.length;
  if (rank === undefined || rank === 0) {
    throw new Hdf5UsageError("blocks", "is empty", "at least one block of rank 1 or more");
  }
  const list = blocks.map(({ start, shape }, i) => {
    const block = { start: integers(`blocks[${i}].start`, start, 0), shape: integers(`blocks[${i}].shape`, shape, 1) };
    if (block.start.length !== rank || block.shape.length !== rank) {
      throw new Hdf5UsageError(`blocks[${i}]`, "has another rank", `${rank}, as the first block`);
    }
    return Object.freeze(block);
  });
  const count = blockCount(list);
  const regular = regularBlocks(list, count);
  if (regular !== undefined) return hyperslab(regular);
  const selection: BlockSelection = {
    kind: "hyperslab",
    rank,
    count,
    regular: undefined,
    blocks: Object.freeze(list),
    runs(extent) {
      const resolved = resolveSelection(this, extent);
      return resolved.kind === "blocks" ? blockRuns(resolved.blocks, extent) : linearRuns(resolved, extent);
    },
  };
  return Object.freeze(selection);
}

/** Every element of whatever extent. */
export const ALL_SELECTION: DataSelection = /* @__PURE__ */ Object.freeze({
  kind: "all",
  rank: undefined,
  count: undefined,
  regular: undefined,
  runs(extent: readonly number[]) {
    return linearRuns(resolveSelection(undefined, extent), extent);
  },
} satisfies DataSelection);

/** No element. */
export const NONE_SELECTION: DataSelection = /* @__PURE__ */ Object.freeze({
  kind: "none",
  rank: undefined,
  count: 0,
  regular: undefined,
  runs() {
    return [];
  },
} satisfies DataSelection);

/** A frozen copy of whole numbers ≥ `least`, `Infinity` only where it means unlimited. */
function integers(argument: string, list: readonly number[], least: number, unlimited = false): readonly number[] {
  if (!Array.isArray(list)) throw new Hdf5UsageError(argument, "is no array", "one whole number per dimension");
  for (let d = 0; d < list.length; d++) {
    const entry: unknown = list[d];
    if (unlimited && entry === Infinity) continue;
    if (typeof entry !== "number" || !Number.isSafeInteger(entry) || entry < least) {
      throw new Hdf5UsageError(`${argument}[${d}]`, `is ${String(entry)}`, `a whole number from ${least} on`);
    }
  }
  return Object.freeze([...list]);
}
