/** Decoded compound data: one result per member. */
import type { NumericArrays, NumericName } from "../bytes/typed-arrays.js";
import { Hdf5UsageError, quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { type ElementValues, elementValues } from "./element-values.js";
import { shown } from "./shown.js";
import type { CompoundData, NdArray, ReadResult, Row, Value } from "./values.js";

/** One member, decoded. */
export interface Column {
  readonly name: string;
  readonly datatype: Datatype;
  readonly result: ReadResult;
  /** The same as another element type. */
  readonly as: (as: NumericName | "string") => NdArray<NumericArrays[NumericName] | string[]>;
}

export class CompoundColumns implements CompoundData {
  readonly length: number;
  readonly names: readonly string[];
  readonly #columns: ReadonlyMap<string, Column>;
  #values: [name: string, values: ElementValues][] | undefined;

  /** @param columns in the datatype's order. */
  constructor(length: number, columns: ReadonlyMap<string, Column>) {
    this.length = length;
    this.names = Object.freeze([...columns.keys()]);
    this.#columns = columns;
  }

  get(index: number): Row {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length)) {
      throw new Hdf5UsageError("index", `is ${shown(index)}`, `a whole number below ${this.length}`);
    }
    this.#values ??= Array.from(this.#columns.values(), ({ name, result, datatype }) => [
      name,
      elementValues(result, datatype),
    ]);
    const row: Record<string, Value> = Object.create(null);
    for (const [name, values] of this.#values) row[name] = values.one(index);
    return row;
  }

  column<K extends NumericName>(name: string, as: K): NdArray<NumericArrays[K]>;
  column(name: string, as: "string"): NdArray<string[]>;
  column(name: string): ReadResult;
  column(name: string, as?: NumericName | "string"): NdArray {
    const column = this.#columns.get(name);
    if (column === undefined) {
      throw new Hdf5UsageError("name", `is ${quote(name)}`, `one of ${this.names.map(quote).join(", ")}`);
    }
    return as === undefined ? column.result : column.as(as);
  }

  *[Symbol.iterator](): Generator<Row, undefined> {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }
}
