/** Stored strings and what variable-length elements name in the heap. */
import type { Bytes } from "../bytes/typed-arrays.js";
import { Hdf5FormatError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { Decoding } from "./decode-options.js";
import { sequenceAt } from "./heap-ids.js";
import { listOf } from "./shaped.js";
import { textOf, unpaddedLength } from "./text.js";

/** The bytes themselves where they are the caller's to have, else a copy. */
export function handOut({ mayView }: Decoding, bytes: Uint8Array): Bytes {
  const { buffer, byteOffset, byteLength } = bytes;
  const whole = byteOffset === 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
  return mayView && whole ? new Uint8Array(buffer) : new Uint8Array(bytes);
}

export function decodeStrings(
  decoding: Decoding,
  bytes: Uint8Array,
  datatype: Datatype & { readonly kind: "string" },
  count: number,
): string[] {
  const { strings = "utf-8" } = decoding.options;
  const encoding = strings === "bytes" ? "utf-8" : strings;
  const { size, padding } = datatype;
  if (datatype.length !== "variable") {
    return listOf(count, (i) => textOf(bytes, i * size, unpaddedLength(bytes, i * size, size, padding), encoding));
  }
  const text = stringBytes(decoding, bytes, datatype);
  return listOf(count, (i) => {
    const own = text(i);
    return textOf(own, 0, own.length, encoding);
  });
}

/** Each string's bytes without padding; copies. */
export function stringBytes(
  decoding: Decoding,
  bytes: Uint8Array,
  { size, length, padding }: Datatype & { readonly kind: "string" },
): (i: number) => Bytes {
  if (length !== "variable") return (i) => copyOf(bytes, i * size, unpaddedLength(bytes, i * size, size, padding));
  return (i) => {
    const object = sequenceBytes(decoding, bytes, i, size, 1);
    // Whatever the padding says, a variable string ends at NUL.
    return copyOf(object, 0, unpaddedLength(object, 0, object.length, "null-terminated"));
  };
}

export function copyOf(bytes: Uint8Array, start: number, length: number): Bytes {
  return new Uint8Array(bytes.subarray(start, start + length));
}

const EMPTY = /* @__PURE__ */ new Uint8Array(0);

/** What a variable-length element names in the heap: its length × `itemSize` bytes, a view. Empty when null. */
export function sequenceBytes(
  { heap, options }: Decoding,
  bytes: Uint8Array,
  i: number,
  size: number,
  itemSize: number,
): Uint8Array {
  const sequence = sequenceAt(bytes, i * size, size);
  if (sequence === undefined) return EMPTY;
  const { collection, index } = sequence.id;
  const object = heap.get(collection, index);
  const needed = sequence.length * itemSize;
  if (object.length >= needed) return object.subarray(0, needed);
  throw new Hdf5FormatError(
    { structure: "global heap object", address: collection },
    `${index} has ${object.length} bytes, an element of ${sequence.length} × ${itemSize} bytes needs more`,
    { file: options.fileName },
  );
}
