/** The chunks of a dataset, whatever indexes them. Spec: File Format 3.0, IV.A.2.i (layout message) and VII. Appendix C. */
import { Hdf5FormatError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";
import type { FormatContext } from "../context.js";
import type { DataLayout } from "../messages/data-layout.js";
import { newerChunkIndexes } from "../rare.js";
import type { TreeLimits } from "../visited-nodes.js";
import { readChunkBtree } from "./btree-v1.js";
import { type ChunkBox, type ChunkedDataset, type ChunkRecord, chunkBytes } from "./chunk-record.js";
import { readSingleChunk } from "./single.js";

export type { ChunkBox, ChunkRecord } from "./chunk-record.js";

/** A chunked layout. */
export type ChunkedLayout = Extract<DataLayout, { readonly kind: "chunked" }>;

/**
 * The chunks that touch `box` (in elements), or all, in row-major order of their offsets. Chunks never written are not
 * among them; chunks beyond the present extent are, when `box` is undefined: an interrupted append leaves them.
 * @throws Hdf5FormatError when the index is damaged, or has a chunk without bytes or, unfiltered, of another size than
 *   the chunk shape says; Hdf5LimitError beyond `treeDepth`.
 */
export function readChunkIndex(
  source: ByteSource,
  layout: ChunkedLayout,
  ctx: FormatContext,
  extent: {
    readonly shape: readonly number[];
    /** `Infinity`: unlimited. Absent: the shape cannot change. */
    readonly maxShape?: readonly number[] | undefined;
    /** Has the dataset a filter pipeline? */
    readonly filtered: boolean;
  },
  box: ChunkBox | undefined,
  limits: TreeLimits,
): ChunkRecord[] {
  const { chunkShape, elementSize, version } = layout;
  const dataset: ChunkedDataset = { ...extent, chunkShape, elementSize, layoutVersion: version };
  if (extent.shape.length !== chunkShape.length) {
    throw new Hdf5FormatError(
      { structure: "data layout message", field: "dimensionality" },
      `of chunks is ${chunkShape.length}, the dataspace has ${extent.shape.length} dimensions`,
    );
  }
  const records = read(source, layout, ctx, dataset, box, limits);
  const whole = chunkBytes(dataset);
  for (const { offset, address, size } of records) {
    if (size === 0 || (!extent.filtered && size !== whole)) {
      throw new Hdf5FormatError(
        { structure: "chunk index", address, field: "chunk size" },
        `of the chunk at [${offset.join(", ")}] is ${size}, expected ${extent.filtered ? "at least 1" : whole}`,
      );
    }
  }
  return records;
}

function read(
  source: ByteSource,
  { index }: ChunkedLayout,
  ctx: FormatContext,
  dataset: ChunkedDataset,
  box: ChunkBox | undefined,
  limits: TreeLimits,
): ChunkRecord[] {
  switch (index.kind) {
    case "btree-v1":
      return index.address === undefined ? [] : readChunkBtree(source, index.address, ctx, dataset, box, limits);
    case "single":
      return readSingleChunk(index, dataset, box);
    case "implicit":
      return newerChunkIndexes.now().readImplicitIndex(source, index.address, dataset, box);
    case "fixed-array":
      return newerChunkIndexes.now().readFixedArray(source, index.address, ctx, dataset, box);
    case "extensible-array":
      return newerChunkIndexes.now().readExtensibleArray(source, index.address, ctx, dataset, box);
    case "btree-v2":
      return newerChunkIndexes.now().readChunkBtreeV2(source, index.address, ctx, dataset, box, limits);
    default:
      return index satisfies never;
  }
}
