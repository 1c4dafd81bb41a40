/**
 * Which messages of an object header go where. Pure. Design: writer-design, sections 2.4 and 4.1.
 *
 * Chunk 0 holds what changes, then what never does, then attributes and links as far as they fit, and ends with the
 * door: a NIL message of 16 bytes that becomes the one continuation message when there is more. A dataset's header has no
 * door where more of them share a sector without: the datatype gives way to the continuation message then.
 */

import type { FormatContext } from "../format/context.js";
import { MESSAGE } from "../format/messages/message-types.js";
import { type EncodedMessage, messageSize } from "../format/object-header.js";
import type { ObjectState } from "../model/state.js";
import { roundUp, SECTOR } from "./allocator.js";

/** Bytes of the body of a continuation message: an address and a length of 8 bytes each. */
const DOOR_BODY = 16;
const CHECKSUM = 4;
/** Signature, version, flags; without times and phase change values. */
const FIXED_PREFIX = 6;
const PREFIX_1 = 16;
const HALF_SECTOR = 256;
/** Up to here, what is beyond half a sector goes to the continuation, so that two headers share a sector. */
const SPILL_BELOW = 300;

/** How a header is laid out. Its lists are the caller's. */
export interface HeaderLayout {
  /** Bytes of chunk 0, prefix and checksum included. */
  readonly size: number;
  readonly chunk0: EncodedMessage[];
  /** Empty: the door stays shut. */
  readonly continuation: readonly EncodedMessage[];
}

/** What of a header's form decides sizes. */
export interface HeaderForm {
  readonly version: 1 | 2;
  /** Messages carry a creation index. */
  readonly trackOrder: boolean;
  /** Bytes of times and phase change values in the prefix. */
  readonly optionalPrefix: number;
}

/** Forms of new headers, by their version and by whether they keep the order of attributes. */
const FORMS: Readonly<Record<1 | 2, readonly [HeaderForm, HeaderForm]>> = {
  1: [
    { version: 1, trackOrder: false, optionalPrefix: 0 },
    { version: 1, trackOrder: true, optionalPrefix: 0 },
  ],
  2: [
    { version: 2, trackOrder: false, optionalPrefix: 0 },
    { version: 2, trackOrder: true, optionalPrefix: 0 },
  ],
};

/** Files of the oldest format have version-1 headers; only version 2 keeps the order of attributes. */
export function versionOfNew(state: Pick<ObjectState, "attributeOrder">, context: FormatContext): 1 | 2 {
  return context.oldest === true && state.attributeOrder === "none" ? 1 : 2;
}

/** The form of the header of a new object. */
export function formOfNew(state: Pick<ObjectState, "attributeOrder">, context: FormatContext): HeaderForm {
  return FORMS[versionOfNew(state, context)][state.attributeOrder === "none" ? 0 : 1];
}

/** Header of a message, in bytes. */
function messageHeader(form: HeaderForm): number {
  if (form.version === 1) return 8;
  return form.trackOrder ? 6 : 4;
}

/** Bytes of messages with their headers. */
export function totalSize(messages: readonly EncodedMessage[], form: HeaderForm): number {
  let sum = 0;
  for (const message of messages) sum += messageSize(message, form);
  return sum;
}

/** Bytes of chunk 0 around this many bytes of messages: prefix with the smallest size field, and checksum. */
export function blockSize(messageBytes: number, form: HeaderForm): number {
  if (form.version === 1) return PREFIX_1 + messageBytes;
  const width = messageBytes < 2 ** 8 ? 1 : messageBytes < 2 ** 16 ? 2 : 4;
  return FIXED_PREFIX + form.optionalPrefix + width + messageBytes + CHECKSUM;
}

const ORDER: ReadonlyMap<number, number> = /* @__PURE__ */ new Map(
  [
    MESSAGE.dataspace,
    MESSAGE.dataLayout,
    MESSAGE.symbolTable,
    MESSAGE.linkInfo,
    MESSAGE.attributeInfo,
    MESSAGE.referenceCount,
    MESSAGE.datatype,
    MESSAGE.fillValue,
    MESSAGE.filterPipeline,
    MESSAGE.groupInfo,
  ].map((type, i) => [type, i]),
);

/** Those that stay in chunk 0. */
const CHANGING: ReadonlySet<number> = /* @__PURE__ */ new Set([...ORDER.keys()].slice(0, 6));

/** Messages in the order of the design; attributes and links keep theirs, at the end. */
export function inOrder(messages: Iterable<EncodedMessage>): EncodedMessage[] {
  const sorted = [...messages];
  // Nearly sorted, and few but for links and attributes, which are sorted among themselves.
  for (let i = 1; i < sorted.length; i++) {
    const message = sorted[i] as EncodedMessage;
    const rank = rankOf(message);
    let at = i;
    for (; at > 0 && rankOf(sorted[at - 1] as EncodedMessage) > rank; at--)
      sorted[at] = sorted[at - 1] as EncodedMessage;
    sorted[at] = message;
  }
  return sorted;
}

function rankOf({ type }: EncodedMessage): number {
  return type === MESSAGE.link ? 102 : type === MESSAGE.attribute ? 101 : (ORDER.get(type) ?? 100);
}

/**
 * Lay out a new header (`fixedSize` undefined: chunk 0 as large as it should be, at most `limit`) or an existing one,
 * whose chunk 0 has the size it has.
 * @param messages in order; the layout may come to hold this list itself.
 * @returns undefined when an existing chunk 0 has no room for a continuation message.
 */
export function layOutHeader(
  messages: EncodedMessage[],
  form: HeaderForm,
  fixedSize: number | undefined,
  limit: number = SECTOR,
): HeaderLayout | undefined {
  const door = messageHeader(form) + DOOR_BODY;
  if (fixedSize !== undefined) return fill(messages, form, fixedSize, door);
  const total = totalSize(messages, form);
  const whole = blockSize(total + door, form);
  const bare = blockSize(total, form);
  if (perSector(bare) > perSector(whole) && bare <= limit && makesRoom(messages, form, door)) {
    return { size: bare, chunk0: messages, continuation: [] };
  }
  if (whole <= Math.min(HALF_SECTOR, limit)) return { size: whole, chunk0: messages, continuation: [] };
  const size = whole <= SPILL_BELOW ? Math.min(HALF_SECTOR, limit) : Math.min(whole, limit);
  const layout = fill(messages, form, size, door);
  if (layout === undefined || layout.continuation.length === 0) return layout;
  // What did not fit has left room: the block needs only what it holds.
  const needed = blockSize(totalSize(layout.chunk0, form) + door, form);
  return { size: Math.min(size, needed), chunk0: layout.chunk0, continuation: layout.continuation };
}

/** How many blocks of this size a sector takes. */
function perSector(size: number): number {
  return Math.floor(SECTOR / roundUp(size, 8));
}

/**
 * Can messages of a dataset that never change give way to the continuation message? Groups get links, and keep the door;
 * so do headers of version 1, whose sizes are multiples of 8 and whose messages are larger.
 */
function makesRoom(messages: readonly EncodedMessage[], form: HeaderForm, door: number): boolean {
  if (form.version === 1 || !messages.some(({ type }) => type === MESSAGE.dataspace)) return false;
  let room = 0;
  for (const message of messages) if (!CHANGING.has(message.type)) room += messageSize(message, form);
  return room >= door;
}

/** Bytes of chunk 0 of a new header with these messages. */
export function newHeaderSize(
  messages: readonly EncodedMessage[],
  version: HeaderForm["version"],
  trackOrder: boolean,
): number {
  const form = { version, trackOrder, optionalPrefix: 0 };
  return layOutHeader(inOrder(messages), form, undefined)?.size ?? SECTOR;
}

/** Messages in order as long as they fit; smaller ones behind a large one still get in, but never before the door. */
function fill(messages: EncodedMessage[], form: HeaderForm, size: number, door: number): HeaderLayout | undefined {
  let room = size - blockSize(0, form);
  if (form.version === 2 && room >= 2 ** 8) room -= 1; // a wider size field
  if (totalSize(messages, form) === room) return { size, chunk0: messages, continuation: [] };
  room -= door;
  if (room < 0) return undefined;
  const chunk0: EncodedMessage[] = [];
  const continuation: EncodedMessage[] = [];
  for (const message of messages) {
    const needs = messageSize(message, form);
    if (needs > room) continuation.push(message);
    else {
      chunk0.push(message);
      room -= needs;
    }
  }
  return { size, chunk0, continuation };
}
