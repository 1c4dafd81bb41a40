/**
 * Variable-length values of one flush, packed into fresh global heap collections. Design: writer-design, section 3.4:
 * a live collection is never written into. Spec: III.E.
 */
import type { HeapSink } from "../datatypes/encode.js";
import type { FormatContext } from "../format/context.js";
import { encodeGlobalHeapCollection, globalHeapHeaderSize, globalHeapObjectSize } from "../format/global-heap.js";
import type { Allocator } from "./allocator.js";
import type { Commit } from "./commit.js";

const SMALLEST_COLLECTION = 4096;
const LARGEST_RESERVED = 2 ** 20;
const MAX_OBJECTS = 65_535; // a two-byte index that starts at 1

interface Collection {
  readonly address: number;
  readonly reserved: number;
  readonly objects: Map<number, Uint8Array>;
  used: number;
}

export class HeapCollector implements HeapSink {
  readonly #context: FormatContext;
  readonly #allocator: Allocator;
  readonly #pending: Map<number, ReadonlyMap<number, Uint8Array>>;
  readonly #collections: Collection[] = [];

  /** @param pending where readers find what is not written yet. */
  constructor(context: FormatContext, allocator: Allocator, pending: Map<number, ReadonlyMap<number, Uint8Array>>) {
    this.#context = context;
    this.#allocator = allocator;
    this.#pending = pending;
  }

  put(bytes: Uint8Array): { collection: number; index: number } {
    const size = globalHeapObjectSize(bytes.length, this.#context);
    let current = this.#collections.at(-1);
    if (current === undefined || current.used + size > current.reserved || current.objects.size >= MAX_OBJECTS) {
      const header = globalHeapHeaderSize(this.#context);
      const wanted = Math.min(SMALLEST_COLLECTION * 4 ** this.#collections.length, LARGEST_RESERVED);
      const reserved = Math.max(wanted, header + size);
      current = {
        address: this.#allocator.metadata(reserved, { usage: "global-heap", sectorSafe: false }),
        reserved,
        objects: new Map(),
        used: header,
      };
      this.#collections.push(current);
      this.#pending.set(current.address, current.objects);
    }
    const index = current.objects.size + 1;
    current.objects.set(index, bytes);
    current.used += size;
    return { collection: current.address, index };
  }

  /** Write the collections; what they do not need of their space is given back. */
  flush(commit: Commit): void {
    for (const { address, reserved, objects, used } of this.#collections) {
      const size = Math.max(SMALLEST_COLLECTION, used);
      this.#allocator.giveBack(address + size, reserved - size, "metadata");
      const stored = [...objects].map(([index, bytes]) => ({ index, bytes }));
      commit.data.push({ address, bytes: encodeGlobalHeapCollection(stored, size, this.#context) });
    }
    this.#collections.length = 0;
  }

  /** After the flush: readers find the collections in the file. */
  flushed(): void {
    this.#pending.clear();
  }
}
