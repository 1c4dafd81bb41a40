/** Decoding and encoding of one message from hexadecimal text, in a file with addresses and lengths of 8 bytes. */
import { ByteWriter } from "../../../src/bytes/byte-writer.js";
import { Cursor } from "../../../src/bytes/cursor.js";
import type { FormatContext } from "../../../src/format/context.js";
import { hex } from "../hex.js";

export const CONTEXT: FormatContext = {
  sizeOfOffsets: 8,
  sizeOfLengths: 8,
  baseAddress: 0,
  groupLeafK: 4,
  groupInternalK: 16,
  chunkInternalK: 32,
};

/** A cursor over bytes written as text. */
export function cursor(text: string): Cursor {
  return new Cursor(hex(text), "message", 0x100);
}

/** What an encoder writes. */
export function written(encode: (out: ByteWriter) => void): Uint8Array {
  const out = new ByteWriter();
  encode(out);
  return out.bytes();
}
