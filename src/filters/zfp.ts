/**
 * ZFP (filter 32013), read only. Registered filter; H5Zzfp.c of H5Z-ZFP. The client data values are the version of the
 * writer, then a ZFP header, bit by bit, the least significant first, in words of 32 bits:
 *
 *   "zfp", codec version u8 (5) | type u2 (int32, int64, float, double) | dimensions − 1 u2
 *   | extents − 1, fastest first: 48, 2 × 24, 3 × 16 or 4 × 12 bits | mode u12
 *   mode: below 2048 bits of a block − 1; to 2175 precision − 1; 2176 reversible; to 4094 smallest exponent + 3251;
 *   4095 | least bits − 1 u15 | most bits − 1 u15 | precision − 1 u7 | smallest exponent + 16495 u15
 *
 * The chunk is blocks of 4 values along each dimension, filled up at the ends.
 */
import { type FilterName, faultOf } from "./fault.js";
import type { Filter, FilterContext } from "./filter.js";
import { type Coefficients, decodePlanes, type LowBits, lowBits, transformer32, transformer64 } from "./zfp-block.js";

const NAME: FilterName = /* @__PURE__ */ Object.freeze({ id: 32013, name: "zfp" });
const MAGIC = 0x0570667a; // "zfp", codec 5
const TYPES = ["int32", "int64", "float32", "float64"] as const;
const EXTENT_BITS = [48, 24, 16, 12] as const;
const MAX_PRECISION = 64; // ZFP_MAX_PREC
const MIN_EXPONENT = -1074; // ZFP_MIN_EXP; one less means reversible
const MAX_BITS = 16_658; // ZFP_MAX_BITS

type Fail = (finding: string) => never;

/** The codec of filter 32013, for reading. */
export const zfp: Filter = /* @__PURE__ */ Object.freeze({
  ...NAME,
  decode(bytes: Uint8Array, context: FilterContext): Uint8Array {
    const fail = faultOf(NAME, "decode");
    const { header, swapped } = headerOf(context.values, fail);
    const size = header.type === "int32" || header.type === "float32" ? 4 : 8;
    const total = header.extents.reduce((product, extent) => product * extent, size);
    if (total > context.maxOutput) fail(`says that it gives ${total} bytes, at most ${context.maxOutput}`);
    const values = decodeField(lowBits(bytes, fail), header);
    const out = new Uint8Array(values.buffer);
    // A big-endian writer has big-endian elements.
    if (swapped) for (let at = 0; at < out.length; at += size) out.subarray(at, at + size).reverse();
    return out;
  },
} satisfies Filter);

interface Header {
  readonly type: (typeof TYPES)[number];
  /** Fastest first. */
  readonly extents: readonly number[];
  readonly leastBits: number;
  readonly mostBits: number;
  readonly precision: number;
  readonly exponent: number;
}

/** The header in the client data values, whose words a big-endian writer has the other way round. */
function headerOf(values: readonly number[], fail: Fail): { header: Header; swapped: boolean } {
  const bytes = new Uint8Array(Math.max(0, values.length - 1) * 4);
  const view = new DataView(bytes.buffer);
  values.slice(1).forEach((value, i) => {
    view.setUint32(i * 4, value, true);
  });
  const swapped = values.length > 1 && view.getUint32(0, false) === MAGIC;
  if (swapped) for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  const bits = lowBits(bytes, (finding) => fail(`its header: ${finding}`));
  const magic = bits.take(32);
  if (magic !== MAGIC) fail(`its header begins with 0x${magic.toString(16)}, no ZFP of codec 5`);
  const type = TYPES[bits.take(2)] as Header["type"]; // two bits
  const rank = bits.take(2) + 1;
  const width = EXTENT_BITS[rank - 1] as number;
  const extents = Array.from({ length: rank }, () => {
    const low = bits.take(Math.min(width, 32));
    return low + (width > 32 ? bits.take(width - 32) * 2 ** 32 : 0) + 1;
  });
  return { header: { type, extents, ...modeOf(bits) }, swapped };
}

function modeOf(bits: LowBits): Pick<Header, "leastBits" | "mostBits" | "precision" | "exponent"> {
  const variable = { leastBits: 1, mostBits: MAX_BITS, precision: MAX_PRECISION, exponent: MIN_EXPONENT };
  const mode = bits.take(12);
  if (mode < 2048) return { ...variable, leastBits: mode + 1, mostBits: mode + 1 };
  if (mode < 2176) return { ...variable, precision: mode - 2047 };
  if (mode === 2176) return { ...variable, exponent: MIN_EXPONENT - 1 };
  if (mode < 4095) return { ...variable, exponent: mode - 2177 + MIN_EXPONENT };
  const leastBits = bits.take(15) + 1;
  const mostBits = bits.take(15) + 1;
  const precision = bits.take(7) + 1;
  return { leastBits, mostBits, precision, exponent: bits.take(15) - 16_495 };
}

type Values = Int32Array | BigInt64Array | Float32Array | Float64Array;

function emptyValues(type: Header["type"], count: number): Values {
  switch (type) {
    case "int32":
      return new Int32Array(count);
    case "int64":
      return new BigInt64Array(count);
    case "float32":
      return new Float32Array(count);
    case "float64":
      return new Float64Array(count);
    default:
      throw type satisfies never;
  }
}

function decodeField(bits: LowBits, header: Header): Values {
  const { extents, type } = header;
  const rank = extents.length;
  const values = emptyValues(
    type,
    extents.reduce((product, extent) => product * extent, 1),
  );
  const size = 4 ** rank;
  const block = emptyValues(type, size);
  const coefficients: Coefficients = { low: new Uint32Array(size), high: new Uint32Array(size) };
  const decode = blockDecoder(bits, header, coefficients, block);
  const origin = extents.map(() => 0);
  for (let d = 0; d < rank; ) {
    decode();
    place(block, origin, extents, values);
    for (d = 0; d < rank; d++) {
      origin[d] = (origin[d] as number) + 4;
      if ((origin[d] as number) < (extents[d] as number)) break;
      origin[d] = 0;
    }
  }
  return values;
}

/** Copy what of a block lies inside the field, line by line. */
function place(block: Values, origin: readonly number[], extents: readonly number[], values: Values): void {
  const [x = 0] = origin;
  const [width = 0] = extents;
  const count = Math.min(4, width - x);
  for (let line = 0; line < block.length; line += 4) {
    let at = x;
    let step = width;
    let inside = true;
    for (let d = 1; d < extents.length; d++) {
      const coordinate = (origin[d] as number) + ((line >> (2 * d)) & 3);
      inside &&= coordinate < (extents[d] as number);
      at += coordinate * step;
      step *= extents[d] as number;
    }
    // Both have the same kind of elements.
    if (inside) for (let i = 0; i < count; i++) values[at + i] = block[line + i] as never;
  }
}

/** A function that decodes the next block into `block`. */
function blockDecoder(bits: LowBits, header: Header, coefficients: Coefficients, block: Values): () => void {
  const { leastBits, mostBits, precision, exponent, type, extents } = header;
  const rank = extents.length;
  const exact = exponent < MIN_EXPONENT;
  const width = type === "int32" || type === "float32" ? 32 : 64;
  const integers = width === 32 ? new Int32Array(block.length) : new BigInt64Array(block.length);
  const transform = transformOf(integers, coefficients, rank, exact);
  const precisionBits = width === 32 ? 5 : 6;
  /** Integers of a block after so many bits of it. @returns the bits of the block. */
  const decodeIntegers = (used: number, most: number): number => {
    let read = used;
    let planes = most;
    if (exact) {
      planes = bits.take(precisionBits) + 1;
      read += precisionBits;
    }
    read += decodePlanes(bits, mostBits - read, planes, width, coefficients);
    transform();
    return read;
  };
  const finish = (read: number): void => {
    if (read < leastBits) bits.skip(leastBits - read);
  };
  if (type === "int32" || type === "int64") {
    return () => {
      finish(decodeIntegers(0, precision));
      for (let i = 0; i < block.length; i++) block[i] = integers[i] as never;
    };
  }
  const floats = block as Float32Array | Float64Array; // of the two other types
  const exponentBits = width === 32 ? 8 : 11;
  const bias = 2 ** (exponentBits - 1) - 1;
  return () => {
    if (bits.bit() === 0) {
      floats.fill(0);
      finish(1);
      return;
    }
    if (exact && bits.bit() === 1) {
      finish(decodeIntegers(2, precision));
      reinterpret(integers, floats);
      return;
    }
    const used = (exact ? 2 : 1) + exponentBits;
    const largest = bits.take(exponentBits) - bias;
    const planes = Math.min(precision, Math.max(0, largest - exponent + 2 * (rank + 1)));
    finish(decodeIntegers(used, planes));
    scale(integers, largest - (width - 2), floats);
  };
}

function transformOf(
  integers: Int32Array | BigInt64Array,
  coefficients: Coefficients,
  rank: number,
  exact: boolean,
): () => void {
  if (integers instanceof Int32Array) {
    const transform = transformer32(rank, exact);
    return () => transform(coefficients, integers);
  }
  const transform = transformer64(rank, exact);
  return () => transform(coefficients, integers);
}

/** Integers × 2^exponent, rounded to the floats' precision by each step as the library does. */
function scale(integers: Int32Array | BigInt64Array, exponent: number, floats: Float32Array | Float64Array): void {
  const round = floats instanceof Float32Array ? Math.fround : (value: number): number => value;
  const factor = round(2 ** exponent);
  for (let i = 0; i < floats.length; i++) floats[i] = factor * round(Number(integers[i] as number | bigint));
}

/** Two's complement of sign and magnitude → the floats with these bits. */
function reinterpret(integers: Int32Array | BigInt64Array, floats: Float32Array | Float64Array): void {
  if (integers instanceof Int32Array) {
    const words = new Int32Array(floats.buffer);
    integers.forEach((value, i) => {
      words[i] = value < 0 ? value ^ 0x7fffffff : value;
    });
    return;
  }
  const words = new BigInt64Array(floats.buffer);
  integers.forEach((value, i) => {
    words[i] = value < 0n ? value ^ 0x7fffffffffffffffn : value;
  });
}
