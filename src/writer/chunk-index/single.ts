/**
 * The only chunk of a dataset: its place stands in the layout message. Published with chunk 0 of the header.
 * libhdf5 1.10 frees the chunk when the extent shrinks to nothing, and leaves its address in the message.
 */
import type { ChunkedDataset } from "../../format/chunk-index/chunk-record.js";
import { readSingleChunk, type SingleChunkIndex } from "../../format/chunk-index/single.js";
import type { ChunkIndexWriter, StoredChunk } from "./contract.js";

export function openSingleChunk(index: SingleChunkIndex, dataset: ChunkedDataset): ChunkIndexWriter {
  const isEmpty = dataset.shape.includes(0);
  let chunk: StoredChunk | undefined = isEmpty ? undefined : readSingleChunk(index, dataset, undefined)[0];
  const all = (): StoredChunk[] => (chunk === undefined ? [] : [chunk]);
  return {
    find: () => chunk,
    entries: all,
    within: all,
    set: (next) => {
      chunk = next;
    },
    delete: () => {
      const present = chunk !== undefined;
      chunk = undefined;
      return present;
    },
    placeOf: () => undefined,
    flush: () => {
      const place = { kind: "single", address: chunk?.address } as const;
      if (!dataset.filtered) return place;
      return { ...place, filteredSize: chunk?.size ?? 0, filterMask: chunk?.filterMask ?? 0 };
    },
    showsEarly: false,
    later: false,
    release: () => {},
  };
}
