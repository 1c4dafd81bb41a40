/** What registered filter ids are called, and where their codecs come from. HDF Group's registry of filter plug-ins. */

/** Filters that a `FilterInput` may name. */
export const NAMED_FILTERS = {
  deflate: 1, // H5Z_FILTER_DEFLATE
  shuffle: 2, // H5Z_FILTER_SHUFFLE
  fletcher32: 3, // H5Z_FILTER_FLETCHER32
  nbit: 5, // H5Z_FILTER_NBIT
} as const;

const NAMES: ReadonlyMap<number, string> = /* @__PURE__ */ new Map([
  [1, "deflate"],
  [2, "shuffle"],
  [3, "fletcher32"],
  [4, "szip"],
  [5, "nbit"],
  [6, "scaleoffset"],
  [305, "lzo"],
  [307, "bzip2"],
  [32000, "lzf"],
  [32001, "blosc"],
  [32004, "lz4"],
  [32008, "bitshuffle"],
  [32013, "zfp"],
  [32015, "zstd"],
  [32026, "blosc2"],
]);

/** The name of a filter: the registry's, else the one stored in the file. */
export function filterName(id: number, stored?: string | undefined): string {
  return NAMES.get(id) ?? (stored === undefined || stored === "" ? "unregistered" : stored.slice(0, 80));
}
