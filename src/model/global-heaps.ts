/** The global heap collections that elements name: loaded before decoding, which is synchronous. */
import { collectHeapAddresses, type HeapObjects } from "../datatypes/decode.js";
import { Hdf5FormatError, Hdf5LimitError } from "../errors.js";
import { gatherMisses } from "../format/gather-misses.js";
import { readGlobalHeapCollection } from "../format/global-heap.js";
import type { Datatype } from "../format/messages/datatype.js";
import { settle } from "../io/settle.js";
import type { HeapCollection } from "./heap-cache.js";
import type { FileState } from "./state.js";

/** Collections loaded by one step. */
const BATCH = 64;

/** Sequences nest as deep as their datatype; more rounds than that find nothing new. */
const MAX_ROUNDS = 64;

/**
 * Everything in global heaps that these elements lead to, nested sequences included.
 * @param bytes stored elements, `count` of them.
 * @param maxBytes what may be taken from the heaps: one object can be named by many elements.
 * @throws Hdf5FormatError when a collection is damaged; Hdf5LimitError beyond `maxBytes`.
 */
export async function heapObjects(
  file: FileState,
  bytes: Uint8Array,
  datatype: Datatype,
  count: number,
  maxBytes: number = file.limits.readBytes,
): Promise<HeapObjects> {
  const collections = new Map<number, HeapCollection>();
  const known = (address: number): HeapCollection | undefined => collections.get(address);
  let loaded = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const missing = collectHeapAddresses(bytes, datatype, count, known, file.context.sizeOfOffsets);
    if (missing.length === 0) break;
    for (let i = 0; i < missing.length; i += BATCH) {
      for (const [address, collection] of await load(file, missing.slice(i, i + BATCH))) {
        collections.set(address, collection);
        for (const object of collection.values()) loaded += object.length;
        if (loaded > maxBytes) throw new Hdf5LimitError("readBytes", loaded, maxBytes, "variable-length data");
      }
    }
  }
  let taken = 0;
  return {
    get(address, index) {
      const object = collections.get(address)?.get(index);
      if (object === undefined) {
        throw new Hdf5FormatError({ structure: "global heap collection", address }, `holds no object ${index}`);
      }
      taken += object.length;
      if (taken > maxBytes) throw new Hdf5LimitError("readBytes", taken, maxBytes, "variable-length data");
      return object;
    },
  };
}

/** Nothing is in heaps: for elements that name none. */
export const NO_HEAP: HeapObjects = /* @__PURE__ */ Object.freeze({
  get(address: number): Uint8Array {
    throw new Hdf5FormatError({ structure: "global heap collection", address }, "was not loaded");
  },
});

/** Collections by their addresses, each once. @throws Hdf5FormatError when one is damaged. */
export async function loadCollections(
  file: FileState,
  addresses: Iterable<number>,
): Promise<ReadonlyMap<number, HeapCollection>> {
  const all = [...new Set(addresses)];
  const found = new Map<number, HeapCollection>();
  for (let i = 0; i < all.length; i += BATCH) {
    for (const [address, collection] of await load(file, all.slice(i, i + BATCH))) found.set(address, collection);
  }
  return found;
}

async function load(file: FileState, addresses: readonly number[]): Promise<Map<number, HeapCollection>> {
  const found = new Map<number, HeapCollection>();
  const absent: number[] = [];
  for (const address of addresses) {
    const collection = file.pendingHeaps.get(address) ?? file.heaps.get(address);
    if (collection === undefined) absent.push(address);
    else found.set(address, collection);
  }
  if (absent.length === 0) return found;
  // Element data, not metadata: what it may cost is said by the read.
  const read = await settle(
    file.pager,
    (source) => {
      gatherMisses(absent, (address) => readGlobalHeapCollection(source, address, file.context));
      return absent.map((address) => [address, readGlobalHeapCollection(source, address, file.context)] as const);
    },
    { metadataBytes: file.limits.readBytes },
  );
  for (const [address, collection] of read) {
    file.heaps.put(address, collection);
    found.set(address, collection);
  }
  return found;
}
