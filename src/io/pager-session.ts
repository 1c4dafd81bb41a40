/** What one step reads from: it pins the pages that it touches, and loads what a `Miss` names. */
import { Cursor } from "../bytes/cursor.js";
import { Hdf5LimitError, Hdf5TruncatedError, Hdf5UnsupportedError } from "../errors.js";
import { type ByteRange, type ByteSource, type FilteredRange, Miss } from "../format/byte-source.js";
import type { Pager } from "./pager.js";

/** What one session may cost. */
export interface SessionOptions {
  /** Bytes the session may load. */
  readonly metadataBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What one step reads from: the pages and decoded nodes it touched stay until it is dropped. */
export class PagerSession implements ByteSource {
  readonly #pager: Pager;
  readonly #budget: number;
  readonly #signal: AbortSignal | undefined;
  readonly #pages = new Map<number, Uint8Array>();
  readonly #decoded = new Map<string, unknown>();
  /** By address and length. */
  readonly #unfiltered = new Map<string, Uint8Array>();
  #loadedBytes = 0;

  constructor(pager: Pager, options: SessionOptions) {
    this.#pager = pager;
    this.#budget = options.metadataBytes ?? Number.POSITIVE_INFINITY;
    this.#signal = options.signal;
  }

  get end(): number {
    return this.#pager.end;
  }

  read(address: number, length: number, structure: string): Cursor {
    const end = this.#pager.endAt(address);
    if (!(address >= 0 && length >= 0 && address + length <= end)) {
      throw new Hdf5TruncatedError(
        { structure, address },
        `is ${length} bytes long and leaves the file, which ends at 0x${end.toString(16)}`,
      );
    }
    return new Cursor(this.#bytes(address, length, structure), structure, address);
  }

  readUpTo(address: number, length: number, structure: string): Cursor {
    const end = this.#pager.endAt(address);
    if (!(address >= 0 && address < end)) {
      throw new Hdf5TruncatedError(
        { structure, address },
        `lies outside the file, which ends at 0x${end.toString(16)}`,
      );
    }
    return this.read(address, Math.min(length, end - address), structure);
  }

  unfiltered(range: FilteredRange): Cursor {
    const { address, length, structure } = range;
    const bytes = this.#unfiltered.get(`${address}+${length}`);
    if (bytes !== undefined) return new Cursor(bytes, structure, address);
    if (!(address >= 0 && length >= 0 && address + length <= this.#pager.endAt(address)))
      this.read(address, length, structure);
    throw new Miss([], [range]);
  }

  need(ranges: readonly ByteRange[]): void {
    const inside = ranges.filter(
      (r) => r.address >= 0 && r.length >= 0 && r.address + r.length <= this.#pager.endAt(r.address),
    );
    const absent = inside.filter((range) => this.#absentPages(range).length > 0);
    if (absent.length > 0) throw new Miss(absent);
  }

  memo<T>(structure: string, address: number, decode: () => T): T {
    const key = `${structure}@${address}`;
    // The key names structure and place, so what is found was made by the same `decode` and is a T.
    if (this.#decoded.has(key)) return this.#decoded.get(key) as T;
    const value = decode();
    this.#decoded.set(key, value);
    return value;
  }

  /** Load what a `Miss` named. @throws Hdf5LimitError beyond the session's budget; what undoing filters throws. */
  async load(ranges: readonly ByteRange[], filtered: readonly FilteredRange[] = []): Promise<void> {
    const numbers = new Set<number>();
    for (const range of [...ranges, ...filtered]) for (const number of this.#absentPages(range)) numbers.add(number);
    this.#loadedBytes += numbers.size * this.#pager.pageSize;
    for (const { size } of filtered) this.#loadedBytes += size;
    if (this.#loadedBytes > this.#budget) {
      throw new Hdf5LimitError("metadataBytes", this.#loadedBytes, this.#budget, "metadata of one call");
    }
    const pages = await this.#pager.loadPages([...numbers], this.#signal);
    for (const [number, page] of pages) this.#pages.set(number, page);
    for (const range of filtered) await this.#unfilter(range);
  }

  async #unfilter(range: FilteredRange): Promise<void> {
    const { unfilter } = this.#pager;
    if (unfilter === undefined) throw new Hdf5UnsupportedError("metadata stored through filters");
    const stored = this.#bytes(range.address, range.length, range.structure);
    const key = `${range.address}+${range.length}`;
    this.#unfiltered.set(key, await unfilter(stored, range, this.#signal));
  }

  #pageOf(number: number): Uint8Array | undefined {
    const pinned = this.#pages.get(number);
    if (pinned !== undefined) return pinned;
    const page = this.#pager.page(number);
    if (page !== undefined) this.#pages.set(number, page);
    return page;
  }

  #absentPages({ address, length }: ByteRange): number[] {
    const { pageSize, baseAddress } = this.#pager;
    const absent: number[] = [];
    if (length === 0) return absent;
    const last = Math.floor((address + baseAddress + length - 1) / pageSize);
    for (let number = Math.floor((address + baseAddress) / pageSize); number <= last; number++) {
      if (this.#pageOf(number) === undefined) absent.push(number);
    }
    return absent;
  }

  #bytes(address: number, length: number, structure: string): Uint8Array {
    if (length === 0) return new Uint8Array(0);
    const { pageSize, baseAddress } = this.#pager;
    const offset = address + baseAddress;
    const first = Math.floor(offset / pageSize);
    const last = Math.floor((offset + length - 1) / pageSize);
    if (first === last) {
      const page = this.#pageOf(first);
      if (page === undefined) throw new Miss([{ address, length }]);
      return this.#exact(
        page.subarray(offset - first * pageSize, offset - first * pageSize + length),
        length,
        address,
        structure,
      );
    }
    if (this.#absentPages({ address, length }).length > 0) throw new Miss([{ address, length }]);
    const bytes = new Uint8Array(length);
    let filled = 0;
    for (let number = first; number <= last; number++) {
      const page = this.#pageOf(number) as Uint8Array; // present: asked for just above
      const part = page.subarray(
        Math.max(0, offset - number * pageSize),
        Math.min(pageSize, offset + length - number * pageSize),
      );
      bytes.set(part, filled);
      filled += part.length;
    }
    return this.#exact(bytes.subarray(0, filled), length, address, structure);
  }

  /** A medium that cannot tell its size may end early. */
  #exact(bytes: Uint8Array, length: number, address: number, structure: string): Uint8Array {
    if (bytes.length === length) return bytes;
    throw new Hdf5TruncatedError(
      { structure, address },
      `needs ${length} bytes, the file holds ${bytes.length} of them`,
    );
  }
}
