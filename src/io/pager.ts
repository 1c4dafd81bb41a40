/**
 * Metadata pages of one file. Walkers read through a session; what is not in memory is thrown as a `Miss`, loaded
 * (coalesced, shared between callers) by `settle`, and the step runs again. Raw data never goes through here.
 */
import { Cursor } from "../bytes/cursor.js";
import type { Driver } from "../drivers/driver.js";
import { Hdf5LimitError, Hdf5TruncatedError, Hdf5UnsupportedError } from "../errors.js";
import { type ByteRange, type ByteSource, type FilteredRange, Miss } from "../format/byte-source.js";

/** How a pager works. Sizes in bytes. */
export interface PagerOptions {
  /** Power of two. 16 KiB suits local files. */
  readonly pageSize?: number | undefined;
  /** Pages kept beyond those of running steps: 32 MiB. */
  readonly cacheBytes?: number | undefined;
}

/** What one session may cost. */
export interface SessionOptions {
  /** Bytes the session may load. */
  readonly metadataBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Overlay {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Undoes the filters of a range. @returns exactly `range.size` bytes. */
export type Unfilter = (
  bytes: Uint8Array,
  range: FilteredRange,
  signal: AbortSignal | undefined,
) => Promise<Uint8Array>;

export class Pager {
  readonly pageSize: number;
  readonly #driver: Driver;
  readonly #cacheBytes: number;
  /** By page number of the whole file; in order of last load or use by a session. */
  readonly #pages = new Map<number, Uint8Array>();
  readonly #loading = new Map<number, Promise<Uint8Array>>();
  #cached = 0;
  /** Absolute address of relative address 0. */
  baseAddress = 0;
  /** For metadata that are stored through filters; what undefined cannot do is said by the step that asks. */
  unfilter: Unfilter | undefined;
  /** What counts instead of the medium's bytes: absolute addresses, ascending, not overlapping. */
  #overlay: readonly Overlay[] = [];
  /** End of the usable file, absolute; `Infinity` while unknown. */
  #end: number;
  /** Raised whenever pages are dropped, so that loads under way do not bring old bytes back. */
  #generation = 0;
  hits = 0;
  misses = 0;

  constructor(driver: Driver, options: PagerOptions = {}) {
    this.#driver = driver;
    this.pageSize = options.pageSize ?? 16 * 1024;
    this.#cacheBytes = options.cacheBytes ?? 32 * 2 ** 20;
    this.#end = driver.size ?? Number.POSITIVE_INFINITY;
  }

  /** End of the usable file, relative to the base address. */
  get end(): number {
    return this.#end - this.baseAddress;
  }

  /** State the end of the usable file, absolute: min(stored end, real size). */
  setEnd(end: number): void {
    // The page that the old end cut short is not whole any more.
    if (end !== this.#end && Number.isFinite(this.#end)) this.invalidate(this.end, 1);
    this.#end = end;
  }

  /** Make the first read, after which a medium that could not tell its size may know it. */
  async begin(signal?: AbortSignal | undefined): Promise<void> {
    await this.loadPages([0], signal);
    this.#end = this.#driver.size ?? this.#end;
  }

  /**
   * Give these bytes wherever they belong, whatever the medium holds there.
   * @param pieces relative addresses, ascending, not overlapping; the bytes are kept.
   */
  overlay(pieces: readonly { readonly address: number; readonly bytes: Uint8Array }[]): void {
    this.#overlay = pieces.map(({ address, bytes }) => ({ offset: address + this.baseAddress, bytes }));
    this.invalidateAll();
  }

  /** A fresh session; it pins what it touches. */
  session(options: SessionOptions = {}): PagerSession {
    return new PagerSession(this, options);
  }

  /** The bytes [address, address + length) changed or vanished (relative addresses). */
  invalidate(address: number, length: number): void {
    this.#generation++;
    const first = Math.floor((address + this.baseAddress) / this.pageSize);
    const last = Math.floor((address + this.baseAddress + Math.max(length, 1) - 1) / this.pageSize);
    if (last - first > this.#pages.size) {
      for (const page of [...this.#pages.keys()]) if (page >= first && page <= last) this.#drop(page);
    } else {
      for (let page = first; page <= last; page++) this.#drop(page);
    }
  }

  /** Forget everything (somebody else changed the file). */
  invalidateAll(): void {
    this.#generation++;
    this.#pages.clear();
    this.#cached = 0;
  }

  /** A page that is in memory. */
  page(number: number): Uint8Array | undefined {
    const page = this.#pages.get(number);
    if (page !== undefined) this.hits++;
    return page;
  }

  /** Load pages, adjacent ones in one read, each page once whoever asks. */
  async loadPages(numbers: readonly number[], signal: AbortSignal | undefined): Promise<Map<number, Uint8Array>> {
    const loaded = new Map<number, Uint8Array>();
    const waits: Promise<void>[] = [];
    const absent: number[] = [];
    for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
      const present = this.#pages.get(number);
      const loading = this.#loading.get(number);
      if (present !== undefined) loaded.set(number, present);
      else if (loading !== undefined) waits.push(loading.then((page) => void loaded.set(number, page)));
      else absent.push(number);
    }
    for (let i = 0; i < absent.length; ) {
      let j = i + 1;
      while (j < absent.length && absent[j] === (absent[j - 1] as number) + 1) j++;
      const run = absent.slice(i, j);
      waits.push(
        this.#loadRun(run, signal).then((pages) => {
          run.forEach((number, k) => {
            loaded.set(number, pages[k] as Uint8Array); // one page for each number
          });
        }),
      );
      i = j;
    }
    await Promise.all(waits);
    return loaded;
  }

  async #loadRun(run: readonly number[], signal: AbortSignal | undefined): Promise<Uint8Array[]> {
    const { pageSize } = this;
    const offset = (run[0] as number) * pageSize;
    const length = Math.max(0, Math.min(run.length * pageSize, this.#end - offset));
    const generation = this.#generation;
    this.misses += run.length;
    const reading = this.#driver.read(offset, length, { signal }).then((bytes) => this.#overlaid(offset, bytes));
    const pages = run.map((number, i) => {
      const page = reading.then((bytes) => bytes.subarray(i * pageSize, (i + 1) * pageSize));
      this.#loading.set(number, page);
      return page;
    });
    try {
      const done = await Promise.all(pages);
      if (generation === this.#generation) {
        for (const [i, number] of run.entries()) this.#keep(number, done[i] as Uint8Array); // one page for each number
      }
      return done;
    } finally {
      run.forEach((number, i) => {
        if (this.#loading.get(number) === pages[i]) this.#loading.delete(number);
      });
    }
  }

  #overlaid(offset: number, bytes: Uint8Array): Uint8Array {
    const end = offset + bytes.length;
    const pieces = this.#overlay.filter((piece) => piece.offset < end && offset < piece.offset + piece.bytes.length);
    if (pieces.length === 0) return bytes;
    const out = bytes.slice();
    for (const piece of pieces) {
      const from = Math.max(0, offset - piece.offset);
      const to = Math.min(piece.bytes.length, end - piece.offset);
      out.set(piece.bytes.subarray(from, to), piece.offset + from - offset);
    }
    return out;
  }

  #keep(number: number, page: Uint8Array): void {
    this.#pages.set(number, page);
    this.#cached += page.length;
    for (const [oldest, bytes] of this.#pages) {
      if (this.#cached <= this.#cacheBytes) break;
      this.#pages.delete(oldest);
      this.#cached -= bytes.length;
    }
  }

  #drop(number: number): void {
    const page = this.#pages.get(number);
    if (page === undefined) return;
    this.#pages.delete(number);
    this.#cached -= page.length;
  }
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
    if (!(address >= 0 && length >= 0 && address + length <= this.end)) {
      throw new Hdf5TruncatedError(
        { structure, address },
        `is ${length} bytes long and leaves the file, which ends at 0x${this.end.toString(16)}`,
      );
    }
    return new Cursor(this.#bytes(address, length, structure), structure, address);
  }

  readUpTo(address: number, length: number, structure: string): Cursor {
    if (!(address >= 0 && address < this.end)) {
      throw new Hdf5TruncatedError(
        { structure, address },
        `lies outside the file, which ends at 0x${this.end.toString(16)}`,
      );
    }
    return this.read(address, Math.min(length, this.end - address), structure);
  }

  unfiltered(range: FilteredRange): Cursor {
    const { address, length, structure } = range;
    const bytes = this.#unfiltered.get(`${address}+${length}`);
    if (bytes !== undefined) return new Cursor(bytes, structure, address);
    if (!(address >= 0 && length >= 0 && address + length <= this.end)) this.read(address, length, structure);
    throw new Miss([], [range]);
  }

  need(ranges: readonly ByteRange[]): void {
    const inside = ranges.filter((r) => r.address >= 0 && r.length >= 0 && r.address + r.length <= this.end);
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
