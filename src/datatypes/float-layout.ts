/**
 * Floats of any layout, field by field: sign, exponent and mantissa anywhere in the element, explicit or implied
 * leading bit, IEEE, bfloat16, 8-bit, x87 (80 bits in 12 or 16 bytes), 128-bit and VAX.
 *
 * As libhdf5 (H5Tconv.c: H5T__conv_f_f) has it, an exponent of ones means infinity or NaN in every layout, VAX included,
 * and `none` and `msb-set` both mean that the mantissa holds its leading bit. Rounding is to nearest, ties to even.
 */
import { Hdf5UnsupportedError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { bitsOf, paddingBits, placeBits } from "./bit-fields.js";

export type FloatType = Extract<Datatype, { readonly kind: "float" }>;

const MAX_EXPONENT_BITS = 30;
const MAX_SIZE = 64;

/** @throws Hdf5UnsupportedError for layouts far beyond those of any machine. */
export function assertFloatSize({ size, exponent }: FloatType): void {
  if (size > MAX_SIZE) throw new Hdf5UnsupportedError(`floats of ${size} bytes`);
  if (exponent[1] > MAX_EXPONENT_BITS) throw new Hdf5UnsupportedError(`floats with an exponent of ${exponent[1]} bits`);
}

/** Do all values of this layout fit float32 exactly? */
export function fitsFloat32({ size, exponent, mantissa, bias, normalization, order }: FloatType): boolean {
  if (size > 2 || order === "vax" || exponent[1] > 8) return false;
  const fraction = normalization === "implied" ? mantissa[1] : mantissa[1] - 1;
  const highest = 2 ** exponent[1] - 2 - bias;
  const lowest = 1 - bias - fraction;
  return fraction <= 23 && highest <= 127 && lowest >= -149;
}

/** Reads one element after another: bytes in, number out. */
export function floatReader(datatype: FloatType): (bytes: Uint8Array, at: number) => number {
  assertFloatSize(datatype);
  const { size, sign, exponent, mantissa, bias, normalization } = datatype;
  const implied = normalization === "implied";
  const places = placesOf(datatype);
  const [, width] = mantissa;
  const ones = 2 ** exponent[1] - 1;
  const hidden = 1n << BigInt(width);
  const element = new Uint8Array(size);
  return (bytes, at) => {
    for (let i = 0; i < size; i++) element[i] = bytes[at + (places[i] as number)] as number; // one place per byte
    const negative = bitsOf(element, sign, 1) === 1n;
    const power = Number(bitsOf(element, exponent[0], exponent[1]));
    const fraction = bitsOf(element, mantissa[0], width);
    let value: number;
    if (power === ones) {
      // Where the leading bit is explicit, it is set in infinity too.
      const rest = implied ? fraction : fraction & ~(hidden >> 1n);
      value = rest === 0n ? Number.POSITIVE_INFINITY : Number.NaN;
    } else if (!implied) value = scaled(fraction, power - bias - width + 1);
    else if (power === 0) value = scaled(fraction, 1 - bias - width);
    else value = scaled(fraction | hidden, power - bias - width);
    return negative ? -value : value;
  };
}

/** Writes one element after another, the nearest to the number. Too large ones become infinite. */
export function floatWriter(datatype: FloatType): (out: Uint8Array, at: number, value: number) => void {
  assertFloatSize(datatype);
  const { size, sign, exponent, mantissa, bias, normalization, offset, precision, padding } = datatype;
  const implied = normalization === "implied";
  const places = placesOf(datatype);
  const [, width] = mantissa;
  const ones = 2 ** exponent[1] - 1;
  const element = new Uint8Array(size);
  // Bits of the fraction behind the leading one.
  const fractionBits = implied ? width : width - 1;
  const blank = paddingBits(size, offset, precision, padding);
  return (out, at, value) => {
    let power = ones;
    let bits = 0n;
    if (Number.isNaN(value)) bits = (1n << BigInt(width)) - 1n;
    else if (value === 0) power = 0;
    else if (Number.isFinite(value)) {
      const [significand, scale] = split(Math.abs(value));
      // The value is 1.xxx × 2^leading.
      const leading = scale + bitLength(significand) - 1;
      const least = implied ? 1 - bias : -bias;
      const unit = Math.max(leading, least) - fractionBits;
      bits = shiftRounded(significand, unit - scale);
      // Rounding may carry into a further bit.
      const top = bitLength(bits) - 1 + unit;
      power = bits === 0n ? 0 : top < least ? 0 : top + bias;
      if (bitLength(bits) > fractionBits + 1) bits >>= 1n;
      if (power >= ones) {
        power = ones;
        bits = 0n;
      } else if (implied) bits &= (1n << BigInt(width)) - 1n;
    }
    if (power === ones && !implied) bits |= 1n << BigInt(width - 1);
    element.set(blank);
    placeBits(element, sign, 1, value < 0 || Object.is(value, -0) ? 1n : 0n);
    placeBits(element, exponent[0], exponent[1], BigInt(power));
    placeBits(element, mantissa[0], width, bits);
    for (let i = 0; i < size; i++) out[at + (places[i] as number)] = element[i] as number; // one place per byte
  };
}

/** Where the bytes of an element lie, least significant first. VAX: 16-bit words, the most significant first. */
function placesOf({ size, order }: FloatType): number[] {
  return Array.from({ length: size }, (_, i) => {
    if (order === "le") return i;
    if (order === "be") return size - 1 - i;
    return size - 2 - (i & ~1) + (i & 1);
  });
}

/** significand × 2^scale as the nearest double. */
function scaled(significand: bigint, scale: number): number {
  if (significand === 0n) return 0;
  const leading = scale + bitLength(significand) - 1;
  if (leading > 1023) return Number.POSITIVE_INFINITY;
  if (leading < -1075) return 0;
  // Subnormal doubles have fewer bits: round once, to as many as there are.
  const kept = leading >= -1022 ? 53 : 53 - (-1022 - leading);
  const cut = Math.max(0, bitLength(significand) - kept);
  return scaleExact(Number(shiftRounded(significand, cut)), scale + cut);
}

/** Exact products of powers of two, in steps that do not leave the range of doubles early. */
function scaleExact(value: number, scale: number): number {
  if (scale < -1022) return value * 2 ** -1022 * 2 ** (scale + 1022);
  if (scale > 1000) return value * 2 ** 1000 * 2 ** (scale - 1000);
  return value * 2 ** scale;
}

/** A positive finite double as integer × 2^scale. */
function split(value: number): [significand: bigint, scale: number] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const power = Number(bits >> 52n);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  return power === 0 ? [fraction, -1074] : [fraction | (1n << 52n), power - 1075];
}

/** value / 2^count, to nearest, ties to even; a negative count multiplies. */
function shiftRounded(value: bigint, count: number): bigint {
  if (count <= 0) return value << BigInt(-count);
  const shift = BigInt(count);
  const whole = value >> shift;
  const rest = value - (whole << shift);
  const half = 1n << (shift - 1n);
  return rest > half || (rest === half && (whole & 1n) === 1n) ? whole + 1n : whole;
}

function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const digits = value.toString(16);
  return digits.length * 4 - Math.clz32(Number.parseInt(digits.charAt(0), 16)) + 28;
}
