/**
 * Chunks side by side, allocated when the dataset was made. Nothing is stored about them, so they are written in place,
 * and never freed.
 */
import { chunkNumbering, maxPositions } from "../../format/chunk-index/array-element.js";
import { type ChunkedDataset, chunkBytes } from "../../format/chunk-index/chunk-record.js";
import { implicitChunks } from "../../format/chunk-index/implicit.js";
import type { ChunkIndexWriter, StoredChunk } from "./contract.js";

export function openImplicit(address: number | undefined, dataset: ChunkedDataset): ChunkIndexWriter {
  const numbering = chunkNumbering(maxPositions(dataset), 0, undefined);
  const size = chunkBytes(dataset);
  const find = (offset: readonly number[]): StoredChunk | undefined => {
    if (address === undefined) return undefined;
    const number = numbering.index(offset.map((at, d) => at / (dataset.chunkShape[d] as number))); // same rank
    return { offset: [...offset], address: address + number * size, size, filterMask: 0 };
  };
  const whole = dataset.maxShape ?? dataset.shape;
  return {
    find,
    entries: () => implicitChunks(address, dataset, { low: whole.map(() => 0), high: whole }),
    within: (low, high) => implicitChunks(address, dataset, { low, high }),
    set: () => {},
    delete: () => false,
    placeOf: (offset) => find(offset)?.address,
    flush: () => ({ kind: "implicit", address }),
    showsEarly: true, // chunks are written in place
    later: false,
    release: (allocator) => {
      const count = maxPositions(dataset).reduce((product, n) => product * n, 1);
      if (address !== undefined) allocator.free(address, count * size, "raw");
    },
  };
}
