/**
 * Metadata pages of one file. Walkers read through a session; what is not in memory is thrown as a `Miss`, loaded
 * (coalesced, shared between callers) by `settle`, and the step runs again. Of raw data only small pieces of
 * files far away go through here.
 */
import { copyOf } from "../drivers/copy-of.js";
import type { Driver } from "../drivers/driver.js";
import { type SharedWork, sharedWork } from "../drivers/shared-work.js";
import type { FilteredRange } from "../format/byte-source.js";
import { PagerSession, type SessionOptions } from "./pager-session.js";
import { type PageRun, type ReadAhead, runsOf } from "./read-ahead.js";

/** How a pager works. Sizes in bytes. */
export interface PagerOptions {
  /** Power of two. 16 KiB. */
  readonly pageSize?: number | undefined;
  /** Pages kept beyond those of running steps: 32 MiB. */
  readonly cacheBytes?: number | undefined;
  /** What is read beyond the pages asked for; nothing by default, as suits local files. */
  readonly ahead?: ReadAhead | undefined;
}

/** A part of a file: absolute addresses [from, to). */
export interface FilePart {
  readonly from: number;
  readonly to: number;
}

/** Pages read together, by number. */
type Pages = ReadonlyMap<number, Uint8Array>;

/** A page in memory. */
interface Page {
  readonly bytes: Uint8Array;
  /** Whether a step asks for it is still to be seen, and to be told. */
  watched: boolean;
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
  readonly #ahead: ReadAhead | undefined;
  /** By page number of the whole file; in order of last load or use by a session. */
  readonly #pages = new Map<number, Page>();
  readonly #loading = new Map<number, SharedWork<Pages>>();
  #cached = 0;
  /** Absolute address of relative address 0. */
  baseAddress = 0;
  /** For metadata that are stored through filters; what undefined cannot do is said by the step that asks. */
  unfilter: Unfilter | undefined;
  /** What counts instead of the medium's bytes: absolute addresses, ascending, not overlapping. */
  #overlay: readonly Overlay[] = [];
  /** End of the usable file, absolute; `Infinity` while unknown. */
  #end: number;
  /** Parts with ends of their own, absolute, ascending: what lies between them is nowhere. */
  #parts: FilePart[] = [];
  /** Raised whenever pages are dropped, so that loads under way do not bring old bytes back. */
  #generation = 0;
  /** Everything below some group is being gone through, by so many. */
  #walks = 0;
  hits = 0;
  misses = 0;

  constructor(driver: Driver, options: PagerOptions = {}) {
    this.#driver = driver;
    this.pageSize = options.pageSize ?? 16 * 1024;
    this.#cacheBytes = options.cacheBytes ?? 32 * 2 ** 20;
    this.#ahead = options.ahead;
    this.#end = driver.size ?? Number.POSITIVE_INFINITY;
  }

  /** A request costs much more than its bytes. */
  get isFar(): boolean {
    return this.#ahead !== undefined;
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

  /** State that the file consists of parts that are no neighbours, up to the end. */
  setParts(parts: readonly FilePart[]): void {
    this.#parts = [...parts];
  }

  /** The file reaches this address, relative to the base address, in the part that it is in. */
  reach(end: number): void {
    const absolute = end + this.baseAddress;
    const number = this.#parts.filter(({ from }) => from < absolute).length - 1;
    const part = this.#parts[number];
    if (part !== undefined && part.to < absolute) {
      this.invalidate(part.to - this.baseAddress, 1);
      this.#parts[number] = { from: part.from, to: absolute };
    }
    if (absolute > this.#end) this.setEnd(absolute);
  }

  /** Where the part of the file with this address ends, relative to the base address as the address is. */
  endAt(address: number): number {
    if (this.#parts.length === 0) return this.end;
    const at = address + this.baseAddress;
    let end = 0;
    for (const { from, to } of this.#parts) if (from <= at) end = to;
    return Math.min(this.#end, end) - this.baseAddress;
  }

  /** Make the first read, after which a medium that could not tell its size may know it. */
  async begin(signal?: AbortSignal | undefined): Promise<void> {
    if (this.#end === 0) return;
    const count = Math.max(1, Math.floor((this.#ahead?.firstBytes ?? 0) / this.pageSize));
    await this.#load({ first: 0, count: this.#clip(count) }, true).join(signal);
    this.#end = this.#driver.size ?? this.#end;
  }

  /** Everything below a group will be asked for: a small file is worth reading whole. To be called when it is done. */
  walk(): () => void {
    let walking = true;
    this.#walks++;
    return () => {
      if (walking) this.#walks--;
      walking = false;
    };
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

  /** A page that is in memory, for a step that needs it. */
  page(number: number): Uint8Array | undefined {
    const page = this.#pages.get(number);
    if (page === undefined) return undefined;
    this.hits++;
    this.#pages.delete(number);
    this.#pages.set(number, page);
    this.#seeUsed(page);
    return page.bytes;
  }

  #seeUsed(page: Page): void {
    if (page.watched) this.#ahead?.used();
    page.watched = false;
  }

  /** Load pages, neighbours in one read, each page once whoever asks. */
  async loadPages(numbers: readonly number[], signal: AbortSignal | undefined): Promise<Map<number, Uint8Array>> {
    const wanted = [...new Set(numbers)].sort((a, b) => a - b);
    const loaded = new Map<number, Uint8Array>();
    const absent = wanted.filter((number) => !this.#pages.has(number) && !this.#isLoading(number));
    this.misses += absent.length;
    if (absent.length > 0) for (const run of this.#plan(absent)) this.#load(run, false);
    const waits = new Set<SharedWork<Pages>>();
    for (const number of wanted) {
      const present = this.page(number);
      const work = this.#loading.get(number);
      if (present !== undefined) loaded.set(number, present);
      else if (work !== undefined) waits.add(work);
    }
    const numbersWanted = new Set(wanted);
    for (const pages of await Promise.all([...waits].map((work) => work.join(signal)))) {
      for (const [number, bytes] of pages) {
        if (!numbersWanted.has(number)) continue;
        loaded.set(number, bytes);
        const page = this.#pages.get(number);
        if (page !== undefined) this.#seeUsed(page);
      }
    }
    return loaded;
  }

  #isLoading(number: number): boolean {
    const work = this.#loading.get(number);
    return work !== undefined && !work.abandoned;
  }

  /** The reads that bring the absent pages, which are given in order. */
  #plan(absent: readonly number[]): readonly PageRun[] {
    const isHere = (number: number): boolean => this.#pages.has(number) || this.#isLoading(number);
    const pages = Number.isFinite(this.#end) ? Math.ceil(this.#end / this.pageSize) : Number.POSITIVE_INFINITY;
    if (this.#ahead === undefined) return runsOf(absent, 0);
    return this.#ahead.plan(absent, { pageSize: this.pageSize, pages, walking: this.#walks > 0, isHere });
  }

  /** Pages from the first page on that the file has. */
  #clip(count: number): number {
    return Number.isFinite(this.#end) ? Math.min(count, Math.ceil(this.#end / this.pageSize)) : count;
  }

  /** Read pages side by side. */
  #load({ first, count, counted = false }: PageRun, mayEndEarly: boolean): SharedWork<Pages> {
    const { pageSize } = this;
    const offset = first * pageSize;
    const length = Math.max(0, Math.min(count * pageSize, this.#end - offset));
    const generation = this.#generation;
    const work = sharedWork(async (signal): Promise<Pages> => {
      try {
        const bytes = this.#overlaid(offset, await this.#driver.read(offset, length, { signal }));
        const pages = new Map<number, Uint8Array>();
        for (let i = 0; i < count; i++) {
          // Pages are let go of one by one: none may keep the bytes of a whole read.
          const page =
            count === 1 && bytes.length <= pageSize ? bytes : copyOf(bytes, i * pageSize, (i + 1) * pageSize);
          if (page.length === 0 && mayEndEarly) break;
          pages.set(first + i, page);
        }
        if (generation === this.#generation) for (const [number, page] of pages) this.#keep(number, page, counted);
        return pages;
      } finally {
        for (let i = 0; i < count; i++) if (this.#loading.get(first + i) === work) this.#loading.delete(first + i);
      }
    });
    for (let i = 0; i < count; i++) this.#loading.set(first + i, work);
    return work;
  }

  #overlaid(offset: number, bytes: Uint8Array): Uint8Array {
    const end = offset + bytes.length;
    let out = bytes;
    for (let i = this.#firstBehind(offset); i < this.#overlay.length; i++) {
      const piece = this.#overlay[i] as Overlay; // below the length
      if (piece.offset >= end) break;
      if (out === bytes) out = copyOf(bytes);
      const from = Math.max(0, offset - piece.offset);
      const to = Math.min(piece.bytes.length, end - piece.offset);
      out.set(piece.bytes.subarray(from, to), piece.offset + from - offset);
    }
    return out;
  }

  /** The first piece of the overlay that ends behind an offset. */
  #firstBehind(offset: number): number {
    let low = 0;
    for (let high = this.#overlay.length; low < high; ) {
      const middle = (low + high) >> 1;
      const piece = this.#overlay[middle] as Overlay; // below the length
      if (piece.offset + piece.bytes.length > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #keep(number: number, bytes: Uint8Array, watched: boolean): void {
    this.#drop(number);
    this.#pages.set(number, { bytes, watched });
    this.#cached += bytes.length;
    for (const oldest of this.#pages.keys()) {
      if (this.#cached <= this.#cacheBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(number: number): void {
    const page = this.#pages.get(number);
    if (page === undefined) return;
    this.#pages.delete(number);
    this.#cached -= page.bytes.length;
  }
}
