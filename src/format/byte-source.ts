/** What walkers read metadata from: synchronous, and honest about what is not in memory yet. */
import type { Cursor } from "../bytes/cursor.js";
import type { PipelineFilter } from "./messages/filter-pipeline.js";

/** A range of the file. `address` is relative to the base address. */
export interface ByteRange {
  readonly address: number;
  readonly length: number;
}

/** A range whose bytes are stored through filters. */
export interface FilteredRange extends ByteRange {
  readonly structure: string;
  readonly filters: readonly PipelineFilter[];
  /** Bit i set: filter i was left out. */
  readonly filterMask: number;
  /** Bytes before the filters. */
  readonly size: number;
}

/** Metadata bytes of one file, addressed relative to its base address. */
export interface ByteSource {
  /**
   * Bytes [address, address + length) as a cursor that knows its structure's name.
   * The bytes are a view that must not be changed.
   * @throws Miss when not in memory; Hdf5TruncatedError when the range leaves the file.
   */
  read(address: number, length: number, structure: string): Cursor;
  /**
   * As `read`, but cut at the end of the file instead of failing (for structures whose size is not known yet).
   * @throws Miss when not in memory; Hdf5TruncatedError when `address` itself is outside.
   */
  readUpTo(address: number, length: number, structure: string): Cursor;
  /**
   * The bytes of a range before they passed through its filters, exactly `size` of them.
   * @throws Miss when not in memory or not decoded; Hdf5TruncatedError when the range leaves the file.
   */
  unfiltered(range: FilteredRange): Cursor;
  /** Ask for many ranges at once, before looping over them; ranges outside the file are left for `read` to report. @throws Miss holding every absent range. */
  need(ranges: readonly ByteRange[]): void;
  /**
   * The value decoded for this structure at this address, decoded at most once while the current step is retried.
   * `decode` returns a complete, immutable value, or throws (nothing is kept then).
   */
  memo<T>(structure: string, address: number, decode: () => T): T;
  /** End of the usable file, relative to the base address: min(stored end of file, real size). */
  readonly end: number;
}

/**
 * "Not in memory yet": bytes of the file, or code for a rare structure. Deliberately not an Error: it must pass every
 * catch clause that filters for errors.
 */
export class Miss {
  readonly ranges: readonly ByteRange[];
  /** To be loaded and decoded. */
  readonly filtered: readonly FilteredRange[];
  /** Code that is being loaded, see `rare.ts`. */
  readonly code: readonly Promise<unknown>[];

  constructor(
    ranges: readonly ByteRange[],
    filtered: readonly FilteredRange[] = [],
    code: readonly Promise<unknown>[] = [],
  ) {
    this.ranges = ranges;
    this.filtered = filtered;
    this.code = code;
  }
}
