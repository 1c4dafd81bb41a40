/** The version-2 B-tree as a chunk index: any number of unlimited dimensions. */
import { BTREE_V2_TYPE, readBtreeV2Tree } from "../../format/btree-v2.js";
import { chunkRecordForm, decodeChunkRecord, encodeChunkRecord } from "../../format/chunk-index/btree-v2.js";
import {
  type ChunkedDataset,
  compareOffsets,
  type PositionBox,
  positionsIn,
  rangeTouches,
} from "../../format/chunk-index/chunk-record.js";
import type { FormatContext } from "../../format/context.js";
import type { ChunkIndex } from "../../format/messages/data-layout.js";
import type { Pager } from "../../io/pager.js";
import { settle } from "../../io/settle.js";
import type { Limits } from "../../model/limits.js";
import { BtreeV2Editor } from "../btree-v2-editor.js";
import type { ChunkIndexWriter, StoredChunk } from "./contract.js";

type BtreeV2Index = Extract<ChunkIndex, { kind: "btree-v2" }>;

/** Node size and percentages of libhdf5 for chunks. */
export const CHUNK_BTREE_V2 = { kind: "btree-v2", nodeSize: 2048, splitPercent: 100, mergePercent: 40 } as const; // H5D_BT2_NODE_SIZE …

export async function loadBtreeV2(
  pager: Pager,
  limits: Limits,
  context: FormatContext,
  dataset: ChunkedDataset,
  index: BtreeV2Index,
): Promise<ChunkIndexWriter> {
  const { address } = index;
  if (address === undefined) return btreeV2Writer(context, dataset, index);
  const type = dataset.filtered ? BTREE_V2_TYPE.filteredChunks : BTREE_V2_TYPE.chunks;
  const tree = await settle(
    pager,
    (source) =>
      readBtreeV2Tree(source, address, context, limits, (cur) => decodeChunkRecord(cur, context, dataset), type),
    { metadataBytes: limits.metadataBytes },
  );
  return btreeV2Writer(context, dataset, index, { header: address, root: tree.root });
}

/** A writer for a new tree, or for one that was read. */
export function btreeV2Writer(
  context: FormatContext,
  dataset: ChunkedDataset,
  index: BtreeV2Index,
  stored?: ConstructorParameters<typeof BtreeV2Editor<StoredChunk>>[2],
): ChunkIndexWriter {
  const { type, size } = chunkRecordForm(dataset, context);
  const { nodeSize, splitPercent, mergePercent } = index;
  const tree = new BtreeV2Editor<StoredChunk>(
    context,
    {
      type,
      nodeSize,
      recordSize: size,
      splitPercent,
      mergePercent,
      compare: (a, b) => compareOffsets(a.offset, b.offset),
      write: (out, chunk) => encodeChunkRecord(out, chunk, context, dataset),
    },
    stored,
  );
  const position = (chunk: StoredChunk): number[] =>
    chunk.offset.map((at, d) => at / (dataset.chunkShape[d] as number)); // same rank
  const origin = dataset.chunkShape.map(() => 0);
  return {
    find: (offset) => tree.find((chunk) => compareOffsets(chunk.offset, offset)),
    entries: () => tree.entries(),
    within: (low, high) => {
      const box: PositionBox | undefined = positionsIn({ low, high }, dataset.chunkShape);
      if (box === undefined) return [];
      return tree.entries((after, before) =>
        rangeTouches(after === undefined ? origin : position(after), before && position(before), box),
      );
    },
    set: (chunk) => tree.set(chunk),
    delete: (offset) => tree.delete((chunk) => compareOffsets(chunk.offset, offset)),
    placeOf: () => undefined,
    flush: ({ allocator, commit }) => ({ ...index, address: tree.flush(allocator, commit) }),
    showsEarly: false,
    later: false,
    release: (allocator) => tree.release(allocator),
  };
}
