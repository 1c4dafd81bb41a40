/** Data laid out as items of a datatype: which items there are, of what shape, and whether they fill a selection. */
import { Hdf5UsageError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { complexAsCompound, complexParts } from "./datatype-facts.js";
import { isStringBytes } from "./encode-strings.js";
import { dimensionsOf, type Flat, flatten, product } from "./flatten.js";
import { predefinedType } from "./predefined.js";
import type { CompoundData } from "./values.js";
import { isCompoundData, isNdArray, isSequence, membersOf, refuse } from "./write-data.js";

/** Arrays in arrays: more than any datatype and dataspace take (a list may hold itself). */
const MAX_DEPTH = 128;

/**
 * Items in order. An element of the datatype is product(own) items of the type `leaf`, one after another; where `leaf`
 * is a complex number and has own dimensions, the items are its parts.
 */
export interface Arranged {
  readonly leaf: Datatype;
  readonly own: readonly number[];
  readonly items: ArrayLike<unknown> | CompoundData;
  /** Shape of the elements that result. */
  readonly shape: readonly number[];
  /** There is one element, for all of the shape. */
  readonly fill: boolean;
}

/** What an element is made of. */
interface Parts {
  readonly leaf: Datatype;
  readonly own: readonly number[];
}

/**
 * Match data with a datatype and a shape.
 * @param shape of the elements to be written; undefined: whatever the data have.
 * @throws Hdf5UsageError when data of this shape do not fit.
 */
export function arrange(data: unknown, datatype: Datatype, shape: readonly number[] | undefined): Arranged {
  const parts = partsOf(datatype, data);
  const { leaf, own } = parts;
  if (typeof data !== "object" && own.length === 0 && shape === undefined) {
    return { leaf, own, items: [data], shape: [], fill: false };
  }
  const flat = leaf.kind === "vlen" ? flattenSequences(data, parts, shape) : flatten(data, { isItem: itemOf(leaf) });
  const match = matched(flat.dims, own, shape);
  if (match !== undefined) return { ...parts, items: flat.items, ...match };
  const expected = [...(shape ?? []), ...own];
  const more = shape === undefined ? "elements of" : `${product(expected)} values, or`;
  throw new Hdf5UsageError("data", `has shape [${flat.dims.join(", ")}]`, `${more} shape [${expected.join(", ")}]`);
}

/** The items of one variable-length element, and how many elements of the base they are. */
export function arrangeSequence(data: unknown, base: Datatype, index: number): Arranged & { readonly count: number } {
  if (!isSequence(data) && !isNdArray(data) && !isCompoundData(data))
    return refuse(data, index, "one array per element");
  const { own } = partsOf(base, data);
  const arranged =
    base.kind === "vlen"
      ? {
          leaf: base,
          own,
          items: flatten(data, { rank: 1 }).items,
          shape: [flatten(data, { rank: 1 }).items.length],
          fill: false,
        }
      : arrange(data, base, undefined);
  // Flat data of arrays may be a single one.
  if (arranged.shape.length > 1 || (own.length === 0 && arranged.shape.length === 0)) {
    throw new Hdf5UsageError(
      `data, element ${index},`,
      `has rank ${arranged.shape.length + own.length}`,
      `rank ${1 + own.length}`,
    );
  }
  return { ...arranged, count: product(arranged.shape) };
}

/** Arrays, complex numbers and bytes taken apart. */
function partsOf(datatype: Datatype, data: unknown): Parts {
  if (datatype.kind === "array") {
    const { leaf, own } = partsOf(datatype.base, data);
    return { leaf, own: [...datatype.shape, ...own] };
  }
  if (datatype.kind === "opaque" || (datatype.kind === "bitfield" && datatype.size > 8)) {
    return { leaf: predefinedType("uint8") as Datatype, own: [datatype.size] };
  }
  const complex = complexParts(datatype);
  if (complex === undefined) return { leaf: datatype, own: [] };
  if (!holdsCompounds(data)) return { leaf: datatype, own: [2] };
  return { leaf: datatype.kind === "complex" ? complexAsCompound(datatype) : datatype, own: [] };
}

/** Is the first item an object with members? */
function holdsCompounds(data: unknown): boolean {
  let item = isNdArray(data) ? data.data : data;
  for (let depth = 0; Array.isArray(item) && depth < MAX_DEPTH; depth++) item = item[0];
  return isCompoundData(item) || membersOf(item) !== undefined;
}

function itemOf(leaf: Datatype): ((value: unknown) => boolean) | undefined {
  return leaf.kind === "string" ? isStringBytes : undefined;
}

/** Full data, flat data, or one element for all; undefined: none of these. */
function matched(
  dims: readonly number[],
  own: readonly number[],
  shape: readonly number[] | undefined,
): { readonly shape: readonly number[]; readonly fill: boolean } | undefined {
  const size = product(own);
  const [only] = dims;
  const flat = dims.length === 1 ? only : undefined;
  if (shape === undefined) {
    const outer = dims.length - own.length;
    if (outer >= 0 && own.every((n, d) => dims[outer + d] === n)) return { shape: dims.slice(0, outer), fill: false };
    return flat !== undefined && flat % size === 0 ? { shape: [flat / size], fill: false } : undefined;
  }
  const count = product(shape);
  if (isCutShort(dims, [...shape, ...own])) return { shape, fill: false };
  if (equal(dims, [...shape, ...own]) || equal(dims, [count, ...own]) || flat === count * size)
    return { shape, fill: false };
  return equal(dims, own) || (own.length > 0 && flat === size) ? { shape, fill: true } : undefined;
}

/** Nested arrays say nothing of what comes below an empty one: `[[], []]` is all there is of shape [2, 0, 5]. */
function isCutShort(dims: readonly number[], full: readonly number[]): boolean {
  return dims.length < full.length && dims.at(-1) === 0 && equal(dims, full.slice(0, dims.length));
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, d) => n === b[d]);
}

/** Items that are arrays themselves: how deep to go is told by the shape, or by how deep an item goes. */
function flattenSequences(data: unknown, parts: Parts, shape: readonly number[] | undefined): Flat {
  const { leaf, own } = parts;
  if (isNdArray(data)) return flatten(data);
  const { depth, open } = depthOf(data);
  if (!isSequence(data) || shape === undefined) {
    const rank = Math.max(0, depth - depthOfItem(leaf));
    // An empty array is no elements rather than an empty one.
    return flatten(data, { rank: rank === 0 && open ? 1 : rank });
  }
  const outer = dimensionsOf(data, { rank: shape.length });
  if (isCutShort(outer, shape)) return flatten(data, { rank: outer.length });
  for (const rank of [shape.length + own.length, 1 + own.length, own.length, 1, 0]) {
    const dims = dimensionsOf(data, { rank });
    if (dims.length !== rank || matched(dims, own, shape) === undefined) continue;
    // What is left must be as deep as an item; arrays and pairs in it may be flat.
    const left = depth - rank;
    if (left <= depthOfItem(leaf) && (open || left >= levelsOf(leaf))) return flatten(data, { rank });
  }
  const dims = dimensionsOf(data, {});
  throw new Hdf5UsageError(
    "data",
    `has shape [${dims.join(", ")}]`,
    `shape [${[...shape, ...own].join(", ")}] of arrays`,
  );
}

/** Levels of sequences. */
function levelsOf(datatype: Datatype): number {
  if (datatype.kind === "vlen") return 1 + levelsOf(datatype.base);
  return datatype.kind === "array" ? levelsOf(datatype.base) : 0;
}

/** Levels of arrays; `open`: all that is deepest is empty, so that there might be more. */
function depthOf(data: unknown, above = 0): { readonly depth: number; readonly open: boolean } {
  if (isCompoundData(data) || isNdArray(data)) return { depth: 1, open: false };
  if (!isSequence(data)) return { depth: 0, open: false };
  if (!Array.isArray(data)) return { depth: 1, open: false };
  let deepest = { depth: 0, open: true };
  if (above === MAX_DEPTH)
    throw new Hdf5UsageError("data", "is nested without end", `at most ${MAX_DEPTH} arrays in arrays`);
  for (const entry of data) {
    const found = depthOf(entry, above + 1);
    if (found.depth > deepest.depth || (found.depth === deepest.depth && !found.open)) deepest = found;
  }
  return { depth: deepest.depth + 1, open: deepest.open };
}

/** Levels of arrays that one item has. */
function depthOfItem(datatype: Datatype): number {
  switch (datatype.kind) {
    case "vlen":
      return 1 + depthOfItem(datatype.base);
    case "array":
      return datatype.shape.length + depthOfItem(datatype.base);
    case "opaque":
      return 1;
    default:
      return complexParts(datatype) === undefined ? 0 : 1;
  }
}
