/**
 * Encodes the data layout message (type 0x0008); data-layout.ts has its form. Writes the version that the layout has, and
 * at least 3, or 4 for virtual data and other chunk indexes than the v1 B-tree, which is always written as 3.
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import { Hdf5UsageError } from "../../errors.js";
import { type FormatContext, writeAddress, writeLength } from "../context.js";
import {
  type Chunked,
  type ChunkIndex,
  CLASS,
  type DataLayout,
  INDEX,
  PARTIAL_UNFILTERED,
  SINGLE_FILTERED,
} from "./data-layout.js";

/** @throws Hdf5UsageError when compact data exceed 65,535 bytes. */
export function encodeDataLayout(out: ByteWriter, layout: DataLayout, ctx: FormatContext): void {
  const version = Math.max(3, layout.version);
  switch (layout.kind) {
    case "compact":
      if (layout.data.length > 0xffff) {
        throw new Hdf5UsageError("layout", `is compact for ${layout.data.length} bytes`, "at most 65,535");
      }
      out.u8(version).u8(CLASS.compact).u16(layout.data.length).put(layout.data);
      return;
    case "contiguous":
      out.u8(version).u8(CLASS.contiguous);
      writeAddress(out, layout.address, ctx);
      if (layout.address === undefined && ctx.sizeOfLengths === 8) putRoundedLength(out, layout.size, ctx);
      else writeLength(out, layout.size, ctx);
      return;
    case "chunked":
      encodeChunked(out, layout, ctx);
      return;
    case "virtual":
      out.u8(Math.max(4, version)).u8(CLASS.virtual);
      writeAddress(out, layout.heapAddress, ctx);
      out.u32(layout.heapIndex);
      return;
    default:
      layout satisfies never;
  }
}

/** The size of data that lie nowhere may be more than any file: above 2^53 it was rounded. */
function putRoundedLength(out: ByteWriter, size: number, ctx: FormatContext): void {
  for (let i = 0, rest = size; i < ctx.sizeOfLengths; i++, rest = Math.floor(rest / 256)) out.u8(rest % 256);
}

function encodeChunked(out: ByteWriter, layout: Chunked, ctx: FormatContext): void {
  const { chunkShape, elementSize, index } = layout;
  const sizes = [...chunkShape, elementSize];
  if (index.kind === "btree-v1") {
    out.u8(3).u8(CLASS.chunked).u8(sizes.length);
    writeAddress(out, index.address, ctx);
    for (const size of sizes) out.u32(size);
    return;
  }
  const filtered = index.kind === "single" && index.filteredSize !== undefined;
  const flags = (layout.partialEdgeChunksUnfiltered ? PARTIAL_UNFILTERED : 0) | (filtered ? SINGLE_FILTERED : 0);
  // The fewest bytes: libhdf5 2.0 and 2.1 refuse a wider field than the largest size needs.
  const width = bytesFor(Math.max(...sizes));
  out.u8(Math.max(4, layout.version)).u8(CLASS.chunked).u8(flags).u8(sizes.length).u8(width);
  for (const size of sizes) out.uint(size, width);
  out.u8(INDEX[index.kind]);
  encodeParameters(out, index, ctx);
  writeAddress(out, index.address, ctx);
}

function encodeParameters(out: ByteWriter, index: Exclude<ChunkIndex, { kind: "btree-v1" }>, ctx: FormatContext): void {
  switch (index.kind) {
    case "single":
      if (index.filteredSize === undefined) return;
      writeLength(out, index.filteredSize, ctx);
      out.u32(index.filterMask ?? 0);
      return;
    case "implicit":
      return;
    case "fixed-array":
      out.u8(index.pageBits);
      return;
    case "extensible-array":
      out.u8(index.maxBits).u8(index.elements).u8(index.minPointers).u8(index.minElements).u8(index.pageBits);
      return;
    case "btree-v2":
      out.u32(index.nodeSize).u8(index.splitPercent).u8(index.mergePercent);
      return;
    default:
      index satisfies never;
  }
}

function bytesFor(value: number): number {
  let width = 1;
  for (let rest = Math.floor(value / 256); rest > 0; rest = Math.floor(rest / 256)) width++;
  return width;
}
