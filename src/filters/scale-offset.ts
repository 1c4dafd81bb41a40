/**
 * Scale-offset (filter 6): how it is asked for, and what is stored of it. Spec: IV.A.2.l; H5Zscaleoffset.c:
 * H5Z__set_local_scaleoffset. 20 client data values:
 *
 *   scale type (0 decimal digits of floats, 2 integers) | decimal digits or bits | elements in a chunk
 *   | class (0 integer, 1 float) | size | 1 if signed | order (0 LE, 1 BE) | 1 if there is a fill value
 *   | fill value, little-endian in as many values as it needs | zeros
 */
import { checkOptions, Hdf5UsageError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { FilterName } from "./fault.js";
import type { FilterSpec } from "./filter.js";

/** How errors call the filter. */
export const SCALE_OFFSET_NAME: FilterName = /* @__PURE__ */ Object.freeze({ id: 6, name: "scale-offset" }); // H5Z_FILTER_SCALEOFFSET

/** Scale types. */
export const SCALE_TYPE = { decimals: 0, integer: 2 } as const; // H5Z_SO_FLOAT_DSCALE, H5Z_SO_INT
/** Number of client data values, and where those of the fill value begin. */
export const SCALE_OFFSET_VALUES = 20; // H5Z_SCALEOFFSET_TOTAL_NPARMS
export const FILL_AT = 8; // H5Z_SCALEOFFSET_PARM_FILVAL

/**
 * Store values as differences from the smallest one, in as few bits as they need.
 * @param options.decimals floats: digits kept after the decimal point; what is beyond is lost.
 * @param options.bits integers: bits per value; 0 (default) lets each chunk have as many as it needs.
 * @throws Hdf5UsageError when both are given, or one is no whole number in its range.
 */
export function scaleOffset(
  options: { readonly decimals?: number | undefined; readonly bits?: number | undefined } = {},
): FilterSpec {
  checkOptions(options);
  const { decimals, bits } = options;
  if (decimals !== undefined && bits !== undefined) {
    throw new Hdf5UsageError("bits", "is given beside decimals", "decimals for floats, or bits for integers");
  }
  if (decimals !== undefined) {
    if (!Number.isInteger(decimals) || Math.abs(decimals) > 1000) {
      throw new Hdf5UsageError("decimals", `is ${String(decimals)}`, "a whole number of decimal digits");
    }
    return { ...SCALE_OFFSET_NAME, values: [SCALE_TYPE.decimals, decimals >>> 0] };
  }
  const width = bits ?? 0;
  if (!Number.isInteger(width) || width < 0 || width > 64) {
    throw new Hdf5UsageError("bits", `is ${String(bits)}`, "a number of bits from 0 to 64");
  }
  return { ...SCALE_OFFSET_NAME, values: [SCALE_TYPE.integer, width] };
}

/**
 * The client data values for a dataset.
 * @param dataset.fillBytes one element in the dataset's datatype; zeros when it has no fill value of its own.
 * @throws Hdf5UsageError for anything but integers of 1, 2, 4 or 8 bytes and IEEE floats of 4 or 8, or when `decimals`
 * is asked for integers, `bits` for floats, or more bits than an integer has.
 */
export function configureScaleOffset(
  values: readonly number[],
  dataset: {
    readonly datatype: Datatype;
    readonly chunkShape: readonly number[];
    readonly fillBytes?: Uint8Array | undefined;
  },
): readonly number[] {
  const { datatype, chunkShape, fillBytes } = dataset;
  const [scaleType = SCALE_TYPE.integer, factor = 0] = values;
  const { size } = datatype;
  const isInteger = datatype.kind === "integer" && [1, 2, 4, 8].includes(size);
  if (!isInteger && !isIeee(datatype)) {
    const found = `has scale-offset for elements of kind ${datatype.kind} and ${size} bytes`;
    throw new Hdf5UsageError("filters", found, "integers of 1, 2, 4 or 8 bytes, or IEEE floats of 4 or 8");
  }
  if (isInteger !== (scaleType === SCALE_TYPE.integer)) {
    throw new Hdf5UsageError(
      "filters",
      `has scale-offset for ${datatype.kind}s`,
      "decimals for floats, bits for integers",
    );
  }
  if (isInteger && factor > size * 8) {
    throw new Hdf5UsageError("filters", `has scale-offset with ${factor} bits`, `at most ${size * 8} bits`);
  }
  const bigEndian = "order" in datatype && datatype.order === "be";
  const signed = datatype.kind === "integer" && datatype.signed;
  const elements = chunkShape.reduce((product, extent) => product * extent, 1);
  const fill = Uint8Array.from(fillBytes ?? new Uint8Array(size));
  if (bigEndian) fill.reverse();
  const result = [scaleType, factor, elements, isInteger ? 0 : 1, size, signed ? 1 : 0, bigEndian ? 1 : 0, 1];
  for (let i = FILL_AT; i < SCALE_OFFSET_VALUES; i++) {
    const at = (i - FILL_AT) * 4;
    result.push(fill.subarray(at, at + 4).reduceRight((value, byte) => value * 256 + byte, 0));
  }
  return result;
}

/** IEEE binary32 or binary64, little- or big-endian. */
function isIeee(datatype: Datatype): boolean {
  if (datatype.kind !== "float" || datatype.order === "vax" || datatype.offset !== 0) return false;
  const { size, exponent, mantissa, normalization, bias } = datatype;
  if (normalization !== "implied" || mantissa[0] !== 0) return false;
  if (size === 4) return exponent[0] === 23 && exponent[1] === 8 && bias === 127;
  return size === 8 && exponent[0] === 52 && exponent[1] === 11 && bias === 1023;
}
