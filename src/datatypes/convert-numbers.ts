/** Decoded numbers as the element type that the caller asks for. */
import type { NumericArrays, NumericName } from "../bytes/typed-arrays.js";
import { Hdf5ValueError } from "../errors.js";
import { isBigInts, type Numbers } from "./decode-numbers.js";
import { nameOfArray, newArray } from "./machine-types.js";

/** Least and largest value of each integer type. */
const RANGES: { readonly [name in NumericName]?: readonly [low: number, high: number] } = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
};

/**
 * Numbers as this type: into an integer type exactly, into a float type the nearest.
 * @param perElement numbers per element, for the index in errors.
 * @param into where to put them; its type is `name` and its length theirs.
 * @returns the numbers themselves where they are of the type.
 * @throws Hdf5ValueError with the first element that an integer type cannot hold.
 */
export function convertNumbers<K extends NumericName>(
  numbers: Numbers,
  name: K,
  perElement: number,
  into?: NumericArrays[K] | undefined,
): NumericArrays[K] {
  const { data } = numbers;
  if (nameOfArray(data) === name) {
    const same = data as NumericArrays[K]; // the tag names the class
    if (into === undefined) return same;
    (into as { set(from: ArrayLike<number | bigint>): void }).set(same);
    return into;
  }
  const out = into ?? newArray(name, data.length);
  const fail = (i: number): never => {
    throw new Hdf5ValueError(Math.floor(i / perElement), `${String(data[i])} is no ${name}`);
  };
  if (out instanceof BigInt64Array || out instanceof BigUint64Array) toBigInts(numbers, out, fail);
  else toNumbers(numbers, out as Float64Array, RANGES[name], fail); // any array of numbers is written alike
  return out;
}

type Fail = (i: number) => never;

function toBigInts({ data }: Numbers, out: BigInt64Array | BigUint64Array, fail: Fail): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number | bigint; // i is inside
    if (typeof value === "number" && !Number.isInteger(value)) fail(i);
    const exact = BigInt(value);
    out[i] = exact;
    if (out[i] !== exact) fail(i);
  }
}

function toNumbers(
  { data }: Numbers,
  out: Float64Array,
  range: readonly [number, number] | undefined,
  fail: Fail,
): void {
  const { length } = data;
  if (range === undefined) {
    if (isBigInts(data)) for (let i = 0; i < length; i++) out[i] = Number(data[i]);
    else out.set(data);
    return;
  }
  const [low, high] = range;
  for (let i = 0; i < length; i++) {
    const value = Number(data[i]);
    // A 64-bit integer that is rounded here is far outside every range.
    if (!(value >= low && value <= high && Math.floor(value) === value)) fail(i);
    out[i] = value;
  }
}
