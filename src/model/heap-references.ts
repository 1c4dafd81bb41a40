/**
 * What references name in the global heap. Spec 3.0: III.E and IV.A.2.d; spec 4.0: appendix D.C.
 * libhdf5: H5R__decode_token_region_compat (old), H5R__decode (revised; H5Tref.c keeps type and flags in the element).
 *
 *   old region:  address O | selection
 *   revised:     token size u8 | token | [file: length u16 | name (flag bit 0)] | by type:
 *     region     selection size u32 | rank u32 | selection
 *     attribute  length u16 | name
 *
 * The token is an address of the file. This module is loaded when such references are read.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { Cursor } from "../bytes/cursor.js";
import type { HeapReferences } from "../datatypes/decode.js";
import { INTO_OTHER_FILE, REVISED_REFERENCE } from "../datatypes/heap-ids.js";
import type { Reference, RegionReference } from "../datatypes/values.js";
import { putAddressField } from "../format/context.js";
import type { MemberWindow } from "../format/member-windows.js";
import { decodeText, encodeText } from "../format/text.js";
import { decodeSelection, encodeSelection } from "../selection/serialized.js";

const MAX_RANK = 32; // H5S_MAX_RANK
const MAX_TOKEN = 16; // H5O_MAX_TOKEN_SIZE

/** Both kinds of decoders. */
export const HEAP_REFERENCES: HeapReferences = /* @__PURE__ */ Object.freeze({
  region: decodeRegionObject,
  revised: decodeRevisedObject,
});

/** What an old region reference names. */
export function decodeRegionObject(heapObject: Uint8Array, sizeOfOffsets: number): RegionReference {
  const cur = new Cursor(heapObject, "region reference");
  const address = cur.uintOrUndefined(sizeOfOffsets, "object address");
  if (address === undefined) return cur.fail("object address", "is undefined");
  return Object.freeze({ kind: "region-reference", address, file: undefined, selection: decodeSelection(cur) });
}

/** What an old region reference names, to be put into the heap. @param windows of a multi or split file */
export function encodeRegionObject(
  out: ByteWriter,
  reference: RegionReference,
  sizeOfOffsets: number,
  windows?: readonly MemberWindow[] | undefined,
): void {
  putAddressField(out, reference.address, sizeOfOffsets, windows);
  encodeSelection(out, reference.selection);
}

/** What a revised reference names; null: its token is that of no object. */
export function decodeRevisedObject(type: number, flags: number, heapObject: Uint8Array): Reference | null {
  const cur = new Cursor(heapObject, "revised reference");
  const tokenSize = cur.u8("token size");
  if (tokenSize === 0 || tokenSize > MAX_TOKEN) {
    return cur.fail("token size", `is ${tokenSize}, expected 1 to ${MAX_TOKEN}`);
  }
  const address = cur.uintOrUndefined(tokenSize, "token");
  const file = (flags & INTO_OTHER_FILE) === 0 ? undefined : decodeName(cur, "file name");
  if (file === "") return cur.fail("file name", "is empty");
  if (address === undefined || address === 0) return null;
  switch (type) {
    case REVISED_REFERENCE.object:
      return Object.freeze({ kind: "object-reference", address, file });
    case REVISED_REFERENCE.region: {
      const size = cur.u32("selection size");
      const rank = cur.u32("rank");
      if (rank > MAX_RANK) return cur.fail("rank", `is ${rank}, at most ${MAX_RANK}`);
      const selection = decodeSelection(cur.sub(size, "selection of a revised reference", "selection"));
      if (selection.rank !== undefined && selection.rank !== rank) {
        return cur.fail("rank", `is ${rank}, the selection has ${selection.rank}`);
      }
      return Object.freeze({ kind: "region-reference", address, file, selection });
    }
    case REVISED_REFERENCE.attribute:
      return Object.freeze({ kind: "attribute-reference", address, file, name: decodeName(cur, "attribute name") });
    default:
      return cur.fail("type", `is ${type}, expected 2 to 4`);
  }
}

/**
 * What a revised reference of another file, or to a region or an attribute, names, to be put into the heap.
 * @param windows of a multi or split file: its own addresses are stored otherwise, those of another file as they are.
 */
export function encodeRevisedObject(
  out: ByteWriter,
  reference: Reference,
  tokenSize: number,
  rank: number,
  windows?: readonly MemberWindow[] | undefined,
): void {
  out.u8(tokenSize);
  putAddressField(out, reference.address, tokenSize, reference.file === undefined ? windows : undefined);
  if (reference.file !== undefined) encodeName(out, reference.file);
  if (reference.kind === "attribute-reference") encodeName(out, reference.name);
  if (reference.kind !== "region-reference") return;
  const selection = new ByteWriter();
  encodeSelection(selection, reference.selection);
  out.u32(selection.length).u32(rank).put(selection.written());
}

function decodeName(cur: Cursor, field: string): string {
  return decodeText(cur.take(cur.u16(`length of ${field}`), field));
}

function encodeName(out: ByteWriter, name: string): void {
  const bytes = encodeText(name);
  out.u16(bytes.length).put(bytes);
}
