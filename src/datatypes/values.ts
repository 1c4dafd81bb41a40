/** What reading gives and writing takes: the JavaScript side of HDF5 values. */
import type { BigIntArray, Bytes, NumberArray, NumericArrays, NumericName } from "../bytes/typed-arrays.js";
import type { ObjectReference } from "../format/messages/datatype.js";
import type { DataSelection } from "../selection/selection.js";
import { inputColumns } from "./input-columns.js";

export type { BigIntArray, Bytes, NumberArray, NumericArrays, NumericName } from "../bytes/typed-arrays.js";
export type { ObjectReference } from "../format/messages/datatype.js";

/** A reference to elements of a dataset. */
export interface RegionReference {
  readonly kind: "region-reference";
  /** Object header of the dataset, relative to the base address. */
  readonly address: number;
  /** Name of the file the dataset lies in, when it is another one. */
  readonly file: string | undefined;
  readonly selection: DataSelection;
}

/** A reference to an attribute of an object. */
export interface AttributeReference {
  readonly kind: "attribute-reference";
  /** Object header of the object, relative to the base address. */
  readonly address: number;
  /** Name of the file the object lies in, when it is another one. */
  readonly file: string | undefined;
  readonly name: string;
}

/** What refers to something in a file; `file.deref` follows it. */
export type Reference = ObjectReference | RegionReference | AttributeReference;

/**
 * An n-dimensional array. Reading gives row-major ones: product(shape) entries of `data`. Writing takes any `stride`,
 * in entries of `data`, the first entry of the array being `data[0]`.
 */
export interface NdArray<D = unknown> {
  readonly data: D;
  readonly shape: number[];
  readonly stride: number[];
}

/**
 * What `read` gives without `as`, `into` and `raw`, told apart by `kind`. Trailing dimensions are the element's own:
 * those of an array, 2 of a complex number, the size of an opaque element.
 */
export type ReadResult =
  | (NdArray<NumberArray> & { readonly kind: "number" })
  | (NdArray<BigIntArray> & { readonly kind: "bigint" })
  | (NdArray<string[]> & { readonly kind: "string" })
  | (NdArray<Bytes> & { readonly kind: "bytes" })
  | (NdArray<(Reference | null)[]> & { readonly kind: "reference" })
  | (NdArray<CompoundData> & { readonly kind: "compound" })
  | (NdArray<VlenElement[]> & { readonly kind: "vlen" });

/** One variable-length element. A null one is empty; one of arrays or complex numbers is flat. */
export type VlenElement = NumberArray | BigIntArray | string[] | (Reference | null)[] | CompoundData | VlenElement[];

/** Elements of a compound datatype, by columns. Iterating gives rows; no row exists before it is asked for. */
export interface CompoundData extends Iterable<Row> {
  /** Elements, in row-major order. */
  readonly length: number;
  /** Names of the members, in the datatype's order. */
  readonly names: readonly string[];
  /** One element. @throws Hdf5UsageError when there is no such index. */
  get(index: number): Row;
  /**
   * One member of all elements: shape is the elements' shape and the member's own dimensions.
   * @throws Hdf5UsageError when there is no such member or it holds another kind of data; Hdf5ValueError when a value does not fit `as`.
   */
  column<K extends NumericName>(name: string, as: K): NdArray<NumericArrays[K]>;
  column(name: string, as: "string"): NdArray<string[]>;
  column(name: string): ReadResult;
}

/** One compound element: members by name, in the datatype's order. It has no prototype. */
export type Row = { readonly [name: string]: Value };

/** What `value` gives: plain JavaScript. */
export type Value =
  | null
  | number
  | bigint
  | boolean
  | string
  | Reference
  | NumberArray
  | BigIntArray
  | Row
  | readonly Value[];

/** What `as` of `value` and of `attrs.get` can ask for. */
export interface ValueTypes {
  readonly number: number;
  readonly bigint: bigint;
  readonly boolean: boolean;
  readonly string: string;
  readonly numbers: number[];
  readonly strings: string[];
}

/** Names of what `as` of `value` can ask for. */
export type ValueName = keyof ValueTypes;

/**
 * What can be written. Without a datatype: a number is float64, a bigint int64, a boolean h5py's enum, a string
 * variable UTF-8, a typed array its own type, an object a compound; nested arrays of one of these have its type.
 */
export type WriteData =
  | null
  | number
  | bigint
  | boolean
  | string
  | Reference
  | ArrayBufferView
  | NdArray
  | CompoundData
  | ReadonlyMap<string, WriteData>
  | { readonly [member: string]: WriteData }
  | readonly WriteData[];

/**
 * Compound data to be written, by columns: each has one entry per row, and dimensions of its own after the first.
 * @param members at least one; all with the same number of rows. Not copied.
 * @throws Hdf5UsageError when a member has no rows or another number of rows.
 * @example await group.createDataset("points", { data: columns({ x: new Float32Array(3), label: ["a", "b", "c"] }) });
 */
export function columns(members: Readonly<Record<string, WriteData>> | ReadonlyMap<string, WriteData>): CompoundData {
  return inputColumns(members);
}
