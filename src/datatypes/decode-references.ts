/**
 * Stored references.
 *
 *   object:           address O                                         0 and all bits set: null
 *   region:           heap ID; the object holds address O | selection
 *   revised:          type u8 | flags u8 (bit 0: into another file) | rest      type 0: null     (H5Tref.c)
 *     object, same file:  token size u8 | token
 *     all others:         size u32 | heap ID; the object holds what follows the flags
 *
 * What lies in the heap is decoded by `HeapReferences`, which only readers of such references load.
 */
import { Hdf5FormatError, Hdf5UnsupportedError } from "../errors.js";
import type { Datatype, ObjectReference } from "../format/messages/datatype.js";
import { addressAt, type HeapId, type HeapObjects, regionIdAt, revisedIdAt, u32At } from "./heap-ids.js";
import type { Reference, RegionReference } from "./values.js";

/** Decodes what references name in the heap. */
export interface HeapReferences {
  /** An old region reference: an address and a selection. */
  region(heapObject: Uint8Array, sizeOfOffsets: number): RegionReference;
  /** A revised reference; null: to nothing. */
  revised(type: number, flags: number, heapObject: Uint8Array): Reference | null;
}

/** What decoding needs to know beside the elements. */
interface ReferenceOptions {
  readonly sizeOfOffsets: number;
  readonly references?: HeapReferences | undefined;
}

/** `count` references that follow each other. */
export function decodeReferences(
  bytes: Uint8Array,
  datatype: Datatype & { readonly kind: "reference" },
  count: number,
  heap: HeapObjects,
  options: ReferenceOptions,
): (Reference | null)[] {
  const { size } = datatype;
  const { sizeOfOffsets } = options;
  if (datatype.revised) return list(count, (i) => revisedReference(bytes, i * size, size, heap, options));
  switch (datatype.to) {
    case "object":
      return list(count, (i) => {
        const address = addressAt(bytes, i * size, Math.min(size, sizeOfOffsets));
        return address === undefined || address === 0 ? null : objectReference(address);
      });
    case "region":
      return list(count, (i) => {
        const id = regionIdAt(bytes, i * size, size, sizeOfOffsets);
        return id === undefined ? null : decoder(options).region(heap.get(id.collection, id.index), sizeOfOffsets);
      });
    default:
      throw new Hdf5FormatError({ structure: "datatype message" }, `holds an old reference to an ${datatype.to}`);
  }
}

function decoder({ references }: ReferenceOptions): HeapReferences {
  if (references === undefined) throw new Hdf5UnsupportedError("references with parts in the heap");
  return references;
}

function objectReference(address: number): ObjectReference {
  return Object.freeze({ kind: "object-reference", address, file: undefined });
}

/** The element says of which type it is: `H5T_STD_REF` holds all of them. */
function revisedReference(
  bytes: Uint8Array,
  at: number,
  size: number,
  heap: HeapObjects,
  options: ReferenceOptions,
): Reference | null {
  const id: HeapId | "inline" | undefined = revisedIdAt(bytes, at, size, options.sizeOfOffsets);
  if (id === undefined) return null;
  if (id !== "inline") {
    // Elements are whole.
    const [type, flags] = [bytes[at] as number, bytes[at + 1] as number];
    const object = heap.get(id.collection, id.index);
    const length = u32At(bytes, at + 2);
    if (length > object.length) {
      const where = { structure: "reference", field: "size" };
      throw new Hdf5FormatError(where, `is ${length}, the object in the heap has ${object.length} bytes`);
    }
    return decoder(options).revised(type, flags, object.subarray(0, length));
  }
  const tokenSize = bytes[at + 2] as number;
  if (tokenSize === 0 || tokenSize > size - 3) {
    throw new Hdf5FormatError({ structure: "reference", field: "token size" }, `is ${tokenSize} in ${size} bytes`);
  }
  const address = addressAt(bytes, at + 3, tokenSize);
  return address === undefined || address === 0 ? null : objectReference(address);
}

function list<T>(count: number, entry: (i: number) => T): T[] {
  const out = new Array<T>(count);
  for (let i = 0; i < count; i++) out[i] = entry(i);
  return out;
}
