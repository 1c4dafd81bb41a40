/** Links and attributes as their storage asks for them: from the object's state, and as messages. */
import { ByteWriter } from "../bytes/byte-writer.js";
import { Cursor } from "../bytes/cursor.js";
import { Hdf5UnsupportedError } from "../errors.js";
import type { FormatContext } from "../format/context.js";
import type { Attribute } from "../format/messages/attribute.js";
import { encodeAttribute } from "../format/messages/attribute-encode.js";
import { decodeGroupInfo } from "../format/messages/group-info.js";
import { encodeLink, type LinkMessage, linkKey } from "../format/messages/link.js";
import { MESSAGE } from "../format/messages/message-types.js";
import type { ObjectState } from "../model/state.js";
import { DENSE_ATTRIBUTES, DENSE_LINKS } from "./dense-forms.js";
import type { DenseItem } from "./dense-storage.js";
import type { KeyedMessages } from "./header-slots.js";
import { MAX_MESSAGE, type MemberSource, PHASE_CHANGE, type PhaseChange } from "./member-storage.js";

/** The links of a group. */
export function linkSource({ address, links, linkOrder }: ObjectState, context: FormatContext): MemberSource {
  return {
    owner: address,
    form: DENSE_LINKS,
    denseAllowed: true,
    indexOrder: linkOrder === "indexed",
    keys: () => links?.keys() ?? [],
    item: (key) => {
      const link = links?.get(key);
      return link && encodedLink(link, context);
    },
  };
}

/** The attributes of an object. */
export function attributeSource(
  { address, attributes, attributeOrder }: ObjectState,
  context: FormatContext,
  denseAllowed: boolean,
): MemberSource {
  return {
    owner: address,
    form: DENSE_ATTRIBUTES,
    denseAllowed,
    indexOrder: attributeOrder === "indexed",
    keys: () => attributes?.keys() ?? [],
    item: (key) => {
      const slot = attributes?.get(key);
      if (slot === undefined || "error" in slot) return undefined;
      const { nameBytes, creationOrder } = slot;
      return { nameBytes, body: encodeAttributeBody(slot, context, true), creationOrder };
    },
  };
}

export function encodedLink(link: LinkMessage, context: FormatContext): DenseItem {
  const body = ByteWriter.encoded((out) => encodeLink(out, link, context));
  return { nameBytes: link.nameBytes, body, creationOrder: link.creationOrder };
}

/**
 * The message of an attribute.
 * @param large it may be kept outside the header.
 * @throws Hdf5UnsupportedError when it is too large for its place.
 */
export function encodeAttributeBody(attribute: Attribute, context: FormatContext, large: boolean): Uint8Array {
  const body = ByteWriter.encoded((out) => encodeAttribute(out, attribute, context));
  if (large || body.length <= MAX_MESSAGE) return body;
  const { name } = attribute;
  throw new Hdf5UnsupportedError(
    `attributes of more than 64 KiB in the oldest object headers (${JSON.stringify(name)} takes ${body.length} bytes)`,
  );
}

/** The name in an attribute message, as a key; undefined: there is none to be read. */
export function attributeName(message: { readonly body: Uint8Array }): string | undefined {
  // The name stands at a fixed place whatever the rest says: version, flags, three sizes, in version 3 a character set.
  const { body } = message;
  const version = body[0];
  const nameSize = (body[2] ?? 0) | ((body[3] ?? 0) << 8);
  const start = version === 3 ? 9 : 8;
  if (version === undefined || version < 1 || version > 3 || nameSize < 1 || start + nameSize > body.length)
    return undefined;
  return linkKey(body.subarray(start, start + nameSize - 1));
}

/** A group says in its group info message when its links move, where that differs from the default. */
export function phaseChangeOfGroup(messages: KeyedMessages): PhaseChange {
  const message = messages.get(`${MESSAGE.groupInfo}`);
  if (message === undefined) return PHASE_CHANGE;
  const { maxCompact, minDense } = decodeGroupInfo(new Cursor(message.body, "group info message"));
  return { maxCompact: maxCompact ?? PHASE_CHANGE.maxCompact, minDense: minDense ?? PHASE_CHANGE.minDense };
}
