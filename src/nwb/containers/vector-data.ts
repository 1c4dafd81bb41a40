/** Columns of tables, and the base of all dataset types. Schema: hdmf-common 1.8.0, base and table. */
import type { ArraySource } from "../../index.js";
import type { Data as DataInput } from "../data/data.js";
import { columnSource, type GrownData, growing } from "../data/grown-data.js";
import { asSource, isArraySource } from "../data/held-data.js";
import { NwbError } from "../errors.js";
import { columnRows, type Rows } from "./column-values.js";
import { AbstractContainer, describeContainer } from "./container.js";
import { StoredParts, stateOf } from "./state.js";

/** What the constructors of dataset types take as content; columns also lists of containers. */
export type ColumnData = DataInput | readonly unknown[];

/** Base of all dataset types: a container whose content is an array. */
export class Data extends AbstractContainer {
  static override readonly neurodataType: string = "Data";
  static override readonly namespace: string = "hdmf-common";

  constructor(options: { readonly name: string; readonly data: ColumnData }) {
    super(options);
  }

  /** The content, read by slices. */
  get data(): ArraySource {
    const data = stateOf(this).fields.get("data");
    if (isArraySource(data)) return data;
    throw new NwbError(`${describeContainer(this)} has no data`, {
      code: "no-data",
      neurodataType: this.neurodataType,
    });
  }
}

/** Base of the dataset types of NWB. Schema: core 2.7.0, nwb.base. */
export class NWBData extends Data {
  static override readonly neurodataType: string = "NWBData";
  static override readonly namespace: string = "core";
}

export interface VectorDataOptions {
  readonly name: string;
  readonly description: string;
  readonly data?: ColumnData | undefined;
}

/** A column of a table: one entry per row, or, with a VectorIndex, the entries of all rows in sequence. */
export class VectorData extends Data {
  static override readonly neurodataType: string = "VectorData";

  constructor(options: VectorDataOptions) {
    super(withData(options));
  }

  get description(): string {
    return String(stateOf(this).fields.get("description") ?? "");
  }

  /** Rows of this column itself. */
  get length(): number {
    return this.data.length;
  }

  /** One entry. @throws NwbError when there is no such row. */
  async row(i: number): Promise<unknown> {
    return (await this.rows(i, i + 1))[0];
  }

  /** The entries [start, stop), by default all. */
  async rows(start = 0, stop: number = this.length): Promise<unknown[]> {
    return Array.from(await this.values(start, stop));
  }

  /** As `rows`, with numbers in a typed array where they are stored as such. */
  async values(start = 0, stop: number = this.length): Promise<Rows> {
    return columnRows(this, this.data, start, stop);
  }

  /** Add an entry at the end; a table adds to all of its columns. @throws NwbError when the data cannot grow. */
  addRow(value: unknown): void {
    grow(this).add(value);
    this.setModified();
  }
}

/** The column's data as data that grows. */
export function grow(column: Data): GrownData {
  const grown = growing(column.data);
  stateOf(column).fields.set("data", grown);
  return grown;
}

function withData<T extends object>(options: T & { readonly data?: unknown }): T & { readonly data: ColumnData } {
  // What is read from a file comes without data here; it is put into the fields.
  if (options instanceof StoredParts) return options as never;
  return { ...options, data: columnSource(options.data as DataInput | undefined) };
}

/** Integers that identify the rows of a table. */
export class ElementIdentifiers extends Data {
  static override readonly neurodataType: string = "ElementIdentifiers";

  constructor(options: { readonly name?: string | undefined; readonly data?: DataInput | undefined }) {
    super(withData(options) as { readonly name: string; readonly data: ColumnData }); // the schema has a default name
  }

  get length(): number {
    return this.data.length;
  }

  async row(i: number): Promise<unknown> {
    return (await columnRows(this, this.data, i, i + 1))[0];
  }

  async rows(start = 0, stop: number = this.length): Promise<unknown[]> {
    return Array.from(await columnRows(this, this.data, start, stop));
  }
}

export interface VectorIndexOptions {
  readonly name: string;
  readonly data?: DataInput | undefined;
  readonly target: VectorData;
}

/** Ends of the rows in another column: row i is target[index[i-1] : index[i]]. */
export class VectorIndex extends VectorData {
  static override readonly neurodataType: string = "VectorIndex";

  constructor(options: VectorIndexOptions) {
    super(withDescription(options));
  }

  /** The column that is indexed; it may be an index itself. */
  get target(): VectorData {
    const target = stateOf(this).fields.get("target");
    if (target instanceof VectorData) return target;
    throw new NwbError(`${describeContainer(this)} has no target`, { code: "no-target", neurodataType: "VectorIndex" });
  }

  /** The lists [start, stop), each one the entries of the target. */
  override async values(start = 0, stop: number = this.length): Promise<Rows> {
    const ends = await this.#ends(start, stop);
    const [first = 0] = ends;
    const last = ends.at(-1) ?? first;
    const entries = await this.target.values(first, last);
    return Array.from({ length: stop - start }, (_, i) =>
      slice(entries, (ends[i] ?? 0) - first, (ends[i + 1] ?? 0) - first),
    );
  }

  /** One list, which becomes the last row; the entries are added to the target. */
  override addRow(value: unknown): void {
    const { target } = this;
    for (const entry of entriesOf(value)) target.addRow(entry);
    grow(this).add(target.length);
    this.setModified();
  }

  /** Where the rows begin and end in the target: stop - start + 1 numbers, ascending. */
  async #ends(start: number, stop: number): Promise<number[]> {
    const from = Math.max(0, start - 1);
    const ends = Array.from(await columnRows(this, this.data, from, stop), Number);
    if (start === 0) ends.unshift(0);
    const length = this.target.length;
    ends.forEach((end, i) => {
      if (Number.isSafeInteger(end) && end >= (ends[i - 1] ?? 0) && end <= length) return;
      throw new NwbError(`${describeContainer(this)}: ends at ${end}, in a target of ${length} entries`, {
        code: "index",
        neurodataType: "VectorIndex",
      });
    });
    return ends;
  }
}

function withDescription(options: VectorIndexOptions): VectorDataOptions {
  if (options instanceof StoredParts) return options as never;
  return { ...options, description: `Index for VectorData '${options.target.name}'` };
}

function slice(rows: Rows, from: number, to: number): unknown {
  return (rows as readonly unknown[]).slice(from, to);
}

function entriesOf(value: unknown): Iterable<unknown> {
  if (typeof value === "object" && value !== null && Symbol.iterator in value) return value as Iterable<unknown>;
  throw new NwbError("a row of an indexed column is a list", { code: "type", neurodataType: "VectorIndex" });
}

export interface EnumDataOptions extends VectorDataOptions {
  /** The elements that the column's numbers stand for. */
  readonly elements?: VectorData | readonly unknown[] | undefined;
}

/** A column whose numbers stand for elements of another one. Schema: hdmf-experimental 0.5.0. */
export class EnumData extends VectorData {
  static override readonly neurodataType: string = "EnumData";
  static override readonly namespace: string = "hdmf-experimental";

  constructor(options: EnumDataOptions) {
    super(withElements(options));
  }

  get elements(): VectorData {
    // The constructor and the schema see to it.
    return stateOf(this).fields.get("elements") as VectorData;
  }

  override async values(start = 0, stop: number = this.length): Promise<Rows> {
    const numbers = Array.from(await columnRows(this, this.data, start, stop), Number);
    const elements = await this.elements.rows();
    return numbers.map((each) => elements[each]);
  }
}

function withElements(options: EnumDataOptions): VectorDataOptions {
  if (options instanceof StoredParts) return options as never;
  const { elements = [], name } = options;
  if (elements instanceof VectorData) return options;
  const description = `Elements of ${name}`;
  const column = new VectorData({ name: `${name}_elements`, description, data: asSource([...elements] as DataInput) });
  return { ...options, elements: column } as VectorDataOptions;
}
