/**
 * Space for new blocks. All of a file is one space, but for split and multi files: each of their members is one, and what
 * a block holds says in which it lies (H5FDmulti.c; which structure counts as what: H5FDpublic.h).
 *
 * All addresses are relative to the base address.
 */
import { Hdf5DriverError } from "../errors.js";
import type { Usage } from "../format/messages/multi-members.js";
import type { Space, SpaceKind } from "./space.js";

export { ALIGNMENT, crossesSector, roundUp, SECTOR } from "./free-list.js";

/** A space, and where it lies. */
export interface PlacedSpace {
  readonly space: Space;
  /** Its first address, a multiple of 512. */
  readonly from: number;
  /** Where the next one begins. */
  readonly to: number;
  /** Of a file that is one: what ends it there. */
  readonly file?: AddressedFile;
}

/** A file, and how far its addresses reach. */
export interface AddressedFile {
  readonly name: string;
  readonly sizeOfOffsets: number;
  /** Ends of blocks come no further; a multiple of the unit. */
  readonly reach: number;
}

/** How a block of metadata must lie. */
export interface MetadataPlace {
  /** What it is, for files whose members are told apart by it. */
  readonly usage: Usage;
  /** It crosses no 512-byte border. */
  readonly sectorSafe: boolean;
  /** Bytes at its beginning that do not, when all of it may. */
  readonly head?: number;
  /** Address of the header that names it: it is read after that one. */
  readonly owner?: number;
}

/** Hands out space of one file. */
export class Allocator {
  /** In order of their addresses. */
  readonly #spaces: readonly PlacedSpace[];
  readonly #placeOf: ReadonlyMap<Usage, PlacedSpace>;
  readonly #first: PlacedSpace;
  /** The ends are multiples of this: of the page size, in files of pages. */
  readonly unit: number;

  /** @param placeOf the space of each usage; one that is not there has the first. */
  constructor(spaces: readonly PlacedSpace[], placeOf: ReadonlyMap<Usage, PlacedSpace> = new Map()) {
    this.#spaces = spaces;
    this.#placeOf = placeOf;
    this.#first = spaces[0] as PlacedSpace; // there is one
    this.unit = this.#first.space.unit;
  }

  /** All of a file in one space. */
  static of(space: Space, file?: AddressedFile): Allocator {
    const to = file?.reach ?? Number.POSITIVE_INFINITY;
    return new Allocator([file === undefined ? { space, from: 0, to } : { space, from: 0, to, file }]);
  }

  /** How far each space may reach. */
  get reaches(): readonly number[] {
    return this.#spaces.map(({ to }) => to);
  }

  /** End of allocated space of each space: the file must reach it. */
  get ends(): readonly number[] {
    return this.#spaces.map(({ space, from }) => from + space.end);
  }

  /** Does nothing that is allocated lie behind these ends? */
  within(ends: readonly number[]): boolean {
    return this.#spaces.every(({ space, from }, i) => from + space.end <= (ends[i] ?? 0));
  }

  /**
   * Space that is free already.
   * @param kind "any": it shares no page with anything.
   */
  adopt(address: number, size: number, kind: SpaceKind | "any"): void {
    const { space, from } = this.#at(address);
    space.adopt(address - from, size, kind);
  }

  /** Space for a block of metadata; sector-safe as a whole, or its first `head` bytes. */
  metadata(size: number, options: MetadataPlace): number {
    const place = this.#of(options.usage);
    const { sectorSafe, head, owner } = options;
    const near = owner === undefined ? undefined : ownerIn(place, owner);
    const address = place.space.metadata(size, {
      sectorSafe,
      ...(head === undefined ? {} : { head }),
      ...(near === undefined ? {} : { owner: near }),
    });
    return checked(place, address, size);
  }

  /**
   * Place blocks of metadata that are read one after the other in one piece of space, in the order in which they are
   * asked for; but where members tell them apart.
   * @param owner address of the header that names them.
   * @param size bytes of all of them, each rounded up to a multiple of 8.
   */
  together<T>(owner: number, size: number, place: () => T): T {
    const headers = this.#of("object-header");
    const near = ownerIn(headers, owner);
    const alike = this.#of("btree") === headers && this.#of("local-heap") === headers;
    return alike && near !== undefined ? headers.space.together(near, size, place) : place();
  }

  /** Does most of what lies near metadata hold data? */
  get isSparse(): boolean {
    return this.#of("object-header").space.isSparse;
  }

  /** Space for raw data, of which only a part will be written; whether the rest, never written before, reads as zeros. */
  rawInPart(size: number): { readonly address: number; readonly isZero: boolean } {
    const place = this.#of("raw");
    const { address, isZero } = place.space.rawInPart(size);
    return { address: checked(place, address, size), isZero };
  }

  /** Space for raw data. */
  raw(size: number): number {
    const place = this.#of("raw");
    return checked(place, place.space.raw(size), size);
  }

  /** Space at the end of the file, and how many of its first bytes need not read as zeros. */
  rawAtEnd(size: number): { readonly address: number; readonly held: number } {
    const place = this.#of("raw");
    const { address, held } = place.space.rawAtEnd(size);
    return { address: checked(place, address, size), held };
  }

  /** Space that no published pointer ever reached: free at once. */
  giveBack(address: number, size: number, kind: SpaceKind): void {
    const { space, from } = this.#at(address);
    space.giveBack(address - from, size, kind);
  }

  /** Space that becomes unreachable with the next flush. */
  free(address: number, size: number, kind: SpaceKind): void {
    const { space, from } = this.#at(address);
    space.free(address - from, size, kind);
  }

  /** A flush has become durable. */
  flushed(): void {
    for (const { space } of this.#spaces) space.flushed();
  }

  /** Drop unused space at the ends; returns the new ones. Only when no flush is pending. */
  trimEnds(): readonly number[] {
    for (const { space } of this.#spaces) space.trimEnd();
    return this.ends;
  }

  #of(usage: Usage): PlacedSpace {
    return this.#placeOf.get(usage) ?? this.#first;
  }

  #at(address: number): PlacedSpace {
    let found = this.#first;
    for (const place of this.#spaces) if (place.from <= address) found = place;
    return found;
  }
}

/** An address as one of the space; undefined: it is none. */
function ownerIn({ from, to }: PlacedSpace, address: number): number | undefined {
  return address >= from && address < to ? address - from : undefined;
}

/**
 * The address in the file.
 * @throws Hdf5DriverError when the block reaches into the addresses of the next member, or beyond all addresses.
 */
function checked({ from, to, file }: PlacedSpace, address: number, size: number): number {
  const end = from + address + size;
  if (end <= to) return from + address;
  const finding = `would need ${end - from} bytes, and has room for ${to - from}`;
  if (file === undefined) throw new Hdf5DriverError("member", finding);
  const why = `addresses of ${file.sizeOfOffsets} bytes reach no further (repack makes a file with longer ones)`;
  throw new Hdf5DriverError(file.name, `${finding}: ${why}`);
}
