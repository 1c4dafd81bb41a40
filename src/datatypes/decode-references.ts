/**
 * Stored references.
 *
 *   object:           address O                                         0 and all bits set: null
 *   region:           heap ID; the object holds address O | selection   (decoded by the caller's function)
 *   revised object:   type u8 (2) | flags u8 | token size u8 | token    (H5Tref.c; spec 4.0, appendix D.C)
 */
import { Hdf5FormatError, Hdf5UnsupportedError } from "../errors.js";
import type { Datatype, ObjectReference } from "../format/messages/datatype.js";
import { addressAt, type HeapObjects, regionIdAt } from "./heap-ids.js";
import type { Reference, RegionReference } from "./values.js";

const REVISED_OBJECT = 2; // H5R_OBJECT2
const EXTERNAL = 1; // H5R_IS_EXTERNAL

/** `count` references that follow each other. */
export function decodeReferences(
  bytes: Uint8Array,
  datatype: Datatype & { readonly kind: "reference" },
  count: number,
  heap: HeapObjects,
  options: {
    readonly sizeOfOffsets: number;
    readonly region?: ((heapObject: Uint8Array) => RegionReference) | undefined;
  },
): (Reference | null)[] {
  const { size } = datatype;
  const { sizeOfOffsets, region } = options;
  if (datatype.revised)
    return list(count, (i) => revisedReference(bytes.subarray(i * size, (i + 1) * size), datatype.to));
  switch (datatype.to) {
    case "object":
      return list(count, (i) => {
        const address = addressAt(bytes, i * size, Math.min(size, sizeOfOffsets));
        return address === undefined || address === 0 ? null : objectReference(address);
      });
    case "region":
      return list(count, (i) => {
        const id = regionIdAt(bytes, i * size, size, sizeOfOffsets);
        if (id === undefined) return null;
        if (region === undefined) throw new Hdf5UnsupportedError("region references");
        return region(heap.get(id.collection, id.index));
      });
    default:
      throw new Hdf5FormatError({ structure: "datatype message" }, `holds an old reference to an ${datatype.to}`);
  }
}

function objectReference(address: number): ObjectReference {
  return Object.freeze({ kind: "object-reference", address, file: undefined });
}

function revisedReference(element: Uint8Array, to: string): Reference | null {
  if (element.every((byte) => byte === 0)) return null;
  const [type, flags = 0, tokenSize = 0] = element;
  if (type !== REVISED_OBJECT || (flags & EXTERNAL) !== 0) {
    throw new Hdf5UnsupportedError(
      `revised references to an ${to}${type === REVISED_OBJECT ? " of another file" : ""}`,
    );
  }
  if (tokenSize === 0 || tokenSize > element.length - 3) {
    throw new Hdf5FormatError(
      { structure: "reference", field: "token size" },
      `is ${tokenSize} in ${element.length} bytes`,
    );
  }
  const address = addressAt(element, 3, tokenSize);
  return address === undefined || address === 0 ? null : objectReference(address);
}

function list<T>(count: number, entry: (i: number) => T): T[] {
  const out = new Array<T>(count);
  for (let i = 0; i < count; i++) out[i] = entry(i);
  return out;
}
