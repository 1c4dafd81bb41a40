/** Decoded chunks of one file, kept for later reads: least recently used first out. */

interface Kept {
  /** What the stored bytes were decoded as. A damaged file may name the same bytes twice, as different things. */
  readonly as: string;
  readonly bytes: Uint8Array;
}

export class ChunkCache {
  readonly #limit: number;
  /** In order of last use. */
  readonly #chunks = new Map<number, Kept>();
  #bytes = 0;
  hits = 0;
  misses = 0;

  /** @param limit bytes kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The chunk stored at an address, if it was decoded as the same thing; not to be changed. */
  get(address: number, as: string): Uint8Array | undefined {
    const chunk = this.#chunks.get(address);
    if (chunk === undefined || chunk.as !== as) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    this.#chunks.delete(address);
    this.#chunks.set(address, chunk);
    return chunk.bytes;
  }

  /** Keep a chunk. A view of a larger buffer is copied, so that what is counted is what is held. */
  put(address: number, as: string, chunk: Uint8Array): void {
    if (chunk.length > this.#limit) return;
    this.delete(address);
    const own = chunk.length === chunk.buffer.byteLength ? chunk : chunk.slice();
    this.#chunks.set(address, { as, bytes: own });
    this.#bytes += own.length;
    for (const [oldest, { bytes }] of this.#chunks) {
      if (this.#bytes <= this.#limit) break;
      this.#chunks.delete(oldest);
      this.#bytes -= bytes.length;
    }
  }

  /** The chunk at this address was changed or freed. */
  delete(address: number): void {
    const chunk = this.#chunks.get(address);
    if (chunk === undefined) return;
    this.#chunks.delete(address);
    this.#bytes -= chunk.bytes.length;
  }

  clear(): void {
    this.#chunks.clear();
    this.#bytes = 0;
  }
}
