/** JavaScript values to stored numbers: integers exactly, floats the nearest. */
import type { Bytes, NumericName } from "../bytes/typed-arrays.js";
import { Hdf5ValueError, quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { Place } from "./encode-options.js";
import { type FloatType, floatWriter } from "./float-layout.js";
import { halfBits } from "./half-floats.js";
import { type IntegerLayout, integerLayout, integerRange, integerWriter } from "./integer-layout.js";
import { isIeee, machineType, nameOfArray, newArray, swapBytes, viewAs, widthOf } from "./machine-types.js";
import { refuse } from "./write-data.js";

/** Bytes of few numbers, whose encoding is copied out of one place. */
const SHORT = 64;
const shortBytes = /* @__PURE__ */ new Uint8Array(SHORT);

type EnumType = Extract<Datatype, { readonly kind: "enum" }>;

/**
 * Stored elements of a numeric type; fresh bytes.
 * @throws Hdf5ValueError for the first value that does not fit; Hdf5UsageError for one that is no number.
 */
export function encodeNumbers(items: ArrayLike<unknown>, datatype: Datatype, place: Place): Bytes {
  if (datatype.kind === "enum") return encodeNumbers(enumValues(items, datatype, place), datatype.base, place);
  const machine = machineType(datatype);
  if (machine !== undefined) {
    const bytes = machineBytes(items, machine.name, place);
    if (machine.swapped) swapBytes(bytes, datatype.size);
    return bytes;
  }
  const layout = integerLayout(datatype);
  return layout === undefined ? oddFloats(items, datatype as FloatType, place) : oddIntegers(items, layout, place);
}

function bytesOf(view: ArrayBufferView): Bytes {
  return new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength); // of arrays made here
}

function machineBytes(items: ArrayLike<unknown>, name: NumericName, place: Place): Bytes {
  if (ArrayBuffer.isView(items) && nameOfArray(items) === name) {
    return new Uint8Array(new Uint8Array(items.buffer, items.byteOffset, items.byteLength));
  }
  const { length } = items;
  const width = widthOf(name);
  // Engines keep short copies without a buffer of their own, which a view of a new array would need.
  const short = length * width <= SHORT;
  const out = short ? viewAs(name, shortBytes.buffer, 0, length) : newArray(name, length);
  if (out instanceof BigInt64Array || out instanceof BigUint64Array) bigIntegers(items, out, name, place);
  else if (name === "float32" || name === "float64") {
    for (let i = 0; i < length; i++) {
      const item = items[i];
      out[i] = typeof item === "number" ? item : floatOf(item, i, place);
    }
  } else smallIntegers(items, out as Int32Array, name, place); // the arrays of integers that are left
  return short ? shortBytes.slice(0, length * width) : bytesOf(out);
}

function floatOf(item: unknown, i: number, place: Place): number {
  return typeof item === "bigint" ? Number(item) : typeof item === "number" ? item : refuse(item, place(i), "numbers");
}

/** Assigning wraps around what does not fit: then it is not the same any more. */
function smallIntegers(items: ArrayLike<unknown>, out: Int32Array, name: string, place: Place): void {
  for (let i = 0; i < out.length; i++) {
    const item = items[i];
    if (typeof item !== "number" && typeof item !== "bigint") refuse(item, place(i), "numbers");
    const value = Number(item);
    out[i] = value;
    // The wrapped value of a wide bigint could equal its rounded one only if both fit.
    if (out[i] !== value) misfit(item, name, place(i));
  }
}

function bigIntegers(items: ArrayLike<unknown>, out: BigInt64Array | BigUint64Array, name: string, place: Place): void {
  for (let i = 0; i < out.length; i++) {
    const value = exactInteger(items[i], i, name, place);
    out[i] = value;
    if (out[i] !== value) misfit(items[i], name, place(i));
  }
}

function exactInteger(item: unknown, i: number, name: string, place: Place): bigint {
  if (typeof item === "bigint") return item;
  if (typeof item !== "number") return refuse(item, place(i), "numbers");
  return Number.isInteger(item) ? BigInt(item) : misfit(item, name, place(i));
}

function misfit(item: unknown, name: string, index: number): never {
  throw new Hdf5ValueError(index, `${String(item)} is no ${name}`);
}

function oddIntegers(items: ArrayLike<unknown>, layout: IntegerLayout, place: Place): Bytes {
  const { size, precision, signed } = layout;
  const [low, high] = integerRange(layout);
  const name = `${signed ? "signed" : "unsigned"} integer of ${precision} bits`;
  const out = new Uint8Array(items.length * size);
  const write = integerWriter(layout);
  for (let i = 0; i < items.length; i++) {
    const value = exactInteger(items[i], i, name, place);
    if (value < low || value > high) misfit(value, name, place(i));
    write(out, i * size, value);
  }
  return out;
}

function oddFloats(items: ArrayLike<unknown>, datatype: FloatType, place: Place): Bytes {
  const { size } = datatype;
  const out = new Uint8Array(items.length * size);
  if (isIeee(datatype, 5, 10)) {
    const [low, high] = datatype.order === "le" ? [0, 1] : [1, 0];
    for (let i = 0; i < items.length; i++) {
      const bits = halfBits(floatOf(items[i], i, place));
      out[2 * i + low] = bits;
      out[2 * i + high] = bits >> 8;
    }
    return out;
  }
  const write = floatWriter(datatype);
  for (let i = 0; i < items.length; i++) write(out, i * size, floatOf(items[i], i, place));
  return out;
}

/** Numbers for names; booleans and numbers as they are. */
function enumValues(items: ArrayLike<unknown>, datatype: EnumType, place: Place): ArrayLike<unknown> {
  if (ArrayBuffer.isView(items) && !datatype.boolean) return items;
  const values = new Map(datatype.members.map(({ name, value }) => [name, value]));
  if (values.size < datatype.members.length) {
    // Names that differ only in bytes that are no UTF-8: which is meant, a number tells.
    for (const [i, { name }] of datatype.members.entries()) {
      if (datatype.members.findIndex((member) => member.name === name) !== i) values.delete(name);
    }
  }
  const out = new Array<unknown>(items.length);
  for (let i = 0; i < items.length; i++) out[i] = enumValue(items[i], datatype, values, () => place(i));
  return out;
}

function enumValue(
  item: unknown,
  datatype: EnumType,
  values: ReadonlyMap<string, number | bigint>,
  index: () => number,
): unknown {
  switch (typeof item) {
    case "string": {
      const value = values.get(item);
      if (value !== undefined) return value;
      const names = [...values.keys()].slice(0, 20).map(quote).join(", ");
      throw new Hdf5ValueError(index(), `${quote(item)} is no member of the enumeration (${names})`);
    }
    case "boolean":
      return datatype.boolean ? Number(item) : refuse(item, index(), "numbers or names of the enumeration");
    case "number":
    case "bigint":
      if (!datatype.boolean || Number(item) === 0 || Number(item) === 1) return item;
      throw new Hdf5ValueError(index(), `${item} is no boolean`);
    default:
      return refuse(item, index(), datatype.boolean ? "booleans, 0 or 1" : "numbers or names of the enumeration");
  }
}
