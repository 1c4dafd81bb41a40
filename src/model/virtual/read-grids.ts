/**
 * The ordinary case: what is asked for, the mapping's selection and its source's are grids, and the latter two have
 * the same shape but for dimensions of length 1. Then everything is done dimension by dimension.
 */
import { type AxisPart, type ChunkPart, gather } from "../../selection/chunk-plan.js";
import { type AxisMatch, matchAxis, type RegularDim } from "../../selection/intersect.js";
import { type Dim, indexAt, product, type ResolvedSelection, rowMajorStrides } from "../../selection/resolved.js";
import type { Side, SourceRead } from "./bound-mapping.js";

/** Bytes read from a source at once, when they cannot be read to where they belong. */
const TILE_BYTES = 8 * 2 ** 20;

/** A request and a mapping, dimension by dimension. */
export interface PairedGrids {
  readonly asked: readonly Dim[];
  readonly virtual: readonly RegularDim[];
  readonly source: readonly RegularDim[];
  /** For each dimension of the source that of the virtual dataset that it follows; −1: its one index is always meant. */
  readonly follows: readonly number[];
}

/** undefined: the selections do not correspond dimension by dimension. */
export function pairedGrids(selection: ResolvedSelection, { virtual, source }: SourceRead): PairedGrids | undefined {
  if (selection.kind !== "all" && selection.kind !== "grid") return undefined;
  if (virtual.kind !== "grid" || source.kind !== "grid") return undefined;
  const long = longDimensions(virtual);
  const longInSource = longDimensions(source);
  if (long.length !== longInSource.length) return undefined;
  if (long.some((d, i) => virtual.dims[d]?.length !== source.dims[longInSource[i] as number]?.length)) return undefined;
  const follows = source.dims.map((_, d) => long[longInSource.indexOf(d)] ?? -1);
  return { asked: selection.dims, virtual: virtual.dims, source: source.dims, follows };
}

function longDimensions(side: Side & { readonly kind: "grid" }): number[] {
  return side.dims.flatMap((dim, d) => (dim.length === 1 ? [] : [d]));
}

/** Copy all that request and mapping share to its place in the result. */
export async function readGrids(grids: PairedGrids, part: SourceRead, out: Uint8Array): Promise<void> {
  const { asked, virtual } = grids;
  const matches = asked.map((dim, d) => () => matchAxis(dim, virtual[d] as RegularDim)); // of one rank
  for (const tile of tiles(matches)) {
    const piece = tileRead(grids, tile);
    if (piece.place !== undefined) {
      const from = piece.place * part.elementSize;
      await part.read(piece.selection, out.subarray(from, from + piece.selection.count * part.elementSize));
      continue;
    }
    for (const smaller of cutTile(grids, tile, part)) {
      const { selection, copies } = tileRead(grids, smaller);
      gather(await part.read(selection), copies, part.elementSize, out);
    }
  }
}

/** All combinations of one match of each dimension. */
function* tiles(
  matches: readonly (() => Iterable<AxisMatch>)[],
  chosen: readonly AxisMatch[] = [],
): Iterable<AxisMatch[]> {
  const next = matches[chosen.length];
  if (next === undefined) {
    yield [...chosen];
    return;
  }
  // Depth is the rank. Matches are computed anew for each combination before them: they are few, or long.
  for (const match of next()) yield* tiles(matches, [...chosen, match]);
}

interface TileRead {
  readonly selection: ResolvedSelection;
  readonly copies: ChunkPart;
  /** First element of the result, when the tile is a stretch of it. */
  readonly place: number | undefined;
}

function tileRead({ asked, source, follows }: PairedGrids, tile: readonly AxisMatch[]): TileRead {
  const dims = source.map((dim, d) => sourceDim(dim, tile[follows[d] as number]));
  // A dimension of which the mapping has one index may be asked for that index several times: it is read once.
  const shape = tile.map((match, d) => (follows.includes(d) ? match.count : 1));
  const count = product(shape);
  const selection: ResolvedSelection = { kind: "grid", dims, resultShape: dims.map(({ length }) => length), count };
  const resultStrides = rowMajorStrides(asked.map(({ length }) => length));
  const axes = tile.map((match, d) => axisPart(match, shape[d] === match.count ? 1 : 0));
  const copies: ChunkPart = {
    offset: [],
    copies: { kind: "grid", axes, chunkStrides: rowMajorStrides(shape), resultStrides },
    count,
    covers: false,
  };
  const once = shape.every((length, d) => length === tile[d]?.count);
  return { selection, copies, place: once && isStretch(asked, tile) ? placeOf(tile, resultStrides) : undefined };
}

/** Where the elements of a tile go; they come one after another. */
function axisPart({ count, position, positionStep, positions }: AxisMatch, step: 0 | 1): AxisPart {
  const part = { position, count, first: 0, step };
  if (positions !== undefined) return { ...part, positions };
  if (positionStep === 1 || count === 1) return part;
  return { ...part, positions: Float64Array.from({ length: count }, (_, i) => position + i * positionStep) };
}

/** The indices of the source that a match means. */
function sourceDim(dim: RegularDim, match: AxisMatch | undefined): Dim {
  if (match === undefined) return dim;
  const { count, ordinal, ordinalStep, ordinals } = match;
  if (ordinals !== undefined) return { indices: ordinals.map((each) => indexAt(dim, each)), length: count };
  const start = indexAt(dim, ordinal);
  const ends = dim.length <= dim.block ? 1 : dim.block === 1 ? dim.step : undefined;
  if (ends === undefined) {
    const indices = Array.from({ length: count }, (_, i) => indexAt(dim, ordinal + i * ordinalStep));
    return { indices, length: count };
  }
  const step = ends * ordinalStep;
  if (step === 1 || count === 1) return { start, step: count, count: 1, block: count, length: count };
  return { start, step, count, block: 1, length: count };
}

/** Do the elements of a tile follow each other in the result? */
function isStretch(asked: readonly Dim[], tile: readonly AxisMatch[]): boolean {
  let whole = true;
  for (let d = tile.length - 1; d >= 0; d--) {
    const { count, positionStep, positions } = tile[d] as AxisMatch;
    if (count === 1) {
      whole &&= asked[d]?.length === 1;
      continue;
    }
    if (!whole || positions !== undefined || positionStep !== 1) return false;
    whole = count === asked[d]?.length;
  }
  return true;
}

function placeOf(tile: readonly AxisMatch[], strides: readonly number[]): number {
  return tile.reduce((sum, { position }, d) => sum + position * (strides[d] ?? 0), 0);
}

/** Tiles of a bounded size, cut along their first long dimension where chunks of the source end. */
function* cutTile(grids: PairedGrids, tile: readonly AxisMatch[], part: SourceRead): Iterable<readonly AxisMatch[]> {
  const pending: (readonly AxisMatch[])[] = [tile];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const bytes = product(next.map((match) => match.count)) * part.elementSize;
    const d = next.findIndex((match) => match.count > 1);
    if (bytes <= TILE_BYTES || d < 0) {
      yield next;
      continue;
    }
    const match = next[d] as AxisMatch;
    const fitting = Math.max(1, Math.floor(match.count / Math.ceil(bytes / TILE_BYTES)));
    const rows = chunkRows(grids, part, d, match);
    const count = Math.min(match.count, Math.max(rows, Math.floor(fitting / rows) * rows));
    if (count === match.count) {
      // One row of chunks: what it takes is what lies in flight anyway.
      yield next;
      continue;
    }
    pending.push(
      replaced(next, d, shifted(match, count, match.count - count)),
      replaced(next, d, shifted(match, 0, count)),
    );
  }
}

/** Entries of a match that lie in one chunk of the source, about. */
function chunkRows({ follows, source }: PairedGrids, { chunkShape }: SourceRead, d: number, match: AxisMatch): number {
  const along = follows.indexOf(d);
  const rows = along < 0 ? undefined : chunkShape?.[along];
  if (rows === undefined) return 1;
  const step =
    match.ordinals === undefined
      ? match.ordinalStep * (source[along]?.block === 1 ? (source[along]?.step ?? 1) : 1)
      : 1;
  return Math.max(1, Math.floor(rows / step));
}

function replaced(tile: readonly AxisMatch[], d: number, match: AxisMatch): readonly AxisMatch[] {
  return tile.map((other, i) => (i === d ? match : other));
}

function shifted(match: AxisMatch, from: number, count: number): AxisMatch {
  const { position, positionStep, ordinal, ordinalStep, positions, ordinals } = match;
  return {
    count,
    position: position + from * positionStep,
    positionStep,
    ordinal: ordinal + from * ordinalStep,
    ordinalStep,
    positions: positions?.slice(from, from + count),
    ordinals: ordinals?.slice(from, from + count),
  };
}
