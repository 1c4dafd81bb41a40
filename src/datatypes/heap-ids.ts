/**
 * Global heap IDs within elements: which collections must be in memory before elements can be decoded.
 *
 *   variable-length element:  length u32 | collection address O | object index u32        O = size of offsets
 *   region reference:         collection address O | object index u32
 *   revised reference:        type u8 | flags u8 | size u32 | collection address O | object index u32
 *
 * References keep the room of an 8-byte address in files with shorter ones too (H5Rpublic.h: H5R_OBJ_REF_BUF_SIZE).
 * An address of 0 means "nothing" (H5Tvlen.c: H5T_vlen_disk_isnull); so does a length of 0, and for references
 * the undefined address.
 */
import { Hdf5FormatError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { assertSound } from "./datatype-check.js";
import { usesHeap } from "./datatype-facts.js";
import { revisedSize } from "./predefined.js";

/** The objects that elements name in global heaps, all in memory. */
export interface HeapObjects {
  /** Bytes of one object; a view. @throws Hdf5FormatError when there is none. */
  get(collection: number, index: number): Uint8Array;
}

const INDEX_SIZE = 4;

/** An unsigned little-endian integer; undefined: all bits set. @throws Hdf5FormatError above 2^53 − 1. */
export function addressAt(bytes: Uint8Array, at: number, width: number): number | undefined {
  let value = 0;
  let ones = true;
  for (let i = width - 1; i >= 0; i--) {
    const byte = bytes[at + i] as number; // elements are whole
    value = value * 256 + byte;
    ones &&= byte === 0xff;
  }
  if (ones) return undefined;
  if (Number.isSafeInteger(value)) return value;
  throw new Hdf5FormatError({ structure: "element", offset: at, field: "address" }, "is above 2^53 − 1");
}

/** An unsigned little-endian 32-bit integer. */
export function u32At(bytes: Uint8Array, at: number): number {
  // Elements are whole.
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
  return low + (bytes[at + 3] as number) * 0x100_0000;
}

/** What an element refers to in the heap. */
export interface HeapId {
  readonly collection: number;
  readonly index: number;
}

/** The heap ID at a place; undefined: null. `undefinedIsNull`: the undefined address is null too. */
export function heapIdAt(
  bytes: Uint8Array,
  at: number,
  addressSize: number,
  undefinedIsNull: boolean,
): HeapId | undefined {
  const collection = addressAt(bytes, at, addressSize);
  if (collection === 0) return undefined;
  if (collection === undefined) {
    if (undefinedIsNull) return undefined;
    throw new Hdf5FormatError({ structure: "element", offset: at, field: "heap address" }, "is undefined");
  }
  return { collection, index: u32At(bytes, at + addressSize) };
}

/** The heap ID of a variable-length element and its length; undefined: null or empty. */
export function sequenceAt(
  bytes: Uint8Array,
  at: number,
  size: number,
): { readonly length: number; readonly id: HeapId } | undefined {
  const length = u32At(bytes, at);
  if (length === 0) return undefined;
  const id = heapIdAt(bytes, at + 4, size - 4 - INDEX_SIZE, false);
  return id === undefined ? undefined : { length, id };
}

/** The heap ID of a region reference; its type keeps 12 bytes for it also where addresses are shorter. */
export function regionIdAt(bytes: Uint8Array, at: number, size: number, sizeOfOffsets: number): HeapId | undefined {
  return heapIdAt(bytes, at, Math.min(sizeOfOffsets, size - INDEX_SIZE), true);
}

/** Types of revised references. */
export const REVISED_REFERENCE = { object: 2, region: 3, attribute: 4 } as const; // H5R_OBJECT2, _DATASET_REGION2, _ATTR
/** Flag of a revised reference: it leads into another file. */
export const INTO_OTHER_FILE = 1; // H5R_IS_EXTERNAL

/**
 * The heap ID of a revised reference; `"inline"`: the element itself names an object of the same file; undefined: null.
 * @throws Hdf5FormatError when its type is none.
 */
export function revisedIdAt(
  bytes: Uint8Array,
  at: number,
  size: number,
  sizeOfOffsets: number,
): HeapId | "inline" | undefined {
  const type = bytes[at] as number; // elements are whole
  const idAt = at + 2 + 4;
  const hasId = size >= revisedSize(sizeOfOffsets);
  // H5Tref.c: H5T__ref_disk_isnull asks for the heap ID when there is no type.
  const id = hasId && type !== REVISED_REFERENCE.object ? heapIdAt(bytes, idAt, sizeOfOffsets, true) : undefined;
  if (type === 0 && id === undefined) return undefined;
  if (type < REVISED_REFERENCE.object || type > REVISED_REFERENCE.attribute) {
    throw new Hdf5FormatError({ structure: "reference", offset: at, field: "type" }, `is ${type}, expected 2 to 4`);
  }
  const external = ((bytes[at + 1] as number) & INTO_OTHER_FILE) !== 0;
  if (type === REVISED_REFERENCE.object && !external) return "inline";
  if (!hasId) throw new Hdf5FormatError({ structure: "reference", offset: at }, `of ${size} bytes has no heap ID`);
  return id ?? heapIdAt(bytes, idAt, sizeOfOffsets, true);
}

/** What is stored of an address: in split and multi files not the number that stands for it. */
export type StoredAddress = (address: number) => bigint;

/** Write a variable-length element. `bytes` are zeroed there. */
export function putSequence(
  bytes: Uint8Array,
  at: number,
  size: number,
  length: number,
  id: HeapId,
  stored: StoredAddress | undefined,
): void {
  putUint(bytes, at, 4, length);
  putHeapId(bytes, at + 4, size - 4 - INDEX_SIZE, id, stored);
}

/** Write a heap ID. */
export function putHeapId(
  bytes: Uint8Array,
  at: number,
  addressSize: number,
  { collection, index }: HeapId,
  stored: StoredAddress | undefined,
): void {
  putAddress(bytes, at, addressSize, collection, stored);
  putUint(bytes, at + addressSize, INDEX_SIZE, index);
}

/** Write a little-endian address that fits. */
export function putAddress(
  bytes: Uint8Array,
  at: number,
  width: number,
  address: number,
  stored: StoredAddress | undefined,
): void {
  if (stored === undefined) {
    putUint(bytes, at, width, address);
    return;
  }
  let rest = stored(address);
  for (let i = 0; i < width; i++) {
    bytes[at + i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

/** Write an unsigned little-endian integer that fits. */
export function putUint(bytes: Uint8Array, at: number, width: number, value: number): void {
  let rest = value;
  for (let i = 0; i < width; i++) {
    bytes[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

type Collection = ReadonlyMap<number, Uint8Array>;

/**
 * Addresses of the collections that these elements lead to and that `heap` does not know yet. Sequences within
 * sequences come to light only when the outer ones are known: load what is missing and ask again, until nothing is.
 * @param bytes `count` stored elements.
 * @param heap the collections in memory, objects by index.
 * @param sizeOfOffsets bytes of an address in the file.
 * @throws Hdf5FormatError when an address cannot be one.
 */
export function collectHeapAddresses(
  bytes: Uint8Array,
  datatype: Datatype,
  count: number,
  heap: (address: number) => Collection | undefined,
  sizeOfOffsets: number = 8,
): number[] {
  assertSound(datatype);
  const search: Search = { heap, sizeOfOffsets, known: new Map(), missing: new Set(), entered: new Map() };
  if (usesHeap(datatype)) searchElements(search, bytes, 0, datatype, count, datatype.size);
  return [...search.missing];
}

/** Addresses of all collections that these elements name directly. */
export function heapCollections(bytes: Uint8Array, datatype: Datatype, count: number): Set<number> {
  return new Set(collectHeapAddresses(bytes, datatype, count, () => undefined));
}

interface Search {
  readonly heap: (address: number) => Collection | undefined;
  readonly sizeOfOffsets: number;
  readonly known: Map<number, Collection | undefined>;
  readonly missing: Set<number>;
  /** Objects already searched, by the type of what they hold: many elements may share one. */
  readonly entered: Map<Datatype, Set<Uint8Array>>;
}

function searchElements(
  search: Search,
  bytes: Uint8Array,
  start: number,
  datatype: Datatype,
  count: number,
  stride: number,
): void {
  const { size } = datatype;
  const end = Math.min(count, Math.floor((bytes.length - start - size) / stride) + 1);
  switch (datatype.kind) {
    case "string":
      if (datatype.length !== "variable") return;
      for (let i = 0; i < end; i++) found(search, sequenceAt(bytes, start + i * stride, size)?.id);
      return;
    case "reference":
      if (datatype.revised) {
        for (let i = 0; i < end; i++) {
          const id = revisedIdAt(bytes, start + i * stride, size, search.sizeOfOffsets);
          if (id !== "inline") found(search, id);
        }
      } else if (datatype.to === "region") {
        for (let i = 0; i < end; i++) found(search, regionIdAt(bytes, start + i * stride, size, search.sizeOfOffsets));
      }
      return;
    case "vlen": {
      const { base } = datatype;
      const nested = usesHeap(base);
      for (let i = 0; i < end; i++) {
        const sequence = sequenceAt(bytes, start + i * stride, size);
        const object = found(search, sequence?.id);
        if (!nested || object === undefined || sequence === undefined) continue;
        const entered = search.entered.get(base) ?? new Set();
        search.entered.set(base, entered);
        if (entered.has(object)) continue;
        entered.add(object);
        searchElements(search, object, 0, base, sequence.length, base.size);
      }
      return;
    }
    case "array": {
      const inner = size / datatype.base.size;
      if (!usesHeap(datatype.base)) return;
      for (let i = 0; i < end; i++) {
        searchElements(search, bytes, start + i * stride, datatype.base, inner, datatype.base.size);
      }
      return;
    }
    case "compound":
      for (const { offset, datatype: member } of datatype.members) {
        if (usesHeap(member)) searchElements(search, bytes, start + offset, member, end, stride);
      }
      return;
    default:
      return;
  }
}

/** The object named, if its collection is in memory. */
function found(search: Search, id: HeapId | undefined): Uint8Array | undefined {
  if (id === undefined) return undefined;
  const { collection: address, index } = id;
  let collection = search.known.get(address);
  if (collection === undefined && !search.missing.has(address)) {
    collection = search.heap(address);
    if (collection === undefined) search.missing.add(address);
    else search.known.set(address, collection);
  }
  return collection?.get(index);
}
