/** What is given for writing, sorted by what it is. Structural: the objects may come from another realm or copy. */
import { Hdf5UsageError } from "../errors.js";
import { nameOfArray } from "./machine-types.js";
import { shown } from "./shown.js";
import type { CompoundData, NdArray, Reference } from "./values.js";

/** A plain or typed array. */
export type Sequence = readonly unknown[] | (ArrayBufferView & ArrayLike<number | bigint>);

export function isSequence(value: unknown): value is Sequence {
  return Array.isArray(value) || isTypedArray(value);
}

export function isTypedArray(value: unknown): value is ArrayBufferView & ArrayLike<number | bigint> {
  return ArrayBuffer.isView(value) && nameOfArray(value) !== undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

export function isNdArray(value: unknown): value is NdArray {
  return isObject(value) && !isMap(value) && "data" in value && "shape" in value && "stride" in value;
}

export function isCompoundData(value: unknown): value is CompoundData {
  if (!isObject(value) || !("column" in value) || !("names" in value) || !("length" in value)) return false;
  return typeof value.column === "function" && Array.isArray(value.names) && typeof value.length === "number";
}

export function isReference(value: unknown): value is Reference {
  if (!isObject(value) || !("kind" in value) || !("address" in value)) return false;
  const { kind, address } = value;
  const known = kind === "object-reference" || kind === "region-reference" || kind === "attribute-reference";
  return known && typeof address === "number";
}

function isMap(value: object): value is ReadonlyMap<unknown, unknown> {
  return Object.prototype.toString.call(value) === "[object Map]";
}

/** The members of a Map or a plain object; undefined: it is neither. */
export function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (!isObject(value) || isCompoundData(value) || isReference(value)) return undefined;
  if (isMap(value)) {
    for (const name of value.keys()) {
      if (typeof name !== "string")
        throw new Hdf5UsageError("data", `has the key ${shown(name)}`, "names that are strings");
    }
    return value as ReadonlyMap<string, unknown>;
  }
  if (isNdArray(value)) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Object.prototype, of whatever realm, is the one prototype without a prototype.
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return plain && !(value instanceof Date) ? new Map(Object.entries(value)) : undefined;
}

/** In words, with what to pass in its place. */
function misfit(value: unknown): readonly [finding: string, expected: string] {
  if (value === undefined) return ["is undefined", "a value"];
  if (value === null) return ["is null", "a value; null only as a null reference, or whole with a datatype"];
  if (Array.isArray(value)) {
    return value.length === 0 ? ["is an empty array", "a datatype beside it"] : ["is an array", "nesting of one depth"];
  }
  if (ArrayBuffer.isView(value)) {
    const name = nameOfArray(value);
    return name === undefined ? ["is a DataView", "a typed array"] : [`is an array of ${name}`, "nesting of one depth"];
  }
  if (typeof value !== "object") return [`is a ${typeof value}`, "another type of value"];
  if (value instanceof Date) return ["is a Date", "date.toISOString(), or date.getTime()"];
  const tag = Object.prototype.toString.call(value);
  if (tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]")
    return ["is an ArrayBuffer", "new Uint8Array(buffer)"];
  if (tag === "[object Promise]") return ["is a promise", "the awaited value"];
  if (isReference(value)) return [`is an ${value.kind}`, "another type of value"];
  if ("kind" in value && "reference" in value) return [`is a ${shown(value.kind)}`, "its .reference, to refer to it"];
  if (isCompoundData(value)) return ["is compound data", "another type of value"];
  if (isNdArray(value)) return ["is an n-dimensional array", "single values"];
  const made = (value as { readonly constructor?: { readonly name?: unknown } }).constructor;
  const name = typeof made?.name === "string" && made.name !== "Object" ? made.name : undefined;
  return [name === undefined ? "is an object" : `is a ${name}`, "a plain object or a Map for a compound"];
}

/** A value that cannot be written as asked. @param expected what to pass instead, if it is known better. */
export function refuse(value: unknown, index: number | undefined, expected?: string): never {
  const [finding, instead] = misfit(value);
  throw new Hdf5UsageError(index === undefined ? "data" : `data, element ${index},`, finding, expected ?? instead);
}
