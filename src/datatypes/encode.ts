/**
 * JavaScript values to stored elements, in two passes: everything is checked before anything is written or put into
 * a heap. API: writing, second table.
 */
import type { Bytes } from "../bytes/typed-arrays.js";
import { Hdf5UsageError, quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { describe } from "./describe.js";
import { complexParts } from "./datatype-facts.js";
import { scalarEncoder, writeHeapId } from "./encode-scalars.js";
import { flatten, product } from "./flatten.js";
import { machineType, nameOfArray, swapBytes } from "./machine-types.js";
import { rawColumns } from "./raw-columns.js";
import type { CompoundData, WriteData } from "./values.js";
import { isCompoundData, isSequence, isTypedArray, membersOf, refuse } from "./write-data.js";

/** Takes what lies outside the elements. */
export interface HeapSink {
  /** Store an object; returns where it is. */
  put(bytes: Uint8Array): { readonly collection: number; readonly index: number };
}

/** Elements ready to be stored. */
export interface EncodedElements {
  /** Row-major; may be a view of the data given. */
  readonly bytes: Bytes;
  readonly shape: readonly number[];
}

/**
 * Encode data as elements of a datatype.
 * @param shape what the data shall fill; undefined: the data's own shape. A scalar fills all of it, flat data must have
 * its count, nested and shaped data its shape.
 * @throws Hdf5UsageError for data of another kind or shape; Hdf5ValueError naming the first element that does not fit.
 */
export function encodeElements(
  data: WriteData,
  datatype: Datatype,
  shape: readonly number[] | undefined,
  sink: HeapSink,
): EncodedElements {
  const direct = directBytes(data, datatype, shape);
  if (direct !== undefined) return direct;
  const plan = planElements(data, datatype, shape, same);
  const out = new Uint8Array(plan.count * datatype.size);
  plan.write(out, 0, datatype.size, sink);
  return { bytes: out, shape: plan.shape };
}

/** A typed array of the stored type is stored as it is. */
function directBytes(
  data: WriteData,
  datatype: Datatype,
  shape: readonly number[] | undefined,
): EncodedElements | undefined {
  if (!isTypedArray(data)) return undefined;
  const view = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength); // shared memory is copied below
  if (datatype.kind === "opaque" && nameOfArray(data) === "uint8") {
    const count = view.length / datatype.size;
    const wanted = shape ?? (count === 1 ? [] : [count]);
    return Number.isInteger(count) && product(wanted) === count ? { bytes: own(view), shape: wanted } : undefined;
  }
  const machine = machineType(datatype);
  if (machine === undefined || machine.name !== nameOfArray(data) || datatype.kind === "enum") return undefined;
  const wanted = shape ?? [data.length];
  if (product(wanted) !== data.length) return undefined;
  if (!machine.swapped) return { bytes: own(view), shape: wanted };
  const swapped = new Uint8Array(view);
  swapBytes(swapped, datatype.size);
  return { bytes: swapped, shape: wanted };
}

function own(view: Uint8Array): Bytes {
  return view.buffer instanceof ArrayBuffer ? (view as Bytes) : new Uint8Array(view);
}

/** Checked data. */
interface Plan {
  readonly count: number;
  readonly shape: readonly number[];
  /** Element i goes to `at + i × step`. */
  write(out: Uint8Array, at: number, step: number, sink: HeapSink): void;
}

/** From an item's place to the element that errors name. */
type IndexOf = (item: number) => number;

function same(index: number): number {
  return index;
}

function planElements(data: unknown, datatype: Datatype, shape: readonly number[] | undefined, indexOf: IndexOf): Plan {
  switch (datatype.kind) {
    case "compound":
    case "complex":
      return planCompound(data, datatype, shape, indexOf);
    case "array":
      return planArray(data, datatype, shape, indexOf);
    case "vlen":
      return planVlen(data, datatype, shape, indexOf);
    default:
      return planScalars(data, datatype, shape, indexOf);
  }
}

/** Items with the shape they are to fill. */
interface Items {
  readonly items: ArrayLike<unknown>;
  readonly shape: readonly number[];
  readonly count: number;
  /** Items per element. */
  readonly width: number;
  /** One element is given for all. */
  readonly repeat: boolean;
}

/** Hold the data's dimensions against the shape wanted; `own` are dimensions that belong to each element. */
function fit(
  dims: readonly number[],
  items: ArrayLike<unknown>,
  shape: readonly number[] | undefined,
  own: readonly number[],
  datatype: Datatype,
): Items {
  const width = product(own);
  const outer = dims.length - own.length;
  const hasOwn = outer >= 0 && own.every((n, d) => dims[outer + d] === n);
  if (shape === undefined) {
    if (!hasOwn) {
      throw new Hdf5UsageError("data", `has shape [${dims.join(", ")}]`, `${describe(datatype)}, whose last dimensions are [${own.join(", ")}]`);
    }
    const given = dims.slice(0, outer);
    return { items, shape: given, count: product(given), width, repeat: false };
  }
  const count = product(shape);
  const wanted = [...shape, ...own];
  const exact = dims.length === wanted.length && wanted.every((n, d) => n === dims[d]);
  const flat = dims.length === 1 && dims[0] === count * width;
  const flatElements = hasOwn && outer === 1 && dims[0] === count;
  if (exact || flat || flatElements) return { items, shape, count, width, repeat: false };
  if (hasOwn && outer === 0) return { items, shape, count, width, repeat: true };
  throw new Hdf5UsageError("data", `has shape [${dims.join(", ")}]`, `shape [${wanted.join(", ")}], or ${count * width} flat values`);
}

function planScalars(data: unknown, datatype: Datatype, shape: readonly number[] | undefined, indexOf: IndexOf): Plan {
  const isItem = datatype.kind === "opaque" ? (value: unknown) => nameOfArray(value as ArrayBufferView) === "uint8" : undefined;
  const flat = flatten(data, isItem === undefined ? {} : { isItem: (value) => ArrayBuffer.isView(value) && isItem(value) });
  if (isCompoundData(flat.items)) return refuse(flat.items, undefined, describe(datatype));
  const { items, shape: filled, count, repeat } = fit(flat.dims, flat.items, shape, [], datatype);
  const encoder = scalarEncoder(datatype);
  const checked = repeat ? Math.min(count, 1) : count;
  for (let i = 0; i < checked; i++) encoder.check(items[i], indexOf(i));
  return {
    count,
    shape: filled,
    write(out, at, step, sink) {
      for (let i = 0; i < checked; i++) encoder.write(out, at + i * step, items[i], sink);
      if (repeat) repeatElement(out, at, step, datatype.size, count);
    },
  };
}

/** The first element, again and again. */
function repeatElement(out: Uint8Array, at: number, step: number, size: number, count: number): void {
  for (let i = 1; i < count; i++) out.copyWithin(at + i * step, at, at + size);
}

type ArrayType = Extract<Datatype, { readonly kind: "array" }>;

function planArray(data: unknown, datatype: ArrayType, shape: readonly number[] | undefined, indexOf: IndexOf): Plan {
  const { base, shape: own } = datatype;
  const inner = innermost(datatype);
  if (inner.kind === "compound" || inner.kind === "complex" || inner.kind === "vlen" || inner.kind === "opaque") {
    return planArrayOfItems(data, datatype, shape, indexOf);
  }
  const flat = flatten(data);
  if (isCompoundData(flat.items)) return refuse(flat.items, undefined, describe(datatype));
  const dims = [...own, ...ownShape(base)];
  const { items, shape: filled, count, width, repeat } = fit(flat.dims, flat.items, shape, dims, datatype);
  const given = repeat ? Math.min(count, 1) : count;
  const values = planElements(items, inner, [given * width], (i) => indexOf(Math.floor(i / width)));
  return whole(datatype, count, filled, repeat, (out, sink) => values.write(out, 0, inner.size, sink));
}

/** Arrays of what is itself nested: level by level. */
function planArrayOfItems(
  data: unknown,
  datatype: ArrayType,
  shape: readonly number[] | undefined,
  indexOf: IndexOf,
): Plan {
  const { base, shape: own } = datatype;
  const rank = shape === undefined ? Math.max(0, depthOf(data) - own.length - innerDepth(base)) : shape.length;
  const outer = flatten(data, { rank: rank + own.length });
  if (isCompoundData(outer.items)) return refuse(outer.items, undefined, describe(datatype));
  const { items, shape: filled, count, width, repeat } = fit(outer.dims, outer.items, shape, own, datatype);
  const given = repeat ? Math.min(count, 1) : count;
  const list = Array.from(items);
  const values = planElements(list, base, [given * width], (i) => indexOf(Math.floor(i / width)));
  return whole(datatype, count, filled, repeat, (out, sink) => values.write(out, 0, base.size, sink));
}

/** Elements that are encoded side by side first, then put where they belong. */
function whole(
  datatype: Datatype,
  count: number,
  shape: readonly number[],
  repeat: boolean,
  encode: (out: Uint8Array, sink: HeapSink) => void,
): Plan {
  const { size } = datatype;
  return {
    count,
    shape,
    write(out, at, step, sink) {
      const given = repeat ? Math.min(count, 1) : count;
      const packed = new Uint8Array(given * size);
      encode(packed, sink);
      for (let i = 0; i < given; i++) out.set(packed.subarray(i * size, (i + 1) * size), at + i * step);
      if (repeat) repeatElement(out, at, step, size, count);
    },
  };
}

function innermost(datatype: Datatype): Datatype {
  return datatype.kind === "array" ? innermost(datatype.base) : datatype;
}

function ownShape(datatype: Datatype): readonly number[] {
  return datatype.kind === "array" ? [...datatype.shape, ...ownShape(datatype.base)] : [];
}

/** Levels of arrays that one element of this type has. */
function innerDepth(datatype: Datatype): number {
  switch (datatype.kind) {
    case "array":
      return datatype.shape.length + innerDepth(datatype.base);
    case "vlen":
      return 1 + innerDepth(datatype.base);
    case "opaque":
      return 1;
    default:
      return complexParts(datatype) === undefined ? 0 : 1;
  }
}

function depthOf(data: unknown, limit = 40): number {
  if (!isSequence(data) || limit === 0) return 0;
  if (isTypedArray(data)) return 1;
  let most = 0;
  for (const entry of data) most = Math.max(most, depthOf(entry, limit - 1));
  return 1 + most;
}

type VlenType = Extract<Datatype, { readonly kind: "vlen" }>;

function planVlen(data: unknown, datatype: VlenType, shape: readonly number[] | undefined, indexOf: IndexOf): Plan {
  const { base } = datatype;
  const depth = Math.max(0, depthOf(data) - 1 - innerDepth(base));
  // Empty sequences hide how deep they are.
  const rank = shape !== undefined && depth > 0 ? Math.max(depth, Math.min(shape.length, 1)) : depth;
  const outer = flatten(data, { rank: isListOfLists(data) ? Math.max(rank, 1) : rank });
  if (isCompoundData(outer.items)) return refuse(outer.items, undefined, describe(datatype));
  const { items, shape: filled, count, repeat } = fit(outer.dims, outer.items, shape, [], datatype);
  const given = repeat ? Math.min(count, 1) : count;
  const sequences: Plan[] = [];
  for (let i = 0; i < given; i++) {
    const item = items[i];
    if (!isSequence(item) && !isCompoundData(item)) refuse(item, indexOf(i), "one array per element");
    sequences.push(planElements(item, base, [sequenceLength(item, base)], () => indexOf(i)));
  }
  return {
    count,
    shape: filled,
    write(out, at, step, sink) {
      for (const [i, sequence] of sequences.entries()) {
        const to = at + i * step;
        out.fill(0, to, to + datatype.size);
        if (sequence.count === 0) continue;
        const bytes = new Uint8Array(sequence.count * base.size);
        sequence.write(bytes, 0, base.size, sink);
        const { collection, index } = sink.put(bytes);
        writeHeapId(out, to, datatype.size, sequence.count, collection, index);
      }
      if (repeat) repeatElement(out, at, step, datatype.size, count);
    },
  };
}

function isListOfLists(data: unknown): boolean {
  return Array.isArray(data) && data.some((entry) => isSequence(entry));
}

/** Elements of one sequence: flat data of arrays and pairs count as elements of their own. */
function sequenceLength(item: unknown, base: Datatype): number {
  const length = (item as { readonly length: number }).length;
  const width = base.kind === "array" ? product(ownShape(base)) : complexParts(base) === undefined ? 1 : 2;
  const isFlat = isTypedArray(item) || (Array.isArray(item) && !isSequence(item[0]) && typeof item[0] !== "object");
  return width > 1 && isFlat ? length / width : length;
}

function planCompound(data: unknown, datatype: Datatype, shape: readonly number[] | undefined, indexOf: IndexOf): Plan {
  const complex = complexParts(datatype);
  if (complex !== undefined) {
    const flat = flatten(data);
    const pairs = !isCompoundData(flat.items) && !holdsObjects(flat.items);
    if (pairs) {
      const { items, shape: filled, count, width, repeat } = fit(flat.dims, flat.items as ArrayLike<unknown>, shape, [2], datatype);
      const given = (repeat ? Math.min(count, 1) : count) * width;
      const encoder = scalarEncoder(complex.part);
      for (let i = 0; i < given; i++) encoder.check(items[i], indexOf(i >> 1));
      return whole(datatype, count, filled, repeat, (out, sink) => {
        for (let i = 0; i < given; i += 2) {
          const at = (i >> 1) * datatype.size;
          encoder.write(out, at + complex.real, items[i], sink);
          encoder.write(out, at + complex.imaginary, items[i + 1], sink);
        }
      });
    }
  }
  if (datatype.kind !== "compound") return refuse(data, undefined, describe(datatype));
  const flat = flatten(data);
  if (isCompoundData(flat.items)) return planColumns(flat.items, flat.dims, datatype, shape, indexOf);
  const { items, shape: filled, count, repeat } = fit(flat.dims, flat.items, shape, [], datatype);
  const given = repeat ? Math.min(count, 1) : count;
  const names = datatype.members.map(({ name }) => name);
  const rows: ReadonlyMap<string, unknown>[] = [];
  for (let i = 0; i < given; i++) {
    const members = membersOf(items[i]);
    if (members === undefined) return refuse(items[i], indexOf(i), `a compound of ${names.map(quote).join(", ")}`);
    checkMembers([...members.keys()], names, `data, element ${indexOf(i)},`);
    rows.push(members);
  }
  return members(datatype, count, filled, repeat, given, (name) => rows.map((row) => row.get(name)), indexOf);
}

function holdsObjects(items: ArrayLike<unknown>): boolean {
  return !ArrayBuffer.isView(items) && items.length > 0 && typeof items[0] === "object";
}

type CompoundType = Extract<Datatype, { readonly kind: "compound" }>;

function checkMembers(given: readonly string[], wanted: readonly string[], argument: string): void {
  const missing = wanted.find((name) => !given.includes(name));
  const surplus = given.find((name) => !wanted.includes(name));
  if (missing === undefined && surplus === undefined) return;
  const finding = missing === undefined ? `has a member ${quote(surplus ?? "")} too many` : `lacks the member ${quote(missing)}`;
  throw new Hdf5UsageError(argument, finding, `exactly ${wanted.map(quote).join(", ")}`);
}

function planColumns(
  data: CompoundData,
  dims: readonly number[],
  datatype: CompoundType,
  shape: readonly number[] | undefined,
  indexOf: IndexOf,
): Plan {
  const count = data.length;
  const filled = shape ?? dims;
  if (product(filled) !== count) {
    throw new Hdf5UsageError("data", `has ${count} rows`, `${product(filled)} for shape [${filled.join(", ")}]`);
  }
  checkMembers(data.names, datatype.members.map(({ name }) => name), "data");
  const given = rawColumns(data);
  return members(datatype, count, filled, false, count, (name) => columnData(given === undefined ? data.column(name) : given.get(name), count), indexOf);
}

/** A column that was read has the outer dimensions first: rows and what belongs to each. */
function columnData(column: unknown, count: number): unknown {
  if (typeof column !== "object" || column === null || !("shape" in column) || !("data" in column)) return column;
  const { data, shape } = column as { readonly data: { readonly length: number }; readonly shape: readonly number[] };
  let outer = 0;
  let rows = 1;
  while (rows < count && outer < shape.length) rows *= shape[outer++] as number;
  if (rows !== count || outer === 0) outer = Math.min(1, shape.length);
  const rest = shape.slice(outer);
  const dims = [count, ...rest];
  const stride = dims.map((_, d) => product(dims.slice(d + 1)));
  return { data, shape: dims, stride };
}

function members(
  datatype: CompoundType,
  count: number,
  shape: readonly number[],
  repeat: boolean,
  given: number,
  column: (name: string) => unknown,
  indexOf: IndexOf,
): Plan {
  const plans = datatype.members.map(({ name, offset, datatype: type }) => ({
    offset,
    plan: planElements(column(name), type, [given], indexOf),
  }));
  return {
    count,
    shape,
    write(out, at, step, sink) {
      for (const { offset, plan } of plans) plan.write(out, at + offset, step, sink);
      if (repeat) repeatElement(out, at, step, datatype.size, count);
    },
  };
}

