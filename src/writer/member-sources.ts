/** Links and attributes as their storage asks for them: from the object's state, and as messages. */
import { ByteWriter } from "../bytes/byte-writer.js";
import { Cursor } from "../bytes/cursor.js";
import { Hdf5UnsupportedError } from "../errors.js";
import type { FormatContext } from "../format/context.js";
import { encodeAttribute, type NewAttribute } from "../format/messages/attribute-encode.js";
import { decodeGroupInfo } from "../format/messages/group-info.js";
import { encodeLink, type LinkMessage, linkKey } from "../format/messages/link.js";
import type { EncodedMessage } from "../format/object-header.js";
import type { ObjectState } from "../model/state.js";
import { DENSE_ATTRIBUTES, DENSE_LINKS } from "./dense-forms.js";
import type { DenseItem } from "./dense-storage.js";
import { MAX_MESSAGE, type MemberSource, PHASE_CHANGE, type PhaseChange } from "./member-storage.js";
import { nameIn } from "./written-attribute.js";

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
    stored: (key, body) => {
      const link = links?.get(key);
      return link && { nameBytes: link.nameBytes, body, creationOrder: link.creationOrder };
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
    stored: (key, body) => {
      const slot = attributes?.get(key);
      if (slot === undefined || "error" in slot) return undefined;
      return { nameBytes: slot.nameBytes, body, creationOrder: slot.creationOrder };
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
export function encodeAttributeBody(attribute: NewAttribute, context: FormatContext, large: boolean): Uint8Array {
  const body = ByteWriter.encoded((out) => encodeAttribute(out, attribute, context));
  if (large || body.length <= MAX_MESSAGE) return body;
  const { name } = attribute;
  throw new Hdf5UnsupportedError(
    `attributes of more than 64 KiB in the oldest object headers (${JSON.stringify(name)} takes ${body.length} bytes)`,
  );
}

/** The name in an attribute message, as a key; undefined: there is none to be read. */
export function attributeName({ body }: { readonly body: Uint8Array }): string | undefined {
  const name = nameIn(body);
  return name && linkKey(name);
}

/** A group says in its group info message when its links move, where that differs from the default. */
export function phaseChangeOfGroup(message: EncodedMessage | undefined): PhaseChange {
  if (message === undefined) return PHASE_CHANGE;
  const { maxCompact, minDense } = decodeGroupInfo(new Cursor(message.body, "group info message"));
  return { maxCompact: maxCompact ?? PHASE_CHANGE.maxCompact, minDense: minDense ?? PHASE_CHANGE.minDense };
}
