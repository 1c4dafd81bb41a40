/** Stored elements as plain JavaScript: what `value` and `attrs.get` give. */
import { Hdf5UsageError, Hdf5ValueError, quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { type DecodeOptions, decodeElements, type HeapObjects } from "./decode.js";
import { describe } from "./describe.js";
import { elementValues, shapedValue } from "./element-values.js";
import { shown } from "./shown.js";
import type { ReadResult, Value, ValueName, ValueTypes } from "./values.js";

/** How values are made. */
export type ValueDecodeOptions = Pick<DecodeOptions, "int64" | "strings" | "fileName" | "sizeOfOffsets" | "references">;

/**
 * Elements as plain JavaScript. Rank 0 is the element itself, rank 1 a typed array of numbers or a plain array of
 * anything else, higher ranks nest. A null dataspace is the caller's to know: its value is `null`.
 * @param bytes, shape, heap as for `decodeElements`.
 */
export function toValue(
  bytes: Uint8Array,
  datatype: Datatype,
  shape: readonly number[],
  options: ValueDecodeOptions,
  heap: HeapObjects,
): Value {
  return resultValue(decodeElements(bytes, datatype, shape, options, heap), datatype, shape);
}

/** A decoded result as plain JavaScript. @param shape the elements', without their own dimensions. */
export function resultValue(result: ReadResult, datatype: Datatype, shape: readonly number[]): Value {
  return shapedValue(elementValues(result, datatype), shape);
}

/**
 * Elements as the JavaScript type asked for: one element of any rank, or a list of a scalar or of rank 1.
 * @throws Hdf5UsageError when there is another kind of data, or more or less than one element; Hdf5ValueError when
 * a value cannot be had exactly.
 */
export function valueAs<K extends ValueName>(
  as: K,
  bytes: Uint8Array,
  datatype: Datatype,
  shape: readonly number[],
  options: ValueDecodeOptions,
  heap: HeapObjects,
): ValueTypes[K];
export function valueAs(
  as: ValueName,
  bytes: Uint8Array,
  datatype: Datatype,
  shape: readonly number[],
  options: ValueDecodeOptions,
  heap: HeapObjects,
): ValueTypes[ValueName] {
  const decode = (): ReadResult => decodeElements(bytes, datatype, shape, { ...options, int64: "bigint" }, heap);
  const text = (): string[] => {
    const { data } = decodeElements(bytes, datatype, shape, { ...options, as: "string" }, heap);
    return data as string[]; // `as: "string"` gives texts
  };
  switch (as) {
    case "number":
      return toNumber(only(numbersOf(decode(), datatype, as), shape, as), 0);
    case "bigint":
      return toBigInt(only(numbersOf(decode(), datatype, as), shape, as));
    case "boolean":
      return toBoolean(only(numbersOf(decode(), datatype, as), shape, as));
    case "string":
      return only(text(), shape, as);
    case "numbers": {
      const result = decode();
      flat(result.shape, as);
      return Array.from<number | bigint, number>(numbersOf(result, datatype, as), toNumber);
    }
    case "strings": {
      const result = decodeElements(bytes, datatype, shape, { ...options, as: "string" }, heap);
      flat(result.shape, as);
      return result.data as string[]; // `as: "string"` gives texts
    }
    default:
      as satisfies never;
      throw new Hdf5UsageError("as", `is ${quote(shown(as))}`, "number, bigint, boolean, string, numbers or strings");
  }
}

function numbersOf(result: ReadResult, datatype: Datatype, as: string): ArrayLike<number | bigint> {
  if (result.kind === "number" || result.kind === "bigint") return result.data;
  throw new Hdf5UsageError("as", `asks for ${as} of ${describe(datatype)}`, "what is there");
}

function only<T>(values: ArrayLike<T>, shape: readonly number[], as: string): T {
  const [value] = Array.from(values);
  if (values.length === 1) return value as T; // there is one
  throw new Hdf5UsageError(
    "as",
    `asks for one ${as} of ${values.length} values (shape [${shape.join(", ")}])`,
    "one element",
  );
}

function flat(shape: readonly number[], as: string): void {
  if (shape.length > 1)
    throw new Hdf5UsageError("as", `asks for ${as} of shape [${shape.join(", ")}]`, "a scalar or rank 1");
}

function toNumber(value: number | bigint, index: number): number {
  const number = Number(value);
  if (typeof value === "bigint" && !Number.isSafeInteger(number)) {
    throw new Hdf5ValueError(index, `${value} is beyond ±(2^53 − 1), so no exact number`);
  }
  return number;
}

function toBigInt(value: number | bigint): bigint {
  if (typeof value === "number" && !Number.isInteger(value)) throw new Hdf5ValueError(0, `${value} is no integer`);
  return BigInt(value);
}

function toBoolean(value: number | bigint): boolean {
  if (Number(value) !== 0 && Number(value) !== 1) throw new Hdf5ValueError(0, `${value} is neither true nor false`);
  return Number(value) === 1;
}
