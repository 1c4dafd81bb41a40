/** Rows in memory, added to a column one by one: all of it, or what follows the dataset of a file. */
import type {
  ArraySource,
  Dataset,
  Datatype,
  ReadMethod,
  ReadResult,
  SelectionInput,
  StreamOptions,
  ValueMethod,
} from "../../index.js";
import { NwbError } from "../errors.js";
import { isNdArray } from "./describe.js";
import { asSource, HeldData, isDataset } from "./held-data.js";

type AnyOptions = Parameters<ReadMethod>[1];

/** A column that grows by rows. `base` is what is in a file already. */
export class GrownData implements ArraySource {
  readonly base: Dataset | undefined;
  readonly rows: unknown[];
  /** Storage options and datatype of the data it started with. */
  readonly origin: HeldData | undefined;
  /** The dataset that rows were written to, and how many of `rows` it has. */
  stored: { readonly dataset: Dataset; readonly rows: number } | undefined;
  #whole: HeldData | undefined;

  constructor(base: Dataset | undefined, rows: unknown[], origin?: HeldData | undefined) {
    this.base = base;
    this.rows = rows;
    this.origin = origin;
  }

  add(row: unknown): void {
    this.rows.push(row);
    this.#whole = undefined;
  }

  /** The rows in memory as data. */
  get tail(): HeldData {
    if (this.#whole === undefined) {
      const { origin } = this;
      this.#whole = new HeldData({ kind: "values", values: this.rows }, origin?.storage ?? {}, origin?.io);
    }
    return this.#whole;
  }

  get shape(): readonly number[] {
    const { base, rows } = this;
    if (base === undefined) return this.tail.shape;
    return [base.length + rows.length, ...base.shape.slice(1)];
  }

  get rank(): number {
    return this.shape.length;
  }

  get length(): number {
    return (this.base?.length ?? 0) + this.rows.length;
  }

  get count(): number {
    return this.shape.reduce((product, extent) => product * extent, 1);
  }

  get datatype(): Datatype {
    return this.base?.datatype ?? this.tail.datatype;
  }

  readonly read: ReadMethod = (async (selection?: SelectionInput, options?: AnyOptions) =>
    (await this.#all()).read(selection, options)) as ReadMethod;

  readonly value: ValueMethod = (async (selection?: SelectionInput, options?: Parameters<ValueMethod>[1]) =>
    (await this.#all()).value(selection, options)) as ValueMethod;

  readonly readMany: ArraySource["readMany"] = (async (selections: readonly SelectionInput[], options?: AnyOptions) =>
    (await this.#all()).readMany(selections, options)) as ArraySource["readMany"];

  readonly stream: ArraySource["stream"] = ((options?: StreamOptions) =>
    this.#blocks(options)) as ArraySource["stream"];

  async *#blocks(options?: StreamOptions): AsyncGenerator<ReadResult & { readonly start: number }> {
    yield* (await this.#all()).stream(options);
  }

  /** Stored and added rows together; columns that grow are read whole. */
  async #all(): Promise<ArraySource> {
    const { base, rows } = this;
    if (base === undefined) return this.tail;
    if (rows.length === 0) return base;
    const stored = await base.value();
    const list = ArrayBuffer.isView(stored) || Array.isArray(stored) ? [...(stored as Iterable<unknown>)] : [stored];
    return new HeldData({ kind: "values", values: [...list, ...rows] }, { datatype: base.datatype });
  }
}

/** The data of a column as data that can grow. @throws NwbError when it comes piece by piece. */
export function growing(data: ArraySource): GrownData {
  if (data instanceof GrownData) return data;
  if (isDataset(data)) return new GrownData(data, []);
  if (data instanceof HeldData) {
    if (data.written !== undefined) return new GrownData(data.written, []);
    if (data.content.kind === "values") {
      const { values } = data;
      const { kind } = data.description;
      const plain = kind === undefined || kind === "number" || kind === "compound" || kind === "container";
      const datatype = data.storage.datatype ?? (plain ? undefined : data.datatype);
      const origin = new HeldData(data.content, { ...data.storage, datatype }, data.io);
      return new GrownData(undefined, listOf(values), origin);
    }
  }
  throw new NwbError("rows cannot be added to data that comes piece by piece", { code: "data" });
}

/** The rows of data in memory. */
export function listOf(values: unknown): unknown[] {
  if (Array.isArray(values)) return [...values];
  if (ArrayBuffer.isView(values)) return [...(values as Uint8Array)];
  if (isNdArray(values)) return rowsOfNdArray(values.data, values.shape, values.stride, 0);
  if (typeof values === "object" && values !== null && Symbol.iterator in values) {
    return [...(values as Iterable<unknown>)];
  }
  throw new NwbError("is no list of rows", { code: "data" });
}

function rowsOfNdArray(data: unknown, shape: readonly number[], stride: readonly number[], at: number): unknown[] {
  const list = data as ArrayLike<unknown>;
  const [extent = 0, ...inner] = shape;
  const [step = 1, ...steps] = stride;
  return Array.from({ length: extent }, (_, i) =>
    inner.length === 0 ? list[at + i * step] : rowsOfNdArray(data, inner, steps, at + i * step),
  );
}

/** Data of a column, from whatever was given. */
export function columnSource(data: Parameters<typeof asSource>[0] | undefined): ArraySource {
  return data === undefined ? new GrownData(undefined, []) : asSource(data);
}
