/**
 * Data layout message (type 0x0008): where a dataset's raw data lie. Spec: IV.A.2.i (4.0 for version 5).
 * Reads versions 1–5; data-layout-encode.ts writes them. Version 5 is 4 with other records in the chunk indexes.
 *
 *   versions 1, 2:  version u8 | rank u8 | class u8 | reserved 5 | [address (O), not compact] | size × rank u32
 *                   | [compact: data size u32 | data]; rank and sizes include the element size
 *   version 3:      version u8 | class u8 | compact: size u16 | data · contiguous: address (O) | size (L)
 *                   · chunked: rank + 1 u8 | address (O) | chunk size × rank u32 | element size u32
 *   versions 4, 5:  as 3, but chunked: flags u8 | rank + 1 u8 | width u8 | chunk size × rank (width) | element size (width)
 *                   | index type u8 | parameters | address (O) · virtual: heap address (O) | heap index u32
 */
import type { Cursor } from "../../bytes/cursor.js";
import { type FormatContext, readAddress, readLength } from "../context.js";

const MAX_DIMENSIONS = 33; // H5O_LAYOUT_NDIMS: H5S_MAX_RANK and the element size
export const CLASS = { compact: 0, contiguous: 1, chunked: 2, virtual: 3 } as const; // H5D_layout_t
export const INDEX = { single: 1, implicit: 2, "fixed-array": 3, "extensible-array": 4, "btree-v2": 5 } as const; // H5D_chunk_index_t
export const PARTIAL_UNFILTERED = 0x01; // H5O_LAYOUT_CHUNK_DONT_FILTER_PARTIAL_BOUND_CHUNKS
export const SINGLE_FILTERED = 0x02; // H5O_LAYOUT_CHUNK_SINGLE_INDEX_WITH_FILTER

/** How the chunks of a dataset are found. Addresses are undefined until a chunk is allocated. */
export type ChunkIndex =
  | { readonly kind: "btree-v1"; readonly address: number | undefined }
  | {
      readonly kind: "single";
      readonly address: number | undefined;
      /** Stored bytes and filter mask; only with filters. */
      readonly filteredSize?: number | undefined;
      readonly filterMask?: number | undefined;
    }
  | { readonly kind: "implicit"; readonly address: number | undefined }
  | { readonly kind: "fixed-array"; readonly address: number | undefined; readonly pageBits: number }
  | {
      readonly kind: "extensible-array";
      readonly address: number | undefined;
      readonly maxBits: number;
      readonly elements: number;
      readonly minPointers: number;
      readonly minElements: number;
      readonly pageBits: number;
    }
  | {
      readonly kind: "btree-v2";
      readonly address: number | undefined;
      readonly nodeSize: number;
      readonly splitPercent: number;
      readonly mergePercent: number;
    };

/** Where raw data lie. `version` is that of the message. */
export type DataLayout = { readonly version: number } & (
  | { readonly kind: "compact"; readonly data: Uint8Array }
  | {
      readonly kind: "contiguous";
      readonly address: number | undefined;
      /** Bytes; of data that lie nowhere rounded above 2^53. Versions 1 and 2 store extents modulo 2^32: there the dataspace is right where they differ. */
      readonly size: number;
    }
  | {
      readonly kind: "chunked";
      /** Elements per dimension, without the dimension that the message has for the element size. */
      readonly chunkShape: readonly number[];
      readonly elementSize: number;
      /** Chunks that reach over the edge of the dataset are stored without filters. */
      readonly partialEdgeChunksUnfiltered: boolean;
      readonly index: ChunkIndex;
    }
  | { readonly kind: "virtual"; readonly heapAddress: number | undefined; readonly heapIndex: number }
);

export type Chunked = Extract<DataLayout, { readonly kind: "chunked" }>;

export function decodeDataLayout(cur: Cursor, ctx: FormatContext): DataLayout {
  const version = cur.u8("version");
  if (version < 1 || version > 5) cur.fail("version", `is ${version}, expected 1 to 5`);
  if (version < 3) return decodeOld(cur, ctx, version);
  const layoutClass = cur.u8("layout class");
  switch (layoutClass) {
    case CLASS.compact:
      return { version, kind: "compact", data: cur.take(cur.u16("size"), "raw data") };
    case CLASS.contiguous: {
      const address = readAddress(cur, ctx, "address");
      const size = address === undefined ? roundedLength(cur, ctx, "size") : readLength(cur, ctx, "size");
      return { version, kind: "contiguous", address, size };
    }
    case CLASS.chunked:
      return version === 3 ? decodeChunked3(cur, ctx) : decodeChunked4(cur, ctx, version);
    case CLASS.virtual: {
      if (version < 4) cur.fail("layout class", `is 3 in version ${version}, which has no virtual data`);
      const heapAddress = readAddress(cur, ctx, "global heap address");
      return { version, kind: "virtual", heapAddress, heapIndex: cur.u32("global heap index") };
    }
    default:
      return cur.fail("layout class", `is ${layoutClass}, at most 3`);
  }
}

function decodeOld(cur: Cursor, ctx: FormatContext, version: number): DataLayout {
  const dimensions = cur.u8("dimensionality");
  if (dimensions === 0 || dimensions > MAX_DIMENSIONS) {
    cur.fail("dimensionality", `is ${dimensions}, expected 1 to ${MAX_DIMENSIONS}`);
  }
  const layoutClass = cur.u8("layout class");
  cur.skip(5);
  const address = layoutClass === CLASS.compact ? undefined : readAddress(cur, ctx, "address");
  const sizes = Array.from({ length: dimensions }, (_, d) => cur.u32(`dimension ${d} size`));
  switch (layoutClass) {
    case CLASS.compact:
      return { version, kind: "compact", data: cur.take(cur.u32("size"), "raw data") };
    case CLASS.contiguous:
      return { version, kind: "contiguous", address, size: sizes.reduce((product, size) => product * size, 1) };
    case CLASS.chunked:
      return chunked(cur, version, sizes, false, { kind: "btree-v1", address });
    default:
      return cur.fail("layout class", `is ${layoutClass}, at most 2`);
  }
}

/** The size of data that lie nowhere may be more than any file: above 2^53 it is rounded. */
function roundedLength(cur: Cursor, ctx: FormatContext, field: string): number {
  const bytes = cur.take(ctx.sizeOfLengths, field);
  return bytes.reduceRight((size, byte) => size * 256 + byte, 0);
}

/** @param sizes of the chunk, the element size last. */
function chunked(cur: Cursor, version: number, sizes: readonly number[], partial: boolean, index: ChunkIndex): Chunked {
  if (sizes.length < 2) cur.fail("dimensionality", `is ${sizes.length} for chunks, expected at least 2`);
  if (sizes.includes(0)) cur.fail("chunk shape", `is [${sizes.join(", ")}], with a 0`);
  const chunkShape = sizes.slice(0, -1);
  const elementSize = sizes[sizes.length - 1] as number; // there are at least 2
  return { version, kind: "chunked", chunkShape, elementSize, partialEdgeChunksUnfiltered: partial, index };
}

function dimensionality(cur: Cursor): number {
  const dimensions = cur.u8("dimensionality");
  return dimensions <= MAX_DIMENSIONS
    ? dimensions
    : cur.fail("dimensionality", `is ${dimensions}, at most ${MAX_DIMENSIONS}`);
}

function decodeChunked3(cur: Cursor, ctx: FormatContext): DataLayout {
  const dimensions = dimensionality(cur);
  const address = readAddress(cur, ctx, "v1 B-tree address");
  const sizes = Array.from({ length: dimensions }, (_, d) => cur.u32(`dimension ${d} size`));
  return chunked(cur, 3, sizes, false, { kind: "btree-v1", address });
}

function decodeChunked4(cur: Cursor, ctx: FormatContext, version: number): DataLayout {
  const flags = cur.u8("flags");
  if ((flags & ~(PARTIAL_UNFILTERED | SINGLE_FILTERED)) !== 0)
    cur.fail("flags", `are ${flags}, only bits 0 and 1 are defined`);
  const dimensions = dimensionality(cur);
  const width = cur.u8("dimension size encoded length");
  if (width < 1 || width > 8) cur.fail("dimension size encoded length", `is ${width}, expected 1 to 8`);
  const sizes = Array.from({ length: dimensions }, (_, d) => cur.uint(width, `dimension ${d} size`));
  const index = decodeIndex(cur, ctx, flags);
  return chunked(cur, version, sizes, (flags & PARTIAL_UNFILTERED) !== 0, index);
}

function decodeIndex(cur: Cursor, ctx: FormatContext, flags: number): ChunkIndex {
  const type = cur.u8("chunk index type");
  const address = (): number | undefined => readAddress(cur, ctx, "chunk index address");
  const positive = (field: string): number => {
    const value = cur.u8(field);
    return value > 0 ? value : cur.fail(field, "is 0");
  };
  switch (type) {
    case INDEX.single: {
      if ((flags & SINGLE_FILTERED) === 0) return { kind: "single", address: address() };
      const filteredSize = readLength(cur, ctx, "size of filtered chunk");
      const filterMask = cur.u32("filter mask");
      return { kind: "single", address: address(), filteredSize, filterMask };
    }
    case INDEX.implicit:
      return { kind: "implicit", address: address() };
    case INDEX["fixed-array"]:
      return { kind: "fixed-array", pageBits: positive("page bits"), address: address() };
    case INDEX["extensible-array"]:
      return {
        kind: "extensible-array",
        maxBits: positive("maximum elements bits"),
        elements: positive("index block elements"),
        minPointers: positive("minimum data block pointers"),
        minElements: positive("minimum data block elements"),
        pageBits: positive("page bits"),
        address: address(),
      };
    case INDEX["btree-v2"]:
      return {
        kind: "btree-v2",
        nodeSize: cur.u32("node size"),
        splitPercent: cur.u8("split percent"),
        mergePercent: cur.u8("merge percent"),
        address: address(),
      };
    default:
      return cur.fail("chunk index type", `is ${type}, expected 1 to 5`);
  }
}
