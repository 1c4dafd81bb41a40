/**
 * The header of one object while its file is edited: its messages, where its chunks lie, and what was published.
 * Reading goes by the object's state; this is what the next flush encodes.
 */

import { ByteWriter } from "../bytes/byte-writer.js";
import { Hdf5UnsupportedError } from "../errors.js";
import type { FormatContext } from "../format/context.js";
import { encodeContinuation } from "../format/messages/continuation.js";
import { decodeLink, type LinkMessage, linkKey } from "../format/messages/link.js";
import { isKnownMessage, MESSAGE, MESSAGE_FLAG } from "../format/messages/message-types.js";
import { encodeReferenceCount } from "../format/messages/reference-count.js";
import { encodeSymbolTable } from "../format/messages/symbol-table.js";
import {
  type EncodedMessage,
  encodeContinuationBlock,
  encodeHeaderBlock0,
  type HeaderMessage,
  messageCursor,
  type ObjectHeader,
} from "../format/object-header.js";
import type { ObjectState } from "../model/state.js";
import type { Allocator } from "./allocator.js";
import type { BlockWrite, Commit } from "./commit.js";
import { type DenseAddresses, type DenseStorage, NOWHERE } from "./dense-storage.js";
import { formOfNew, type HeaderForm, type HeaderLayout, inOrder, layOutHeader, totalSize } from "./header-layout.js";
import { SlotHeader } from "./header-slots.js";
import { attributeName, attributeSource, encodedLink, linkSource, phaseChangeOfGroup } from "./member-sources.js";
import { type MemberSource, MemberStorage, PHASE_CHANGE, type PhaseChange } from "./member-storage.js";
import { fitsOldGroup, type OldGroup } from "./old-group.js";
import {
  attributeInfoBody,
  isReferenceCount,
  keyed,
  keyOf,
  linkInfoBody,
  type RecordMessage,
  sameBytes,
  sameMessages,
} from "./record-messages.js";
import type { WrittenAttribute } from "./written-attribute.js";

/** Creation indexes of attributes stay below it; they are not given back. */
const MAX_ATTRIBUTE_INDEX = 65_535; // H5O_MAX_CRT_ORDER_IDX
/** 65,535 messages are counted: the rest is for those that are no attributes, and for NILs between them. */
const MAX_ATTRIBUTES_1 = 65_000;

/** One encoded chunk and where it lies. */
interface Placed {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly padded: true;
}

export class ObjectRecord {
  readonly state: ObjectState;
  readonly #context: FormatContext;
  /** Attributes and links have their own places. */
  readonly #messages: RecordMessage[];
  readonly #form: HeaderForm;
  readonly #existing: ObjectHeader | undefined;
  /** Chunk 0: its size once laid out; before, what is reserved. */
  #size: number | undefined;
  readonly #reserved: number;
  #chunk0: Uint8Array | undefined;
  #continuation: Placed | undefined;
  /** Continuations of a header of another writer, given up with the first rewrite. */
  #foreign: readonly { readonly address: number; readonly length: number }[] = [];
  #published: readonly RecordMessage[] | undefined;
  /** Chunk 0 of another writer crosses a sector: it is patched, not written anew. */
  #slots: SlotHeader | undefined;
  /** The links of an old-style group; others are messages. */
  #oldGroup: OldGroup | undefined;
  /** Left behind when the group got links that only messages can hold. */
  #leftBehind: OldGroup | undefined;
  #publishedLinkCount: number;
  /** The published count is too high: its links are gone since the last flush. */
  #lowering = false;
  /** One link more for this flush. */
  #pulse = 0;
  readonly #links: MemberStorage;
  readonly #attributes: MemberStorage;

  private constructor(
    state: ObjectState,
    context: FormatContext,
    form: HeaderForm,
    existing: ObjectHeader | undefined,
    reserved: number,
    messages: RecordMessage[],
  ) {
    this.state = state;
    this.#messages = messages;
    this.#context = context;
    this.#form = form;
    this.#existing = existing;
    this.#reserved = reserved;
    this.#publishedLinkCount = existing?.referenceCount ?? 0;
    this.#links = new MemberStorage(context, MESSAGE.link);
    this.#attributes = new MemberStorage(context, MESSAGE.attribute);
  }

  /**
   * A new object whose chunk 0 has `reserved` bytes at `state.address`.
   * @param messages one of each type; the record's from now on.
   */
  static create(
    state: ObjectState,
    context: FormatContext,
    reserved: number,
    messages: EncodedMessage[] = [],
  ): ObjectRecord {
    const form = formOfNew(state, context);
    return new ObjectRecord(state, context, form, undefined, reserved, messages);
  }

  /**
   * An object of the file.
   * @param chunk0Bytes the bytes of its first block, when that crosses a sector
   * @param attributeKeys names (`linkKey`) of the attributes in the header, in its order: a shared message says no name
   * @throws Hdf5UnsupportedError when its header is of a form that cannot be edited.
   */
  static load(
    state: ObjectState,
    header: ObjectHeader,
    context: FormatContext,
    chunk0Bytes: Uint8Array | undefined,
    attributeKeys: readonly string[] = [],
  ): ObjectRecord {
    const where = { file: state.file.name };
    if (header.failIfUnknownWhenWriting) {
      throw new Hdf5UnsupportedError("editing an object with a message that must be understood for it", where);
    }
    const trackOrder = (header.flags & 0x04) !== 0;
    const optionalPrefix = ((header.flags & 0x20) !== 0 ? 16 : 0) + ((header.flags & 0x10) !== 0 ? 4 : 0);
    const chunk0 = header.chunks[0] as { address: number; length: number }; // every header has one
    const form = { version: header.version, trackOrder, optionalPrefix };
    const record = new ObjectRecord(state, context, form, header, chunk0.length, []);
    record.#size = chunk0.length;
    record.#foreign = header.chunks.slice(1);
    const keysOfChunk0 = new Map<number, string>();
    header.messages.forEach((message, i) => {
      const { type, creationIndex, body } = message;
      let encoded: RecordMessage = { type, flags: editedFlags(message), creationIndex, body: body.slice() };
      if (type === MESSAGE.link) {
        const link = decodeLink(messageCursor(message, "link message"), context);
        encoded = record.#links.adopt(linkKey(link.nameBytes), encoded);
        record.#links.raiseIndex((link.creationOrder ?? -1) + 1);
      } else if (type === MESSAGE.attribute) {
        const shared = (message.flags & MESSAGE_FLAG.shared) !== 0;
        const name = (shared ? attributeKeys[record.#attributes.count] : attributeName(message)) ?? `#${i}`;
        encoded = record.#attributes.adopt(name, encoded);
        record.#attributes.raiseIndex((creationIndex ?? -1) + 1);
      } else {
        if (record.#messages.some((other) => other.type === type)) encoded = { ...encoded, key: `#${i}` };
        record.#messages.push(encoded);
      }
      const key = keyOf(encoded);
      if (message.chunk === 0) keysOfChunk0.set(message.address - header.address, key);
    });
    record.#published = record.#allMessages();
    if (chunk0Bytes !== undefined) {
      record.#slots = new SlotHeader(header, chunk0Bytes, keysOfChunk0, keyed(record.#published), context);
    }
    return record;
  }

  /** Was the object never flushed? */
  get isNew(): boolean {
    return this.#published === undefined;
  }

  /** What lies in heaps of the file. Messages beside them are of an interrupted change, and go with the next flush. */
  useDense(links: DenseStorage | undefined, attributes: DenseStorage | undefined): void {
    if (links !== undefined) this.#links.useDense(links);
    if (attributes !== undefined) this.#attributes.useDense(attributes);
  }

  /** Can an attribute take more than a header message? */
  get holdsLargeAttributes(): boolean {
    return this.#form.version === 2;
  }

  /** Put a message of which the header has one at most. */
  set(type: number, body: Uint8Array, flags = 0): void {
    const messages = this.#messages;
    const at = this.#placeOf(type);
    const creationIndex = messages[at]?.creationIndex ?? 0;
    messages[at < 0 ? messages.length : at] = { type, flags, creationIndex, body, key: undefined };
  }

  remove(type: number): void {
    const at = this.#placeOf(type);
    if (at >= 0) this.#messages.splice(at, 1);
  }

  #placeOf(type: number): number {
    const messages = this.#messages;
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i] as RecordMessage; // below the length
      if (message.type === type && message.key === undefined) return i;
    }
    return -1;
  }

  /** @throws Hdf5UnsupportedError when a header of version 1 is full: its messages are counted in 2 bytes. */
  checkRoomForAttribute(): void {
    if (this.#form.version === 1 && this.#attributes.count >= MAX_ATTRIBUTES_1) {
      throw new Hdf5UnsupportedError(`more than ${MAX_ATTRIBUTES_1} attributes in the oldest object headers`);
    }
  }

  /**
   * Next creation index of an attribute, when order is kept. Replacing one takes one more, as in h5py.
   * @throws Hdf5UnsupportedError when all were given.
   */
  takeAttributeIndex(wanted: number = this.#attributes.nextIndex): number | undefined {
    if (!this.#form.trackOrder) return undefined;
    if (wanted >= MAX_ATTRIBUTE_INDEX) {
      throw new Hdf5UnsupportedError(`more than ${MAX_ATTRIBUTE_INDEX} attributes made where their order is kept`);
    }
    this.#attributes.raiseIndex(wanted + 1);
    return wanted;
  }

  takeLinkIndex(wanted: number = this.#links.nextIndex): number | undefined {
    if (this.state.linkOrder === "none") return undefined;
    this.#links.raiseIndex(wanted + 1);
    return wanted;
  }

  /** Continue numbering where the link info or attribute info message says. */
  raiseIndexes(link: number | undefined, attribute: number | undefined): void {
    this.#links.raiseIndex(link ?? 0);
    this.#attributes.raiseIndex(attribute ?? 0);
  }

  setAttribute(attribute: WrittenAttribute): void {
    this.#attributes.set(attribute.key, attribute, attribute);
  }

  deleteAttribute(nameBytes: Uint8Array): void {
    this.#attributes.delete(nameBytes);
  }

  setLink(link: LinkMessage): void {
    if (this.#oldGroup !== undefined) {
      if (fitsOldGroup(link)) {
        this.#oldGroup.set(link);
        return;
      }
      this.#renewGroup();
    }
    this.#setLink(link);
  }

  #setLink(link: LinkMessage): void {
    const item = encodedLink(link, this.#context);
    this.#links.setItem(linkKey(link.nameBytes), item);
  }

  /** Links in a symbol table become messages, as libhdf5 does it for the first link that a table cannot hold. */
  #renewGroup(): void {
    this.#leftBehind = this.#oldGroup;
    this.#oldGroup = undefined;
    this.remove(MESSAGE.symbolTable);
    this.writeLinkInfo();
    this.set(MESSAGE.groupInfo, new Uint8Array(2)); // version 0, no optional fields
    for (const link of this.state.links?.values() ?? []) this.#setLink(link);
  }

  /** The group has a symbol table. */
  useSymbolTable(group: OldGroup): void {
    this.#oldGroup = group;
    this.#writeSymbolTable(group);
  }

  #writeSymbolTable(group: OldGroup): void {
    const out = new ByteWriter();
    encodeSymbolTable(out, group.table, this.#context);
    this.set(MESSAGE.symbolTable, out.bytes());
  }

  get oldGroup(): OldGroup | undefined {
    return this.#oldGroup;
  }

  deleteLink(nameBytes: Uint8Array): void {
    if (this.#oldGroup !== undefined) {
      this.#oldGroup.delete(nameBytes);
      return;
    }
    this.#links.delete(nameBytes);
  }

  static #linkLimits(this: void, record: ObjectRecord): PhaseChange {
    return phaseChangeOfGroup(record.#messages[record.#placeOf(MESSAGE.groupInfo)]);
  }

  static #linksOf(this: void, record: ObjectRecord): MemberSource {
    return linkSource(record.state, record.#context);
  }

  static #attributeLimits(this: void, record: ObjectRecord): PhaseChange {
    return record.#existing?.attributePhaseChange ?? PHASE_CHANGE;
  }

  static #attributesOf(this: void, record: ObjectRecord): MemberSource {
    return attributeSource(record.state, record.#context, record.holdsLargeAttributes);
  }

  /** Links and attributes where they shall be, and the messages that say where. */
  #flushMembers(allocator: Allocator, commit: Commit): void {
    const { state } = this;
    const links = this.#links;
    if (links.changed || links.later) {
      const wasDense = links.isDense;
      const addresses = links.flush(this, ObjectRecord.#linkLimits, ObjectRecord.#linksOf, allocator, commit);
      if (wasDense || links.isDense || state.linkOrder !== "none") this.writeLinkInfo(addresses);
      links.changed = false;
    }
    const attributes = this.#attributes;
    if (attributes.changed || attributes.later) {
      const addresses = attributes.flush(
        this,
        ObjectRecord.#attributeLimits,
        ObjectRecord.#attributesOf,
        allocator,
        commit,
      );
      this.#writeAttributeInfo(addresses);
      attributes.changed = false;
    }
  }

  writeLinkInfo(addresses: DenseAddresses = NOWHERE): void {
    this.set(MESSAGE.linkInfo, linkInfoBody(this.state.linkOrder, this.#links.nextIndex, addresses, this.#context));
  }

  /**
   * Of a version-2 header libhdf5 counts the attributes only where it finds this message, and takes none for granted
   * elsewhere; without attributes there is none (H5Oattribute.c: H5O__attr_count_real, H5O__attr_remove_update).
   */
  #writeAttributeInfo(addresses: DenseAddresses): void {
    if (this.#form.version === 1) return;
    const { count, nextIndex } = this.#attributes;
    if (count === 0) this.remove(MESSAGE.attributeInfo);
    else {
      const { attributeOrder } = this.state;
      this.set(MESSAGE.attributeInfo, attributeInfoBody(attributeOrder, nextIndex, addresses, this.#context));
    }
  }

  #allMessages(): RecordMessage[] {
    const all = this.#messages.slice();
    for (const message of this.#attributes.messages()) all.push(message);
    for (const message of this.#links.messages()) all.push(message);
    return all;
  }

  /**
   * Encode what has changed. New headers go to the data epoch whole; of existing ones the continuation does, and
   * chunk 0 is published. A raised link count is published one epoch earlier, on the messages published before.
   * @returns true when something is left for a later flush: the stored link count is to be lowered, or what no index
   * names any more is to be given up.
   */
  flush(allocator: Allocator, commit: Commit, publish: BlockWrite[]): boolean {
    const { state } = this;
    this.#leftBehind?.release(allocator);
    this.#leftBehind = undefined;
    const links = this.#oldGroup;
    if (links?.flush(allocator, commit, this.isNew ? commit.data : publish)) this.#writeSymbolTable(links);
    this.#flushMembers(allocator, commit);
    const unfinished = this.#links.later || this.#attributes.later;
    const peak = state.linkCount + (this.isNew ? 0 : this.#pulse);
    this.#pulse = 0;
    const raised = !this.isNew && peak > this.#publishedLinkCount;
    const linkCount = Math.max(peak, this.#lowering ? 0 : this.#publishedLinkCount);
    if (this.#slots === undefined && raised && this.#published !== undefined) {
      this.#emit(this.#withLinkCount(this.#published, linkCount), linkCount, allocator, commit, commit.raise);
    }
    const messages = this.#withLinkCount(this.#allMessages(), linkCount);
    const sameCount = this.#form.version === 2 || linkCount === this.#publishedLinkCount;
    if (!raised && sameCount && this.#published !== undefined && sameMessages(messages, this.#published)) {
      this.#lowering = state.linkCount < linkCount;
      return this.#lowering || unfinished;
    }
    const chunk0Epoch = this.isNew ? commit.data : publish;
    if (this.#slots !== undefined) {
      const before =
        raised && this.#published !== undefined ? this.#withLinkCount(this.#published, linkCount) : undefined;
      this.#slots.emit(before && keyed(before), keyed(messages), linkCount, { allocator, commit, publish });
    } else this.#emit(messages, linkCount, allocator, commit, chunk0Epoch);
    this.#published = messages;
    this.#publishedLinkCount = linkCount;
    this.#lowering = state.linkCount < linkCount;
    return this.#lowering || unfinished;
  }

  /** For this flush the count covers one link more: the object is moved between two groups. */
  pulse(): void {
    this.#pulse = 1;
  }

  /** Version 2 keeps the link count in a message, and none for 1. */
  #withLinkCount(messages: readonly RecordMessage[], linkCount: number): readonly RecordMessage[] {
    if (this.#form.version === 1) return messages;
    if (linkCount === 1 && !messages.some(isReferenceCount)) return messages;
    const counted = messages.filter((message) => !isReferenceCount(message));
    if (linkCount === 1) return counted;
    const out = new ByteWriter();
    encodeReferenceCount(out, linkCount);
    counted.push({ type: MESSAGE.referenceCount, flags: 0, creationIndex: 0, body: out.bytes() });
    return counted;
  }

  #emit(
    messages: readonly EncodedMessage[],
    linkCount: number,
    allocator: Allocator,
    commit: Commit,
    chunk0Epoch: BlockWrite[],
  ): void {
    const { address } = this.state;
    const { data } = commit;
    const layout = this.#layOut(messages, allocator);
    const { chunk0 } = layout;
    if (layout.continuation.length > 0) {
      const around = this.#form.version === 1 ? 0 : 8; // signature and checksum
      const size = totalSize(layout.continuation, this.#form) + around;
      const bytes = encodeContinuationBlock(layout.continuation, size, this.#form);
      if (this.#continuation === undefined || !sameBytes(this.#continuation.bytes, bytes)) {
        this.#freeContinuation(allocator);
        const place = allocator.metadata(size, { usage: "object-header", sectorSafe: false, owner: address });
        this.#continuation = { address: place, bytes, padded: true };
        data.push(this.#continuation);
      }
      const next = { address: this.#continuation.address, length: size };
      const body = ByteWriter.encoded((out) => encodeContinuation(out, next, this.#context));
      chunk0.push({ type: MESSAGE.continuation, flags: 0, creationIndex: 0, body });
    } else this.#freeContinuation(allocator);
    for (const { address, length } of this.#foreign) allocator.free(address, length, "metadata");
    this.#foreign = [];
    const bytes = encodeHeaderBlock0(chunk0, layout.size, {
      version: this.#form.version,
      trackOrder: this.#form.trackOrder,
      existing: this.#existing,
      indexOrder: this.state.attributeOrder === "indexed",
      linkCount,
      messagesElsewhere: layout.continuation.length,
    });
    if (this.#chunk0 !== undefined && sameBytes(this.#chunk0, bytes)) return;
    this.#chunk0 = bytes;
    chunk0Epoch.push({ address, bytes, padded: this.isNew, room: this.isNew ? this.#reserved : undefined });
  }

  #layOut(messages: readonly EncodedMessage[], allocator: Allocator): HeaderLayout {
    const layout = layOutHeader(inOrder(messages), this.#form, this.#size, this.#reserved);
    if (layout === undefined) {
      throw new Hdf5UnsupportedError("editing an object header without room for a continuation message");
    }
    if (this.#size === undefined) {
      this.#size = layout.size;
      const used = Math.ceil(layout.size / 8) * 8;
      allocator.giveBack(this.state.address + used, this.#reserved - used, "metadata");
    }
    return layout;
  }

  #freeContinuation(allocator: Allocator): void {
    if (this.#continuation === undefined) return;
    allocator.free(this.#continuation.address, this.#continuation.bytes.length, "metadata");
    this.#continuation = undefined;
  }

  /** The object has no name left: give up what can be reused. The space of chunk 0 stays, so that no reference ever names a stranger. */
  release(allocator: Allocator): void {
    this.#oldGroup?.release(allocator);
    this.#links.release(allocator);
    this.#attributes.release(allocator);
    if (this.#slots !== undefined) {
      this.#slots.release(allocator);
      return;
    }
    this.#freeContinuation(allocator);
    for (const { address, length } of this.#foreign) allocator.free(address, length, "metadata");
    this.#foreign = [];
  }
}

/** A writer that does not know a message marks it so where the message asks for that. */
function editedFlags({ type, flags }: HeaderMessage): number {
  return isKnownMessage(type) || (flags & MESSAGE_FLAG.markIfUnknown) === 0 ? flags : flags | MESSAGE_FLAG.wasUnknown;
}
