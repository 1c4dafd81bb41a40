/**
 * Metadata cache image: metadata as the library had it in memory when it closed the file, in one block.
 * Spec: File Format 3.0, "Metadata Cache Image Block"; H5Cimage.c: H5C__decode_cache_image_header,
 * H5C__reconstruct_cache_entry. Reads and writes version 0.
 *
 *   "MDCI" | version u8 | flags u8 | length of the entries with header and checksum L | entries u32 | entry × n | checksum u32
 *   entry:  type u8 | flags u8 | ring u8 | age u8 | children u16 | dirty children u16 | parents u16 | LRU rank i32
 *           | address O | size L | parent address O × parents | bytes
 *
 * What lies at an entry's address in the file is older than the entry, or was never written: the entry is what counts.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { lookup3 } from "../bytes/checksum.js";
import type { Cursor } from "../bytes/cursor.js";
import { type FormatContext, readDefinedAddress, readLength, writeAddress, writeLength } from "./context.js";
import { CHECKSUM_SIZE, verifyMetadataChecksum } from "./metadata-checksum.js";

const MAX_TYPE = 30; // H5AC_NTYPES and what may come after it
const RESIZE_STATUS = 0x01; // H5C_MDCI_HEADER_HAVE_RESIZE_STATUS

/** One piece of metadata. */
export interface CacheImageEntry {
  /** Number of the cache client (H5AC_type_t). */
  readonly type: number;
  /** 1 dirty, 2 in the LRU list, 4 flush dependency parent, 8 flush dependency child. */
  readonly flags: number;
  readonly ring: number;
  readonly age: number;
  readonly children: number;
  readonly dirtyChildren: number;
  readonly parents: readonly number[];
  readonly lruRank: number;
  /** Where the bytes belong, relative to the base address. */
  readonly address: number;
  /** A view of the image. */
  readonly bytes: Uint8Array;
}

/**
 * The entries of an image, by address.
 * @param cur exactly the image.
 * @param end the end of the file: no entry leaves it.
 * @throws Hdf5ChecksumError; Hdf5FormatError when entries overlap, are empty or leave the file.
 */
export function decodeCacheImage(
  cur: Cursor,
  ctx: FormatContext,
  end: number,
  options: { readonly verifyChecksums?: boolean | undefined } = {},
): readonly CacheImageEntry[] {
  cur.signature("MDCI");
  if (options.verifyChecksums ?? true) verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE);
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const flags = cur.u8("flags");
  if ((flags & RESIZE_STATUS) !== 0) cur.fail("flags", "say that there is a resize status, which nobody writes");
  const length = readLength(cur, ctx, "image data length");
  if (length !== cur.length) cur.fail("image data length", `is ${length}, the message says ${cur.length}`);
  const count = cur.u32("number of entries");
  const least = entrySize(ctx, 0, 1);
  if (count > cur.remaining / least) cur.fail("number of entries", `is ${count}, more than fit`);
  const entries: CacheImageEntry[] = [];
  for (let i = 0; i < count; i++) entries.push(decodeEntry(cur, ctx, end));
  if (cur.remaining !== CHECKSUM_SIZE)
    cur.fail(undefined, `ends ${cur.remaining - CHECKSUM_SIZE} bytes behind its entries`);
  entries.sort((a, b) => a.address - b.address);
  for (const [i, { address }] of entries.entries()) {
    const before = entries[i - 1];
    if (before !== undefined && before.address + before.bytes.length > address) {
      cur.fail("entry address", `0x${address.toString(16)} lies inside another entry`);
    }
  }
  return entries;
}

function entrySize(ctx: FormatContext, parents: number, size: number): number {
  return 14 + (1 + parents) * ctx.sizeOfOffsets + ctx.sizeOfLengths + size;
}

function decodeEntry(cur: Cursor, ctx: FormatContext, end: number): CacheImageEntry {
  const type = cur.u8("entry type");
  if (type >= MAX_TYPE) cur.fail("entry type", `is ${type}, below ${MAX_TYPE} expected`);
  const flags = cur.u8("entry flags");
  const ring = cur.u8("entry ring");
  const age = cur.u8("entry age");
  const children = cur.u16("flush dependency children");
  const dirtyChildren = cur.u16("dirty flush dependency children");
  const parentCount = cur.u16("flush dependency parents");
  const lruRank = cur.i32("index in LRU");
  const address = readDefinedAddress(cur, ctx, "entry address");
  const size = readLength(cur, ctx, "entry length");
  if (size === 0 || address + size > end) {
    cur.fail("entry length", `is ${size} at 0x${address.toString(16)}, the file ends at 0x${end.toString(16)}`);
  }
  const parents = Array.from({ length: parentCount }, () => readDefinedAddress(cur, ctx, "parent address"));
  const bytes = cur.take(size, "entry image");
  return { type, flags, ring, age, children, dirtyChildren, parents, lruRank, address, bytes };
}

export function encodeCacheImage(target: ByteWriter, entries: readonly CacheImageEntry[], ctx: FormatContext): void {
  const out = new ByteWriter().ascii("MDCI").u8(0).u8(0);
  const header = 10 + ctx.sizeOfLengths;
  const sizes = entries.map(({ parents, bytes }) => entrySize(ctx, parents.length, bytes.length));
  writeLength(
    out,
    sizes.reduce((sum, size) => sum + size, header + CHECKSUM_SIZE),
    ctx,
  );
  out.u32(entries.length);
  for (const { type, flags, ring, age, children, dirtyChildren, parents, lruRank, address, bytes } of entries) {
    out
      .u8(type)
      .u8(flags)
      .u8(ring)
      .u8(age)
      .u16(children)
      .u16(dirtyChildren)
      .u16(parents.length)
      .u32(lruRank >>> 0);
    writeAddress(out, address, ctx);
    writeLength(out, bytes.length, ctx);
    for (const parent of parents) writeAddress(out, parent, ctx);
    out.put(bytes);
  }
  target.put(out.written()).u32(lookup3(out.written()));
}
