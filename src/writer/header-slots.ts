/**
 * Chunk 0 of a version-1 header that another writer made and that crosses a sector border. Without a checksum, a change
 * inside one sector is one atomic write; such a header is therefore patched where its messages lie, never written anew.
 * Design: writer-design, section 2.2. Spec: IV.A.1.a.
 *
 * In this order:
 * 1. in place: the changed messages keep their slots, new ones take a NIL's, and all of it lies in one sector;
 * 2. a continuation: what changes moves to one continuation block, named from a slot of 16 bytes and more;
 * 3. when that would touch two sectors, the messages move there as they were first (raise), their old places become NIL
 *    (hide: until then the first of two equal messages counts), and the continuation is switched (publish).
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { Hdf5UnsupportedError } from "../errors.js";
import type { FormatContext } from "../format/context.js";
import { encodeContinuation } from "../format/messages/continuation.js";
import { MESSAGE } from "../format/messages/message-types.js";
import {
  type EncodedMessage,
  encodeContinuationBlock,
  encodeMessage1,
  messageSize,
  type ObjectHeader,
} from "../format/object-header.js";
import { type Allocator, crossesSector, SECTOR } from "./allocator.js";
import type { BlockWrite, Commit } from "./commit.js";

/** The messages of a header under their keys. */
export type KeyedMessages = ReadonlyMap<string, EncodedMessage>;

const FORM = { version: 1, trackOrder: false } as const;
const PREFIX = 16;
const HEADER = 8;
const COUNT_AT = 2;
const LINKS_AT = 4;
/** Address and length of a continuation. */
const DOOR_BODY = 16;

/** One message of chunk 0: where its header lies, and the bytes of its body. */
interface Slot {
  readonly offset: number;
  readonly size: number;
  readonly type: number;
  /** Of the message it holds; absent for NIL and continuation. */
  readonly key?: string | undefined;
}

/** A continuation block of ours. */
interface Block {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** An empty continuation block would be none. */
const PLACEHOLDER: EncodedMessage = { type: MESSAGE.nil, flags: 0, body: new Uint8Array(DOOR_BODY) };

/** Bodies that are seldom needed move out first. */
const MOVABLE: readonly number[] = [
  MESSAGE.attribute,
  MESSAGE.objectComment,
  MESSAGE.modificationTime,
  MESSAGE.fillValue,
  MESSAGE.datatype,
];

export class SlotHeader {
  readonly #address: number;
  readonly #context: FormatContext;
  #image: Uint8Array;
  #slots: readonly Slot[];
  /** What chunk 0 holds, and what the continuation blocks hold. */
  #inside: Map<string, EncodedMessage>;
  #outside: Map<string, EncodedMessage>;
  #block: Block | undefined;
  #foreign: readonly { readonly address: number; readonly length: number }[];
  /** NIL and continuation messages of the blocks of the other writer: they count too. */
  #outsideCount: number;

  /** @param keys of the messages of chunk 0, by the offset of their bodies. */
  constructor(
    header: ObjectHeader,
    chunk0: Uint8Array,
    keys: ReadonlyMap<number, string>,
    messages: KeyedMessages,
    context: FormatContext,
  ) {
    this.#address = header.address;
    this.#context = context;
    this.#image = chunk0.slice();
    this.#slots = slotsOf(this.#image, keys);
    const inside = new Set(keys.values());
    this.#inside = new Map([...messages].filter(([key]) => inside.has(key)));
    this.#outside = new Map([...messages].filter(([key]) => !inside.has(key)));
    this.#foreign = header.chunks.slice(1);
    this.#outsideCount = Math.max(this.#outside.size, u16(this.#image, COUNT_AT) - this.#slots.length);
  }

  /** Write what differs from what was written before. */
  emit(messages: KeyedMessages, linkCount: number, allocator: Allocator, commit: Commit, publish: BlockWrite[]): void {
    const changed = this.#slots.filter(
      ({ key }) => key !== undefined && !same(messages.get(key), this.#inside.get(key)),
    );
    const outside = new Map([...messages].filter(([key]) => !this.#inside.has(key)));
    const outsideSame =
      outside.size === this.#outside.size &&
      [...outside].every(([key, message]) => same(message, this.#outside.get(key)));
    if (changed.length > 0 || !outsideSame) {
      const done =
        this.#inPlace(messages, changed, outside, publish) ||
        this.#switched(messages, changed, allocator, commit, publish);
      if (!done) throw new Hdf5UnsupportedError("editing an object header without room for a continuation message");
    }
    const counted = this.#image.slice();
    setU32(counted, LINKS_AT, linkCount);
    this.#patch(counted, publish);
  }

  /** Everything in its slot or in a NIL's, and in one sector. */
  #inPlace(messages: KeyedMessages, changed: readonly Slot[], outside: KeyedMessages, publish: BlockWrite[]): boolean {
    // What lies in a continuation block is changed there.
    for (const [key, message] of this.#outside) if (!same(outside.get(key), message)) return false;
    const added = [...outside].filter(([key]) => !this.#outside.has(key));
    const draft = new Draft(this.#image, this.#slots);
    for (const slot of changed) {
      const message = messages.get(slot.key as string); // changed slots hold a message
      draft.vacate(slot);
      if (message !== undefined && !draft.place(slot.offset, slot.key as string, message)) return false;
    }
    for (const [key, message] of added) {
      const nil = draft.slots.find((slot) => slot.type === MESSAGE.nil && fits(slot, message));
      if (nil === undefined || !draft.place(nil.offset, key, message)) return false;
    }
    if (this.#sectors(draft.image).length > 1) return false;
    const kept = new Set(draft.slots.map(({ key }) => key));
    this.#inside = new Map([...messages].filter(([key]) => kept.has(key)));
    this.#adopt(draft, this.#outsideCount, publish);
    return true;
  }

  /** By way of a continuation block. */
  #switched(
    messages: KeyedMessages,
    changed: readonly Slot[],
    allocator: Allocator,
    commit: Commit,
    publish: BlockWrite[],
  ): boolean {
    const doors = this.#doors(changed);
    const vacated = (door: Slot): readonly Slot[] => [
      ...changed.filter((slot) => slot !== door),
      ...this.#slots.filter((slot) => slot.type === MESSAGE.continuation && slot !== door),
    ];
    const touched = (door: Slot): number =>
      new Set([this.#doorSector(door), ...vacated(door).map(({ offset }) => this.#sectorOf(offset))]).size;
    const door = doors.find((slot) => touched(slot) === 1) ?? doors[0];
    if (door === undefined) return false;
    const hidden = vacated(door);
    const stays = new Set(
      this.#slots.flatMap((slot) => (slot === door || hidden.includes(slot) ? [] : (slot.key ?? []))),
    );
    for (const { address, length } of this.#foreign) allocator.free(address, length, "metadata");
    this.#foreign = [];
    if (touched(door) > 1) {
      // As they were, in both places; then only in the new one.
      const before = new Map([...this.#inside, ...this.#outside].filter(([key]) => !stays.has(key)));
      const raised = new Draft(this.#image, this.#slots);
      this.#open(raised, door, before, allocator, commit.data);
      this.#adopt(raised, Math.max(before.size, 1), commit.raise);
      const alone = new Draft(this.#image, this.#slots);
      for (const slot of hidden) alone.vacate(slot);
      this.#adopt(alone, Math.max(before.size, 1), commit.hide);
    }
    const after = new Map([...messages].filter(([key]) => !stays.has(key)));
    const draft = new Draft(this.#image, this.#slots);
    for (const slot of hidden) draft.vacate(slot);
    const opened = this.#slots.find(({ offset }) => offset === door.offset) ?? door;
    this.#open(draft, opened, after, allocator, commit.data);
    this.#inside = new Map([...messages].filter(([key]) => stays.has(key)));
    this.#outside = after;
    this.#adopt(draft, Math.max(after.size, 1), publish);
    return true;
  }

  /** Slots that can hold a continuation message and be switched by one write, the best ones first. */
  #doors(changed: readonly Slot[]): Slot[] {
    const rank = (slot: Slot): number => {
      if (slot.type === MESSAGE.continuation) return 0;
      if (slot.type === MESSAGE.nil) return 1;
      if (changed.includes(slot)) return 2;
      const movable = MOVABLE.indexOf(slot.type);
      return 3 + (movable < 0 ? MOVABLE.length : movable);
    };
    const able = this.#slots.filter(({ size }) => size >= DOOR_BODY).sort((a, b) => rank(a) - rank(b));
    const [first] = able;
    // A header keeps its continuation message: another one could not be switched together with it.
    if (first?.type === MESSAGE.continuation && this.#isSwitch(first)) return [first];
    const safe = able.filter((slot) => this.#isSwitch(slot));
    // No slot lies in one sector: the switch is one write that may be torn at the border.
    return safe.length > 0 ? safe : able.slice(0, 1);
  }

  /** Does a switch of this slot stay in one sector? What is left of the slot becomes a NIL. */
  #isSwitch({ offset, size, type }: Slot): boolean {
    const rest = size > DOOR_BODY ? HEADER : 0;
    // Of a continuation message that is there only the body changes.
    return type === MESSAGE.continuation
      ? !crossesSector(this.#address + offset + HEADER, DOOR_BODY)
      : !crossesSector(this.#address + offset, HEADER + DOOR_BODY + rest);
  }

  /** Where a switch of this slot writes. */
  #doorSector({ offset, type }: Slot): number {
    return this.#sectorOf(type === MESSAGE.continuation ? offset + HEADER : offset);
  }

  #open(draft: Draft, door: Slot, messages: KeyedMessages, allocator: Allocator, data: BlockWrite[]): void {
    const list = messages.size > 0 ? [...messages.values()] : [PLACEHOLDER];
    const size = list.reduce((sum, message) => sum + messageSize(message, FORM), 0);
    this.#free(allocator);
    this.#block = {
      address: allocator.metadata(size, { sectorSafe: false }),
      bytes: encodeContinuationBlock(list, size, FORM),
    };
    data.push(this.#block);
    const out = new ByteWriter();
    encodeContinuation(out, { address: this.#block.address, length: size }, this.#context);
    const body = out.bytes();
    draft.vacate(door);
    draft.place(door.offset, undefined, { type: MESSAGE.continuation, flags: 0, body });
  }

  #free(allocator: Allocator): void {
    if (this.#block !== undefined) allocator.free(this.#block.address, this.#block.bytes.length, "metadata");
    this.#block = undefined;
  }

  /** Take a draft as written; the number of messages is patched with it. */
  #adopt(draft: Draft, outsideCount: number, writes: BlockWrite[]): void {
    this.#outsideCount = outsideCount;
    this.#slots = draft.slots;
    const image = draft.image.slice();
    setU16(image, COUNT_AT, draft.slots.length + outsideCount);
    this.#patch(image, writes);
  }

  /** One write per sector, the prefix alone last; messages beside a border that no slot avoids are one write. */
  #patch(image: Uint8Array, writes: BlockWrite[]): void {
    const ranges = this.#ranges(image, 0);
    const first = ranges.find(([start]) => start >= PREFIX);
    const last = ranges.at(-1);
    const torn = first !== undefined && last !== undefined && this.#sectorOf(first[0]) + 1 === this.#sectorOf(last[0]);
    const joined =
      torn && last[0] - first[1] < HEADER ? [...ranges.slice(0, -2), [first[0], last[1]] as const] : ranges;
    for (const [start, end] of [...joined].reverse()) {
      writes.push({ address: this.#address + start, bytes: image.slice(start, end) });
    }
    this.#image = image;
  }

  #sectors(image: Uint8Array): number[] {
    return this.#ranges(image, PREFIX).map(([start]) => this.#sectorOf(start));
  }

  /** Changed ranges from an offset on, one per sector. */
  #ranges(image: Uint8Array, from: number): [start: number, end: number][] {
    const ranges: [number, number][] = [];
    for (let i = from; i < image.length; i++) {
      if (image[i] === this.#image[i]) continue;
      const last = ranges.at(-1);
      if (last !== undefined && this.#sectorOf(last[0]) === this.#sectorOf(i)) last[1] = i + 1;
      else ranges.push([i, i + 1]);
    }
    return ranges;
  }

  #sectorOf(offset: number): number {
    return Math.floor((this.#address + offset) / SECTOR);
  }

  /** The object has no name left. */
  release(allocator: Allocator): void {
    this.#free(allocator);
    for (const { address, length } of this.#foreign) allocator.free(address, length, "metadata");
    this.#foreign = [];
  }
}

/** Chunk 0 as it shall be. */
class Draft {
  readonly image: Uint8Array;
  slots: readonly Slot[];

  constructor(image: Uint8Array, slots: readonly Slot[]) {
    this.image = image.slice();
    this.slots = slots;
  }

  /** A message becomes NIL: its type alone says so. */
  vacate({ offset, size }: Slot): void {
    setU16(this.image, offset, MESSAGE.nil);
    this.#replace(offset, [{ offset, size, type: MESSAGE.nil }]);
  }

  /** Put a message in the place of a NIL; what is left stays one. False: it does not fit. */
  place(offset: number, key: string | undefined, message: EncodedMessage): boolean {
    const nil = this.slots.find((slot) => slot.offset === offset);
    if (nil === undefined || !fits(nil, message)) return false;
    const out = new ByteWriter();
    encodeMessage1(out, message.type, message.flags, message.body);
    const taken: Slot[] = [{ offset, size: out.length - HEADER, type: message.type, key }];
    const rest = nil.size + HEADER - out.length;
    if (rest > 0) {
      taken.push({ offset: offset + out.length, size: rest - HEADER, type: MESSAGE.nil });
      // Only the header: its body may hold anything.
      out
        .u16(MESSAGE.nil)
        .u16(rest - HEADER)
        .zeros(4);
    }
    this.image.set(out.written(), offset);
    this.#replace(offset, taken);
    return true;
  }

  #replace(offset: number, by: readonly Slot[]): void {
    this.slots = this.slots.flatMap((slot) => (slot.offset === offset ? by : [slot]));
  }
}

function slotsOf(image: Uint8Array, keys: ReadonlyMap<number, string>): Slot[] {
  const slots: Slot[] = [];
  for (let offset = PREFIX; offset + HEADER <= image.length; ) {
    const size = u16(image, offset + 2);
    slots.push({ offset, size, type: u16(image, offset), key: keys.get(offset + HEADER) });
    offset += HEADER + size;
  }
  return slots;
}

/** Sizes are multiples of 8, so a rest always holds a NIL's header. */
function fits(slot: Slot, message: EncodedMessage): boolean {
  return messageSize(message, FORM) <= slot.size + HEADER;
}

function same(a: EncodedMessage | undefined, b: EncodedMessage | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.type !== b.type || a.flags !== b.flags) return false;
  return a.body.length === b.body.length && a.body.every((byte, i) => byte === b.body[i]);
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

function setU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value & 0xff;
  bytes[at + 1] = value >> 8;
}

function setU32(bytes: Uint8Array, at: number, value: number): void {
  setU16(bytes, at, value & 0xffff);
  setU16(bytes, at + 2, value >>> 16);
}
