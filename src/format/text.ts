/** Names and paths as stored. Spec: IV.A.2 (character sets). */

/** Text of stored bytes: UTF-8 whatever the character set says; malformed sequences become U+FFFD, a byte order mark stays. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** UTF-8 bytes of a text. */
export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The narrowest character set that holds these bytes. */
export function charsetOf(bytes: Uint8Array): "ascii" | "utf-8" {
  return bytes.every((byte) => byte < 0x80) ? "ascii" : "utf-8";
}
