/**
 * A dataset of one chunk: its address (and, if filtered, its size and filter mask) stands in the layout message.
 * Spec: File Format 3.0, VII.A (layout version 4, index type 1).
 */
import { boxPositions } from "./array-element.js";
import { type ChunkBox, type ChunkedDataset, type ChunkRecord, chunkBytes, chunkTouches } from "./chunk-record.js";

/** The layout message's part. */
export interface SingleChunkIndex {
  readonly address: number | undefined;
  /** Stored bytes; absent when the dataset has no filters. */
  readonly filteredSize?: number | undefined;
  readonly filterMask?: number | undefined;
}

/** The chunk, if it was ever written and touches the box. */
export function readSingleChunk(
  index: SingleChunkIndex,
  dataset: ChunkedDataset,
  box: ChunkBox | undefined,
): ChunkRecord[] {
  const offset = dataset.chunkShape.map(() => 0);
  if (index.address === undefined) return [];
  if (boxPositions(box, dataset).none) return [];
  if (box !== undefined && !chunkTouches(offset, dataset.chunkShape, box)) return [];
  const size = index.filteredSize ?? chunkBytes(dataset);
  return [{ offset, address: index.address, size, filterMask: index.filterMask ?? 0 }];
}
