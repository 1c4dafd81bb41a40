/**
 * The chunks of one dataset while it is written: chunks not stored yet in memory, stored ones in the index.
 * A chunk that will hold nothing more is encoded at once, several at a time on the platform's threads, and stored in
 * space that no live pointer reaches; others wait for their rest, or for the next flush. Design: writer-design, 3.1.
 * Long because writing, resizing and flushing act on one set of waiting chunks, whose states only they may change.
 */
import { filterRegistry } from "../filters/core.js";
import { encodeChunk } from "../filters/pipeline.js";
import type { ChunkIndex, DataLayout } from "../format/messages/data-layout.js";
import { shapeOf } from "../format/messages/dataspace.js";
import { MESSAGE } from "../format/messages/message-types.js";
import { decodedAs, readChunkDecoded } from "../model/raw-data.js";
import type { ChunkEntry, ChunkTable, DatasetState, ObjectState } from "../model/state.js";
import type { StoredChunkBytes, WriteOptions } from "../model/writer-contract.js";
import { type ChunkPart, planChunks, scatter, singleRun } from "../selection/chunk-plan.js";
import type { ResolvedSelection } from "../selection/selection.js";
import {
  type ChunkForm,
  chunksBetween,
  clearOutside,
  emptyChunk,
  isOutside,
  isPartial,
  touchedBytes,
} from "./chunk-bytes.js";
import type { ChunkIndexWriter, FlushTarget, StoredChunk } from "./chunk-index/contract.js";
import { openChunkIndex } from "./chunk-index/open.js";
import { encodeLayoutMessage } from "./dataset-messages.js";
import type { WriteSession } from "./write-session.js";

type ChunkedLayout = Extract<DataLayout, { kind: "chunked" }>;

/** Chunks encoded at once, each on a thread of the platform's pool where it has one. */
const PARALLEL_ENCODES = 4;
/** Bytes of chunks of one file that wait in memory. */
const PENDING_BYTES = 64 * 2 ** 20;
/** So many bytes written at once do not wait for the rest of their chunks, if nothing filters them. */
const WRITTEN_THROUGH = 32 * 1024;

/** Bytes of chunks that wait in memory, over all datasets of a session. */
export interface PendingBudget {
  bytes: number;
}

type Encoded = Awaited<ReturnType<typeof encodeChunk>>;

/** A chunk in memory that differs from what is stored. */
interface PendingChunk {
  readonly offset: readonly number[];
  readonly bytes: Uint8Array;
  /** Bytes that were written; the others are stored already, or fill values of a chunk that is new. */
  writtenFrom: number;
  writtenTo: number;
  /** Bytes that differ from what is stored. */
  from: number;
  to: number;
  /** They lie outside the published extent. */
  hidden: boolean;
  /** Under way; whoever changes the bytes waits for its end and drops it. */
  encoding: Promise<Encoded> | undefined;
}

export class ChunkStore implements ChunkTable {
  readonly #session: WriteSession;
  readonly #state: ObjectState;
  readonly #dataset: DatasetState;
  #index: ChunkIndexWriter;
  readonly #form: ChunkForm;
  readonly #origin: readonly number[];
  readonly #pending = new Map<string, PendingChunk>();
  /** Pending chunks that are being encoded, in the order in which they will be stored. */
  readonly #encoding: PendingChunk[] = [];
  /** Addresses handed out since the last flush: nothing published points there. */
  #fresh = new Set<number>();
  /** The extent that readers of the file know. */
  #publishedShape: readonly number[];
  /** What lies outside the extent is known to be fill value, and no chunk to begin there. */
  #clean: boolean;
  /** Chunks cut by a smaller extent, where an index shows them before it: cleaned one flush after it was published. */
  #cut = new Map<string, readonly number[]>();
  #cutBefore = new Map<string, readonly number[]>();

  private constructor(session: WriteSession, state: ObjectState, index: ChunkIndexWriter, form: ChunkForm) {
    this.#session = session;
    this.#state = state;
    this.#dataset = state.dataset as DatasetState; // made for datasets only
    this.#index = index;
    this.#form = form;
    this.#origin = form.chunkShape.map(() => 0);
    this.#publishedShape = shapeOf(this.#dataset.dataspace);
    this.#clean = state.header === undefined;
  }

  /** The store of a chunked dataset, made on first use. @throws Hdf5FormatError when its index is damaged. */
  static async of(session: WriteSession, state: ObjectState): Promise<ChunkStore> {
    const present = session.stores.get(state);
    if (present !== undefined) return present;
    const { dataspace, filters } = state.dataset as DatasetState; // the caller holds a dataset
    const layout = await withSpace(session, state);
    const { chunkShape, elementSize, version } = layout;
    const chunkBytes = chunkShape.reduce((product, n) => product * n, elementSize);
    const index = await openChunkIndex(session.file, layout, {
      chunkShape,
      elementSize,
      shape: shapeOf(dataspace),
      maxShape: dataspace.kind === "simple" ? dataspace.maxShape : undefined,
      filtered: filters.length > 0,
      layoutVersion: version,
    });
    const store = new ChunkStore(session, state, index, { chunkShape, elementSize, chunkBytes });
    session.stores.set(state, store);
    (state.dataset as DatasetState).chunks = store;
    return store;
  }

  async within(low: readonly number[], high: readonly number[]): Promise<readonly ChunkEntry[]> {
    const { chunkShape, chunkBytes } = this.#form;
    const touches = (offset: readonly number[]): boolean =>
      offset.every((at, d) => at < (high[d] as number) && at + (chunkShape[d] as number) > (low[d] as number));
    const found: ChunkEntry[] = [];
    for (const chunk of this.#index.within(low, high)) if (touches(chunk.offset)) found.push(chunk);
    const stored = found.length;
    for (const { offset } of this.#pending.values()) {
      if (touches(offset) && this.#index.find(offset) === undefined) {
        found.push({ offset, address: undefined, size: chunkBytes, filterMask: 0 });
      }
    }
    return found.length === stored ? found : found.sort((a, b) => compare(a.offset, b.offset));
  }

  pending(offset: readonly number[]): Uint8Array | undefined {
    return this.#pending.get(offset.join())?.bytes;
  }

  /** Stored bytes of all chunks. */
  get storedBytes(): number {
    let sum = 0;
    for (const chunk of this.#index.entries()) sum += chunk.size;
    return sum;
  }

  /** All chunks have their places from the start. */
  get #isImplicit(): boolean {
    return this.#index.placeOf(this.#origin) !== undefined;
  }

  get #shape(): readonly number[] {
    return shapeOf(this.#dataset.dataspace);
  }

  /** Write elements in selection order. The selection was resolved for the current extent. */
  async write(data: Uint8Array, selection: ResolvedSelection, options: WriteOptions = {}): Promise<void> {
    const shape = this.#shape;
    const { chunkShape, elementSize } = this.#form;
    let done = 0;
    for (const part of planChunks(selection, chunkShape, shape)) {
      options.signal?.throwIfAborted();
      done += part.count * elementSize;
      const touched = touchedBytes(part, this.#publishedShape, shape, this.#form);
      if (await this.#writeThrough(data, part, touched.hidden)) {
        options.onProgress?.({ done, total: data.length });
        continue;
      }
      const chunk = await this.#chunkFor(part, shape);
      scatter(data, part, elementSize, chunk.bytes);
      chunk.writtenFrom = Math.min(chunk.writtenFrom, touched.from);
      chunk.writtenTo = Math.max(chunk.writtenTo, touched.to);
      chunk.from = Math.min(chunk.from, touched.from);
      chunk.to = Math.max(chunk.to, touched.to);
      chunk.hidden &&= touched.hidden;
      if ((part.covers || touched.reachesEnd) && this.#isComplete(part.offset, shape)) await this.#begin(chunk);
      options.onProgress?.({ done, total: data.length });
      await this.#shrinkPending();
    }
  }

  /**
   * Bytes that follow each other in the data and in a chunk without filters go to the medium from where they are, if
   * nothing published reads them there.
   * @param hidden they lie outside the published extent.
   * @returns false: nothing was done.
   */
  async #writeThrough(data: Uint8Array, part: ChunkPart, hidden: boolean): Promise<boolean> {
    const { elementSize, chunkBytes } = this.#form;
    if (this.#dataset.filters.length > 0 || data.length < WRITTEN_THROUGH) return false;
    const run = singleRun(part, elementSize);
    if (run === undefined || this.#pending.has(part.offset.join())) return false;
    const { inChunk, inResult, length } = run;
    const stored = this.#index.find(part.offset);
    const isNew = stored === undefined;
    const replaceable = isNew || this.#fresh.has(stored.address) || (hidden && stored.size === chunkBytes);
    if (!replaceable || this.#isImplicit) return false;
    const address = isNew ? this.#newChunk(length) : stored.address;
    if (address === undefined) return false;
    const { device, file } = this.#session;
    const bytes = length === data.length ? data : data.subarray(inResult, inResult + length);
    if (!device.take(address + inChunk, bytes)) await device.write(address + inChunk, bytes);
    file.decoded.delete(address);
    if (!isNew) return true;
    if (inChunk + length < chunkBytes) await device.reachAhead(address + chunkBytes);
    this.#index.set({ offset: [...part.offset], address, size: chunkBytes, filterMask: 0 });
    return true;
  }

  /** Space for a new chunk of which so many bytes will be written; undefined: the others would not be fill values. */
  #newChunk(written: number): number | undefined {
    const { allocator } = this.#session;
    const { chunkBytes } = this.#form;
    const { address, isZero } = allocator.rawInPart(chunkBytes);
    if (written < chunkBytes && !(isZero && this.#fillsWithZeros)) {
      allocator.giveBack(address, chunkBytes, "raw");
      return undefined;
    }
    this.#fresh.add(address);
    return address;
  }

  get #fillsWithZeros(): boolean {
    return this.#dataset.fill.bytes?.some((byte) => byte !== 0) !== true;
  }

  /** Will the chunk hold nothing more than it holds now? */
  #isComplete(offset: readonly number[], shape: readonly number[]): boolean {
    const { dataspace } = this.#dataset;
    const maxShape = dataspace.kind === "simple" ? (dataspace.maxShape ?? dataspace.shape) : shape;
    return offset.every((at, d) => {
      const extent = shape[d] as number;
      return at + (this.#form.chunkShape[d] as number) <= extent || extent === maxShape[d];
    });
  }

  /** The whole chunk in memory, holding what the write does not replace. */
  async #chunkFor(part: ChunkPart, shape: readonly number[]): Promise<PendingChunk> {
    const pending = this.#pending.get(part.offset.join());
    if (pending !== undefined) {
      await this.#stop(pending);
      return pending;
    }
    const stored = this.#index.find(part.offset);
    const replaced = part.covers && !isPartial(part.offset, shape, this.#form);
    if (stored === undefined || part.covers) {
      const bytes = replaced ? new Uint8Array(this.#form.chunkBytes) : this.#emptyChunk();
      return this.#keep(part.offset, bytes, true);
    }
    return this.#keep(part.offset, await this.#load(stored), false);
  }

  /** A stored chunk's elements, to be changed. */
  async #load(stored: StoredChunk): Promise<Uint8Array> {
    const bytes = await readChunkDecoded(this.#state, stored);
    this.#session.file.decoded.delete(stored.address);
    return bytes;
  }

  #emptyChunk(): Uint8Array {
    return emptyChunk(this.#form, this.#dataset.fill.bytes);
  }

  /** @param whole all of its bytes differ from what is stored. */
  #keep(offset: readonly number[], bytes: Uint8Array, whole: boolean): PendingChunk {
    const chunk: PendingChunk = {
      offset: [...offset],
      bytes,
      writtenFrom: bytes.length,
      writtenTo: 0,
      from: whole ? 0 : bytes.length,
      to: whole ? bytes.length : 0,
      hidden: !whole || isOutside(offset, this.#publishedShape),
      encoding: undefined,
    };
    this.#session.pendingChunks.bytes += bytes.length;
    this.#pending.set(offset.join(), chunk);
    return chunk;
  }

  #drop(chunk: PendingChunk): void {
    if (this.#pending.delete(chunk.offset.join())) this.#session.pendingChunks.bytes -= chunk.bytes.length;
  }

  #forget(chunk: PendingChunk): void {
    if (chunk.encoding !== undefined) this.#encoding.splice(this.#encoding.indexOf(chunk), 1);
    chunk.encoding = undefined;
    this.#drop(chunk);
  }

  /** Store a chunk that is complete: at once, or after its filters have run beside what follows. */
  async #begin(chunk: PendingChunk): Promise<void> {
    if (!this.#isFiltered(chunk.offset)) return this.#storeNow(chunk);
    chunk.encoding = this.#encode(chunk);
    this.#encoding.push(chunk);
    if (this.#encoding.length >= PARALLEL_ENCODES) await this.#storeNow(this.#encoding[0] as PendingChunk);
  }

  /** The bytes of the chunk are about to change. */
  async #stop(chunk: PendingChunk): Promise<void> {
    if (chunk.encoding === undefined) return;
    await Promise.allSettled([chunk.encoding]);
    chunk.encoding = undefined;
    this.#encoding.splice(this.#encoding.indexOf(chunk), 1);
  }

  #isFiltered(offset: readonly number[]): boolean {
    const { filters, layout } = this.#dataset;
    if (filters.length === 0) return false;
    const unfilteredEdges = (layout as ChunkedLayout).partialEdgeChunksUnfiltered;
    return !(unfilteredEdges && isPartial(offset, this.#shape, this.#form));
  }

  #encode({ offset, bytes }: Pick<PendingChunk, "offset" | "bytes">): Promise<Encoded> {
    const { filters, datatype } = this.#dataset;
    const context = { elementSize: datatype.size, chunkBytes: this.#form.chunkBytes, offset };
    const encoding = encodeChunk(bytes, filters, filterRegistry(this.#session.file.filters), context);
    encoding.catch(() => undefined); // whoever stores the chunk meets the error
    return encoding;
  }

  async #shrinkPending(): Promise<void> {
    while (this.#session.pendingChunks.bytes > PENDING_BYTES && this.#pending.size > 0) {
      const [oldest] = this.#pending.values();
      if (oldest !== undefined) await this.#storeNow(oldest);
    }
  }

  async #storeNow(chunk: PendingChunk): Promise<void> {
    const { file, device } = this.#session;
    const { offset, bytes, from, to, hidden } = chunk;
    const place = this.#index.placeOf(offset);
    const stored = this.#index.find(offset);
    const inPlace =
      stored !== undefined && (this.#fresh.has(stored.address) || (hidden && stored.size === bytes.length));
    if (place !== undefined) await device.write(place + from, bytes.subarray(from, to));
    else if (inPlace && this.#dataset.filters.length === 0) {
      await device.write(stored.address + from, bytes.subarray(from, to));
    } else if (stored === undefined && this.#dataset.filters.length === 0) await this.#storeNew(chunk);
    else {
      let encoded: Encoded = { bytes, filterMask: 0 };
      try {
        if (this.#isFiltered(offset)) encoded = await (chunk.encoding ?? this.#encode(chunk));
      } catch (error) {
        // What no filter takes cannot be kept: it would fail every flush from now on.
        this.#forget(chunk);
        throw error;
      }
      await this.#store(offset, encoded.bytes, encoded.filterMask);
    }
    this.#forget(chunk);
    const kept = this.#index.find(offset);
    if (kept === undefined) return;
    // The next append continues it, unless it is complete.
    if (this.#isComplete(offset, this.#shape)) file.decoded.delete(kept.address);
    else file.decoded.put(kept.address, decodedAs(this.#state, kept), bytes);
  }

  /** A chunk that was never stored: where its space reads as zeros, as its fill values do, only what was written. */
  async #storeNew({ offset, bytes, writtenFrom, writtenTo }: PendingChunk): Promise<void> {
    const { allocator, device, file } = this.#session;
    const { address, isZero } = allocator.rawInPart(bytes.length);
    const sparse = isZero && this.#fillsWithZeros && writtenFrom < writtenTo;
    const [from, to] = sparse ? [writtenFrom, writtenTo] : [0, bytes.length];
    this.#fresh.add(address);
    await device.write(address + from, bytes.subarray(from, to));
    if (to < bytes.length) await device.reachAhead(address + bytes.length);
    file.decoded.delete(address);
    this.#index.set({ offset: [...offset], address, size: bytes.length, filterMask: 0 });
  }

  /** Store a chunk that is filtered already. */
  async put({ offset, bytes, filterMask }: StoredChunkBytes): Promise<void> {
    const pending = this.#pending.get(offset.join());
    if (pending !== undefined) {
      await this.#stop(pending);
      this.#drop(pending);
    }
    const place = this.#index.placeOf(offset);
    if (place === undefined) return this.#store(offset, bytes, filterMask);
    this.#session.file.decoded.delete(place);
    await this.#session.device.write(place, bytes);
  }

  async #store(offset: readonly number[], bytes: Uint8Array, filterMask: number): Promise<void> {
    const { allocator, device, file } = this.#session;
    const before = this.#index.find(offset);
    if (before !== undefined) this.#giveUp(before);
    const address = allocator.raw(bytes.length);
    this.#fresh.add(address);
    await device.write(address, bytes);
    file.decoded.delete(address);
    this.#index.set({ offset: [...offset], address, size: bytes.length, filterMask });
  }

  #giveUp({ address, size }: StoredChunk): void {
    const { allocator, file } = this.#session;
    file.decoded.delete(address);
    if (this.#fresh.delete(address)) allocator.giveBack(address, size, "raw");
    else allocator.free(address, size, "raw");
  }

  #remove(chunk: StoredChunk): void {
    if (this.#index.delete(chunk.offset)) this.#giveUp(chunk);
  }

  /**
   * The extent changes; called before the dataspace does. Chunks outside go; in chunks that the new border cuts, what
   * lies outside becomes fill value, so that growing again shows nothing old.
   */
  async resize(shape: readonly number[]): Promise<void> {
    const before = this.#shape;
    const grows = shape.some((extent, d) => extent > (before[d] as number));
    const shrinks = shape.some((extent, d) => extent < (before[d] as number));
    if (grows && !this.#clean) await this.#cleanOutside(before);
    await this.#refilterEdges(before, shape);
    if (shrinks) await this.#shrink(before, shape);
    if (grows) await this.allocate(before, shape);
  }

  /** Does nothing have to be done for this extent, but to state it? */
  resizesFreely(shape: readonly number[]): boolean {
    const shrinks = this.#shape.some((extent, d) => (shape[d] as number) < extent);
    const { layout, fill } = this.#dataset;
    const asIs = this.#clean && !(layout as ChunkedLayout).partialEdgeChunksUnfiltered;
    return !shrinks && asIs && fill.allocTime !== "early" && !this.#isImplicit;
  }

  async #shrink(before: readonly number[], shape: readonly number[]): Promise<void> {
    for (const chunk of [...this.#pending.values()]) {
      await this.#stop(chunk);
      if (isOutside(chunk.offset, shape)) this.#drop(chunk);
    }
    const stored = [...this.#index.entries()];
    for (const chunk of stored) if (isOutside(chunk.offset, shape)) this.#remove(chunk);
    const cut = (offset: readonly number[]): boolean =>
      offset.some((at, d) => {
        const end = Math.min(at + (this.#form.chunkShape[d] as number), before[d] as number);
        return end > (shape[d] as number);
      });
    const offsets = new Map<string, readonly number[]>();
    for (const { offset } of [...stored, ...this.#pending.values()]) {
      if (!isOutside(offset, shape) && !isOutside(offset, before) && cut(offset)) offsets.set(offset.join(), offset);
    }
    for (const [key, offset] of offsets) {
      if (this.#index.showsEarly) this.#cut.set(key, offset);
      else await this.#clear(offset, shape);
    }
    if (this.#cut.size > 0) this.#clean = false;
  }

  /** Put the fill value where a chunk lies outside the extent. */
  async #clear(offset: readonly number[], extent: readonly number[]): Promise<void> {
    const pending = this.#pending.get(offset.join());
    const stored = this.#index.find(offset);
    if (pending === undefined && stored === undefined) return;
    const bytes = pending?.bytes ?? (await this.#load(stored as StoredChunk)); // one of them is there
    if (!clearOutside(bytes, offset, extent, this.#form, this.#dataset.fill.bytes)) return;
    const chunk = pending ?? this.#keep(offset, bytes, true);
    chunk.from = 0;
    chunk.to = bytes.length;
    // Readers that know the larger extent see the old elements until the smaller one is published.
    chunk.hidden = false;
  }

  /** Somebody else's append that was cut off may have left chunks and elements outside the extent. */
  async #cleanOutside(extent: readonly number[]): Promise<void> {
    this.#clean = true;
    const { chunkShape } = this.#form;
    for (const chunk of this.#pending.values()) await this.#stop(chunk);
    if (!this.#isImplicit) {
      // Whose their space is by now, nobody knows.
      for (const { offset } of [...this.#index.entries()]) if (isOutside(offset, extent)) this.#index.delete(offset);
    }
    for (let d = 0; d < extent.length; d++) {
      const border = Math.floor((extent[d] as number) / (chunkShape[d] as number)) * (chunkShape[d] as number);
      if (border === extent[d]) continue;
      const low = extent.map((_, e) => (e === d ? border : 0));
      // One that waits in memory may be stored nowhere yet.
      for (const { offset } of [...this.#index.within(low, extent), ...this.#pending.values()]) {
        if (!isOutside(offset, extent) && isPartial(offset, extent, this.#form)) await this.#clear(offset, extent);
      }
    }
  }

  /** Chunks that come to the edge of the extent, or leave it, where edge chunks are stored without filters. */
  async #refilterEdges(before: readonly number[], shape: readonly number[]): Promise<void> {
    if (!(this.#dataset.layout as ChunkedLayout).partialEdgeChunksUnfiltered) return;
    for (const chunk of this.#pending.values()) await this.#stop(chunk);
    for (const stored of [...this.#index.entries()]) {
      const { offset } = stored;
      if (isOutside(offset, shape) || this.#pending.has(offset.join())) continue;
      if (isPartial(offset, before, this.#form) !== isPartial(offset, shape, this.#form)) {
        this.#keep(offset, await this.#load(stored), true);
      }
    }
  }

  /** Early allocation: chunks that begin inside the new extent and not the old one are stored, full of fill values. */
  async allocate(before: readonly number[], shape: readonly number[]): Promise<void> {
    if (!this.#isImplicit && this.#dataset.fill.allocTime !== "early") return;
    const bytes = this.#emptyChunk();
    const { filters, layout } = this.#dataset;
    const unfilteredEdges = (layout as ChunkedLayout).partialEdgeChunksUnfiltered && filters.length > 0;
    const origin = shape.map(() => 0);
    const encoded = filters.length === 0 ? { bytes, filterMask: 0 } : await this.#encode({ offset: origin, bytes });
    for (const offset of chunksBetween(before, shape, this.#form)) {
      const place = this.#index.placeOf(offset);
      if (place !== undefined) {
        this.#session.file.decoded.delete(place);
        await this.#session.device.write(place, bytes);
      } else if (this.#index.find(offset) === undefined && !this.#pending.has(offset.join())) {
        // Whether it lies at the edge shows when the extent is set.
        if (unfilteredEdges) this.#keep(offset, bytes.slice(), true);
        else await this.#store(offset, encoded.bytes, encoded.filterMask);
      }
    }
  }

  /** Store what waits. */
  async settlePending(): Promise<void> {
    for (const offset of this.#cutBefore.values()) {
      if (!isOutside(offset, this.#shape)) await this.#clear(offset, this.#shape);
    }
    this.#cutBefore.clear();
    const waiting = [...this.#pending.values()].sort((a, b) => compare(a.offset, b.offset));
    for (const [i, chunk] of waiting.entries()) {
      for (const next of waiting.slice(i, i + PARALLEL_ENCODES)) {
        if (next.encoding !== undefined || !this.#isFiltered(next.offset)) continue;
        next.encoding = this.#encode(next);
        this.#encoding.push(next);
      }
      await this.#storeNow(chunk);
    }
  }

  /** Write the changed part of the index; returns what the layout shall say. `settlePending` comes before. */
  flush(target: FlushTarget): ChunkIndex {
    const successor = this.#index.successor?.();
    if (successor !== undefined) {
      this.#index.release(target.allocator);
      this.#index = successor;
    }
    const index = this.#index.flush(target);
    this.#publishedShape = this.#shape;
    this.#fresh = new Set();
    this.#cutBefore = this.#cut;
    this.#cut = new Map();
    return index;
  }

  /** Is there anything for `settlePending`? */
  get waits(): boolean {
    return this.#pending.size > 0 || this.#cutBefore.size > 0;
  }

  /** Something is left for the next flush. */
  get later(): boolean {
    return this.#index.later || this.#cutBefore.size > 0;
  }

  /** Have what of the index lies in a place for a while only written again; false: nothing does. */
  bringHome(): boolean {
    return this.#index.bringHome?.() === true;
  }

  /** The dataset has no name left: its space is free with the next flush. */
  release(): void {
    for (const chunk of [...this.#pending.values()]) this.#drop(chunk);
    this.#encoding.length = 0;
    if (!this.#isImplicit) for (const chunk of [...this.#index.entries()]) this.#giveUp(chunk);
    this.#index.release(this.#session.allocator);
  }
}

/** The layout of a dataset; an implicit index gets the space of all its chunks, which read as zeros. */
async function withSpace(session: WriteSession, state: ObjectState): Promise<ChunkedLayout> {
  const dataset = state.dataset as DatasetState;
  const layout = dataset.layout as ChunkedLayout; // asked for chunked datasets only
  const { dataspace } = dataset;
  if (layout.index.kind !== "implicit" || layout.index.address !== undefined) return layout;
  const shape = shapeOf(dataspace);
  const maxShape = dataspace.kind === "simple" ? (dataspace.maxShape ?? shape) : shape;
  const chunks = maxShape.map((extent, d) => Math.ceil(extent / (layout.chunkShape[d] as number))); // same rank
  const bytes = [...chunks, ...layout.chunkShape].reduce((product, n) => product * n, layout.elementSize);
  const { address } = session.allocator.rawAtEnd(bytes); // filled by whoever allocates its chunks
  await session.device.reach(address + bytes);
  const placed = { ...layout, index: { kind: "implicit", address } } as const;
  dataset.layout = placed;
  const record = await session.edit(state);
  record.set(MESSAGE.dataLayout, encodeLayoutMessage(placed, session.context));
  return placed;
}

/** Row-major order of offsets. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (let d = 0; d < a.length; d++) {
    const difference = (a[d] as number) - (b[d] as number); // same rank
    if (difference !== 0) return difference;
  }
  return 0;
}
