/** Compound data made of columns, for writing. */
import { Hdf5UsageError, quote } from "../errors.js";
import { flatten } from "./flatten.js";
import { RAW_COLUMNS, type WithRawColumns } from "./raw-columns.js";
import type { CompoundData, ReadResult, Row, Value, WriteData } from "./values.js";
import { isCompoundData } from "./write-data.js";

/** Rows of a column: its first dimension. */
interface Rows {
  readonly count: number;
  /** The values of one row: one, or a list where the column has further dimensions. */
  at(index: number): unknown;
}

export class InputColumns implements CompoundData, WithRawColumns {
  readonly names: readonly string[];
  readonly length: number;
  readonly [RAW_COLUMNS]: ReadonlyMap<string, WriteData>;
  readonly #rows: ReadonlyMap<string, Rows>;

  constructor(members: Readonly<Record<string, WriteData>> | ReadonlyMap<string, WriteData>) {
    const given: ReadonlyMap<string, WriteData> = members instanceof Map ? members : new Map(Object.entries(members));
    const rows = new Map<string, Rows>();
    for (const [name, column] of given) rows.set(name, rowsOf(name, column));
    const [first] = rows.values();
    if (first === undefined) throw new Hdf5UsageError("members", "are none", "at least one column");
    for (const [name, { count }] of rows) {
      if (count === first.count) continue;
      throw new Hdf5UsageError(`members, column ${quote(name)},`, `has ${count} rows`, `${first.count}, as the first column`);
    }
    this[RAW_COLUMNS] = given;
    this.names = Object.freeze([...given.keys()]);
    this.length = first.count;
    this.#rows = rows;
  }

  get(index: number): Row {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length)) {
      throw new Hdf5UsageError("index", `is ${String(index)}`, `a whole number below ${this.length}`);
    }
    const row: Record<string, Value> = Object.create(null);
    // What was given for writing is a value for reading too.
    for (const [name, rows] of this.#rows) row[name] = rows.at(index) as Value;
    return row;
  }

  column(name: string): never & ReadResult {
    throw new Hdf5UsageError("column", `${quote(name)} was given for writing`, "data that were read; the column given is at hand");
  }

  *[Symbol.iterator](): Generator<Row, undefined> {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }
}

function rowsOf(name: string, column: WriteData): Rows {
  const { dims, items } = flatten(column, { rank: 1 });
  const [count] = dims;
  if (count === undefined) throw new Hdf5UsageError(`members, column ${quote(name)},`, "is no array", "one entry per row");
  if (isCompoundData(items)) return { count, at: (index) => items.get(index) };
  const width = items.length / Math.max(count, 1);
  if (width === 1 || count === 0) return { count, at: (index) => items[index] };
  return { count, at: (index) => Array.from({ length: width }, (_, i) => items[index * width + i]) };
}
