/**
 * A ByteSource over plain bytes whose pages are absent until loaded, and a driver of steps over it. It is the source of
 * `paged-source.ts` under the names that tests of single structures use, with a user block before byte 0 where asked for.
 */
import type { ByteSource } from "../../src/format/byte-source.js";
import { PagedSource } from "./paged-source.js";

/** Options of `memorySource`. */
export interface MemorySourceOptions {
  /** In bytes; absent: everything is in memory. */
  readonly pageSize?: number | undefined;
  /** Absolute address of relative address 0 in `bytes`. */
  readonly baseAddress?: number | undefined;
}

/** A source over bytes in memory. */
export function memorySource(bytes: Uint8Array, options: MemorySourceOptions = {}): PagedSource {
  return new PagedSource(bytes.subarray(options.baseAddress ?? 0), options.pageSize ?? Number.POSITIVE_INFINITY);
}

/** Run a step until nothing is missing. */
export function settleSync<T>(
  source: PagedSource,
  step: (source: ByteSource) => T,
): { readonly value: T; readonly rounds: number } {
  const value = source.settle(step);
  return { value, rounds: source.rounds };
}
