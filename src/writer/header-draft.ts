/** Chunk 0 of a header as it shall be: its bytes and the messages in them, each in its slot. Spec: IV.A.1. */
import { ByteWriter } from "../bytes/byte-writer.js";
import { lookup3 } from "../bytes/checksum.js";
import { MESSAGE, MESSAGE_FLAG } from "../format/messages/message-types.js";
import { type EncodedMessage, encodeMessage, type ObjectHeader } from "../format/object-header.js";

/** One message of chunk 0: where its header lies, and the bytes of its body. */
export interface Slot {
  readonly offset: number;
  readonly size: number;
  readonly type: number;
  /** Of the message it holds; absent for NIL and continuation. */
  readonly key?: string | undefined;
}

/** How messages lie in a chunk 0. */
export interface SlotForm {
  readonly version: 1 | 2;
  readonly trackOrder: boolean;
  /** Bytes of a message header. */
  readonly header: number;
  /** Bytes before the first message. */
  readonly prefix: number;
  /** End of the messages, and of the gap in version 2. */
  readonly end: number;
}

export function slotForm(header: ObjectHeader, length: number): SlotForm {
  if (header.version === 1) return { version: 1, trackOrder: false, header: 8, prefix: 16, end: length };
  const { flags } = header;
  const trackOrder = (flags & 0x04) !== 0;
  const optional = ((flags & 0x20) !== 0 ? 16 : 0) + ((flags & 0x10) !== 0 ? 4 : 0);
  const prefix = 6 + optional + 2 ** (flags & 0x03);
  return { version: 2, trackOrder, header: trackOrder ? 6 : 4, prefix, end: length - 4 };
}

/** The slots of a stored chunk 0; in version 2 a gap may follow them. */
export function slotsOf(image: Uint8Array, keys: ReadonlyMap<number, string>, form: SlotForm): Slot[] {
  const at = form.version === 1 ? 2 : 1; // of the size
  const slots: Slot[] = [];
  for (let offset = form.prefix; offset + form.header <= form.end; ) {
    const size = (image[offset + at] ?? 0) + 256 * (image[offset + at + 1] ?? 0);
    const body = offset + form.header;
    slots.push({ offset, size, type: image[offset] ?? 0, key: keys.get(body) });
    offset = body + size;
  }
  return slots;
}

export class Draft {
  readonly image: Uint8Array;
  readonly #form: SlotForm;
  slots: readonly Slot[];

  constructor(image: Uint8Array, slots: readonly Slot[], form: SlotForm) {
    this.image = image.slice();
    this.slots = slots;
    this.#form = form;
  }

  /** Bytes behind the last slot. */
  get gap(): number {
    const last = this.slots.at(-1);
    return this.#form.end - (last === undefined ? this.#form.prefix : last.offset + this.#form.header + last.size);
  }

  /** A message becomes NIL: its type alone says so. */
  vacate({ offset, size }: Slot): void {
    this.image[offset] = MESSAGE.nil; // the high byte of version 1 is 0 for every known type
    if (this.#form.version === 1) this.image[offset + 1] = 0;
    // libhdf5 refuses a NIL that is marked shareable, as messages of files with shared messages are.
    const flags = offset + (this.#form.version === 1 ? 4 : 3);
    this.image[flags] = (this.image[flags] as number) & ~MESSAGE_FLAG.shareable; // every slot has a whole header
    this.#replace(offset, [{ offset, size, type: MESSAGE.nil }]);
  }

  #encoded(message: EncodedMessage): Uint8Array {
    const out = new ByteWriter();
    encodeMessage(out, message, this.#form);
    return out.bytes();
  }

  /** Does a message fit a slot, with nothing left or at least a NIL's header? */
  fits(slot: Slot, message: EncodedMessage): boolean {
    const rest = slot.size + this.#form.header - this.#encoded(message).length;
    return rest === 0 || rest >= this.#form.header;
  }

  /** Put a message in the place of a NIL; what is left stays one. False: it does not fit. */
  place(offset: number, key: string | undefined, message: EncodedMessage): boolean {
    const nil = this.slots.find((slot) => slot.offset === offset);
    if (nil === undefined || !this.fits(nil, message)) return false;
    const { header } = this.#form;
    const bytes = this.#encoded(message);
    this.image.set(bytes, offset);
    const taken: Slot[] = [{ offset, size: bytes.length - header, type: message.type, key }];
    const rest = nil.size + header - bytes.length;
    if (rest > 0) taken.push(this.#nil(offset + bytes.length, rest));
    this.#replace(offset, taken);
    return true;
  }

  /** The header of a NIL over so many bytes: its body may hold anything. */
  #nil(offset: number, bytes: number): Slot {
    const { header } = this.#form;
    const size = bytes - header;
    const empty = this.#encoded({ type: MESSAGE.nil, flags: 0, body: new Uint8Array(0) });
    this.image.set(empty, offset);
    const at = offset + (this.#form.version === 1 ? 2 : 1);
    this.image[at] = size & 0xff;
    this.image[at + 1] = size >> 8;
    return { offset, size, type: MESSAGE.nil };
  }

  /** Messages from the start on, a continuation message at an offset, NILs where bytes are left. */
  static filled(
    image: Uint8Array,
    form: SlotForm,
    messages: Iterable<readonly [key: string, message: EncodedMessage]>,
    doorOffset: number,
    door: EncodedMessage,
  ): Draft {
    const draft = new Draft(image, [], form);
    draft.image.fill(0, form.prefix);
    const slots: Slot[] = [];
    let at = form.prefix;
    const put = (key: string | undefined, message: EncodedMessage): void => {
      const bytes = draft.#encoded(message);
      draft.image.set(bytes, at);
      slots.push({ offset: at, size: bytes.length - form.header, type: message.type, key });
      at += bytes.length;
    };
    for (const [key, message] of messages) put(key, message);
    if (at < doorOffset) slots.push(draft.#nil(at, doorOffset - at));
    at = doorOffset;
    put(undefined, door);
    if (form.end - at >= form.header) slots.push(draft.#nil(at, form.end - at));
    draft.slots = slots;
    return draft;
  }

  /** Version 2: over all bytes before it. */
  setChecksum(): void {
    const { end } = this.#form;
    const out = new ByteWriter(4);
    out.u32(lookup3(this.image.subarray(0, end)));
    this.image.set(out.written(), end);
  }

  #replace(offset: number, by: readonly Slot[]): void {
    this.slots = this.slots.flatMap((slot) => (slot.offset === offset ? by : [slot]));
  }
}
