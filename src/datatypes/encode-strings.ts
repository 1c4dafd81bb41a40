/** Text to stored strings. Bytes given in the place of text are stored as they are. */

import type { Bytes } from "../bytes/typed-arrays.js";
import { Hdf5ValueError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { Encoding, Place } from "./encode-options.js";
import { putSequence } from "./heap-ids.js";
import { nameOfArray } from "./machine-types.js";
import { refuse } from "./write-data.js";

type StringType = Extract<Datatype, { readonly kind: "string" }>;

const utf8 = /* @__PURE__ */ new TextEncoder();
/** With the flag u only halves of pairs match. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Can this stand for a string? */
export function isStringBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && nameOfArray(value) === "uint8";
}

/**
 * Stored strings; fresh bytes.
 * @throws Hdf5ValueError for the first one that is too long, holds a NUL that would end it, or is not of the character set.
 */
export function encodeStrings(
  encoding: Encoding,
  items: ArrayLike<unknown>,
  datatype: StringType,
  place: Place,
): Bytes {
  const { size, length, padding } = datatype;
  const out = new Uint8Array(items.length * size);
  if (length !== "variable" && padding === "space-padded") out.fill(0x20);
  for (let i = 0; i < items.length; i++) {
    const bytes = stringBytes(items[i], datatype, i, place);
    if (length === "variable") {
      putSequence(out, i * size, size, bytes.length, encoding.sink.put(bytes), encoding.options.storedAddress);
    } else {
      if (bytes.length > size)
        throw new Hdf5ValueError(place(i), `a string of ${bytes.length} bytes is longer than ${size}`);
      out.set(bytes, i * size);
    }
  }
  return out;
}

function stringBytes(item: unknown, datatype: StringType, i: number, place: Place): Uint8Array {
  const { length, padding, charset } = datatype;
  const ends = length === "variable" || padding === "null-terminated";
  if (typeof item !== "string") {
    if (!isStringBytes(item)) return refuse(item, place(i), "strings");
    const nul = item.indexOf(0);
    if (ends ? nul >= 0 : item.at(-1) === 0) throw withNul(place(i));
    return new Uint8Array(item);
  }
  if (ends ? item.includes("\0") : item.endsWith("\0")) throw withNul(place(i));
  const bytes = utf8.encode(item);
  if (bytes.length === item.length) return bytes; // ASCII
  if (charset === "ascii") throw new Hdf5ValueError(place(i), "the string is not ASCII, as its datatype says");
  if (LONE_SURROGATE.test(item)) throw new Hdf5ValueError(place(i), "the string holds half of a surrogate pair");
  return bytes;
}

function withNul(index: number): Hdf5ValueError {
  return new Hdf5ValueError(index, "the string holds a NUL, which would end it");
}
