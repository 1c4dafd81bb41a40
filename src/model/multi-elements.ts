/**
 * Elements of split and multi files: the addresses in them lead into members, and are changed to the numbers that stand
 * for them, also within what lies in heaps: such objects are put where readers of the file look first, under an address
 * behind its end, until the elements are decoded. This module is loaded by files that have members.
 */
import { holdsAddresses } from "../datatypes/datatype-facts.js";
import { INTO_OTHER_FILE, REVISED_REFERENCE, u32At } from "../datatypes/heap-ids.js";
import { Hdf5FormatError, Hdf5LimitError } from "../errors.js";
import { type MemberWindow, windowAddress } from "../format/member-windows.js";
import type { Datatype } from "../format/messages/datatype.js";
import { loadCollections } from "./global-heaps.js";
import type { FileState } from "./state.js";
import { unusedAddress } from "./unused-address.js";

const UNDEFINED_ADDRESS = 2n ** 64n - 1n; // HADDR_UNDEF
/** Bytes of the addresses that libhdf5 writes with these drivers. */
const ADDRESS_BYTES = 8;

/** Lets go of what was put in place for decoding. */
export type Release = () => void;

/**
 * The same elements with addresses that are numbers.
 * @param bytes stored elements, `count` of them; not changed.
 * @param borrowed takes what must be let go of when the elements are decoded.
 */
export async function numberedElements(
  file: FileState,
  bytes: Uint8Array,
  datatype: Datatype,
  count: number,
  borrowed: Release[],
): Promise<Uint8Array> {
  const { windows } = file.context;
  if (windows === undefined || !holdsAddresses(datatype)) return bytes;
  const objects = new Map<number, Uint8Array>();
  const numbering: Numbering = { file, windows, objects, address: unusedAddress(file), taken: 0 };
  file.pendingHeaps.set(numbering.address, objects);
  borrowed.push(() => file.pendingHeaps.delete(numbering.address));
  return numbered(numbering, bytes, datatype, count);
}

interface Numbering {
  readonly file: FileState;
  readonly windows: readonly MemberWindow[];
  /** Objects of heaps that hold addresses themselves, changed. */
  readonly objects: Map<number, Uint8Array>;
  /** Where they are found. */
  readonly address: number;
  /** Bytes of them: many elements may name one. */
  taken: number;
}

/** An address in an element, at an offset; with a heap ID behind it, whose object holds addresses too. */
type Place = { readonly at: number } & (
  | { readonly kind: "address" | "region" | "revised" }
  | { readonly kind: "sequence"; readonly base: Datatype }
);

/** Part of the elements that leads to an object that must be changed. */
interface Inner {
  /** Where the collection's address lies in the result. */
  readonly idAt: number;
  readonly place: Place;
  /** Type and flags of a revised reference, elements of a sequence. */
  readonly flags: number;
  readonly count: number;
}

async function numbered(
  numbering: Numbering,
  bytes: Uint8Array,
  datatype: Datatype,
  count: number,
): Promise<Uint8Array> {
  const out = bytes.slice();
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const places = placesOf(datatype);
  const inner: Inner[] = [];
  for (let i = 0; i < count; i++) {
    for (const place of places) {
      const found = numberPlace(numbering, out, view, i * datatype.size + place.at, place);
      if (found !== undefined) inner.push(found);
    }
  }
  const collections = await loadCollections(
    numbering.file,
    inner.map(({ idAt }) => Number(view.getBigUint64(idAt, true))),
  );
  for (const { idAt, place, flags, count: length } of inner) {
    const collection = Number(view.getBigUint64(idAt, true));
    const index = view.getUint32(idAt + ADDRESS_BYTES, true);
    const object = collections.get(collection)?.get(index);
    if (object === undefined) {
      throw new Hdf5FormatError(
        { structure: "global heap collection", address: collection },
        `holds no object ${index}`,
      );
    }
    numbering.taken += object.length;
    const allowed = numbering.file.limits.readBytes;
    if (numbering.taken > allowed) {
      throw new Hdf5LimitError("readBytes", numbering.taken, allowed, "variable-length data");
    }
    const changed = await numberedObject(numbering, object, place, flags, length);
    numbering.objects.set(numbering.objects.size + 1, changed);
    view.setBigUint64(idAt, BigInt(numbering.address), true);
    view.setUint32(idAt + ADDRESS_BYTES, numbering.objects.size, true);
  }
  return out;
}

/** Change the address of a place; what is left to do is given back. */
function numberPlace(
  { windows }: Numbering,
  out: Uint8Array,
  view: DataView,
  at: number,
  place: Place,
): Inner | undefined {
  switch (place.kind) {
    case "address":
      numberAddress(view, at, windows);
      return undefined;
    case "sequence": {
      const count = u32At(out, at);
      const isThere = numberAddress(view, at + 4, windows) && count > 0;
      return isThere && holdsAddresses(place.base) ? { idAt: at + 4, place, flags: 0, count } : undefined;
    }
    case "region":
      return numberAddress(view, at, windows) ? { idAt: at, place, flags: 0, count: 1 } : undefined;
    case "revised": {
      const [type, flags] = [out[at] as number, out[at + 1] as number]; // elements are whole
      if (type === 0) return undefined;
      if (type === REVISED_REFERENCE.object && (flags & INTO_OTHER_FILE) === 0) {
        if (out[at + 2] === ADDRESS_BYTES) numberAddress(view, at + 3, windows);
        return undefined;
      }
      return numberAddress(view, at + 6, windows) ? { idAt: at + 6, place, flags, count: 1 } : undefined;
    }
  }
}

/** An object of a heap with the addresses in it changed. */
async function numberedObject(
  numbering: Numbering,
  object: Uint8Array,
  place: Place,
  flags: number,
  count: number,
): Promise<Uint8Array> {
  if (place.kind === "sequence") {
    const { base } = place;
    const whole = Math.min(count, Math.floor(object.length / base.size));
    return numbered(numbering, object.subarray(0, whole * base.size), base, whole);
  }
  const out = object.slice();
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const at = place.kind === "revised" ? 1 : 0;
  const isOwn = (flags & INTO_OTHER_FILE) === 0;
  const isAddress = place.kind !== "revised" || out[0] === ADDRESS_BYTES;
  if (isOwn && isAddress && out.length >= at + ADDRESS_BYTES) numberAddress(view, at, numbering.windows);
  return out;
}

/** Does the address lead somewhere? Then it is the number that stands for it. */
function numberAddress(view: DataView, at: number, windows: readonly MemberWindow[]): boolean {
  const address = view.getBigUint64(at, true);
  if (address === UNDEFINED_ADDRESS || address === 0n) return false;
  const number = windowAddress(address, windows);
  if (number === undefined) {
    throw new Hdf5FormatError(
      { structure: "element", field: "address" },
      `is 0x${address.toString(16)}, in none of the file's members`,
    );
  }
  view.setBigUint64(at, BigInt(number), true);
  return true;
}

/** Where addresses lie in an element. */
function placesOf(datatype: Datatype): Place[] {
  switch (datatype.kind) {
    case "string":
      return datatype.length === "variable" ? [{ kind: "address", at: 4 }] : [];
    case "vlen":
      return [{ kind: "sequence", at: 0, base: datatype.base }];
    case "reference":
      if (datatype.revised) return [{ kind: "revised", at: 0 }];
      return [{ kind: datatype.to === "region" ? "region" : "address", at: 0 }];
    case "array": {
      const { base } = datatype;
      const inner = placesOf(base);
      if (inner.length === 0) return [];
      return Array.from({ length: datatype.size / base.size }, (_, i) => moved(inner, i * base.size)).flat();
    }
    case "compound":
      return datatype.members.flatMap((member) => moved(placesOf(member.datatype), member.offset));
    default:
      return [];
  }
}

function moved(places: readonly Place[], by: number): Place[] {
  return places.map((place) => ({ ...place, at: place.at + by }));
}
