/**
 * Table of shared messages: which header messages the file keeps once for many objects, in which indexes and heaps.
 * Spec: File Format 3.0, IV.A.2.p with "Shared Object Header Message Table" (III.H). Reads and writes version 0.
 *
 *   table:  "SMTB" | per index: version u8 | index type u8 | message types u16 | smallest message u32
 *           | longest list u16 | shortest B-tree u16 | messages u16 | index O | heap O            | checksum u32
 *   list:   "SMLI" | record × messages | checksum u32 | room for the records of the longest list
 *   record: place u8 | hash u32 | in a heap (0): reference count u32 | heap id 8
 *                               | in a header (1): reserved u8 | message type u8 | creation index u16 | header O
 *           The shorter form is padded to the longer.
 *
 * Message types are bits by the number of the type: bit 3 for datatypes (H5O_SHMESG_DTYPE_FLAG). A B-tree is of type 7 and
 * has the same records. A message is found by the heap id that its header holds: the indexes are for writers, which look
 * for an equal message by its hash.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { lookup3 } from "../bytes/checksum.js";
import type { Cursor } from "../bytes/cursor.js";
import { BTREE_V2_TYPE, readBtreeV2 } from "./btree-v2.js";
import type { ByteSource } from "./byte-source.js";
import { type FormatContext, readAddress, readDefinedAddress, writeAddress } from "./context.js";
import type { SharedMessageTableMessage } from "./messages/shared-message-table.js";
import { CHECKSUM_SIZE, verifyMetadataChecksum } from "./metadata-checksum.js";
import type { TreeLimits } from "./visited-nodes.js";

const TABLE = "shared message table";
const LIST = "shared message list";
const HEAP_ID_SIZE = 8; // H5O_FHEAP_ID_LEN
const INDEX_VERSION = 0; // H5SM_LIST_VERSION
const INDEX_KINDS = ["list", "btree"] as const; // H5SM_LIST, H5SM_BTREE
/** Types whose messages can be shared: dataspace, datatype, old and new fill value, filter pipeline, attribute. */
const SHAREABLE = (1 << 0x01) | (1 << 0x03) | (1 << 0x04) | (1 << 0x05) | (1 << 0x0b) | (1 << 0x0c); // H5O_SHMESG_ALL_FLAG

/** One index of the table. */
export interface SharedMessageIndex {
  readonly kind: "list" | "btree";
  /** Bit n: messages of type n. */
  readonly messageTypes: number;
  readonly minMessageSize: number;
  /** More messages than this make a B-tree of a list, fewer than `minBtree` a list of a B-tree. */
  readonly maxList: number;
  readonly minBtree: number;
  readonly messageCount: number;
  /** Undefined while nothing is shared. */
  readonly indexAddress: number | undefined;
  /** Fractal heap of the messages. */
  readonly heapAddress: number | undefined;
}

/** One message as an index holds it. */
export type SharedMessageRecord =
  | { readonly place: "heap"; readonly hash: number; readonly referenceCount: number; readonly heapId: Uint8Array }
  | {
      readonly place: "header";
      readonly hash: number;
      readonly messageType: number;
      readonly creationIndex: number;
      readonly headerAddress: number;
    };

function indexSize(ctx: FormatContext): number {
  return 14 + 2 * ctx.sizeOfOffsets; // H5SM_INDEX_HEADER_SIZE
}

function recordSize(ctx: FormatContext): number {
  return 5 + Math.max(4 + HEAP_ID_SIZE, 4 + ctx.sizeOfOffsets); // H5SM_SOHM_ENTRY_SIZE
}

/** The table, with its indexes undecoded. @param cur exactly the table. */
export function decodeSharedMessageTable(cur: Cursor, ctx: FormatContext): readonly SharedMessageIndex[] {
  cur.signature("SMTB");
  verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, ctx);
  const indexes: SharedMessageIndex[] = [];
  let seen = 0;
  while (cur.remaining > CHECKSUM_SIZE) {
    const index = decodeIndex(cur, ctx);
    if ((index.messageTypes & seen) !== 0) cur.fail("message types", "are in two indexes");
    seen |= index.messageTypes;
    indexes.push(index);
  }
  return indexes;
}

function decodeIndex(cur: Cursor, ctx: FormatContext): SharedMessageIndex {
  const version = cur.u8("index version");
  if (version !== INDEX_VERSION) cur.fail("index version", `is ${version}, expected ${INDEX_VERSION}`);
  const type = cur.u8("index type");
  const kind = INDEX_KINDS[type] ?? cur.fail("index type", `is ${type}, expected 0 or 1`);
  const messageTypes = cur.u16("message types");
  if ((messageTypes & ~SHAREABLE) !== 0) cur.fail("message types", `are ${messageTypes}, of types that are not shared`);
  const minMessageSize = cur.u32("minimum message size");
  const maxList = cur.u16("list cutoff");
  const minBtree = cur.u16("B-tree cutoff");
  const messageCount = cur.u16("number of messages");
  const indexAddress = readAddress(cur, ctx, "index address");
  const heapAddress = readAddress(cur, ctx, "heap address");
  if (kind === "list" && messageCount > maxList) {
    cur.fail("number of messages", `is ${messageCount} in a list, at most ${maxList}`);
  }
  if (messageCount > 0 && (indexAddress === undefined || heapAddress === undefined)) {
    cur.fail("index address", `or heap address is undefined, though there are ${messageCount} messages`);
  }
  return { kind, messageTypes, minMessageSize, maxList, minBtree, messageCount, indexAddress, heapAddress };
}

export function encodeSharedMessageTable(
  target: ByteWriter,
  indexes: readonly SharedMessageIndex[],
  ctx: FormatContext,
): void {
  const out = new ByteWriter().ascii("SMTB");
  for (const index of indexes) {
    out.u8(INDEX_VERSION).u8(INDEX_KINDS.indexOf(index.kind)).u16(index.messageTypes).u32(index.minMessageSize);
    out.u16(index.maxList).u16(index.minBtree).u16(index.messageCount);
    writeAddress(out, index.indexAddress, ctx);
    writeAddress(out, index.heapAddress, ctx);
  }
  target.put(out.written()).u32(lookup3(out.written()));
}

/** The table that the superblock extension names. Round trips: 1. */
export function readSharedMessageTable(
  source: ByteSource,
  { tableAddress, indexCount }: SharedMessageTableMessage,
  ctx: FormatContext,
): readonly SharedMessageIndex[] {
  return source.memo(TABLE, tableAddress, () => {
    const length = 4 + indexCount * indexSize(ctx) + CHECKSUM_SIZE;
    return decodeSharedMessageTable(source.read(tableAddress, length, TABLE), ctx);
  });
}

export function decodeSharedMessageRecord(cur: Cursor, ctx: FormatContext): SharedMessageRecord {
  const end = cur.position + recordSize(ctx);
  const place = cur.u8("message location");
  const hash = cur.u32("hash value");
  let record: SharedMessageRecord;
  if (place === 0) {
    const referenceCount = cur.u32("reference count");
    record = { place: "heap", hash, referenceCount, heapId: cur.take(HEAP_ID_SIZE, "heap id").slice() };
  } else if (place === 1) {
    const messageType = cur.skip(1).u8("message type");
    const creationIndex = cur.u16("message creation index");
    const headerAddress = readDefinedAddress(cur, ctx, "object header address");
    record = { place: "header", hash, messageType, creationIndex, headerAddress };
  } else return cur.fail("message location", `is ${place}, expected 0 or 1`);
  cur.seek(end);
  return record;
}

export function encodeSharedMessageRecord(out: ByteWriter, record: SharedMessageRecord, ctx: FormatContext): void {
  const end = out.length + recordSize(ctx);
  out.u8(record.place === "heap" ? 0 : 1).u32(record.hash);
  if (record.place === "heap") out.u32(record.referenceCount).put(record.heapId);
  else {
    out.u8(0).u8(record.messageType).u16(record.creationIndex);
    writeAddress(out, record.headerAddress, ctx);
  }
  out.zeros(end - out.length);
}

/** A list of records. @param cur exactly the records used, with signature and checksum. */
export function decodeSharedMessageList(cur: Cursor, ctx: FormatContext): readonly SharedMessageRecord[] {
  cur.signature("SMLI");
  verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, ctx);
  const records: SharedMessageRecord[] = [];
  while (cur.remaining > CHECKSUM_SIZE) records.push(decodeSharedMessageRecord(cur, ctx));
  return records;
}

/** Write a list; the room for more records is the caller's. */
export function encodeSharedMessageList(
  target: ByteWriter,
  records: readonly SharedMessageRecord[],
  ctx: FormatContext,
): void {
  const out = new ByteWriter().ascii("SMLI");
  for (const record of records) encodeSharedMessageRecord(out, record, ctx);
  target.put(out.written()).u32(lookup3(out.written()));
}

/** All messages of an index. Round trips: a list 1, a tree 1 and its levels. */
export function readSharedMessageIndex(
  source: ByteSource,
  index: SharedMessageIndex,
  ctx: FormatContext,
  limits: TreeLimits,
): readonly SharedMessageRecord[] {
  const { kind, indexAddress, messageCount } = index;
  if (indexAddress === undefined) return [];
  if (kind === "btree") {
    const decode = (cur: Cursor, size: number): SharedMessageRecord => {
      if (size !== recordSize(ctx)) cur.fail("record size", `is ${size}, expected ${recordSize(ctx)}`);
      return decodeSharedMessageRecord(cur, ctx);
    };
    return readBtreeV2(source, indexAddress, ctx, limits, decode, BTREE_V2_TYPE.sharedMessages);
  }
  return source.memo(LIST, indexAddress, () => {
    const length = 4 + messageCount * recordSize(ctx) + CHECKSUM_SIZE;
    return decodeSharedMessageList(source.read(indexAddress, length, LIST), ctx);
  });
}
