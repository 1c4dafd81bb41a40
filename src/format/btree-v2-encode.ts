/**
 * A version 2 B-tree as bytes: the other direction of btree-v2.ts, where the table is. Nodes have room for `nodeSize`
 * bytes; the checksum follows the content, and zeros fill the rest.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import type { Bytes } from "../bytes/typed-arrays.js";
import { type BtreeV2Header, btreeV2HeaderRange } from "./btree-v2.js";
import { type FormatContext, writeAddress, writeLength } from "./context.js";
import { closeWithChecksum } from "./metadata-checksum.js";

/** A child as its parent names it. */
export interface ChildPointer {
  readonly address: number;
  readonly records: number;
  /** Records of the child and of all below it. */
  readonly subtreeRecords: number;
}

export function encodeBtreeV2Header(
  header: Omit<BtreeV2Header, "levels" | "recordCountWidth">,
  ctx: FormatContext,
): Bytes {
  const out = new ByteWriter(btreeV2HeaderRange(0, ctx).length).ascii("BTHD").u8(0).u8(header.type);
  out.u32(header.nodeSize).u16(header.recordSize).u16(header.depth).u8(header.splitPercent).u8(header.mergePercent);
  writeAddress(out, header.rootAddress, ctx);
  out.u16(header.rootRecords);
  writeLength(out, header.totalRecords, ctx);
  return closeWithChecksum(out);
}

/**
 * A node of level `level` (0: a leaf, without children).
 * @param writeRecord writes exactly `recordSize` bytes.
 */
export function encodeBtreeV2Node<T>(
  header: Pick<BtreeV2Header, "type" | "nodeSize" | "levels" | "recordCountWidth">,
  level: number,
  records: readonly T[],
  children: readonly ChildPointer[],
  writeRecord: (out: ByteWriter, record: T) => void,
  ctx: FormatContext,
): Bytes {
  const out = new ByteWriter(header.nodeSize)
    .ascii(level === 0 ? "BTLF" : "BTIN")
    .u8(0)
    .u8(header.type);
  for (const record of records) writeRecord(out, record);
  const below = header.levels[level - 1];
  for (const child of children) {
    writeAddress(out, child.address, ctx);
    out.uint(child.records, header.recordCountWidth);
    if (level > 1 && below !== undefined) out.uint(child.subtreeRecords, below.subtreeCountWidth);
  }
  const node = new Uint8Array(header.nodeSize);
  node.set(closeWithChecksum(out)); // its writer splits before a node is too full
  return node;
}
