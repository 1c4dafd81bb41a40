/** Scale-offset (filter 6): numbers less their minimum, in as few bits as they need. Spec: IV.A.2.l; H5Zscaleoffset.c. */
import { Hdf5UsageError } from "../errors.js";
import type { FilterSpec } from "./filter.js";

/** How numbers become integers of few bits. H5Z_SO_FLOAT_DSCALE, H5Z_SO_INT. */
const FLOAT_DECIMALS = 0;
const INTEGER = 2;

/**
 * Ask for scale-offset. Reading and writing it takes a codec, passed in the option `filters`.
 * @param options.decimals floats: digits kept after the decimal point, from 0 on; loses the others.
 * @param options.bits integers: bits kept, from 0 on; 0 (default) means as many as are needed, which loses nothing.
 * @throws Hdf5UsageError for other numbers, or both.
 */
export function scaleOffset(
  options: { readonly decimals?: number | undefined; readonly bits?: number | undefined } = {},
): FilterSpec {
  const { decimals, bits } = options;
  if (decimals !== undefined && bits !== undefined) {
    throw new Hdf5UsageError("bits", "is given beside decimals", "decimals for floats, or bits for integers");
  }
  const [name, value] = decimals === undefined ? (["bits", bits ?? 0] as const) : (["decimals", decimals] as const);
  if (!Number.isInteger(value) || value < 0 || value > 0x7fffffff) {
    throw new Hdf5UsageError(name, `is ${String(value)}`, "a whole number from 0 on");
  }
  return { id: 6, name: "scaleoffset", values: [decimals === undefined ? INTEGER : FLOAT_DECIMALS, value] };
}
