/** What the superblock says that every decoder must know. Spec: II. Disk Format: Level 0. */
import type { ByteWriter } from "../bytes/byte-writer.js";
import type { Cursor } from "../bytes/cursor.js";
import { type MemberWindow, storedAddress, windowAddress } from "./member-windows.js";

const UNDEFINED_ADDRESS = 2n ** 64n - 1n; // HADDR_UNDEF

/** Widths, tree orders and the base address of one file, as its superblock (and extension) state them. */
export interface FormatContext {
  /** Bytes of a file address: 2, 4, 8, 16 or 32. */
  readonly sizeOfOffsets: number;
  /** Bytes of a length or size: 2, 4, 8, 16 or 32. */
  readonly sizeOfLengths: number;
  /** Absolute address of byte 0 of all stored addresses (the size of the user block). */
  readonly baseAddress: number;
  /** Group leaf node K: a symbol table node holds at most 2K entries. */
  readonly groupLeafK: number;
  /** Group internal node K: a group's v1 B-tree node has at most 2K children. */
  readonly groupInternalK: number;
  /** Indexed storage internal node K: a chunk v1 B-tree node has at most 2K children. */
  readonly chunkInternalK: number;
  /** False: checksums of blocks are read and not compared. Absent: true. */
  readonly verifyChecksums?: boolean | undefined;
  /**
   * New messages have the oldest version that can hold them, as libhdf5 writes them for HDF5 before 1.8. Absent: the
   * versions of HDF5 1.8.
   */
  readonly oldest?: boolean | undefined;
  /** Multi and split files: where the addresses of their members lie. */
  readonly windows?: readonly MemberWindow[] | undefined;
}

/** The part of a context that decides versions. */
export type VersionChoice = Pick<FormatContext, "oldest">;

/** The undefined address (all bits set) as `undefined`; otherwise an address relative to the base address. */
export function readAddress(cur: Cursor, ctx: FormatContext, field: string): number | undefined {
  return addressField(cur, ctx.sizeOfOffsets, ctx.windows, field);
}

/** As `readAddress`, before there is a context. */
export function addressField(
  cur: Cursor,
  sizeOfOffsets: number,
  windows: readonly MemberWindow[] | undefined,
  field: string,
): number | undefined {
  if (windows === undefined || sizeOfOffsets !== 8) return cur.uintOrUndefined(sizeOfOffsets, field);
  const address = cur.big64(field);
  if (address === UNDEFINED_ADDRESS) return undefined;
  return (
    windowAddress(address, windows) ?? cur.fail(field, `is 0x${address.toString(16)}, in none of the file's members`)
  );
}

/** What is stored of an address in elements; undefined: itself. */
export function storedAddressIn({ windows }: FormatContext): ((address: number) => bigint) | undefined {
  return windows === undefined ? undefined : (address) => storedAddress(address, windows);
}

/** An address that must be defined. */
export function readDefinedAddress(cur: Cursor, ctx: FormatContext, field: string): number {
  const address = readAddress(cur, ctx, field);
  if (address === undefined) return cur.fail(field, "is the undefined address");
  return address;
}

/** A length of `sizeOfLengths` bytes. */
export function readLength(cur: Cursor, ctx: FormatContext, field: string): number {
  return cur.uint(ctx.sizeOfLengths, field);
}

/** Write an address; `undefined` becomes all bits set. */
export function writeAddress(out: ByteWriter, address: number | undefined, ctx: FormatContext): void {
  putAddressField(out, address, ctx.sizeOfOffsets, ctx.windows);
}

/** As `writeAddress`, where there is no context. */
export function putAddressField(
  out: ByteWriter,
  address: number | undefined,
  sizeOfOffsets: number,
  windows: readonly MemberWindow[] | undefined,
): void {
  if (address === undefined) out.fill(0xff, sizeOfOffsets);
  else if (windows === undefined || sizeOfOffsets !== 8) out.uint(address, sizeOfOffsets);
  else out.big64(storedAddress(address, windows));
}

/** Write a length. */
export function writeLength(out: ByteWriter, length: number, ctx: FormatContext): void {
  out.uint(length, ctx.sizeOfLengths);
}
