/**
 * Link info message (type 0x0002): how a new-style group keeps its links.
 * Spec: File Format 3.0, IV.A.2.c. Reads and writes version 0.
 *
 *   version u8 | flags u8 (0: order tracked, 1: order indexed) | maximum creation index i64 (flag 0)
 *   | fractal heap address O | name index address O | creation order index address O (flag 1)
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { type FormatContext, readAddress, writeAddress } from "../context.js";

/** Addresses are undefined while the links are compact. */
export interface LinkInfo {
  readonly trackOrder: boolean;
  readonly indexOrder: boolean;
  /** The creation index that the next link gets. */
  readonly maxCreationIndex: number | undefined;
  readonly heapAddress: number | undefined;
  readonly nameIndexAddress: number | undefined;
  readonly orderIndexAddress: number | undefined;
}

export function decodeLinkInfo(cur: Cursor, ctx: FormatContext): LinkInfo {
  return decodeInfo(cur, ctx, 8);
}

export function encodeLinkInfo(out: ByteWriter, info: LinkInfo, ctx: FormatContext): void {
  encodeInfo(out, info, ctx, 8);
}

/** The form that link info and attribute info share but for the width of the index. */
export function decodeInfo(cur: Cursor, ctx: FormatContext, indexWidth: number): LinkInfo {
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const flags = cur.u8("flags");
  if ((flags & 0xfc) !== 0) cur.fail("flags", `have reserved bits set (0x${flags.toString(16)})`);
  const trackOrder = (flags & 0x01) !== 0;
  const indexOrder = (flags & 0x02) !== 0;
  const maxCreationIndex = trackOrder ? cur.uint(indexWidth, "maximum creation index") : undefined;
  const heapAddress = readAddress(cur, ctx, "fractal heap address");
  const nameIndexAddress = readAddress(cur, ctx, "name index address");
  const orderIndexAddress = indexOrder ? readAddress(cur, ctx, "creation order index address") : undefined;
  return { trackOrder, indexOrder, maxCreationIndex, heapAddress, nameIndexAddress, orderIndexAddress };
}

export function encodeInfo(out: ByteWriter, info: LinkInfo, ctx: FormatContext, indexWidth: number): void {
  out.u8(0).u8((info.trackOrder ? 0x01 : 0) | (info.indexOrder ? 0x02 : 0));
  if (info.trackOrder) out.uint(info.maxCreationIndex ?? 0, indexWidth);
  writeAddress(out, info.heapAddress, ctx);
  writeAddress(out, info.nameIndexAddress, ctx);
  if (info.indexOrder) writeAddress(out, info.orderIndexAddress, ctx);
}
