/**
 * Object header continuation message (type 0x0010): where the header goes on. Spec: IV.A.2.q.
 *
 *   address (O) | length (L), signature and checksum of a version-2 block included
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { type FormatContext, readDefinedAddress, readLength, writeAddress, writeLength } from "../context.js";

export interface Continuation {
  readonly address: number;
  readonly length: number;
}

export function decodeContinuation(cur: Cursor, ctx: FormatContext): Continuation {
  const address = readDefinedAddress(cur, ctx, "continuation address");
  const length = readLength(cur, ctx, "continuation length");
  if (length === 0) cur.fail("continuation length", "is 0");
  return { address, length };
}

export function encodeContinuation(out: ByteWriter, { address, length }: Continuation, ctx: FormatContext): void {
  writeAddress(out, address, ctx);
  writeLength(out, length, ctx);
}
