/** What every chunk index offers while its dataset is edited. Memory is the truth until the next flush. */
import type { ChunkRecord } from "../../format/chunk-index/chunk-record.js";
import type { ChunkIndex } from "../../format/messages/data-layout.js";
import type { Allocator } from "../allocator.js";
import type { Commit } from "../commit.js";

/** A stored chunk. Immutable: a chunk written anew is a new entry. */
export type StoredChunk = ChunkRecord;

/** Where a flush writes. */
export interface FlushTarget {
  readonly allocator: Allocator;
  readonly commit: Commit;
  /** Stored ends of the file's spaces before this flush. */
  readonly publishedEnds: readonly number[];
}

export interface ChunkIndexWriter {
  find(offset: readonly number[]): StoredChunk | undefined;
  /** All chunks, in row-major order of their offsets. */
  entries(): Iterable<StoredChunk>;
  /** Chunks that touch the box [low, high) in elements, in row-major order; some that do not may be among them. */
  within(low: readonly number[], high: readonly number[]): Iterable<StoredChunk>;
  /** Add a chunk, or put it in the place of the one with the same offset. */
  set(chunk: StoredChunk): void;
  /** Remove a chunk; false when there is none. */
  delete(offset: readonly number[]): boolean;
  /** The only place a chunk may have, for an index that stores no addresses. Its chunks are written in place. */
  placeOf(offset: readonly number[]): number | undefined;
  /** Write what has changed; returns what the layout message shall say. */
  flush(target: FlushTarget): ChunkIndex;
  /** What shall take the place of this index with the coming flush, if anything: with the same chunks. */
  successor?(): ChunkIndexWriter | undefined;
  /** Chunks that are set show before the layout and the extent of their flush are published. */
  readonly showsEarly: boolean;
  /** Something of the last flush is to be written by the next one. */
  readonly later: boolean;
  /** Have what lies in a place for a while only written again, before the file is closed; false: nothing does. */
  bringHome?(): boolean;
  /** The dataset has no name left: its index is free with the next flush. */
  release(allocator: Allocator): void;
}
