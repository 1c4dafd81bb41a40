/**
 * The attributes of an object: messages in its header (compact), or in a fractal heap with a v2 B-tree over their names
 * (dense), when an attribute info message names one. Spec: File Format 3.0, IV.A.2.m and v; record type 8.
 * Either kind may be a shared message: then its place holds a pointer to another header or to the file's message heap.
 *
 * With a defined heap address the messages left in the header do not count: they are of an interrupted change
 * (H5Aint.c: H5A__dense_iterate is chosen by that address alone).
 */
import { lookup3 } from "../bytes/checksum.js";
import { Cursor } from "../bytes/cursor.js";
import { type Hdf5Error, Hdf5FormatError, hex, isHdf5Error, quote } from "../errors.js";
import { BTREE_V2_TYPE, btreeV2HeaderRange, readBtreeV2 } from "./btree-v2.js";
import type { ByteSource } from "./byte-source.js";
import type { FormatContext } from "./context.js";
import { checkHeapIdLength, fractalHeapHeaderRange, readFractalHeap } from "./fractal-heap.js";
import { gatherMisses } from "./gather-misses.js";
import { type Attribute, decodeAttribute } from "./messages/attribute.js";
import { type AttributeInfo, decodeAttributeInfo } from "./messages/attribute-info.js";
import { MESSAGE } from "./messages/message-types.js";
import { decodeSharedMessage, type SharedMessage, type SharedResolver } from "./messages/shared-message.js";
import { messageCursor, type ObjectHeader } from "./object-header.js";
import { decodeText } from "./text.js";
import type { TreeLimits } from "./visited-nodes.js";

/** Bytes of a heap id in the indexes. */
const ATTRIBUTE_ID_LENGTH = 8; // H5O_FHEAP_ID_LEN
const SHARED = 2; // H5O_MSG_FLAG_SHARED

/** The place of an attribute that cannot be read. `name` is empty when not even that can be. */
export interface DamagedAttribute {
  readonly name: string;
  readonly error: Hdf5Error;
}

/** The attributes of one object. */
export interface ObjectAttributes {
  /** In the order found: dense ones by the name index (hash of the name), compact ones as stored. */
  readonly slots: readonly (Attribute | DamagedAttribute)[];
  readonly info: AttributeInfo | undefined;
}

/** Options of reading attributes. */
export interface AttributeLimits extends TreeLimits {
  readonly datatypeDepth: number;
}

/** An attribute message, in whichever place. */
interface Place {
  /** The message body; asked for again when a step is retried. */
  readonly cursor: () => Cursor;
  readonly creationOrder: number | undefined;
  /** Hash of the name, where an index holds one. */
  readonly hash: number | undefined;
}

/**
 * All attributes of the object with this header. One that is damaged gives its error in its slot and hides no other.
 * Round trips: compact 0, dense 2 + the deeper of name index and heap, and those of shared messages.
 * @param shared finds the message that a pointer stands for.
 * @throws Hdf5FormatError when the list itself (heap header, name index) is damaged.
 */
export function readAttributes(
  source: ByteSource,
  header: ObjectHeader,
  ctx: FormatContext,
  limits: AttributeLimits,
  shared: SharedResolver,
): ObjectAttributes {
  const infoMessage = header.messages.find((message) => message.type === MESSAGE.attributeInfo);
  const info = infoMessage && decodeAttributeInfo(messageCursor(infoMessage, "attribute info message"), ctx);
  const places =
    info?.heapAddress === undefined
      ? compactPlaces(header, ctx, shared)
      : densePlaces(source, info, info.heapAddress, header, ctx, limits, shared);
  const read = (place: Place): Attribute => {
    const attribute = decodeAttribute(place.cursor(), ctx, place.creationOrder, shared, limits);
    const expected = place.hash === undefined ? undefined : lookup3(attribute.nameBytes);
    if (place.hash !== expected) {
      throw new Hdf5FormatError(
        { structure: "name index of attributes", address: info?.nameIndexAddress, field: "hash of name" },
        `of ${quote(attribute.name)} is ${hex(place.hash ?? 0)}, expected ${hex(expected ?? 0)}`,
      );
    }
    return attribute;
  };
  const slots = gatherMisses(places, (place): Attribute | DamagedAttribute => {
    try {
      return read(place);
    } catch (thrown) {
      if (!isHdf5Error(thrown)) throw thrown;
      return { name: nameOfDamaged(place), error: thrown };
    }
  });
  return { slots, info };
}

function compactPlaces(header: ObjectHeader, ctx: FormatContext, shared: SharedResolver): readonly Place[] {
  return header.messages
    .filter((message) => message.type === MESSAGE.attribute)
    .map((message) => ({
      cursor: () => {
        const own = messageCursor(message, "attribute message");
        return (message.flags & SHARED) === 0 ? own : resolve(decodeSharedMessage(own, ctx), shared);
      },
      creationOrder: message.creationIndex,
      hash: undefined,
    }));
}

function resolve(pointer: SharedMessage, shared: SharedResolver): Cursor {
  return shared(pointer, MESSAGE.attribute).cursor;
}

function densePlaces(
  source: ByteSource,
  info: AttributeInfo,
  heapAddress: number,
  header: ObjectHeader,
  ctx: FormatContext,
  limits: TreeLimits,
  shared: SharedResolver,
): readonly Place[] {
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
  const records = readBtreeV2(source, nameIndexAddress, ctx, limits, decodeRecord, BTREE_V2_TYPE.attributeNames, {
    alongside: heap.rootRange === undefined ? [] : [heap.rootRange],
  });
  return records.map(({ id, flags, creationOrder, hash }) => ({
    cursor: () =>
      (flags & SHARED) === 0
        ? new Cursor(heap.object(id), "attribute message")
        : resolve({ kind: "heap", heapId: id }, shared),
    creationOrder: info.trackOrder ? creationOrder : undefined,
    hash,
  }));
}

interface NameRecord {
  readonly id: Uint8Array;
  readonly flags: number;
  readonly creationOrder: number;
  readonly hash: number;
}

/** Record type 8: heap id 8 | message flags u8 | creation order u32 | hash of the name u32. */
function decodeRecord(cur: Cursor, recordSize: number): NameRecord {
  const size = ATTRIBUTE_ID_LENGTH + 9;
  if (recordSize !== size) cur.fail("record size", `is ${recordSize}, expected ${size}`);
  return {
    id: cur.take(ATTRIBUTE_ID_LENGTH, "heap id"),
    flags: cur.u8("message flags"),
    creationOrder: cur.u32("creation order"),
    hash: cur.u32("hash of name"),
  };
}

/** The name alone, which all versions have in nearly the same place; empty when it is damaged too. */
function nameOfDamaged(place: Place): string {
  try {
    const cur = place.cursor();
    const version = cur.u8("version");
    const length = cur.seek(2).u16("name size");
    const bytes = cur.seek(version >= 3 ? 9 : 8).take(length, "name");
    const end = bytes.indexOf(0);
    return decodeText(end < 0 ? bytes : bytes.subarray(0, end));
  } catch (thrown) {
    if (!isHdf5Error(thrown)) throw thrown;
    return "";
  }
}
