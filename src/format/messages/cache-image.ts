/**
 * Metadata cache image message (type 0x0018) of the superblock extension: where the image is. Spec: IV.A.2.y.
 * Reads and writes version 0.
 *
 *   version u8 | image address O, undefined: none | image size L
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { type FormatContext, readAddress, readLength, writeAddress, writeLength } from "../context.js";

export interface CacheImageMessage {
  readonly address: number | undefined;
  readonly size: number;
}

export function decodeCacheImageMessage(cur: Cursor, ctx: FormatContext): CacheImageMessage {
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const address = readAddress(cur, ctx, "address of metadata cache image");
  return { address, size: readLength(cur, ctx, "size of metadata cache image") };
}

export function encodeCacheImageMessage(
  out: ByteWriter,
  { address, size }: CacheImageMessage,
  ctx: FormatContext,
): void {
  out.u8(0);
  writeAddress(out, address, ctx);
  writeLength(out, size, ctx);
}
