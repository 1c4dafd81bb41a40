/** Open files. */
import { removeFile } from "#platform";
import type { Bytes } from "../bytes/typed-arrays.js";
import type { AttributeReference, ObjectReference, Reference, RegionReference } from "../datatypes/values.js";
import { Hdf5FormatError, Hdf5LimitError, Hdf5LinkError, refuse } from "../errors.js";
import { assertOpen, endCalls, located, reading, requireWriter, writing } from "../model/calls.js";
import { inParallel } from "../model/in-parallel.js";
import { loadObject } from "../model/load-object.js";
import type { Soon } from "../model/soon.js";
import type { FileState, Hdf5Warning, ObjectState } from "../model/state.js";
import type { Writer } from "../model/writer-contract.js";
import type { DataSelection } from "../selection/selection.js";
import { type HandleFactory, stateOf } from "./handles.js";
import type { Attribute, Dataset, Group, Hdf5File, Hdf5Object, Stats } from "./types.js";

/** Bytes of a whole file that are read at once. */
const PIECE = 8 * 2 ** 20;

/** What a file handle is made of, beside its state. */
export interface FileExtras {
  /** Path of a file made by `create`: removed when it is given up before its first flush. */
  readonly created?: readonly string[] | undefined;
}

export class FileHandle implements Hdf5File {
  readonly root: Group;
  readonly #state: FileState;
  readonly #factory: HandleFactory;
  readonly #extras: FileExtras;
  #ending: Promise<void> | undefined;

  constructor(state: FileState, root: Group, factory: HandleFactory, extras: FileExtras = {}) {
    this.#state = state;
    this.#factory = factory;
    this.#extras = extras;
    this.root = root;
    this.get = (path) => root.get(path);
    this.find = (path) => root.find(path);
    this.has = (path) => root.has(path);
    this.group = (path) => root.group(path);
    this.dataset = (path) => root.dataset(path);
  }

  readonly get: Group["get"];
  readonly find: Group["find"];
  readonly has: Group["has"];
  readonly group: Group["group"];
  readonly dataset: Group["dataset"];

  get name(): string {
    return this.#state.name;
  }

  get mode(): "r" | "r+" {
    return this.#state.mode;
  }

  get closed(): boolean {
    return this.#state.closed;
  }

  get wasNotClosed(): boolean {
    return this.#state.wasNotClosed;
  }

  get size(): number | undefined {
    return this.#state.driver.size;
  }

  get superblock(): Hdf5File["superblock"] {
    const { version, sizeOfOffsets, sizeOfLengths } = this.#state.superblock;
    return { version, sizeOfOffsets, sizeOfLengths, userBlockSize: this.#state.pager.baseAddress };
  }

  get warnings(): readonly Hdf5Warning[] {
    return [...this.#state.warnings];
  }

  deref(reference: ObjectReference): Promise<Hdf5Object>;
  deref(reference: AttributeReference): Promise<Attribute>;
  deref(reference: RegionReference): Promise<{ readonly dataset: Dataset; readonly selection: DataSelection }>;
  async deref(reference: Reference): Promise<unknown> {
    const object = await reading(this.#state, async () => {
      const { address, file } = checkReference(reference);
      const state = await this.#fileOf(file);
      // The place itself is the object's; how it is called is for `pathOf` to say.
      return this.#factory.object({ object: await loadObject(state, address), path: undefined });
    });
    switch (reference.kind) {
      case "object-reference":
        return object;
      case "attribute-reference":
        return object.attrs.attribute(reference.name);
      case "region-reference":
        return regionOf(object, reference, this.name);
    }
  }

  pathOf(object: Hdf5Object | Reference): Promise<string | undefined> {
    return reading(this.#state, async () => {
      const { pathIndex } = await import("./path-of.js");
      if (isReference(object)) {
        if (object.file !== undefined && object.file !== this.name) return undefined;
        return (await pathIndex(this.#state)).get(object.address);
      }
      const state: ObjectState = stateOf(object, "object");
      return state.file === this.#state ? (await pathIndex(this.#state)).get(state.address) : undefined;
    });
  }

  readUserBlock(): Promise<Bytes> {
    return reading(this.#state, () => this.#bytes(this.#state.pager.baseAddress));
  }

  async toBytes(): Promise<Bytes> {
    const state = this.#state;
    const all = (): Promise<Bytes> => this.#bytes(state.driver.size ?? state.pager.end + state.pager.baseAddress);
    assertOpen(state);
    if (state.writer === undefined) return reading(state, all);
    const exact = async (writer: Writer): Promise<Bytes> => {
      await writer.flush({ exact: true });
      return all();
    };
    return state.sources.size > 0 ? this.#afterSources(exact) : writing(state, exact);
  }

  stats(): Stats {
    const { counters, pager, decoded, writer } = this.#state;
    return {
      requests: counters.requests,
      bytesRead: counters.bytesRead,
      bytesWritten: writer?.bytesWritten ?? 0,
      cacheHits: pager.hits + decoded.hits,
      cacheMisses: pager.misses + decoded.misses,
      barriers: writer?.barriers ?? 0,
    };
  }

  async flush(): Promise<void> {
    const state = this.#state;
    assertOpen(state);
    if (state.writer === undefined) return;
    // Without sources to wait for, the flush takes its place among the calls at once.
    if (state.sources.size > 0) await this.#afterSources((writer) => writer.flush());
    else await writing(state, (writer) => writer.flush());
  }

  /** A call made before `close` runs also when its sources end after that was called. */
  async #afterSources<T>(call: (writer: Writer) => Soon<T>): Promise<T> {
    const state = this.#state;
    await Promise.all(state.sources);
    try {
      return await state.queue.exclusive(() => call(requireWriter(state)));
    } catch (error) {
      throw located(error, state.name);
    }
  }

  close(): Promise<void> {
    this.#ending ??= this.#close();
    return this.#ending;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  abort(): Promise<void> {
    this.#ending ??= this.#abort();
    return this.#ending;
  }

  async #close(): Promise<void> {
    const state = this.#state;
    state.closed = true;
    if (state.writer === undefined) endCalls(state);
    await Promise.all(state.sources);
    try {
      if (state.writer !== undefined) await state.queue.exclusive(() => requireWriter(state).close());
    } finally {
      await this.#release();
    }
  }

  async #abort(): Promise<void> {
    const state = this.#state;
    state.closed = true;
    endCalls(state);
    const { writer } = state;
    state.writer = undefined; // sources that still give blocks find the file closed
    await state.queue.idle();
    let kept = true;
    try {
      if (writer !== undefined) kept = await writer.abort();
    } finally {
      await this.#release();
    }
    if (!kept) for (const path of this.#extras.created ?? []) await removeFile(path);
  }

  /** Let go of everything, whatever fails on the way. */
  async #release(): Promise<void> {
    const state = this.#state;
    endCalls(state);
    state.decoded.clear();
    state.heaps.clear();
    const { opened } = state.externals;
    // One that was opened through a link goes alone; the first file takes with it all that were opened from it.
    const others = opened.delete(state) ? [] : [...opened].filter((other) => !other.closed);
    const results = await Promise.allSettled([
      state.driver.close?.(),
      ...others.map((other) => this.#factory.file(other).close()),
    ]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async #fileOf(name: string | undefined): Promise<FileState> {
    const state = this.#state;
    if (name === undefined || name === state.name) return state;
    const { openExternal } = await import("../model/external.js");
    const other = await openExternal(state, name, { kind: "link", path: "" });
    if (other !== undefined) return other;
    throw new Hdf5LinkError("dangling", name, { file: state.name });
  }

  /** The first bytes of the file. */
  async #bytes(length: number): Promise<Bytes> {
    const { driver, limits } = this.#state;
    if (length > limits.readBytes) throw new Hdf5LimitError("readBytes", length, limits.readBytes, "the whole file");
    const out = new Uint8Array(length);
    const starts = Array.from({ length: Math.ceil(length / PIECE) }, (_, i) => i * PIECE);
    await inParallel(starts, 6, async (start) => {
      out.set(await driver.read(start, Math.min(PIECE, length - start)), start);
    });
    return out;
  }
}

/** @throws Hdf5FormatError unless the selection is one of a dataset of its rank. */
function regionOf(
  object: Hdf5Object,
  { address, selection }: RegionReference,
  file: string,
): { readonly dataset: Dataset; readonly selection: DataSelection } {
  const where = { structure: "region reference", address };
  if (object.kind !== "dataset") {
    throw new Hdf5FormatError(where, `leads to a ${object.kind}, expected a dataset`, { file });
  }
  if (selection.rank !== undefined && selection.rank !== object.rank) {
    throw new Hdf5FormatError(where, `selects in rank ${selection.rank}, the dataset has ${object.rank}`, { file });
  }
  return { dataset: object, selection };
}

function isReference(value: Hdf5Object | Reference | null | undefined): value is Reference {
  if (typeof value !== "object" || value === null) return false;
  return value.kind === "object-reference" || value.kind === "region-reference" || value.kind === "attribute-reference";
}

function checkReference(reference: Reference): Reference {
  return isReference(reference) ? reference : refuse("reference", reference, "a reference");
}
