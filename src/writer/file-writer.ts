/** The writer of one open file: delegates each operation to its module, and commits. */
import { ByteWriter } from "../bytes/byte-writer.js";
import { type DatatypeInput, datatypeOf } from "../datatypes/datatype-input.js";
import type { HeapSink } from "../datatypes/encode.js";
import type { WriteData } from "../datatypes/values.js";
import { isWritable, type WritableDriver } from "../drivers/driver.js";
import { Hdf5StateError, isHdf5Error } from "../errors.js";
import type { ChunkIndex } from "../format/messages/data-layout.js";
import type { LinkMessage } from "../format/messages/link.js";
import { MESSAGE } from "../format/messages/message-types.js";
import { encodeSuperblock, type Superblock } from "../format/superblock.js";
import type { FileState, ObjectState } from "../model/state.js";
import type {
  DatasetSpec,
  KeptOrder,
  KeptTraits,
  LinkMarks,
  LinkTarget,
  StoredAttribute,
  StoredChunkBytes,
  WriteCall,
  Writer,
} from "../model/writer-contract.js";
import type { ResolvedSelection, SelectionInput } from "../selection/selection.js";
import { Allocator, roundUp, SECTOR } from "./allocator.js";
import { type AttributeOptions, deleteAttribute, setAttribute } from "./attributes.js";
import type { ChunkStore } from "./chunk-store.js";
import { BlockDevice, type BlockWrite, Commit, runCommit } from "./commit.js";
import { type Blocks, createFilled } from "./create-filled.js";
import { encodeLayoutMessage } from "./dataset-messages.js";
import { commitDatatype, createDataset } from "./datasets.js";
import { newType } from "./encode-values.js";
import { type ForeignFacts, foreignFacts } from "./foreign-facts.js";
import { createGroup, createLink, markLink, move, putLink, unlink } from "./groups.js";
import { HeapCollector } from "./heap-collector.js";
import type { AttachOptions } from "./index.js";
import type { KnownFree } from "./known-free.js";
import { startNewFile } from "./new-file.js";
import type { OldGroup } from "./old-group.js";
import { appendRows, resizeDataset, writeElements, writeValues } from "./raw-write.js";
import { putChunk, setStoredAttribute, writeStoredElements } from "./stored-elements.js";
import { WriteSession } from "./write-session.js";

/** The stored end of file is raised in steps, so that most flushes need not touch the superblock. */
const SMALLEST_STEP = 64 * 1024;
const LARGEST_STEP = 16 * 2 ** 20;

export class FileWriter implements Writer {
  readonly #file: FileState;
  readonly #driver: WritableDriver;
  readonly #device: BlockDevice;
  #session: WriteSession;
  #userBlock: Uint8Array | undefined;
  /** Driver information of a new file of the oldest format. */
  #driverBlock: BlockWrite | undefined;
  /** Published superblock; undefined before the first flush of a new file. */
  #superblock: Superblock | undefined;
  #extension: number | undefined;
  /** What the file says before its first change; undefined once it does not. */
  #facts: ForeignFacts | undefined;
  #leaving: Promise<void> | undefined;
  /** What its managers of free space know, once a change asked. */
  #known: KnownFree | undefined;
  /** Stored end of file, relative to the base address. */
  #storedEnd: number;
  /** Why nothing can be written any more. */
  #failure: unknown;
  readonly #sizeAtStart: number;
  #flushes = 0;
  /** Bytes written when the last flush ended: what came since is not durable yet. */
  #flushedBytes = 0;

  constructor(file: FileState, options: AttachOptions, facts: ForeignFacts) {
    if (!isWritable(file.driver)) throw new Hdf5StateError("read-only", `${file.name} cannot be written`);
    this.#file = file;
    this.#driver = file.driver;
    this.#device = new BlockDevice(file.driver, file.pager, options.durability, () => this.#leaveFacts());
    const { superblock } = file;
    const isNew = options.create !== undefined;
    const end = superblock.endOfFile - file.pager.baseAddress;
    this.#storedEnd = isNew ? 0 : end;
    this.#sizeAtStart = isNew ? 0 : (file.driver.size ?? superblock.endOfFile);
    this.#facts = facts;
    const realEnd = this.#sizeAtStart - file.pager.baseAddress;
    const allocator = new Allocator(end, isNew, facts.pageSize, Math.max(end, realEnd));
    const heaps = new HeapCollector(file.context, allocator, file.pendingHeaps);
    const trackOrder = options.create?.trackOrder ?? false;
    const complexNumbers = options.create === undefined || options.create.libver === "latest";
    this.#session = new WriteSession(file, allocator, this.#device, heaps, {
      trackOrder,
      complexNumbers,
      durability: options.durability,
      flush: () => this.flush(),
      writerOf: async (other) => {
        const writer = new FileWriter(other, { durability: options.durability }, await foreignFacts(other));
        other.writer = writer;
        return writer;
      },
    });
    if (options.create === undefined) {
      this.#superblock = superblock;
      this.#extension = superblock.extensionAddress;
    } else {
      this.#userBlock = options.create.userBlock;
      const { extension, block } = startNewFile(this.#session, file, options.create);
      this.#extension = extension;
      this.#driverBlock = block;
    }
  }

  get bytesWritten(): number {
    return this.#device.bytesWritten;
  }

  get barriers(): number {
    return this.#device.barriers;
  }

  createGroup(at: ObjectState, path: string, options?: Parameters<Writer["createGroup"]>[2]): Promise<ObjectState> {
    return this.#change(() => createGroup(this.#session, at, path, options));
  }

  createDataset(at: ObjectState, path: string, spec: DatasetSpec, kept?: KeptTraits): Promise<ObjectState> {
    return this.#change(() => createDataset(this.#session, at, path, spec, kept));
  }

  async createFilled(
    at: ObjectState,
    path: string,
    spec: DatasetSpec,
    source: Blocks,
    kept?: KeptTraits,
  ): Promise<ObjectState> {
    return createFilled(at, path, spec, source, kept);
  }

  reserveObject(): Promise<number> {
    return this.#change(async () => this.#session.headerSpace(SECTOR));
  }

  commitDatatype(
    at: ObjectState,
    path: string | undefined,
    datatype: DatatypeInput,
    attributeOrder?: KeptOrder,
  ): Promise<ObjectState> {
    return this.#change(async () => {
      const isCopy = path === undefined || attributeOrder !== undefined;
      const type = isCopy ? datatypeOf(datatype) : newType(this.#session, datatype);
      return commitDatatype(this.#session, at, path, type, attributeOrder);
    });
  }

  putLink(at: ObjectState, link: LinkMessage): Promise<void> {
    return this.#change(() => putLink(this.#session, at, link));
  }

  putChunk(dataset: ObjectState, chunk: StoredChunkBytes): Promise<void> {
    return this.#change(() => putChunk(this.#session, dataset, chunk));
  }

  markLink(at: ObjectState, name: string, marks: LinkMarks): Promise<void> {
    return this.#change(() => markLink(this.#session, at, name, marks));
  }

  createLink(at: ObjectState, path: string, target: LinkTarget): Promise<void> {
    return this.#change(() => createLink(this.#session, at, path, target));
  }

  unlink(at: ObjectState, path: string): Promise<void> {
    return this.#change(() => unlink(this.#session, at, path));
  }

  move(at: ObjectState, from: string, to: string): Promise<void> {
    return this.#change(() => move(this.#session, at, from, to));
  }

  setComment(object: ObjectState, text: string | undefined): Promise<void> {
    return this.#change(async () => this.#session.setComment(object, await this.#session.edit(object), text));
  }

  setAttribute(object: ObjectState, name: string, value: WriteData, options?: AttributeOptions): Promise<void> {
    return this.#change(() => setAttribute(this.#session, object, name, value, options));
  }

  deleteAttribute(object: ObjectState, name: string): Promise<void> {
    return this.#change(() => deleteAttribute(this.#session, object, name));
  }

  write(dataset: ObjectState, data: WriteData, selection?: SelectionInput, options?: WriteCall): Promise<void> {
    return this.#change(() => writeValues(this.#session, dataset, data, selection, options));
  }

  writeStored(
    dataset: ObjectState,
    encode: (heaps: HeapSink) => Uint8Array,
    selection?: SelectionInput,
    options?: WriteCall,
  ): Promise<void> {
    return this.#change(() => writeStoredElements(this.#session, dataset, encode, selection, options));
  }

  writeElements(
    dataset: ObjectState,
    encode: (heaps: HeapSink) => Uint8Array,
    selection: ResolvedSelection,
    options?: WriteCall,
  ): Promise<void> {
    return this.#change(() => writeElements(this.#session, dataset, encode(this.#session.heaps), selection, options));
  }

  setStoredAttribute(object: ObjectState, attribute: StoredAttribute): Promise<void> {
    return this.#change(() => setStoredAttribute(this.#session, object, attribute));
  }

  append(dataset: ObjectState, data: WriteData, axis: number, options?: WriteCall): Promise<void> {
    return this.#change(() => appendRows(this.#session, dataset, data, axis, options));
  }

  resize(dataset: ObjectState, shape: readonly number[]): Promise<void> {
    return this.#change(() => resizeDataset(this.#session, dataset, shape));
  }

  #change<T>(change: () => Promise<T>): Promise<T> {
    return this.#unlessFailed(async () => {
      await this.#useKnownFree();
      return change();
    });
  }

  /** When the medium fails, memory and file may differ: nothing more is written. */
  async #unlessFailed<T>(change: () => Promise<T>): Promise<T> {
    this.#failure ??= this.#device.failure?.error;
    if (this.#failure !== undefined) {
      throw new Hdf5StateError(
        "failed",
        `writing to ${this.#file.name} failed; the file is at its last flush, open it again`,
        {
          cause: this.#failure,
          file: this.#file.name,
        },
      );
    }
    try {
      return await change();
    } catch (error) {
      if (isHdf5Error(error, "driver") && error !== this.#session.failedElsewhere) this.#failure = error;
      throw error;
    }
  }

  flush(options: { readonly exact?: boolean | undefined } = {}): Promise<void> {
    return this.#unlessFailed(async () => {
      await this.#commit(options.exact === true);
      if (options.exact !== true) return;
      // Link counts that may only fall after the links are gone, and free lists of names.
      const unfinished = this.#session.unfinishedGroups();
      if (this.#session.dirty.size > 0 || unfinished.length > 0) await this.#commit(true, unfinished);
      await this.#lowerEnd();
    });
  }

  close(): Promise<void> {
    return this.flush({ exact: true });
  }

  async abort(): Promise<boolean> {
    if (this.#superblock === undefined) return false;
    if (this.#failure === undefined && this.#device.bytesWritten > 0) {
      // What lay behind the end of an existing file before the first flush is not ours to cut.
      const end = this.#storedEnd + this.#file.pager.baseAddress;
      await this.#driver.truncate(this.#flushes > 0 ? end : Math.max(end, this.#sizeAtStart));
    }
    return true;
  }

  async #commit(closing: boolean, unfinished: readonly OldGroup[] = []): Promise<void> {
    const session = this.#session;
    const { allocator, heaps } = session;
    if (this.#superblock !== undefined && session.dirty.size === 0 && unfinished.length === 0) {
      // Raw data overwritten in place need no more than a barrier.
      if (this.#device.bytesWritten > this.#flushedBytes) await this.#device.barrier();
      this.#flushedBytes = this.#device.bytesWritten;
      return;
    }
    await this.#leaveFacts();
    for (const store of session.stores.values()) await store.settlePending();
    const commit = new Commit();
    const lowering = [];
    for (const [object, store] of session.stores) {
      await this.#flushStore(object, store, commit);
      if (store.later) lowering.push(await session.edit(object));
    }
    heaps.flush(commit);
    // Children before parents: headers of datasets and types first, then groups, the latest made first.
    const records = [...session.dirty].sort(
      (a, b) => rank(a.state) - rank(b.state) || b.state.address - a.state.address,
    );
    for (const record of records) {
      const again = session.publishAgain.has(record);
      if (record.flush(allocator, commit, again ? commit.publishAgain : commit.publish)) lowering.push(record);
    }
    for (const group of unfinished) group.finish(commit);
    if (this.#userBlock !== undefined) commit.data.push({ address: -this.#userBlock.length, bytes: this.#userBlock });
    if (this.#driverBlock !== undefined) commit.data.push(this.#driverBlock);
    const superblock = this.#planEnd(allocator, commit, closing);
    await runCommit(this.#device, commit, () => this.#grow(superblock));
    this.#published(superblock);
    session.dirty.clear();
    for (const record of lowering) session.dirty.add(record);
    session.flushed();
    this.#flushes++;
    this.#flushedBytes = this.#device.bytesWritten;
  }

  /** Hand out what managers of free space know: nothing is written there before they are given up. */
  async #useKnownFree(): Promise<void> {
    const facts = this.#facts;
    if (this.#known !== undefined || facts?.spaceInfo === undefined) return;
    const { knownFree } = await import("./known-free.js");
    this.#known = await knownFree(this.#file, { info: facts.spaceInfo, extension: facts.oldExtension });
    for (const { address, size, kind } of this.#known.extents) this.#session.allocator.adopt(address, size, kind);
  }

  /** Before the first change of a file of another writer: what would be untrue after it. */
  #leaveFacts(): Promise<void> | undefined {
    if (this.#facts?.extension !== undefined)
      this.#leaving ??= this.#replaceExtension(this.#facts, this.#facts.extension);
    return this.#leaving;
  }

  async #replaceExtension({ home, image, oldExtension }: ForeignFacts, extension: Uint8Array): Promise<void> {
    const { allocator } = this.#session;
    const commit = new Commit();
    commit.data.push(...home);
    this.#extension = allocator.metadata(extension.length, { sectorSafe: false });
    commit.data.push({ address: this.#extension, bytes: extension });
    const superblock = this.#planEnd(allocator, commit, false);
    await runCommit(this.#device, commit, () => this.#grow(superblock));
    this.#published(superblock);
    this.#file.pager.overlay([]);
    const unused = [...oldExtension, ...(image === undefined ? [] : [image]), ...(this.#known?.managers ?? [])];
    for (const { address, size } of unused) allocator.free(address, size, "metadata");
    this.#facts = undefined;
    this.#leaving = undefined;
  }

  async #flushStore(object: ObjectState, store: ChunkStore, commit: Commit): Promise<void> {
    const dataset = object.dataset;
    const index = store.flush({ allocator: this.#session.allocator, commit, publishedEnd: this.#storedEnd });
    if (dataset?.layout.kind !== "chunked" || sameIndex(dataset.layout.index, index)) return;
    dataset.layout = { ...dataset.layout, index };
    const record = await this.#session.edit(object);
    record.set(MESSAGE.dataLayout, encodeLayoutMessage(dataset.layout, this.#session.context));
  }

  /** Where the file shall end, and the superblock that says so. */
  #planEnd(allocator: Allocator, commit: Commit, closing: boolean): Superblock | undefined {
    const { superblock, pager } = this.#file;
    const first = this.#superblock === undefined;
    const rootCache = this.#rootCache(first);
    const grows = first || allocator.end > this.#storedEnd;
    const same = rootCache === this.#superblock?.rootCache && this.#extension === this.#superblock?.extensionAddress;
    if (!grows && same) return undefined;
    const step = closing ? 0 : Math.min(Math.max(SMALLEST_STEP, allocator.end / 16), LARGEST_STEP);
    const end = grows ? roundUp(allocator.end + step, allocator.unit) : this.#storedEnd;
    const next: Superblock = {
      ...(this.#superblock ?? superblock),
      endOfFile: end + pager.baseAddress,
      extensionAddress: this.#extension,
      rootCache,
    };
    // A new file becomes one with its superblock, which therefore comes last.
    (first ? commit.publish : commit.end).push({ address: 0, bytes: encoded(next) });
    return next;
  }

  /** What versions 0 and 1 repeat of the root group; nothing once that has another table, or none. */
  #rootCache(first: boolean): Superblock["rootCache"] {
    const { rootTable, rootEdited } = this.#session;
    if (first) return this.#file.superblock.version < 2 ? rootTable : undefined;
    const stored = this.#superblock?.rootCache;
    const same = rootTable?.btreeAddress === stored?.btreeAddress && rootTable?.heapAddress === stored?.heapAddress;
    return rootEdited && !same ? undefined : stored;
  }

  async #grow(superblock: Superblock | undefined): Promise<void> {
    if (superblock !== undefined) await this.#device.reach(superblock.endOfFile - this.#file.pager.baseAddress);
  }

  #published(superblock: Superblock | undefined): void {
    this.#userBlock = undefined;
    this.#driverBlock = undefined;
    if (superblock === undefined) return;
    this.#superblock = superblock;
    this.#storedEnd = superblock.endOfFile - this.#file.pager.baseAddress;
  }

  /** Cut what the steps and the last frees left at the end. */
  async #lowerEnd(): Promise<void> {
    const { allocator } = this.#session;
    const superblock = this.#superblock;
    if (superblock === undefined) return;
    allocator.flushed();
    allocator.flushed();
    const end = allocator.trimEnd();
    if (end >= this.#storedEnd || this.#device.bytesWritten === 0) return;
    const { baseAddress } = this.#file.pager;
    const next: Superblock = { ...superblock, endOfFile: end + baseAddress };
    try {
      await this.#device.replace([{ address: 0, bytes: encoded(next) }]);
    } catch (error) {
      await this.#device.putBack();
      throw error;
    }
    await this.#device.resize(end);
    this.#file.pager.setEnd(next.endOfFile);
    this.#published(next);
  }
}

function encoded(superblock: Superblock): Uint8Array {
  const out = new ByteWriter();
  encodeSuperblock(out, superblock);
  return out.bytes();
}

function sameIndex(a: ChunkIndex, b: ChunkIndex): boolean {
  if (a.kind === "btree-v1" && b.kind === "btree-v1") return a.address === b.address;
  const [ours, theirs] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))];
  return ours.length === theirs.size && ours.every(([key, value]) => theirs.get(key) === value);
}

function rank(state: ObjectState): number {
  return state.kind === "group" ? 1 : 0;
}
