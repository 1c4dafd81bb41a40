/** Data that a container holds before, or instead of, a dataset of its file, behind the face of a dataset. */
import {
  type ArraySource,
  create,
  type Dataset,
  type Datatype,
  type DatatypeInput,
  datatypeOf,
  type FilterInput,
  type ReadMethod,
  type ReadResult,
  type SelectionInput,
  type StreamOptions,
  type ValueMethod,
  type WriteData,
} from "../../index.js";
import { NwbError } from "../errors.js";
import { datatypeFor } from "./conversion.js";
import type { Data } from "./data.js";
import { DataChunkIterator, isIterable, iteratorOptions } from "./data-chunk-iterator.js";
import { type Description, describe, isCompoundData, isNdArray } from "./describe.js";
import { dataIOOptions, H5DataIO } from "./h5-data-io.js";

/** How data shall be stored. */
export interface StorageOptions {
  readonly shape?: readonly number[] | undefined;
  readonly maxShape?: readonly (number | null)[] | undefined;
  readonly datatype?: DatatypeInput | undefined;
  readonly chunkShape?: readonly number[] | true | undefined;
  readonly filters?: readonly FilterInput[] | undefined;
  readonly fillValue?: WriteData | undefined;
  readonly linkData?: boolean | undefined;
}

/** What is to be written. */
export type Content =
  | { readonly kind: "values"; readonly values: unknown }
  /** Rows, or blocks of rows. */
  | {
      readonly kind: "stream";
      readonly items: Iterable<WriteData> | AsyncIterable<WriteData>;
      readonly rows: boolean;
      readonly bufferSize: number | undefined;
    }
  | { readonly kind: "empty" }
  | { readonly kind: "dataset"; readonly dataset: Dataset };

/** The read options that a dataset takes, whatever overload they come by. */
type AnyOptions = Parameters<ReadMethod>[1];

/**
 * Data in memory, a stream, or an empty dataset to come. Reading goes to the values in memory, or to the dataset once
 * it is written.
 */
export class HeldData implements ArraySource {
  readonly content: Content;
  readonly storage: StorageOptions;
  /** The H5DataIO it was given as. */
  readonly io: H5DataIO | undefined;
  #written: Dataset | undefined;
  #memory: Promise<Dataset> | undefined;
  #description: Description | undefined;

  constructor(content: Content, storage: StorageOptions = {}, io?: H5DataIO | undefined) {
    this.content = content;
    this.storage = storage;
    this.io = io;
  }

  /** The dataset that was written for this data. */
  get written(): Dataset | undefined {
    return this.#written;
  }

  set written(dataset: Dataset | undefined) {
    this.#written = dataset;
  }

  /** The values, when they are in memory. */
  get values(): unknown {
    return this.content.kind === "values" ? this.content.values : undefined;
  }

  get description(): Description {
    if (this.#description === undefined) {
      const { content, storage } = this;
      if (content.kind === "values") this.#description = describe(content.values);
      else if (content.kind === "empty") this.#description = { kind: undefined, shape: storage.shape ?? [0] };
      else throw this.#unread();
    }
    return this.#description;
  }

  get shape(): readonly number[] {
    return this.#source?.shape ?? this.description.shape;
  }

  get rank(): number {
    return this.shape.length;
  }

  get length(): number {
    return this.shape[0] ?? 1;
  }

  get count(): number {
    return this.shape.reduce((product, extent) => product * extent, 1);
  }

  get datatype(): Datatype {
    const known = this.#source?.datatype;
    if (known !== undefined) return known;
    const { datatype } = this.storage;
    return datatypeOf(datatype ?? datatypeFor(this.description.kind, undefined) ?? "float64");
  }

  // `ReadMethod` and `ValueMethod` are sets of overloads: the dataset behind answers each of them.
  readonly read: ReadMethod = (async (selection?: SelectionInput, options?: AnyOptions) =>
    (await this.#dataset()).read(selection, options)) as ReadMethod;

  readonly value: ValueMethod = (async (selection?: SelectionInput, options?: Parameters<ValueMethod>[1]) =>
    (await this.#dataset()).value(selection, options)) as ValueMethod;

  readonly readMany: ArraySource["readMany"] = (async (selections: readonly SelectionInput[], options?: AnyOptions) =>
    (await this.#dataset()).readMany(selections, options)) as ArraySource["readMany"];

  readonly stream: ArraySource["stream"] = ((options?: StreamOptions) =>
    this.#blocks(options)) as ArraySource["stream"];

  async *#blocks(options?: StreamOptions): AsyncGenerator<ReadResult & { readonly start: number }> {
    yield* (await this.#dataset()).stream(options);
  }

  get #source(): Dataset | undefined {
    return this.#written ?? (this.content.kind === "dataset" ? this.content.dataset : undefined);
  }

  async #dataset(): Promise<Dataset> {
    if (this.content.kind !== "values") {
      const source = this.#source;
      if (source === undefined) throw this.#unread();
      return source;
    }
    this.#memory ??= inMemory(this.content.values, this.datatype);
    return this.#memory;
  }

  #unread(): NwbError {
    return new NwbError("data that comes piece by piece can be read only after it is written", { code: "not-written" });
  }
}

/** The values as a dataset of a file in memory: one implementation of selections and conversions for all data. */
async function inMemory(values: unknown, datatype: Datatype): Promise<Dataset> {
  const file = await create();
  const { kind } = describe(values);
  if (kind === "container") {
    throw new NwbError("references to containers have no values in memory; rows give the containers", { code: "data" });
  }
  // Described above: nothing but what can be written.
  return file.root.createDataset("data", { data: values as WriteData, ...(kind === "compound" ? {} : { datatype }) });
}

export function isDataset(value: unknown): value is Dataset {
  return isArraySource(value) && "kind" in value && value.kind === "dataset";
}

/** Does the value have the face of a dataset? */
export function isArraySource(value: unknown): value is ArraySource {
  return (
    typeof value === "object" &&
    value !== null &&
    "shape" in value &&
    "read" in value &&
    typeof value.read === "function"
  );
}

/** Whatever was given as data, behind the face of a dataset. */
export function asSource(data: Data): ArraySource {
  if (data instanceof H5DataIO) {
    const { data: inner, ...storage } = dataIOOptions(data);
    if (inner === undefined) return new HeldData({ kind: "empty" }, storage, data);
    const linkData = storage.linkData ?? false;
    const source = asSource(inner);
    if (isDataset(source)) return new HeldData({ kind: "dataset", dataset: source }, { ...storage, linkData }, data);
    if (!(source instanceof HeldData)) return source;
    return new HeldData(source.content, mergeStorage(source.storage, storage), data);
  }
  if (data instanceof DataChunkIterator) {
    const { data: items, maxShape, datatype, bufferSize } = iteratorOptions(data);
    return new HeldData({ kind: "stream", items, rows: true, bufferSize }, { maxShape, datatype });
  }
  if (isArraySource(data)) return data;
  if (isStream(data)) return new HeldData({ kind: "stream", items: data, rows: false, bufferSize: undefined });
  return new HeldData({ kind: "values", values: data });
}

function mergeStorage(inner: StorageOptions, outer: StorageOptions): StorageOptions {
  const given = Object.entries(outer).filter(([, value]) => value !== undefined);
  return { ...inner, ...Object.fromEntries(given) };
}

function isStream(data: unknown): data is Iterable<WriteData> | AsyncIterable<WriteData> {
  if (!isIterable(data) || Array.isArray(data) || ArrayBuffer.isView(data)) return false;
  return !(data instanceof Map) && !isNdArray(data) && !isCompoundData(data);
}
