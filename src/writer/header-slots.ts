/**
 * Chunk 0 of a header that another writer made and that crosses a sector border: patched where its messages lie, so that
 * each write that matters stays inside one sector. Design: writer-design, sections 2.2 and 2.3. Spec: IV.A.1.
 *
 * In this order:
 * 1. in place: the changed messages keep their slots, new ones take a NIL's, and all of it lies in one sector;
 * 2. a continuation: what changes moves to one continuation block, named from a slot of 16 bytes and more;
 * 3. when that would touch two sectors, the messages move there as they were first (raise), their old places become NIL
 *    (hide: until then the first of two equal messages counts), and the continuation is switched (publish);
 * 4. when no slot allows it, chunk 0 is written as a whole, so that the next changes are as in 2.
 *
 * Version 2 has a checksum at the end. A change elsewhere than in its sector leaves it as it is: 12 bytes of a NIL's body
 * in the changed sector are chosen so.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { compensation, HASH_BLOCK } from "../bytes/checksum-compensation.js";
import { Hdf5UnsupportedError } from "../errors.js";
import type { FormatContext } from "../format/context.js";
import { encodeContinuation } from "../format/messages/continuation.js";
import { MESSAGE } from "../format/messages/message-types.js";
import {
  type EncodedMessage,
  encodeContinuationBlock,
  messageSize,
  type ObjectHeader,
} from "../format/object-header.js";
import { type Allocator, crossesSector, SECTOR } from "./allocator.js";
import type { BlockWrite, Commit } from "./commit.js";
import { Draft, type Slot, type SlotForm, slotForm, slotsOf } from "./header-draft.js";

/** The messages of a header under their keys. */
export type KeyedMessages = ReadonlyMap<string, EncodedMessage>;

const COUNT_AT = 2;
const LINKS_AT = 4;
/** Address and length of a continuation. */
const DOOR_BODY = 16;
/** Bytes that always hold a whole block of the hash. */
const ANY_BLOCK = 2 * HASH_BLOCK - 1;

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

/** What stays in chunk 0 when it is written as a whole. */
const NEVER_CHANGED: readonly number[] = [
  MESSAGE.datatype,
  MESSAGE.fillValue,
  MESSAGE.filterPipeline,
  MESSAGE.groupInfo,
  MESSAGE.externalFiles,
];

/** What the file holds of the header. */
interface Stored {
  readonly image: Uint8Array;
  readonly slots: readonly Slot[];
  /** What chunk 0 holds, and what the continuation blocks hold. */
  readonly inside: KeyedMessages;
  readonly outside: KeyedMessages;
  /** Messages of continuation blocks, NIL and continuation messages included. */
  readonly outsideCount: number;
}

/** Where a flush writes. */
interface Target {
  readonly allocator: Allocator;
  readonly commit: Commit;
  readonly publish: BlockWrite[];
}

export class SlotHeader {
  readonly #address: number;
  readonly #context: FormatContext;
  readonly #form: SlotForm;
  #now: Stored;
  #block: BlockWrite | undefined;
  #foreign: readonly { readonly address: number; readonly length: number }[];

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
    this.#form = slotForm(header, chunk0.length);
    this.#foreign = header.chunks.slice(1);
    const image = chunk0.slice();
    const slots = slotsOf(image, keys, this.#form);
    const names = new Set(keys.values());
    const inside = new Map([...messages].filter(([key]) => names.has(key)));
    const outside = new Map([...messages].filter(([key]) => !names.has(key)));
    const stated = this.#form.version === 1 ? (image[COUNT_AT] ?? 0) + 256 * (image[COUNT_AT + 1] ?? 0) : 0;
    this.#now = { image, slots, inside, outside, outsideCount: Math.max(outside.size, stated - slots.length) };
  }

  /**
   * Write what differs from what was written before.
   * @param raised the messages of before with a higher link count, which comes an epoch earlier.
   */
  emit(raised: KeyedMessages | undefined, messages: KeyedMessages, linkCount: number, target: Target): void {
    if (this.#form.version === 1) {
      // The link count stands in the prefix.
      if (raised !== undefined) this.#setLinkCount(linkCount, target.commit.raise);
      if (this.#differs(messages) && !this.#inPlace(messages, target.publish))
        this.#switch(undefined, messages, target);
      this.#setLinkCount(linkCount, target.publish);
      return;
    }
    const before = this.#now;
    const [first, second]: [BlockWrite[], BlockWrite[]] = [[], []];
    const direct = (wanted: KeyedMessages | undefined, writes: BlockWrite[]): boolean =>
      wanted === undefined || !this.#differs(wanted) || this.#inPlace(wanted, writes);
    if (direct(raised, first) && direct(messages, second)) {
      target.commit.raise.push(...first);
      target.publish.push(...second);
      return;
    }
    this.#now = before;
    this.#switch(raised, messages, target);
  }

  #differs(messages: KeyedMessages): boolean {
    const { inside, outside } = this.#now;
    if (messages.size !== inside.size + outside.size) return true;
    return [...messages].some(([key, message]) => !same(message, inside.get(key) ?? outside.get(key)));
  }

  #changed(messages: KeyedMessages): Slot[] {
    const { slots, inside } = this.#now;
    return slots.filter(({ key }) => key !== undefined && !same(messages.get(key), inside.get(key)));
  }

  /** Everything in its slot or in a NIL's, and in one sector. */
  #inPlace(messages: KeyedMessages, writes: BlockWrite[]): boolean {
    const { inside, outside, image, slots, outsideCount } = this.#now;
    // What lies in a continuation block is changed there.
    if ([...outside].some(([key, message]) => !same(messages.get(key), message))) return false;
    const draft = new Draft(image, slots, this.#form);
    for (const slot of this.#changed(messages)) {
      const message = messages.get(slot.key as string); // changed slots hold a message
      draft.vacate(slot);
      if (message !== undefined && !draft.place(slot.offset, slot.key, message)) return false;
    }
    for (const [key, message] of messages) {
      if (inside.has(key) || outside.has(key)) continue;
      const nil = draft.slots.find((slot) => slot.type === MESSAGE.nil && draft.fits(slot, message));
      if (nil === undefined || !draft.place(nil.offset, key, message)) return false;
    }
    if (this.#gapBesideNil(draft) || !this.#seal(draft)) return false;
    const kept = new Set(draft.slots.map(({ key }) => key));
    this.#adopt(draft, {
      inside: new Map([...messages].filter(([key]) => kept.has(key))),
      outside,
      outsideCount,
      writes,
    });
    return true;
  }

  /** By way of a continuation block. */
  #switch(raised: KeyedMessages | undefined, messages: KeyedMessages, target: Target): void {
    const { slots } = this.#now;
    const changed = [...new Set([...this.#changed(messages), ...(raised === undefined ? [] : this.#changed(raised))])];
    const continuations = slots.filter(({ type }) => type === MESSAGE.continuation);
    const hiddenBy = (door: Slot): Slot[] =>
      [...new Set([...changed, ...continuations])].filter((slot) => slot !== door);
    const plans = this.#doors(changed)
      .map((door) => this.#plan(door, hiddenBy(door)))
      .filter((plan) => plan !== undefined);
    const plan = plans.find(({ elsewhere }) => elsewhere.length === 0) ?? plans[0];
    for (const { address, length } of this.#foreign) target.allocator.free(address, length, "metadata");
    this.#foreign = [];
    if (plan === undefined) {
      this.#rewrite(raised, messages, target);
      return;
    }
    const { door, here, elsewhere } = plan;
    const leaving = new Set([door, ...here, ...elsewhere.flat()]);
    const stays = new Set(slots.flatMap((slot) => (leaving.has(slot) ? [] : (slot.key ?? []))));
    const outsideOf = (all: KeyedMessages): KeyedMessages => new Map([...all].filter(([key]) => !stays.has(key)));
    const insideOf = (all: KeyedMessages): KeyedMessages => new Map([...all].filter(([key]) => stays.has(key)));
    if (raised !== undefined || elsewhere.length > 0) {
      // As they were, in both places; then only in the new one.
      const before = raised ?? new Map([...this.#now.inside, ...this.#now.outside]);
      this.#open(door, here, insideOf(before), outsideOf(before), target, target.commit.raise);
      for (const group of elsewhere) {
        const draft = new Draft(this.#now.image, this.#now.slots, this.#form);
        for (const slot of group) draft.vacate(slot);
        this.#seal(draft); // it could be done, as the plan found
        this.#adopt(draft, { ...this.#now, writes: target.commit.hide });
      }
      this.#open(this.#slotAt(door), [], insideOf(messages), outsideOf(messages), target, target.publish);
    } else this.#open(door, here, insideOf(messages), outsideOf(messages), target, target.publish);
  }

  #slotAt({ offset }: Slot): Slot {
    return this.#now.slots.find((slot) => slot.offset === offset) as Slot; // a door stays one
  }

  /** Slots that can hold a continuation message, the best ones first. */
  #doors(changed: readonly Slot[]): Slot[] {
    const rank = (slot: Slot): number => {
      if (slot.type === MESSAGE.continuation) return 0;
      if (slot.type === MESSAGE.nil) return 1;
      if (changed.includes(slot)) return 2;
      const movable = MOVABLE.indexOf(slot.type);
      return 3 + (movable < 0 ? MOVABLE.length : movable);
    };
    const header = this.#form.header;
    return this.#now.slots
      .filter(({ size }) => size === DOOR_BODY || size >= DOOR_BODY + header)
      .sort((a, b) => rank(a) - rank(b));
  }

  /** How a slot would be the door, each write in one sector; undefined: it would not. */
  #plan(door: Slot, hidden: readonly Slot[]): { door: Slot; here: Slot[]; elsewhere: Slot[][] } | undefined {
    const sector = this.#doorSector(door);
    const sectors = new Map<number, Slot[]>();
    for (const slot of hidden) {
      const at = this.#sectorOf(slot.offset);
      sectors.set(at, [...(sectors.get(at) ?? []), slot]);
    }
    const here = sectors.get(sector) ?? [];
    sectors.delete(sector);
    const elsewhere = [...sectors.values()];
    // Tried with bytes that all differ from what is there, and then once more.
    const before = this.#now;
    const possible =
      this.#tryDoor(door, here, 0x55) &&
      elsewhere.every((group) => this.#tryVacate(group)) &&
      this.#tryDoor(this.#slotAt(door), [], 0xaa);
    this.#now = before;
    return possible ? { door, here, elsewhere } : undefined;
  }

  #tryDoor(door: Slot, here: readonly Slot[], pattern: number): boolean {
    const draft = new Draft(this.#now.image, this.#now.slots, this.#form);
    if (draft.gap > 0) return false; // no NIL may stand beside one
    for (const slot of [...here, door]) draft.vacate(slot);
    const body = this.#now.image
      .slice(door.offset + this.#form.header, door.offset + this.#form.header + DOOR_BODY)
      .map((byte) => byte ^ pattern);
    draft.place(door.offset, undefined, { type: MESSAGE.continuation, flags: 0, body });
    if (!this.#seal(draft)) return false;
    this.#adopt(draft, { ...this.#now, writes: [] });
    return true;
  }

  #tryVacate(group: readonly Slot[]): boolean {
    const draft = new Draft(this.#now.image, this.#now.slots, this.#form);
    for (const slot of group) draft.vacate(slot);
    if (!this.#seal(draft)) return false;
    this.#adopt(draft, { ...this.#now, writes: [] });
    return true;
  }

  /** Where a switch of this slot writes: of a continuation message that is there only the body changes. */
  #doorSector({ offset, type }: Slot): number {
    return this.#sectorOf(type === MESSAGE.continuation ? offset + this.#form.header : offset);
  }

  /** Name a new continuation block from a slot. */
  #open(
    door: Slot,
    vacated: readonly Slot[],
    inside: KeyedMessages,
    outside: KeyedMessages,
    target: Target,
    writes: BlockWrite[],
  ): void {
    const draft = new Draft(this.#now.image, this.#now.slots, this.#form);
    for (const slot of [...vacated, door]) draft.vacate(slot);
    draft.place(door.offset, undefined, this.#continuation(outside, target));
    this.#seal(draft); // it could be done, as the plan found
    this.#adopt(draft, { inside, outside, outsideCount: Math.max(outside.size, 1), writes });
  }

  #continuation(outside: KeyedMessages, { allocator, commit }: Target): EncodedMessage {
    const list = outside.size > 0 ? [...outside.values()] : [PLACEHOLDER];
    const around = this.#form.version === 1 ? 0 : 8; // signature and checksum
    const size = list.reduce((sum, message) => sum + messageSize(message, this.#form), around);
    this.#free(allocator);
    const address = allocator.metadata(size, { usage: "object-header", sectorSafe: false });
    this.#block = { address, bytes: encodeContinuationBlock(list, size, this.#form) };
    commit.data.push(this.#block);
    const out = new ByteWriter();
    encodeContinuation(out, { address, length: size }, this.#context);
    return { type: MESSAGE.continuation, flags: 0, body: out.bytes() };
  }

  /**
   * Chunk 0 as a whole: what never changes, and a continuation message beside the checksum. One write across a border,
   * which a power loss may tear; the next changes need none.
   */
  #rewrite(raised: KeyedMessages | undefined, messages: KeyedMessages, target: Target): void {
    for (const [all, writes] of [
      [raised, target.commit.raise],
      [messages, target.publish],
    ] as const) {
      if (all === undefined) continue;
      const room = this.#doorPlace();
      const kept: [string, EncodedMessage][] = [];
      let used = this.#form.prefix;
      const { header } = this.#form;
      const free = room.needsFree ? ANY_BLOCK + header : header;
      for (const [key, message] of all) {
        const size = messageSize(message, this.#form);
        const left = room.offset - used - size;
        if (!NEVER_CHANGED.includes(message.type) || left < 0 || (left < free && (left > 0 || room.needsFree)))
          continue;
        kept.push([key, message]);
        used += size;
      }
      const inside = new Map(kept);
      const outside = new Map([...all].filter(([key]) => !inside.has(key)));
      const door = this.#continuation(outside, target);
      const draft = Draft.filled(this.#now.image, this.#form, kept, room.offset, door);
      if (this.#form.version === 2) draft.setChecksum();
      this.#adopt(draft, { inside, outside, outsideCount: Math.max(outside.size, 1), writes, whole: true });
    }
  }

  /** Where a continuation message can be switched together with the checksum, or without it. */
  #doorPlace(): { offset: number; needsFree: boolean } {
    const { header, end, prefix, version } = this.#form;
    const size = header + DOOR_BODY;
    const offset = end - size;
    if (offset < prefix) {
      throw new Hdf5UnsupportedError("editing an object header without room for a continuation message");
    }
    // Fewer bytes than a NIL has are a gap, which stands at the end.
    if (offset - prefix < header) return { offset: prefix, needsFree: false };
    if (!crossesSector(this.#address + offset + header, DOOR_BODY + (version === 2 ? 4 : 0)))
      return { offset, needsFree: false };
    // Before the last border, what is left behind it a NIL.
    const border = Math.floor((this.#address + end) / SECTOR) * SECTOR - this.#address;
    const before = Math.min(border, end - header) - size;
    return before >= prefix + header ? { offset: before, needsFree: version === 2 } : { offset, needsFree: false };
  }

  /** libhdf5 holds that there is no NIL where a few bytes are left at the end (H5Ocache.c: H5O__chunk_deserialize). */
  #gapBesideNil(draft: Draft): boolean {
    return draft.gap > 0 && draft.slots.some(({ type }) => type === MESSAGE.nil);
  }

  #free(allocator: Allocator): void {
    if (this.#block !== undefined) allocator.free(this.#block.address, this.#block.bytes.length, "metadata");
    this.#block = undefined;
  }

  /** Can the draft be written inside one sector? In version 2 its checksum is put right, or kept. */
  #seal(draft: Draft): boolean {
    const { version, end, prefix } = this.#form;
    const { image } = this.#now;
    const sectors = new Set<number>();
    for (let i = prefix; i < end; i++) if (draft.image[i] !== image[i]) sectors.add(this.#sectorOf(i));
    if (version === 1 || sectors.size === 0) return sectors.size <= 1;
    if (sectors.size > 1) return false;
    const [sector] = sectors;
    if (sector === this.#sectorOf(end) && sector === this.#sectorOf(end + 3)) {
      draft.setChecksum();
      return true;
    }
    for (const { offset, size, type } of draft.slots) {
      if (type !== MESSAGE.nil) continue;
      const body = offset + this.#form.header;
      for (let at = Math.ceil(body / HASH_BLOCK) * HASH_BLOCK; at + HASH_BLOCK <= body + size; at += HASH_BLOCK) {
        if (this.#sectorOf(at) !== sector || this.#sectorOf(at + HASH_BLOCK - 1) !== sector) continue;
        const bytes = compensation(image.subarray(0, end), draft.image.subarray(0, end), at / HASH_BLOCK);
        if (bytes === undefined) continue;
        draft.image.set(bytes, at);
        return true;
      }
    }
    return false;
  }

  /** Take a draft as written. */
  #adopt(
    draft: Draft,
    {
      inside,
      outside,
      outsideCount,
      writes,
      whole,
    }: Pick<Stored, "inside" | "outside" | "outsideCount"> & { writes: BlockWrite[]; whole?: boolean },
  ): void {
    const image = draft.image.slice();
    const { slots } = draft;
    if (this.#form.version === 1) setNumber(image, COUNT_AT, slots.length + outsideCount, 2);
    this.#write(image, writes, whole === true);
    this.#now = { image, slots, inside, outside, outsideCount };
  }

  #setLinkCount(linkCount: number, writes: BlockWrite[]): void {
    const image = this.#now.image.slice();
    setNumber(image, LINKS_AT, linkCount, 4);
    this.#write(image, writes, false);
    this.#now = { ...this.#now, image };
  }

  /** One write per sector, the prefix alone last. */
  #write(image: Uint8Array, writes: BlockWrite[], whole: boolean): void {
    const before = this.#now.image;
    const ranges: [start: number, end: number][] = [];
    for (let i = 0; i < image.length; i++) {
      if (image[i] === before[i]) continue;
      const last = ranges.at(-1);
      if (last !== undefined && (whole || this.#sectorOf(last[0]) === this.#sectorOf(i))) last[1] = i + 1;
      else ranges.push([i, i + 1]);
    }
    for (const [start, end] of ranges.reverse()) {
      writes.push({ address: this.#address + start, bytes: image.slice(start, end) });
    }
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

function same(a: EncodedMessage | undefined, b: EncodedMessage | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.type !== b.type || a.flags !== b.flags) return false;
  if ((a.creationIndex ?? 0) !== (b.creationIndex ?? 0)) return false;
  return a.body.length === b.body.length && a.body.every((byte, i) => byte === b.body[i]);
}

function setNumber(bytes: Uint8Array, at: number, value: number, width: number): void {
  for (let i = 0; i < width; i++) bytes[at + i] = Math.floor(value / 256 ** i) % 256;
}
