/** The codecs beyond the core's, as one list for the option `filters`. */
import type { Filter } from "./filter.js";

/** All codecs of this module that the core does not have. */
export const allFilters: readonly Filter[] = /* @__PURE__ */ Object.freeze([]);
