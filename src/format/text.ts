/** Names and paths as stored. Spec: IV.A.2 (character sets). */

const UTF_8 = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });
/** Names up to this length are looked at byte by byte: a call of the decoder costs about as much as 50 bytes. */
const SHORT = 48;

/** Text of stored bytes: UTF-8 whatever the character set says; malformed sequences become U+FFFD, a byte order mark stays. */
export function decodeText(bytes: Uint8Array): string {
  const { length } = bytes;
  if (length > SHORT) return UTF_8.decode(bytes);
  let text = "";
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number; // below the length
    if (byte >= 0x80) return UTF_8.decode(bytes);
    text += String.fromCharCode(byte);
  }
  return text;
}

/** UTF-8 bytes of a text. */
export function encodeText(text: string): Uint8Array {
  if (text.length > SHORT) return new TextEncoder().encode(text);
  // Names are short and ASCII nearly always: a loop takes a third of the encoder's time.
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return new TextEncoder().encode(text);
    bytes[i] = code;
  }
  return bytes;
}

/** Bytes as text, one character per byte (Latin-1); undefined where they are UTF-8, so that their text tells them. */
export function lostBytes(bytes: Uint8Array, text: string): string | undefined {
  if (!text.includes("\ufffd")) return undefined;
  const key = String.fromCharCode(...bytes);
  return key === String.fromCharCode(...encodeText(text)) ? undefined : key;
}

/** The narrowest character set that holds these bytes. */
export function charsetOf(bytes: Uint8Array): "ascii" | "utf-8" {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] as number) >= 0x80) return "utf-8"; // below the length
  return "ascii";
}
