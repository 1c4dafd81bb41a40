/**
 * Free-space manager of a file: the extents that are free between its blocks. Spec: File Format 3.0, III.H; H5FScache.c.
 * Reads version 0; none is written.
 *
 *   header:    "FSHD" | version u8 | client u8 | space tracked L | sections L | serialized sections L | ghost sections L
 *              | section classes u16 | shrink % u16 | expand % u16 | bits of addresses u16 | largest section size L
 *              | address of the section list O | its used size L | its allocated size L | checksum u32
 *   sections:  "FSSE" | version u8 | address of the header O
 *              | (count c | size s | (address a | class u8) × count) × sizes | checksum u32
 *              c, s, a: as many bytes as the serialized sections, the largest size and the bits of addresses need
 *
 * A fractal heap has a manager of the same form, whose sections lie in the heap and carry more: not decoded here.
 */
import type { Cursor } from "../bytes/cursor.js";
import type { ByteRange } from "./byte-source.js";
import { type FormatContext, readAddress, readLength } from "./context.js";
import { CHECKSUM_SIZE, verifyMetadataChecksum } from "./metadata-checksum.js";

const CLIENT_FILE = 1; // H5FS_CLIENT_FILE_ID
const LAST_CLASS = 2; // MF_FSPACE_SECT_LARGE

/** What a file's manager says of its sections. */
export interface FreeSpaceHeader {
  /** Bytes of all sections. */
  readonly space: number;
  readonly sections: number;
  /** Sections in the list; the others are not kept in the file. */
  readonly serializedSections: number;
  /** Bytes of fields of the list. */
  readonly widths: { readonly count: number; readonly size: number; readonly address: number };
  /** Undefined: there are no sections. */
  readonly listAddress: number | undefined;
  readonly listSize: number;
  /** Bytes that the list's block takes. */
  readonly allocatedListSize: number;
}

/** A free extent; its address is relative to the base address. */
export interface FreeSection {
  readonly address: number;
  readonly size: number;
}

/** Where a header lies. */
export function freeSpaceHeaderRange(address: number, ctx: FormatContext): ByteRange {
  return { address, length: 18 + 7 * ctx.sizeOfLengths + ctx.sizeOfOffsets };
}

/** @throws Hdf5ChecksumError; Hdf5FormatError when it is no manager of a file. */
export function decodeFreeSpaceHeader(cur: Cursor, ctx: FormatContext): FreeSpaceHeader {
  cur.signature("FSHD");
  verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, ctx);
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const client = cur.u8("client");
  if (client !== CLIENT_FILE) cur.fail("client", `is ${client}, expected that of files, ${CLIENT_FILE}`);
  const space = readLength(cur, ctx, "total space tracked");
  const sections = readLength(cur, ctx, "total number of sections");
  const serializedSections = readLength(cur, ctx, "number of serialized sections");
  readLength(cur, ctx, "number of ghost sections");
  cur.u16("number of section classes");
  cur.u16("shrink percent");
  cur.u16("expand percent");
  const bits = cur.u16("size of address space");
  if (bits === 0 || bits > 64) cur.fail("size of address space", `is ${bits} bits, expected 1 to 64`);
  const size = bytesUsed(cur.take(ctx.sizeOfLengths, "maximum section size")); // 2^63 − 1 in files
  const listAddress = readAddress(cur, ctx, "address of serialized section list");
  const listSize = readLength(cur, ctx, "size of serialized section list used");
  const allocatedListSize = readLength(cur, ctx, "allocated size of serialized section list");
  if (listAddress !== undefined && allocatedListSize < listSize)
    cur.fail("allocated size of serialized section list", `is ${allocatedListSize}, ${listSize} are used`);
  const widths = { count: Math.floor(Math.log2(serializedSections || 1) / 8) + 1, size, address: Math.ceil(bits / 8) };
  return { space, sections, serializedSections, widths, listAddress, listSize, allocatedListSize };
}

/** Bytes up to the highest that is not 0, at least one (H5VM_limit_enc_size). */
function bytesUsed(little: Uint8Array): number {
  let count = little.length;
  while (count > 1 && little[count - 1] === 0) count--;
  return count;
}

/**
 * The sections of a manager, in the order of the list.
 * @param cur exactly the used part of the list.
 * @param headerAddress where the manager's header lies.
 * @throws Hdf5ChecksumError; Hdf5FormatError when the list is not that of the header.
 */
export function decodeFreeSections(
  cur: Cursor,
  header: FreeSpaceHeader,
  headerAddress: number,
  ctx: FormatContext,
): FreeSection[] {
  cur.signature("FSSE");
  verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, ctx);
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const owner = readAddress(cur, ctx, "free-space manager header address");
  if (owner !== headerAddress) cur.fail("free-space manager header address", `is ${owner}, expected ${headerAddress}`);
  const { widths, serializedSections } = header;
  const sections: FreeSection[] = [];
  let space = 0;
  while (cur.remaining > CHECKSUM_SIZE) {
    const count = cur.uint(widths.count, "number of sections of a size");
    const size = cur.uint(widths.size, "size of sections");
    if (count === 0 || count > serializedSections - sections.length)
      cur.fail("number of sections of a size", `is ${count}, ${serializedSections - sections.length} are left`);
    if (size === 0) cur.fail("size of sections", "is 0");
    for (let i = 0; i < count; i++) {
      const address = cur.uint(widths.address, "section offset");
      const type = cur.u8("section type");
      if (type > LAST_CLASS) cur.fail("section type", `is ${type}, expected 0 to ${LAST_CLASS}`);
      sections.push({ address, size });
    }
    space += count * size;
  }
  if (sections.length !== serializedSections)
    cur.fail(undefined, `holds ${sections.length} sections, the header says ${serializedSections}`);
  if (serializedSections === header.sections && space !== header.space)
    cur.fail(undefined, `holds ${space} bytes of free space, the header says ${header.space}`);
  return sections;
}
