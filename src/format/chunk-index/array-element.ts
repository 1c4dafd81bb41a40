/**
 * Elements of fixed and extensible arrays, and how their linear index stands for a chunk's position.
 * Spec: File Format 3.0, VII. Appendix C. An element of an unfiltered dataset is the chunk's address; of a filtered one
 *
 *   address O | stored size, `chunkSizeWidth` bytes | filter mask u32
 *
 * An undefined address: no such chunk.
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import type { ByteRange } from "../byte-source.js";
import { type FormatContext, readAddress, writeAddress } from "../context.js";
import {
  type ChunkBox,
  type ChunkedDataset,
  type ChunkRecord,
  chunkBytes,
  chunkTouches,
  type PositionBox,
  positionsIn,
  rangeTouches,
} from "./chunk-record.js";

/** Array classes: what elements look like. */
export const ARRAY_CLASS = { chunk: 0, filteredChunk: 1 } as const; // H5EA_CLS_CHUNK_ID, H5EA_CLS_FILT_CHUNK_ID

/**
 * Width of a filtered chunk's stored size: enough for the chunk's bytes and one byte more, because a filter may make
 * chunks larger; since layout version 5 the size of lengths.
 */
export function chunkSizeWidth(dataset: ChunkedDataset, ctx: FormatContext): number {
  if (dataset.layoutVersion >= 5) return ctx.sizeOfLengths;
  let bits = 0; // H5VM_log2_gen
  for (let rest = chunkBytes(dataset); rest >= 2; rest = Math.floor(rest / 2)) bits++;
  return Math.min(8, 1 + Math.floor((bits + 8) / 8));
}

/** Bytes of one element. */
export function elementSize(dataset: ChunkedDataset, ctx: FormatContext): number {
  return ctx.sizeOfOffsets + (dataset.filtered ? chunkSizeWidth(dataset, ctx) + 4 : 0);
}

/** A run of elements that lie side by side in the file. */
export interface ElementRun {
  /** Linear index of the first one. */
  readonly start: number;
  readonly count: number;
  /** Where the block or page that holds them lies. */
  readonly range: ByteRange;
}

/** Chunks numbered in row-major order, the unlimited dimension (if any) slowest. */
export interface ChunkNumbering {
  /** Position (in chunks, per dimension) of a linear index. */
  position(index: number): number[];
  /** Linear index of a position. */
  index(position: readonly number[]): number;
  /** Must the run [start, start + count) be read for the box the numbering was made for? */
  touches(start: number, count: number): boolean;
}

/**
 * @param extent chunks per dimension; `Infinity` for the unlimited one.
 * @param unlimited the dimension that varies slowest: 0 unless another one is unlimited.
 */
export function chunkNumbering(
  extent: readonly number[],
  unlimited: number,
  box: PositionBox | undefined,
): ChunkNumbering {
  // H5VMprivate.h: H5VM_swizzle_coords moves the unlimited dimension to the front and shifts those before it.
  const order = [unlimited, ...extent.keys()].filter((d, i, all) => all.indexOf(d) === i);
  const inOrder = (coordinates: readonly number[]): number[] => order.map((d) => coordinates[d] as number);
  const counts = inOrder(extent);
  const ordered = box && { first: inOrder(box.first), last: inOrder(box.last) };
  const orderedPosition = (index: number): number[] => {
    const position = new Array<number>(counts.length).fill(0);
    let rest = index;
    for (let i = counts.length - 1; i > 0; i--) {
      const count = counts[i] as number;
      position[i] = rest % count;
      rest = Math.floor(rest / count);
    }
    position[0] = rest;
    return position;
  };
  return {
    position(index) {
      const ordered = orderedPosition(index);
      const position = new Array<number>(order.length).fill(0);
      order.forEach((d, i) => {
        position[d] = ordered[i] as number;
      });
      return position;
    },
    index: (position) =>
      order.reduce((sum, d, i) => (i === 0 ? 0 : sum * (counts[i] as number)) + (position[d] as number), 0), // same rank
    touches: (start, count) =>
      ordered === undefined || rangeTouches(orderedPosition(start), orderedPosition(start + count), ordered),
  };
}

/** Chunks per dimension over the whole maximum extent. */
export function maxPositions(dataset: ChunkedDataset): number[] {
  const maxShape = dataset.maxShape ?? dataset.shape;
  return maxShape.map((most, d) => Math.ceil(most / (dataset.chunkShape[d] as number)));
}

/** The box as positions; `none` when it is empty. */
export function boxPositions(
  box: ChunkBox | undefined,
  dataset: ChunkedDataset,
): { readonly none: boolean; readonly positions: PositionBox | undefined } {
  const positions = box && positionsIn(box, dataset.chunkShape);
  return { none: box !== undefined && positions === undefined, positions };
}

/** The chunks that a run of elements names, in the order of their numbers. */
export function decodeElements(
  cur: Cursor,
  run: { readonly start: number; readonly count: number },
  ctx: FormatContext,
  dataset: ChunkedDataset,
  numbering: ChunkNumbering,
): readonly ChunkRecord[] {
  const sizeWidth = chunkSizeWidth(dataset, ctx);
  const whole = chunkBytes(dataset);
  const width = elementSize(dataset, ctx);
  const records: ChunkRecord[] = [];
  for (let i = 0; i < run.count; i++) {
    const end = cur.position + width;
    const address = readAddress(cur, ctx, "chunk address");
    if (address !== undefined) {
      const size = dataset.filtered ? cur.uint(sizeWidth, "chunk size") : whole;
      const filterMask = dataset.filtered ? cur.u32("filter mask") : 0;
      const position = numbering.position(run.start + i);
      const offset = position.map((along, d) => along * (dataset.chunkShape[d] as number)); // same rank
      records.push({ offset, address, size, filterMask });
    }
    cur.seek(end); // the size beside an undefined address means nothing and may be anything
  }
  return records;
}

/** What stands for a chunk in an array. */
export type ArrayElement = Omit<ChunkRecord, "offset">;

/** One element; undefined where there is no such chunk. */
export function encodeElement(
  out: ByteWriter,
  chunk: ArrayElement | undefined,
  ctx: FormatContext,
  dataset: ChunkedDataset,
): void {
  writeAddress(out, chunk?.address, ctx);
  if (dataset.filtered) out.uint(chunk?.size ?? 0, chunkSizeWidth(dataset, ctx)).u32(chunk?.filterMask ?? 0);
}

/** Those of the records that touch the box. */
export function withinBox(
  records: readonly ChunkRecord[],
  dataset: ChunkedDataset,
  box: ChunkBox | undefined,
): readonly ChunkRecord[] {
  if (box === undefined) return records;
  return records.filter((record) => chunkTouches(record.offset, dataset.chunkShape, box));
}
