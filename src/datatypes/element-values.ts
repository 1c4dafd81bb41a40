/** Decoded data as plain JavaScript values, element by element. */
import type { BigIntArray, Bytes, NumberArray } from "../bytes/typed-arrays.js";
import type { Datatype } from "../format/messages/datatype.js";
import { complexParts } from "./datatype-facts.js";
import { isNumeric } from "./decode-numbers.js";
import type { CompoundData, ReadResult, Reference, Value, VlenElement } from "./values.js";

/** Values of the elements of one result. */
export interface ElementValues {
  /** The element at an index, in row-major order. */
  one(index: number): Value;
  /** Elements [from, to) where they have a typed array; a copy. */
  many: ((from: number, to: number) => Value) | undefined;
}

/**
 * What the elements of a result are as plain values.
 * @param datatype what was decoded, with `fields` applied.
 * @param split a complex number was read by its fields, as a compound.
 */
export function elementValues(result: ReadResult, datatype: Datatype): ElementValues {
  switch (result.kind) {
    case "number":
    case "bigint":
      return numberValues(result.data, datatype);
    case "bytes":
      return byteValues(result.data, datatype);
    case "string":
    case "reference":
    case "vlen":
      return listValues(result.data, datatype);
    case "compound":
      return compoundValues(result.data, datatype);
  }
}

/** The value of a whole result of this shape, not counting the elements' own dimensions. */
export function shapedValue(values: ElementValues, shape: readonly number[]): Value {
  return nested(values, shape, 0, 0);
}

function nested(values: ElementValues, shape: readonly number[], dimension: number, offset: number): Value {
  const length = shape[dimension];
  if (length === undefined) return values.one(offset);
  if (dimension === shape.length - 1) {
    if (values.many !== undefined) return values.many(offset, offset + length);
    return Array.from({ length }, (_, i) => values.one(offset + i));
  }
  let step = 1;
  for (let d = dimension + 1; d < shape.length; d++) step *= shape[d] as number; // d is a dimension
  return Array.from({ length }, (_, i) => nested(values, shape, dimension + 1, offset + i * step));
}

/** Elements that are arrays of `shape` of what `base` has the values of. */
function arrayValues(base: ElementValues, shape: readonly number[]): ElementValues {
  const size = shape.reduce((product, n) => product * n, 1);
  return { one: (index) => nested(base, shape, 0, index * size), many: undefined };
}

function numberValues(data: NumberArray | BigIntArray, datatype: Datatype): ElementValues {
  if (datatype.kind === "array") return arrayValues(numberValues(data, datatype.base), datatype.shape);
  if (datatype.kind === "enum" && datatype.boolean) {
    return { one: (index) => Number(data[index]) !== 0, many: undefined };
  }
  if (!isNumeric(datatype) && complexParts(datatype) !== undefined) {
    return { one: (index) => [data[2 * index] as number, data[2 * index + 1] as number], many: undefined };
  }
  return {
    one: (index) => data[index] as number | bigint, // the caller stays inside
    many: (from, to) => (from === 0 && to === data.length ? data : data.slice(from, to)),
  };
}

function byteValues(data: Bytes, datatype: Datatype): ElementValues {
  if (datatype.kind === "array") return arrayValues(byteValues(data, datatype.base), datatype.shape);
  const { size } = datatype;
  return { one: (index) => data.slice(index * size, (index + 1) * size), many: undefined };
}

function listValues(data: readonly (string | Reference | null | VlenElement)[], datatype: Datatype): ElementValues {
  if (datatype.kind === "array") return arrayValues(listValues(data, datatype.base), datatype.shape);
  return {
    one: (index) => {
      const entry = data[index] as string | Reference | null | VlenElement; // the caller stays inside
      return datatype.kind === "vlen" ? sequenceValue(entry as VlenElement, datatype.base) : (entry as Value);
    },
    many: undefined,
  };
}

function compoundValues(data: CompoundData, datatype: Datatype): ElementValues {
  if (datatype.kind === "array") return arrayValues(compoundValues(data, datatype.base), datatype.shape);
  return { one: (index) => data.get(index), many: undefined };
}

/** One variable-length element: a typed or plain array, flat. */
function sequenceValue(element: VlenElement, base: Datatype): Value {
  let leaf = base;
  while (leaf.kind === "array") leaf = leaf.base;
  if ("column" in element) return [...element];
  if (ArrayBuffer.isView(element)) {
    if (leaf.kind !== "enum" || !leaf.boolean) return element;
    return Array.from<number | bigint, boolean>(element, (value) => Number(value) !== 0);
  }
  if (leaf.kind !== "vlen") return element as readonly Value[]; // strings, references, strings as bytes
  const { base: inner } = leaf;
  return (element as readonly VlenElement[]).map((entry) => sequenceValue(entry, inner));
}
