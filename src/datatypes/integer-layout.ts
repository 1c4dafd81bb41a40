/** Integers of any size, precision, offset and byte order: bits [offset, offset + precision) of an element. */
import { Hdf5UnsupportedError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { bitsOf, paddingBits, placeBits } from "./bit-fields.js";

/** What integers, bitfields and times have in common. */
export interface IntegerLayout {
  readonly size: number;
  readonly order: "le" | "be";
  readonly precision: number;
  readonly offset: number;
  readonly signed: boolean;
  readonly padding: readonly [low: 0 | 1, high: 0 | 1];
}

const MAX_SIZE = 256;

/**
 * The layout of an integer, a bitfield (unsigned), a time (signed) or an enumeration's base; undefined for others.
 * @throws Hdf5UnsupportedError when it is wider than any arithmetic.
 */
export function integerLayout(datatype: Datatype): IntegerLayout | undefined {
  const layout = layoutOf(datatype);
  if (layout !== undefined && layout.size > MAX_SIZE)
    throw new Hdf5UnsupportedError(`integers of ${layout.size} bytes`);
  return layout;
}

function layoutOf(datatype: Datatype): IntegerLayout | undefined {
  switch (datatype.kind) {
    case "integer":
      return datatype;
    case "bitfield":
      return { ...datatype, signed: false };
    case "time":
      return { ...datatype, offset: 0, signed: true, padding: [0, 0] };
    case "enum":
      return integerLayout(datatype.base);
    default:
      return undefined;
  }
}

/** Values that a layout holds. */
export function integerRange({ precision, signed }: IntegerLayout): readonly [low: bigint, high: bigint] {
  const bits = BigInt(precision);
  return signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
}

/** Reads one element of at most 4 bytes after another. */
export function smallIntegerReader(layout: IntegerLayout): (bytes: Uint8Array, at: number) => number {
  const { size, order, precision, offset, signed } = layout;
  const unused = 32 - precision;
  return (bytes, at) => {
    let bits = 0;
    for (let i = 0; i < size; i++) {
      bits |= (bytes[at + (order === "le" ? i : size - 1 - i)] as number) << (8 * i); // size bytes from `at`
    }
    const raised = (bits >>> offset) << unused;
    return signed ? raised >> unused : raised >>> unused;
  };
}

/** Reads one element of any size after another. */
export function integerReader(layout: IntegerLayout): (bytes: Uint8Array, at: number) => bigint {
  const { size, order, precision, offset, signed } = layout;
  const element = new Uint8Array(size);
  return (bytes, at) => {
    for (let i = 0; i < size; i++) element[i] = bytes[at + (order === "le" ? i : size - 1 - i)] as number;
    const bits = bitsOf(element, offset, precision);
    return signed ? BigInt.asIntN(precision, bits) : bits;
  };
}

/** Writes one value after another; each must be in range. */
export function integerWriter(layout: IntegerLayout): (out: Uint8Array, at: number, value: bigint) => void {
  const { size, order, precision, offset, padding } = layout;
  const blank = paddingBits(size, offset, precision, padding);
  const element = new Uint8Array(size);
  return (out, at, value) => {
    element.set(blank);
    placeBits(element, offset, precision, value);
    for (let i = 0; i < size; i++) out[at + (order === "le" ? i : size - 1 - i)] = element[i] as number;
  };
}
