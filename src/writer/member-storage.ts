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
}

/** What most objects have of links, or of attributes: thousands of new ones need no Map each. */
const NONE: ReadonlyMap<string, EncodedMessage> = /* @__PURE__ */ new Map();

export class MemberStorage {
  readonly #context: FormatContext;
  readonly #type: number;
  #messages: Map<string, EncodedMessage> | undefined;
  #dense: DenseStorage | undefined;
  /** Set or deleted since the last flush. */
  changed = false;
  #nextIndex = 0;

  constructor(context: FormatContext, type: number) {
    this.#context = context;
    this.#type = type;
  }

  /** A message of the header, under the key of its name. */
  adopt(key: string, message: EncodedMessage): void {
    this.#messages ??= new Map();
    this.#messages.set(this.#keyOf(key), message);
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

  set(item: DenseItem): void {
    this.changed = true;
    const key = linkKey(item.nameBytes);
    if (this.#dense !== undefined) this.#dense.set(key, item);
    else {
      // Of links the order stands in the message itself.
      const creationIndex = this.#type === MESSAGE.attribute ? (item.creationOrder ?? 0) : 0;
      this.adopt(key, { type: this.#type, flags: 0, creationIndex, body: item.body });
    }
  }

  delete(nameBytes: Uint8Array): void {
    this.changed = true;
    const key = linkKey(nameBytes);
    if (this.#dense !== undefined) this.#dense.delete(key);
    else this.#messages?.delete(this.#keyOf(key));
  }

  /** Header messages by their keys in the header. */
  messages(): Iterable<readonly [string, EncodedMessage]> {
    return this.#messages ?? NONE;
  }

  /** Convert where the limits say so, and write what has changed. */
  flush(limits: PhaseChange, source: MemberSource, allocator: Allocator, commit: Commit): DenseAddresses {
    if (this.changed) {
      if (this.#dense === undefined) this.#makeDense(limits, source);
      else this.#makeCompact(limits, source, allocator);
    }
    return this.#dense?.flush(source.owner, allocator, commit, (key) => source.item(key)?.body) ?? NOWHERE;
  }

  #makeDense({ maxCompact }: PhaseChange, source: MemberSource): void {
    if (!source.denseAllowed) return;
    const messages = this.#messages ?? NONE;
    const fits = messages.size <= maxCompact && [...messages.values()].every(({ body }) => body.length <= MAX_MESSAGE);
    if (fits) return;
    const dense = new DenseStorage(this.#context, source.form, source.indexOrder);
    for (const key of source.keys()) {
      const item = source.item(key);
      const message = messages.get(this.#keyOf(key));
      if (item === undefined || message === undefined) return; // what is damaged stays where it is
      const isShared = (message.flags & MESSAGE_FLAG.shared) !== 0;
      dense.set(key, isShared ? item : { ...item, body: message.body });
    }
    if (dense.count !== messages.size) return;
    this.#dense = dense;
    this.#messages = undefined;
  }

  #makeCompact({ minDense }: PhaseChange, source: MemberSource, allocator: Allocator): void {
    const dense = this.#dense;
    if (dense === undefined || (dense.count > 0 && dense.count >= minDense)) return;
    const items: DenseItem[] = [];
    for (const key of source.keys()) {
      const item = source.item(key);
      if (item === undefined || item.body.length > MAX_MESSAGE) return;
      items.push(item);
    }
    dense.release(allocator);
    this.#dense = undefined;
    for (const item of items) this.set(item);
  }

  #keyOf(key: string): string {
    return `${this.#type}:${key}`;
  }

  /** The object has no name left. */
  release(allocator: Allocator): void {
    this.#dense?.release(allocator);
  }
}
