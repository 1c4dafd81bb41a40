/**
 * The general case: points, irregular regions, and selections that correspond in their order only. What is asked for is
 * cut into pieces of rows, each is looked up in the mapping, and what they mean in the source is read in batches.
 */

import { Hdf5UnsupportedError } from "../../errors.js";
import { blockRuns } from "../../selection/blocks.js";
import { rowPieces } from "../../selection/chunk-plan.js";
import { ordinalOf } from "../../selection/intersect.js";
import { type Block, indexAt, product, type ResolvedSelection, rowMajorStrides } from "../../selection/resolved.js";
import { linearRuns } from "../../selection/runs.js";
import type { Side, SourceRead } from "./bound-mapping.js";

/** Pieces read together, */
const BATCH_PIECES = 16_384;
/** … and their bytes. */
const BATCH_BYTES = 4 * 2 ** 20;

/** Rows of an irregular region that are listed. */
const MAX_ROWS = 4_000_000;

/** Elements that follow each other in the source and in the result. */
export interface Piece {
  /** Linear index in the source. */
  readonly from: number;
  /** Place in the result, in elements. */
  readonly to: number;
  readonly length: number;
}

/** Copy all that request and mapping share to its place in the result. */
export async function readPieces(selection: ResolvedSelection, part: SourceRead, out: Uint8Array): Promise<void> {
  const { elementSize } = part;
  let batch: Piece[] = [];
  let bytes = 0;
  for (const piece of pieces(selection, part)) {
    batch.push(piece);
    bytes += piece.length * elementSize;
    if (batch.length < BATCH_PIECES && bytes < BATCH_BYTES) continue;
    await readBatch(batch, part, out);
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) await readBatch(batch, part, out);
}

/** All that request and mapping share. */
export function* pieces(
  selection: ResolvedSelection,
  { virtual, source }: Pick<SourceRead, "virtual" | "source">,
): Iterable<Piece> {
  const within = lookUp(virtual);
  const elements = inOrder(source);
  let to = 0;
  for (const { start, length } of rowPieces(linearRuns(selection, virtual.extent), virtual.extent)) {
    for (const { skip, ordinal, length: found } of within(start, length)) {
      let done = 0;
      for (const [from, run] of elements(ordinal, found)) {
        yield { from, to: to + skip + done, length: run };
        done += run;
      }
    }
    to += length;
  }
}

/** Part of a row that is selected: `skip` elements into it. */
interface Found {
  readonly skip: number;
  readonly ordinal: number;
  readonly length: number;
}

/** What of a row piece a side selects, with the ordinals. */
function lookUp(side: Side): (start: readonly number[], length: number) => Iterable<Found> {
  const last = side.extent.length - 1;
  if (side.kind === "blocks") {
    const runs = new Runs(side.blocks, side.extent);
    const strides = rowMajorStrides(side.extent);
    return (start, length) =>
      runs.within(
        start.reduce((sum, at, d) => sum + at * (strides[d] ?? 0), 0),
        length,
      );
  }
  const { dims } = side;
  const strides = rowMajorStrides(dims.map(({ length }) => length));
  return function* (start, length) {
    let base = 0;
    for (let d = 0; d < last; d++) {
      const ordinal = ordinalOf(dims[d] as (typeof dims)[number], start[d] ?? 0); // of one rank
      if (ordinal < 0) return;
      base += ordinal * (strides[d] ?? 0);
    }
    const dim = dims[last];
    if (dim === undefined) {
      yield { skip: 0, ordinal: 0, length };
      return;
    }
    const from = start[last] ?? 0;
    for (let at = from; at < from + length; ) {
      const ordinal = ordinalOf(dim, at);
      const into = at - dim.start;
      if (ordinal < 0) {
        // To the start of the next block.
        const next = into < 0 ? dim.start : dim.start + (Math.floor(into / dim.step) + 1) * dim.step;
        if (next >= dim.start + dim.count * dim.step) return;
        at = next;
        continue;
      }
      const found = Math.min(dim.block - (into % dim.step), dim.length - ordinal, from + length - at);
      yield { skip: at - from, ordinal: base + ordinal, length: found };
      at += found;
    }
  };
}

/** The elements of a side from an ordinal on, as runs of linear indices. */
function inOrder(side: Side): (ordinal: number, count: number) => Iterable<readonly [from: number, length: number]> {
  if (side.kind === "blocks") {
    const runs = new Runs(side.blocks, side.extent);
    return (ordinal, count) => runs.from(ordinal, count);
  }
  const { dims, extent } = side;
  const strides = rowMajorStrides(extent);
  const last = dims.length - 1;
  const innermost = dims[last];
  return function* (ordinal, count) {
    if (innermost === undefined) {
      yield [0, count];
      return;
    }
    for (let done = 0; done < count; ) {
      let rest = ordinal + done;
      const position = rest % innermost.length;
      rest = (rest - position) / innermost.length;
      let linear = indexAt(innermost, position);
      for (let d = last - 1; d >= 0; d--) {
        const dim = dims[d] as (typeof dims)[number]; // d is inside
        linear += indexAt(dim, rest % dim.length) * (strides[d] ?? 0);
        rest = Math.floor(rest / dim.length);
      }
      const length = Math.min(
        innermost.block - (position % innermost.block),
        innermost.length - position,
        count - done,
      );
      yield [linear, length];
      done += length;
    }
  };
}

/** The runs of an irregular region, found by linear index and by ordinal. */
class Runs {
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  /** Ordinal of each run's first element. */
  readonly #ordinals: number[] = [];

  /** @throws Hdf5UnsupportedError for more rows than fit a list. */
  constructor(blocks: readonly Block[], extent: readonly number[]) {
    const rows = blocks.reduce((sum, { shape }) => sum + product(shape.slice(0, -1)), 0);
    if (rows > MAX_ROWS)
      throw new Hdf5UnsupportedError(`virtual dataset mappings of irregular regions of ${rows} rows`);
    let ordinal = 0;
    for (const [start, length] of blockRuns(blocks, extent)) {
      this.#starts.push(start);
      this.#lengths.push(length);
      this.#ordinals.push(ordinal);
      ordinal += length;
    }
  }

  *within(start: number, length: number): Iterable<Found> {
    for (let i = Math.max(0, lastUpTo(this.#starts, start)); i < this.#starts.length; i++) {
      const run = this.#starts[i] ?? 0;
      if (run >= start + length) return;
      const from = Math.max(start, run);
      const to = Math.min(start + length, run + (this.#lengths[i] ?? 0));
      if (from < to) yield { skip: from - start, ordinal: (this.#ordinals[i] ?? 0) + from - run, length: to - from };
    }
  }

  *from(ordinal: number, count: number): Iterable<readonly [from: number, length: number]> {
    let done = 0;
    for (let i = Math.max(0, lastUpTo(this.#ordinals, ordinal)); done < count && i < this.#starts.length; i++) {
      const into = ordinal + done - (this.#ordinals[i] ?? 0);
      const length = Math.min((this.#lengths[i] ?? 0) - into, count - done);
      yield [(this.#starts[i] ?? 0) + into, length];
      done += length;
    }
  }
}

/** Number of the last entry not above a bound; −1: there is none. */
function lastUpTo(list: readonly number[], bound: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] ?? 0) <= bound) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Pieces in the order of the source, and the elements that they are, each once. */
export function unionOf(
  batch: readonly Piece[],
  extent: readonly number[],
): {
  readonly selection: ResolvedSelection;
  /** Each piece with the place of its first element among those selected. */
  readonly placed: readonly (Piece & { readonly place: number })[];
} {
  const placed: (Piece & { readonly place: number })[] = [];
  const runs: { from: number; to: number; place: number }[] = [];
  let count = 0;
  for (const piece of [...batch].sort((a, b) => a.from - b.from)) {
    const { from, length } = piece;
    let last = runs[runs.length - 1];
    if (last !== undefined && from <= last.to) {
      count += Math.max(0, from + length - last.to);
      last.to = Math.max(last.to, from + length);
    } else {
      last = { from, to: from + length, place: count };
      runs.push(last);
      count += length;
    }
    placed.push({ ...piece, place: last.place + from - last.from });
  }
  const linear = runs.map(({ from, to }) => [from, to - from] as const);
  const blocks = [...rowPieces(linear, extent)].map(
    ({ start, length }): Block => ({ start, shape: start.map((_, d) => (d === start.length - 1 ? length : 1)) }),
  );
  const selection: ResolvedSelection =
    extent.length === 0
      ? { kind: "all", dims: [], resultShape: [], count: 1 }
      : { kind: "blocks", blocks, resultShape: [count], count };
  return { selection, placed };
}

/** Read the union of the pieces once, and give each what is its. */
async function readBatch(
  batch: readonly Piece[],
  { source, read, elementSize }: SourceRead,
  out: Uint8Array,
): Promise<void> {
  const { selection, placed } = unionOf(batch, source.extent);
  const bytes = await read(selection);
  for (const { place, to, length } of placed) {
    out.set(bytes.subarray(place * elementSize, (place + length) * elementSize), to * elementSize);
  }
}
