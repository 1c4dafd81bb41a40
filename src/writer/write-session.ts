/** What all editing operations of one file share: its space, its device, and the objects that changed. */
import { ByteWriter } from "../bytes/byte-writer.js";
import type { Cursor } from "../bytes/cursor.js";
import type { EncodeOptions } from "../datatypes/encode-options.js";
import { Hdf5StateError, Hdf5UsageError } from "../errors.js";
import { type FormatContext, storedAddressIn } from "../format/context.js";
import { decodeAttributeInfo } from "../format/messages/attribute-info.js";
import { encodeGroupInfo } from "../format/messages/group-info.js";
import type { LinkMessage } from "../format/messages/link.js";
import { decodeLinkInfo, encodeLinkInfo } from "../format/messages/link-info.js";
import { MESSAGE } from "../format/messages/message-types.js";
import { encodeObjectComment } from "../format/messages/object-comment.js";
import { decodeSymbolTable, type SymbolTable } from "../format/messages/symbol-table.js";
import { type EncodedMessage, messageCursor, type ObjectHeader } from "../format/object-header.js";
import { encodeText } from "../format/text.js";
import { settle } from "../io/settle.js";
import { loadAttributes } from "../model/load-attributes.js";
import { loadLinks } from "../model/load-links.js";
import type { AttributeSlot, FileState, ObjectState } from "../model/state.js";
import type { KeptOrder, KeptOrders, Writer } from "../model/writer-contract.js";
import { type Allocator, crossesSector, SECTOR } from "./allocator.js";
import type { ChunkStore, PendingBudget } from "./chunk-store.js";
import type { BlockDevice } from "./commit.js";
import { type ListedItem, loadDenseAttributes, loadDenseLinks } from "./dense-load.js";
import { NOWHERE } from "./dense-storage.js";
import { newHeaderSize, versionOfNew } from "./header-layout.js";
import type { HeapCollector } from "./heap-collector.js";
import { LINK_PHASE_CHANGE, MAX_MESSAGE, PHASE_CHANGE } from "./member-storage.js";
import { ObjectRecord } from "./object-record.js";
import { OldGroup } from "./old-group.js";

/**
 * Bytes kept for the chunk 0 of a new group: its links come later. What it does not need is given back. Between much data
 * a continuation would cost readers far away a request.
 */
const GROUP_RESERVE = 256;
const GROUP_RESERVE_BETWEEN_DATA = SECTOR;

/** A comment as it is stored. @throws Hdf5UsageError when it cannot be. */
export function commentBytes(text: string | Uint8Array): Uint8Array {
  const bytes = typeof text === "string" ? encodeText(text) : text;
  if (!(bytes instanceof Uint8Array) || bytes.includes(0) || bytes.length >= MAX_MESSAGE) {
    throw new Hdf5UsageError("comment", "cannot be stored", `text without NUL of at most ${MAX_MESSAGE - 1} bytes`);
  }
  return bytes;
}

export class WriteSession {
  readonly file: FileState;
  readonly context: FormatContext;
  /** What encoding of elements is told of the file. */
  readonly encoding: EncodeOptions;
  readonly allocator: Allocator;
  readonly device: BlockDevice;
  readonly heaps: HeapCollector;
  /** Link info of a group that keeps no order, and has no links in a heap. */
  readonly #noLinks: Uint8Array;
  readonly #groupInfo: Uint8Array;
  readonly #records = new Map<ObjectState, ObjectRecord>();
  /** Objects whose header the next flush looks at. */
  readonly dirty: Set<ObjectRecord> = new Set();
  /** Chunked datasets that were written to. */
  readonly stores: Map<ObjectState, ChunkStore> = new Map();
  /** Chunks of all datasets that wait in memory. */
  readonly pendingChunks: PendingBudget = { bytes: 0 };

  /** Blocks of contiguous data that nothing published points at yet. */
  readonly freshBlocks: Set<number> = new Set();
  /** Groups that lost a link to another group: published after the others. */
  readonly publishAgain: Set<ObjectRecord> = new Set();
  /** Groups that took a link from another one. */
  readonly movedInto: Set<ObjectRecord> = new Set();
  /** New groups keep the order of what is made in them. */
  readonly trackOrder: boolean;
  /** New datatypes may be complex numbers of class 11, which HDF5 before 2.0 cannot read. */
  readonly complexNumbers: boolean;
  readonly durability: "process" | "power";
  /** The last failure of a medium other than this file's, after which this file is as it was. */
  failedElsewhere: unknown;
  /** A writer of another file. */
  readonly writerOf: (file: FileState) => Promise<Writer>;
  /** Commit everything so far. */
  readonly flush: () => Promise<void>;

  constructor(
    file: FileState,
    allocator: Allocator,
    device: BlockDevice,
    heaps: HeapCollector,
    options: {
      readonly trackOrder: boolean;
      readonly complexNumbers: boolean;
      readonly durability: "process" | "power";
      readonly flush: () => Promise<void>;
      readonly writerOf: (file: FileState) => Promise<Writer>;
    },
  ) {
    this.trackOrder = options.trackOrder;
    this.complexNumbers = options.complexNumbers;
    this.durability = options.durability;
    this.writerOf = options.writerOf;
    this.flush = options.flush;
    this.file = file;
    this.context = file.context;
    this.#noLinks = ByteWriter.encoded((out) =>
      encodeLinkInfo(
        out,
        { trackOrder: false, indexOrder: false, maxCreationIndex: undefined, ...NOWHERE },
        this.context,
      ),
    );
    this.#groupInfo = ByteWriter.encoded((out) => encodeGroupInfo(out, LINK_PHASE_CHANGE));
    this.encoding = {
      sizeOfOffsets: file.context.sizeOfOffsets,
      storedAddress: storedAddressIn(file.context),
      fileName: file.name,
    };
    this.allocator = allocator;
    this.device = device;
    this.heaps = heaps;
  }

  /**
   * The record of an object that is about to change, its links and attributes loaded.
   * @throws Hdf5StateError when it was deleted; Hdf5UnsupportedError when it is stored in a way that is not edited.
   */
  async edit(state: ObjectState): Promise<ObjectRecord> {
    const known = this.known(state);
    if (known !== undefined) return known;
    const record = await this.#load(state);
    this.#records.set(state, record);
    this.dirty.add(record);
    return record;
  }

  /** As `edit`, where nothing has to be loaded for it. */
  known(state: ObjectState): ObjectRecord | undefined {
    if (state.file !== this.file) {
      throw new Hdf5StateError("read-only", "the object lies in another file, which is open for reading only", {
        file: state.file.name,
      });
    }
    if (state.deleted) throw new Hdf5StateError("deleted", "the object was deleted", { file: this.file.name });
    const record = this.#records.get(state);
    if (record !== undefined) this.dirty.add(record);
    return record;
  }

  async #load(state: ObjectState): Promise<ObjectRecord> {
    const header = state.header as ObjectHeader; // a state without a record was read from the file
    const slots = await loadAttributes(state);
    const links = infoOf(header, MESSAGE.linkInfo, (cur) => decodeLinkInfo(cur, this.context));
    const attributes = infoOf(header, MESSAGE.attributeInfo, (cur) => decodeAttributeInfo(cur, this.context));
    const keys = attributes?.heapAddress === undefined ? [...slots.keys()] : [];
    const record = ObjectRecord.load(state, header, this.context, await this.#chunk0Bytes(header), keys);
    record.raiseIndexes(links?.maxCreationIndex, attributes?.maxCreationIndex);
    if (state.kind === "group") {
      const found = await loadLinks(state);
      if (links?.heapAddress !== undefined)
        record.useDense(await loadDenseLinks(this.file, links, listedLinks(found)), undefined);
      const table = links === undefined ? symbolTableOf(header, this.context) : undefined;
      if (table !== undefined) record.useSymbolTable(await OldGroup.load(this.file, table));
    }
    if (attributes?.heapAddress !== undefined) {
      record.useDense(undefined, await loadDenseAttributes(this.file, attributes, listedAttributes(slots)));
    }
    return record;
  }

  /** Chunk 0 as it is, where a part of it must be written alone. */
  async #chunk0Bytes(header: ObjectHeader): Promise<Uint8Array | undefined> {
    const { address, length } = header.chunks[0] as { address: number; length: number }; // every header has one
    if (!crossesSector(address, length)) return undefined;
    return await settle(this.file.pager, (source) => source.read(address, length, "object header").bytes.slice());
  }

  /** A flush is complete. */
  flushed(): void {
    this.allocator.flushed();
    this.heaps.flushed();
    this.freshBlocks.clear();
    this.publishAgain.clear();
    this.movedInto.clear();
  }

  /**
   * A new object with these messages, one of each type; attributes decide the size of its header and are added by the
   * caller.
   * @param reserved address of a sector for it.
   */
  newObject(
    kind: ObjectState["kind"],
    messages: EncodedMessage[],
    attributes: readonly { readonly body: Uint8Array }[],
    attributeOrder: KeptOrder = "none",
    reserved?: number | undefined,
  ): { state: ObjectState; record: ObjectRecord } {
    const version = versionOfNew({ attributeOrder }, this.context);
    const trackOrder = attributeOrder !== "none";
    let size = SECTOR;
    if (reserved === undefined) {
      const all =
        attributes.length === 0 ? messages : this.#withAttributes(messages, attributes, version, attributeOrder);
      size = newHeaderSize(all, version, trackOrder);
    }
    const state = newState(this.file, kind, reserved ?? this.headerSpace(size), {
      links: "none",
      attributes: attributeOrder,
    });
    const record = ObjectRecord.create(state, this.context, size, messages);
    this.#register(state, record);
    return { state, record };
  }

  /** What the header of a new object is to hold, attributes included. */
  #withAttributes(
    messages: readonly EncodedMessage[],
    attributes: readonly { readonly body: Uint8Array }[],
    version: 1 | 2,
    attributeOrder: KeptOrder,
  ): EncodedMessage[] {
    // More than the header may hold go to a heap.
    const compact =
      version === 1 ||
      (attributes.length <= PHASE_CHANGE.maxCompact && attributes.every(({ body }) => body.length <= MAX_MESSAGE));
    const all = [...messages];
    if (compact) for (const { body } of attributes) all.push({ type: MESSAGE.attribute, flags: 0, body });
    if (version === 2) {
      const { sizeOfOffsets } = this.context;
      const order = attributeOrder === "none" ? 0 : 2;
      const length = 2 + order + (attributeOrder === "indexed" ? 3 : 2) * sizeOfOffsets;
      all.push({ type: MESSAGE.attributeInfo, flags: 0, body: new Uint8Array(length) });
    }
    return all;
  }

  /** Put a comment on an object, or take it away. */
  setComment(state: ObjectState, record: ObjectRecord, text: string | Uint8Array | undefined): void {
    state.comment = text === undefined ? undefined : commentBytes(text);
    const { comment } = state;
    if (comment === undefined) record.remove(MESSAGE.objectComment);
    else
      record.set(
        MESSAGE.objectComment,
        ByteWriter.encoded((out) => encodeObjectComment(out, comment)),
      );
  }

  #register(state: ObjectState, record: ObjectRecord): void {
    this.#records.set(state, record);
    this.dirty.add(record);
    this.file.objects.set(state.address, state);
  }

  /** Space for the chunk 0 of a new header of this size. */
  headerSpace(size: number): number {
    return this.allocator.metadata(size, { usage: "object-header", sectorSafe: true });
  }

  /** A new group without links. */
  newGroup(options: { readonly trackOrder: boolean; readonly orders?: KeptOrders | undefined }): ObjectState {
    const order = options.trackOrder ? "indexed" : "none";
    const orders = options.orders ?? { links: order, attributes: order };
    const keepsNone = orders.links === "none" && orders.attributes === "none";
    if (this.context.oldest === true && keepsNone) return this.#newOldGroup();
    const reserve = this.allocator.isSparse ? GROUP_RESERVE_BETWEEN_DATA : GROUP_RESERVE;
    const state = newState(this.file, "group", this.headerSpace(reserve), orders);
    state.links = new Map();
    const record = ObjectRecord.create(state, this.context, reserve);
    if (orders.links === "none") record.set(MESSAGE.linkInfo, this.#noLinks);
    else record.writeLinkInfo();
    record.set(MESSAGE.groupInfo, this.#groupInfo);
    this.#register(state, record);
    return state;
  }

  /** The same with a symbol table, as HDF5 before 1.8 knows no others. */
  #newOldGroup(): ObjectState {
    const size = newHeaderSize(
      [{ type: MESSAGE.symbolTable, flags: 0, body: new Uint8Array(2 * this.context.sizeOfOffsets) }],
      1,
      false,
    );
    const state = newState(this.file, "group", this.headerSpace(size));
    state.links = new Map();
    const record = ObjectRecord.create(state, this.context, size);
    record.useSymbolTable(OldGroup.create(this.allocator, this.context));
    this.#register(state, record);
    return state;
  }

  /** Old-style groups whose free list of names is not in the file. */
  unfinishedGroups(): OldGroup[] {
    const groups = [...this.#records.values()].map((record) => record.oldGroup);
    return groups.filter((group): group is OldGroup => group?.unfinished === true);
  }

  /** Before the file is closed: have nodes of B-trees written where their neighbours name them; false: all are. */
  async bringHome(): Promise<boolean> {
    let found = false;
    for (const record of this.#records.values()) {
      if (record.oldGroup?.bringHome() !== true) continue;
      this.dirty.add(record);
      found = true;
    }
    for (const [object, store] of this.stores) {
      if (!store.bringHome()) continue;
      await this.edit(object);
      found = true;
    }
    return found;
  }

  /** The symbol table that the root group has now. */
  get rootTable(): SymbolTable | undefined {
    const root = this.file.objects.get(this.file.superblock.rootAddress);
    return root === undefined ? undefined : this.#records.get(root)?.oldGroup?.table;
  }

  /** Was the root group edited? */
  get rootEdited(): boolean {
    const root = this.file.objects.get(this.file.superblock.rootAddress);
    return root !== undefined && this.#records.has(root);
  }

  /** The object lost its last name: forget what was to be written of it. */
  forget(state: ObjectState): void {
    const record = this.#records.get(state);
    if (record !== undefined) {
      this.dirty.delete(record);
      record.release(this.allocator);
    }
    this.#records.delete(state);
    this.stores.delete(state);
    this.file.objects.delete(state.address);
  }
}

function listedLinks(links: ReadonlyMap<string, LinkMessage>): ListedItem[] {
  return [...links].map(([key, { nameBytes, creationOrder }]) => ({ key, nameBytes, creationOrder }));
}

function listedAttributes(slots: ReadonlyMap<string, AttributeSlot>): ListedItem[] {
  return [...slots].map(([key, slot]) =>
    "error" in slot
      ? { key, nameBytes: encodeText(slot.name), creationOrder: undefined, error: slot.error }
      : { key, nameBytes: slot.nameBytes, creationOrder: slot.creationOrder },
  );
}

function symbolTableOf(header: ObjectHeader, context: FormatContext): SymbolTable | undefined {
  return infoOf(header, MESSAGE.symbolTable, (cur) => decodeSymbolTable(cur, context));
}

function infoOf<T>(header: ObjectHeader, type: number, decode: (cur: Cursor) => T): T | undefined {
  const message = header.messages.find((candidate) => candidate.type === type);
  return message === undefined ? undefined : decode(messageCursor(message, "info message"));
}

/** The state of an object that exists in memory only. */
export function newState(
  file: FileState,
  kind: ObjectState["kind"],
  address: number,
  orders: KeptOrders = { links: "none", attributes: "none" },
): ObjectState {
  return {
    file,
    address,
    kind,
    header: undefined,
    deleted: false,
    linkCount: 0,
    comment: undefined,
    modified: undefined,
    links: undefined,
    linkOrder: orders.links,
    attributes: new Map(),
    attributeOrder: orders.attributes,
    dataset: undefined,
    datatype: undefined,
  };
}
