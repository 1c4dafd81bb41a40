/** Stored numbers to typed arrays: without copying where bytes are elements already, else in one pass. */
import type { BigIntArray, NumberArray } from "../bytes/typed-arrays.js";
import { Hdf5ValueError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { type FloatType, fitsFloat32, floatReader } from "./float-layout.js";
import { halfValue } from "./half-floats.js";
import { type IntegerLayout, integerLayout, integerReader, smallIntegerReader } from "./integer-layout.js";
import {
  HOST_ORDER,
  isIeee,
  type MachineType,
  machineType,
  newArray,
  swapBytes,
  viewAs,
  widthOf,
} from "./machine-types.js";

/** How 64-bit integers become JavaScript values. */
export type Int64Policy = "bigint" | "number" | "safe";

/** Numbers, all of one kind. */
export type Numbers =
  | { readonly kind: "number"; readonly data: NumberArray }
  | { readonly kind: "bigint"; readonly data: BigIntArray };

export interface NumberOptions {
  readonly int64: Int64Policy;
  /** The result may be a view of the bytes. */
  readonly mayView: boolean;
  /** Numbers per element, for the index in errors. */
  readonly perElement: number;
}

/** Is this decoded as a number: integer, float, enumeration, time, bitfield of at most 64 bits? */
export function isNumeric(datatype: Datatype): boolean {
  switch (datatype.kind) {
    case "integer":
    case "float":
    case "enum":
    case "time":
      return true;
    case "bitfield":
      return datatype.size <= 8;
    default:
      return false;
  }
}

/** Bytes with a buffer of their own, as JavaScript's arrays can be laid over them. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer | undefined {
  const { buffer, byteOffset, byteLength } = bytes;
  // A part of a larger buffer is not handed out: the caller may transfer it.
  return byteOffset === 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer ? buffer : undefined;
}

/**
 * `count` numbers that follow each other in `bytes`.
 * @throws Hdf5ValueError for integers beyond 64 bits, or beyond 2^53 − 1 with `int64: "safe"`.
 */
export function decodeNumbers(bytes: Uint8Array, datatype: Datatype, count: number, options: NumberOptions): Numbers {
  const machine = machineType(datatype);
  if (machine !== undefined) return withPolicy(machineNumbers(bytes, machine, count, options), options);
  const layout = integerLayout(datatype);
  if (layout !== undefined) return oddIntegers(bytes, layout, count, options);
  return { kind: "number", data: oddFloats(bytes, datatype as FloatType, count) }; // numeric, and no integer
}

/** The 64-bit integers of this array, exactly, or as the policy says. */
function withPolicy(data: NumberArray | BigIntArray, options: NumberOptions): Numbers {
  if (!isBigInts(data)) return { kind: "number", data };
  if (options.int64 === "bigint") return { kind: "bigint", data };
  const out = new Float64Array(data.length);
  for (let i = 0; i < out.length; i++) {
    const value = data[i] as bigint; // i is inside
    const number = Number(value);
    if (options.int64 === "safe" && !Number.isSafeInteger(number)) throw unsafeInteger(i, value, options);
    out[i] = number;
  }
  return { kind: "number", data: out };
}

function unsafeInteger(i: number, value: bigint, { perElement }: NumberOptions): Hdf5ValueError {
  return new Hdf5ValueError(Math.floor(i / perElement), `${value} is beyond ±(2^53 − 1)`);
}

/** Are these 64-bit integers? */
export function isBigInts(data: NumberArray | BigIntArray): data is BigIntArray {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

function machineNumbers(
  bytes: Uint8Array,
  { name, swapped }: MachineType,
  count: number,
  options: NumberOptions,
): NumberArray | BigIntArray {
  const width = widthOf(name);
  const own = options.mayView && !swapped ? ownBuffer(bytes) : undefined;
  if (own !== undefined) return viewAs(name, own, 0, count);
  const copy = new Uint8Array(count * width);
  copy.set(bytes.subarray(0, copy.length));
  if (swapped) swapBytes(copy, width);
  return viewAs(name, copy.buffer, 0, count);
}

function oddIntegers(bytes: Uint8Array, layout: IntegerLayout, count: number, options: NumberOptions): Numbers {
  const { size, signed } = layout;
  if (size <= 4) {
    const width = size === 1 ? 8 : size === 2 ? 16 : 32;
    const out = newArray(`${signed ? "" : "u"}int${width}`, count);
    const read = smallIntegerReader(layout);
    for (let i = 0; i < count; i++) out[i] = read(bytes, i * size);
    return { kind: "number", data: out };
  }
  const read = integerReader(layout);
  if (options.int64 !== "bigint") {
    const out = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const value = read(bytes, i * size);
      const number = Number(value);
      if (options.int64 === "safe" && !Number.isSafeInteger(number)) throw unsafeInteger(i, value, options);
      out[i] = number;
    }
    return { kind: "number", data: out };
  }
  const out = newArray(signed ? "int64" : "uint64", count);
  for (let i = 0; i < count; i++) {
    const value = read(bytes, i * size);
    out[i] = value;
    if (out[i] !== value) {
      throw new Hdf5ValueError(Math.floor(i / options.perElement), `${value} does not fit 64 bits`);
    }
  }
  return { kind: "bigint", data: out };
}

function oddFloats(bytes: Uint8Array, datatype: FloatType, count: number): NumberArray {
  const { size, order } = datatype;
  if (isIeee(datatype, 5, 10) || isIeee(datatype, 8, 7)) {
    const out = new Float32Array(count);
    const [low, high] = order === "le" ? [0, 1] : [1, 0];
    if (isIeee(datatype, 5, 10)) {
      for (let i = 0; i < count; i++) {
        // Two bytes per element.
        out[i] = halfValue((bytes[2 * i + low] as number) | ((bytes[2 * i + high] as number) << 8));
      }
      return out;
    }
    // A bfloat16 is the upper half of a float32.
    const view = new DataView(out.buffer);
    const [at, to] = HOST_ORDER === "le" ? [2, 3] : [1, 0];
    for (let i = 0; i < count; i++) {
      view.setUint8(4 * i + at, bytes[2 * i + low] as number);
      view.setUint8(4 * i + to, bytes[2 * i + high] as number);
    }
    return out;
  }
  const read = floatReader(datatype);
  const out = newArray(fitsFloat32(datatype) ? "float32" : "float64", count);
  for (let i = 0; i < count; i++) out[i] = read(bytes, i * size);
  return out;
}
