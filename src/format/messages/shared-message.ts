/**
 * Shared message: stands in the place of a message that lies elsewhere.
 * Spec: File Format 3.0, IV.A.2 (Shared Message). Reads versions 1 to 3, writes version 2.
 *
 *   version 1:  version u8 | type u8 | reserved 6 | address O
 *   version 2:  version u8 | type u8 | address O
 *   version 3:  version u8 | type u8 (1: heap, 2: committed) | heap id of 8 bytes, or address O
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { type FormatContext, readDefinedAddress, writeAddress } from "../context.js";

/** Where the message is: in another object's header, or in a heap of shared messages. */
export type SharedMessage =
  | { readonly kind: "committed"; readonly address: number }
  | { readonly kind: "heap"; readonly heapId: Uint8Array };

/** Finds the message that a shared one stands for. */
export type SharedResolver = (
  shared: SharedMessage,
  messageType: number,
) => { readonly cursor: Cursor; readonly committed: number | undefined };

const IN_HEAP = 1; // H5O_SHARE_TYPE_SOHM
const COMMITTED = 2; // H5O_SHARE_TYPE_COMMITTED

export function decodeSharedMessage(cur: Cursor, ctx: FormatContext): SharedMessage {
  const version = cur.u8("version");
  if (version < 1 || version > 3) cur.fail("version", `is ${version}, expected 1 to 3`);
  const type = cur.u8("type");
  if (version === 1) cur.skip(6);
  if (version === 3 && type === IN_HEAP) return { kind: "heap", heapId: cur.take(8, "heap id").slice() };
  if (version === 3 && type !== COMMITTED) cur.fail("type", `is ${type}, expected 1 or 2`);
  return { kind: "committed", address: readDefinedAddress(cur, ctx, "object header address") };
}

export function encodeSharedMessage(
  out: ByteWriter,
  shared: Extract<SharedMessage, { kind: "committed" }>,
  ctx: FormatContext,
): void {
  out.u8(2).u8(0);
  writeAddress(out, shared.address, ctx);
}
