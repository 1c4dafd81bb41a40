/** Zstandard (filter 32015), read only. Registered filter; zstd_h5plugin.c. The chunk is frames; one value, the level. */
import { Hdf5UsageError } from "../errors.js";
import { type FilterName, faultOf } from "./fault.js";
import type { Filter, FilterContext, FilterSpec } from "./filter.js";
import { decodeZstd, zstdBound } from "./zstd-frame.js";

const NAME: FilterName = /* @__PURE__ */ Object.freeze({ id: 32015, name: "zstd" });
const DEFAULT_LEVEL = 3;
const MAX_LEVEL = 22;

/** The codec of filter 32015. */
export const zstd: Filter & { spec(options?: { readonly level?: number | undefined }): FilterSpec } =
  /* @__PURE__ */ Object.freeze({
    ...NAME,
    decode(bytes: Uint8Array, context: FilterContext): Uint8Array {
      const fail = faultOf(NAME, "decode");
      const out = new Uint8Array(Math.min(context.maxOutput, zstdBound(bytes.length)));
      return out.subarray(0, decodeZstd(bytes, out, 0, out.length, fail));
    },
    /**
     * Zstandard, for a codec of yours that encodes.
     * @param options.level 1 to 22, 3 by default.
     * @throws Hdf5UsageError for any other level.
     */
    spec(options: { readonly level?: number | undefined } = {}): FilterSpec {
      const { level = DEFAULT_LEVEL } = options;
      if (!Number.isInteger(level) || level < 1 || level > MAX_LEVEL) {
        throw new Hdf5UsageError("level", `is ${String(level)}`, `a whole number from 1 to ${MAX_LEVEL}`);
      }
      return { ...NAME, values: [level] };
    },
  });
