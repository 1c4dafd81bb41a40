/** What data in memory is: the kind of its elements and its shape. */
import type { CompoundData, NdArray, NumericName } from "../../index.js";
import { isContainer } from "../containers/state.js";
import { NwbError } from "../errors.js";

/** `number` is a JavaScript number whose type the schema decides; `container` an object that is referred to. */
export type ElementKind =
  | NumericName
  | "float16"
  | "number"
  | "bigint"
  | "boolean"
  | "string"
  | "compound"
  | "container"
  | "reference"
  | "null";

export interface Description {
  /** Undefined when there are no elements. */
  readonly kind: ElementKind | undefined;
  readonly shape: readonly number[];
}

const TYPED: ReadonlyMap<string, ElementKind> = /* @__PURE__ */ new Map<string, ElementKind>([
  ["Int8Array", "int8"],
  ["Uint8Array", "uint8"],
  ["Uint8ClampedArray", "uint8"],
  ["Int16Array", "int16"],
  ["Uint16Array", "uint16"],
  ["Int32Array", "int32"],
  ["Uint32Array", "uint32"],
  ["Float16Array", "float16"],
  ["Float32Array", "float32"],
  ["Float64Array", "float64"],
  ["BigInt64Array", "int64"],
  ["BigUint64Array", "uint64"],
]);

/** Nested arrays deeper than an HDF5 dataspace are refused. */
const MAX_RANK = 32;

/**
 * The kind and shape of data.
 * @throws NwbError when nested arrays are uneven or mixed, or a value cannot be stored.
 */
export function describe(data: unknown): Description {
  return describeAt(data, 0);
}

function describeAt(data: unknown, depth: number): Description {
  if (depth > MAX_RANK) throw new NwbError(`data is nested more than ${MAX_RANK} deep`, { code: "data" });
  if (ArrayBuffer.isView(data)) return describeView(data);
  if (Array.isArray(data)) return describeList(data, depth);
  if (isNdArray(data)) {
    const { kind } = describeAt(data.data, depth + 1);
    const isUnknown = data.shape.includes(0) && !ArrayBuffer.isView(data.data);
    return { kind: isUnknown ? undefined : kind, shape: data.shape };
  }
  if (isCompoundData(data)) return { kind: "compound", shape: [data.length] };
  return { kind: scalarKind(data), shape: [] };
}

function describeView(data: ArrayBufferView): Description {
  const kind = typedKind(data);
  if (kind === undefined) throw new NwbError("a DataView is no array of numbers", { code: "data" });
  return { kind, shape: [(data as Uint8Array).length] };
}

function typedKind(data: ArrayBufferView): ElementKind | undefined {
  const tag = Object.prototype.toString.call(data).slice(8, -1);
  return TYPED.get(tag);
}

function describeList(list: readonly unknown[], depth: number): Description {
  if (list.length === 0) return { kind: undefined, shape: [0] };
  let found: Description | undefined;
  for (const item of list) {
    const here = describeAt(item, depth + 1);
    if (found === undefined) found = here;
    else {
      if (!sameShape(found.shape, here.shape)) {
        throw new NwbError("data has rows of different lengths; a table column needs `index: true` for that", {
          code: "ragged",
        });
      }
      const kind = common(found.kind, here.kind);
      if (kind !== found.kind) found = { kind, shape: found.shape };
    }
  }
  return { kind: found?.kind, shape: [list.length, ...(found?.shape ?? [])] };
}

function common(a: ElementKind | undefined, b: ElementKind | undefined): ElementKind | undefined {
  if (a === b || b === undefined) return a;
  if (a === undefined) return b;
  // A null stands for a null reference.
  if (b === "null" && (a === "reference" || a === "container")) return a;
  if (a === "null" && (b === "reference" || b === "container")) return b;
  throw new NwbError(`data mixes elements of the kinds ${a} and ${b}`, { code: "data" });
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}

function scalarKind(value: unknown): ElementKind {
  if (value === null) return "null";
  if (
    typeof value === "number" ||
    typeof value === "bigint" ||
    typeof value === "boolean" ||
    typeof value === "string"
  ) {
    return typeof value as ElementKind;
  }
  if (isContainer(value)) return "container";
  if (isReference(value)) return "reference";
  if (value instanceof Map || isPlainObject(value)) return "compound";
  const what = typeof value === "object" ? `a ${(value as object).constructor?.name ?? "object"}` : typeof value;
  throw new NwbError(`data holds ${what}, which cannot be stored`, { code: "data" });
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function isReference(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return value.kind === "object-reference" || value.kind === "region-reference";
}

export function isNdArray(value: unknown): value is NdArray {
  return (
    typeof value === "object" &&
    value !== null &&
    "data" in value &&
    "shape" in value &&
    "stride" in value &&
    Array.isArray(value.shape)
  );
}

export function isCompoundData(value: unknown): value is CompoundData {
  return typeof value === "object" && value !== null && "names" in value && "column" in value && "length" in value;
}
