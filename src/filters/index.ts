/** `h5ts/filters`: codecs as objects, to be passed to `open` and `create`, or to be wrapped (by a worker pool, say). */
export { allFilters } from "./all.js";
export { type BitshuffleOptions, bitshuffle } from "./bitshuffle.js";
export { type BloscOptions, blosc } from "./blosc.js";
export { bzip2 } from "./bzip2.js";
export { deflateFilter } from "./deflate.js";

export type { Filter, FilterContext, FilterInfo, FilterInput, FilterSpec } from "./filter.js";
export { fletcher32Filter } from "./fletcher32.js";
export { lz4 } from "./lz4.js";
export { lzf } from "./lzf.js";
export { lzo } from "./lzo.js";
export { nbitFilter } from "./nbit-codec.js";
export { scaleOffsetFilter } from "./scale-offset-codec.js";
export { shuffleFilter } from "./shuffle.js";
export { szipFilter } from "./szip.js";
export { zfp } from "./zfp.js";
export { zstd } from "./zstd.js";
