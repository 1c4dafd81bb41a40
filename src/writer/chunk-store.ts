/**
 * The chunks of one dataset while it is written: chunks not stored yet in memory, stored ones in the tree.
 * A chunk that is written whole is encoded and stored at once, in space that no live pointer reaches; partly written
 * ones wait for their rest, or for the next flush. Design: writer-design, section 3.1.
 */
import { Hdf5UnsupportedError } from "../errors.js";
import { filterRegistry } from "../filters/core.js";
import { encodeChunk } from "../filters/pipeline.js";
import type { DataLayout } from "../format/messages/data-layout.js";
import { shapeOf } from "../format/messages/dataspace.js";
import { decodedAs, readChunkDecoded } from "../model/raw-data.js";
import type { ChunkEntry, ChunkTable, DatasetState, ObjectState } from "../model/state.js";
import type { StoredChunkBytes, WriteOptions } from "../model/writer-contract.js";
import { type ChunkPart, gather, planChunks, scatter } from "../selection/chunk-plan.js";
import { type ResolvedSelection, resolveSelection } from "../selection/selection.js";
import { ChunkTree, compare, type StoredChunk } from "./chunk-tree.js";
import { Commit } from "./commit.js";
import type { WriteSession } from "./write-session.js";

type ChunkedLayout = Extract<DataLayout, { kind: "chunked" }>;

/** Chunks encoded at once, each on a thread of the platform's pool where it has one. */
const PARALLEL_ENCODES = 4;
/** Bytes of chunks of one file that wait in memory. */
const PENDING_BYTES = 64 * 2 ** 20;

/** Bytes of chunks that wait in memory, over all datasets of a session. */
export interface PendingBudget {
  bytes: number;
}

interface PendingChunk {
  readonly offset: readonly number[];
  readonly bytes: Uint8Array;
}

export class ChunkStore implements ChunkTable {
  readonly #session: WriteSession;
  readonly #state: ObjectState;
  readonly #dataset: DatasetState;
  readonly #tree: ChunkTree;
  readonly #chunkShape: readonly number[];
  readonly #chunkBytes: number;
  readonly #pending = new Map<string, PendingChunk>();
  /** Addresses handed out since the last flush: nothing published points there. */
  #fresh = new Set<number>();

  private constructor(
    session: WriteSession,
    state: ObjectState,
    dataset: DatasetState,
    tree: ChunkTree,
    layout: ChunkedLayout,
  ) {
    this.#session = session;
    this.#state = state;
    this.#dataset = dataset;
    this.#tree = tree;
    this.#chunkShape = layout.chunkShape;
    this.#chunkBytes = layout.chunkShape.reduce((product, n) => product * n, layout.elementSize);
  }

  /** The store of a chunked dataset, made on first use. @throws Hdf5UnsupportedError for indexes that are not edited. */
  static async of(session: WriteSession, state: ObjectState): Promise<ChunkStore> {
    const present = session.stores.get(state);
    if (present !== undefined) return present;
    const dataset = state.dataset as DatasetState; // the caller holds a dataset
    const layout = dataset.layout as ChunkedLayout;
    if (layout.index.kind !== "btree-v1") {
      throw new Hdf5UnsupportedError(`writing to a dataset with a chunk index of kind ${layout.index.kind}`);
    }
    const { context, limits, pager } = session.file;
    const shape = { context, chunkShape: layout.chunkShape, elementSize: layout.elementSize };
    const tree = await ChunkTree.load(pager, limits, layout.index.address, shape);
    const store = new ChunkStore(session, state, dataset, tree, layout);
    session.stores.set(state, store);
    dataset.chunks = store;
    return store;
  }

  async within(low: readonly number[], high: readonly number[]): Promise<readonly ChunkEntry[]> {
    const touches = (offset: readonly number[]): boolean =>
      offset.every((at, d) => at < (high[d] as number) && at + (this.#chunkShape[d] as number) > (low[d] as number));
    const found: ChunkEntry[] = [];
    for (const chunk of this.#tree.entriesBetween(low[0] ?? 0, high[0] ?? 1, this.#chunkShape[0] ?? 1)) {
      if (touches(chunk.offset)) found.push(chunk);
    }
    for (const { offset } of this.#pending.values()) {
      if (touches(offset) && this.#tree.find(offset) === undefined) {
        found.push({ offset, address: undefined, size: this.#chunkBytes, filterMask: 0 });
      }
    }
    return found.sort((a, b) => compare(a.offset, b.offset));
  }

  pending(offset: readonly number[]): Uint8Array | undefined {
    return this.#pending.get(offset.join())?.bytes;
  }

  /** Stored bytes of all chunks. */
  get storedBytes(): number {
    let sum = 0;
    for (const chunk of this.#tree.entries()) sum += chunk.size;
    return sum;
  }

  /** Write elements in selection order. The selection was resolved for the current extent. */
  async write(data: Uint8Array, selection: ResolvedSelection, options: WriteOptions = {}): Promise<void> {
    const shape = shapeOf(this.#dataset.dataspace);
    const elementSize = this.#dataset.datatype.size;
    const encoding: Promise<() => Promise<void>>[] = [];
    let done = 0;
    const finishOne = async (): Promise<void> => {
      const store = await (encoding.shift() as Promise<() => Promise<void>>); // called while there is one
      await store();
    };
    try {
      for (const part of planChunks(selection, this.#chunkShape, shape)) {
        options.signal?.throwIfAborted();
        const bytes = await this.#bufferFor(part);
        scatter(data, part, elementSize, bytes);
        done += part.count * elementSize;
        if (part.covers && this.#isComplete(part.offset, shape)) {
          this.#dropPending(part.offset);
          encoding.push(this.#encode(part.offset, bytes));
          if (encoding.length >= PARALLEL_ENCODES) await finishOne();
        } else this.#keepPending(part.offset, bytes);
        options.onProgress?.({ done, total: data.length });
        await this.#shrinkPending();
      }
      while (encoding.length > 0) await finishOne();
    } finally {
      await Promise.allSettled(encoding);
    }
  }

  /** Will the chunk hold nothing more than it holds now? */
  #isComplete(offset: readonly number[], shape: readonly number[]): boolean {
    const { dataspace } = this.#dataset;
    const maxShape = dataspace.kind === "simple" ? (dataspace.maxShape ?? dataspace.shape) : shape;
    return offset.every((at, d) => {
      const extent = shape[d] as number;
      return at + (this.#chunkShape[d] as number) <= extent || extent === maxShape[d];
    });
  }

  /** A buffer of the whole chunk, holding what the write does not replace. */
  async #bufferFor(part: ChunkPart): Promise<Uint8Array> {
    const pending = this.#pending.get(part.offset.join());
    if (pending !== undefined) return pending.bytes;
    const stored = this.#tree.find(part.offset);
    if (part.covers || stored === undefined) return this.#emptyChunk();
    return (await readChunkDecoded(this.#state, stored)).slice();
  }

  #emptyChunk(): Uint8Array {
    const bytes = new Uint8Array(this.#chunkBytes);
    const { fill } = this.#dataset;
    if (fill.bytes?.some((byte) => byte !== 0)) fillWith(bytes, fill.bytes);
    return bytes;
  }

  #keepPending(offset: readonly number[], bytes: Uint8Array): void {
    const key = offset.join();
    if (!this.#pending.has(key)) this.#session.pendingChunks.bytes += bytes.length;
    this.#pending.set(key, { offset: [...offset], bytes });
  }

  #dropPending(offset: readonly number[]): void {
    if (this.#pending.delete(offset.join())) this.#session.pendingChunks.bytes -= this.#chunkBytes;
  }

  async #shrinkPending(): Promise<void> {
    while (this.#session.pendingChunks.bytes > PENDING_BYTES && this.#pending.size > 0) {
      const [oldest] = this.#pending.values();
      if (oldest !== undefined) await this.#storeNow(oldest);
    }
  }

  async #storeNow({ offset, bytes }: PendingChunk): Promise<void> {
    const store = await this.#encode(offset, bytes);
    await store();
    this.#dropPending(offset);
    // The next append continues it.
    const stored = this.#tree.find(offset);
    if (stored !== undefined) this.#session.file.decoded.put(stored.address, decodedAs(this.#state, stored), bytes);
  }

  /** Start encoding; what is returned then stores the chunk. Storing is done in order, so that files are reproducible. */
  async #encode(offset: readonly number[], bytes: Uint8Array): Promise<() => Promise<void>> {
    const { filters, datatype } = this.#dataset;
    const registry = filterRegistry(this.#session.file.filters);
    const context = { elementSize: datatype.size, chunkBytes: this.#chunkBytes, offset };
    const encoded =
      filters.length === 0 ? { bytes, filterMask: 0 } : await encodeChunk(bytes, filters, registry, context);
    return () => this.#store([...offset], encoded.bytes, encoded.filterMask);
  }

  /** Store a chunk that is filtered already. */
  async put({ offset, bytes, filterMask }: StoredChunkBytes): Promise<void> {
    this.#dropPending(offset);
    await this.#store([...offset], bytes, filterMask);
  }

  async #store(offset: readonly number[], bytes: Uint8Array, filterMask: number): Promise<void> {
    const { allocator, device, file } = this.#session;
    const before = this.#tree.find(offset);
    if (before !== undefined) {
      this.#fresh.delete(before.address)
        ? allocator.giveBack(before.address, before.size, "raw")
        : allocator.free(before.address, before.size, "raw");
    }
    const address = allocator.raw(bytes.length);
    this.#fresh.add(address);
    await device.write(address, bytes);
    file.decoded.delete(address);
    this.#tree.set({ offset, address, size: bytes.length, filterMask });
  }

  /**
   * The extent changes. Chunks outside go; in chunks that the new border cuts, what lies outside becomes fill value,
   * so that growing again shows nothing old. Called before the dataspace changes.
   */
  async resize(shape: readonly number[]): Promise<void> {
    const before = shapeOf(this.#dataset.dataspace);
    if (shape.every((extent, d) => extent >= (before[d] as number))) return;
    const outside = (offset: readonly number[]): boolean => offset.some((at, d) => at >= (shape[d] as number));
    const cut = (offset: readonly number[]): boolean =>
      offset.some((at, d) => {
        const end = Math.min(at + (this.#chunkShape[d] as number), before[d] as number);
        return end > (shape[d] as number);
      });
    for (const chunk of [...this.#pending.values()]) if (outside(chunk.offset)) this.#dropPending(chunk.offset);
    const stored = [...this.#tree.entries()];
    for (const chunk of stored) {
      if (outside(chunk.offset)) this.#remove(chunk);
    }
    const cutOffsets = new Map<string, readonly number[]>();
    for (const { offset } of [...stored, ...this.#pending.values()]) {
      if (!outside(offset) && cut(offset)) cutOffsets.set(offset.join(), offset);
    }
    for (const offset of cutOffsets.values()) {
      const entry = this.#tree.find(offset);
      const bytes =
        this.pending(offset) ??
        (entry === undefined ? undefined : (await readChunkDecoded(this.#state, entry)).slice());
      if (bytes === undefined) continue;
      this.#clearOutside(bytes, offset, shape);
      this.#keepPending(offset, bytes);
    }
  }

  /** Put the fill value where a chunk lies outside the extent. */
  #clearOutside(bytes: Uint8Array, offset: readonly number[], shape: readonly number[]): void {
    const kept = this.#emptyChunk();
    const inside = resolveSelection(
      offset.map((at, d) => [0, Math.min(this.#chunkShape[d] as number, (shape[d] as number) - at)] as const),
      this.#chunkShape,
    );
    const { datatype } = this.#dataset;
    const [part] = planChunks(inside, this.#chunkShape, this.#chunkShape);
    if (part === undefined) return;
    const data = new Uint8Array(inside.count * datatype.size);
    gather(bytes, part, datatype.size, data);
    scatter(data, part, datatype.size, kept);
    bytes.set(kept);
  }

  #remove(chunk: StoredChunk): void {
    const { allocator } = this.#session;
    if (this.#fresh.delete(chunk.address)) allocator.giveBack(chunk.address, chunk.size, "raw");
    else allocator.free(chunk.address, chunk.size, "raw");
    this.#tree.delete(chunk.offset);
  }

  /** Store what waits. */
  async settlePending(): Promise<void> {
    for (const chunk of [...this.#pending.values()].sort((a, b) => compare(a.offset, b.offset)))
      await this.#storeNow(chunk);
  }

  /** Write the changed part of the index; returns the address of its root. `settlePending` comes before. */
  flush(commit: Commit): number | undefined {
    const root = this.#tree.flush(this.#session.allocator, commit);
    this.#fresh = new Set();
    return root;
  }

  /** The dataset has no name left: its space is free with the next flush. */
  release(): void {
    for (const chunk of [...this.#pending.values()]) this.#dropPending(chunk.offset);
    for (const chunk of [...this.#tree.entries()]) this.#remove(chunk);
    this.#tree.flush(this.#session.allocator, new Commit());
  }
}

/** Repeat one element over a buffer. */
export function fillWith(bytes: Uint8Array, element: Uint8Array): void {
  bytes.set(element.subarray(0, Math.min(element.length, bytes.length)));
  for (let filled = element.length; filled < bytes.length; filled *= 2) {
    bytes.copyWithin(filled, 0, Math.min(filled, bytes.length - filled));
  }
}
