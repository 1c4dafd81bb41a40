/** Single elements: taken out of what `read` gives, shown as a manifest shows them, and as the bytes its digests are of. */
import {
  type CompoundData,
  type Datatype,
  isComplex,
  type ReadResult,
  type Reference,
  type Row,
  type Value,
} from "../../src/index.js";
import type { ByteSink } from "../conformance/byte-sink.js";
import type { Json } from "./dtype.js";

/** What `read` gives, without the shape. */
export type Column = Pick<ReadResult, "kind"> & { readonly data: unknown };

/** One element; those of compounds and arrays are lists. */
export type Element = null | boolean | number | bigint | string | Reference | Uint8Array | readonly Element[];

/** The path that a reference leads to, in its file. */
export type PathOf = (reference: Reference) => string;

/** Integers up to this are JSON numbers. */
const EXACT = 2n ** 53n;

/** The element at an index of a column with this datatype. */
export function elementAt({ kind, data }: Column, datatype: Datatype, index: number): Element {
  if (isComplex(datatype)) return [0, 1].map((part) => (data as ArrayLike<number>)[index * 2 + part] ?? 0);
  switch (datatype.kind) {
    case "compound": {
      const rows = data as CompoundData;
      return datatype.members.map((member) => elementAt(rows.column(member.name), member.datatype, index));
    }
    case "array": {
      const { base, shape } = datatype;
      const count = shape.reduce((product, n) => product * n, 1);
      return Array.from({ length: count }, (_, k) => elementAt({ kind, data }, base, index * count + k));
    }
    case "vlen":
      return inside((data as readonly unknown[])[index], datatype.base);
    case "opaque":
      return (data as Uint8Array).subarray(index * datatype.size, (index + 1) * datatype.size);
    default:
      return (data as ArrayLike<Element>)[index] ?? null;
  }
}

/** The elements of one variable-length element. Those of arrays and complex numbers lie flat in it. */
function inside(element: unknown, base: Datatype): Element {
  const column: Column = { kind: kindOf(element), data: element };
  const flat = (element as ArrayLike<unknown>).length;
  const each = isComplex(base) ? 2 : base.kind === "array" ? base.shape.reduce((product, n) => product * n, 1) : 1;
  const count = base.kind === "opaque" ? flat / base.size : flat / each;
  return Array.from({ length: count }, (_, k) => elementAt(column, base, k));
}

function kindOf(element: unknown): ReadResult["kind"] {
  if (ArrayBuffer.isView(element)) return "number";
  return Array.isArray(element) ? "vlen" : "compound";
}

/** An element from what `value` gives: rows become lists of their members. */
export function elementOf(value: Value, datatype: Datatype): Element {
  if (datatype.kind === "compound" && !isComplex(datatype)) {
    const row = value as Row;
    return datatype.members.map((member) => elementOf(row[member.name] ?? null, member.datatype));
  }
  return value as Element;
}

export function jsonOf(element: Element, datatype: Datatype, pathOf: PathOf): Json {
  if (element instanceof Uint8Array) return Buffer.from(element).toString("hex");
  if (Array.isArray(element)) {
    const types = partsOf(datatype, element.length);
    return element.map((part, i) => jsonOf(part, types[i] ?? datatype, pathOf));
  }
  if (datatype.kind === "reference") return element === null ? "" : pathOf(element as Reference);
  if (datatype.kind === "enum" && datatype.boolean) return Boolean(element);
  if (typeof element === "bigint") {
    return element >= -EXACT && element <= EXACT ? Number(element) : { int: String(element) };
  }
  if (typeof element === "number") {
    if (datatype.kind === "float" && (!Number.isFinite(element) || Object.is(element, -0))) {
      return { float: Object.is(element, -0) ? "-0" : String(element) };
    }
    return element;
  }
  return element as Json;
}

/** The bytes of an element that the digest is taken over. */
export function putElement(sink: ByteSink, element: Element, datatype: Datatype, pathOf: PathOf): void {
  if (isComplex(datatype) || datatype.kind === "compound" || datatype.kind === "array") {
    const list = element as readonly Element[];
    const types = partsOf(datatype, list.length);
    for (const [i, part] of list.entries()) putElement(sink, part, types[i] ?? datatype, pathOf);
    return;
  }
  switch (datatype.kind) {
    case "vlen": {
      const list = element as readonly Element[];
      sink.u32(list.length);
      for (const part of list) putElement(sink, part, datatype.base, pathOf);
      break;
    }
    case "string":
      putText(sink, String(element ?? ""));
      break;
    case "reference":
      putText(sink, element === null ? "" : pathOf(element as Reference));
      break;
    case "opaque":
      sink.put(element as Uint8Array);
      break;
    case "float":
      putFloat(sink, element as number, datatype.size);
      break;
    default:
      sink.integer(typeof element === "boolean" ? Number(element) : (element as number | bigint), datatype.size);
  }
}

/** Datatypes of the parts of a compound, array or variable-length element. */
function partsOf(datatype: Datatype, count: number): readonly Datatype[] {
  if (datatype.kind === "compound") return datatype.members.map((member) => member.datatype);
  if (datatype.kind === "array" || datatype.kind === "vlen" || datatype.kind === "complex") {
    return new Array<Datatype>(count).fill(datatype.base);
  }
  return [];
}

function putText(sink: ByteSink, text: string): void {
  const bytes = new TextEncoder().encode(text);
  sink.u32(bytes.length);
  sink.put(bytes);
}

function putFloat(sink: ByteSink, value: number, size: number): void {
  if (size !== 2 && size !== 4 && size !== 8) throw new Error(`a float of ${size} bytes has no canonical bytes`);
  sink.float(value, size);
}
