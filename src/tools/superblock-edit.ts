/**
 * The fields of a superblock that say where the file ends and how it is spread, changed in place.
 * Spec: File Format 4.0, II.A. All other bytes stay as they are.
 *
 *   version 0, 1:  … | base (O) | free space (O) | end of file (O) | driver information block (O) | …   from byte 24, 28
 *   version 2, 3:  … | base (O) | extension (O) | end of file (O) | root header (O) | checksum u32       from byte 12
 */

import { ByteWriter } from "../bytes/byte-writer.js";
import { lookup3 } from "../bytes/checksum.js";
import type { Superblock } from "../format/superblock.js";

const FIRST_ADDRESS = { 0: 24, 1: 28, 2: 12, 3: 12 } as const;

/** Places of the fields, in bytes from the signature. */
function places(superblock: Superblock): {
  extension: number;
  endOfFile: number;
  driverInfo: number;
  checksum: number;
} {
  const first = FIRST_ADDRESS[superblock.version];
  const width = superblock.sizeOfOffsets;
  return {
    extension: first + width,
    endOfFile: first + 2 * width,
    driverInfo: first + 3 * width,
    checksum: first + 4 * width,
  };
}

/** Bytes from the signature that hold all fields that may be changed. */
export function editableLength(superblock: Superblock): number {
  return FIRST_ADDRESS[superblock.version] + 4 * superblock.sizeOfOffsets + 4;
}

/** An address field; undefined is the undefined address, all bits set. */
export function addressBytes(address: number | undefined, width: number): Uint8Array {
  if (address === undefined) return new Uint8Array(width).fill(0xff);
  return new ByteWriter(width).uint(address, width).bytes();
}

/**
 * The superblock's first bytes with changed fields.
 * @param bytes the first `editableLength` bytes from the signature on.
 * @param growth bytes by which the end of the file moves.
 * @param address of the driver information block (version 0, 1) or of the extension (version 2, 3); `"keep"` leaves it.
 */
export function editSuperblock(
  bytes: Uint8Array,
  superblock: Superblock,
  growth: number,
  address: number | undefined | "keep",
): Uint8Array {
  const out = bytes.slice();
  const width = superblock.sizeOfOffsets;
  const at = places(superblock);
  const end = out.subarray(at.endOfFile, at.endOfFile + width);
  // The stored end counts from a base that may differ from where the superblock was found: it is moved, not set.
  const stored = end.reduceRight((value, byte) => value * 256 + byte, 0);
  end.set(addressBytes(stored + growth, width));
  const isOld = superblock.version < 2;
  if (address !== "keep") out.set(addressBytes(address, width), isOld ? at.driverInfo : at.extension);
  if (!isOld) out.set(new ByteWriter(4).u32(lookup3(out.subarray(0, at.checksum))).bytes(), at.checksum);
  return out;
}
