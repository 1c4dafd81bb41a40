/**
 * Serialised selections: in region references, and in the mappings of virtual datasets.
 * Spec: Appendix D.A; H5Shyper.c, H5Spoint.c: H5S__hyper_deserialize, H5S__point_deserialize.
 *
 *   type u32: 0 none, 1 points, 2 hyperslab, 3 all | version u32 | …
 *   none, all, version 1:  reserved 4 | length u32
 *   points 1:     reserved 4 | length u32 | rank u32 | count u32 | coordinates, u32 each
 *   points 2:     width u8 | rank u32 | count | coordinates                              (width bytes each)
 *   hyperslab 1:  reserved 4 | length u32 | rank u32 | count u32 | per block: first corner, last corner, u32 each
 *   hyperslab 2:  flags u8 | length u32 | rank u32 | per dimension: start, stride, count, block, u64 each
 *   hyperslab 3:  flags u8 | width u8 | rank u32 | as version 2, or count and blocks when flag bit 0 is not set
 *
 * All bits set in a count or block means unlimited. Reads all of these; writes version 1, hyperslab 2 (HDF5 1.10) where
 * version 1 cannot say it, and points 2 and hyperslab 3 (HDF5 1.12) only where nothing older can.
 */
import type { ByteWriter } from "../bytes/byte-writer.js";
import type { Cursor } from "../bytes/cursor.js";
import { Hdf5UnsupportedError, Hdf5UsageError } from "../errors.js";
import { type Block, type Dim, indexAt, product, type ResolvedSelection } from "./resolved.js";
import { runLength } from "./runs.js";
import {
  ALL_SELECTION,
  type BlockSelection,
  blockSelection,
  type DataSelection,
  hyperslab,
  NONE_SELECTION,
  type PointSelection,
  points,
  type RegularHyperslab,
} from "./selection.js";

const TYPE = { none: 0, points: 1, hyperslab: 2, all: 3 } as const; // H5S_SEL_NONE, _POINTS, _HYPERSLABS, _ALL
const REGULAR = 1; // H5S_HYPER_REGULAR
const MAX_RANK = 32; // H5S_MAX_RANK
const MAX_U32 = 0xffffffff;
/** Bytes of a coordinate that 4 do not hold. */
const WIDE = 8;
/** Blocks written one by one; a regular selection of more is written by its counts. */
const MAX_BLOCKS = 100_000;

/**
 * The selection that begins at the cursor, which is left behind it.
 * @throws Hdf5FormatError when it is damaged; Hdf5UnsupportedError for a list of blocks too tangled to count.
 */
export function decodeSelection(cur: Cursor): DataSelection {
  const type = cur.u32("selection type");
  const version = cur.u32("version");
  switch (type) {
    case TYPE.none:
    case TYPE.all:
      if (version !== 1) return cur.fail("version", `is ${version}, expected 1`);
      cur.skip(8);
      return type === TYPE.none ? NONE_SELECTION : ALL_SELECTION;
    case TYPE.points:
      return decodePoints(cur, version);
    case TYPE.hyperslab:
      return decodeHyperslab(cur, version);
    default:
      return cur.fail("selection type", `is ${type}, expected 0 to 3`);
  }
}

function decodePoints(cur: Cursor, version: number): DataSelection {
  if (version !== 1 && version !== 2) return cur.fail("version", `is ${version}, expected 1 or 2`);
  if (version === 1) cur.skip(8);
  const width = version === 1 ? 4 : decodeWidth(cur);
  const rank = decodeRank(cur);
  const count = decodeCount(cur, width, rank * width, "number of points");
  return points(Array.from({ length: count }, () => decodeCorner(cur, rank, width, "coordinate")));
}

function decodeHyperslab(cur: Cursor, version: number): DataSelection {
  if (version < 1 || version > 3) return cur.fail("version", `is ${version}, expected 1 to 3`);
  let flags = 0;
  if (version === 1) cur.skip(4);
  else flags = cur.u8("flags");
  if ((flags & ~REGULAR) !== 0) return cur.fail("flags", `are ${flags}, expected 0 or 1`);
  const width = version === 3 ? decodeWidth(cur) : version === 2 ? 8 : 4;
  if (version !== 3) cur.skip(4);
  const rank = decodeRank(cur);
  if (version === 2 && flags !== REGULAR) return cur.fail("flags", "say irregular, which version 2 cannot be");
  return flags === REGULAR ? decodeRegular(cur, rank, width) : decodeBlocks(cur, rank, width);
}

function decodeRegular(cur: Cursor, rank: number, width: number): DataSelection {
  const slab = { start: [] as number[], stride: [] as number[], count: [] as number[], block: [] as number[] };
  for (let d = 0; d < rank; d++) {
    const start = cur.uint(width, "start");
    const stride = cur.uint(width, "stride");
    const count = cur.uintOrUndefined(width, "count") ?? Infinity;
    const block = cur.uintOrUndefined(width, "block") ?? Infinity;
    if (stride < 1 || count < 1 || block < 1) return cur.fail("stride, count and block", "hold a 0");
    if (count > 1 && block > stride) return cur.fail("block", `is ${block}, longer than the stride of ${stride}`);
    if (count !== Infinity && block !== Infinity && !Number.isSafeInteger(start + (count - 1) * stride + block)) {
      return cur.fail("count", "leads beyond 2^53 − 1");
    }
    slab.start.push(start);
    slab.stride.push(stride);
    slab.count.push(count);
    slab.block.push(block);
  }
  return hyperslab(slab);
}

function decodeBlocks(cur: Cursor, rank: number, width: number): DataSelection {
  const count = decodeCount(cur, width, 2 * rank * width, "number of blocks");
  const blocks: Block[] = [];
  for (let i = 0; i < count; i++) {
    const start = decodeCorner(cur, rank, width, "first corner");
    const last = decodeCorner(cur, rank, width, "last corner");
    const shape = last.map((end, d) => end - (start[d] ?? 0) + 1);
    if (shape.some((size) => size < 1)) return cur.fail("last corner", "lies before the first");
    blocks.push({ start, shape });
  }
  return blockSelection(blocks);
}

function decodeWidth(cur: Cursor): number {
  const width = cur.u8("encoded size");
  return width === 2 || width === 4 || width === 8
    ? width
    : cur.fail("encoded size", `is ${width}, expected 2, 4 or 8`);
}

function decodeRank(cur: Cursor): number {
  const rank = cur.u32("rank");
  return rank >= 1 && rank <= MAX_RANK ? rank : cur.fail("rank", `is ${rank}, expected 1 to ${MAX_RANK}`);
}

/** How many follow; no more than there are bytes for. */
function decodeCount(cur: Cursor, width: number, each: number, field: string): number {
  const count = cur.uint(width, field);
  if (count === 0) return cur.fail(field, "is 0");
  return count <= cur.remaining / each ? count : cur.fail(field, `is ${count}, more than the bytes that follow hold`);
}

function decodeCorner(cur: Cursor, rank: number, width: number, field: string): number[] {
  return Array.from({ length: rank }, () => cur.uint(width, field));
}

/**
 * The selection to store for what a user selected.
 * @throws Hdf5UsageError when the order in which elements were listed would be lost: only points keep one.
 */
export function storedSelection(resolved: ResolvedSelection): DataSelection {
  switch (resolved.kind) {
    case "none":
      return NONE_SELECTION;
    case "all":
      return ALL_SELECTION;
    case "points":
      return points(resolved.coordinates);
    case "blocks":
      return blockSelection(resolved.blocks);
    case "grid":
      return resolved.count === 0 ? NONE_SELECTION : gridSelection(resolved.dims);
  }
}

function gridSelection(dims: readonly Dim[]): DataSelection {
  if (dims.every((dim) => dim.indices === undefined && dim.length === dim.count * dim.block)) {
    const plain = dims as readonly (Dim & { readonly indices?: undefined })[]; // just checked
    return hyperslab({
      start: plain.map((dim) => dim.start),
      stride: plain.map((dim) => dim.step),
      count: plain.map((dim) => dim.count),
      block: plain.map((dim) => dim.block),
    });
  }
  const runs = dims.map(runsOf);
  const blocks = product(runs.map((list) => list.length));
  if (blocks > MAX_BLOCKS) throw new Hdf5UnsupportedError(`a stored selection of ${blocks} blocks`);
  const boxes = runs.reduce<Block[]>(
    (all, list) =>
      all.flatMap(({ start, shape }) =>
        list.map(([at, length]) => ({ start: [...start, at], shape: [...shape, length] })),
      ),
    [{ start: [], shape: [] }],
  );
  return blockSelection(boxes);
}

function runsOf(dim: Dim, d: number): [start: number, length: number][] {
  const runs: [number, number][] = [];
  for (let position = 0; position < dim.length; ) {
    const start = indexAt(dim, position);
    const length = runLength(dim, position);
    const last = runs[runs.length - 1];
    if (last !== undefined && start < last[0] + last[1]) {
      throw new Hdf5UsageError(`selection[${d}]`, "lists indices in another order", "ascending indices, each once");
    }
    runs.push([start, length]);
    position += length;
  }
  return runs;
}

/**
 * Write a selection made by this library.
 * @throws Hdf5UsageError when something else made it.
 */
export function encodeSelection(out: ByteWriter, selection: DataSelection): void {
  const kind = selection.count === 0 ? "none" : selection.kind;
  out.u32(TYPE[kind]);
  switch (kind) {
    case "none":
    case "all":
      out.u32(1).u32(0).u32(0);
      return;
    case "points":
      encodePoints(out, listOf((selection as PointSelection).coordinates));
      return;
    case "hyperslab":
      if (selection.regular === undefined) encodeBlocks(out, listOf((selection as BlockSelection).blocks));
      else if (needsCounts(selection.regular)) encodeRegular(out, selection.regular);
      else encodeBlocks(out, blocksOf(selection.regular));
      return;
  }
}

/** Parts of a selection that only this library's own have. */
function listOf<T>(list: readonly T[] | undefined): readonly T[] {
  if (list !== undefined) return list;
  throw new Hdf5UsageError("selection", "was not made by hyperslab, points or reading", "one that was");
}

function encodePoints(out: ByteWriter, coordinates: readonly (readonly number[])[]): void {
  const rank = coordinates[0]?.length ?? 0;
  const body = 8 + 4 * rank * coordinates.length;
  const isWide = body > MAX_U32 || coordinates.some((point) => point.some((index) => index > MAX_U32));
  if (isWide) out.u32(2).u8(WIDE).u32(rank).u64(coordinates.length);
  else out.u32(1).u32(0).u32(body).u32(rank).u32(coordinates.length);
  const width = isWide ? WIDE : 4;
  for (const point of coordinates) for (const index of point) out.uint(index, width);
}

function encodeBlocks(out: ByteWriter, blocks: readonly Block[]): void {
  const rank = blocks[0]?.start.length ?? 0;
  const body = 8 + 8 * rank * blocks.length;
  const lastOf = ({ start, shape }: Block): number[] => start.map((at, d) => at + (shape[d] ?? 1) - 1);
  const isWide = body > MAX_U32 || blocks.some((block) => lastOf(block).some((index) => index > MAX_U32));
  if (isWide) out.u32(3).u8(0).u8(WIDE).u32(rank).u64(blocks.length);
  else out.u32(1).u32(0).u32(body).u32(rank).u32(blocks.length);
  const width = isWide ? WIDE : 4;
  for (const block of blocks) {
    for (const index of block.start) out.uint(index, width);
    for (const index of lastOf(block)) out.uint(index, width);
  }
}

function encodeRegular(out: ByteWriter, slab: RegularHyperslab): void {
  const rank = slab.start.length;
  out
    .u32(2)
    .u8(REGULAR)
    .u32(4 + 32 * rank)
    .u32(rank);
  for (let d = 0; d < rank; d++) {
    out.u64(slab.start[d] ?? 0).u64(slab.stride[d] ?? 1);
    for (const value of [slab.count[d] ?? 1, slab.block[d] ?? 1]) {
      if (value === Infinity) out.fill(0xff, 8);
      else out.u64(value);
    }
  }
}

/** Unlimited, beyond 32 bits, or of very many blocks: version 2, which HDF5 1.10 and later read. */
function needsCounts(slab: RegularHyperslab): boolean {
  const ends = slab.start.map(
    (start, d) => start + ((slab.count[d] ?? 1) - 1) * (slab.stride[d] ?? 1) + (slab.block[d] ?? 1),
  );
  return product(slab.count) > MAX_BLOCKS || ends.some((end) => end > MAX_U32);
}

function blocksOf(slab: RegularHyperslab): Block[] {
  const starts = slab.start.map((start, d) =>
    Array.from({ length: slab.count[d] ?? 1 }, (_, i) => start + i * (slab.stride[d] ?? 1)),
  );
  const corners = starts.reduce<number[][]>(
    (all, list) => all.flatMap((head) => list.map((at) => [...head, at])),
    [[]],
  );
  return corners.map((start) => ({ start, shape: slab.block }));
}
