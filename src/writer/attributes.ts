/** Editing of attributes. Design: writer-design, section 3.2. */

import type { DatatypeInput } from "../datatypes/datatype-input.js";
import { inferType } from "../datatypes/infer.js";
import { scalarBytes } from "../datatypes/scalar-bytes.js";
import type { WriteData } from "../datatypes/values.js";
import { checkOptions, Hdf5NotFoundError, Hdf5UsageError } from "../errors.js";
import type { Dataspace } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import { linkKey } from "../format/messages/link.js";
import { encodeText } from "../format/text.js";
import { nameKey } from "../model/names.js";
import type { Soon } from "../model/soon.js";
import type { ObjectState } from "../model/state.js";
import { checkNull, checkText } from "./arguments.js";
import { attributeLeft, committedOf, committedType } from "./committed-types.js";
import { type Encoded, encodedAtOnce, encodeValues, newType } from "./encode-values.js";
import { encodeAttributeBody } from "./member-sources.js";
import { checkName } from "./names.js";
import type { ObjectRecord } from "./object-record.js";
import { checkExtent } from "./raw-write.js";
import type { WriteSession } from "./write-session.js";
import { WrittenAttribute } from "./written-attribute.js";

/** What `attrs.set` may be told beside the value. */
export interface AttributeOptions {
  readonly datatype?: DatatypeInput | undefined;
  readonly shape?: readonly number[] | undefined;
}

const NULL: Dataspace = /* @__PURE__ */ Object.freeze({ kind: "null" });
const SCALAR: Dataspace = /* @__PURE__ */ Object.freeze({ kind: "scalar" });
const simple = (shape: readonly number[]): Dataspace => ({ kind: "simple", shape: [...shape] });
const NO_DATA = /* @__PURE__ */ new Uint8Array(0);

/**
 * Encode a value as an attribute.
 * @param large it may take more than a header message.
 * @throws Hdf5ValueError, Hdf5UsageError when it cannot be stored.
 */
export function encodeAttributeValue(
  session: WriteSession,
  name: string,
  value: WriteData,
  options: AttributeOptions,
  large: boolean,
): Soon<WrittenAttribute> {
  const datatype = attributeType(session, name, value, options);
  if (value === null) return written(session, name, datatype, NULL, NO_DATA, large);
  const scalar = options.shape === undefined ? scalarBytes(value, datatype) : undefined;
  if (scalar !== undefined) return written(session, name, datatype, SCALAR, scalar, large);
  const encoded = encodedAtOnce(session, value, datatype, options.shape);
  if (encoded !== undefined) return written(session, name, datatype, spaceOf(encoded), encoded.bytes, large);
  return encodeValues(session, value, datatype, options.shape).then((late) =>
    written(session, name, datatype, spaceOf(late), late.bytes, large),
  );
}

function attributeType(session: WriteSession, name: string, value: WriteData, options: AttributeOptions): Datatype {
  checkName("name", name);
  if (options.shape !== undefined) checkExtent("shape", options.shape);
  if (value === null) checkNull(options);
  const datatype = options.datatype === undefined ? undefined : newType(session, options.datatype);
  if (value === undefined)
    throw new Hdf5UsageError("value", "is undefined", "a value; attrs.delete removes an attribute");
  if (value === null && datatype === undefined) {
    throw new Hdf5UsageError("datatype", "is missing", "a datatype for a null dataspace");
  }
  return datatype ?? newType(session, inferType(value).datatype);
}

function spaceOf({ shape }: Encoded): Dataspace {
  return shape.length === 0 ? SCALAR : simple(shape);
}

function written(
  session: WriteSession,
  name: string,
  datatype: Datatype,
  dataspace: Dataspace,
  data: Uint8Array,
  large: boolean,
): WrittenAttribute {
  const key = nameKey(name);
  const isAscii = key === name;
  const charset = isAscii ? "ascii" : "utf-8";
  const nameBytes = isAscii ? undefined : encodeText(name);
  const attribute = { name, nameBytes, charset, datatype, dataspace, data, creationOrder: undefined } as const;
  return new WrittenAttribute(key, attribute, encodeAttributeBody(attribute, session.context, large));
}

/** Put an attribute on an object, in the place of one with its name. */
export function addAttribute(state: ObjectState, record: ObjectRecord, attribute: WrittenAttribute): void {
  const attributes = state.attributes ?? new Map();
  if (!attributes.has(attribute.key)) record.checkRoomForAttribute();
  attribute.creationOrder = record.takeAttributeIndex(attribute.creationOrder);
  state.attributes = attributes;
  attributes.delete(attribute.key);
  attributes.set(attribute.key, attribute);
  record.setAttribute(attribute);
}

/** Set an attribute. */
export function setAttribute(
  session: WriteSession,
  object: ObjectState,
  name: string,
  value: WriteData,
  options: AttributeOptions = {},
): Soon<void> {
  checkOptions(options);
  const record = session.known(object);
  if (record === undefined) {
    return session.edit(object).then((loaded) => setOn(session, object, loaded, name, value, options));
  }
  return setOn(session, object, record, name, value, options);
}

function setOn(
  session: WriteSession,
  object: ObjectState,
  record: ObjectRecord,
  name: string,
  value: WriteData,
  options: AttributeOptions,
): Soon<void> {
  const encoded = encodeAttributeValue(session, name, value, options, record.holdsLargeAttributes);
  if (encoded instanceof Promise) return encoded.then((late) => putAttribute(session, object, record, late));
  return putAttribute(session, object, record, encoded);
}

/** As `addAttribute`, counted by the committed datatype it is of. */
export function putAttribute(
  session: WriteSession,
  object: ObjectState,
  record: ObjectRecord,
  attribute: WrittenAttribute,
): Soon<void> {
  const before = committedOf(object.attributes?.get(attribute.key));
  if (before !== undefined || attribute.datatype.committed !== undefined)
    return putCounted(session, object, record, attribute, before);
  addAttribute(object, record, attribute);
}

async function putCounted(
  session: WriteSession,
  object: ObjectState,
  record: ObjectRecord,
  attribute: WrittenAttribute,
  before: Datatype["committed"],
): Promise<void> {
  const type = await committedType(session, attribute.datatype);
  addAttribute(object, record, attribute);
  if (type !== undefined) type.linkCount++;
  await attributeLeft(session, before);
}

/** Remove an attribute. @throws Hdf5NotFoundError when there is none. */
export async function deleteAttribute(session: WriteSession, object: ObjectState, name: string): Promise<void> {
  checkText("name", name);
  const nameBytes = encodeText(name);
  const record = await session.edit(object);
  const key = linkKey(nameBytes);
  const committed = committedOf(object.attributes?.get(key));
  if (object.attributes?.delete(key) !== true) throw new Hdf5NotFoundError(name, "", { file: session.file.name });
  record.deleteAttribute(nameBytes);
  await attributeLeft(session, committed);
}
