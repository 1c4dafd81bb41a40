/**
 * Attribute message (type 0x000C): a name, a datatype, a dataspace and the data. Spec: IV.A.2.m.
 * Reads versions 1–3. attribute-encode.ts writes it: what reads files loads without that.
 *
 *   version u8 | flags u8 (version 1: reserved) | name size u16 | datatype size u16 | dataspace size u16
 *   | [character set u8 (version 3)] | name, NUL | datatype | dataspace | data
 *   Version 1 pads name, datatype and dataspace to multiples of 8, which the sizes do not count.
 *   Flags 0 and 1: the datatype, the dataspace is a shared message.
 */
import type { Cursor } from "../../bytes/cursor.js";
import type { FormatContext } from "../context.js";
import { decodeText } from "../text.js";
import { type Dataspace, decodeDataspace, elementCount } from "./dataspace.js";
import { type Datatype, type DatatypeLimits, decodeDatatype } from "./datatype.js";
import { MESSAGE } from "./message-types.js";
import { decodeSharedMessage, type SharedResolver } from "./shared-message.js";

/** Flag: the datatype lies elsewhere. */
export const SHARED_DATATYPE = 0x01; // H5O_ATTR_FLAG_TYPE_SHARED
const SHARED_DATASPACE = 0x02; // H5O_ATTR_FLAG_SPACE_SHARED

/** One attribute as stored. */
export interface Attribute {
  /** Decoded as UTF-8; malformed sequences as U+FFFD. */
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly charset: "ascii" | "utf-8";
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** The elements, exactly count × size bytes: a view of the message. */
  readonly data: Uint8Array;
  /** Absent where the object does not keep it. */
  readonly creationOrder: number | undefined;
}

/**
 * One attribute.
 * @param shared finds a datatype or dataspace that lies elsewhere.
 */
export function decodeAttribute(
  cur: Cursor,
  ctx: FormatContext,
  creationOrder: number | undefined,
  shared: SharedResolver,
  limits?: DatatypeLimits,
): Attribute {
  const version = cur.u8("version");
  if (version < 1 || version > 3) cur.fail("version", `is ${version}, expected 1 to 3`);
  const flagsByte = cur.u8("flags");
  const flags = version === 1 ? 0 : flagsByte;
  if ((flags & ~(SHARED_DATATYPE | SHARED_DATASPACE)) !== 0)
    cur.fail("flags", `are ${flags}, only bits 0 and 1 are defined`);
  const nameSize = cur.u16("name size");
  const datatypeSize = cur.u16("datatype size");
  const dataspaceSize = cur.u16("dataspace size");
  const set = version === 3 ? cur.u8("character set") : 0;
  if (set > 1) cur.fail("character set", `is ${set}, expected 0 or 1`);
  const padding = version === 1 ? 8 : 1;
  const nameBytes = cur.sub(nameSize, cur.structure, "name").untilNul("name");
  if (nameBytes.length === 0) cur.fail("name", "is empty");
  cur.align(padding);

  const datatypeCursor = cur.sub(datatypeSize, "datatype message", "datatype");
  cur.align(padding);
  const dataspaceCursor = cur.sub(dataspaceSize, "dataspace message", "dataspace");
  cur.align(padding);
  const datatype =
    (flags & SHARED_DATATYPE) === 0
      ? decodeDatatype(datatypeCursor, limits)
      : decodeSharedDatatype(datatypeCursor, ctx, shared, limits);
  const dataspace = decodeDataspace(
    (flags & SHARED_DATASPACE) === 0
      ? dataspaceCursor
      : shared(decodeSharedMessage(dataspaceCursor, ctx), MESSAGE.dataspace).cursor,
    ctx,
  );
  const data = cur.take(elementCount(dataspace) * datatype.size, "data");
  const charset = set === 0 ? "ascii" : "utf-8";
  return { name: decodeText(nameBytes), nameBytes, charset, datatype, dataspace, data, creationOrder };
}

function decodeSharedDatatype(
  cur: Cursor,
  ctx: FormatContext,
  shared: SharedResolver,
  limits: DatatypeLimits | undefined,
): Datatype {
  const { cursor, committed } = shared(decodeSharedMessage(cur, ctx), MESSAGE.datatype);
  const datatype = decodeDatatype(cursor, limits);
  if (committed === undefined) return datatype;
  const reference = Object.freeze({ kind: "object-reference", address: committed, file: undefined } as const);
  return Object.freeze({ ...datatype, committed: reference });
}
