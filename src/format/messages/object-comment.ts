/**
 * Object comment message (type 0x000D): a text about the object, ended by NUL. Spec: IV.A.2.n.
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { decodeText, encodeText } from "../text.js";

export function decodeObjectComment(cur: Cursor): string {
  return decodeText(cur.untilNul("comment"));
}

/** @param text must hold no NUL. */
export function encodeObjectComment(out: ByteWriter, text: string): void {
  out.put(encodeText(text)).u8(0);
}
