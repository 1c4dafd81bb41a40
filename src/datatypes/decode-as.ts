/** Elements as the type that `as` or `into` names. */
import type { NumericArrays, NumericName } from "../bytes/typed-arrays.js";
import { Hdf5UsageError, Hdf5ValueError, quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { convertNumbers } from "./convert-numbers.js";
import { isComplex } from "./datatype-facts.js";
import { decodeColumn } from "./decode-column.js";
import { decodeNumbers, isNumeric, type Numbers } from "./decode-numbers.js";
import type { Converted, Decoding } from "./decode-options.js";
import { decodeStrings } from "./decode-strings.js";
import { describe } from "./describe.js";
import { nameOfArray } from "./machine-types.js";
import { listOf, shaped } from "./shaped.js";
import { shown } from "./shown.js";
import type { NdArray } from "./values.js";

/** `as` and `into`. */
export function convertedElements(
  decoding: Decoding,
  bytes: Uint8Array,
  datatype: Datatype,
  shape: readonly number[],
): Converted {
  const { as, into } = decoding.options;
  if (as === "string") {
    if (into !== undefined) throw new Hdf5UsageError("into", 'is given beside as: "string"', "one of them");
    return { kind: "string", ...decodeAsText(decoding, bytes, datatype, shape) };
  }
  const name = into === undefined ? as : targetOf(into, as);
  if (name === undefined || !NAMES.has(name))
    throw new Hdf5UsageError("as", `is ${quote(shown(as))}`, `one of ${[...NAMES].join(", ")}, string`);
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
  if (as !== undefined && as !== name)
    throw new Hdf5UsageError("into", `is an array of ${name}`, `one of ${as}, as \`as\` says`);
  return name;
}

/** Numbers, complex numbers, and arrays of them. */
function numericLeaf(datatype: Datatype): boolean {
  if (datatype.kind === "array") return numericLeaf(datatype.base);
  return isNumeric(datatype) || isComplex(datatype);
}

function refused(argument: string, datatype: Datatype, as: string): Hdf5UsageError {
  return new Hdf5UsageError(
    argument,
    `asks for ${as} of ${describe(datatype)}`,
    as === "string" ? "strings or an enumeration" : "numbers",
  );
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
    if (name === undefined)
      throw new Hdf5ValueError(Math.floor(i / perElement), `${value} has no name in the enumeration`);
    return name;
  });
  return shaped(texts, shape, own);
}
