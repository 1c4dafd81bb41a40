/**
 * Object reference count message (type 0x0016): hard links to the object, where they are not one. Version-2 headers only.
 * Spec: IV.A.2.w.
 *
 *   version 0 u8 | count u32
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";

export function decodeReferenceCount(cur: Cursor): number {
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  return cur.u32("reference count");
}

export function encodeReferenceCount(out: ByteWriter, count: number): void {
  out.u8(0).u32(count);
}
