/**
 * A ByteSource over plain bytes in pages that are absent until loaded: what the pager is to a file, without a driver.
 * It counts round trips and decodes, which the real pager does not, and is the proof that a walker may be retried.
 */
import { inflateSync } from "node:zlib";
import { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5TruncatedError } from "../../src/errors.js";
import { type ByteRange, type ByteSource, type FilteredRange, Miss } from "../../src/format/byte-source.js";
import { denseStorage, newerChunkIndexes } from "../../src/format/rare.js";

// This source cannot wait: what walkers load when they need it is loaded before.
await Promise.all([denseStorage.load(), newerChunkIndexes.load()]);

export class PagedSource implements ByteSource {
  readonly end: number;
  /** Loads asked for since the last `settle` began. */
  rounds = 0;
  /** Structures decoded since the last `settle` began, by name. */
  readonly decoded: Map<string, number> = new Map<string, number>();
  readonly #bytes: Uint8Array;
  readonly #pageSize: number;
  readonly #present = new Set<number>();
  readonly #memo = new Map<string, unknown>();

  /** @param pageSize in bytes; Infinity: everything is in memory. */
  constructor(bytes: Uint8Array, pageSize: number) {
    this.#bytes = bytes;
    this.#pageSize = pageSize;
    this.end = bytes.length;
  }

  read(address: number, length: number, structure: string): Cursor {
    if (!(address + length <= this.end)) {
      throw new Hdf5TruncatedError({ structure, address }, `of ${length} bytes leaves the file of ${this.end}`);
    }
    this.need([{ address, length }]);
    return new Cursor(this.#bytes.subarray(address, address + length), structure, address);
  }

  readUpTo(address: number, length: number, structure: string): Cursor {
    if (!(address < this.end)) {
      throw new Hdf5TruncatedError({ structure, address }, `is outside the file of ${this.end}`);
    }
    return this.read(address, Math.min(length, this.end - address), structure);
  }

  unfiltered({ address, length, structure, filters, filterMask, size }: FilteredRange): Cursor {
    let bytes = this.read(address, length, structure).bytes;
    for (const { id } of filters.filter((_, i) => ((filterMask >> i) & 1) === 0).reverse()) {
      if (id === 1) bytes = new Uint8Array(inflateSync(bytes));
      else if (id === 3) bytes = bytes.subarray(0, -4);
      else throw new Error(`filter ${id} is not known here`);
    }
    if (bytes.length !== size) throw new Error(`${bytes.length} bytes, expected ${size}`);
    return new Cursor(bytes, structure, address);
  }

  need(ranges: readonly ByteRange[]): void {
    const absent = ranges.filter((range) => this.#pages(range).some((page) => !this.#present.has(page)));
    if (absent.length > 0) throw new Miss(absent);
  }

  memo<T>(structure: string, address: number, decode: () => T): T {
    const key = `${structure}@${address}`;
    if (this.#memo.has(key)) return this.#memo.get(key) as T; // what `decode` of the same structure returned
    const value = decode();
    this.decoded.set(structure, (this.decoded.get(structure) ?? 0) + 1);
    this.#memo.set(key, value);
    return value;
  }

  /** Run a step until nothing is missing. */
  settle<T>(step: (source: ByteSource) => T): T {
    this.rounds = 0;
    this.decoded.clear();
    this.#memo.clear();
    for (;;) {
      try {
        return step(this);
      } catch (thrown) {
        if (!(thrown instanceof Miss)) throw thrown;
        this.rounds++;
        const before = this.#present.size;
        for (const range of thrown.ranges) for (const page of this.#pages(range)) this.#present.add(page);
        if (this.#present.size === before) throw new Error("a miss names no absent page");
      }
    }
  }

  #pages({ address, length }: ByteRange): number[] {
    const last = Math.min(address + length, this.end);
    if (this.#pageSize === Infinity || address >= last) return [];
    const pages: number[] = [];
    for (let page = Math.floor(address / this.#pageSize); page * this.#pageSize < last; page++) pages.push(page);
    return pages;
  }
}

/** The page sizes at which a cold, a warm and an in-memory walk must agree. */
export const PAGE_SIZES: readonly number[] = [1, 2, 3, 5, 7, 8, 13, 16, 31, 32, 63, 64, 4096];

/**
 * Walk cold at each page size, then again warm, and compare with the walk over plain bytes.
 * @returns that walk's result, and the round trips of the cold walk per page size.
 */
export function walkEverywhere<T>(
  bytes: Uint8Array,
  step: (source: ByteSource) => T,
  expectEqual: (actual: T, expected: T) => void,
): { readonly result: T; readonly rounds: ReadonlyMap<number, number> } {
  const result = new PagedSource(bytes, Infinity).settle(step);
  const rounds = new Map<number, number>();
  for (const pageSize of PAGE_SIZES) {
    const source = new PagedSource(bytes, pageSize);
    expectEqual(source.settle(step), result);
    rounds.set(pageSize, source.rounds);
    expectEqual(source.settle(step), result);
    if (source.rounds !== 0) throw new Error(`a warm walk at page size ${pageSize} missed`);
  }
  return { result, rounds };
}
