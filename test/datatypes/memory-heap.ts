/** A global heap in memory: what encoding puts there, decoding finds. Collections hold few objects, so that there are several. */
import {
  collectHeapAddresses,
  type DecodeOptions,
  decodeElements,
  type HeapObjects,
} from "../../src/datatypes/decode.js";
import { encodeElements, type HeapSink } from "../../src/datatypes/encode.js";
import { toValue } from "../../src/datatypes/to-value.js";
import type { ReadResult, Value, WriteData } from "../../src/datatypes/values.js";
import { Hdf5FormatError } from "../../src/errors.js";
import type { Datatype } from "../../src/format/messages/datatype.js";

const OBJECTS = 3;

export class MemoryHeap implements HeapSink, HeapObjects {
  readonly collections: Map<number, Map<number, Uint8Array>> = new Map<number, Map<number, Uint8Array>>();
  puts = 0;

  put(bytes: Uint8Array): { collection: number; index: number } {
    const collection = 4096 * (1 + Math.floor(this.puts / OBJECTS));
    const index = 1 + (this.puts % OBJECTS);
    this.puts++;
    const objects = this.collections.get(collection) ?? new Map<number, Uint8Array>();
    this.collections.set(collection, objects);
    objects.set(index, bytes);
    return { collection, index };
  }

  get(collection: number, index: number): Uint8Array {
    const object = this.collections.get(collection)?.get(index);
    if (object === undefined)
      throw new Hdf5FormatError({ structure: "global heap collection", address: collection }, `has no ${index}`);
    return object;
  }

  /** Only the collections that asking for what is missing, again and again, brings to light. */
  loadedFor(bytes: Uint8Array, datatype: Datatype, count: number): HeapObjects {
    const loaded = new Map<number, ReadonlyMap<number, Uint8Array>>();
    for (;;) {
      const missing = collectHeapAddresses(bytes, datatype, count, (address) => loaded.get(address), 8);
      if (missing.length === 0) break;
      for (const address of missing) loaded.set(address, this.collections.get(address) ?? new Map());
    }
    return {
      get(collection, index) {
        const object = loaded.get(collection)?.get(index);
        if (object === undefined) throw new Hdf5FormatError({ structure: "global heap collection" }, "was not loaded");
        return object;
      },
    };
  }
}

export const OPTIONS: DecodeOptions = { int64: "bigint", fileName: "test.h5", sizeOfOffsets: 8 };

/** Elements that were encoded, with their heap. */
export interface Stored {
  readonly bytes: Uint8Array;
  readonly shape: readonly number[];
  readonly datatype: Datatype;
  readonly heap: MemoryHeap;
}

export function store(data: WriteData, datatype: Datatype, shape?: readonly number[]): Stored {
  const heap = new MemoryHeap();
  const encoded = encodeElements(data, datatype, shape, heap);
  return { bytes: encoded.bytes, shape: encoded.shape, datatype, heap };
}

/** Decode what was stored, from a copy of its bytes. */
export function load(stored: Stored, options: Partial<DecodeOptions> = {}): ReadResult {
  const { datatype, shape, heap } = stored;
  const bytes = stored.bytes.slice();
  const objects = heap.loadedFor(bytes, datatype, bytes.length / datatype.size);
  return decodeElements(bytes, datatype, shape, { ...OPTIONS, ...options }, objects);
}

export function loadValue(stored: Stored, options: Partial<DecodeOptions> = {}): Value {
  return toValue(stored.bytes.slice(), stored.datatype, stored.shape, { ...OPTIONS, ...options }, stored.heap);
}

export const NO_HEAP: HeapObjects = {
  get(address) {
    throw new Hdf5FormatError({ structure: "global heap collection", address }, "does not exist");
  },
};

/** Bytes written as hex. */
export function hexBytes(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/\s+/g, "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

export function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
