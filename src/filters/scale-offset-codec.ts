/**
 * Scale-offset (filter 6): the codec. Values are stored as differences from the smallest one, in as few bits as the
 * chunk needs, the most significant first, without gaps. Floats are first multiplied by a power of ten and rounded.
 * Spec: IV.A.2.l; H5Zscaleoffset.c.
 *
 *   bits per value u32 | bytes of the minimum u8 (8) | minimum (8; a float in its first bytes) | zeros 8
 *   | differences, bits × elements, and a last byte; or, with all bits of an element, the elements little-endian
 *
 * The largest difference, all bits set, stands for the fill value, so that it need not be near the others.
 */
import { bitReader, bitWriter } from "./bits.js";
import { faultOf } from "./fault.js";
import type { Filter, FilterContext } from "./filter.js";
import { configureScaleOffset, FILL_AT, SCALE_OFFSET_NAME, SCALE_OFFSET_VALUES, SCALE_TYPE } from "./scale-offset.js";

const HEADER_BYTES = 21;
const MINIMUM_BYTES = 8;

type Fail = (finding: string) => never;

/** What the client data values say. */
interface Parameters {
  readonly isFloat: boolean;
  readonly size: number;
  readonly signed: boolean;
  readonly bigEndian: boolean;
  readonly count: number;
  /** The fill value's bits, unsigned. */
  readonly fill: bigint | undefined;
  /** Integers: bits per value, 0 for as many as each chunk needs. Floats: decimal digits. */
  readonly factor: number;
}

/** The codec of filter 6. */
export const scaleOffsetFilter: Filter = /* @__PURE__ */ Object.freeze({
  ...SCALE_OFFSET_NAME,
  decode(bytes: Uint8Array, context: FilterContext): Uint8Array {
    const fail = faultOf(SCALE_OFFSET_NAME, "decode");
    const parameters = parametersOf(context.values, fail);
    const { size, count } = parameters;
    if (isUnchanged(parameters)) return bytes;
    if (count * size > context.maxOutput) fail(`gives ${count * size} bytes, at most ${context.maxOutput}`);
    if (bytes.length < HEADER_BYTES) fail(`has ${bytes.length} bytes, expected a header of ${HEADER_BYTES}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const bits = view.getUint32(0, true);
    if (bits > size * 8) fail(`stores ${bits} bits of values of ${size * 8}`);
    if ((count * bits) / 8 > bytes.length - HEADER_BYTES) fail(`has ${bytes.length} bytes for ${count} × ${bits} bits`);
    const out = new Uint8Array(count * size);
    if (bits === size * 8) out.set(bytes.subarray(HEADER_BYTES, HEADER_BYTES + out.length));
    else {
      const known = Math.min(MINIMUM_BYTES, bytes[4] as number); // the header is there
      let minimum = 0n;
      for (let i = known - 1; i >= 0; i--) minimum = (minimum << 8n) | BigInt(bytes[5 + i] as number);
      const differences = readDifferences(bytes, bits, count, fail);
      if (parameters.isFloat) addFloats(differences, minimum, bits, parameters, out);
      else addIntegers(differences, minimum, bits, parameters, out);
    }
    if (parameters.bigEndian) swapBytes(out, size);
    return out;
  },
  encode(bytes: Uint8Array, context: FilterContext): Uint8Array {
    const fail = faultOf(SCALE_OFFSET_NAME, "encode");
    const parameters = parametersOf(context.values, fail);
    const { size, count } = parameters;
    if (bytes.length !== count * size) fail(`is given ${bytes.length} bytes, expected ${count * size}`);
    if (isUnchanged(parameters)) return bytes;
    const plain = new Uint8Array(bytes);
    if (parameters.bigEndian) swapBytes(plain, size);
    const { bits, minimum, differences } = parameters.isFloat
      ? subtractFloats(plain, parameters, fail)
      : subtractIntegers(plain, parameters, fail);
    const whole = bits === size * 8;
    const length = whole ? plain.length : Math.floor((plain.length * bits) / (size * 8)) + 1;
    const out = new Uint8Array(HEADER_BYTES + length);
    const view = new DataView(out.buffer);
    view.setUint32(0, bits, true);
    view.setUint8(4, MINIMUM_BYTES);
    view.setBigUint64(5, minimum, true);
    if (whole) out.set(plain, HEADER_BYTES);
    else writeDifferences(differences, bits, out);
    return out;
  },
  configure: configureScaleOffset,
} satisfies Filter);

function parametersOf(values: readonly number[], fail: Fail): Parameters {
  if (values.length !== SCALE_OFFSET_VALUES) fail(`has ${values.length} values, expected ${SCALE_OFFSET_VALUES}`);
  const [scaleType, factor, count, kind, size, signed, order, filled] = values as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const isFloat = kind === 1;
  if (kind > 1 || !(isFloat ? [4, 8] : [1, 2, 4, 8]).includes(size)) fail(`is for class ${kind} of ${size} bytes`);
  if (isFloat !== (scaleType === SCALE_TYPE.decimals)) fail(`has scale type ${scaleType} for class ${kind}`);
  if (order > 1) fail(`is for byte order ${order}`);
  const digits = factor | 0; // stored signed
  if (!isFloat && digits > size * 8) fail(`asks for ${digits} bits of ${size * 8}`);
  const fill = (BigInt(values[FILL_AT + 1] as number) << 32n) | BigInt(values[FILL_AT] as number);
  return {
    isFloat,
    size,
    signed: signed !== 0,
    bigEndian: order === 1,
    count,
    fill: filled === 0 ? undefined : BigInt.asUintN(size * 8, fill),
    factor: isFloat ? digits : Math.max(0, digits),
  };
}

/** Integers for which all bits were asked for are stored as they are, without a header. */
function isUnchanged({ isFloat, factor, size }: Parameters): boolean {
  return !isFloat && factor === size * 8;
}

/** Differences: low halves, and high halves where values have more than 32 bits. */
interface Differences {
  readonly low: Uint32Array;
  readonly high: Uint32Array | undefined;
}

function emptyDifferences(count: number, size: number): Differences {
  return { low: new Uint32Array(count), high: size > 4 ? new Uint32Array(count) : undefined };
}

function readDifferences(bytes: Uint8Array, bits: number, count: number, fail: Fail): Differences {
  const low = new Uint32Array(count);
  if (bits === 0) return { low, high: undefined };
  const reader = bitReader(bytes, HEADER_BYTES, fail);
  if (bits <= 32) {
    for (let i = 0; i < count; i++) low[i] = reader.take(bits);
    return { low, high: undefined };
  }
  const high = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    high[i] = reader.take(bits - 32);
    low[i] = reader.take(32);
  }
  return { low, high };
}

function writeDifferences({ low, high }: Differences, bits: number, out: Uint8Array): void {
  if (bits === 0) return;
  const writer = bitWriter(out, HEADER_BYTES);
  for (let i = 0; i < low.length; i++) {
    if (bits > 32) writer.put(high?.[i] ?? 0, bits - 32);
    writer.put(low[i] as number, Math.min(bits, 32));
  }
}

/** The halves of the difference that stands for the fill value. */
function markOf(bits: number): readonly [low: number, high: number] {
  return bits < 32 ? [2 ** bits - 1, 0] : [0xffffffff, 2 ** (bits - 32) - 1];
}

function addIntegers(d: Differences, minimum: bigint, bits: number, p: Parameters, out: Uint8Array): void {
  const { size, fill } = p;
  const [markLow, markHigh] = markOf(bits);
  const isFill = (i: number): boolean => d.low[i] === markLow && (d.high?.[i] ?? 0) === markHigh;
  if (size === 8) {
    const words = new BigUint64Array(out.buffer);
    for (let i = 0; i < words.length; i++) {
      const difference = (BigInt(d.high?.[i] ?? 0) << 32n) | BigInt(d.low[i] as number);
      words[i] = fill !== undefined && isFill(i) ? fill : minimum + difference;
    }
    return;
  }
  const words = wordsOf(out, size);
  const from = Number(BigInt.asUintN(32, minimum));
  const filler = Number(fill ?? 0n);
  for (let i = 0; i < words.length; i++) {
    words[i] = fill !== undefined && isFill(i) ? filler : from + (d.low[i] as number);
  }
}

/** Elements of at most four bytes as unsigned numbers, in this machine's order, which JavaScript's machines have little-endian. */
function wordsOf(bytes: Uint8Array, size: number): Uint8Array | Uint16Array | Uint32Array {
  if (size === 1) return bytes;
  return size === 2 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
}

/** Bits, minimum and differences of a chunk; without differences when all bits are needed. */
interface Packed {
  readonly bits: number;
  readonly minimum: bigint;
  readonly differences: Differences;
}

function subtractIntegers(plain: Uint8Array, p: Parameters, fail: Fail): Packed {
  const { size, fill, factor, signed } = p;
  const width = size * 8;
  const sized = signed ? BigInt.asIntN : BigInt.asUintN;
  const filler = fill === undefined ? undefined : sized(width, fill);
  const elements = signed
    ? signedOf(plain, size)
    : size === 8
      ? new BigUint64Array(plain.buffer)
      : wordsOf(plain, size);
  // Numbers are compared as numbers, 64-bit integers as bigints.
  const skipped = filler === undefined ? undefined : size === 8 ? filler : Number(filler);
  let low: number | bigint | undefined;
  let high: number | bigint | undefined;
  for (const element of elements) {
    if (element === skipped) continue;
    if (low === undefined || element < low) low = element;
    if (high === undefined || element > high) high = element;
  }
  const minimum = BigInt(low ?? 0);
  const range = BigInt(high ?? 0) - minimum;
  const differences = emptyDifferences(elements.length, size);
  const stored = BigInt.asUintN(64, minimum);
  if (factor === 0 && range > 2n ** BigInt(width) - 3n) {
    // libhdf5 leaves the minimum 0 here, but for signed bytes without a fill value.
    return { bits: width, minimum: size === 1 && signed && fill === undefined ? stored : 0n, differences };
  }
  const bits = factor || bitsFor(range + (fill === undefined ? 1n : 2n));
  if (bits === width) return { bits, minimum: stored, differences };
  const largest = 2n ** BigInt(bits) - (fill === undefined ? 1n : 2n);
  // libhdf5 cuts such values. The chunk is stored without the filter instead.
  if (range > largest) fail(`${bits} bits are too few for a chunk whose values span ${range}`);
  const [markLow, markHigh] = markOf(bits);
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i] as number | bigint; // inside
    if (element === skipped) {
      differences.low[i] = markLow;
      if (differences.high) differences.high[i] = markHigh;
    } else if (typeof element === "bigint") {
      const difference = element - minimum;
      differences.low[i] = Number(difference & 0xffffffffn);
      if (differences.high) differences.high[i] = Number(difference >> 32n);
    } else differences.low[i] = element - (low as number); // of the same kind
  }
  return { bits, minimum: stored, differences };
}

function signedOf(bytes: Uint8Array, size: number): Int8Array | Int16Array | Int32Array | BigInt64Array {
  switch (size) {
    case 1:
      return new Int8Array(bytes.buffer);
    case 2:
      return new Int16Array(bytes.buffer);
    case 4:
      return new Int32Array(bytes.buffer);
    default:
      return new BigInt64Array(bytes.buffer);
  }
}

/** Bits that tell so many values apart (H5Z__scaleoffset_log2). */
function bitsFor(count: bigint): number {
  return (count - 1n).toString(2).length * (count > 1n ? 1 : 0);
}

function floatsOf(bytes: Uint8Array, size: number): Float32Array | Float64Array {
  return size === 4 ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
}

/** A float of a chunk from its bits. */
function floatOf(bits: bigint, size: number): number {
  const words = new BigUint64Array([bits]);
  return floatsOf(new Uint8Array(words.buffer), size)[0] as number; // there is one
}

/** Arithmetic in the chunk's precision: libhdf5 computes in the type of the elements. */
function rounding(size: number): (value: number) => number {
  return size === 4 ? Math.fround : (value) => value;
}

function addFloats(d: Differences, minimum: bigint, bits: number, p: Parameters, out: Uint8Array): void {
  const { size, fill, factor } = p;
  const floats = floatsOf(out, size);
  const round = rounding(size);
  const scale = round(10 ** factor);
  const from = floatOf(minimum, size);
  const filler = floatOf(fill ?? 0n, size);
  const [markLow, markHigh] = markOf(bits);
  for (let i = 0; i < floats.length; i++) {
    const low = d.low[i] as number; // as many as floats
    const high = d.high?.[i] ?? 0;
    const difference = high * 2 ** 32 + low;
    floats[i] =
      fill !== undefined && low === markLow && high === markHigh
        ? filler
        : round(round(round(difference) / scale) + from);
  }
}

function subtractFloats(plain: Uint8Array, p: Parameters, fail: Fail): Packed {
  const { size, fill, factor } = p;
  const width = size * 8;
  const floats = floatsOf(plain, size);
  const round = rounding(size);
  const scale = round(10 ** factor);
  const filler = fill === undefined ? undefined : floatOf(fill, size);
  const near = 10 ** -factor;
  const isFill = (value: number, distance: number): boolean =>
    filler !== undefined && Math.abs(round(value - filler)) < distance;
  let low: number | undefined;
  let high: number | undefined;
  for (const value of floats) {
    if (!Number.isFinite(value)) fail(`cannot store ${value} in decimal digits`);
    if (isFill(value, near)) continue;
    if (low === undefined || value < low) low = value;
    if (high === undefined || value > high) high = value;
  }
  const from = low ?? 0;
  const scaled = (value: number): number => Math.round(round(round(value * scale) - round(from * scale)));
  const range = scaled(high ?? 0);
  if (!Number.isFinite(range) || !(scale > 0)) fail(`cannot multiply the values by 10 ** ${factor}`);
  const differences = emptyDifferences(floats.length, size);
  if (range > 2 ** (width - 1)) return { bits: width, minimum: 0n, differences };
  const bits = bitsFor(BigInt(range) + (fill === undefined ? 1n : 2n));
  const minimum = bitsOf(from, size);
  if (bits === width) return { bits, minimum, differences };
  const [markLow, markHigh] = markOf(bits);
  for (let i = 0; i < floats.length; i++) {
    const value = floats[i] as number; // inside
    const isMark = isFill(value, round(near));
    const difference = isMark ? 0 : scaled(value);
    if (!(difference >= 0 && difference < 2 ** bits)) fail(`cannot tell ${value} from the fill value`);
    differences.low[i] = isMark ? markLow : difference % 2 ** 32;
    if (differences.high) differences.high[i] = isMark ? markHigh : Math.floor(difference / 2 ** 32);
  }
  return { bits, minimum, differences };
}

function bitsOf(value: number, size: number): bigint {
  const words = new BigUint64Array(1);
  floatsOf(new Uint8Array(words.buffer), size)[0] = value;
  return words[0] as bigint; // there is one
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}
