/**
 * The datatype that data gets in the file: what the data is, against what the schema asks for.
 * Wider data is never narrowed: a schema's `float32` and double precision data give `float64`.
 */
import {
  compoundType,
  type Datatype,
  type DatatypeInput,
  type DatatypeName,
  datatypeOf,
  type NumericName,
  type WriteData,
} from "../../index.js";
import { NwbError } from "../errors.js";
import { type CanonicalDtype, canonicalDtype, type Dtype, isCompoundDtype, isReferenceDtype } from "../spec/types.js";
import type { ElementKind } from "./describe.js";

interface Numeric {
  readonly base: "int" | "uint" | "float";
  readonly bits: 8 | 16 | 32 | 64;
}

const NUMERIC: ReadonlyMap<string, Numeric> = /* @__PURE__ */ new Map<string, Numeric>([
  ["int8", { base: "int", bits: 8 }],
  ["int16", { base: "int", bits: 16 }],
  ["int32", { base: "int", bits: 32 }],
  ["int64", { base: "int", bits: 64 }],
  ["bigint", { base: "int", bits: 64 }],
  ["uint8", { base: "uint", bits: 8 }],
  ["uint16", { base: "uint", bits: 16 }],
  ["uint32", { base: "uint", bits: 32 }],
  ["uint64", { base: "uint", bits: 64 }],
  ["float16", { base: "float", bits: 16 }],
  ["float32", { base: "float", bits: 32 }],
  ["float64", { base: "float", bits: 64 }],
]);

/**
 * The datatype to write elements of a kind with, under a dtype of the schema.
 * @returns undefined to leave it to the data.
 * @throws NwbError with code "dtype" when the data cannot be what the schema asks for.
 */
export function datatypeFor(kind: ElementKind | undefined, dtype: Dtype | undefined): DatatypeInput | undefined {
  if (dtype === undefined) return own(kind);
  if (isCompoundDtype(dtype)) return compoundDatatype(dtype);
  if (isReferenceDtype(dtype)) return dtype.reftype === "object" ? "object-reference" : "region-reference";
  const asked = canonicalDtype(dtype);
  if (asked === "object") return "object-reference";
  if (asked === "region") return "region-reference";
  if (kind === undefined) return empty(asked);
  if (asked === "text") return "string";
  if (asked === "ascii" || asked === "isodatetime") return "ascii";
  if (asked === "bool") {
    if (kind === "boolean" || kind === "int8" || kind === "uint8") return "bool";
    throw mismatch(kind, asked);
  }
  return numericDatatype(kind, asked);
}

function numericDatatype(kind: ElementKind, asked: CanonicalDtype): DatatypeName {
  if (asked === "numeric") {
    if (kind === "number" || NUMERIC.has(kind)) return own(kind) ?? "float64";
    throw mismatch(kind, asked);
  }
  const to = NUMERIC.get(asked);
  if (to === undefined) throw mismatch(kind, asked);
  if (kind === "boolean") return asked as NumericName;
  // A JavaScript number is what Python calls float or int, both of 64 bits.
  const from: Numeric | undefined =
    kind === "number" ? { base: to.base === "float" ? "float" : "int", bits: 64 } : NUMERIC.get(kind);
  if (from === undefined) throw mismatch(kind, asked);
  if (from.bits <= to.bits && !(from.base === to.base && from.bits === to.bits)) return asked as NumericName;
  if (from.base === to.base) return named(from);
  return named({ base: to.base, bits: to.base === "float" && from.bits < 32 ? 32 : from.bits });
}

function named({ base, bits }: Numeric): DatatypeName {
  return `${base}${bits}` as DatatypeName;
}

/** The type of data of which the schema says nothing. */
function own(kind: ElementKind | undefined): DatatypeName | undefined {
  switch (kind) {
    case "number":
      return "float64";
    case "bigint":
      return "int64";
    case "boolean":
      return "bool";
    case "container":
    case "reference":
    case "null":
      return "object-reference";
    case "string":
      return "string";
    case "compound":
    case undefined:
      return undefined;
    default:
      return kind;
  }
}

/** The type of an array without elements. */
function empty(asked: CanonicalDtype): DatatypeName {
  switch (asked) {
    case "text":
      return "string";
    case "ascii":
    case "isodatetime":
      return "ascii";
    case "numeric":
      return "float64";
    case "object":
      return "object-reference";
    case "region":
      return "region-reference";
    default:
      return asked;
  }
}

/** The compound datatype that the schema describes. */
export function compoundDatatype(dtype: Extract<Dtype, readonly unknown[]>): Datatype {
  const members = new Map<string, DatatypeInput>();
  for (const field of dtype) members.set(field.name, datatypeFor(undefined, field.dtype) ?? "float64");
  return compoundType(members);
}

/** Numbers and booleans as the texts that Python makes of them, for fields that the schema wants as text. */
export function asText(data: unknown): WriteData {
  if (typeof data === "string") return data;
  if (typeof data === "number" || typeof data === "bigint") return String(data);
  if (typeof data === "boolean") return data ? "True" : "False";
  if (ArrayBuffer.isView(data)) return [...(data as Uint8Array)].map(String);
  if (Array.isArray(data)) return data.map(asText);
  throw new NwbError("expected text", { code: "dtype" });
}

function mismatch(kind: ElementKind, asked: CanonicalDtype): NwbError {
  return new NwbError(`holds data of the kind ${kind}, and the schema asks for ${asked}`, { code: "dtype" });
}

/** The full form of a datatype by name. */
export function fullDatatype(input: DatatypeInput): Datatype {
  return datatypeOf(input);
}
