/** Budgets that bound what a file can cost. Design: safety policy. All are options of `open` and `create`. */
import type { LimitName } from "../errors.js";

/** The budgets; what is asked beyond one is an `Hdf5LimitError` that names it. */
export type Limits = { readonly [K in LimitName]: number };

/** The defaults. */
export const DEFAULT_LIMITS: Limits = {
  /** Bytes of metadata loaded by one call. */
  metadataBytes: 64 * 2 ** 20,
  /** Chunks (first block and continuations) of one object header. */
  headerChunks: 1024,
  /** Levels of one tree. */
  treeDepth: 64,
  /** Nesting of one datatype. */
  datatypeDepth: 32,
  /** Soft links followed in one path. */
  softLinkHops: 16,
  /** External links followed in one path. */
  externalHops: 8,
  /** Virtual datasets within virtual datasets. */
  virtualDepth: 8,
  /** Filters in one pipeline. */
  filters: 32,
  /** Bytes of one chunk. */
  chunkBytes: 2 ** 30,
  /** Bytes that one read may return or take. */
  readBytes: 2 * 2 ** 30,
  /** Elements that `value()` may return. */
  valueElements: 1_000_000,
};
