/**
 * The links of a new-style group, or the attributes of an object: messages in its header, or dense storage beyond
 * libhdf5's limits. Which of the two is decided by each flush (H5Gobj.c: H5G_obj_insert, H5G__obj_remove_update_linfo;
 * H5Oattribute.c: H5O__attr_create, H5O__attr_remove_update).
 */
import type { FormatContext } from "../format/context.js";
import { linkKey } from "../format/messages/link.js";
import { MESSAGE, MESSAGE_FLAG } from "../format/messages/message-types.js";
import type { EncodedMessage } from "../format/object-header.js";
import type { Allocator } from "./allocator.js";
import type { Commit } from "./commit.js";
import type { DenseForm } from "./dense-forms.js";
import { type DenseAddresses, type DenseItem, DenseStorage, NOWHERE } from "./dense-storage.js";
import type { RecordMessage } from "./record-messages.js";

/** Largest body of a header message. */
export const MAX_MESSAGE = 65_528;

/** When links or attributes move: above the first they become dense, below the second messages. */
export interface PhaseChange {
  readonly maxCompact: number;
  readonly minDense: number;
}

/** H5G_CRT_GINFO_MAX_COMPACT, H5O_CRT_ATTR_MAX_COMPACT_DEF and their counterparts. */
export const PHASE_CHANGE: PhaseChange = { maxCompact: 8, minDense: 6 };

/**
 * The same for links of new groups. In messages they take fewer bytes than in a heap, which with its index takes 1.2 KiB
 * at least, and they are read with the header.
 */
export const LINK_PHASE_CHANGE: PhaseChange = { maxCompact: 64, minDense: 48 };

/** What an owner knows of its links or attributes. */
export interface MemberSource {
  /** Address of its header. */
  readonly owner: number;
  readonly form: DenseForm;
  /** Those of an object that keeps no such storage, or cannot: always messages. */
  readonly denseAllowed: boolean;
  readonly indexOrder: boolean;
  /** Keys (`linkKey`) in order. */
  keys(): Iterable<string>;
  /** One of them as it is to be stored; undefined: it is damaged. */
  item(key: string): DenseItem | undefined;
  /** The same, whose message is known. */
  stored(key: string, body: Uint8Array): DenseItem | undefined;
}

/** What most objects have of links, or of attributes: thousands of new ones need no Map each. */
const NONE: ReadonlyMap<string, RecordMessage> = /* @__PURE__ */ new Map();

export class MemberStorage {
  readonly #context: FormatContext;
  readonly #type: number;
  #messages: Map<string, RecordMessage> | undefined;
  #dense: DenseStorage | undefined;
  /** Set or deleted since the last flush. */
  changed = false;
  #nextIndex = 0;

  constructor(context: FormatContext, type: number) {
    this.#context = context;
    this.#type = type;
  }

  /** A message of the header, under the key of its name. @returns it with that. */
  adopt(key: string, { type, flags, creationIndex, body }: EncodedMessage): RecordMessage {
    const message = { type, flags, creationIndex, body, key };
    this.#keep(key, message);
    return message;
  }

  #keep(key: string, message: RecordMessage): void {
    this.#messages ??= new Map();
    this.#messages.set(key, message);
  }

  /** What lies in the file densely; messages that are in the header too are of an interrupted change. */
  useDense(storage: DenseStorage): void {
    this.#messages = undefined;
    this.#dense = storage;
  }

  get count(): number {
    return this.#dense?.count ?? this.#messages?.size ?? 0;
  }

  get isDense(): boolean {
    return this.#dense !== undefined;
  }

  /** Creation index of the next one, where order is kept. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** Indexes below this one were given. */
  raiseIndex(next: number): void {
    this.#nextIndex = Math.max(this.#nextIndex, next);
  }

  /** Something is left for the next flush. */
  get later(): boolean {
    return this.#dense?.later ?? false;
  }

  /** @param key `linkKey` of the name. */
  set(key: string, item: DenseItem, message: RecordMessage): void {
    this.changed = true;
    if (this.#dense === undefined) this.#keep(key, message);
    else this.#dense.set(key, item);
  }

  /** The same, where there is no message yet. */
  setItem(key: string, item: DenseItem): void {
    // Of links the order stands in the message itself.
    const creationIndex = this.#type === MESSAGE.attribute ? (item.creationOrder ?? 0) : 0;
    this.set(key, item, { type: this.#type, flags: 0, creationIndex, body: item.body, key });
  }

  delete(nameBytes: Uint8Array): void {
    this.changed = true;
    const key = linkKey(nameBytes);
    if (this.#dense !== undefined) this.#dense.delete(key);
    else this.#messages?.delete(key);
  }

  /** Those that are messages of the header. */
  messages(): Iterable<RecordMessage> {
    return (this.#messages ?? NONE).values();
  }

  /** Convert where the owner's limits say so, and write what has changed. */
  flush<Owner>(
    owner: Owner,
    limitsOf: (owner: Owner) => PhaseChange,
    sourceOf: (owner: Owner) => MemberSource,
    allocator: Allocator,
    commit: Commit,
  ): DenseAddresses {
    if (this.#dense === undefined && (!this.changed || this.#fits(limitsOf(owner)))) return NOWHERE;
    const source = sourceOf(owner);
    if (this.changed) {
      if (this.#dense === undefined) this.#makeDense(source);
      else this.#makeCompact(limitsOf(owner), source, allocator);
    }
    return this.#dense?.flush(source.owner, allocator, commit, (key) => source.item(key)?.body) ?? NOWHERE;
  }

  /** May all be messages? */
  #fits({ maxCompact }: PhaseChange): boolean {
    if (this.count > maxCompact) return false;
    for (const { body } of this.messages()) if (body.length > MAX_MESSAGE) return false;
    return true;
  }

  #makeDense(source: MemberSource): void {
    if (!source.denseAllowed) return;
    const messages = this.#messages ?? NONE;
    const dense = new DenseStorage(this.#context, source.form, source.indexOrder);
    for (const key of source.keys()) {
      const message = messages.get(key);
      const isShared = message !== undefined && (message.flags & MESSAGE_FLAG.shared) !== 0;
      const item = isShared ? source.item(key) : message && source.stored(key, message.body);
      if (item === undefined) return; // what is damaged stays where it is
      dense.set(key, item);
    }
    if (dense.count !== messages.size) return;
    this.#dense = dense;
    this.#messages = undefined;
  }

  #makeCompact({ minDense }: PhaseChange, source: MemberSource, allocator: Allocator): void {
    const dense = this.#dense;
    if (dense === undefined || (dense.count > 0 && dense.count >= minDense)) return;
    const items = new Map<string, DenseItem>();
    for (const key of source.keys()) {
      const item = source.item(key);
      if (item === undefined || item.body.length > MAX_MESSAGE) return;
      items.set(key, item);
    }
    dense.release(allocator);
    this.#dense = undefined;
    for (const [key, item] of items) this.setItem(key, item);
  }

  /** The object has no name left. */
  release(allocator: Allocator): void {
    this.#dense?.release(allocator);
  }
}
