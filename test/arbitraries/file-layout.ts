/** Files of a few structures that name each other, for walkers: where each lies, and what a walk over them gives. */
import type { ByteSource } from "../../src/format/byte-source.js";
import type { MappedStructure } from "../../src/testing/file-map.js";

/** Unused bytes before each structure: pages of one byte then hold nothing of two structures. */
const GAP = 3;

/** A file in the making. */
export class FileLayout {
  /** The structures put so far. */
  readonly structures: MappedStructure[] = [];
  readonly #parts: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #end = 16;

  /** Room for a structure whose bytes come later. */
  place(length: number): number {
    const address = this.#end + GAP;
    this.#end = address + length;
    return address;
  }

  /** Bytes into their room. @param sum where their checksum is: behind all else, at an offset, or nowhere. */
  put(name: string, address: number, bytes: Uint8Array, sum: "last" | number | undefined): void {
    const { length } = bytes;
    const checksumAt = sum === undefined ? undefined : address + (sum === "last" ? length - 4 : sum);
    this.structures.push({ name, start: address, length, checksumAt });
    this.#parts.push({ at: address, bytes });
  }

  /** A structure at the next free place. */
  add(name: string, bytes: Uint8Array, sum: "last" | number | undefined): number {
    const address = this.place(bytes.length);
    this.put(name, address, bytes, sum);
    return address;
  }

  bytes(): Uint8Array {
    const file = new Uint8Array(this.#end + GAP);
    for (const { at, bytes } of this.#parts) file.set(bytes, at);
    return file;
  }
}

/** A file and a walk over structures in it. */
export interface WalkCase {
  readonly bytes: Uint8Array;
  /** The structures that the walk reads, with their checksums. */
  readonly structures: readonly MappedStructure[];
  readonly read: (source: ByteSource) => unknown;
  readonly expected: unknown;
  /** Round trips when no byte is in memory and each is a page of its own. */
  readonly rounds: number;
  /** `rounds` is the most there may be, not the exact number. */
  readonly atMost?: boolean;
  /** The walk looks for some things only: it may pass over structures, and take fewer rounds. */
  readonly isPartial?: boolean;
  /** Does a result hold errors in the places of what could not be read? */
  readonly holdsErrors?: (result: unknown) => boolean;
}

/** A case, with the types of its walk checked and forgotten. */
export function walkCase<T>(
  layout: FileLayout,
  walk: {
    readonly read: (source: ByteSource) => T;
    readonly expected: T;
    readonly rounds: number;
    readonly atMost?: boolean;
    readonly isPartial?: boolean;
    readonly holdsErrors?: (result: T) => boolean;
  },
): WalkCase {
  const { holdsErrors, ...rest } = walk;
  const base = { bytes: layout.bytes(), structures: layout.structures, ...rest };
  if (holdsErrors === undefined) return base;
  // What `read` returned, and nothing else, is passed to it.
  return { ...base, holdsErrors: (result) => holdsErrors(result as T) };
}
