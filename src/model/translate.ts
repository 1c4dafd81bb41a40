/**
 * Stored elements of one file as stored elements of another: what lies in heaps is put into the other's heaps,
 * references lead to the copies of what they led to, everything else stays as it is, bit by bit.
 */
import type { HeapObjects } from "../datatypes/decode.js";
import type { HeapSink } from "../datatypes/encode.js";
import {
  INTO_OTHER_FILE,
  putAddress,
  putHeapId,
  REVISED_REFERENCE,
  revisedIdAt,
  type StoredAddress,
} from "../datatypes/heap-ids.js";
import { revisedSize } from "../datatypes/predefined.js";
import { Hdf5FormatError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";

/** Bytes of an object's number in a heap ID. */
const INDEX_SIZE = 4;

/** Where elements come from and go to. */
export interface Translation {
  /** Bytes of an address, in the file read and in the file written. */
  readonly from: number;
  readonly to: number;
  readonly heap: HeapObjects;
  readonly sink: HeapSink;
  /** The address in the file written of what lies at an address of the file read; undefined: it is not there. */
  readonly address: (address: number) => number | undefined;
  /** What is stored of an address in the file written; undefined: itself. */
  readonly storedAddress?: StoredAddress | undefined;
}

/**
 * Where references lead in the copy of a whole file that led nowhere in the original: inside the signature of the
 * superblock, where no object header can be. libhdf5 1.10 says that there is none, as of the original. Null would
 * say that there never was a reference, which is what h5repack makes of them, and the undefined address is read as null.
 */
export const NOWHERE = 1;

type Member = (Datatype & { readonly kind: "compound" })["members"][number];

/** The datatype as the other file stores it: addresses may have another width, and members move accordingly. */
export function translatedType(datatype: Datatype, from: number, to: number): Datatype {
  if (from === to) return datatype;
  const wider = to - from;
  switch (datatype.kind) {
    case "string":
      return datatype.length === "variable" ? { ...datatype, size: datatype.size + wider } : datatype;
    case "reference": {
      // Old ones may keep 8 bytes for an address whatever its width (H5R_OBJ_REF_BUF_SIZE).
      const { revised, size } = datatype;
      const own = revised ? revisedSize(from) : datatype.to === "region" ? from + INDEX_SIZE : from;
      return size === own || size < own + wider ? { ...datatype, size: own + wider } : datatype;
    }
    case "vlen":
      return { ...datatype, size: datatype.size + wider, base: translatedType(datatype.base, from, to) };
    case "array": {
      const base = translatedType(datatype.base, from, to);
      return {
        ...datatype,
        base,
        size: datatype.size + (datatype.size / datatype.base.size) * (base.size - datatype.base.size),
      };
    }
    case "compound": {
      let moved = 0;
      const inOrder = [...datatype.members].sort((a, b) => a.offset - b.offset);
      const members = new Map<Member, Member>();
      for (const member of inOrder) {
        const translated = translatedType(member.datatype, from, to);
        members.set(member, { ...member, offset: member.offset + moved, datatype: translated });
        moved += translated.size - member.datatype.size;
      }
      const ordered = datatype.members.map((member) => members.get(member) as Member);
      return { ...datatype, size: datatype.size + moved, members: ordered };
    }
    default:
      return datatype;
  }
}

/** Is an element the same bytes in both files? */
export function isPlain(datatype: Datatype): boolean {
  switch (datatype.kind) {
    case "vlen":
    case "reference":
      return false;
    case "string":
      return datatype.length !== "variable";
    case "array":
      return isPlain(datatype.base);
    case "compound":
      return datatype.members.every((member) => isPlain(member.datatype));
    default:
      return true;
  }
}

/**
 * Translate `count` elements. The result may be the argument when nothing changes.
 * @param target what `translatedType` made of `source`.
 */
export function translateElements(
  bytes: Uint8Array,
  count: number,
  source: Datatype,
  target: Datatype,
  how: Translation,
): Uint8Array {
  if (isPlain(source)) return bytes;
  const out = new Uint8Array(count * target.size);
  for (let i = 0; i < count; i++) {
    const from = bytes.subarray(i * source.size, (i + 1) * source.size);
    element(from, source, out.subarray(i * target.size, (i + 1) * target.size), target, how);
  }
  return out;
}

function element(from: Uint8Array, source: Datatype, to: Uint8Array, target: Datatype, how: Translation): void {
  if (isPlain(source)) {
    to.set(from);
    return;
  }
  if (source.kind !== "compound") to.fill(0);
  switch (source.kind) {
    case "string":
      sequence(from, undefined, to, undefined, how);
      return;
    case "vlen":
      sequence(from, source.base, to, (target as typeof source).base, how);
      return;
    case "array": {
      const { base } = source;
      const made = (target as typeof source).base;
      to.set(translateElements(from, source.size / base.size, base, made, how));
      return;
    }
    case "compound":
      to.set(from.subarray(0, Math.min(from.length, to.length))); // what lies between the members, where nothing moved
      for (const [i, { offset, datatype }] of source.members.entries()) {
        const made = (target as typeof source).members[i] as (typeof source.members)[number];
        const end = made.offset + made.datatype.size;
        element(
          from.subarray(offset, offset + datatype.size),
          datatype,
          to.subarray(made.offset, end),
          made.datatype,
          how,
        );
      }
      return;
    case "reference":
      if (source.revised) revised(from, to, how);
      else if (source.to === "region") region(from, to, how);
      else object(from, to, how);
      return;
    default:
      to.set(from);
  }
}

/** Variable-length data: count, collection, index. One without a collection is empty. */
function sequence(
  from: Uint8Array,
  base: Datatype | undefined,
  to: Uint8Array,
  made: Datatype | undefined,
  how: Translation,
): void {
  const count = u32(from, 0);
  const collection = addressAt(from, 4, how.from);
  const size = base?.size ?? 1;
  if (collection === undefined || count === 0) {
    setU32(to, 0, collection === undefined ? 0 : count);
    return;
  }
  const stored = how.heap.get(collection, u32(from, 4 + how.from));
  if (stored.length < count * size) {
    throw new Hdf5FormatError(
      { structure: "global heap collection", address: collection },
      `holds ${stored.length} bytes of a sequence of ${count * size}`,
    );
  }
  const content = stored.subarray(0, count * size);
  const bytes =
    base === undefined || made === undefined ? content.slice() : translateElements(content, count, base, made, how);
  setU32(to, 0, count);
  heapId(to, 4, bytes === content ? content.slice() : bytes, how);
}

function object(from: Uint8Array, to: Uint8Array, how: Translation): void {
  const target = addressAt(from, 0, how.from);
  const made = target === undefined ? undefined : how.address(target);
  if (made !== undefined) putAddress(to, 0, how.to, made, how.storedAddress);
}

/** A region: collection and index of address and selection. */
function region(from: Uint8Array, to: Uint8Array, how: Translation): void {
  const collection = addressAt(from, 0, how.from);
  if (collection === undefined) return;
  const stored = how.heap.get(collection, u32(from, how.from));
  if (stored.length < how.from) {
    throw new Hdf5FormatError(
      { structure: "global heap collection", address: collection },
      "holds no region reference",
    );
  }
  const target = addressAt(stored, 0, how.from);
  const made = target === undefined ? undefined : how.address(target);
  if (made === undefined) return;
  const bytes = new Uint8Array(how.to + stored.length - how.from);
  putAddress(bytes, 0, how.to, made, how.storedAddress);
  bytes.set(stored.subarray(how.from), how.to);
  heapId(to, 0, bytes, how);
}

/** A revised reference; one into another file is kept as it is. */
function revised(from: Uint8Array, to: Uint8Array, how: Translation): void {
  const id = revisedIdAt(from, 0, from.length, how.from);
  if (id === undefined) return;
  if (id === "inline") {
    const target = addressAt(from, 3, from[2] ?? 0);
    const made = target === undefined ? undefined : how.address(target);
    if (made === undefined) return;
    to[0] = REVISED_REFERENCE.object;
    to[2] = how.to;
    putAddress(to, 3, how.to, made, how.storedAddress);
    return;
  }
  const length = u32(from, 2);
  const stored = how.heap.get(id.collection, id.index).subarray(0, length);
  const tokenSize = stored[0] ?? 0;
  if (stored.length < length || tokenSize === 0 || 1 + tokenSize > length) {
    throw new Hdf5FormatError(
      { structure: "global heap collection", address: id.collection },
      "holds no revised reference",
    );
  }
  let bytes: Uint8Array = stored.slice();
  if (((from[1] ?? 0) & INTO_OTHER_FILE) === 0) {
    const target = addressAt(stored, 1, tokenSize);
    const made = target === undefined ? undefined : how.address(target);
    if (made === undefined) return;
    const rest = stored.subarray(1 + tokenSize);
    bytes = new Uint8Array(1 + how.to + rest.length);
    bytes[0] = how.to;
    putAddress(bytes, 1, how.to, made, how.storedAddress);
    bytes.set(rest, 1 + how.to);
  }
  to.set(from.subarray(0, 2));
  setU32(to, 2, bytes.length);
  heapId(to, 6, bytes, how);
}

function heapId(to: Uint8Array, at: number, bytes: Uint8Array, how: Translation): void {
  putHeapId(to, at, how.to, how.sink.put(bytes), how.storedAddress);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function u32(bytes: Uint8Array, at: number): number {
  return view(bytes).getUint32(at, true);
}

function setU32(bytes: Uint8Array, at: number, value: number): void {
  view(bytes).setUint32(at, value, true);
}

/** An address; zero and all bits set mean none. */
export function addressAt(bytes: Uint8Array, at: number, width: number): number | undefined {
  let value = 0;
  let ones = true;
  for (let i = width - 1; i >= 0; i--) {
    const byte = bytes[at + i] ?? 0;
    value = value * 256 + byte;
    ones &&= byte === 0xff;
  }
  if (ones || value === 0) return undefined;
  if (Number.isSafeInteger(value)) return value;
  throw new Hdf5FormatError({ structure: "element", address: undefined, field: "address" }, "is above 2^53 − 1");
}
