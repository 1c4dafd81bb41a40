/** Which datatype a value becomes when none is given. The type never depends on how large a number is. */
import type { NumericName } from "../bytes/typed-arrays.js";
import { Hdf5UsageError, quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { checkedDatatype } from "./datatype-check.js";
import { arrayType, compoundType, datatypeOf, sameDatatype } from "./datatype-input.js";
import { flatten, product } from "./flatten.js";
import { nameOfArray } from "./machine-types.js";
import { revisedSize } from "./predefined.js";
import { rawColumns } from "./raw-columns.js";
import type { CompoundData, WriteData } from "./values.js";
import { isCompoundData, isReference, isTypedArray, membersOf, refuse } from "./write-data.js";

/** What a value is without being told. */
export interface Inferred {
  readonly datatype: Datatype;
  /** `[]` of a scalar. */
  readonly shape: readonly number[];
  readonly dataspace: "scalar" | "simple";
}

/** Compounds within compounds: more than any value that is not a circle has. */
const MAX_DEPTH = 32;

/**
 * Datatype and shape of a value.
 * @throws Hdf5UsageError for what has no type of its own: null, empty and mixed arrays, dates, buffers, handles, …
 */
export function inferType(value: WriteData): Inferred {
  const scalar = SCALARS[typeof value];
  if (scalar !== undefined) return { datatype: datatypeOf(scalar), shape: [], dataspace: "scalar" };
  if (isTypedArray(value)) {
    // The name of an array's elements is that of a datatype.
    return { datatype: datatypeOf(nameOfArray(value) as NumericName), shape: [value.length], dataspace: "simple" };
  }
  const { datatype, shape } = infer(value, 0);
  return { datatype, shape, dataspace: shape.length === 0 ? "scalar" : "simple" };
}

/** Types of single values by what JavaScript calls them. */
const SCALARS: Readonly<Partial<Record<string, "float64" | "int64" | "bool" | "string">>> = {
  number: "float64",
  bigint: "int64",
  boolean: "bool",
  string: "string",
};

interface Found {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

function infer(value: unknown, depth: number): Found {
  if (depth > MAX_DEPTH)
    throw new Hdf5UsageError("data", `is nested more than ${MAX_DEPTH} deep`, "compounds within fewer compounds");
  if (value === null) throw new Hdf5UsageError("datatype", "is missing", "a datatype for a null dataspace");
  const { dims, items, arrays } = flatten(value);
  if (isCompoundData(items)) return { datatype: inferColumns(items, dims, depth), shape: dims };
  if (arrays.size > 1)
    throw new Hdf5UsageError(
      "data",
      `mixes arrays of ${[...arrays].join(" and ")}`,
      "arrays of one type, or a datatype",
    );
  const [kind = "list"] = arrays;
  // The name of an array's elements is that of a datatype.
  if (kind !== "list") return { datatype: datatypeOf(kind as NumericName | "float16"), shape: dims };
  if (items.length === 0) refuse([], undefined);
  return { datatype: inferItems(items, depth), shape: dims };
}

/** The one type of all these values, none of which is an array. */
function inferItems(items: ArrayLike<unknown>, depth: number): Datatype {
  let first: string | undefined;
  for (let i = 0; i < items.length; i++) {
    const kind = kindOf(items[i], i);
    if (kind === "null") continue;
    first ??= kind;
    if (kind !== first) {
      throw new Hdf5UsageError(
        "data",
        `mixes ${first} and, at element ${i}, ${kind}`,
        "values of one type, or a datatype",
      );
    }
  }
  const nulls = Array.prototype.includes.call(items, null);
  if (first === undefined || (nulls && !first.endsWith("-reference"))) {
    const at = Array.prototype.indexOf.call(items, null);
    return refuse(null, at);
  }
  const scalar = SCALARS[first];
  if (scalar !== undefined) return datatypeOf(scalar);
  switch (first) {
    case "object-reference":
    case "region-reference":
      return datatypeOf(first);
    case "attribute-reference":
      // H5T_STD_REF: old references have none to attributes.
      return checkedDatatype({ kind: "reference", size: revisedSize(8), to: "object", revised: true });
    default:
      return inferRows(items, depth);
  }
}

function kindOf(item: unknown, index: number): string {
  switch (typeof item) {
    case "number":
    case "bigint":
    case "boolean":
    case "string":
      return typeof item;
    case "object":
      if (item === null) return "null";
      if (isReference(item)) return item.kind;
      if (membersOf(item) !== undefined) return "compound";
      return refuse(item, index);
    default:
      return refuse(item, index);
  }
}

/** The compound type of objects with the same members. */
function inferRows(items: ArrayLike<unknown>, depth: number): Datatype {
  const types = new Map<string, Datatype>();
  for (let i = 0; i < items.length; i++) {
    const members = membersOf(items[i]) as ReadonlyMap<string, unknown>; // all are compounds
    if (i > 0 && members.size !== types.size) {
      throw new Hdf5UsageError(
        "data",
        `has other members at element ${i}`,
        `exactly ${[...types.keys()].map(quote).join(", ")}`,
      );
    }
    for (const [name, value] of members) {
      const datatype = memberType(infer(value, depth + 1));
      const known = types.get(name);
      if (i === 0) types.set(name, datatype);
      else if (known === undefined || !sameDatatype(known, datatype)) {
        const finding = known === undefined ? "is not in all elements" : `is of another type at element ${i}`;
        throw new Hdf5UsageError(
          "data",
          `has a member ${quote(name)} that ${finding}`,
          "elements with the same members, or a datatype",
        );
      }
    }
  }
  if (types.size === 0) throw new Hdf5UsageError("data", "has no members", "an object with at least one");
  return compoundType(types);
}

/**
 * The compound type of columns: each has the dimensions of the whole first.
 * @param dims of the whole; columns to be written have rows only.
 */
function inferColumns(data: CompoundData, dims: readonly number[], depth: number): Datatype {
  const given = rawColumns(data);
  const types = new Map<string, Datatype>();
  for (const name of data.names) {
    const { datatype, shape } = inferColumn(given === undefined ? data.column(name) : given.get(name), depth);
    types.set(name, memberType({ datatype, shape: shape.slice(given === undefined ? outerRank(shape, dims) : 1) }));
  }
  if (types.size === 0) throw new Hdf5UsageError("data", "has no columns", "at least one");
  return compoundType(types);
}

/** Compound data alone do not say their shape: rows then have as many dimensions as their number takes. */
function outerRank(shape: readonly number[], dims: readonly number[]): number {
  if (dims.every((n, d) => shape[d] === n)) return dims.length;
  const rows = product(dims);
  let rank = 0;
  for (let size = 1; size !== rows && rank < shape.length; rank++) size *= shape[rank] as number; // a dimension
  return rank;
}

function inferColumn(column: unknown, depth: number): Found {
  const { items, dims } = flatten(column, {});
  // References that were read tell their kind even when all of them are null.
  const read = typeof column === "object" && column !== null && "kind" in column && column.kind === "reference";
  if (read && Array.from(items as ArrayLike<unknown>).every((item) => item === null)) {
    return { datatype: datatypeOf("object-reference"), shape: dims };
  }
  return infer(column, depth + 1);
}

function memberType({ datatype, shape }: Found): Datatype {
  return shape.length === 0 ? datatype : arrayType(datatype, shape);
}
