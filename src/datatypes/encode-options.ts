/** What encoding is told, and what all of its parts share. */
import type { StoredAddress } from "./heap-ids.js";
import type { Reference, RegionReference } from "./values.js";

/** Takes what variable-length elements point to. */
export interface HeapSink {
  /** Store an object; the bytes are the sink's from then on. */
  put(bytes: Uint8Array): { readonly collection: number; readonly index: number };
}

/** What only the file knows. */
export interface EncodeOptions {
  /** Bytes of an address in the file: 8 by default. */
  readonly sizeOfOffsets?: number | undefined;
  /** What is stored of an address; absent: itself. */
  readonly storedAddress?: StoredAddress | undefined;
  /** Name of the file: references to objects of another one are refused. */
  readonly fileName?: string | undefined;
  /** Encodes what a region reference names in the heap: an address and a selection. */
  readonly region?: ((reference: RegionReference) => Uint8Array) | undefined;
  /** Encodes what a revised reference names in the heap. */
  readonly revised?: ((reference: Reference) => Uint8Array) | undefined;
}

/** One encoding. */
export interface Encoding {
  readonly sink: HeapSink;
  readonly options: EncodeOptions;
}

/** Which element of the data an item belongs to, for errors. */
export type Place = (item: number) => number;
