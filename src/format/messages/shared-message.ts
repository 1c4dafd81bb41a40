/**
 * Shared message: stands in a message's body when its flag 1 is set, and says where the message is.
 * Spec: File Format 3.0, IV.A.2 (Shared Message). Reads versions 1–3; writes 2 for committed messages and 3 for those in
 * the file's heap, as libhdf5 does (H5Oshared.c: H5O__shared_encode).
 *
 *   version 1:  version u8 | type u8 | reserved 6 | unused (L) | object header address (O)
 *   version 2:  version u8 | type u8 | object header address (O)
 *   version 3:  version u8 | type u8 | type 1: heap id 8; type 2: object header address (O)
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { type FormatContext, readDefinedAddress, writeAddress } from "../context.js";

const IN_HEAP = 1; // H5O_SHARE_TYPE_SOHM
const COMMITTED = 2; // H5O_SHARE_TYPE_COMMITTED
const HEAP_ID_SIZE = 8; // H5O_FHEAP_ID_LEN

/** Where a message is: in the header of another object (a committed datatype), or in the file's heap of messages. */
export type SharedMessage =
  | { readonly kind: "committed"; readonly address: number }
  | { readonly kind: "heap"; readonly heapId: Uint8Array };

/** Finds the message that a shared one stands for; `committed` is the address of the object that holds it. */
export type SharedResolver = (
  shared: SharedMessage,
  messageType: number,
) => { readonly cursor: Cursor; readonly committed: number | undefined };

export function decodeSharedMessage(cur: Cursor, ctx: FormatContext): SharedMessage {
  const version = cur.u8("version");
  if (version < 1 || version > 3) cur.fail("version", `is ${version}, expected 1 to 3`);
  const type = cur.u8("type");
  // Before version 3 only committed messages exist, and the type need not say so.
  if (version === 3 && type === IN_HEAP) return { kind: "heap", heapId: cur.take(HEAP_ID_SIZE, "heap id").slice() };
  if (version === 3 && type !== COMMITTED) cur.fail("type", `is ${type}, expected 1 or 2`);
  // The rest of a symbol table entry: the specification does not mention its unused field.
  if (version === 1) cur.skip(6 + ctx.sizeOfLengths);
  return { kind: "committed", address: readDefinedAddress(cur, ctx, "object header address") };
}

export function encodeSharedMessage(out: ByteWriter, shared: SharedMessage, ctx: FormatContext): void {
  if (shared.kind === "heap") {
    out.u8(3).u8(IN_HEAP).put(shared.heapId);
    return;
  }
  out.u8(2).u8(COMMITTED);
  writeAddress(out, shared.address, ctx);
}
