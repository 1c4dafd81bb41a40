/**
 * Stored elements of a selection. What is needed is planned, neighbours are fetched together, several ranges at once,
 * each chunk once for all selections of a call, and for all calls that want it at the same time.
 * Long because the layouts share one call's state: its plan, its progress, its budget and what is under way.
 */
import type { Bytes } from "../bytes/typed-arrays.js";
import { copyOf } from "../drivers/copy-of.js";
import { Hdf5FormatError, Hdf5LimitError, Hdf5TruncatedError } from "../errors.js";
import { filterRegistry } from "../filters/core.js";
import { decodeChunk } from "../filters/pipeline.js";
import { elementCount, shapeOf } from "../format/messages/dataspace.js";
import { directFetcher, farFetcher, type RawFetcher } from "../io/raw-fetcher.js";
import {
  type ChunkPart,
  chunksTouched,
  gather,
  planChunks,
  planChunksAt,
  touchedBox,
} from "../selection/chunk-plan.js";
import { product, type ResolvedSelection } from "../selection/resolved.js";
import { linearRuns } from "../selection/runs.js";
import { beginChunk, chunkUnderWay, endChunk } from "./chunk-fetches.js";
import { type ChunkedLayout, chunkTable } from "./chunk-table.js";
import type { RawBytes } from "./external-raw.js";
import { repeat, unwrittenBytes } from "./fill.js";
import { inParallel } from "./in-parallel.js";
import type { ChunkEntry, DatasetState, FileState, ObjectState } from "./state.js";
import { lookAtEnd, steadily } from "./steadily.js";
import type { Trail } from "./virtual/sources.js";
import type { OnProgress } from "./writer-contract.js";

/** Reads under way at once. */
const READS_AT_ONCE = 6;
/** Ranges of contiguous data this near to each other are fetched together. */
const CONTIGUOUS_GAP = 64 * 1024;
/** Chunks that are planned for whether they are stored or not. */
const SPARSE_CHUNKS = 1024;
/** Bytes of a chunk that is not made of fill values just to copy from it. */
const LARGE_CHUNK = 2 ** 20;
/** Most bytes of contiguous data fetched at once. */
const CONTIGUOUS_WINDOW = 8 * 2 ** 20;
/** Stored chunks this near to each other are fetched together, … */
const CHUNK_GAP = 4 * 1024;
/** … up to this length; where a request costs much, … */
const CHUNK_WINDOW = 2 ** 20;
/** … further apart and longer, as long as all the requests at once have enough to do. */
const FAR_CHUNK_GAP = 32 * 1024;
const FAR_CHUNK_WINDOWS: readonly [number, number] = [4 * 2 ** 20, 8 * 2 ** 20];

/** A chunk that lies in the file. */
export type StoredChunk = ChunkEntry & { readonly address: number };

/** Does this chunk lie in the file? */
export function isStored(entry: ChunkEntry | undefined): entry is StoredChunk {
  return entry?.address !== undefined;
}

export interface StoredOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** The file's `readBytes` by default. */
  readonly maxBytes?: number | undefined;
  /** The dataset's path, for the policy about other files. */
  readonly path?: string | undefined;
  /** The virtual datasets that led here. */
  readonly trail?: Trail | undefined;
  /** Takes what must be let go of when the elements are decoded: what lies in the heaps of other files. */
  readonly borrowed?: (() => void)[] | undefined;
  /** Zeroed bytes to put the result of a single selection into; otherwise it is fresh. */
  readonly into?: Uint8Array | undefined;
}

/**
 * The stored bytes of the elements selected, in selection order: fresh, or those the driver gave.
 * @throws Hdf5LimitError beyond `maxBytes`; Hdf5FormatError when storage is too short; Hdf5FilterError with the chunk.
 */
export async function readStored(
  object: ObjectState,
  selection: ResolvedSelection,
  options: StoredOptions = {},
): Promise<Bytes> {
  const [bytes] = await readStoredMany(object, [selection], options);
  return bytes as Bytes; // one selection gives one result
}

/** As `readStored`, for several selections planned together. */
export async function readStoredMany(
  object: ObjectState,
  selections: readonly ResolvedSelection[],
  options: StoredOptions = {},
): Promise<Bytes[]> {
  const dataset = object.dataset as DatasetState; // asked for datasets only
  const { size } = dataset.datatype;
  const total = selections.reduce((sum, { count }) => sum + count * size, 0);
  const allowed = options.maxBytes ?? object.file.limits.readBytes;
  if (total > allowed) throw new Hdf5LimitError("readBytes", total, allowed, "one read");
  options.signal?.throwIfAborted();
  const read = new Reading(object, total, options);
  if (total === 0) return selections.map(() => new Uint8Array(0));
  return read.run(selections);
}

/** Where unfiltered, unchunked raw data lie, checked to lie inside the file. */
export function contiguousPlace(object: ObjectState): { address: number | undefined; length: number } {
  const { layout, dataspace, datatype } = object.dataset as DatasetState;
  if (layout.kind !== "contiguous" || layout.address === undefined) return { address: undefined, length: 0 };
  const length = elementCount(dataspace) * datatype.size;
  const where = { structure: "contiguous raw data", address: layout.address };
  if (layout.size < length) {
    throw new Hdf5FormatError(where, `are ${layout.size} bytes long, the dataspace needs ${length}`);
  }
  assertInside(object.file, where.structure, layout.address, length);
  return { address: layout.address, length };
}

/** @throws Hdf5TruncatedError when a range leaves the file. */
export function assertInside(file: FileState, structure: string, address: number, length: number): void {
  // The index of a file that is being written may name what was written after the last look at the file's end.
  if (file.wasNotClosed && address + length > file.pager.endAt(address)) lookAtEnd(file);
  const end = file.pager.endAt(address);
  if (address + length <= end) return;
  throw new Hdf5TruncatedError(
    { structure, address },
    `is ${length} bytes long and leaves the file, which ends at 0x${end.toString(16)}`,
  );
}

/** The decoded elements of a stored chunk, from the cache if they are there; not to be changed. */
export async function readChunkDecoded(
  object: ObjectState,
  entry: StoredChunk,
  signal?: AbortSignal | undefined,
): Promise<Uint8Array> {
  const known = object.file.decoded.get(entry.address, decodedAs(object, entry));
  if (known !== undefined) return known;
  return decode(object, entry, await readChunkRaw(object, entry, signal), signal);
}

/** A chunk's bytes as stored. */
export async function readChunkRaw(
  object: ObjectState,
  entry: StoredChunk,
  signal?: AbortSignal | undefined,
): Promise<Uint8Array> {
  assertChunkSize(object, entry.size);
  assertInside(object.file, "chunk", entry.address, entry.size);
  return readRange(object.file, entry.address, entry.size, signal);
}

function assertChunkSize(object: ObjectState, size: number): void {
  const { chunkBytes } = object.file.limits;
  if (size > chunkBytes) throw new Hdf5LimitError("chunkBytes", size, chunkBytes, "one chunk");
}

/** Bytes of a chunk before filters. */
export function chunkLength(object: ObjectState): number {
  const { layout } = object.dataset as DatasetState;
  const { chunkShape, elementSize } = layout as ChunkedLayout;
  const length = product(chunkShape) * elementSize;
  assertChunkSize(object, length);
  return length;
}

/** Is this an edge chunk of a dataset that leaves those unfiltered? */
function isUnfiltered({ layout, dataspace }: DatasetState, { offset }: ChunkEntry): boolean {
  const { chunkShape, partialEdgeChunksUnfiltered } = layout as ChunkedLayout;
  const shape = shapeOf(dataspace);
  return partialEdgeChunksUnfiltered && offset.some((from, d) => from + (chunkShape[d] ?? 0) > (shape[d] ?? 0));
}

/** What the bytes of a stored chunk are decoded as, for the cache of decoded chunks. */
export function decodedAs(object: ObjectState, entry: StoredChunk): string {
  const filtered = isUnfiltered(object.dataset as DatasetState, entry) ? "plain" : entry.filterMask;
  return `${object.address} ${entry.size} ${filtered}`;
}

/** What tells decoded chunks of one file apart. */
function chunkKey(object: ObjectState, entry: StoredChunk): string {
  return `${entry.address} ${decodedAs(object, entry)}`;
}

async function decode(
  object: ObjectState,
  entry: StoredChunk,
  stored: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { file } = object;
  const dataset = object.dataset as DatasetState;
  const { layout, filters } = dataset;
  const { elementSize } = layout as ChunkedLayout;
  const bytes = await decodeChunk(
    stored,
    isUnfiltered(dataset, entry) ? [] : filters,
    entry.filterMask,
    filterRegistry(file.filters),
    {
      elementSize,
      chunkBytes: chunkLength(object),
      offset: entry.offset,
      signal,
      verifyChecksums: file.options.verifyChecksums,
    },
  );
  file.decoded.put(entry.address, decodedAs(object, entry), bytes);
  return bytes;
}

/** Made with the first value: opening does not need it. */
const fetchers = /* @__PURE__ */ new WeakMap<FileState, RawFetcher>();

function fetcherOf(file: FileState): RawFetcher {
  let fetcher = fetchers.get(file);
  if (fetcher === undefined) {
    const { driver, pager, local, mode } = file;
    fetcher = local ? directFetcher(driver) : farFetcher(driver, mode === "r" ? pager : undefined);
    fetchers.set(file, fetcher);
  }
  return fetcher;
}

async function readRange(
  file: FileState,
  address: number,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = await fetcherOf(file).read(address + file.pager.baseAddress, length, signal);
  if (bytes.length === length) return bytes;
  throw new Hdf5TruncatedError(
    { structure: "raw data", address },
    `needs ${length} bytes, the file holds ${bytes.length}`,
  );
}

/** A range of contiguous data. Of a file far away it is kept, like decoded chunks: asked for again, it costs nothing. */
async function readKept(
  file: FileState,
  address: number,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (file.local || file.mode !== "r") return readRange(file, address, length, signal);
  const as = `raw ${length}`;
  const known = file.decoded.get(address, as);
  if (known !== undefined) return copyOf(known);
  const bytes = await readRange(file, address, length, signal);
  file.decoded.put(address, as, copyOf(bytes));
  return bytes;
}

/** A run of contiguous elements and where it goes, in bytes. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly length: number;
  /** The result it goes into, where there are several. */
  readonly out?: Uint8Array | undefined;
}

/** A chunk and all that is copied out of it. */
interface ChunkJob {
  readonly offset: readonly number[];
  readonly parts: { readonly part: ChunkPart; readonly out: Uint8Array }[];
  readonly entry: ChunkEntry | undefined;
}

/** A chunk to be fetched. */
type StoredJob = ChunkJob & { readonly entry: StoredChunk };

/** One call: its result and its progress. */
class Reading {
  readonly #object: ObjectState;
  readonly #dataset: DatasetState;
  readonly #size: number;
  readonly #total: number;
  readonly #signal: AbortSignal | undefined;
  readonly #onProgress: OnProgress | undefined;
  readonly #options: StoredOptions;
  #done = 0;

  constructor(object: ObjectState, total: number, options: StoredOptions) {
    this.#object = object;
    this.#dataset = object.dataset as DatasetState;
    this.#size = this.#dataset.datatype.size;
    this.#total = total;
    this.#signal = options.signal;
    this.#onProgress = options.onProgress;
    this.#options = options;
  }

  async run(selections: readonly ResolvedSelection[]): Promise<Bytes[]> {
    const { layout, externalFiles } = this.#dataset;
    switch (layout.kind) {
      case "compact":
        return selections.map((selection) => this.#fromCompact(layout.data, selection));
      case "contiguous": {
        const raw = externalFiles === undefined ? this.#storedBytes() : await this.#externalBytes();
        if (raw === undefined) return selections.map((selection) => this.#filled(selection));
        try {
          return await this.#fromContiguous(raw, selections);
        } finally {
          await raw.close();
        }
      }
      case "chunked":
        return this.#fromChunks(layout, selections);
      case "virtual":
        return this.#fromSources(selections);
    }
  }

  #fromCompact(data: Uint8Array, selection: ResolvedSelection): Bytes {
    const extent = shapeOf(this.#dataset.dataspace);
    const needed = elementCount(this.#dataset.dataspace) * this.#size;
    if (data.length < needed) {
      throw new Hdf5FormatError(
        { structure: "data layout message", address: this.#object.address },
        `holds ${data.length} bytes of compact data, the dataspace needs ${needed}`,
      );
    }
    const out = this.#allocate(selection);
    for (const { from, to, length } of this.#pieces(selection, extent)) out.set(data.subarray(from, from + length), to);
    this.#progress(out.length);
    return out;
  }

  /** The data of this file; undefined: there are none yet. */
  #storedBytes(): RawBytes | undefined {
    const { address } = contiguousPlace(this.#object);
    if (address === undefined) return undefined;
    const { file } = this.#object;
    return { read: (from, length, signal) => readKept(file, address + from, length, signal), close: async () => {} };
  }

  async #externalBytes(): Promise<RawBytes> {
    const { externalBytes } = await import("./external-raw.js");
    return externalBytes(this.#object, this.#options.path);
  }

  async #fromContiguous(raw: RawBytes, selections: readonly ResolvedSelection[]): Promise<Bytes[]> {
    const extent = shapeOf(this.#dataset.dataspace);
    const [first] = selections;
    if (first !== undefined && selections.length === 1 && first.count * this.#size <= CONTIGUOUS_WINDOW) {
      // Often all lies in one run: then what the driver gave is the result.
      const [only, more] = take(this.#windows(this.#pieces(first, extent)), 2);
      const piece = only?.pieces.length === 1 ? only.pieces[0] : undefined;
      if (piece !== undefined && more === undefined && this.#options.into === undefined) {
        const bytes = await raw.read(piece.from, piece.length, this.#signal);
        this.#progress(bytes.length);
        return [plain(bytes)];
      }
    }
    const results = selections.map((selection) => this.#allocate(selection));
    const windows = this.#windows(this.#piecesOf(selections, extent, results));
    await inParallel(windows, READS_AT_ONCE, async ({ from, to, pieces }) => {
      this.#signal?.throwIfAborted();
      const bytes = await raw.read(from, to - from, this.#signal);
      let copied = 0;
      for (const piece of pieces) {
        piece.out?.set(bytes.subarray(piece.from - from, piece.from - from + piece.length), piece.to);
        copied += piece.length;
      }
      this.#progress(copied);
    });
    return results;
  }

  async #fromSources(selections: readonly ResolvedSelection[]): Promise<Bytes[]> {
    const { readVirtual } = await import("./virtual/index.js");
    const results: Bytes[] = [];
    for (const selection of selections) {
      const out = this.#allocate(selection);
      await readVirtual(this.#object, selection, out, this.#options);
      this.#progress(out.length);
      results.push(out);
    }
    return results;
  }

  async #fromChunks(layout: ChunkedLayout, selections: readonly ResolvedSelection[]): Promise<Bytes[]> {
    const { chunkShape } = layout;
    const extent = shapeOf(this.#dataset.dataspace);
    const whole = chunkLength(this.#object);
    const results = selections.map((selection) => this.#allocate(selection));
    const low = extent.map(() => Number.POSITIVE_INFINITY);
    const high = extent.map(() => 0);
    for (const selection of selections) {
      const box = touchedBox(selection);
      for (let d = 0; box !== undefined && d < extent.length; d++) {
        low[d] = Math.min(low[d] ?? 0, box.low[d] ?? 0);
        high[d] = Math.max(high[d] ?? 0, box.high[d] ?? 0);
      }
    }
    const table = chunkTable(this.#object);
    const entries = new Map<string, ChunkEntry>();
    for (const entry of await steadily(this.#object.file, () => table.within(low, high))) {
      entries.set(entry.offset.join(), entry);
    }
    const jobs = new Map<string, ChunkJob>();
    selections.forEach((selection, i) => {
      const out = results[i] as Bytes;
      let parts = planChunks(selection, chunkShape, extent);
      if (chunksTouched(selection, chunkShape) > 2 * entries.size + SPARSE_CHUNKS || whole > LARGE_CHUNK) {
        // Most chunks are not stored: what costs is the chunks there are, not all that there could be, nor their size.
        const offsets = [...entries.values()].map(({ offset }) => offset);
        const stored = planChunksAt(selection, chunkShape, extent, offsets);
        const placed = stored.reduce((sum, { count }) => sum + count, 0);
        if (placed < selection.count) repeat(unwrittenBytes(this.#object), out);
        this.#progress((selection.count - placed) * this.#size);
        parts = stored;
      }
      for (const part of parts) {
        const key = part.offset.join();
        let job = jobs.get(key);
        if (job === undefined) {
          job = { offset: part.offset, parts: [], entry: entries.get(key) };
          jobs.set(key, job);
        }
        job.parts.push({ part, out });
      }
    });
    const stored = new Map<string, StoredJob>();
    let fill: Uint8Array | undefined;
    for (const job of jobs.values()) {
      const pending = table.pending(job.offset);
      if (pending !== undefined) this.#place(job, pending);
      else if (isStored(job.entry)) {
        const { entry } = job;
        const known = this.#object.file.decoded.get(entry.address, decodedAs(this.#object, entry));
        // Chunks that share their bytes, which only made-up files have, are decoded once.
        const key = chunkKey(this.#object, entry);
        const same = stored.get(key);
        if (known !== undefined) this.#place(job, known);
        else if (same !== undefined) same.parts.push(...job.parts);
        else stored.set(key, { ...job, entry });
      } else {
        fill ??= this.#fillChunk();
        this.#place(job, fill);
      }
    }
    await this.#fetchAll(stored);
    return results;
  }

  /** Fetch what nobody else is fetching, and take from other calls what they fetch. */
  async #fetchAll(stored: ReadonlyMap<string, StoredJob>): Promise<void> {
    const { file } = this.#object;
    const own = new Map<string, StoredJob>();
    const others: [job: StoredJob, chunk: Promise<Uint8Array | undefined>][] = [];
    for (const [key, job] of stored) {
      const chunk = chunkUnderWay(file, key);
      if (chunk === undefined) own.set(key, job);
      else others.push([job, chunk]);
    }
    for (const key of own.keys()) beginChunk(file, key);
    try {
      await this.#fetchWindows([...own.values()]);
    } finally {
      for (const key of own.keys()) endChunk(file, key, undefined);
    }
    const left: StoredJob[] = [];
    for (const [job, chunk] of others) {
      const bytes = await chunk;
      if (bytes === undefined) left.push(job);
      else this.#place(job, bytes);
    }
    await this.#fetchWindows(left);
  }

  #fetchWindows(jobs: StoredJob[]): Promise<void> {
    return inParallel(this.#chunkWindows(jobs), READS_AT_ONCE, (window) => this.#fetch(window));
  }

  #chunkWindows(jobs: StoredJob[]): Iterable<StoredJob[]> {
    if (this.#object.file.local) return chunkWindows(jobs, CHUNK_GAP, CHUNK_WINDOW);
    const total = jobs.reduce((sum, { entry }) => sum + entry.size, 0);
    const [least, most] = FAR_CHUNK_WINDOWS;
    return chunkWindows(jobs, FAR_CHUNK_GAP, Math.min(most, Math.max(least, total / READS_AT_ONCE)));
  }

  /** Fetch neighbouring chunks together, and decode one after another. */
  async #fetch(window: readonly StoredJob[]): Promise<void> {
    const first = window[0]?.entry as StoredChunk; // no window is empty
    const last = window[window.length - 1]?.entry as StoredChunk;
    this.#signal?.throwIfAborted();
    for (const { entry } of window) {
      assertChunkSize(this.#object, entry.size);
      assertInside(this.#object.file, "chunk", entry.address, entry.size);
    }
    const length = last.address + last.size - first.address;
    const bytes = await readRange(this.#object.file, first.address, length, this.#signal);
    for (const job of window) {
      const { entry } = job;
      const at = entry.address - first.address;
      const chunk = await decode(this.#object, entry, bytes.subarray(at, at + entry.size), this.#signal);
      endChunk(this.#object.file, chunkKey(this.#object, entry), chunk);
      this.#place(job, chunk);
    }
  }

  #place(job: ChunkJob, chunk: Uint8Array): void {
    let copied = 0;
    for (const { part, out } of job.parts) {
      gather(chunk, part, this.#size, out);
      copied += part.count * this.#size;
    }
    this.#progress(copied);
  }

  #fillChunk(): Uint8Array {
    return repeat(unwrittenBytes(this.#object), new Uint8Array(chunkLength(this.#object)));
  }

  #filled(selection: ResolvedSelection): Bytes {
    const out = this.#allocate(selection);
    repeat(unwrittenBytes(this.#object), out);
    this.#progress(out.length);
    return out;
  }

  *#pieces(selection: ResolvedSelection, extent: readonly number[]): Iterable<Piece> {
    let to = 0;
    for (const [start, count] of linearRuns(selection, extent)) {
      const length = count * this.#size;
      yield { from: start * this.#size, to, length };
      to += length;
    }
  }

  /** The pieces of several selections, one after another. */
  *#piecesOf(selections: readonly ResolvedSelection[], extent: readonly number[], outs: Bytes[]): Iterable<Piece> {
    for (const [i, selection] of selections.entries()) {
      const out = outs[i] as Bytes; // one for each selection
      for (const piece of this.#pieces(selection, extent)) yield { ...piece, out };
    }
  }

  /** Pieces that follow each other closely, fetched by one read; long ones are cut. */
  *#windows(pieces: Iterable<Piece>): Iterable<{ from: number; to: number; pieces: Piece[] }> {
    let window: { from: number; to: number; pieces: Piece[] } | undefined;
    for (const piece of pieces) {
      for (let done = 0; done < piece.length; done += CONTIGUOUS_WINDOW) {
        const length = Math.min(CONTIGUOUS_WINDOW, piece.length - done);
        const part = { from: piece.from + done, to: piece.to + done, length, out: piece.out };
        const end = part.from + length;
        if (
          window !== undefined &&
          part.from >= window.to &&
          part.from - window.to <= CONTIGUOUS_GAP &&
          end - window.from <= CONTIGUOUS_WINDOW
        ) {
          window.to = end;
          window.pieces.push(part);
          continue;
        }
        if (window !== undefined) yield window;
        window = { from: part.from, to: end, pieces: [part] };
      }
    }
    if (window !== undefined) yield window;
  }

  #allocate({ count }: ResolvedSelection): Bytes {
    const length = count * this.#size;
    // Bytes of this library's own making, which no SharedArrayBuffer holds.
    if (this.#options.into !== undefined) return this.#options.into as Bytes;
    try {
      return new Uint8Array(length);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Hdf5LimitError("readBytes", length, 0, "more than this platform can hold in one array", {
        cause: error,
      });
    }
  }

  #progress(bytes: number): void {
    this.#done += bytes;
    this.#onProgress?.({ done: this.#done, total: this.#total });
  }
}

/** Stored chunks in order of their addresses, neighbours together. */
function* chunkWindows(jobs: StoredJob[], gap: number, length: number): Iterable<StoredJob[]> {
  const sorted = jobs.sort((a, b) => a.entry.address - b.entry.address);
  let window: StoredJob[] = [];
  let from = 0;
  let to = 0;
  for (const job of sorted) {
    const { address, size } = job.entry;
    const near = address >= to && address - to <= gap && address + size - from <= length;
    if (window.length > 0 && !near) {
      yield window;
      window = [];
    }
    if (window.length === 0) from = address;
    window.push(job);
    to = address + size;
  }
  if (window.length > 0) yield window;
}

/** A driver may give a subclass (Node's Buffer): users get a plain Uint8Array over the same bytes. */
function plain(bytes: Uint8Array): Bytes {
  const own = bytes as Bytes; // drivers give fresh bytes, which no SharedArrayBuffer holds
  return own.constructor === Uint8Array ? own : new Uint8Array(own.buffer, own.byteOffset, own.length);
}

function take<T>(items: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const item of items) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}
