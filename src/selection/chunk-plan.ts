/**
 * Which chunks a selection touches, and which of their elements go where. Pure arithmetic: nothing is read here.
 */
import { blockRuns } from "./blocks.js";
import { type Dim, indexAt, product, type ResolvedSelection, rowMajorStrides } from "./resolved.js";

export { gather, scatter, singleRun } from "./chunk-copy.js";

/** The selected indices of one dimension that fall into one chunk. */
export interface AxisPart {
  /** Position in the result's dimension of the first of them. */
  readonly position: number;
  readonly count: number;
  /** In-chunk index of the first, and the distance to the next; positions follow each other. */
  readonly first: number;
  readonly step: number;
  /** In-chunk indices one by one, where no step says it. */
  readonly indices?: ArrayLike<number> | undefined;
  /** Positions one by one, where they do not follow each other. */
  readonly positions?: ArrayLike<number> | undefined;
}

/** What is copied between a chunk and the result, in elements. */
export type ChunkCopies =
  | {
      readonly kind: "grid";
      readonly axes: readonly AxisPart[];
      /** Elements between neighbours of each dimension, in the chunk and in the result. */
      readonly chunkStrides: readonly number[];
      readonly resultStrides: readonly number[];
    }
  | {
      /** Runs: `lengths[i]` elements from `chunk[i]` in the chunk to `result[i]` in the result. */
      readonly kind: "runs";
      readonly chunk: readonly number[];
      readonly result: readonly number[];
      readonly lengths: readonly number[];
    };

/** One chunk that a selection touches. */
export interface ChunkPart {
  /** Offset of the chunk's first element in the dataset, one entry per dimension. */
  readonly offset: number[];
  readonly copies: ChunkCopies;
  /** Elements copied. */
  readonly count: number;
  /** Does a write replace every element that the chunk has inside the extent? */
  readonly covers: boolean;
}

/** The smallest box [low, high) that holds the selection; undefined when it is empty. */
export function touchedBox(selection: ResolvedSelection): { low: number[]; high: number[] } | undefined {
  if (selection.count === 0) return undefined;
  switch (selection.kind) {
    case "none":
      return undefined;
    case "all":
    case "grid": {
      const low: number[] = [];
      const high: number[] = [];
      for (const dim of selection.dims) {
        let [least, most] = [indexAt(dim, 0), indexAt(dim, dim.length - 1)];
        for (const index of dim.indices ?? []) {
          if (index < least) least = index;
          if (index > most) most = index;
        }
        low.push(least);
        high.push(most + 1);
      }
      return { low, high };
    }
    case "points":
      return boxOf(selection.coordinates.map((point) => ({ start: point, shape: point.map(() => 1) })));
    case "blocks":
      return boxOf(selection.blocks);
  }
}

function boxOf(
  boxes: readonly { readonly start: readonly number[]; readonly shape: readonly number[] }[],
): { low: number[]; high: number[] } | undefined {
  const first = boxes[0];
  if (first === undefined) return undefined;
  const low = [...first.start];
  const high = first.start.map((start, d) => start + (first.shape[d] ?? 0));
  for (const { start, shape } of boxes) {
    for (let d = 0; d < low.length; d++) {
      const from = start[d] ?? 0;
      const to = from + (shape[d] ?? 0);
      if (from < (low[d] ?? 0)) low[d] = from;
      if (to > (high[d] ?? 0)) high[d] = to;
    }
  }
  return { low, high };
}

/**
 * The chunks that a selection touches, in row-major order of their offsets. Lazy for grids; for points and irregular
 * regions the plan holds one entry per run.
 * @param shape the extent that the selection was resolved for.
 */
export function planChunks(
  selection: ResolvedSelection,
  chunkShape: readonly number[],
  shape: readonly number[],
): Iterable<ChunkPart> {
  if (selection.count === 0) return [];
  switch (selection.kind) {
    case "none":
      return [];
    case "all":
    case "grid":
      return planGrid(selection.dims, chunkShape, shape);
    case "points":
      return planRuns(pointPieces(selection.coordinates), chunkShape, shape);
    case "blocks":
      return planRuns(rowPieces(blockRuns(selection.blocks, shape), shape), chunkShape, shape);
  }
}

/** Chunks that a selection touches, or more: points and regions are counted by their elements at most. */
export function chunksTouched(selection: ResolvedSelection, chunkShape: readonly number[]): number {
  if (selection.count === 0 || (selection.kind !== "all" && selection.kind !== "grid")) return 0;
  return product(
    selection.dims.map((dim, d) => {
      const span = dim.indices === undefined ? indexAt(dim, dim.length - 1) - dim.start + 1 : dim.length;
      return Math.min(dim.length, Math.ceil(span / (chunkShape[d] ?? 1)));
    }),
  );
}

/**
 * As `planChunks`, but for the chunks that begin at `offsets` only: those of them that the selection touches, of a grid
 * in the order given.
 */
export function planChunksAt(
  selection: ResolvedSelection,
  chunkShape: readonly number[],
  shape: readonly number[],
  offsets: readonly (readonly number[])[],
): ChunkPart[] {
  if (selection.kind !== "all" && selection.kind !== "grid") {
    const wanted = new Set(offsets.map((offset) => offset.join()));
    return [...planChunks(selection, chunkShape, shape)].filter(({ offset }) => wanted.has(offset.join()));
  }
  const { dims } = selection;
  const strides = [rowMajorStrides(chunkShape), rowMajorStrides(dims.map((dim) => dim.length))] as const;
  const lookups = dims.map((dim, d) => axisLookup(dim, chunkShape[d] ?? 1, shape[d] ?? 1));
  return offsets.flatMap((offset) => {
    const stops = lookups.map((lookup, d) => lookup((offset[d] ?? 0) / (chunkShape[d] ?? 1)));
    const found = stops.filter((stop) => stop !== undefined);
    return found.length < dims.length ? [] : [partOfStops(found, chunkShape, ...strides)];
  });
}

function partOfStops(
  stops: readonly AxisStop[],
  chunkShape: readonly number[],
  chunkStrides: readonly number[],
  resultStrides: readonly number[],
): ChunkPart {
  const rank = stops.length;
  const offset = new Array<number>(rank);
  const axes = new Array<AxisPart>(rank);
  let count = 1;
  let covers = true;
  for (let d = 0; d < rank; d++) {
    const stop = stops[d] as AxisStop; // below the rank
    offset[d] = stop.chunk * (chunkShape[d] ?? 1);
    axes[d] = stop.part;
    count *= stop.part.count;
    covers &&= stop.covers;
  }
  return { offset, copies: { kind: "grid", axes, chunkStrides, resultStrides }, count, covers };
}

/** The stop of a chunk along one dimension, by its number; undefined: nothing of it is selected. */
function axisLookup(dim: Dim, chunk: number, extent: number): (number: number) => AxisStop | undefined {
  if (dim.indices !== undefined) {
    const walk = listedWalk(dim.indices, chunk, extent);
    const stops = new Map<number, AxisStop>();
    for (let stop = walk(undefined); stop !== undefined; stop = walk(stop)) stops.set(stop.chunk, stop);
    return (number) => stops.get(number);
  }
  return (number) => {
    const stop = stopAt(dim, positionsBelow(dim, number * chunk), chunk, extent);
    return stop?.chunk === number ? stop : undefined;
  };
}

/** One chunk along one dimension. */
interface AxisStop {
  /** Number of the chunk along this dimension. */
  readonly chunk: number;
  readonly part: AxisPart;
  /** Every index that the chunk has inside the extent is selected. */
  readonly covers: boolean;
  /** Place among the stops of a list of indices. */
  readonly order?: number;
}

function* planGrid(dims: readonly Dim[], chunkShape: readonly number[], shape: readonly number[]): Iterable<ChunkPart> {
  const rank = dims.length;
  const chunkStrides = rowMajorStrides(chunkShape);
  const resultStrides = rowMajorStrides(dims.map((dim) => dim.length));
  const walks = dims.map((dim, d) => axisWalk(dim, chunkShape[d] ?? 1, shape[d] ?? 1));
  const stops = walks.map((walk) => walk(undefined) as AxisStop); // no dimension is empty: the count is not 0
  for (;;) {
    yield partOfStops(stops, chunkShape, chunkStrides, resultStrides);
    let d = rank - 1;
    for (; d >= 0; d--) {
      const walk = walks[d] as (after: AxisStop | undefined) => AxisStop | undefined;
      const next = walk(stops[d]);
      if (next !== undefined) {
        stops[d] = next;
        break;
      }
      stops[d] = walk(undefined) as AxisStop;
    }
    if (d < 0) return;
  }
}

/** Goes from chunk to chunk along one dimension; `undefined` asks for the first. */
function axisWalk(dim: Dim, chunk: number, extent: number): (after: AxisStop | undefined) => AxisStop | undefined {
  if (dim.indices !== undefined) return listedWalk(dim.indices, chunk, extent);
  return (after) => stopAt(dim, after === undefined ? 0 : after.part.position + after.part.count, chunk, extent);
}

/** The chunk that holds the index at a position, from that position on. */
function stopAt(
  dim: Dim & { readonly indices?: undefined },
  position: number,
  chunk: number,
  extent: number,
): AxisStop | undefined {
  if (position >= dim.length) return undefined;
  const index = indexAt(dim, position);
  const number = Math.floor(index / chunk);
  const from = number * chunk;
  const end = Math.min(from + chunk, extent);
  const count = positionsBelow(dim, end) - position;
  const covers = count === end - from;
  const first = index - from;
  const inBlock = dim.block - (position % dim.block);
  if (dim.block > 1 && count > inBlock) {
    const indices = new Float64Array(count);
    for (let i = 0; i < count; i++) indices[i] = indexAt(dim, position + i) - from;
    return { chunk: number, covers, part: { position, count, first, step: 1, indices } };
  }
  return { chunk: number, covers, part: { position, count, first, step: dim.block === 1 ? dim.step : 1 } };
}

/** How many positions have an index below `end`. */
function positionsBelow(dim: Dim & { readonly indices?: undefined }, end: number): number {
  const into = end - dim.start;
  if (into <= 0) return 0;
  const blocks = Math.floor(into / dim.step);
  return Math.min(dim.length, blocks * dim.block + Math.min(dim.block, into - blocks * dim.step));
}

function listedWalk(
  list: readonly number[],
  chunk: number,
  extent: number,
): (after: AxisStop | undefined) => AxisStop | undefined {
  const byChunk = new Map<number, { indices: number[]; positions: number[] }>();
  for (let position = 0; position < list.length; position++) {
    const index = list[position] ?? 0;
    const number = Math.floor(index / chunk);
    let entry = byChunk.get(number);
    if (entry === undefined) {
      entry = { indices: [], positions: [] };
      byChunk.set(number, entry);
    }
    entry.indices.push(index - number * chunk);
    entry.positions.push(position);
  }
  const stops: AxisStop[] = [...byChunk.entries()]
    .sort((a, b) => a[0] - b[0])
    .map(([number, { indices, positions }], order) => ({
      chunk: number,
      order,
      covers: new Set(indices).size === Math.min(chunk, extent - number * chunk),
      part: { position: positions[0] ?? 0, count: indices.length, first: indices[0] ?? 0, step: 1, indices, positions },
    }));
  return (after) => stops[(after?.order ?? -1) + 1];
}

/** Elements that follow each other in the last dimension, and in the result. */
export interface RowPiece {
  readonly start: readonly number[];
  readonly length: number;
}

function* pointPieces(coordinates: readonly (readonly number[])[]): Iterable<RowPiece> {
  for (const start of coordinates) yield { start, length: 1 };
}

/** Runs of linear indices, cut at the ends of rows. */
export function* rowPieces(runs: Iterable<readonly [number, number]>, shape: readonly number[]): Iterable<RowPiece> {
  const width = shape[shape.length - 1] ?? 1;
  for (const [start, length] of runs) {
    for (let at = start; at < start + length; ) {
      const coordinates = new Array<number>(shape.length);
      let rest = at;
      for (let d = shape.length - 1; d >= 0; d--) {
        const extent = shape[d] ?? 1;
        coordinates[d] = rest % extent;
        rest = Math.floor(rest / extent);
      }
      const here = Math.min(width - (at % width), start + length - at);
      yield { start: coordinates, length: here };
      at += here;
    }
  }
}

function planRuns(
  pieces: Iterable<RowPiece>,
  chunkShape: readonly number[],
  shape: readonly number[],
): Iterable<ChunkPart> {
  const rank = shape.length;
  const last = rank - 1;
  const width = chunkShape[last] ?? 1;
  const chunkStrides = rowMajorStrides(chunkShape);
  const gridStrides = rowMajorStrides(shape.map((extent, d) => Math.ceil(extent / (chunkShape[d] ?? 1))));
  const byChunk = new Map<number, { offset: number[]; chunk: number[]; result: number[]; lengths: number[] }>();
  let result = 0;
  for (const { start, length } of pieces) {
    for (let done = 0; done < length; ) {
      let number = 0;
      let inChunk = 0;
      let here = 0;
      for (let d = 0; d < rank; d++) {
        const index = (start[d] ?? 0) + (d === last ? done : 0);
        const size = chunkShape[d] ?? 1;
        const along = Math.floor(index / size);
        const into = index - along * size;
        number += along * (gridStrides[d] ?? 0);
        inChunk += into * (chunkStrides[d] ?? 0);
        if (d === last) here = Math.min(width - into, length - done);
      }
      let entry = byChunk.get(number);
      if (entry === undefined) {
        const offset = start.map((s, d) => {
          const index = s + (d === last ? done : 0);
          return index - (index % (chunkShape[d] ?? 1));
        });
        entry = { offset, chunk: [], result: [], lengths: [] };
        byChunk.set(number, entry);
      }
      addRun(entry, inChunk, result, here);
      result += here;
      done += here;
    }
  }
  return [...byChunk.entries()].sort((a, b) => a[0] - b[0]).map(([, entry]) => partOfRuns(entry, chunkShape, shape));
}

/** Add a run, or lengthen the last one when this continues it on both sides. */
function addRun(
  entry: { chunk: number[]; result: number[]; lengths: number[] },
  chunk: number,
  result: number,
  length: number,
): void {
  const end = entry.lengths.length - 1;
  const before = entry.lengths[end];
  if (before !== undefined && entry.chunk[end] === chunk - before && entry.result[end] === result - before) {
    entry.lengths[end] = before + length;
    return;
  }
  entry.chunk.push(chunk);
  entry.result.push(result);
  entry.lengths.push(length);
}

function partOfRuns(
  entry: { offset: number[]; chunk: number[]; result: number[]; lengths: number[] },
  chunkShape: readonly number[],
  shape: readonly number[],
): ChunkPart {
  const { offset, chunk, result, lengths } = entry;
  const count = lengths.reduce((sum, length) => sum + length, 0);
  const inside = product(offset.map((from, d) => Math.min(chunkShape[d] ?? 1, (shape[d] ?? 1) - from)));
  // Selections for writing hold each element once, so that the count tells.
  return { offset, copies: { kind: "runs", chunk, result, lengths }, count, covers: count === inside };
}
