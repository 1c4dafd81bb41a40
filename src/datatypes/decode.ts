/**
 * Stored elements to JavaScript: one pass over bytes that are all present, one typed array or list per result.
 * Compounds become columns; each column is gathered and decoded like a dataset of its own.
 */
import type { Bytes, NumericArrays, NumericName } from "../bytes/typed-arrays.js";
import { Hdf5FormatError, Hdf5UnsupportedError, Hdf5UsageError, Hdf5ValueError, quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { type Column, CompoundColumns } from "./compound-columns.js";
import { convertNumbers } from "./convert-numbers.js";
import { assertSound } from "./datatype-check.js";
import { complexParts } from "./datatype-facts.js";
import { type Int64Policy, isNumeric, decodeNumbers, type Numbers } from "./decode-numbers.js";
import { decodeReferences } from "./decode-references.js";
import { type HeapObjects, sequenceAt } from "./heap-ids.js";
import { nameOfArray } from "./machine-types.js";
import { type TextEncoding, textOf, unpaddedLength } from "./text.js";
import type { NdArray, ReadResult, RegionReference, VlenElement } from "./values.js";

export { collectHeapAddresses, type HeapObjects, heapCollections } from "./heap-ids.js";
export type { Int64Policy } from "./decode-numbers.js";

/** How elements are decoded. */
export interface DecodeOptions {
  /** How 64-bit integers are given where neither `as` nor `into` says. */
  readonly int64: Int64Policy;
  /** Numbers as this element type, strings and enumerations as text. */
  readonly as?: NumericName | "string" | undefined;
  /** Where numbers go: exactly as many as there are; its type is that of the result. */
  readonly into?: NumericArrays[NumericName] | undefined;
  /** Compounds: these members, in this order. Complex numbers: of `r` and `i`. */
  readonly fields?: readonly string[] | undefined;
  /** `"utf-8"` by default. */
  readonly strings?: TextEncoding | "bytes" | undefined;
  /** Stored bytes. With `fields`, members one by one, variable-length ones as what lies in the heap. */
  readonly raw?: boolean | undefined;
  /** Name of the file, for errors. */
  readonly fileName: string;
  /** Bytes of an address in the file. */
  readonly sizeOfOffsets: number;
  /** Decodes what a region reference names in the heap: an address and a selection. */
  readonly region?: ((heapObject: Uint8Array) => RegionReference) | undefined;
}

/** One decoding: what all parts of an element share. */
interface Decoding {
  readonly options: DecodeOptions;
  readonly heap: HeapObjects;
  /** Results may be views of the bytes. */
  readonly mayView: boolean;
}

/**
 * Decode elements that were read.
 * @param bytes the stored elements, row-major, exactly product(shape) × datatype.size; may be handed out as the result.
 * @param shape shape of the elements; the result's has the element's own dimensions behind it.
 * @param heap everything that the elements lead to, see `collectHeapAddresses`. Not used for `raw` without `fields`.
 * @throws Hdf5UsageError when `as`, `into` or `fields` ask for what is not there; Hdf5ValueError when a value does not
 * fit; Hdf5FormatError when an element breaks the format; Hdf5UnsupportedError for kinds of references.
 */
export function decodeElements(
  bytes: Uint8Array,
  datatype: Datatype,
  shape: readonly number[],
  options: DecodeOptions,
  heap: HeapObjects,
): ReadResult {
  assertSound(datatype);
  const count = shape.reduce((product, n) => product * n, 1);
  if (bytes.length !== count * datatype.size) {
    throw new Hdf5FormatError(
      { structure: "elements" },
      `take ${bytes.length} bytes, expected ${count} of ${datatype.size}`,
      { file: options.fileName },
    );
  }
  const decoding: Decoding = { options, heap, mayView: true };
  const chosen = options.fields === undefined ? datatype : fieldsOf(datatype, options.fields);
  if (options.raw === true) return rawElements(decoding, bytes, chosen, shape);
  // All kinds of results have the kind's data: what `as` and `into` give has the one they name.
  if (options.into !== undefined || options.as !== undefined) {
    return convertedElements(decoding, bytes, chosen, shape) as ReadResult;
  }
  return decodeColumn(decoding, bytes, chosen, shape, options.fields !== undefined);
}

/**
 * A compound type reduced to some members at their places; of a complex number a compound of `r` and `i`. For others
 * than compounds `fields` must be empty: the type itself.
 * @throws Hdf5UsageError for a member that does not exist, or is named twice.
 */
export function fieldsOf(datatype: Datatype, fields: readonly string[]): Datatype {
  if (datatype.kind === "array" || datatype.kind === "vlen") {
    return Object.freeze({ ...datatype, base: fieldsOf(datatype.base, fields) });
  }
  const compound = datatype.kind === "complex" ? complexAsCompound(datatype) : datatype;
  if (compound.kind !== "compound") {
    if (fields.length === 0) return datatype;
    throw new Hdf5UsageError("fields", `are given for ${describe(datatype)}`, "a compound datatype");
  }
  const names = compound.members.map(({ name }) => name);
  const members = fields.map((field, i) => {
    const member = compound.members.find(({ name }) => name === field);
    if (member === undefined || fields.indexOf(field) !== i) {
      const finding = member === undefined ? "are no member" : "are named twice";
      throw new Hdf5UsageError("fields", `${quote(String(field))} ${finding}`, `some of ${names.map(quote).join(", ")}`);
    }
    return member;
  });
  return Object.freeze({ ...compound, members: Object.freeze(members) });
}

function complexAsCompound(datatype: Datatype & { readonly kind: "complex" }): Datatype & { readonly kind: "compound" } {
  const { base, size } = datatype;
  const members = [
    { name: "r", offset: 0, datatype: base },
    { name: "i", offset: base.size, datatype: base },
  ];
  return { kind: "compound", size, members };
}

/** A few words for errors. */
export function describe(datatype: Datatype): string {
  switch (datatype.kind) {
    case "compound":
      return isComplexNumber(datatype) ? "complex numbers" : `compound elements (${datatype.members.map(({ name }) => quote(name)).join(", ")})`;
    case "complex":
      return "complex numbers";
    case "array":
      return `arrays of ${describe(datatype.base)}`;
    case "vlen":
      return `variable-length sequences of ${describe(datatype.base)}`;
    case "string":
      return "strings";
    case "reference":
      return `${datatype.to} references`;
    case "enum":
      return datatype.boolean ? "booleans" : "an enumeration";
    case "opaque":
      return "opaque bytes";
    case "bitfield":
      return "bitfields";
    case "time":
      return "times";
    default:
      return `${datatype.kind}s`;
  }
}

function isComplexNumber(datatype: Datatype): boolean {
  return complexParts(datatype) !== undefined;
}

/** Row-major, in entries of the data. */
function shaped<D>(data: D, shape: readonly number[], own: readonly number[]): NdArray<D> {
  const full = [...shape, ...own];
  const stride = new Array<number>(full.length);
  let step = 1;
  for (let d = full.length - 1; d >= 0; d--) {
    stride[d] = step;
    step *= full[d] as number; // d is a dimension
  }
  return { data, shape: full, stride };
}

/** A list of `count` entries. @throws Hdf5UnsupportedError beyond what an array can have. */
function listOf<T>(count: number, entry: (i: number) => T): T[] {
  if (count > 2 ** 32 - 1) throw new Hdf5UnsupportedError(`${count} entries in one list`);
  const out = new Array<T>(count);
  for (let i = 0; i < count; i++) out[i] = entry(i);
  return out;
}

/** The elements behind `shape`, `byFields`: complex numbers as compounds. */
function decodeColumn(
  decoding: Decoding,
  bytes: Uint8Array,
  datatype: Datatype,
  shape: readonly number[],
  byFields: boolean,
  own: readonly number[] = [],
  perElement: number = 1,
): ReadResult {
  const count = bytes.length / datatype.size;
  if (isNumeric(datatype)) {
    const { kind, data } = decodeNumbers(bytes, datatype, count, numberOptions(decoding, perElement));
    return { kind, ...shaped(data, shape, own) } as ReadResult; // kind and data come together
  }
  switch (datatype.kind) {
    case "opaque":
    case "bitfield":
      return { kind: "bytes", ...shaped(handOut(decoding, bytes), shape, [...own, datatype.size]) };
    case "string":
      if (decoding.options.strings === "bytes") {
        const data = listOf(count, stringBytes(decoding, bytes, datatype));
        return { kind: "vlen", ...shaped<VlenElement[]>(data, shape, own) };
      }
      return { kind: "string", ...shaped(decodeStrings(decoding, bytes, datatype, count), shape, own) };
    case "reference": {
      const data = decodeReferences(bytes, datatype, count, decoding.heap, decoding.options.region);
      return { kind: "reference", ...shaped(data, shape, own) };
    }
    case "array": {
      const inner = perElement * (datatype.size / datatype.base.size);
      return decodeColumn(decoding, bytes, datatype.base, shape, byFields, [...own, ...datatype.shape], inner);
    }
    case "vlen":
      return { kind: "vlen", ...shaped(decodeSequences(decoding, bytes, datatype, count, byFields), shape, own) };
    default:
  }
  const parts = byFields ? undefined : complexParts(datatype);
  if (parts !== undefined) {
    const floats = gatherParts(bytes, datatype.size, parts);
    // Two parts, so twice as many numbers per element.
    const { kind, data } = decodeNumbers(floats, parts.part, 2 * count, numberOptions(decoding, 2 * perElement));
    return { kind, ...shaped(data, shape, [...own, 2]) } as ReadResult; // floats are of kind "number"
  }
  if (datatype.kind !== "compound") throw new Hdf5UnsupportedError(`elements of kind ${datatype.kind}`);
  return { kind: "compound", ...shaped(decodeCompounds(decoding, bytes, datatype, count), shape, own) };
}

function numberOptions({ options, mayView }: Decoding, perElement: number): Parameters<typeof decodeNumbers>[3] {
  return { int64: options.int64, mayView, perElement };
}

/** The bytes themselves where they are the caller's to have, else a copy. */
function handOut({ mayView }: Decoding, bytes: Uint8Array): Bytes {
  const { buffer, byteOffset, byteLength } = bytes;
  const whole = byteOffset === 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
  return mayView && whole ? new Uint8Array(buffer) : new Uint8Array(bytes);
}

function decodeStrings(
  decoding: Decoding,
  bytes: Uint8Array,
  datatype: Datatype & { readonly kind: "string" },
  count: number,
): string[] {
  const { strings = "utf-8" } = decoding.options;
  const encoding = strings === "bytes" ? "utf-8" : strings;
  const { size, padding } = datatype;
  if (datatype.length !== "variable") {
    return listOf(count, (i) => textOf(bytes, i * size, unpaddedLength(bytes, i * size, size, padding), encoding));
  }
  const text = stringBytes(decoding, bytes, datatype);
  return listOf(count, (i) => {
    const own = text(i);
    return textOf(own, 0, own.length, encoding);
  });
}

/** Each string's bytes without padding; copies. */
function stringBytes(
  decoding: Decoding,
  bytes: Uint8Array,
  { size, length, padding }: Datatype & { readonly kind: "string" },
): (i: number) => Bytes {
  if (length !== "variable") return (i) => copyOf(bytes, i * size, unpaddedLength(bytes, i * size, size, padding));
  return (i) => {
    const object = sequenceBytes(decoding, bytes, i, size, 1);
    // Whatever the padding says, a variable string ends at NUL.
    return copyOf(object, 0, unpaddedLength(object, 0, object.length, "null-terminated"));
  };
}

function copyOf(bytes: Uint8Array, start: number, length: number): Bytes {
  return new Uint8Array(bytes.subarray(start, start + length));
}

const EMPTY = /* @__PURE__ */ new Uint8Array(0);

/** What a variable-length element names in the heap: its length × `itemSize` bytes, a view. Empty when null. */
function sequenceBytes({ heap, options }: Decoding, bytes: Uint8Array, i: number, size: number, itemSize: number): Uint8Array {
  const sequence = sequenceAt(bytes, i * size, size);
  if (sequence === undefined) return EMPTY;
  const { collection, index } = sequence.id;
  const object = heap.get(collection, index);
  const needed = sequence.length * itemSize;
  if (object.length >= needed) return object.subarray(0, needed);
  throw new Hdf5FormatError(
    { structure: "global heap object", address: collection },
    `${index} has ${object.length} bytes, an element of ${sequence.length} × ${itemSize} bytes needs more`,
    { file: options.fileName },
  );
}

function decodeSequences(
  decoding: Decoding,
  bytes: Uint8Array,
  datatype: Datatype & { readonly kind: "vlen" },
  count: number,
  byFields: boolean,
): VlenElement[] {
  const { base, size } = datatype;
  const inner: Decoding = { ...decoding, mayView: false };
  return listOf(count, (i) => {
    const items = sequenceBytes(decoding, bytes, i, size, base.size);
    try {
      // Flat: the shape is of no interest.
      return decodeColumn(inner, items, base, [items.length / base.size], byFields).data;
    } catch (error) {
      // The element of the outer data is what does not fit.
      if (error instanceof Hdf5ValueError) throw new Hdf5ValueError(i, error.message, { cause: error });
      throw error;
    }
  });
}

/** Both parts of complex numbers, alternating; the bytes themselves when they lie so. */
function gatherParts(bytes: Uint8Array, size: number, parts: NonNullable<ReturnType<typeof complexParts>>): Uint8Array {
  const { part, real, imaginary } = parts;
  const width = part.size;
  if (real === 0 && imaginary === width && size === 2 * width) return bytes;
  const count = bytes.length / size;
  const out = new Uint8Array(count * 2 * width);
  for (let i = 0; i < count; i++) {
    out.set(bytes.subarray(i * size + real, i * size + real + width), 2 * i * width);
    out.set(bytes.subarray(i * size + imaginary, i * size + imaginary + width), (2 * i + 1) * width);
  }
  return out;
}

/** One member of all elements, without gaps. */
export function gatherMember(bytes: Uint8Array, size: number, offset: number, width: number): Bytes {
  const count = bytes.length / size;
  const out = new Uint8Array(count * width);
  if (width <= 16) {
    for (let i = 0, to = 0; i < count; i++) {
      const from = i * size + offset;
      for (let b = 0; b < width; b++) out[to++] = bytes[from + b] as number; // members lie inside their elements
    }
  } else {
    for (let i = 0; i < count; i++) {
      const from = i * size + offset;
      out.set(bytes.subarray(from, from + width), i * width);
    }
  }
  return out;
}

function decodeCompounds(
  decoding: Decoding,
  bytes: Uint8Array,
  datatype: Datatype & { readonly kind: "compound" },
  count: number,
): CompoundColumns {
  const columns = new Map<string, Column>();
  for (const { name, offset, datatype: member } of datatype.members) {
    if (columns.has(name)) continue;
    const stored = gatherMember(bytes, datatype.size, offset, member.size);
    // What is gathered belongs to the column alone, unless it is decoded a second time.
    const result = decodeColumn({ ...decoding, mayView: true }, stored, member, [count], false);
    columns.set(name, { name, datatype: member, result, as: columnAs(decoding, stored, member, result, count) });
  }
  return new CompoundColumns(count, columns);
}

/** A column as another type; from the stored bytes where the decoded ones are rounded. */
function columnAs(
  { options, heap }: Decoding,
  stored: Uint8Array,
  datatype: Datatype,
  result: ReadResult,
  count: number,
): Column["as"] {
  if (result.kind === "string" || result.kind === "vlen" || result.kind === "reference") {
    return (as) => {
      if (as === "string" && result.kind === "string") return result;
      throw refused(`column(…, ${quote(as)})`, datatype, as);
    };
  }
  const again: DecodeOptions = { ...options, into: undefined, fields: undefined };
  return (as) => {
    const decoding: Decoding = { options: { ...again, as }, heap, mayView: false };
    return convertedElements(decoding, stored, datatype, [count]);
  };
}

/** `as` and `into`. */
function convertedElements(
  decoding: Decoding,
  bytes: Uint8Array,
  datatype: Datatype,
  shape: readonly number[],
): NdArray<NumericArrays[NumericName] | string[]> & { readonly kind: "number" | "bigint" | "string" } {
  const { as, into } = decoding.options;
  if (as === "string") {
    if (into !== undefined) throw new Hdf5UsageError("into", "is given beside as: \"string\"", "one of them");
    return { kind: "string", ...decodeAsText(decoding, bytes, datatype, shape) };
  }
  const name = into === undefined ? as : targetOf(into, as);
  if (name === undefined || !NAMES.has(name)) throw new Hdf5UsageError("as", `is ${quote(String(as))}`, `one of ${[...NAMES].join(", ")}, string`);
  const exact: Decoding = { ...decoding, options: { ...decoding.options, int64: "bigint" } };
  const numbers = numericLeaf(datatype) ? decodeColumn(exact, bytes, datatype, shape, false) : undefined;
  if (numbers === undefined || (numbers.kind !== "number" && numbers.kind !== "bigint")) {
    throw refused(into === undefined ? "as" : "into", datatype, name);
  }
  const { length } = numbers.data;
  if (into !== undefined && into.length !== length) {
    throw new Hdf5UsageError("into", `has ${into.length} elements`, `exactly ${length}`);
  }
  const count = shape.reduce((product, n) => product * n, 1);
  const data = convertNumbers(numbers as Numbers, name, count === 0 ? 1 : length / count, into);
  const kind = name === "int64" || name === "uint64" ? "bigint" : "number";
  return { kind, data, shape: numbers.shape, stride: numbers.stride };
}

const NAMES: ReadonlySet<string> = /* @__PURE__ */ new Set<NumericName>([
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "float32",
  "float64",
  "int64",
  "uint64",
]);

function targetOf(into: NumericArrays[NumericName], as: string | undefined): NumericName {
  const name = ArrayBuffer.isView(into) ? nameOfArray(into) : undefined;
  if (name === undefined || name === "float16") {
    throw new Hdf5UsageError("into", "is no array to decode into", "a typed array, Int8Array to BigUint64Array");
  }
  if (as !== undefined && as !== name) throw new Hdf5UsageError("into", `is an array of ${name}`, `one of ${as}, as \`as\` says`);
  return name;
}

/** Numbers, complex numbers, and arrays of them. */
function numericLeaf(datatype: Datatype): boolean {
  if (datatype.kind === "array") return numericLeaf(datatype.base);
  return isNumeric(datatype) || isComplexNumber(datatype);
}

function refused(argument: string, datatype: Datatype, as: string): Hdf5UsageError {
  return new Hdf5UsageError(argument, `asks for ${as} of ${describe(datatype)}`, as === "string" ? "strings or an enumeration" : "numbers");
}

/** Strings, and names of enumerations. */
function decodeAsText(
  decoding: Decoding,
  bytes: Uint8Array,
  datatype: Datatype,
  shape: readonly number[],
): NdArray<string[]> {
  let leaf = datatype;
  const own: number[] = [];
  while (leaf.kind === "array") {
    own.push(...leaf.shape);
    leaf = leaf.base;
  }
  const count = bytes.length / leaf.size;
  if (leaf.kind === "string") {
    if (decoding.options.strings === "bytes") {
      throw new Hdf5UsageError("strings", 'is "bytes" beside as: "string"', '"utf-8" or "latin1"');
    }
    return shaped(decodeStrings(decoding, bytes, leaf, count), shape, own);
  }
  if (leaf.kind !== "enum") throw refused("as", datatype, "string");
  const perElement = own.reduce((product, n) => product * n, 1);
  const names = new Map<bigint, string>();
  for (const { name, value } of leaf.members) if (!names.has(BigInt(value))) names.set(BigInt(value), name);
  const { data } = decodeNumbers(bytes, leaf, count, { int64: "bigint", mayView: true, perElement });
  const texts = listOf(count, (i) => {
    const value = data[i] as number | bigint; // i is inside
    const name = names.get(BigInt(value));
    if (name === undefined) throw new Hdf5ValueError(Math.floor(i / perElement), `${value} has no name in the enumeration`);
    return name;
  });
  return shaped(texts, shape, own);
}

/** Stored bytes. With `fields`: members one by one, and variable-length ones as what lies in the heap. */
function rawElements(decoding: Decoding, bytes: Uint8Array, datatype: Datatype, shape: readonly number[]): ReadResult {
  const { options } = decoding;
  if (options.as !== undefined || options.into !== undefined) {
    throw new Hdf5UsageError("raw", "is given beside as or into", "one of them");
  }
  if (options.fields === undefined) {
    return { kind: "bytes", ...shaped(handOut(decoding, bytes), shape, [datatype.size]) };
  }
  return rawColumn(decoding, bytes, datatype, shape);
}

function rawColumn(decoding: Decoding, bytes: Uint8Array, datatype: Datatype, shape: readonly number[]): ReadResult {
  const count = bytes.length / datatype.size;
  if (datatype.kind === "vlen" || (datatype.kind === "string" && datatype.length === "variable")) {
    const itemSize = datatype.kind === "vlen" ? datatype.base.size : 1;
    const data = listOf(count, (i) => {
      const object = sequenceBytes(decoding, bytes, i, datatype.size, itemSize);
      return copyOf(object, 0, object.length);
    });
    return { kind: "vlen", ...shaped<VlenElement[]>(data, shape, []) };
  }
  if (datatype.kind !== "compound") {
    return { kind: "bytes", ...shaped(handOut(decoding, bytes), shape, [datatype.size]) };
  }
  const columns = new Map<string, Column>();
  for (const { name, offset, datatype: member } of datatype.members) {
    const stored = gatherMember(bytes, datatype.size, offset, member.size);
    const result = rawColumn({ ...decoding, mayView: true }, stored, member, [count]);
    const as: Column["as"] = (wanted) => {
      throw new Hdf5UsageError("as", `asks for ${wanted} of stored bytes`, "a read without raw");
    };
    columns.set(name, { name, datatype: member, result, as });
  }
  return { kind: "compound", ...shaped(new CompoundColumns(count, columns), shape, []) };
}
