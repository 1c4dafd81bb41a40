/**
 * Symbol table message (type 0x0011): marks a group of the old kind. Spec: IV.A.2.r.
 *
 *   v1 B-tree address (O) | local heap address (O)
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import { type FormatContext, readDefinedAddress, writeAddress } from "../context.js";

export interface SymbolTable {
  readonly btreeAddress: number;
  readonly heapAddress: number;
}

export function decodeSymbolTable(cur: Cursor, ctx: FormatContext): SymbolTable {
  const btreeAddress = readDefinedAddress(cur, ctx, "v1 B-tree address");
  const heapAddress = readDefinedAddress(cur, ctx, "local heap address");
  return { btreeAddress, heapAddress };
}

export function encodeSymbolTable(out: ByteWriter, table: SymbolTable, ctx: FormatContext): void {
  writeAddress(out, table.btreeAddress, ctx);
  writeAddress(out, table.heapAddress, ctx);
}
