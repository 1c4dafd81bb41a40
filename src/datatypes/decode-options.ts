/** What decoding is told, and what all of its parts share. */
import type { NumericArrays, NumericName } from "../bytes/typed-arrays.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { Int64Policy } from "./decode-numbers.js";
import type { HeapReferences } from "./decode-references.js";
import type { HeapObjects } from "./heap-ids.js";
import type { TextEncoding } from "./text.js";
import type { NdArray } from "./values.js";

/** How elements are decoded. */
export interface DecodeOptions {
  /** How 64-bit integers are given where neither `as` nor `into` says. */
  readonly int64: Int64Policy;
  /** Numbers as this element type, strings and enumerations as text. */
  readonly as?: NumericName | "string" | undefined;
  /** Where numbers go: exactly as many as there are; its type is that of the result. */
  readonly into?: NumericArrays[NumericName] | undefined;
  /** Compounds: these members, in this order. Complex numbers: of `r` and `i`. */
  readonly fields?: readonly string[] | undefined;
  /** `"utf-8"` by default. */
  readonly strings?: TextEncoding | "bytes" | undefined;
  /** Stored bytes. With `fields`, members one by one, variable-length ones as what lies in the heap. */
  readonly raw?: boolean | undefined;
  /** Name of the file, for errors. */
  readonly fileName: string;
  /** Bytes of an address in the file. */
  readonly sizeOfOffsets: number;
  /** Decodes what references name in the heap; needed where `hasHeapReferences`. */
  readonly references?: HeapReferences | undefined;
}

/** What `as` and `into` give. */
export type Converted = NdArray<NumericArrays[NumericName] | string[]> & {
  readonly kind: "number" | "bigint" | "string";
};

/** One decoding. */
export interface Decoding {
  readonly options: DecodeOptions;
  readonly heap: HeapObjects;
  /** Results may be views of the bytes. */
  readonly mayView: boolean;
  /** Elements as `options.as` or `options.into` says; columns offer it later. */
  readonly convert: (decoding: Decoding, bytes: Uint8Array, datatype: Datatype, shape: readonly number[]) => Converted;
}
