/** Global heap collections of one file, kept for later reads: least recently used first out. */

/** The objects of one collection by index. */
export type HeapCollection = ReadonlyMap<number, Uint8Array>;

const LIMIT = 16 * 2 ** 20;

export class HeapCache {
  /** In order of last use. */
  readonly #collections = new Map<number, { readonly objects: HeapCollection; readonly bytes: number }>();
  #bytes = 0;

  get(address: number): HeapCollection | undefined {
    const entry = this.#collections.get(address);
    if (entry === undefined) return undefined;
    this.#collections.delete(address);
    this.#collections.set(address, entry);
    return entry.objects;
  }

  put(address: number, objects: HeapCollection): void {
    let bytes = 0;
    for (const object of objects.values()) bytes += object.length;
    this.delete(address);
    this.#collections.set(address, { objects, bytes });
    this.#bytes += bytes;
    for (const [oldest, entry] of this.#collections) {
      if (this.#bytes <= LIMIT) break;
      this.#collections.delete(oldest);
      this.#bytes -= entry.bytes;
    }
  }

  /** The collection at this address was changed or freed. */
  delete(address: number): void {
    const entry = this.#collections.get(address);
    if (entry === undefined) return;
    this.#collections.delete(address);
    this.#bytes -= entry.bytes;
  }

  clear(): void {
    this.#collections.clear();
    this.#bytes = 0;
  }
}
