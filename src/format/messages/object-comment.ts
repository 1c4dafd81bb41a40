/**
 * Object comment message (type 0x000D): a text about the object, ended by NUL. Spec: IV.A.2.n. No character set is said:
 * it is kept as bytes.
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";

export function decodeObjectComment(cur: Cursor): Uint8Array {
  return cur.untilNul("comment").slice();
}

/** @param bytes must hold no NUL. */
export function encodeObjectComment(out: ByteWriter, bytes: Uint8Array): void {
  out.put(bytes).u8(0);
}
