/** Stored strings to text. */
import { Hdf5UnsupportedError } from "../errors.js";
import type { StringPadding } from "../format/messages/datatype.js";

/** How the bytes of strings become text. */
export type TextEncoding = "utf-8" | "latin1";

// No engine holds longer strings than about 2^29 code units; at most one of them comes from each byte.
const MAX_TEXT = 2 ** 28;
/** Up to this length a loop over ASCII is faster than a call of TextDecoder: 88 to 168 ns for 4 bytes (Node 20). */
const SHORT = 6;

const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

/** Bytes of a string that was stored with this padding, without it. */
export function unpaddedLength(bytes: Uint8Array, start: number, size: number, padding: StringPadding): number {
  if (padding === "null-terminated") {
    for (let i = 0; i < size; i++) if (bytes[start + i] === 0) return i;
    return size;
  }
  let length = size;
  // Some writers fill with NUL what they call space-padded.
  const fill = padding === "space-padded" ? 0x20 : 0;
  while (length > 0 && (bytes[start + length - 1] === 0 || bytes[start + length - 1] === fill)) length--;
  return length;
}

/** Text of some bytes; malformed UTF-8 becomes U+FFFD, a byte order mark stays. */
export function textOf(bytes: Uint8Array, start: number, length: number, encoding: TextEncoding): string {
  if (length > MAX_TEXT)
    throw new Hdf5UnsupportedError(`strings of ${length} bytes as text (strings: "bytes" gives their bytes)`);
  if (encoding === "latin1") return latin1(bytes.subarray(start, start + length));
  if (length <= SHORT) {
    let text = "";
    for (let i = 0; i < length; i++) {
      const byte = bytes[start + i] as number; // the string lies inside
      if (byte >= 0x80) return utf8.decode(bytes.subarray(start, start + length));
      text += String.fromCharCode(byte);
    }
    return text;
  }
  return utf8.decode(bytes.subarray(start, start + length));
}

/** One character per byte: TextDecoder's "latin1" is Windows-1252. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
