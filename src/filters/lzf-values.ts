/** LZF (filter 32000): what is stored of a dataset. lzf_filter.c of h5py: lzf_set_local. The codec is in lzf.ts. */
import type { Datatype } from "../format/messages/datatype.js";
import type { FilterName } from "./fault.js";

/** How errors call the filter. */
export const LZF_NAME: FilterName = /* @__PURE__ */ Object.freeze({ id: 32000, name: "lzf" });
const FILTER_REVISION = 4; // H5PY_FILTER_LZF_VERSION
const LIBRARY_VERSION = 0x0105; // LZF_VERSION

/** The client data values for a dataset: revision of the filter, version of liblzf, bytes of a chunk. */
export function configureLzf(
  _values: readonly number[],
  dataset: { readonly datatype: Datatype; readonly chunkShape: readonly number[] },
): readonly number[] {
  const bytes = dataset.chunkShape.reduce((product, extent) => product * extent, dataset.datatype.size);
  return [FILTER_REVISION, LIBRARY_VERSION, bytes];
}
