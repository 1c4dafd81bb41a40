/**
 * Superblock: where a file begins, and how its numbers are written. Spec: II.A. Reads and writes versions 0–3.
 *
 *   versions 0, 1:  signature 8 | version u8 | free-space version 0 u8 | root group version 0 u8 | reserved
 *     | shared header version 0 u8 | size of offsets u8 | size of lengths u8 | reserved | group leaf node K u16
 *     | group internal node K u16 | consistency flags u32 | [version 1: indexed storage internal node K u16 | reserved 2]
 *     | base address (O) | free-space address (O) | end of file (O) | driver information address (O)
 *     | root group: link name offset (L) | header address (O) | cache type u32 | reserved 4 | scratch pad 16
 *   versions 2, 3:  signature 8 | version u8 | size of offsets u8 | size of lengths u8 | consistency flags u8
 *     | base address (O) | extension address (O) | end of file (O) | root group header address (O) | checksum u32
 */

import { ByteWriter } from "../bytes/byte-writer.js";
import { lookup3 } from "../bytes/checksum.js";
import type { Cursor } from "../bytes/cursor.js";
import { addressField, putAddressField } from "./context.js";
import type { MemberWindow } from "./member-windows.js";
import {
  DRIVER_INFO_BLOCK_PREFIX,
  type DriverInfo,
  decodeDriverInfoBlock,
  driverInfoBlockSize,
} from "./messages/driver-info.js";
import { verifyMetadataChecksum } from "./metadata-checksum.js";

/** The eight bytes that a superblock begins with. */
export const SUPERBLOCK_SIGNATURE: readonly number[] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]; // H5F_SIGNATURE

/** As H5F__superblock_prefix_decode has them; values above 2^53 − 1 are refused where they stand. */
const WIDTHS: readonly number[] = [2, 4, 8, 16, 32];
const SCRATCH_SIZE = 16;
const FLAGS = 0x07; // H5F_SUPER_ALL_FLAGS
const GROUP_LEAF_K = 4; // H5F_CRT_SYM_LEAF_DEF
const GROUP_INTERNAL_K = 16; // HDF5_BTREE_SNODE_IK_DEF
const CACHED_SYMBOL_TABLE = 1; // H5G_CACHED_STAB

/** Bits of the consistency flags. */
export const CONSISTENCY_FLAG = {
  writeAccess: 0x01, // H5F_SUPER_WRITE_ACCESS
  swmrAccess: 0x04, // H5F_SUPER_SWMR_ACCESS
} as const;

/** A superblock as stored. */
export interface Superblock {
  readonly version: 0 | 1 | 2 | 3;
  readonly sizeOfOffsets: number;
  readonly sizeOfLengths: number;
  /**
   * Absolute, as stored. Where it differs from `signatureAddress`, a user block was put before a finished file, or taken
   * away: then the place of the signature is right, and `endOfFile` moves with it (H5Fsuper.c: H5F__super_read).
   */
  readonly baseAddress: number;
  /** Absolute: where the signature was found. */
  readonly signatureAddress: number;
  /** Absolute, as stored: the base address is included. */
  readonly endOfFile: number;
  /** Object header of the root group, relative to the base address. */
  readonly rootAddress: number;
  /** Object header of the superblock extension, relative to the base address. */
  readonly extensionAddress?: number | undefined;
  /** Driver information block of versions 0 and 1, relative to the base address. */
  readonly driverInfoAddress?: number | undefined;
  /** That block, when it lies in the bytes decoded from (it follows the superblock). */
  readonly driverInfo?: DriverInfo | undefined;
  /** What versions 0 and 1 repeat of the root group's symbol table message. */
  readonly rootCache?: { readonly btreeAddress: number; readonly heapAddress: number } | undefined;
  readonly consistencyFlags: number;
  readonly groupLeafK: number;
  readonly groupInternalK: number;
  /** Version 1 only; elsewhere the superblock extension says it, or it is 32. */
  readonly chunkInternalK?: number | undefined;
}

/** Absolute addresses at which a superblock may begin: 0, 512, 1024, … below the size. */
export function* superblockCandidates(size: number): Iterable<number> {
  const end = Math.min(size, Number.MAX_SAFE_INTEGER); // the size of a medium may be unknown
  for (let address = 0; address < end; address = Math.max(512, address * 2)) yield address;
}

/**
 * Decode a superblock.
 * @param cur starts at the signature; 256 bytes hold any superblock
 * @param signatureAddress absolute address of the signature
 * @param windows of a multi or split file
 */
export function decodeSuperblock(
  cur: Cursor,
  signatureAddress: number,
  windows?: readonly MemberWindow[] | undefined,
  options: { readonly verifyChecksums?: boolean | undefined } = {},
): Superblock {
  for (const byte of SUPERBLOCK_SIGNATURE)
    if (cur.u8("signature") !== byte) cur.fail("signature", "is not that of HDF5");
  const version = cur.u8("version");
  switch (version) {
    case 0:
    case 1:
      return decodeOld(cur, version, signatureAddress, windows);
    case 2:
    case 3:
      return decodeNew(cur, version, signatureAddress, windows, options);
    default:
      return cur.fail("version", `is ${version}, at most 3`);
  }
}

type Windows = readonly MemberWindow[] | undefined;

function decodeNew(
  cur: Cursor,
  version: 2 | 3,
  signatureAddress: number,
  windows: Windows,
  options: { readonly verifyChecksums?: boolean | undefined },
): Superblock {
  const sizeOfOffsets = width(cur, "size of offsets");
  const sizeOfLengths = width(cur, "size of lengths");
  verifyMetadataChecksum(cur, 12 + 4 * sizeOfOffsets, options);
  const consistencyFlags = flags(cur, cur.u8("consistency flags"));
  const baseAddress = cur.uint(sizeOfOffsets, "base address");
  const extensionAddress = addressField(cur, sizeOfOffsets, windows, "superblock extension address");
  const endOfFile = required(cur, sizeOfOffsets, windows, "end of file");
  const rootAddress = required(cur, sizeOfOffsets, windows, "root group object header address");
  return {
    version,
    sizeOfOffsets,
    sizeOfLengths,
    baseAddress,
    signatureAddress,
    endOfFile,
    rootAddress,
    extensionAddress,
    consistencyFlags,
    groupLeafK: GROUP_LEAF_K,
    groupInternalK: GROUP_INTERNAL_K,
  };
}

function decodeOld(cur: Cursor, version: 0 | 1, signatureAddress: number, windows: Windows): Superblock {
  zero(cur, "free-space version");
  zero(cur, "root group version");
  cur.skip(1);
  zero(cur, "shared header version");
  const sizeOfOffsets = width(cur, "size of offsets");
  const sizeOfLengths = width(cur, "size of lengths");
  cur.skip(1);
  const groupLeafK = positive(cur, "group leaf node K");
  const groupInternalK = positive(cur, "group internal node K");
  const consistencyFlags = flags(cur, cur.u32("consistency flags"));
  const chunkInternalK = version === 1 ? positive(cur, "indexed storage internal node K") : undefined;
  if (version === 1) cur.skip(2);
  const baseAddress = cur.uint(sizeOfOffsets, "base address");
  // Free-space address in the specification, extension address in libhdf5, which never writes either here.
  const extensionAddress = addressField(cur, sizeOfOffsets, windows, "free-space address");
  const endOfFile = required(cur, sizeOfOffsets, windows, "end of file");
  const driverInfoAddress = addressField(cur, sizeOfOffsets, windows, "driver information address");
  cur.skip(sizeOfLengths); // the root group has no name; H5G_ent_decode: the offset of one is a length
  const rootAddress = required(cur, sizeOfOffsets, windows, "root group object header address");
  const rootCache = decodeRootCache(cur, sizeOfOffsets, windows);
  return {
    version,
    sizeOfOffsets,
    sizeOfLengths,
    baseAddress,
    signatureAddress,
    endOfFile,
    rootAddress,
    extensionAddress,
    driverInfoAddress,
    driverInfo: driverInfoAddress === undefined ? undefined : decodeBlock(cur, driverInfoAddress),
    rootCache,
    consistencyFlags,
    groupLeafK,
    groupInternalK,
    chunkInternalK,
  };
}

function required(cur: Cursor, sizeOfOffsets: number, windows: Windows, field: string): number {
  return addressField(cur, sizeOfOffsets, windows, field) ?? cur.fail(field, "is the undefined address");
}

function decodeRootCache(cur: Cursor, sizeOfOffsets: number, windows: Windows): Superblock["rootCache"] {
  const type = cur.u32("cache type");
  if (type > 2) cur.fail("cache type", `is ${type}, at most 2`);
  cur.skip(4);
  const scratch = cur.sub(SCRATCH_SIZE, cur.structure, "scratch pad");
  // Two wider addresses do not fit; libhdf5 writes them over what follows, and they are said elsewhere anyway.
  if (type !== CACHED_SYMBOL_TABLE || 2 * sizeOfOffsets > SCRATCH_SIZE) return undefined;
  const btreeAddress = addressField(scratch, sizeOfOffsets, windows, "cached B-tree address");
  const heapAddress = addressField(scratch, sizeOfOffsets, windows, "cached heap address");
  return btreeAddress === undefined || heapAddress === undefined ? undefined : { btreeAddress, heapAddress };
}

/** The driver information block, when all of it lies in the cursor's bytes. */
function decodeBlock(cur: Cursor, address: number): DriverInfo | undefined {
  if (address < cur.position || address + DRIVER_INFO_BLOCK_PREFIX > cur.length) return undefined;
  const block = cur.seek(address).sub(cur.remaining, "driver information block");
  return driverInfoBlockSize(block) > block.length ? undefined : decodeDriverInfoBlock(block);
}

function width(cur: Cursor, field: string): number {
  const size = cur.u8(field);
  return WIDTHS.includes(size) ? size : cur.fail(field, `is ${size}, expected ${WIDTHS.join(", ")}`);
}

function zero(cur: Cursor, field: string): void {
  const version = cur.u8(field);
  if (version !== 0) cur.fail(field, `is ${version}, expected 0`);
}

function positive(cur: Cursor, field: string): number {
  const k = cur.u16(field);
  return k > 0 ? k : cur.fail(field, "is 0");
}

function flags(cur: Cursor, value: number): number {
  return (value & ~FLAGS) === 0 ? value : cur.fail("consistency flags", `are ${value}, at most ${FLAGS}`);
}

/**
 * Write a superblock in its own version; the driver information block of versions 0 and 1 is the caller's.
 * @param windows of a multi or split file
 */
export function encodeSuperblock(
  target: ByteWriter,
  superblock: Superblock,
  windows?: readonly MemberWindow[] | undefined,
): void {
  const { version, sizeOfOffsets, sizeOfLengths, consistencyFlags } = superblock;
  const out = new ByteWriter(96);
  const address = (value: number | undefined): void => putAddressField(out, value, sizeOfOffsets, windows);
  for (const byte of SUPERBLOCK_SIGNATURE) out.u8(byte);
  out.u8(version);
  if (version >= 2) {
    out.u8(sizeOfOffsets).u8(sizeOfLengths).u8(consistencyFlags);
    address(superblock.baseAddress);
    address(superblock.extensionAddress);
    address(superblock.endOfFile);
    address(superblock.rootAddress);
    target.put(out.written()).u32(lookup3(out.written()));
    return;
  }
  out.zeros(4).u8(sizeOfOffsets).u8(sizeOfLengths).u8(0);
  out.u16(superblock.groupLeafK).u16(superblock.groupInternalK).u32(consistencyFlags);
  if (version === 1) out.u16(superblock.chunkInternalK ?? 32).u16(0);
  address(superblock.baseAddress);
  address(superblock.extensionAddress);
  address(superblock.endOfFile);
  address(superblock.driverInfoAddress);
  out.zeros(sizeOfLengths);
  address(superblock.rootAddress);
  const { rootCache } = superblock;
  out.u32(rootCache === undefined ? 0 : CACHED_SYMBOL_TABLE).u32(0);
  const scratch = out.length + SCRATCH_SIZE;
  if (rootCache !== undefined && 2 * sizeOfOffsets <= SCRATCH_SIZE) {
    address(rootCache.btreeAddress);
    address(rootCache.heapAddress);
  }
  out.zeros(Math.max(0, scratch - out.length));
  target.put(out.written());
}
