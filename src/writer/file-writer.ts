/**
 * The writer of one open file: delegates each operation to its module, and commits.
 * Long because the first change, every flush, closing and giving up act on one state: what the file says of its ends.
 */
import { ByteWriter, FIELD_WIDTH } from "../bytes/byte-writer.js";
import { type DatatypeInput, datatypeOf } from "../datatypes/datatype-input.js";
import type { HeapSink } from "../datatypes/encode.js";
import type { WriteData } from "../datatypes/values.js";
import { isWritable, type WritableDriver } from "../drivers/driver.js";
import { Hdf5StateError, Hdf5UnsupportedError, isHdf5Error } from "../errors.js";
import type { ChunkIndex } from "../format/messages/data-layout.js";
import type { LinkMessage } from "../format/messages/link.js";
import { MESSAGE } from "../format/messages/message-types.js";
import { encodeSuperblock, type Superblock } from "../format/superblock.js";
import { partsOf } from "../model/open-file.js";
import type { Soon } from "../model/soon.js";
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
import { ALIGNMENT, Allocator, roundUp, SECTOR } from "./allocator.js";
import { type AttributeOptions, deleteAttribute, setAttribute } from "./attributes.js";
import type { ChunkStore } from "./chunk-store.js";
import { BlockDevice, type BlockWrite, Commit, endStep, runCommit } from "./commit.js";
import { type Blocks, createFilled } from "./create-filled.js";
import { encodeLayoutMessage } from "./dataset-messages.js";
import { commitDatatype, createDataset } from "./datasets.js";
import { newType } from "./encode-values.js";
import { type ExtensionDraft, encodeExtension, type ForeignFacts, foreignFacts } from "./foreign-facts.js";
import { createGroup, createLink, markLink, move, putLink, unlink } from "./groups.js";
import { HeapCollector } from "./heap-collector.js";
import type { AttachOptions } from "./index.js";
import type { KnownFree } from "./known-free.js";
import type { MemberEnds } from "./member-ends.js";
import { startNewFile } from "./new-file.js";
import type { ObjectRecord } from "./object-record.js";
import type { OldGroup } from "./old-group.js";
import { appendRows, resizeDataset, writeElements, writeValues } from "./raw-write.js";
import { Space } from "./space.js";
import { putChunk, setStoredAttribute, writeStoredElements } from "./stored-elements.js";
import { WriteSession } from "./write-session.js";

/** What a commit is to say of the file's ends. */
interface PlannedEnds {
  readonly superblock: Superblock;
  readonly ends: readonly number[];
}

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
  /** Of split and multi files. */
  readonly #members: MemberEnds | undefined;
  /** The extension that says where the members end. */
  #draft: ExtensionDraft | undefined;
  /** First addresses of the file's spaces: 0, or those of its members. */
  readonly #starts: readonly number[];
  /** Stored ends of the file's spaces, relative to the base address. */
  #storedEnds: readonly number[];
  /** Why nothing can be written any more. */
  #failure: unknown;
  /** Real ends of the spaces when the file was opened. */
  readonly #endsAtStart: readonly number[];
  #flushes = 0;
  /** Bytes written when the last flush ended: what came since is not durable yet. */
  #flushedBytes = 0;

  /** The writer of a file. @throws as `attachWriter`. */
  static async of(file: FileState, options: AttachOptions): Promise<FileWriter> {
    const facts = await foreignFacts(file);
    if (file.members === undefined) return new FileWriter(file, options, facts, undefined);
    const { memberEnds, newExtension } = await import("./member-ends.js");
    const { create } = options;
    const members = memberEnds(file, create !== undefined, facts.pageSize);
    const writer = new FileWriter(file, options, facts, members);
    if (create?.members === undefined) writer.#draft = facts.extension;
    else if (file.superblock.version >= 2) writer.#useExtension(newExtension(create.members.stored));
    return writer;
  }

  private constructor(file: FileState, options: AttachOptions, facts: ForeignFacts, members: MemberEnds | undefined) {
    if (!isWritable(file.driver)) throw new Hdf5StateError("read-only", `${file.name} cannot be written`);
    this.#file = file;
    this.#driver = file.driver;
    this.#device = new BlockDevice(
      file.driver,
      file.pager,
      options.durability,
      () => this.#leaveFacts(),
      members?.driver,
    );
    this.#members = members;
    this.#starts = members?.starts ?? [0];
    const { superblock } = file;
    const isNew = options.create !== undefined;
    const end = superblock.endOfFile - file.pager.baseAddress;
    this.#storedEnds = members?.stored ?? [isNew ? 0 : end];
    const realEnd = isNew ? 0 : (file.driver.size ?? superblock.endOfFile) - file.pager.baseAddress;
    this.#endsAtStart = members?.real ?? [realEnd];
    this.#facts = facts;
    const allocator = members?.allocator ?? allocatorOf(file, end, isNew, facts.pageSize, Math.max(end, realEnd));
    const heaps = new HeapCollector(file.context, allocator, file.pendingHeaps);
    const trackOrder = options.create?.trackOrder ?? false;
    const complexNumbers = options.create === undefined || options.create.libver === "latest";
    this.#session = new WriteSession(file, allocator, this.#device, heaps, {
      trackOrder,
      complexNumbers,
      durability: options.durability,
      flush: async () => this.flush(),
      writerOf: async (other) => {
        const writer = await FileWriter.of(other, { durability: options.durability });
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

  createGroup(at: ObjectState, path: string, options?: Parameters<Writer["createGroup"]>[2]): Soon<ObjectState> {
    return this.#change(() => createGroup(this.#session, at, path, options));
  }

  createDataset(at: ObjectState, path: string, spec: DatasetSpec, kept?: KeptTraits): Soon<ObjectState> {
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

  reserveObject(): Soon<number> {
    return this.#change(() => this.#session.headerSpace(SECTOR));
  }

  commitDatatype(
    at: ObjectState,
    path: string | undefined,
    datatype: DatatypeInput,
    attributeOrder?: KeptOrder,
  ): Soon<ObjectState> {
    return this.#change(async () => {
      const isCopy = path === undefined || attributeOrder !== undefined;
      const type = isCopy ? datatypeOf(datatype) : newType(this.#session, datatype);
      return commitDatatype(this.#session, at, path, type, attributeOrder);
    });
  }

  putLink(at: ObjectState, link: LinkMessage): Soon<void> {
    return this.#change(() => putLink(this.#session, at, link));
  }

  putChunk(dataset: ObjectState, chunk: StoredChunkBytes): Soon<void> {
    return this.#change(() => putChunk(this.#session, dataset, chunk));
  }

  markLink(at: ObjectState, name: string, marks: LinkMarks): Soon<void> {
    return this.#change(() => markLink(this.#session, at, name, marks));
  }

  createLink(at: ObjectState, path: string, target: LinkTarget): Soon<void> {
    return this.#change(() => createLink(this.#session, at, path, target));
  }

  unlink(at: ObjectState, path: string): Soon<void> {
    return this.#change(() => unlink(this.#session, at, path));
  }

  move(at: ObjectState, from: string, to: string): Soon<void> {
    return this.#change(() => move(this.#session, at, from, to));
  }

  setComment(object: ObjectState, text: string | Uint8Array | undefined): Soon<void> {
    return this.#change(async () => this.#session.setComment(object, await this.#session.edit(object), text));
  }

  setAttribute(object: ObjectState, name: string, value: WriteData, options?: AttributeOptions): Soon<void> {
    return this.#change(() => setAttribute(this.#session, object, name, value, options));
  }

  deleteAttribute(object: ObjectState, name: string): Soon<void> {
    return this.#change(() => deleteAttribute(this.#session, object, name));
  }

  write(dataset: ObjectState, data: WriteData, selection?: SelectionInput, options?: WriteCall): Soon<void> {
    return this.#change(() => writeValues(this.#session, dataset, data, selection, options));
  }

  writeStored(
    dataset: ObjectState,
    encode: (heaps: HeapSink) => Uint8Array,
    selection?: SelectionInput,
    options?: WriteCall,
  ): Soon<void> {
    return this.#change(() => writeStoredElements(this.#session, dataset, encode, selection, options));
  }

  writeElements(
    dataset: ObjectState,
    encode: (heaps: HeapSink) => Uint8Array,
    selection: ResolvedSelection,
    options?: WriteCall,
  ): Soon<void> {
    return this.#change(() => writeElements(this.#session, dataset, encode(this.#session.heaps), selection, options));
  }

  setStoredAttribute(object: ObjectState, attribute: StoredAttribute): Soon<void> {
    return this.#change(() => setStoredAttribute(this.#session, object, attribute));
  }

  append(dataset: ObjectState, data: WriteData, axis: number, options?: WriteCall): Soon<void> {
    return this.#change(() => appendRows(this.#session, dataset, data, axis, options));
  }

  resize(dataset: ObjectState, shape: readonly number[]): Soon<void> {
    return this.#change(() => resizeDataset(this.#session, dataset, shape));
  }

  #change<T>(change: () => Soon<T>): Soon<T> {
    if (this.#known !== undefined || this.#facts?.spaceInfo === undefined) return this.#unlessFailed(change);
    return this.#unlessFailed(async () => {
      await this.#useKnownFree();
      return change();
    });
  }

  /** When the medium fails, memory and file may differ: nothing more is written. */
  #unlessFailed<T>(change: () => Soon<T>): Soon<T> {
    this.#failure ??= this.#device.failure?.error;
    if (this.#failure !== undefined) {
      const finding = `writing to ${this.#file.name} failed; the file is at its last flush, open it again`;
      throw new Hdf5StateError("failed", finding, { cause: this.#failure, file: this.#file.name });
    }
    let changed: Soon<T>;
    try {
      changed = change();
    } catch (error) {
      return this.#noteFailure(error);
    }
    return changed instanceof Promise ? changed.catch(this.#noteFailure) : changed;
  }

  readonly #noteFailure = (error: unknown): never => {
    if (isHdf5Error(error, "driver") && error !== this.#session.failedElsewhere) this.#failure = error;
    const { sizeOfLengths } = this.#file.context;
    if (sizeOfLengths < 8 && isHdf5Error(error, "usage") && error.expected === FIELD_WIDTH) {
      throw new Hdf5UnsupportedError(`sizes that lengths of ${sizeOfLengths} bytes cannot say`, { cause: error });
    }
    throw error;
  };

  flush(options: { readonly exact?: boolean | undefined } = {}): Soon<void> {
    return this.#unlessFailed(async () => {
      await this.#commit(options.exact === true);
      if (options.exact !== true) return;
      // Link counts that may only fall after the links are gone, and free lists of names.
      const unfinished = this.#session.unfinishedGroups();
      await this.#session.bringHome();
      if (this.#session.dirty.size > 0 || unfinished.length > 0) await this.#commit(true, unfinished);
      while (await this.#session.bringHome()) await this.#commit(true);
      await this.#lowerEnd();
    });
  }

  close(): Soon<void> {
    return this.flush({ exact: true });
  }

  async abort(): Promise<boolean> {
    if (this.#superblock === undefined) return false;
    if (this.#failure === undefined && this.#device.isTouched) {
      // What lay behind the end of an existing file before the first flush is not ours to cut.
      for (const [i, start] of this.#starts.entries()) {
        const [end, atStart] = [this.#storedEnds[i] ?? start, this.#endsAtStart[i] ?? start];
        await this.#device.resize(this.#flushes > 0 ? end : Math.max(end, atStart), start);
      }
    }
    return true;
  }

  async #commit(closing: boolean, unfinished: readonly OldGroup[] = []): Promise<void> {
    const session = this.#session;
    if (this.#superblock !== undefined && session.dirty.size === 0 && unfinished.length === 0) {
      // Raw data overwritten in place need no more than a barrier.
      if (this.#device.bytesWritten > this.#flushedBytes) await this.#device.barrier();
      this.#flushedBytes = this.#device.bytesWritten;
      return;
    }
    const leaving = this.#leaveFacts();
    if (leaving !== undefined) await leaving;
    for (const store of session.stores.values()) if (store.waits) await store.settlePending();
    try {
      await this.#publish(closing, unfinished);
    } catch (error) {
      // What was prepared is taken for written.
      this.#failure ??= error;
      throw error;
    }
  }

  async #publish(closing: boolean, unfinished: readonly OldGroup[]): Promise<void> {
    const session = this.#session;
    const { allocator, heaps } = session;
    const commit = new Commit();
    const lowering = [];
    for (const [object, store] of session.stores) {
      this.#flushStore(object, store, commit);
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
    const ends = this.#planEnds(allocator, commit, closing);
    await runCommit(this.#device, commit, ends && (() => this.#grow(ends)));
    this.#published(ends);
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

  async #replaceExtension({ home, image, oldExtension }: ForeignFacts, extension: ExtensionDraft): Promise<void> {
    const { allocator } = this.#session;
    const commit = new Commit();
    commit.data.push(...home);
    if (this.#members === undefined) {
      const { length } = extension;
      this.#extension = allocator.metadata(length, { usage: "object-header", sectorSafe: false });
      commit.data.push({ address: this.#extension, bytes: encodeExtension(extension) });
    } else this.#useExtension(extension);
    const ends = this.#planEnds(allocator, commit, false);
    await runCommit(this.#device, commit, ends && (() => this.#grow(ends)));
    this.#published(ends);
    this.#file.pager.overlay([]);
    const unused = [...oldExtension, ...(image === undefined ? [] : [image]), ...(this.#known?.managers ?? [])];
    for (const { address, size } of unused) allocator.free(address, size, "metadata");
    this.#facts = undefined;
    this.#leaving = undefined;
  }

  /** A fresh superblock extension, to be written by the next commit with the ends of that. */
  #useExtension(draft: ExtensionDraft): void {
    const { allocator } = this.#session;
    if (draft.length > SECTOR) throw new Hdf5UnsupportedError("editing multi files with a long superblock extension");
    this.#draft = draft;
    this.#extension = allocator.metadata(draft.length, { usage: "object-header", sectorSafe: true });
  }

  #flushStore(object: ObjectState, store: ChunkStore, commit: Commit): void {
    const dataset = object.dataset;
    const index = store.flush({ allocator: this.#session.allocator, commit, publishedEnds: this.#storedEnds });
    if (dataset?.layout.kind !== "chunked" || sameIndex(dataset.layout.index, index)) return;
    dataset.layout = { ...dataset.layout, index };
    const record = this.#session.known(object) as ObjectRecord; // what has a store was edited
    record.set(MESSAGE.dataLayout, encodeLayoutMessage(dataset.layout, this.#session.context));
  }

  /** Where the file shall end, in all of its members, and the superblock that says so. */
  #planEnds(allocator: Allocator, commit: Commit, closing: boolean): PlannedEnds | undefined {
    const { superblock, pager } = this.#file;
    const first = this.#superblock === undefined;
    const rootCache = this.#rootCache(first);
    const stored = this.#storedEnds;
    const grows = first || !allocator.within(stored);
    const same = rootCache === this.#superblock?.rootCache && this.#extension === this.#superblock?.extensionAddress;
    if (!grows && same) return undefined;
    const ends = allocator.ends.map((end, i) => {
      const [before, start] = [stored[i] ?? 0, this.#starts[i] ?? 0];
      if (end <= before) return before;
      const step = closing ? 0 : endStep(end - start);
      return Math.max(end, Math.min(roundUp(end + step, allocator.unit), allocator.reaches[i] ?? end));
    });
    const next: Superblock = {
      ...(this.#superblock ?? superblock),
      endOfFile: (ends[0] ?? 0) + pager.baseAddress,
      extensionAddress: this.#extension,
      rootCache,
    };
    // A new file becomes one with its superblock, which therefore comes last.
    (first ? commit.publish : commit.end).push(this.#encoded(next));
    const isFresh = this.#extension !== this.#superblock?.extensionAddress;
    (first || isFresh ? commit.data : commit.end).push(...this.#saying(ends, next));
    return { superblock: next, ends };
  }

  /** What says where the members end, if there are any. */
  #saying(ends: readonly number[], { extensionAddress, driverInfoAddress }: Superblock): BlockWrite[] {
    if (this.#members === undefined) return [];
    if (this.#draft !== undefined && extensionAddress !== undefined) {
      return [{ address: extensionAddress, bytes: this.#members.extension(this.#draft, ends) }];
    }
    return driverInfoAddress === undefined ? [] : [this.#members.block(driverInfoAddress, ends)];
  }

  #encoded(superblock: Superblock): BlockWrite {
    const out = new ByteWriter();
    encodeSuperblock(out, superblock, this.#file.context.windows);
    return { address: 0, bytes: out.bytes() };
  }

  /** What versions 0 and 1 repeat of the root group; nothing once that has another table, or none. */
  #rootCache(first: boolean): Superblock["rootCache"] {
    const { rootTable, rootEdited } = this.#session;
    if (first) return this.#file.superblock.version < 2 ? rootTable : undefined;
    const stored = this.#superblock?.rootCache;
    const same = rootTable?.btreeAddress === stored?.btreeAddress && rootTable?.heapAddress === stored?.heapAddress;
    return rootEdited && !same ? undefined : stored;
  }

  async #grow(planned: PlannedEnds): Promise<void> {
    for (const [i, end] of planned.ends.entries()) if (end > (this.#starts[i] ?? 0)) await this.#device.reach(end);
  }

  #published(planned: PlannedEnds | undefined): void {
    this.#userBlock = undefined;
    this.#driverBlock = undefined;
    if (planned === undefined) return;
    this.#superblock = planned.superblock;
    this.#storedEnds = planned.ends;
  }

  /** Cut what the steps and the last frees left at the end. */
  async #lowerEnd(): Promise<void> {
    const { allocator } = this.#session;
    const superblock = this.#superblock;
    if (superblock === undefined) return;
    allocator.flushed();
    allocator.flushed();
    const trimmed = allocator.trimEnds();
    const stored = this.#storedEnds;
    await this.#device.cutAhead();
    if (stored.every((end, i) => end <= (trimmed[i] ?? 0)) || this.#device.bytesWritten === 0) return;
    const ends = stored.map((end, i) => Math.min(end, trimmed[i] ?? 0));
    const { pager } = this.#file;
    const next: Superblock = { ...superblock, endOfFile: (ends[0] ?? 0) + pager.baseAddress };
    try {
      await this.#device.replace([this.#encoded(next), ...this.#saying(ends, next)]);
    } catch (error) {
      await this.#device.putBack();
      throw error;
    }
    for (const [i, end] of ends.entries()) {
      if (end < (stored[i] ?? 0)) await this.#device.resize(end, this.#starts[i]);
    }
    pager.setEnd(this.#members?.driver.size ?? next.endOfFile);
    if (this.#members !== undefined) pager.setParts(partsOf(this.#members.driver));
    this.#published({ superblock: next, ends });
  }
}

/** Space of a file that is one, as far as its addresses reach: all bits set is the undefined one. */
function allocatorOf(file: FileState, end: number, isNew: boolean, pageSize: number, zeroFrom: number): Allocator {
  const { sizeOfOffsets } = file.context;
  if (sizeOfOffsets >= 8) return Allocator.of(new Space(end, isNew, pageSize, zeroFrom));
  const last = 256 ** sizeOfOffsets - 2 - file.pager.baseAddress;
  const reach = last - (last % Math.max(pageSize, ALIGNMENT));
  const space = new Space(end, isNew, pageSize, zeroFrom, reach);
  return Allocator.of(space, { name: file.name, sizeOfOffsets, reach });
}

function sameIndex(a: ChunkIndex, b: ChunkIndex): boolean {
  if (a.kind === "btree-v1" && b.kind === "btree-v1") return a.address === b.address;
  const [ours, theirs] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))];
  return ours.length === theirs.size && ours.every(([key, value]) => theirs.get(key) === value);
}

function rank(state: ObjectState): number {
  return state.kind === "group" ? 1 : 0;
}
