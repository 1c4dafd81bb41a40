/**
 * External data files message (type 0x0007): raw data of a contiguous dataset in other files. Spec: IV.A.2.h. Version 1.
 *
 *   version u8 | reserved 3 | allocated slots u16 | used slots u16 | local heap address (O)
 *   | per slot: name offset in the heap (L) | offset in the file (L) | size (L, all bits set: unlimited)
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { type FormatContext, readDefinedAddress, readLength, writeAddress, writeLength } from "../context.js";

/** One stretch of raw data in another file. */
export interface ExternalFileSlot {
  /** Where the name lies in the local heap. */
  readonly nameOffset: number;
  readonly offset: number;
  /** Bytes; `Infinity` in the last slot of a dataset that may grow without limit. */
  readonly size: number;
}

export interface ExternalFiles {
  readonly heapAddress: number;
  readonly slots: readonly ExternalFileSlot[];
}

export function decodeExternalFiles(cur: Cursor, ctx: FormatContext): ExternalFiles {
  const version = cur.u8("version");
  if (version !== 1) cur.fail("version", `is ${version}, expected 1`);
  const allocated = cur.skip(3).u16("allocated slots");
  const used = cur.u16("used slots");
  if (used > allocated) cur.fail("used slots", `are ${used}, ${allocated} are allocated`);
  const heapAddress = readDefinedAddress(cur, ctx, "local heap address");
  const slots = Array.from({ length: used }, () => ({
    nameOffset: readLength(cur, ctx, "name offset"),
    offset: readLength(cur, ctx, "offset in external file"),
    size: cur.uintOrUndefined(ctx.sizeOfLengths, "size in external file") ?? Number.POSITIVE_INFINITY,
  }));
  return { heapAddress, slots };
}

export function encodeExternalFiles(out: ByteWriter, files: ExternalFiles, ctx: FormatContext): void {
  out.u8(1).zeros(3).u16(files.slots.length).u16(files.slots.length);
  writeAddress(out, files.heapAddress, ctx);
  for (const { nameOffset, offset, size } of files.slots) {
    writeLength(out, nameOffset, ctx);
    writeLength(out, offset, ctx);
    if (size === Number.POSITIVE_INFINITY) out.fill(0xff, ctx.sizeOfLengths);
    else writeLength(out, size, ctx);
  }
}
