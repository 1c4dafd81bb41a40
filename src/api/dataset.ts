/** Datasets: reading by slices, streaming, chunks; writing is the writer's. */
import type { Bytes, NumericArrays, NumericName } from "../bytes/typed-arrays.js";
import type { NdArray, ObjectReference, ReadResult, RegionReference, Value, WriteData } from "../datatypes/values.js";
import { checkOptions, Hdf5UnsupportedError, isHdf5Error } from "../errors.js";
import type { FilterInfo } from "../filters/filter.js";
import { type Dataspace, roundedCount, shapeOf } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import { type CallOptions, located } from "../model/calls.js";
import type { Reached } from "../model/paths.js";
import type { StoredOptions } from "../model/raw-data.js";
import type { DatasetState, FileState } from "../model/state.js";
import type { Layout, WriteOptions } from "../model/writer-contract.js";
import type { ResolvedSelection } from "../selection/resolved.js";
import type { SelectionInput } from "../selection/selection.js";
import { AttributesHandle } from "./attributes.js";
import { type AnyReadOptions, type ElementSource, readMethod, valueMethod, values } from "./element-source.js";
import type { HandleFactory } from "./handles.js";
import { ObjectCore } from "./object-core.js";
import type { ReadOptions, StreamOptions } from "./options.js";
import { storageSize } from "./storage-size.js";
import type { Attributes, ChunkInfo, Dataset, FillInfo, Hdf5File, ReadMethod, ValueMethod } from "./types.js";

/** The fill value as users see it, or why it cannot be had. */
export type FillOutcome = { readonly value: Value | undefined } | { readonly error: unknown };

export class DatasetHandle implements Dataset {
  readonly kind = "dataset";
  readonly attrs: Attributes;
  readonly #core: ObjectCore;
  readonly #elements: DatasetElements;
  readonly #fill: FillOutcome;

  constructor(reached: Reached, factory: HandleFactory, fill: FillOutcome) {
    this.#core = new ObjectCore(reached, factory);
    this.#elements = new DatasetElements(this.#core);
    this.#fill = fill;
    this.attrs = new AttributesHandle(this.#core);
  }

  get #dataset(): DatasetState {
    return this.#elements.dataset;
  }

  /** Made when it is asked for: most datasets that were just written are never read through their handle. */
  get read(): ReadMethod {
    return readMethod(this.#elements);
  }

  get value(): ValueMethod {
    return valueMethod(this.#elements);
  }

  /** For `stateOf`. */
  get core(): ObjectCore {
    return this.#core;
  }

  get file(): Hdf5File {
    return this.#core.file;
  }

  get path(): string | undefined {
    return this.#core.path;
  }

  get name(): string | undefined {
    return this.#core.name;
  }

  get address(): number {
    return this.#core.state.address;
  }

  get reference(): ObjectReference {
    return this.#core.reference;
  }

  get comment(): string | undefined {
    return this.#core.comment;
  }

  get modified(): Date | undefined {
    return this.#core.state.modified;
  }

  get dataspace(): Dataspace {
    return this.#dataset.dataspace;
  }

  get datatype(): Datatype {
    return this.#dataset.datatype;
  }

  get shape(): readonly number[] {
    return shapeOf(this.#dataset.dataspace);
  }

  get maxShape(): readonly number[] {
    const { dataspace } = this.#dataset;
    return dataspace.kind === "simple" ? (dataspace.maxShape ?? dataspace.shape) : shapeOf(dataspace);
  }

  get rank(): number {
    return this.shape.length;
  }

  get length(): number {
    return this.shape[0] ?? 1;
  }

  get count(): number {
    const count = roundedCount(this.#dataset.dataspace);
    if (Number.isSafeInteger(count)) return count;
    throw new Hdf5UnsupportedError("counts of more than 2^53 − 1 elements");
  }

  get layout(): Layout {
    const { layout, externalFiles } = this.#dataset;
    if (externalFiles !== undefined) return { kind: "external", files: externalFiles };
    if (layout.kind !== "virtual") return { kind: layout.kind };
    const { mappings } = this.#dataset;
    if (isHdf5Error(mappings)) throw located(mappings, this.#core.state.file.name, this.path);
    return { kind: "virtual", mappings: mappings ?? [] };
  }

  get chunkShape(): readonly number[] | undefined {
    const { layout } = this.#dataset;
    return layout.kind === "chunked" ? layout.chunkShape : undefined;
  }

  get filters(): readonly FilterInfo[] {
    return this.#dataset.filters;
  }

  get fill(): FillInfo {
    const { status, writeTime, allocTime, bytes } = this.#dataset.fill;
    return {
      status,
      writeTime,
      allocTime,
      bytes: status === "user" && bytes !== undefined ? new Uint8Array(bytes) : undefined,
    };
  }

  get fillValue(): Value | undefined {
    if ("error" in this.#fill) throw this.#fill.error;
    return this.#fill.value;
  }

  get storageSize(): number {
    return storageSize(this.#dataset);
  }

  setComment(text: string | undefined): Promise<void> {
    return this.#core.write((writer) => writer.setComment(this.#core.state, text));
  }

  readMany<K extends NumericName>(
    selections: readonly SelectionInput[],
    options: ReadOptions & { readonly as: K },
  ): Promise<NdArray<NumericArrays[K]>[]>;
  readMany(selections: readonly SelectionInput[], options?: ReadOptions): Promise<ReadResult[]>;
  readMany(selections: readonly SelectionInput[], options: AnyReadOptions = {}): Promise<ReadResult[]> {
    return this.#elements.call(
      async () => (await values.load()).readSelections(this.#elements, selections, options),
      options,
    );
  }

  stream<K extends NumericName>(
    options: StreamOptions & { readonly as: K },
  ): AsyncIterable<NdArray<NumericArrays[K]> & { readonly start: number }>;
  stream(options?: StreamOptions): AsyncIterable<ReadResult & { readonly start: number }>;
  async *stream(options: StreamOptions = {}): AsyncIterable<ReadResult & { readonly start: number }> {
    const { streamRows } = await values.load();
    yield* streamRows(this, options);
  }

  write(data: WriteData, selection?: SelectionInput, options: WriteOptions = {}): Promise<void> {
    const call = { ...options, path: this.path };
    return this.#core.write((writer) => writer.write(this.#core.state, data, selection, call), options);
  }

  append(data: WriteData, axis = 0, options: WriteOptions = {}): Promise<void> {
    const call = { ...options, path: this.path };
    return this.#core.write((writer) => writer.append(this.#core.state, data, axis, call), options);
  }

  resize(shape: readonly number[]): Promise<void> {
    return this.#core.write((writer) => writer.resize(this.#core.state, shape));
  }

  writable(options: WriteOptions = {}): WritableStream<WriteData> {
    checkOptions(options);
    return new WritableStream<WriteData>({ write: (block) => this.append(block, 0, options) });
  }

  async *chunks(selection?: SelectionInput): AsyncIterable<ChunkInfo> {
    const { listChunks } = await values.load();
    yield* listChunks(this.#core, selection);
  }

  readChunk(
    offset: readonly number[],
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ChunkInfo & { readonly bytes: Bytes }> {
    const { state, path } = this.#core;
    return this.#core.read(
      async () => (await values.load()).readStoredChunk(state, offset, { signal: options.signal, path }),
      options,
    );
  }

  regionReference(selection: SelectionInput): Promise<RegionReference> {
    return this.#core.read(async () => {
      const { asDataSelection } = await values.load();
      return Object.freeze({
        kind: "region-reference",
        address: this.address,
        file: undefined,
        selection: asDataSelection(selection, this.shape),
      });
    });
  }

  refresh(): Promise<void> {
    return this.#core.read(async () => {
      await (await import("../model/refresh.js")).refreshDataset(this.#core.state, this.path);
    });
  }
}

/** A dataset's elements. */
class DatasetElements implements ElementSource {
  readonly file: FileState;
  readonly #core: ObjectCore;

  constructor(core: ObjectCore) {
    this.#core = core;
    this.file = core.state.file;
  }

  get dataset(): DatasetState {
    return this.#core.state.dataset as DatasetState; // a state of kind "dataset" has one
  }

  get datatype(): Datatype {
    return this.dataset.datatype;
  }

  get dataspace(): Dataspace {
    return this.dataset.dataspace;
  }

  call<T>(run: () => Promise<T>, options: CallOptions): Promise<T> {
    return this.#core.read(run, options);
  }

  async stored(selections: readonly ResolvedSelection[], options: StoredOptions): Promise<Uint8Array[]> {
    const { readStoredMany } = await values.load();
    return readStoredMany(this.#core.state, selections, { ...options, path: this.#core.path });
  }
}
