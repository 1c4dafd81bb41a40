/** Columns to be written, behind the face of compound data that were read. */
import type { NumericArrays, NumericName } from "../bytes/typed-arrays.js";
import { Hdf5UsageError, quote } from "../errors.js";
import { decodeElements, type HeapObjects } from "./decode.js";
import { encodeElements, type HeapSink } from "./encode.js";
import { inferType } from "./infer.js";
import { RAW_COLUMNS, type WithRawColumns } from "./raw-columns.js";
import type { CompoundData, NdArray, ReadResult, Row, WriteData } from "./values.js";
import { isCompoundData, isNdArray, isSequence, refuse } from "./write-data.js";

class InputColumns implements CompoundData, WithRawColumns {
  readonly length: number;
  readonly names: readonly string[];
  readonly [RAW_COLUMNS]: ReadonlyMap<string, WriteData>;
  #read: CompoundData | undefined;

  constructor(members: Readonly<Record<string, WriteData>> | ReadonlyMap<string, WriteData>) {
    if (typeof members !== "object" || members === null)
      refuse(members, undefined, "an object or a Map of columns by name");
    const columns: [string, WriteData][] = members instanceof Map ? [...members] : Object.entries(members);
    const [first] = columns;
    if (first === undefined) throw new Hdf5UsageError("members", "are none", "at least one column");
    this.length = rowsOf(...first);
    for (const [name, column] of columns) {
      const rows = rowsOf(name, column);
      if (rows !== this.length) {
        throw new Hdf5UsageError(
          `column ${quote(name)}`,
          `has ${rows} rows`,
          `${this.length}, as column ${quote(first[0])}`,
        );
      }
    }
    this[RAW_COLUMNS] = new Map(columns);
    this.names = Object.freeze(columns.map(([name]) => name));
  }

  get(index: number): Row {
    return this.#decoded().get(index);
  }

  column<K extends NumericName>(name: string, as: K): NdArray<NumericArrays[K]>;
  column(name: string, as: "string"): NdArray<string[]>;
  column(name: string): ReadResult;
  column(name: string, as?: NumericName | "string"): NdArray {
    const read = this.#decoded();
    if (as === undefined) return read.column(name);
    return as === "string" ? read.column(name, as) : read.column(name, as);
  }

  *[Symbol.iterator](): Generator<Row, undefined> {
    yield* this.#decoded();
  }

  /** As it would be read after writing. */
  #decoded(): CompoundData {
    if (this.#read !== undefined) return this.#read;
    const objects: Uint8Array[] = [];
    const sink: HeapSink = { put: (bytes) => ({ collection: 1, index: objects.push(bytes) - 1 }) };
    const heap: HeapObjects = { get: (_, index) => objects[index] as Uint8Array }; // indexes come from the sink
    const { datatype } = inferType(this);
    const { bytes, shape } = encodeElements(this, datatype, undefined, sink);
    const options = { int64: "bigint", fileName: "memory", sizeOfOffsets: 8, fields: this.names } as const;
    const { data } = decodeElements(bytes, datatype, shape, options, heap);
    this.#read = data as CompoundData; // with fields, compounds are of kind "compound"
    return this.#read;
  }
}

/** Entries along the first dimension. */
function rowsOf(name: string, column: unknown): number {
  if (isNdArray(column)) {
    const rows: unknown = Array.isArray(column.shape) ? column.shape[0] : undefined;
    if (typeof rows === "number") return rows;
  } else if (isSequence(column) || isCompoundData(column)) return column.length;
  throw new Hdf5UsageError(`column ${quote(name)}`, "has no rows", "an array, one entry per row");
}

/** Compound data of columns given by name. @throws Hdf5UsageError when they are none, or of different lengths. */
export function inputColumns(
  members: Readonly<Record<string, WriteData>> | ReadonlyMap<string, WriteData>,
): CompoundData {
  return new InputColumns(members);
}
