/**
 * The links of a group that keeps them densely: link messages as objects of a fractal heap, found by a v2 B-tree over
 * the hashes of their names. Spec: File Format 3.0, IV.A.2.c (link info message); record types 5 and 6.
 */
import type { ByteWriter } from "../bytes/byte-writer.js";
import { lookup3 } from "../bytes/checksum.js";
import { Cursor } from "../bytes/cursor.js";
import { Hdf5FormatError, hex, quote } from "../errors.js";
import { BTREE_V2_TYPE, btreeV2HeaderRange, readBtreeV2 } from "./btree-v2.js";
import type { ByteSource } from "./byte-source.js";
import type { FormatContext } from "./context.js";
import { checkHeapIdLength, fractalHeapHeaderRange, readFractalHeap } from "./fractal-heap.js";
import { decodeLink, type LinkMessage } from "./messages/link.js";
import type { LinkInfo } from "./messages/link-info.js";
import type { ObjectHeader } from "./object-header.js";
import type { TreeLimits } from "./visited-nodes.js";

/** Bytes of a heap id in the indexes. */
export const LINK_ID_LENGTH = 7; // H5G_DENSE_FHEAP_ID_LEN

/**
 * The links in the order of the name index. Round trips: 2 + the deeper of name index and heap.
 * @throws Hdf5FormatError when any of them is damaged.
 */
export function readDenseLinks(
  source: ByteSource,
  info: LinkInfo,
  heapAddress: number,
  header: ObjectHeader,
  ctx: FormatContext,
  limits: TreeLimits,
): readonly LinkMessage[] {
  const { nameIndexAddress } = info;
  if (nameIndexAddress === undefined) {
    throw new Hdf5FormatError(
      { structure: "link info message", address: header.address, field: "name index address" },
      "is undefined, though there is a heap of links",
    );
  }
  source.need([fractalHeapHeaderRange(heapAddress, ctx), btreeV2HeaderRange(nameIndexAddress, ctx)]);
  const heap = readFractalHeap(source, heapAddress, ctx, limits);
  checkHeapIdLength(heap, heapAddress, LINK_ID_LENGTH);
  const records = readBtreeV2(source, nameIndexAddress, ctx, limits, decodeLinkName, BTREE_V2_TYPE.linkNames, {
    alongside: heap.ahead,
  });
  heap.prefetch(records.map(({ id }) => id));
  return records.map(({ id, hash }) => {
    const link = decodeLink(new Cursor(heap.object(id), "link message"), ctx);
    const expected = lookup3(link.nameBytes);
    if (hash !== expected) {
      throw new Hdf5FormatError(
        { structure: "name index of a group", address: nameIndexAddress, field: "hash of name" },
        `of ${quote(link.name)} is ${hex(hash)}, expected ${hex(expected)}`,
      );
    }
    return link;
  });
}

/** A record of an index of links. */
export interface LinkRecord {
  readonly id: Uint8Array;
  /** Of the index by name. */
  readonly hash: number;
  /** Of the index by creation order. */
  readonly creationOrder: number;
}

/** Bytes of records of the two indexes. */
export const LINK_NAME_RECORD: number = 4 + LINK_ID_LENGTH;
export const LINK_ORDER_RECORD: number = 8 + LINK_ID_LENGTH;

/** Record type 5: hash of the name u32 | heap id 7. */
export function decodeLinkName(cur: Cursor, recordSize: number): Omit<LinkRecord, "creationOrder"> {
  if (recordSize !== LINK_NAME_RECORD) cur.fail("record size", `is ${recordSize}, expected ${LINK_NAME_RECORD}`);
  return { hash: cur.u32("hash of name"), id: cur.take(LINK_ID_LENGTH, "heap id") };
}

export function encodeLinkName(out: ByteWriter, { hash, id }: LinkRecord): void {
  out.u32(hash).put(id);
}

/** Record type 6: creation order i64 | heap id 7. */
export function decodeLinkOrder(cur: Cursor, recordSize: number): Omit<LinkRecord, "hash"> {
  if (recordSize !== LINK_ORDER_RECORD) cur.fail("record size", `is ${recordSize}, expected ${LINK_ORDER_RECORD}`);
  return { creationOrder: cur.u64("creation order"), id: cur.take(LINK_ID_LENGTH, "heap id") };
}

export function encodeLinkOrder(out: ByteWriter, { creationOrder, id }: LinkRecord): void {
  out.u64(creationOrder).put(id);
}
