/**
 * v1 B-tree "K" values message (type 0x0013) of the superblock extension: how large tree nodes are. Spec: IV.A.2.t.
 *
 *   version 0 u8 | indexed storage internal node K u16 | group internal node K u16 | group leaf node K u16
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";

export interface BtreeK {
  readonly chunkInternalK: number;
  readonly groupInternalK: number;
  readonly groupLeafK: number;
}

export function decodeBtreeK(cur: Cursor): BtreeK {
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const positive = (field: string): number => {
    const k = cur.u16(field);
    return k > 0 ? k : cur.fail(field, "is 0"); // a node of no children
  };
  return {
    chunkInternalK: positive("indexed storage internal node K"),
    groupInternalK: positive("group internal node K"),
    groupLeafK: positive("group leaf node K"),
  };
}

export function encodeBtreeK(out: ByteWriter, orders: BtreeK): void {
  out.u8(0).u16(orders.chunkInternalK).u16(orders.groupInternalK).u16(orders.groupLeafK);
}
