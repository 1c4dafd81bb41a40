/**
 * The filters that every file may use without plug-ins. The common ones are at hand; the code of the others is loaded
 * when the first chunk needs it.
 */
import { deflateFilter } from "./deflate.js";
import type { Filter } from "./filter.js";
import { fletcher32Filter } from "./fletcher32.js";
import { shuffleFilter } from "./shuffle.js";

/** A codec that is loaded when it is first used. */
function lazy(id: number, name: string, load: () => Promise<Filter>, encodes = true): Filter {
  const decode: Filter["decode"] = async (bytes, context) => (await load()).decode(bytes, context);
  if (!encodes) return { id, name, decode };
  return {
    id,
    name,
    decode,
    async encode(bytes, context) {
      const codec = (await load()) as Filter & Required<Pick<Filter, "encode">>; // those that are asked for have it
      return codec.encode(bytes, context);
    },
  };
}

/** The core's codecs. */
export const CORE_FILTERS: readonly Filter[] = /* @__PURE__ */ Object.freeze([
  deflateFilter,
  shuffleFilter,
  fletcher32Filter,
  /* @__PURE__ */ lazy(4, "szip", async () => (await import("./szip.js")).szipFilter, false),
  /* @__PURE__ */ lazy(5, "nbit", async () => (await import("./nbit-codec.js")).nbitFilter),
  /* @__PURE__ */ lazy(6, "scale-offset", async () => (await import("./scale-offset-codec.js")).scaleOffsetFilter),
  // Not one of libhdf5's, but h5py has it built in, and PyNWB's files use it.
  /* @__PURE__ */ lazy(32000, "lzf", async () => (await import("./lzf.js")).lzf),
]);

const registries = /* @__PURE__ */ new WeakMap<readonly Filter[], ReadonlyMap<number, Filter>>();
const NONE: readonly Filter[] = [];

/** The core's codecs by id, with more of them added; one with a core filter's id replaces it. Made once for each list. */
export function filterRegistry(more: readonly Filter[] = NONE): ReadonlyMap<number, Filter> {
  let registry = registries.get(more);
  if (registry === undefined) {
    registry = new Map([...CORE_FILTERS, ...more].map((filter) => [filter.id, filter]));
    registries.set(more, registry);
  }
  return registry;
}
