/** Which index a new dataset gets, as libhdf5 chooses (H5Dlayout.c: H5D__layout_set_latest_indexing). */
import type { ChunkIndex } from "../../format/messages/data-layout.js";
import { CHUNK_BTREE_V2 } from "./btree-v2.js";
import { CHUNK_EXTENSIBLE_ARRAY } from "./extensible-array.js";

/** Elements of a page of a fixed array, as a power of two. */
const FIXED_ARRAY_PAGE_BITS = 10; // H5D_FARRAY_MAX_DBLK_PAGE_NELMTS_BITS
/** Chunks beyond which a fixed array, of which every one takes space, gives way to a B-tree. */
const LARGEST_FIXED_ARRAY = 2 ** 24;
/** Chunks that the extensible arrays of libhdf5 count. */
const LARGEST_EXTENSIBLE_ARRAY = 2 ** CHUNK_EXTENSIBLE_ARRAY.maxBits;

export interface ChunkIndexChoice {
  readonly shape: readonly number[];
  /** `Infinity`: unlimited. */
  readonly maxShape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly filtered: boolean;
  readonly early: boolean;
}

export function chooseChunkIndex({ shape, maxShape, chunkShape, filtered, early }: ChunkIndexChoice): ChunkIndex {
  const unlimited = maxShape.filter((most) => most === Number.POSITIVE_INFINITY).length;
  if (unlimited > 1) return { ...CHUNK_BTREE_V2, address: undefined };
  if (unlimited === 1) {
    // The array cannot be longer than its numbers: rows beside a huge fixed dimension use them up.
    const perRow = maxShape.reduce(
      (product, most, d) => (Number.isFinite(most) ? product * Math.ceil(most / (chunkShape[d] as number)) : product), // same rank
      1,
    );
    if (perRow > LARGEST_EXTENSIBLE_ARRAY / 2 ** 16) return { ...CHUNK_BTREE_V2, address: undefined };
    return { ...CHUNK_EXTENSIBLE_ARRAY, address: undefined };
  }
  const fits = (extent: number, d: number): boolean => extent === maxShape[d] && extent === chunkShape[d];
  if (shape.every(fits)) {
    return { kind: "single", address: undefined, ...(filtered && { filteredSize: 0, filterMask: 0 }) };
  }
  if (!filtered && early) return { kind: "implicit", address: undefined };
  const chunks = maxShape.reduce((product, most, d) => product * Math.ceil(most / (chunkShape[d] as number)), 1);
  if (chunks > LARGEST_FIXED_ARRAY) return { ...CHUNK_BTREE_V2, address: undefined };
  return { kind: "fixed-array", pageBits: FIXED_ARRAY_PAGE_BITS, address: undefined };
}
