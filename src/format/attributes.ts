/**
 * The attributes of an object: messages in its header (compact), or in a fractal heap with a v2 B-tree over their names
 * (dense), when an attribute info message names one. Spec: File Format 3.0, IV.A.2.m and v; record type 8.
 * Either kind may be a shared message: then its place holds a pointer to another header or to the file's message heap.
 *
 * With a defined heap address the messages left in the header do not count: they are of an interrupted change
 * (H5Aint.c: H5A__dense_iterate is chosen by that address alone).
 */
import { lookup3 } from "../bytes/checksum.js";
import type { Cursor } from "../bytes/cursor.js";
import { type Hdf5Error, Hdf5FormatError, hex, isHdf5Error, quote } from "../errors.js";
import type { ByteSource } from "./byte-source.js";
import type { FormatContext } from "./context.js";
import { gatherMisses } from "./gather-misses.js";
import { type Attribute, decodeAttribute } from "./messages/attribute.js";
import { type AttributeInfo, decodeAttributeInfo } from "./messages/attribute-info.js";
import { MESSAGE } from "./messages/message-types.js";
import { decodeSharedMessage, type SharedResolver } from "./messages/shared-message.js";
import { messageCursor, type ObjectHeader } from "./object-header.js";
import { denseStorage } from "./rare.js";
import { decodeText } from "./text.js";
import type { TreeLimits } from "./visited-nodes.js";

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
export interface AttributePlace {
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
      : denseStorage.now().denseAttributes(source, info, info.heapAddress, header, ctx, limits, shared);
  const read = (place: AttributePlace): Attribute => {
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

function compactPlaces(header: ObjectHeader, ctx: FormatContext, shared: SharedResolver): readonly AttributePlace[] {
  return header.messages
    .filter((message) => message.type === MESSAGE.attribute)
    .map((message) => ({
      cursor: () => {
        const own = messageCursor(message, "attribute message");
        return (message.flags & SHARED) === 0 ? own : shared(decodeSharedMessage(own, ctx), MESSAGE.attribute).cursor;
      },
      creationOrder: message.creationIndex,
      hash: undefined,
    }));
}

/** The name alone, which all versions have in nearly the same place; empty when it is damaged too. */
function nameOfDamaged(place: AttributePlace): string {
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
