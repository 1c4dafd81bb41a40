/**
 * Chunks by version 2 B-tree: datasets with more than one unlimited dimension (and any others a writer chooses).
 * Spec: File Format 3.0, VII.E; record types 10 and 11. The tree itself is in ../btree-v2.ts.
 *
 *   type 10:  chunk address O | position u64 × rank
 *   type 11:  chunk address O | stored size | filter mask u32 | position u64 × rank
 *
 * Positions count chunks, not elements, and order the records row-major.
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { Hdf5FormatError } from "../../errors.js";
import { BTREE_V2_TYPE, readBtreeV2, readBtreeV2Header } from "../btree-v2.js";
import type { ByteSource } from "../byte-source.js";
import { type FormatContext, readDefinedAddress } from "../context.js";
import type { TreeLimits } from "../visited-nodes.js";
import { boxPositions, chunkSizeWidth, elementSize, encodeElement, withinBox } from "./array-element.js";
import {
  type ChunkBox,
  type ChunkedDataset,
  type ChunkRecord,
  checkWithinMaxShape,
  chunkBytes,
  compareOffsets,
  rangeTouches,
} from "./chunk-record.js";

const RECORD = "v2 B-tree chunk record";

/** The chunks of the dataset, or those that touch the box, in row-major order. One round trip per level and header. */
export function readChunkBtreeV2(
  source: ByteSource,
  address: number | undefined,
  ctx: FormatContext,
  dataset: ChunkedDataset,
  box: ChunkBox | undefined,
  limits: TreeLimits,
): ChunkRecord[] {
  const { none, positions } = boxPositions(box, dataset);
  if (address === undefined || none) return [];
  const { chunkShape, filtered } = dataset;
  const type = filtered ? BTREE_V2_TYPE.filteredChunks : BTREE_V2_TYPE.chunks;
  const { recordSize } = readBtreeV2Header(source, address, ctx, limits, type);
  const expectedSize = elementSize(dataset, ctx) + 8 * chunkShape.length;
  if (recordSize !== expectedSize) {
    const where = { structure: "v2 B-tree header", address, offset: 10, field: "record size" };
    throw new Hdf5FormatError(where, `is ${recordSize}, expected ${expectedSize}`);
  }

  const decode = (cur: Cursor): ChunkRecord => decodeChunkRecord(cur, ctx, dataset);
  const position = (record: ChunkRecord): number[] =>
    record.offset.map((along, d) => along / (chunkShape[d] as number)); // same rank
  const origin = chunkShape.map(() => 0);
  const visits =
    positions &&
    ((after: ChunkRecord | undefined, before: ChunkRecord | undefined): boolean =>
      rangeTouches(after ? position(after) : origin, before && position(before), positions));

  const records = readBtreeV2(source, address, ctx, limits, decode, type, { visits });
  records.forEach((record, i) => {
    const previous = records[i - 1];
    if (previous !== undefined && compareOffsets(previous.offset, record.offset) >= 0) {
      throw new Hdf5FormatError(
        { structure: RECORD, address, field: "scaled offset" },
        `[${record.offset.join(", ")}] does not come after [${previous.offset.join(", ")}]`,
      );
    }
  });
  const within = [...withinBox(records, dataset, box)];
  for (const record of within) checkWithinMaxShape(record.offset, dataset, RECORD, address);
  return within;
}

/** Type and size of the records of a dataset. */
export function chunkRecordForm(dataset: ChunkedDataset, ctx: FormatContext): { type: number; size: number } {
  const type = dataset.filtered ? BTREE_V2_TYPE.filteredChunks : BTREE_V2_TYPE.chunks;
  return { type, size: elementSize(dataset, ctx) + 8 * dataset.chunkShape.length };
}

export function decodeChunkRecord(cur: Cursor, ctx: FormatContext, dataset: ChunkedDataset): ChunkRecord {
  const { chunkShape, filtered } = dataset;
  const address = readDefinedAddress(cur, ctx, "chunk address");
  const size = filtered ? cur.uint(chunkSizeWidth(dataset, ctx), "chunk size") : chunkBytes(dataset);
  const filterMask = filtered ? cur.u32("filter mask") : 0;
  const offset = chunkShape.map((side) => {
    const along = cur.u64("scaled offset") * side;
    return Number.isSafeInteger(along) ? along : cur.fail("scaled offset", "is beyond 2^53 − 1 elements");
  });
  return { offset, address, size, filterMask };
}

export function encodeChunkRecord(
  out: ByteWriter,
  chunk: ChunkRecord,
  ctx: FormatContext,
  dataset: ChunkedDataset,
): void {
  encodeElement(out, chunk, ctx, dataset);
  chunk.offset.forEach((along, d) => {
    out.u64(along / (dataset.chunkShape[d] as number)); // same rank
  });
}
