/** The codecs beyond the core's, as one list for the option `filters`. */
import { bitshuffle } from "./bitshuffle.js";
import { blosc } from "./blosc.js";
import { bzip2 } from "./bzip2.js";
import type { Filter } from "./filter.js";
import { lz4 } from "./lz4.js";
import { lzf } from "./lzf.js";
import { lzo } from "./lzo.js";
import { zfp } from "./zfp.js";
import { zstd } from "./zstd.js";

/** All codecs of this module that the core does not have at hand. */
export const allFilters: readonly Filter[] = /* @__PURE__ */ Object.freeze([
  lzf,
  lz4,
  bitshuffle,
  blosc,
  zstd,
  bzip2,
  zfp,
  lzo,
]);
