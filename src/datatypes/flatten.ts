/** Nested, flat and strided data as one row-major list of items. */
import { Hdf5UsageError } from "../errors.js";
import { nameOfArray, newArray } from "./machine-types.js";
import type { CompoundData, NdArray } from "./values.js";
import { isCompoundData, isNdArray, isSequence, isTypedArray, refuse, type Sequence } from "./write-data.js";

/** Items in row-major order, and the dimensions they had. */
export interface Flat {
  readonly dims: readonly number[];
  readonly items: ArrayLike<unknown> | CompoundData;
  /** What the innermost arrays were: element types of typed arrays, `"list"` for plain ones. */
  readonly arrays: ReadonlySet<string>;
}

const MAX_RANK = 32; // H5S_MAX_RANK
const NO_ARRAYS: ReadonlySet<string> = /* @__PURE__ */ new Set();

export interface FlattenOptions {
  /** Arrays that are items. */
  readonly isItem?: ((value: Sequence) => boolean) | undefined;
  /** Levels of arrays to descend; all by default. */
  readonly rank?: number | undefined;
}

export function product(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}

/**
 * The items of any data: of an array its entries, of compound data its rows, of another value itself.
 * @throws Hdf5UsageError when arrays are nested unevenly, or an NdArray's shape and stride leave its data.
 */
export function flatten(data: unknown, options: FlattenOptions = {}): Flat {
  if (typeof data !== "object") return { dims: [], items: [data], arrays: NO_ARRAYS };
  if (isNdArray(data)) return strided(data);
  if (isCompoundData(data) && options.rank !== 0) return { dims: [data.length], items: data, arrays: NO_ARRAYS };
  if (!isArray(data, options) || options.rank === 0) return { dims: [], items: [data], arrays: NO_ARRAYS };
  const dims = dimensionsOf(data, options);
  if (dims.length === 1) {
    if (!isTypedArray(data)) refuseArrays(data as readonly unknown[], options);
    return { dims, items: data, arrays: new Set([arrayKind(data)]) };
  }
  return nested(data, dims, options);
}

function isArray(value: unknown, { isItem }: FlattenOptions): value is Sequence {
  return isSequence(value) && isItem?.(value) !== true;
}

function arrayKind(array: Sequence): string {
  return isTypedArray(array) ? (nameOfArray(array) as string) : "list"; // typed arrays have names
}

/** Dimensions along the first entries. */
export function dimensionsOf(data: Sequence, options: FlattenOptions): number[] {
  const dims: number[] = [];
  let level: unknown = data;
  while (isArray(level, options) && dims.length !== options.rank) {
    dims.push(level.length);
    if (dims.length > MAX_RANK)
      throw new Hdf5UsageError("data", `is nested more than ${MAX_RANK} deep`, "at most 32 dimensions");
    if (isTypedArray(level)) break;
    level = level[0];
  }
  return dims;
}

function refuseArrays(items: readonly unknown[], options: FlattenOptions): void {
  if (options.rank !== undefined) return;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (typeof item === "object" && isArray(item, options))
      refuse(item, i, "arrays nested evenly (sequences of any length need a vlen datatype)");
  }
}

function nested(data: Sequence, dims: readonly number[], options: FlattenOptions): Flat {
  const rows: Sequence[] = [];
  collectRows(data, dims, 0, rows, options);
  const arrays = new Set(rows.map(arrayKind));
  const width = dims[dims.length - 1] as number; // there are two dimensions at least
  const [kind = "list"] = arrays;
  if (arrays.size === 1 && kind !== "list") {
    const items = newArray(kind === "float16" ? "float32" : (kind as "float64"), rows.length * width);
    for (const [i, row] of rows.entries()) items.set(row as Float64Array, i * width); // all of one kind
    return { dims, items, arrays };
  }
  const items = new Array<unknown>(rows.length * width);
  let at = 0;
  for (const row of rows) for (let i = 0; i < width; i++) items[at++] = row[i];
  refuseArrays(items, options);
  return { dims, items, arrays };
}

/** The innermost arrays, in order. */
function collectRows(
  data: unknown,
  dims: readonly number[],
  depth: number,
  rows: Sequence[],
  options: FlattenOptions,
): void {
  if (!isArray(data, options) || data.length !== dims[depth] || (isTypedArray(data) && depth < dims.length - 1)) {
    const found = isSequence(data) ? `${data.length} entries` : "no array";
    throw new Hdf5UsageError(
      "data",
      `is nested unevenly: ${found} where others have ${dims[depth]}`,
      "arrays of equal length (sequences of any length need a vlen datatype)",
    );
  }
  if (depth === dims.length - 1) {
    rows.push(data);
    return;
  }
  for (const entry of data as readonly unknown[]) collectRows(entry, dims, depth + 1, rows, options);
}

function strided({ data, shape, stride }: NdArray): Flat {
  const sizes = checkedSizes("shape", shape);
  const steps = checkedSizes("stride", stride);
  if (sizes.length !== steps.length || sizes.length > MAX_RANK) {
    throw new Hdf5UsageError(
      "data.stride",
      `has ${steps.length} entries for ${sizes.length} dimensions`,
      "one per dimension, at most 32",
    );
  }
  if (!isSequence(data) && !isCompoundData(data)) {
    throw new Hdf5UsageError("data.data", "is no array", "a typed array, a plain array or compound data");
  }
  const count = product(sizes);
  const last = count === 0 ? -1 : sizes.reduce((index, size, d) => index + (size - 1) * (steps[d] as number), 0);
  if (last >= data.length) {
    throw new Hdf5UsageError(
      "data",
      `of shape [${sizes.join(", ")}] reaches entry ${last} of ${data.length}`,
      "a shape and stride within its data",
    );
  }
  const arrays = new Set(isSequence(data) ? [arrayKind(data)] : []);
  if (isRowMajor(sizes, steps))
    return { dims: sizes, items: data.length === count ? data : firstOf(data, count), arrays };
  return { dims: sizes, items: picked(data, sizes, steps, count), arrays };
}

function checkedSizes(name: string, list: unknown): readonly number[] {
  if (Array.isArray(list) && list.every((n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0)) return list;
  throw new Hdf5UsageError(`data.${name}`, "is no list of whole numbers", "an entry of 0 or more per dimension");
}

function isRowMajor(shape: readonly number[], stride: readonly number[]): boolean {
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    const size = shape[d] as number; // d is a dimension
    if (size > 1 && stride[d] !== step) return false;
    step *= size;
  }
  return true;
}

function firstOf(data: Sequence | CompoundData, count: number): ArrayLike<unknown> {
  if (isCompoundData(data)) return Array.from({ length: count }, (_, i) => data.get(i));
  // Typed arrays and lists both have it.
  return (data as unknown as { slice(start: number, end: number): ArrayLike<unknown> }).slice(0, count);
}

/** Entries in row-major order of the dimensions. */
function picked(
  data: Sequence | CompoundData,
  shape: readonly number[],
  stride: readonly number[],
  count: number,
): ArrayLike<unknown> {
  const name = isTypedArray(data) ? nameOfArray(data) : undefined;
  const out: unknown[] | Float64Array =
    name === undefined
      ? new Array<unknown>(count)
      : (newArray(name === "float16" ? "float32" : name, count) as Float64Array);
  const rank = shape.length;
  const index = new Array<number>(rank).fill(0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    out[to] = (isCompoundData(data) ? data.get(from) : data[from]) as number; // lists take anything, arrays their own
    for (let d = rank - 1; d >= 0; d--) {
      const step = stride[d] as number; // d is a dimension
      index[d] = (index[d] as number) + 1;
      from += step;
      if ((index[d] as number) < (shape[d] as number)) break;
      from -= step * (shape[d] as number);
      index[d] = 0;
    }
  }
  return out;
}
