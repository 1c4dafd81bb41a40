/**
 * Numbers of a source in the datatype of the virtual dataset, as libhdf5 converts them (H5Tconv.c): what an integer
 * cannot hold becomes its nearest limit, fractions are cut off, floats take the nearest value.
 */
import { decodeNumbers } from "../../datatypes/decode-numbers.js";
import { encodeNumbers } from "../../datatypes/encode-numbers.js";
import { integerLayout, integerRange } from "../../datatypes/integer-layout.js";
import { Hdf5UnsupportedError, Hdf5ValueError } from "../../errors.js";
import type { Datatype } from "../../format/messages/datatype.js";

/** @throws Hdf5UnsupportedError unless both are integers or floats. */
export function converter(from: Datatype, to: Datatype): (bytes: Uint8Array, count: number) => Uint8Array {
  // A 64-bit integer would be rounded twice on its way to a narrower float.
  const twice = from.kind === "integer" && from.precision > 53 && to.kind === "float" && to.size !== 8;
  if (!isNumber(from) || !isNumber(to) || twice) {
    throw new Hdf5UnsupportedError(`virtual dataset sources of another datatype (${from.kind} for ${to.kind})`);
  }
  const layout = integerLayout(to);
  const [low, high] = layout === undefined ? [0n, 0n] : integerRange(layout);
  return (bytes, count) => {
    const { data } = decodeNumbers(bytes, from, count, { int64: "bigint", mayView: false, perElement: 1 });
    const numbers: ArrayLike<number | bigint> = data;
    const values = layout === undefined ? data : Array.from(numbers, (value, i) => nearest(value, low, high, i));
    return encodeNumbers(values, to, (i) => i);
  };
}

function isNumber({ kind }: Datatype): boolean {
  return kind === "integer" || kind === "float";
}

function nearest(value: number | bigint, low: bigint, high: bigint, index: number): bigint {
  if (typeof value === "number") {
    if (Number.isNaN(value))
      throw new Hdf5ValueError(index, "of a virtual dataset's source is NaN, which is no integer");
    if (value === Infinity) return high;
    if (value === -Infinity) return low;
  }
  const whole = typeof value === "bigint" ? value : BigInt(Math.trunc(value));
  return whole < low ? low : whole > high ? high : whole;
}
