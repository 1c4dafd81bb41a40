/** Free extents of one kind of space. Pure. */

/** Blocks begin at multiples of this; free extents may begin and end anywhere. */
export const ALIGNMENT = 8;
/** Unit of the medium that is written whole. */
export const SECTOR = 512;
/** Holes of one class that are looked at for a block: the others of the class are as likely to be too small. */
const LOOKED_AT = 16;

interface Extent {
  address: number;
  size: number;
}

/** Extents merged, in order of address, and by size: class c holds those from 2^c bytes on. */
export class FreeList {
  readonly extents: Extent[] = [];
  readonly #classes: Set<Extent>[] = [];
  readonly #pageSize: number;

  /** @param pageSize blocks cross no border of pages of this size; 0: there are none. */
  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  add(address: number, size: number): void {
    if (size <= 0) return;
    const low = this.#firstFrom(address);
    const before = this.extents[low - 1];
    const after = this.extents[low];
    const joinsBefore = before !== undefined && before.address + before.size === address;
    const joinsAfter = after !== undefined && address + size === after.address;
    if (joinsBefore && joinsAfter) {
      this.#leaveClass(after);
      this.extents.splice(low, 1);
      this.#change(before, before.address, before.size + size + after.size);
    } else if (joinsBefore) this.#change(before, before.address, before.size + size);
    else if (joinsAfter) this.#change(after, address, size + after.size);
    else {
      const extent = { address, size };
      this.extents.splice(low, 0, extent);
      this.#enterClass(extent);
    }
  }

  /** Number of the first extent that does not begin before the address. */
  #firstFrom(address: number): number {
    let low = 0;
    let high = this.extents.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.extents[middle] as Extent).address < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #enterClass(extent: Extent): void {
    const number = classOf(extent.size);
    for (let c = this.#classes.length; c <= number; c++) this.#classes.push(new Set());
    this.#classes[number]?.add(extent);
  }

  #leaveClass(extent: Extent): void {
    this.#classes[classOf(extent.size)]?.delete(extent);
  }

  #change(extent: Extent, address: number, size: number): void {
    this.#leaveClass(extent);
    extent.address = address;
    extent.size = size;
    this.#enterClass(extent);
  }

  /**
   * A hole of the smallest class that takes the block, its first `safe` bytes in one sector (with `best`, the smallest
   * hole seen); what is left of it stays free.
   * @param atMost holes of each class that are looked at.
   */
  take(size: number, safe: number, best: boolean, atMost: number = LOOKED_AT): number | undefined {
    let chosen: Extent | undefined;
    for (let c = classOf(size); c < this.#classes.length && chosen === undefined; c++) {
      let seen = 0;
      for (const extent of this.#classes[c] as Set<Extent>) {
        if (seen++ >= atMost) break;
        if (chosen !== undefined && extent.size >= chosen.size) continue;
        if (placeIn(extent, size, safe, this.#pageSize) === undefined) continue;
        chosen = extent;
        if (!best) break;
      }
    }
    return chosen && this.#cut(chosen, size, safe);
  }

  /** The first hole in [from, to) that takes the block; what is left of it stays free. */
  takeWithin(size: number, safe: number, from: number, to: number): number | undefined {
    const first = this.#firstFrom(from);
    for (const extent of this.extents.slice(first, first + LOOKED_AT)) {
      if (extent.address >= to) return undefined;
      const address = placeIn(extent, size, safe, this.#pageSize);
      if (address !== undefined && address + size <= to) return this.#cut(extent, size, safe);
    }
    return undefined;
  }

  /** Take a block from an extent in which there is a place for it. */
  #cut(extent: Extent, size: number, safe: number): number {
    const address = placeIn(extent, size, safe, this.#pageSize) as number; // the caller knows
    const start = extent.address;
    const end = start + extent.size;
    this.#leaveClass(extent);
    this.extents.splice(this.#firstFrom(start), 1);
    this.add(start, address - start);
    this.add(address + size, end - (address + size));
    return address;
  }

  /** Remove and return the free extent that ends at `end`, if there is one. */
  takeTail(end: number): number {
    const last = this.extents.at(-1);
    if (last === undefined || last.address + last.size !== end) return 0;
    this.#leaveClass(last);
    this.extents.pop();
    return last.size;
  }
}

function classOf(size: number): number {
  return Math.floor(Math.log2(size));
}

/** Where in the extent a block of this size may lie, its first `safe` bytes in one sector, and all of it in its pages. */
function placeIn(extent: Extent, size: number, safe: number, pageSize: number): number | undefined {
  let address = roundUp(extent.address, ALIGNMENT);
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
