/**
 * Local heap: the names of an old-style group's links, and the targets of its soft links.
 * Spec: File Format 3.0, III.D. Reads and writes version 0. Nothing here has a checksum.
 *
 *   prefix:      "HEAP" | version u8 | reserved 3 | data segment size L | free list head L | data segment address O
 *   free block:  offset of the next one L, 1 in the last | size L, these two fields included
 *
 * Names end in NUL. The free list inside the segment is of use to writers only and is not followed by readers: a
 * damaged one does not keep the names from being read.
 */
import type { ByteWriter } from "../bytes/byte-writer.js";
import { Cursor } from "../bytes/cursor.js";
import type { ByteRange, ByteSource } from "./byte-source.js";
import { type FormatContext, readAddress, readLength, writeAddress, writeLength } from "./context.js";

const PREFIX = "local heap";
const SEGMENT = "local heap data segment";

/** As free list head, and as next block of the last one: there is none. */
export const NO_FREE_BLOCK = 1; // H5HL_FREE_NULL

/** The fixed part of a local heap. */
export interface LocalHeapPrefix {
  readonly segmentSize: number;
  /** Offset of the first free block in the segment; 1 when there is none (H5HL_FREE_NULL). */
  readonly freeListHead: number | undefined;
  /** Undefined only when the segment has no bytes. */
  readonly segmentAddress: number | undefined;
}

/** The names of one group. */
export interface LocalHeap {
  /**
   * The bytes at an offset of the data segment up to their NUL; a view.
   * @throws Hdf5FormatError when the offset is outside or no NUL follows.
   */
  name(offset: number): Uint8Array;
}

/** Where a prefix lies. */
export function localHeapPrefixRange(address: number, ctx: FormatContext): ByteRange {
  return { address, length: 8 + 2 * ctx.sizeOfLengths + ctx.sizeOfOffsets };
}

export function decodeLocalHeapPrefix(cur: Cursor, ctx: FormatContext): LocalHeapPrefix {
  cur.signature("HEAP");
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  cur.skip(3);
  const segmentSize = readLength(cur, ctx, "data segment size");
  const freeListHead = cur.uintOrUndefined(ctx.sizeOfLengths, "free list head");
  const segmentAddress = readAddress(cur, ctx, "data segment address");
  if (segmentAddress === undefined && segmentSize > 0) cur.fail("data segment address", "is the undefined address");
  return { segmentSize, freeListHead, segmentAddress };
}

export function encodeLocalHeapPrefix(out: ByteWriter, prefix: LocalHeapPrefix, ctx: FormatContext): void {
  out.ascii("HEAP").u8(0).zeros(3);
  writeLength(out, prefix.segmentSize, ctx);
  writeLength(out, prefix.freeListHead ?? NO_FREE_BLOCK, ctx);
  writeAddress(out, prefix.segmentAddress, ctx);
}

/** A free part of the segment. */
export interface FreeBlock {
  readonly offset: number;
  readonly size: number;
}

/** The free blocks of a segment. @throws Hdf5FormatError when they leave it, overlap or form a cycle. */
export function decodeFreeList(segment: Cursor, head: number | undefined, ctx: FormatContext): FreeBlock[] {
  const blocks: FreeBlock[] = [];
  for (let offset = head ?? NO_FREE_BLOCK; offset !== NO_FREE_BLOCK; ) {
    segment.seek(offset);
    const next = readLength(segment, ctx, "next free block");
    const size = readLength(segment, ctx, "size of free block");
    if (size < 2 * ctx.sizeOfLengths || offset + size > segment.length)
      segment.fail("size of free block", `is ${size}`);
    if (blocks.some((block) => offset < block.offset + block.size && block.offset < offset + size))
      segment.fail("next free block", "overlaps another one");
    blocks.push({ offset, size });
    offset = next;
  }
  return blocks;
}

export function encodeFreeBlock(out: ByteWriter, next: FreeBlock | undefined, size: number, ctx: FormatContext): void {
  writeLength(out, next?.offset ?? NO_FREE_BLOCK, ctx);
  writeLength(out, size, ctx);
}

/** The prefix alone, for callers that ask for the segment together with other structures. */
export function readLocalHeapPrefix(source: ByteSource, address: number, ctx: FormatContext): LocalHeapPrefix {
  return source.memo(PREFIX, address, () => {
    const { length } = localHeapPrefixRange(address, ctx);
    return decodeLocalHeapPrefix(source.read(address, length, PREFIX), ctx);
  });
}

/** Prefix and data segment. */
export function readLocalHeap(source: ByteSource, address: number, ctx: FormatContext): LocalHeap {
  const { segmentSize, segmentAddress } = readLocalHeapPrefix(source, address, ctx);
  const bytes =
    segmentAddress === undefined
      ? new Uint8Array(0)
      : source.memo(SEGMENT, segmentAddress, () => source.read(segmentAddress, segmentSize, SEGMENT).bytes);
  const segment = new Cursor(bytes, SEGMENT, segmentAddress);
  return { name: (offset) => segment.seek(offset).untilNul("name") };
}
