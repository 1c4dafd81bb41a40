/** Scale-offset (filter 6): how it is asked for. Spec: IV.A.2.l; H5Zscaleoffset.c. */
import { Hdf5UsageError } from "../errors.js";
import type { FilterSpec } from "./filter.js";

const SCALE_OFFSET = 6; // H5Z_FILTER_SCALEOFFSET
const FLOAT_DECIMALS = 0; // H5Z_SO_FLOAT_DSCALE
const INTEGER = 2; // H5Z_SO_INT

/**
 * Store values as differences from the smallest one, in as few bits as they need.
 * @param options.decimals floats: digits kept after the decimal point; what is beyond is lost.
 * @param options.bits integers: bits per value; 0 (default) lets each chunk have as many as it needs.
 * @throws Hdf5UsageError when both are given, or one is no whole number in its range.
 */
export function scaleOffset(
  options: { readonly decimals?: number | undefined; readonly bits?: number | undefined } = {},
): FilterSpec {
  const { decimals, bits } = options;
  if (decimals !== undefined && bits !== undefined) {
    throw new Hdf5UsageError("bits", "is given beside decimals", "decimals for floats, or bits for integers");
  }
  if (decimals !== undefined) {
    if (!Number.isInteger(decimals) || Math.abs(decimals) > 1000) {
      throw new Hdf5UsageError("decimals", `is ${String(decimals)}`, "a whole number of decimal digits");
    }
    return { id: SCALE_OFFSET, name: "scale-offset", values: [FLOAT_DECIMALS, decimals >>> 0] };
  }
  const width = bits ?? 0;
  if (!Number.isInteger(width) || width < 0 || width > 64) {
    throw new Hdf5UsageError("bits", `is ${String(bits)}`, "a number of bits from 0 to 64");
  }
  return { id: SCALE_OFFSET, name: "scale-offset", values: [INTEGER, width] };
}
