/**
 * Space for new blocks in one file, or in one member of a split or multi file. Design: writer-design, section 4.2. Pure:
 * hands out addresses, touches no file.
 *
 * Metadata lie in segments that grow with them and the file, raw data of 4 KiB and more at the end of the file, smaller raw
 * data in segments of their own. Blocks are 8-aligned. A sector-safe block crosses no 512-byte border.
 * Freed space may be written again two flushes later: then no live pointer and no reader's cache reaches it.
 * All addresses count from the first one of the space (a multiple of 512).
 */
import { ALIGNMENT, FreeList, roundUp, SECTOR } from "./free-list.js";

const FIRST_SEGMENT = 2048;
const SMALLEST_SEGMENT = 4096;
const LARGEST_METADATA_SEGMENT = 2 ** 20;
const LARGEST_RAW_SEGMENT = 2 ** 16;
const RAW_AT_END = 4096;
/** What readers of remote files take with the first request, and with later ones (io/read-ahead.ts). */
const FIRST_READ = 2 ** 18;
const PAGE = 2 ** 16;
/** Reads of theirs begin at multiples of this. */
const READ_UNIT = 2 ** 14;

/** Freed space. */
interface Extent {
  address: number;
  size: number;
}

/** What a block holds: decides where it lies and which holes it may fill. */
export type SpaceKind = "metadata" | "raw";

/** Hands out one space. */
export class Space {
  /** End of allocated space. */
  #end: number;
  #metadataBytes: number;
  #rawSegmentBytes = 0;
  readonly #free: Readonly<Record<SpaceKind, FreeList>>;
  /** Space for blocks that are placed together. */
  #piece: FreeList | undefined;
  /** Free space that may come to hold either: taken instead of growing the file. Of whole pages, in files of pages. */
  readonly #spare: FreeList;
  /** The end is a multiple of this: of the page size, in files of pages. */
  readonly unit: number;
  readonly #pageSize: number;
  /** From here on the medium held nothing when it was opened. */
  readonly #zeroFrom: number;
  /** Segments end here at the latest, as far as what must be in them does. */
  readonly #reach: number;
  /**
   * Below this, blocks may be of any writer: what lies behind them up to the next multiple of 8 need not be free, unless
   * the file ended with them.
   */
  readonly #foreignEnd: number;
  /** Blocks below it that were handed out since: those end at a multiple of 8. */
  readonly #ownBlocks = new Set<number>();
  /** Freed since the last flush, and during the one before. */
  #freedNow: (Extent & { readonly kind: SpaceKind })[] = [];
  #freedBefore: (Extent & { readonly kind: SpaceKind })[] = [];

  /**
   * @param end end of what the file holds already.
   * @param pageSize in files of pages: smaller blocks cross no page, larger ones begin on one, metadata and raw data
   * share none. 0: the file has no pages.
   * @param zeroFrom real end of the medium, behind which everything reads as zeros until it is written.
   * @param reach where it should end; a multiple of the unit.
   */
  constructor(
    end: number,
    isNew: boolean,
    pageSize = 0,
    zeroFrom: number = end,
    reach: number = Number.POSITIVE_INFINITY,
  ) {
    this.#zeroFrom = zeroFrom;
    this.#reach = reach;
    this.#pageSize = pageSize;
    this.unit = pageSize > 0 ? pageSize : ALIGNMENT;
    this.#free = { metadata: new FreeList(pageSize), raw: new FreeList(pageSize) };
    this.#spare = new FreeList(pageSize);
    this.#end = roundUp(end, this.unit);
    this.#foreignEnd = isNew ? 0 : end;
    this.#metadataBytes = isNew ? 0 : SMALLEST_SEGMENT * 4;
  }

  /** End of allocated space: the file must be at least this long. */
  get end(): number {
    return this.#end;
  }

  /**
   * Space that is free already.
   * @param kind "any": it shares no page with anything.
   */
  adopt(address: number, size: number, kind: SpaceKind | "any"): void {
    if (this.#pageSize === 0 && (kind === "any" || size >= SMALLEST_SEGMENT)) this.#spare.add(address, size);
    else if (kind !== "any") this.#free[kind].add(address, size);
    else {
      const start = roundUp(address, this.#pageSize);
      const end = address + size - ((address + size) % this.#pageSize);
      this.#spare.add(start, end - start);
    }
  }

  /**
   * Space for a block of metadata; sector-safe as a whole, or its first `head` bytes.
   * @param options.owner address of the header that names it: it is read after that one.
   */
  metadata(
    size: number,
    options: { readonly sectorSafe: boolean; readonly head?: number; readonly owner?: number },
  ): number {
    const rounded = roundUp(size, ALIGNMENT);
    const safe = options.sectorSafe ? rounded : (options.head ?? 0);
    const hole =
      this.#piece?.take(rounded, safe, false) ??
      this.#readWith(options.owner, rounded, safe) ??
      this.#free.metadata.take(rounded, safe, false);
    if (hole !== undefined) return this.#handedOut(hole);
    // Room to skip to a sector border, whatever the segment's start.
    this.#grow("metadata", this.#nextSegment(), roundUp(rounded + (safe > 0 ? SECTOR : 0), ALIGNMENT));
    // In what was added just now.
    return this.#handedOut(this.#free.metadata.take(rounded, safe, false, Number.POSITIVE_INFINITY) as number);
  }

  #handedOut(address: number): number {
    if (address < this.#foreignEnd) this.#ownBlocks.add(address);
    return address;
  }

  /**
   * Place blocks of metadata that are read one after the other in one piece of space, in the order in which they are
   * asked for: in holes here and there each would cost readers far away a request.
   * @param owner address of the header that names them.
   * @param size bytes of all of them, each rounded up to a multiple of 8.
   */
  together<T>(owner: number, size: number, place: () => T): T {
    if (size === 0 || !this.isSparse) return place();
    const piece = new FreeList(this.#pageSize);
    piece.add(this.metadata(size, { sectorSafe: false, owner }), roundUp(size, ALIGNMENT));
    this.#piece = piece;
    try {
      return place();
    } finally {
      this.#piece = undefined;
      for (const rest of piece.extents) this.#free.metadata.add(rest.address, rest.size);
    }
  }

  /**
   * Does most of what lies near metadata hold data? Else holes are filled wherever they are: requests bring many blocks then,
   * and files without much data stay small.
   */
  get isSparse(): boolean {
    return this.#end >= FIRST_READ && this.#metadataBytes <= this.#end / 4;
  }

  /** A hole that a reader far away gets with the header at an address. */
  #readWith(owner: number | undefined, size: number, safe: number): number | undefined {
    if (owner === undefined || !this.isSparse) return undefined;
    const from = owner < FIRST_READ ? 0 : owner - (owner % READ_UNIT);
    return this.#free.metadata.takeWithin(size, safe, from, owner < FIRST_READ ? FIRST_READ : from + PAGE);
  }

  /** Space for raw data, of which only a part will be written; whether the rest, never written before, reads as zeros. */
  rawInPart(size: number): { readonly address: number; readonly isZero: boolean } {
    const end = this.#end;
    const address = this.raw(size);
    return { address, isZero: address >= Math.max(end, this.#zeroFrom) && size >= RAW_AT_END };
  }

  /** Space for raw data. */
  raw(size: number): number {
    const rounded = roundUp(Math.max(size, 1), ALIGNMENT);
    const hole = this.#free.raw.take(rounded, 0, true);
    if (hole !== undefined) return this.#handedOut(hole);
    if (rounded >= Math.max(RAW_AT_END, this.#pageSize)) {
      const spare = this.#spare.take(roundUp(rounded, this.unit), 0, true);
      return spare === undefined ? this.rawAtEnd(rounded).address : this.#handedOut(spare);
    }
    const segment = clamp(nextPowerOfTwo(this.#rawSegmentBytes / 4), SMALLEST_SEGMENT, LARGEST_RAW_SEGMENT);
    this.#grow("raw", segment, rounded);
    // In what was added just now.
    return this.#handedOut(this.#free.raw.take(rounded, 0, true, Number.POSITIVE_INFINITY) as number);
  }

  /**
   * Space at the end of the file. It reads as zeros, but for as many of its first bytes as the medium held behind the end
   * when it was opened: a killed writer leaves such.
   */
  rawAtEnd(size: number): { readonly address: number; readonly held: number } {
    const address = this.#end;
    this.#end += roundUp(Math.max(size, 1), this.unit);
    return { address, held: clamp(this.#zeroFrom - address, 0, size) };
  }

  /** Space that no published pointer ever reached: free at once. */
  giveBack(address: number, size: number, kind: SpaceKind): void {
    this.#free[kind].add(address, roundUp(size, ALIGNMENT));
  }

  /** Space that becomes unreachable with the next flush. */
  free(address: number, size: number, kind: SpaceKind): void {
    const isOurs = address + size >= this.#foreignEnd || this.#ownBlocks.delete(address);
    const end = isOurs ? roundUp(address + size, ALIGNMENT) : address + size;
    if (end > address) this.#freedNow.push({ address, size: end - address, kind });
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
      cut = 0;
      for (const list of [this.#free.metadata, this.#free.raw, this.#spare]) cut += list.takeTail(this.#end - cut);
      this.#end -= cut;
    }
    this.#end = roundUp(this.#end, this.unit);
    return this.#end;
  }

  /**
   * A quarter of the metadata so far; but where data grow between flushes, a chunk index would come to lie in many small
   * segments with megabytes of data between them, so up to a sixth of the file and what a reader far away takes with one
   * request.
   */
  #nextSegment(): number {
    if (this.#metadataBytes === 0) return FIRST_SEGMENT;
    const grown = clamp(nextPowerOfTwo(this.#metadataBytes / 4), SMALLEST_SEGMENT, LARGEST_METADATA_SEGMENT);
    if (this.#end < FIRST_READ) return grown;
    return Math.max(grown, Math.min(Math.floor(this.#end / 6 / SECTOR) * SECTOR, PAGE));
  }

  /** Add a segment: of spare space, be it smaller than usual; else at the end of the file. */
  #grow(kind: SpaceKind, usual: number, least: number): void {
    const needed = roundUp(least, this.unit);
    let size = roundUp(Math.max(usual, least), this.unit);
    let spare = this.#spare.take(size, 0, true);
    for (let half = size / 2; spare === undefined && half >= needed; half /= 2) {
      size = roundUp(half, this.unit);
      spare = this.#spare.take(size, 0, true);
    }
    if (spare === undefined) size = roundUp(Math.max(Math.min(usual, this.#reach - this.#end), least), this.unit);
    this.#free[kind].add(spare ?? this.#end, size);
    if (spare === undefined) this.#end += size;
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
