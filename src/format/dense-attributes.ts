/**
 * The attributes of an object that keeps them densely: attribute messages as objects of a fractal heap, found by a v2
 * B-tree over the hashes of their names. Spec: File Format 3.0, IV.A.2.v (attribute info message); record types 8 and 9.
 */
import type { ByteWriter } from "../bytes/byte-writer.js";
import { Cursor } from "../bytes/cursor.js";
import { Hdf5FormatError } from "../errors.js";
import type { AttributePlace } from "./attributes.js";
import { BTREE_V2_TYPE, btreeV2HeaderRange, readBtreeV2 } from "./btree-v2.js";
import type { ByteSource } from "./byte-source.js";
import type { FormatContext } from "./context.js";
import { checkHeapIdLength, fractalHeapHeaderRange, readFractalHeap } from "./fractal-heap.js";
import type { AttributeInfo } from "./messages/attribute-info.js";
import { MESSAGE } from "./messages/message-types.js";
import type { SharedResolver } from "./messages/shared-message.js";
import type { ObjectHeader } from "./object-header.js";
import type { TreeLimits } from "./visited-nodes.js";

/** Bytes of a heap id in the indexes. */
export const ATTRIBUTE_ID_LENGTH = 8; // H5O_FHEAP_ID_LEN
const SHARED = 2; // H5O_MSG_FLAG_SHARED

/**
 * The places of the attributes in the order of the name index.
 * @throws Hdf5FormatError when the heap's header or the index is damaged.
 */
export function denseAttributes(
  source: ByteSource,
  info: AttributeInfo,
  heapAddress: number,
  header: ObjectHeader,
  ctx: FormatContext,
  limits: TreeLimits,
  shared: SharedResolver,
): readonly AttributePlace[] {
  const { nameIndexAddress } = info;
  if (nameIndexAddress === undefined) {
    throw new Hdf5FormatError(
      { structure: "attribute info message", address: header.address, field: "name index address" },
      "is undefined, though there is a heap of attributes",
    );
  }
  source.need([fractalHeapHeaderRange(heapAddress, ctx), btreeV2HeaderRange(nameIndexAddress, ctx)]);
  const heap = readFractalHeap(source, heapAddress, ctx, limits);
  checkHeapIdLength(heap, heapAddress, ATTRIBUTE_ID_LENGTH);
  const records = readBtreeV2(
    source,
    nameIndexAddress,
    ctx,
    limits,
    decodeAttributeName,
    BTREE_V2_TYPE.attributeNames,
    {
      alongside: heap.ahead,
    },
  );
  return records.map(({ id, flags, creationOrder, hash }) => ({
    cursor: () =>
      (flags & SHARED) === 0
        ? new Cursor(heap.object(id), "attribute message")
        : shared({ kind: "heap", heapId: id }, MESSAGE.attribute).cursor,
    creationOrder: info.trackOrder ? creationOrder : undefined,
    hash,
  }));
}

/** A record of an index of attributes. */
export interface AttributeRecord {
  readonly id: Uint8Array;
  readonly flags: number;
  readonly creationOrder: number;
  /** Of the index by name. */
  readonly hash: number;
}

/** Bytes of records of the two indexes. */
export const ATTRIBUTE_NAME_RECORD: number = ATTRIBUTE_ID_LENGTH + 9;
export const ATTRIBUTE_ORDER_RECORD: number = ATTRIBUTE_ID_LENGTH + 5;

/** Record type 8: as type 9, then hash of the name u32. */
export function decodeAttributeName(cur: Cursor, recordSize: number): AttributeRecord {
  checkRecordSize(cur, recordSize, ATTRIBUTE_NAME_RECORD);
  return { ...readRecord(cur), hash: cur.u32("hash of name") };
}

export function encodeAttributeName(out: ByteWriter, record: AttributeRecord): void {
  encodeAttributeOrder(out, record);
  out.u32(record.hash);
}

/** Record type 9: heap id 8 | message flags u8 | creation order u32. */
export function decodeAttributeOrder(cur: Cursor, recordSize: number): Omit<AttributeRecord, "hash"> {
  checkRecordSize(cur, recordSize, ATTRIBUTE_ORDER_RECORD);
  return readRecord(cur);
}

export function encodeAttributeOrder(out: ByteWriter, { id, flags, creationOrder }: AttributeRecord): void {
  out.put(id).u8(flags).u32(creationOrder);
}

function readRecord(cur: Cursor): Omit<AttributeRecord, "hash"> {
  return {
    id: cur.take(ATTRIBUTE_ID_LENGTH, "heap id"),
    flags: cur.u8("message flags"),
    creationOrder: cur.u32("creation order"),
  };
}

function checkRecordSize(cur: Cursor, recordSize: number, expected: number): void {
  if (recordSize !== expected) cur.fail("record size", `is ${recordSize}, expected ${expected}`);
}
