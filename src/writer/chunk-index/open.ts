/** The index of a dataset that is about to be written to, loaded whole. */

import type { ByteSource } from "../../format/byte-source.js";
import type { ChunkedDataset } from "../../format/chunk-index/chunk-record.js";
import { readExtensibleArrayBlocks } from "../../format/chunk-index/extensible-array.js";
import { readFixedArrayBlocks } from "../../format/chunk-index/fixed-array.js";
import { type ChunkedLayout, readChunkIndex } from "../../format/chunk-index/index.js";
import { settle } from "../../io/settle.js";
import type { FileState } from "../../model/state.js";
import { loadBtreeV1 } from "./btree-v1.js";
import { loadBtreeV2 } from "./btree-v2.js";
import type { ChunkIndexWriter, StoredChunk } from "./contract.js";
import { ExtensibleArrayWriter } from "./extensible-array.js";
import { FixedArrayWriter } from "./fixed-array.js";
import { openImplicit } from "./implicit.js";
import { openSingleChunk } from "./single.js";

/** @throws Hdf5FormatError when the index is damaged. */
export async function openChunkIndex(
  file: FileState,
  layout: ChunkedLayout,
  dataset: ChunkedDataset,
): Promise<ChunkIndexWriter> {
  const { context, limits, pager } = file;
  const { index, chunkShape, elementSize } = layout;
  const walk = <T>(step: (source: ByteSource) => T extends PromiseLike<unknown> ? never : T): Promise<T> =>
    settle(pager, step, { metadataBytes: limits.metadataBytes });
  const all = async (): Promise<readonly StoredChunk[]> =>
    walk((source) => readChunkIndex(source, layout, context, dataset, undefined, limits));
  switch (index.kind) {
    case "btree-v1":
      return loadBtreeV1(pager, limits, index.address, {
        context,
        chunkShape,
        elementSize,
        maxExtent: (dataset.maxShape ?? dataset.shape)[0] ?? Number.POSITIVE_INFINITY,
      });
    case "single":
      return openSingleChunk(index, dataset);
    case "implicit":
      return openImplicit(index.address, dataset);
    case "fixed-array": {
      const { address } = index;
      const blocks =
        address === undefined ? [] : await walk((source) => readFixedArrayBlocks(source, address, context, dataset));
      return new FixedArrayWriter(context, dataset, index, await all(), blocks);
    }
    case "extensible-array": {
      const { address } = index;
      const blocks =
        address === undefined
          ? undefined
          : await walk((source) => readExtensibleArrayBlocks(source, address, context, dataset));
      return new ExtensibleArrayWriter(context, dataset, index, await all(), blocks);
    }
    case "btree-v2":
      return loadBtreeV2(pager, limits, context, dataset, index);
    default:
      return index satisfies never;
  }
}
