/** What every chunk index gives, and the arithmetic of chunk positions that they share. Pure. */
import { Hdf5FormatError } from "../../errors.js";

/** One stored chunk. */
export interface ChunkRecord {
  /** In elements, one entry per dimension; a multiple of the chunk shape. */
  readonly offset: readonly number[];
  /** Address relative to the base address. */
  readonly address: number;
  /** Stored bytes, after filters. */
  readonly size: number;
  /** Bit i set: filter i of the pipeline was not applied. */
  readonly filterMask: number;
}

/** How a dataset is cut into chunks. */
export interface ChunkExtent {
  /** Elements per chunk and dimension, without the element-size dimension of the layout message. */
  readonly chunkShape: readonly number[];
  /** Bytes of one element. */
  readonly elementSize: number;
  readonly shape: readonly number[];
  /** `Infinity`: unlimited. Absent: the shape cannot change. */
  readonly maxShape?: readonly number[] | undefined;
}

/** What an index must know of its dataset. */
export interface ChunkedDataset extends ChunkExtent {
  /** Has the dataset a filter pipeline? Decides the form of the records. */
  readonly filtered: boolean;
  /** Version of the data layout message: 5 stores sizes of filtered chunks in full width. */
  readonly layoutVersion: number;
}

/** A box [low, high) in elements. */
export interface ChunkBox {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Bytes of a chunk before filters. */
export function chunkBytes(dataset: ChunkExtent): number {
  return dataset.chunkShape.reduce((bytes, side) => bytes * side, dataset.elementSize);
}

/** Does the chunk at this offset touch the box, which is not empty? */
export function chunkTouches(offset: readonly number[], chunkShape: readonly number[], box: ChunkBox): boolean {
  return offset.every(
    (at, d) => at < (box.high[d] as number) && at + (chunkShape[d] as number) > (box.low[d] as number), // same rank
  );
}

/** Row-major (lexicographic) order of two offsets of one rank. */
export function compareOffsets(a: readonly number[], b: readonly number[]): number {
  for (let d = 0; d < a.length; d++) {
    const difference = (a[d] as number) - (b[d] as number); // same rank
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A box of chunk positions (not elements), both ends included; `undefined` when it holds none. */
export interface PositionBox {
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/** The positions of the chunks that touch a box. */
export function positionsIn(box: ChunkBox, chunkShape: readonly number[]): PositionBox | undefined {
  if (box.low.some((low, d) => low >= (box.high[d] as number))) return undefined; // same rank
  return {
    first: box.low.map((low, d) => Math.floor(low / (chunkShape[d] as number))),
    last: box.high.map((high, d) => Math.ceil(high / (chunkShape[d] as number)) - 1),
  };
}

/**
 * Lies a position of the box in [from, until) of row-major order? `until` undefined: no upper end.
 * Exact, so a subtree is visited only when it can hold a chunk of the box.
 */
export function rangeTouches(from: readonly number[], until: readonly number[] | undefined, box: PositionBox): boolean {
  const least = leastAtOrAfter(from, box);
  return least !== undefined && (until === undefined || compareOffsets(least, until) < 0);
}

/** The first position of the box, in row-major order, that is not before `from`. */
function leastAtOrAfter(from: readonly number[], { first, last }: PositionBox): readonly number[] | undefined {
  const least = [...from];
  for (let d = 0; d < least.length; d++) {
    const at = from[d] as number;
    if (at < (first[d] as number)) return [...least.slice(0, d), ...first.slice(d)];
    if (at > (last[d] as number)) {
      // No position shares this prefix: step the last earlier dimension that has room.
      for (let e = d - 1; e >= 0; e--) {
        const along = least[e] as number;
        if (along < (last[e] as number)) return [...least.slice(0, e), along + 1, ...first.slice(e + 1)];
      }
      return undefined;
    }
  }
  return least;
}

/**
 * A chunk that starts beyond the largest extent the dataset may ever have is in the wrong place. One beyond the present
 * extent only is legal: an interrupted append leaves it there.
 * @throws Hdf5FormatError naming the index structure at fault.
 */
export function checkWithinMaxShape(
  offset: readonly number[],
  dataset: ChunkExtent,
  structure: string,
  address: number,
): void {
  const maxShape = dataset.maxShape ?? dataset.shape;
  if (offset.some((at, d) => at >= (maxShape[d] as number))) {
    throw new Hdf5FormatError(
      { structure, address, field: "chunk offset" },
      `is [${offset.join(", ")}], outside the maximum extent [${maxShape.join(", ")}]`,
    );
  }
}
