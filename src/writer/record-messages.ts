/** Messages of one header, as the record of its object keeps them. */
import { ByteWriter } from "../bytes/byte-writer.js";
import type { FormatContext } from "../format/context.js";
import { encodeAttributeInfo } from "../format/messages/attribute-info.js";
import { encodeLinkInfo, type LinkInfo } from "../format/messages/link-info.js";
import { MESSAGE } from "../format/messages/message-types.js";
import type { EncodedMessage } from "../format/object-header.js";
import type { KeptOrder } from "../model/writer-contract.js";
import { type DenseAddresses, NOWHERE } from "./dense-storage.js";
import type { KeyedMessages } from "./header-slots.js";

/** A message of a header. */
export interface RecordMessage extends EncodedMessage {
  /** Key (`linkKey`) of a link or an attribute; of others what tells it from the first one of its type. */
  readonly key?: string | undefined;
}

export function sameMessages(a: readonly EncodedMessage[], b: readonly EncodedMessage[]): boolean {
  return a.length === b.length && a.every((message, i) => sameMessage(message, b[i] as EncodedMessage)); // as many
}

function sameMessage(a: EncodedMessage, b: EncodedMessage): boolean {
  if (a === b) return true;
  if (a.type !== b.type || a.flags !== b.flags || (a.creationIndex ?? 0) !== (b.creationIndex ?? 0)) return false;
  return sameBytes(a.body, b.body);
}

export function isReferenceCount({ type }: EncodedMessage): boolean {
  return type === MESSAGE.referenceCount;
}

/** What tells a message from all others of its header. */
export function keyOf({ type, key }: RecordMessage): string {
  return key === undefined ? `${type}` : `${type}:${key}`;
}

export function keyed(messages: readonly RecordMessage[]): KeyedMessages {
  return new Map(messages.map((message) => [keyOf(message), message]));
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The message that says where links are, and in what order. @param nextIndex creation index of the next one. */
export function linkInfoBody(
  order: KeptOrder,
  nextIndex: number,
  addresses: DenseAddresses,
  context: FormatContext,
): Uint8Array {
  return ByteWriter.encoded((out) => encodeLinkInfo(out, infoOf(order, nextIndex, addresses), context));
}

/** Attribute info of objects that keep no order, and have no attributes in a heap. */
const plainInfos = /* @__PURE__ */ new WeakMap<FormatContext, Uint8Array>();

/** The same of attributes. */
export function attributeInfoBody(
  order: KeptOrder,
  nextIndex: number,
  addresses: DenseAddresses,
  context: FormatContext,
): Uint8Array {
  const isPlain = order === "none" && addresses === NOWHERE;
  const known = isPlain ? plainInfos.get(context) : undefined;
  if (known !== undefined) return known;
  const info = infoOf(order, nextIndex, addresses);
  const body = ByteWriter.encoded((out) => encodeAttributeInfo(out, info, context));
  if (isPlain) plainInfos.set(context, body);
  return body;
}

function infoOf(order: KeptOrder, nextIndex: number, addresses: DenseAddresses): LinkInfo {
  return {
    trackOrder: order !== "none",
    indexOrder: order === "indexed",
    maxCreationIndex: order === "none" ? undefined : nextIndex,
    ...addresses,
  };
}
