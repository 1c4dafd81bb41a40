/** Editing of attributes. Design: writer-design, section 3.2. */

import type { DatatypeInput } from "../datatypes/datatype-input.js";
import { inferType } from "../datatypes/infer.js";
import type { WriteData } from "../datatypes/values.js";
import { Hdf5NotFoundError, Hdf5UsageError } from "../errors.js";
import type { Attribute } from "../format/messages/attribute.js";
import type { Dataspace } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import { linkKey } from "../format/messages/link.js";
import { encodeText } from "../format/text.js";
import type { ObjectState } from "../model/state.js";
import { checkText } from "./arguments.js";
import { type Encoded, encodedAtOnce, encodeValues, newType } from "./encode-values.js";
import { encodeAttributeBody } from "./member-sources.js";
import { checkName } from "./names.js";
import type { ObjectRecord } from "./object-record.js";
import { checkExtent } from "./raw-write.js";
import type { WriteSession } from "./write-session.js";

/** An attribute ready to be stored. */
export interface EncodedAttribute {
  readonly attribute: Attribute;
  readonly body: Uint8Array;
}

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
): EncodedAttribute | Promise<EncodedAttribute> {
  const datatype = attributeType(session, name, value, options);
  if (value === null) return encodedAttribute(session, name, datatype, undefined, large);
  const encoded = encodedAtOnce(session, value, datatype, options.shape);
  if (encoded !== undefined) return encodedAttribute(session, name, datatype, encoded, large);
  return encodeValues(session, value, datatype, options.shape).then((late) =>
    encodedAttribute(session, name, datatype, late, large),
  );
}

function attributeType(session: WriteSession, name: string, value: WriteData, options: AttributeOptions): Datatype {
  checkName("name", name);
  if (options.shape !== undefined) checkExtent("shape", options.shape);
  const datatype = options.datatype === undefined ? undefined : newType(session, options.datatype);
  if (value === undefined)
    throw new Hdf5UsageError("value", "is undefined", "a value; attrs.delete removes an attribute");
  if (value === null && datatype === undefined) {
    throw new Hdf5UsageError("datatype", "is missing", "a datatype for a null dataspace");
  }
  return datatype ?? newType(session, inferType(value).datatype);
}

/** @param encoded undefined: a null dataspace. */
function encodedAttribute(
  session: WriteSession,
  name: string,
  datatype: Datatype,
  encoded: Encoded | undefined,
  large: boolean,
): EncodedAttribute {
  const nameBytes = encodeText(name);
  const charset = nameBytes.length === name.length ? "ascii" : "utf-8";
  const attribute: Attribute = {
    name,
    nameBytes,
    charset,
    datatype,
    dataspace: encoded === undefined ? NULL : encoded.shape.length === 0 ? SCALAR : simple(encoded.shape),
    data: encoded?.bytes ?? NO_DATA,
    creationOrder: undefined,
  };
  return { attribute, body: encodeAttributeBody(attribute, session.context, large) };
}

/** Put an encoded attribute on an object, in the place of one with its name. */
export function addAttribute(state: ObjectState, record: ObjectRecord, { attribute, body }: EncodedAttribute): void {
  const key = linkKey(attribute.nameBytes);
  const attributes = state.attributes ?? new Map();
  if (!attributes.has(key)) record.checkRoomForAttribute();
  const creationOrder = record.takeAttributeIndex(attribute.creationOrder);
  const ordered = creationOrder === attribute.creationOrder ? attribute : { ...attribute, creationOrder };
  state.attributes = attributes;
  attributes.delete(key);
  attributes.set(key, ordered);
  record.setAttribute(body, ordered);
}

/** Set an attribute. */
export async function setAttribute(
  session: WriteSession,
  object: ObjectState,
  name: string,
  value: WriteData,
  options: AttributeOptions = {},
): Promise<void> {
  const record = session.known(object) ?? (await session.edit(object));
  const encoded = encodeAttributeValue(session, name, value, options, record.holdsLargeAttributes);
  addAttribute(object, record, encoded instanceof Promise ? await encoded : encoded);
}

/** Remove an attribute. @throws Hdf5NotFoundError when there is none. */
export async function deleteAttribute(session: WriteSession, object: ObjectState, name: string): Promise<void> {
  checkText("name", name);
  const nameBytes = encodeText(name);
  const record = await session.edit(object);
  if (object.attributes?.delete(linkKey(nameBytes)) !== true) {
    throw new Hdf5NotFoundError(name, "", { file: session.file.name });
  }
  record.deleteAttribute(nameBytes);
}
