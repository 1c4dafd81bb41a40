/**
 * Shared message table message (type 0x000F) of the superblock extension: where the table of shared messages is.
 * Spec: File Format 3.0, IV.A.2.p. Reads and writes version 0.
 *
 *   version u8 | table address O | number of indexes u8
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { type FormatContext, readDefinedAddress, writeAddress } from "../context.js";

const MAX_INDEXES = 8; // H5O_SHMESG_MAX_NINDEXES

export interface SharedMessageTableMessage {
  readonly tableAddress: number;
  readonly indexCount: number;
}

export function decodeSharedMessageTableMessage(cur: Cursor, ctx: FormatContext): SharedMessageTableMessage {
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const tableAddress = readDefinedAddress(cur, ctx, "shared message table address");
  const indexCount = cur.u8("number of indexes");
  if (indexCount < 1 || indexCount > MAX_INDEXES) {
    cur.fail("number of indexes", `is ${indexCount}, expected 1 to ${MAX_INDEXES}`);
  }
  return { tableAddress, indexCount };
}

export function encodeSharedMessageTableMessage(
  out: ByteWriter,
  { tableAddress, indexCount }: SharedMessageTableMessage,
  ctx: FormatContext,
): void {
  out.u8(0);
  writeAddress(out, tableAddress, ctx);
  out.u8(indexCount);
}
