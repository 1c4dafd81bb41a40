/** Data that comes piece by piece while it is written. */
import type { DatatypeInput, WriteData } from "../../index.js";
import { Hdf5UnsupportedError } from "../../index.js";
import { NwbError } from "../errors.js";

export interface DataChunkIteratorOptions {
  /** Rows of the data, one after the other; blocks of rows when `maxShape` has the rank of the items. */
  readonly data: Iterable<WriteData> | AsyncIterable<WriteData>;
  /** Largest extent per dimension, `null` for any; by default the first dimension grows without end. */
  readonly maxShape?: readonly (number | null)[] | undefined;
  readonly datatype?: DatatypeInput | undefined;
  /** Rows written at once; by default about 1 MiB of them. */
  readonly bufferSize?: number | undefined;
  /** The dimension along which the rows follow each other: 0. */
  readonly iterAxis?: number | undefined;
}

const OPTIONS = /* @__PURE__ */ new WeakMap<DataChunkIterator, DataChunkIteratorOptions>();

/**
 * Data given row by row, by anything that can be iterated: written as it comes, never in memory as a whole.
 * @example new TimeSeries({ name: "lfp", unit: "volts", rate: 1000, data: new DataChunkIterator({ data: rows() }) })
 */
export class DataChunkIterator {
  /** @throws NwbError for a bad buffer size; Hdf5UnsupportedError for an axis other than the first. */
  constructor(options: DataChunkIteratorOptions) {
    const { data, bufferSize, iterAxis = 0 } = options;
    if (!isIterable(data)) {
      throw new NwbError("DataChunkIterator: data cannot be iterated", { code: "argument", field: "data" });
    }
    if (bufferSize !== undefined && !(Number.isSafeInteger(bufferSize) && bufferSize > 0)) {
      throw new NwbError(`DataChunkIterator: bufferSize is ${bufferSize}, expected a positive number of rows`, {
        code: "argument",
        field: "bufferSize",
      });
    }
    if (iterAxis !== 0) throw new Hdf5UnsupportedError(`DataChunkIterator along axis ${iterAxis}`);
    OPTIONS.set(this, options);
  }
}

/** What a DataChunkIterator was made of. */
export function iteratorOptions(iterator: DataChunkIterator): DataChunkIteratorOptions {
  // Set by the constructor.
  return OPTIONS.get(iterator) as DataChunkIteratorOptions;
}

/** Can the value be iterated, without being data itself (text, arrays)? */
export function isIterable(value: unknown): value is Iterable<WriteData> | AsyncIterable<WriteData> {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
