/**
 * Driver info message (type 0x0014) of the superblock extension, and the driver information block of superblocks 0 and 1:
 * how the driver that wrote the file spread it over members. Spec: IV.A.2.u and II.B.
 *
 *   message:  version 0 u8 | driver identification, 8 ASCII characters | size u16 | data
 *   block:    version 0 u8 | reserved 3 | size u32 | driver identification, 8 ASCII characters | data
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";

/** Bytes of the block before the data. */
export const DRIVER_INFO_BLOCK_PREFIX = 16; // H5F_DRVINFOBLOCK_HDR_SIZE

export interface DriverInfo {
  /** Eight characters, such as `NCSAfami`. */
  readonly id: string;
  readonly data: Uint8Array;
}

export function decodeDriverInfo(cur: Cursor): DriverInfo {
  checkVersion(cur);
  const id = identification(cur);
  const size = cur.u16("driver information size");
  return { id, data: cur.take(size, "driver information") };
}

export function encodeDriverInfoMessage(out: ByteWriter, info: DriverInfo): void {
  out.u8(0).ascii(info.id.slice(0, 8).padEnd(8, "\0")).u16(info.data.length).put(info.data);
}

/** Bytes of a block that starts here; the cursor stays. */
export function driverInfoBlockSize(cur: Cursor): number {
  const { position } = cur;
  checkVersion(cur);
  const size = cur.skip(3).u32("driver information size");
  cur.seek(position);
  return DRIVER_INFO_BLOCK_PREFIX + size;
}

export function decodeDriverInfoBlock(cur: Cursor): DriverInfo {
  checkVersion(cur);
  const size = cur.skip(3).u32("driver information size");
  const id = identification(cur);
  return { id, data: cur.take(size, "driver information") };
}

export function encodeDriverInfoBlock(out: ByteWriter, info: DriverInfo): void {
  out.u8(0).zeros(3).u32(info.data.length).ascii(info.id.slice(0, 8).padEnd(8, "\0")).put(info.data);
}

function checkVersion(cur: Cursor): void {
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
}

function identification(cur: Cursor): string {
  return String.fromCharCode(...cur.take(8, "driver identification")).replace(/\0+$/, "");
}
