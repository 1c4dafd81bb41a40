/**
 * Space for new blocks. Design: writer-design, section 4.2. Pure: hands out addresses, touches no file.
 *
 * Metadata lie in segments that grow with the file, raw data of 4 KiB and more at the end of the file, smaller raw
 * data in segments of their own. Blocks are 8-aligned. A sector-safe block crosses no 512-byte border.
 * Freed space may be written again two flushes later: then no live pointer and no reader's cache reaches it.
 * All addresses are relative to the base address (a multiple of 512).
 */

/** Unit of the medium that is written whole. */
export const SECTOR = 512;
const ALIGNMENT = 8;
const FIRST_SEGMENT = 2048;
const SMALLEST_SEGMENT = 4096;
const LARGEST_METADATA_SEGMENT = 2 ** 20;
const LARGEST_RAW_SEGMENT = 2 ** 16;
const RAW_AT_END = 4096;

interface Extent {
  address: number;
  size: number;
}

/** What a block holds: decides where it lies and which holes it may fill. */
export type SpaceKind = "metadata" | "raw";

/** Free extents of one kind, merged, in order of address. */
class FreeList {
  readonly extents: Extent[] = [];
  readonly #pageSize: number;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  add(address: number, size: number): void {
    if (size <= 0) return;
    let low = 0;
    let high = this.extents.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.extents[middle] as Extent).address < address) low = middle + 1;
      else high = middle;
    }
    const before = this.extents[low - 1];
    const after = this.extents[low];
    const joinsBefore = before !== undefined && before.address + before.size === address;
    const joinsAfter = after !== undefined && address + size === after.address;
    if (joinsBefore && joinsAfter) {
      before.size += size + after.size;
      this.extents.splice(low, 1);
    } else if (joinsBefore) before.size += size;
    else if (joinsAfter) {
      after.address = address;
      after.size += size;
    } else this.extents.splice(low, 0, { address, size });
  }

  /** The first hole (or, with `best`, the smallest) that takes the block; what is left of it stays free. */
  take(size: number, safe: number, best: boolean): number | undefined {
    let chosen = -1;
    let chosenSize = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.extents.length; i++) {
      const extent = this.extents[i] as Extent;
      if (extent.size >= chosenSize || placeIn(extent, size, safe, this.#pageSize) === undefined) continue;
      chosen = i;
      chosenSize = extent.size;
      if (!best) break;
    }
    const extent = this.extents[chosen];
    if (extent === undefined) return undefined;
    const address = placeIn(extent, size, safe, this.#pageSize) as number; // it was placed there just above
    this.extents.splice(chosen, 1);
    this.add(extent.address, address - extent.address);
    this.add(address + size, extent.address + extent.size - (address + size));
    return address;
  }

  /** Remove and return the free extent that ends at `end`, if there is one. */
  takeTail(end: number): number {
    const last = this.extents.at(-1);
    if (last === undefined || last.address + last.size !== end) return 0;
    this.extents.pop();
    return last.size;
  }
}

/** Where in the extent a block of this size may lie, its first `safe` bytes in one sector, and all of it in its pages. */
function placeIn(extent: Extent, size: number, safe: number, pageSize: number): number | undefined {
  let address = extent.address;
  if (pageSize > 0 && Math.floor(address / pageSize) !== Math.floor((address + size - 1) / pageSize))
    address = roundUp(address, pageSize);
  if (safe > 0 && crossesSector(address, safe)) address = roundUp(address, SECTOR);
  return address + size <= extent.address + extent.size ? address : undefined;
}

/** Does [address, address + size) cross a sector border? */
export function crossesSector(address: number, size: number): boolean {
  return Math.floor(address / SECTOR) !== Math.floor((address + size - 1) / SECTOR);
}

/** The next multiple of `unit`. */
export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** Hands out space of one file. */
export class Allocator {
  /** End of allocated space. */
  #end: number;
  #metadataBytes: number;
  #rawSegmentBytes = 0;
  readonly #free: Readonly<Record<SpaceKind, FreeList>>;
  /** The end is a multiple of this: of the page size, in files of pages. */
  readonly unit: number;
  readonly #pageSize: number;
  /** Below this, blocks may be of any writer: what lies behind them up to the next multiple of 8 need not be free. */
  readonly #foreignEnd: number;
  /** Freed since the last flush, and during the one before. */
  #freedNow: (Extent & { readonly kind: SpaceKind })[] = [];
  #freedBefore: (Extent & { readonly kind: SpaceKind })[] = [];

  /**
   * @param end end of what the file holds already.
   * @param pageSize in files of pages: smaller blocks cross no page, larger ones begin on one, metadata and raw data
   * share none. 0: the file has no pages.
   */
  constructor(end: number, isNew: boolean, pageSize = 0) {
    this.#pageSize = pageSize;
    this.unit = pageSize > 0 ? pageSize : ALIGNMENT;
    this.#free = { metadata: new FreeList(pageSize), raw: new FreeList(pageSize) };
    this.#end = roundUp(end, this.unit);
    this.#foreignEnd = isNew ? 0 : this.#end;
    this.#metadataBytes = isNew ? 0 : SMALLEST_SEGMENT * 4;
  }

  /** End of allocated space: the file must be at least this long. */
  get end(): number {
    return this.#end;
  }

  /** Space for a block of metadata; sector-safe as a whole, or its first `head` bytes. */
  metadata(size: number, options: { readonly sectorSafe: boolean; readonly head?: number }): number {
    const rounded = roundUp(size, ALIGNMENT);
    const safe = options.sectorSafe ? rounded : (options.head ?? 0);
    const hole = this.#free.metadata.take(rounded, safe, false);
    if (hole !== undefined) return hole;
    const grown =
      this.#metadataBytes === 0
        ? FIRST_SEGMENT
        : clamp(nextPowerOfTwo(this.#metadataBytes / 4), SMALLEST_SEGMENT, LARGEST_METADATA_SEGMENT);
    // Room to skip to a sector border, whatever the segment's start.
    this.#grow("metadata", Math.max(grown, roundUp(rounded + (safe > 0 ? SECTOR : 0), ALIGNMENT)));
    return this.metadata(size, options);
  }

  /** Space for raw data. */
  raw(size: number): number {
    const rounded = roundUp(Math.max(size, 1), ALIGNMENT);
    const hole = this.#free.raw.take(rounded, 0, true);
    if (hole !== undefined) return hole;
    if (rounded >= Math.max(RAW_AT_END, this.#pageSize)) return this.rawAtEnd(rounded);
    this.#grow("raw", clamp(nextPowerOfTwo(this.#rawSegmentBytes / 4), SMALLEST_SEGMENT, LARGEST_RAW_SEGMENT));
    return this.raw(size);
  }

  /** Space at the end of the file: never written, so it reads as zeros. */
  rawAtEnd(size: number): number {
    const address = this.#end;
    this.#end += roundUp(Math.max(size, 1), this.unit);
    return address;
  }

  /** Space that no published pointer ever reached: free at once. */
  giveBack(address: number, size: number, kind: SpaceKind): void {
    this.#free[kind].add(address, roundUp(size, ALIGNMENT));
  }

  /** Space that becomes unreachable with the next flush. */
  free(address: number, size: number, kind: SpaceKind): void {
    const start = roundUp(address, ALIGNMENT);
    const end =
      address < this.#foreignEnd ? address + size - ((address + size) % ALIGNMENT) : roundUp(address + size, ALIGNMENT);
    if (end > start) this.#freedNow.push({ address: start, size: end - start, kind });
  }

  /** A flush has become durable. */
  flushed(): void {
    for (const { address, size, kind } of this.#freedBefore) this.#free[kind].add(address, size);
    this.#freedBefore = this.#freedNow;
    this.#freedNow = [];
  }

  /** Drop unused space at the end of the file; returns the new end. Only when no flush is pending. */
  trimEnd(): number {
    for (let cut = 1; cut > 0; ) {
      cut = this.#free.metadata.takeTail(this.#end) + this.#free.raw.takeTail(this.#end);
      this.#end -= cut;
    }
    this.#end = roundUp(this.#end, this.unit);
    return this.#end;
  }

  #grow(kind: SpaceKind, asked: number): void {
    const size = roundUp(asked, this.unit);
    this.#free[kind].add(this.#end, size);
    this.#end += size;
    if (kind === "metadata") this.#metadataBytes += size;
    else this.#rawSegmentBytes += size;
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function nextPowerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(value, 1)));
}
