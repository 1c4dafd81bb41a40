/**
 * Deflate (filter 1): a zlib stream. Spec: IV.A.2.l; H5Zdeflate.c.
 * One client data value, the level, which decoding does not need.
 */
import { deflate as compress, inflate } from "#zlib";
import { Hdf5FilterError, Hdf5UsageError, isHdf5Error } from "../errors.js";
import type { Filter, FilterContext, FilterSpec } from "./filter.js";
import { DEFLATE_NAME, type InflateResult } from "./zlib-types.js";

/** The level of h5py and PyNWB. */
const DEFAULT_LEVEL = 4;

/** The codec of filter 1. */
export const deflateFilter: Filter = /* @__PURE__ */ Object.freeze({
  ...DEFLATE_NAME,
  decode(bytes: Uint8Array, context: FilterContext): InflateResult {
    return guarded("decode", () => inflate(bytes, context.maxOutput));
  },
  encode(bytes: Uint8Array, context: FilterContext): InflateResult {
    const level = context.values[0] ?? DEFAULT_LEVEL;
    if (!(level >= 0 && level <= 9)) throw new Hdf5FilterError(DEFLATE_NAME, "encode", `level is ${level}, at most 9`);
    return guarded("encode", () => compress(bytes, level), encodedBound(bytes.length));
  },
  configure(values: readonly number[]): readonly number[] {
    return deflate(values[0]).values ?? [];
  },
} satisfies Filter);

/**
 * Deflate with a level.
 * @param level 0 (stored) to 9 (smallest), 4 by default.
 * @throws Hdf5UsageError for any other level.
 */
export function deflate(level: number = DEFAULT_LEVEL): FilterSpec {
  if (!Number.isInteger(level) || level < 0 || level > 9) {
    throw new Hdf5UsageError("level", `is ${String(level)}`, "a whole number from 0 to 9");
  }
  return { ...DEFLATE_NAME, values: [level], optional: true };
}

/** Bytes that libhdf5 reserves for the stream: a longer one fails (H5Z_DEFLATE_SIZE_ADJUST). */
export function encodedBound(length: number): number {
  return Math.ceil(length * 1.001) + 12;
}

/** Run zlib, with its errors as ours. */
function guarded(direction: "decode" | "encode", run: () => InflateResult, bound = Infinity): InflateResult {
  const check = (result: Uint8Array): Uint8Array => {
    if (result.length <= bound) return result;
    throw new Hdf5FilterError(DEFLATE_NAME, direction, `gives ${result.length} bytes, more than ${bound}`);
  };
  try {
    const result = run();
    if (result instanceof Uint8Array) return check(result);
    return result.then(check, (error: unknown) => {
      throw translated(error, direction);
    });
  } catch (error) {
    throw translated(error, direction);
  }
}

/** zlib's own errors (Z_DATA_ERROR, Z_BUF_ERROR, ERR_BUFFER_TOO_LARGE, …) and anything else the platform throws. */
function translated(error: unknown, direction: "decode" | "encode"): unknown {
  if (isHdf5Error(error) || !(error instanceof Error)) return error;
  return new Hdf5FilterError(DEFLATE_NAME, direction, error.message, { cause: error });
}
