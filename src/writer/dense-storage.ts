/**
 * Links or attributes of one object in a fractal heap with an index by name and, where order is indexed, one by creation
 * order, while they are edited. Design: writer-design, section 3.2.
 *
 * A flush applies what changed: objects are added to the heap, whose header is raised before the info message publishes
 * the new addresses of the indexes. An object that no index names any more stays in the heap. A small heap, one that
 * mostly holds what nothing names, and one that cannot be patched are written anew as a whole.
 */
import { lookup3 } from "../bytes/checksum.js";
import { Hdf5FormatError } from "../errors.js";
import type { FormatContext } from "../format/context.js";
import { decodeManagedId } from "../format/fractal-heap-encode.js";
import { MESSAGE_FLAG } from "../format/messages/message-types.js";
import type { Allocator } from "./allocator.js";
import { BtreeV2Editor } from "./btree-v2-editor.js";
import type { Commit } from "./commit.js";
import type { DenseEntry, DenseForm } from "./dense-forms.js";
import { FractalHeapEditor } from "./fractal-heap-editor.js";

/** What an info message names. */
export interface DenseAddresses {
  readonly heapAddress: number | undefined;
  readonly nameIndexAddress: number | undefined;
  readonly orderIndexAddress: number | undefined;
}

/** While links or attributes are messages. */
export const NOWHERE: DenseAddresses = {
  heapAddress: undefined,
  nameIndexAddress: undefined,
  orderIndexAddress: undefined,
};

/** A link or attribute to be stored. */
export interface DenseItem {
  readonly nameBytes: Uint8Array;
  /** The message. */
  readonly body: Uint8Array;
  readonly creationOrder: number | undefined;
}

/** What was read of dense storage in the file. */
export interface LoadedDense {
  /** Absent: it cannot be given up, being of another form. */
  readonly heap: FractalHeapEditor | undefined;
  /** The heap can be added to where it lies. */
  readonly patchable: boolean;
  readonly names: BtreeV2Editor<DenseEntry>;
  readonly orders: BtreeV2Editor<DenseEntry> | undefined;
  readonly entries: ReadonlyMap<string, DenseEntry>;
  readonly addresses: DenseAddresses;
}

/** Up to so many bytes of objects, a heap is written anew rather than added to: that needs no raise. */
const SMALL = 4096;
/** A heap of more than this is written anew once three quarters of it are of no use. */
const TIDY_FROM = 65_536;

export class DenseStorage {
  readonly #context: FormatContext;
  readonly #form: DenseForm;
  readonly #indexOrder: boolean;
  #entries: Map<string, DenseEntry>;
  /** Since the last flush, by key; undefined: taken away. */
  #changes = new Map<string, DenseItem | undefined>();
  #heap: FractalHeapEditor | undefined;
  #patchable: boolean;
  #names: BtreeV2Editor<DenseEntry>;
  #orders: BtreeV2Editor<DenseEntry> | undefined;
  #addresses: DenseAddresses;
  #count: number;
  /** Bytes of managed objects that the indexes name. */
  #live = 0;

  constructor(context: FormatContext, form: DenseForm, indexOrder: boolean, loaded?: LoadedDense) {
    this.#context = context;
    this.#form = form;
    this.#indexOrder = indexOrder;
    this.#entries = new Map(loaded?.entries);
    this.#count = this.#entries.size;
    this.#heap = loaded?.heap;
    this.#patchable = loaded?.patchable ?? false;
    this.#names = loaded?.names ?? new BtreeV2Editor(context, form.names);
    this.#orders = loaded === undefined ? this.#newOrders() : loaded.orders;
    this.#addresses = loaded?.addresses ?? NOWHERE;
    for (const entry of this.#entries.values()) this.#live += this.#lengthOf(entry);
  }

  /** Links or attributes, changes included. */
  get count(): number {
    return this.#count;
  }

  /** Something is left for the next flush. */
  get later(): boolean {
    return this.#heap?.later ?? false;
  }

  set(key: string, item: DenseItem): void {
    if (!this.#has(key)) this.#count++;
    this.#changes.set(key, item);
  }

  delete(key: string): void {
    if (!this.#has(key)) return;
    this.#count--;
    if (this.#entries.has(key)) this.#changes.set(key, undefined);
    else this.#changes.delete(key);
  }

  #has(key: string): boolean {
    return this.#changes.has(key) ? this.#changes.get(key) !== undefined : this.#entries.has(key);
  }

  /**
   * Write what has changed.
   * @param owner address of the header that names the addresses.
   * @param bodyOf the message of a link or attribute by its key; undefined where it cannot be made anew.
   */
  flush(
    owner: number,
    allocator: Allocator,
    commit: Commit,
    bodyOf: (key: string) => Uint8Array | undefined,
  ): DenseAddresses {
    if (this.#changes.size === 0 && !this.later) return this.#addresses;
    if (this.#changes.size > 0) {
      const bodies = this.#wantsAnew() ? this.#allBodies(bodyOf) : undefined;
      if (bodies === undefined) this.#apply(allocator, commit);
      else this.#writeAnew(bodies, allocator, commit);
      this.#changes.clear();
    }
    const unplaced = (this.#heap?.unplaced ?? 0) + this.#names.unplaced + (this.#orders?.unplaced ?? 0);
    this.#addresses = allocator.together(owner, unplaced, () => ({
      heapAddress: this.#heap?.flush(allocator, commit),
      nameIndexAddress: this.#names.flush(allocator, commit),
      orderIndexAddress: this.#orders?.flush(allocator, commit),
    }));
    return this.#addresses;
  }

  #wantsAnew(): boolean {
    if (this.#heap === undefined || !this.#patchable) return true;
    let live = this.#live;
    for (const [key, item] of this.#changes) {
      const before = this.#entries.get(key);
      if (before !== undefined) live -= this.#lengthOf(before);
      if (item !== undefined && item.body.length <= this.#form.heap.maxManagedSize) live += item.body.length;
    }
    return live <= SMALL || this.#heap.allocatedSpace > TIDY_FROM + 4 * live;
  }

  /** Bodies of what is in the heap and stays; undefined: a heap that can be patched holds one that cannot be made anew. */
  #allBodies(bodyOf: (key: string) => Uint8Array | undefined): Map<string, Uint8Array> | undefined {
    const bodies = new Map<string, Uint8Array>();
    for (const [key, { id, flags }] of this.#entries) {
      if (this.#changes.has(key) || isShared(flags) || this.#heap?.hugePlace(id) !== undefined) continue;
      const body = bodyOf(key);
      if (body === undefined) {
        if (this.#patchable) return undefined;
        // The caller refuses damaged ones of heaps that cannot be patched: nothing may be lost here, whatever it forgot.
        throw new Hdf5FormatError(
          { structure: "fractal heap", address: this.#addresses.heapAddress },
          `holds a message that cannot be read: ${key}`,
        );
      }
      bodies.set(key, body);
    }
    return bodies;
  }

  /** Add to the heap, and change the indexes. */
  #apply(allocator: Allocator, commit: Commit): void {
    const heap = this.#heap as FractalHeapEditor; // a storage without one is written anew
    // What goes before what comes: it may have the creation order of one that comes.
    for (const [key, item] of this.#changes) {
      const before = this.#entries.get(key);
      if (before === undefined) continue;
      this.#live -= this.#lengthOf(before);
      if (!isShared(before.flags)) heap.remove(before.id);
      if (item === undefined) this.#names.delete((entry) => this.#form.names.compare(entry, before));
      this.#orders?.delete((entry) => this.#form.orders.compare(entry, before));
      this.#entries.delete(key);
    }
    for (const [key, item] of this.#changes) {
      if (item !== undefined) this.#enter(key, item, heap.insert(item.body, allocator, commit), 0, item.body);
    }
  }

  /** @param body of what was put into the heap; it is not looked for then. */
  #enter(key: string, item: Omit<DenseItem, "body">, id: Uint8Array, flags: number, body?: Uint8Array): void {
    const { nameBytes, creationOrder = this.#form.noOrder } = item;
    const entry: DenseEntry = { nameBytes, hash: lookup3(nameBytes), id, creationOrder, flags };
    this.#entries.set(key, entry);
    this.#live +=
      body !== undefined && body.length <= this.#form.heap.maxManagedSize ? body.length : this.#lengthOf(entry);
    this.#names.set(entry);
    this.#orders?.set(entry);
  }

  #writeAnew(bodies: ReadonlyMap<string, Uint8Array>, allocator: Allocator, commit: Commit): void {
    const old = { heap: this.#heap, names: this.#names, orders: this.#orders, entries: this.#entries };
    const heap = FractalHeapEditor.create(this.#context, this.#form.heap);
    this.#heap = heap;
    this.#patchable = true;
    this.#names = new BtreeV2Editor(this.#context, this.#form.names);
    this.#orders = this.#newOrders();
    this.#entries = new Map();
    this.#live = 0;
    const keptHuge = new Set<number>();
    for (const [key, entry] of old.entries) {
      if (this.#changes.has(key)) continue;
      const body = bodies.get(key);
      const huge = body === undefined && !isShared(entry.flags) ? old.heap?.hugePlace(entry.id) : undefined;
      let { id } = entry;
      if (huge !== undefined) {
        keptHuge.add(huge.address);
        id = heap.adoptHuge(huge);
      } else if (body !== undefined) id = heap.insert(body, allocator, commit);
      this.#enter(key, entry, id, entry.flags, body);
    }
    for (const [key, item] of this.#changes) {
      if (item !== undefined) this.#enter(key, item, heap.insert(item.body, allocator, commit), 0, item.body);
    }
    old.heap?.release(allocator, keptHuge);
    old.names.release(allocator);
    old.orders?.release(allocator);
  }

  #newOrders(): BtreeV2Editor<DenseEntry> | undefined {
    return this.#indexOrder ? new BtreeV2Editor(this.#context, this.#form.orders) : undefined;
  }

  /** Bytes in the heap's blocks. */
  #lengthOf({ id, flags }: DenseEntry): number {
    return isShared(flags) ? 0 : ((this.#heap && decodeManagedId(id, this.#heap.table)?.length) ?? 0);
  }

  /** Give up the whole of it. */
  release(allocator: Allocator): void {
    this.#heap?.release(allocator);
    this.#names.release(allocator);
    this.#orders?.release(allocator);
    this.#entries = new Map();
  }
}

function isShared(flags: number): boolean {
  return (flags & MESSAGE_FLAG.shared) !== 0;
}
