/** The filters that every file may use without plug-ins. */
import { deflateFilter } from "./deflate.js";
import type { Filter } from "./filter.js";
import { fletcher32Filter } from "./fletcher32.js";
import { shuffleFilter } from "./shuffle.js";

/** The core's codecs. */
export const CORE_FILTERS: readonly Filter[] = /* @__PURE__ */ Object.freeze([
  deflateFilter,
  shuffleFilter,
  fletcher32Filter,
]);

/** The core's codecs by id, with more of them added; one with a core filter's id replaces it. */
export function filterRegistry(more: readonly Filter[] = []): ReadonlyMap<number, Filter> {
  return new Map([...CORE_FILTERS, ...more].map((filter) => [filter.id, filter]));
}
