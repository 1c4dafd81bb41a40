/** What users hold: files, groups, datasets, attributes, links. Interfaces, told apart by `kind`. */
import type { Bytes, NumericArrays, NumericName } from "../bytes/typed-arrays.js";
import type { DatatypeInput } from "../datatypes/datatype-input.js";
import type {
  AttributeReference,
  NdArray,
  ObjectReference,
  ReadResult,
  Reference,
  RegionReference,
  Value,
  ValueName,
  ValueTypes,
  WriteData,
} from "../datatypes/values.js";
import type { Hdf5Error } from "../errors.js";
import type { FilterInfo } from "../filters/filter.js";
import type { Dataspace } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { Hdf5Warning } from "../model/state.js";
import type { DatasetSpec, Layout, WriteOptions } from "../model/writer-contract.js";
import type { DataSelection, SelectionInput } from "../selection/selection.js";
import type { ListOptions, ReadOptions, StreamOptions, ValueOptions } from "./options.js";

export type { BigIntArray, Bytes, NumberArray, NumericArrays, NumericName, OfArray } from "../bytes/typed-arrays.js";
export type { Dataspace } from "../format/messages/dataspace.js";
export type { BitLayout, Datatype, StringPadding } from "../format/messages/datatype.js";

/** An open file. Close it, or declare it with `await using`. */
export interface Hdf5File extends AsyncDisposable {
  /** The driver's name: a path, a URL, or "memory". */
  readonly name: string;
  readonly mode: "r" | "r+";
  readonly closed: boolean;
  /** The file's consistency flag is set: its writer is still at work, or ended without closing it. */
  readonly wasNotClosed: boolean;
  /** Bytes of the file now, all members; undefined when the medium cannot tell. */
  readonly size: number | undefined;
  readonly superblock: {
    readonly version: 0 | 1 | 2 | 3;
    /** Bytes of an address. */
    readonly sizeOfOffsets: number;
    /** Bytes of a length. */
    readonly sizeOfLengths: number;
    /** Bytes before the HDF5 data. */
    readonly userBlockSize: number;
  };
  readonly root: Group;
  /** Everything odd that was met and tolerated so far. */
  readonly warnings: readonly Hdf5Warning[];
  /** The root group's. */
  readonly get: Group["get"];
  /** The root group's. */
  readonly find: Group["find"];
  /** The root group's. */
  readonly has: Group["has"];
  /** The root group's. */
  readonly group: Group["group"];
  /** The root group's. */
  readonly dataset: Group["dataset"];
  /**
   * What a reference refers to. The object has no path: ask `pathOf`.
   * @throws Hdf5FormatError when there is no object at its address; Hdf5PolicyError when it lies in a file that may not be opened.
   */
  deref(reference: ObjectReference): Promise<Hdf5Object>;
  deref(reference: AttributeReference): Promise<Attribute>;
  deref(reference: RegionReference): Promise<{ readonly dataset: Dataset; readonly selection: DataSelection }>;
  /** The first path by hard links in visit order, or undefined. The first call walks the whole file, later ones look up. */
  pathOf(object: Hdf5Object | Reference): Promise<string | undefined>;
  /** The bytes before the HDF5 data; empty when there are none. A copy. */
  readUserBlock(): Promise<Bytes>;
  /** All bytes of the file, flushed before. A copy. @throws Hdf5LimitError beyond `limits.readBytes`. */
  toBytes(): Promise<Bytes>;
  /** What was read, written and found in caches since opening. */
  stats(): Stats;
  /**
   * Make everything written so far part of the file.
   * @throws Hdf5DriverError when the medium fails; the file is then at its last flush and refuses further writes.
   */
  flush(): Promise<void>;
  /** Flush, then end. Calls in flight and later ones reject with Hdf5StateError "closed". A second call does nothing. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
  /** Close without what came after the last flush; a created file that was never flushed is removed. */
  abort(): Promise<void>;
}

/** What a file cost so far. Bytes, except requests, barriers (flushes of the medium) and cache counts (pages and chunks). */
export interface Stats {
  readonly requests: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly barriers: number;
}

/** A group, dataset or committed datatype; tell them apart by `kind`. */
export type Hdf5Object = Group | Dataset | NamedDatatype;

/** What all objects have. Two handles are of one object when `file` and `address` are equal. */
export interface ObjectBase {
  /** The file the object lies in; another one than asked when an external link led to it. */
  readonly file: Hdf5File;
  /** The path it was reached by, in its file; undefined after `deref`. */
  readonly path: string | undefined;
  /** The last part of `path`. */
  readonly name: string | undefined;
  /** Address of the object header, relative to the base address. */
  readonly address: number;
  /** What refers to the object in data. */
  readonly reference: ObjectReference;
  readonly attrs: Attributes;
  readonly comment: string | undefined;
  /** Time of the last modification, when the file keeps it. */
  readonly modified: Date | undefined;
  /** Set or (`undefined`) remove the comment. @throws Hdf5StateError "read-only". */
  setComment(text: string | undefined): Promise<void>;
}

/** A group: links by name. Paths with a leading `/` start at the root, others here. */
export interface Group extends ObjectBase {
  readonly kind: "group";
  /** Is the creation order of links kept? */
  readonly linkOrder: "none" | "tracked" | "indexed";
  /**
   * The object at a path; soft and external links are followed.
   * @throws Hdf5NotFoundError; Hdf5LinkError (dangling, cycle, user-defined); Hdf5PolicyError when an external link is not allowed.
   */
  get(path: string): Promise<Hdf5Object>;
  /** As `get`, with undefined where nothing is there or a link leads nowhere. */
  find(path: string): Promise<Hdf5Object | undefined>;
  /** Does the last link of the path exist? Its target is not opened. */
  has(path: string): Promise<boolean>;
  /** As `get`. @throws Hdf5UsageError when it is no group. */
  group(path: string): Promise<Group>;
  /** As `get`. @throws Hdf5UsageError when it is no dataset. */
  dataset(path: string): Promise<Dataset>;
  /** Names of the links. @throws Hdf5FormatError when the group is damaged; Hdf5UsageError for a creation order that is not kept. */
  keys(options?: ListOptions): Promise<string[]>;
  /** The links themselves; nothing is followed. */
  links(options?: ListOptions): Promise<Link[]>;
  /** The last link of a path; it is not followed. @throws Hdf5NotFoundError. */
  link(path: string): Promise<Link>;
  /** Names and objects; an `Unresolved` in the place of what cannot be had. */
  entries(options?: ListOptions): AsyncIterable<[name: string, object: Hdf5Object | Unresolved]>;
  /**
   * Everything below this group, each object once, parents before children, with its path from here. Hard links are
   * followed; with `follow: "soft"` soft links too, with `"all"` external ones as well.
   */
  visit(
    options?: ListOptions & { readonly follow?: "hard" | "soft" | "all" | undefined },
  ): AsyncIterable<[path: string, object: Hdf5Object | Unresolved]>;
  /** Missing groups on the way are made. @throws Hdf5ExistsError; Hdf5StateError "read-only". */
  createGroup(
    path: string,
    options?: { readonly trackOrder?: boolean | undefined; readonly comment?: string | undefined },
  ): Promise<Group>;
  /**
   * Needs `data`, or `datatype` and `shape`, or `source`. Missing groups on the way are made.
   * @throws Hdf5ExistsError; Hdf5ValueError, Hdf5UsageError before anything is written; what the source throws (the dataset is removed).
   */
  createDataset(path: string, spec: DatasetSpec): Promise<Dataset>;
  createSoftLink(path: string, target: string): Promise<void>;
  /** `file` is stored as given: relative names are looked up beside this file. */
  createExternalLink(path: string, file: string, target: string): Promise<void>;
  /** @throws Hdf5UsageError when the object lies in another file. */
  createHardLink(path: string, object: Hdf5Object): Promise<void>;
  /** Store a datatype as an object of its own. */
  commit(path: string, datatype: DatatypeInput): Promise<NamedDatatype>;
  /** Remove the link; the object goes with its last one. @throws Hdf5NotFoundError. */
  delete(path: string): Promise<void>;
  /**
   * Rename a link, also into another group. In the order of creation it comes last.
   * @throws Hdf5NotFoundError; Hdf5ExistsError.
   */
  move(from: string, to: string): Promise<void>;
}

/** A committed datatype. Pass it, or its `datatype`, where a datatype is asked for to refer to it. */
export interface NamedDatatype extends ObjectBase {
  readonly kind: "datatype";
  readonly datatype: Datatype;
}

/** A link of a group. `address` is relative to the base address. */
export type Link = {
  readonly name: string;
  readonly charset: "ascii" | "utf-8";
  readonly creationOrder: number | undefined;
} & (
  | { readonly kind: "hard"; readonly address: number }
  | { readonly kind: "soft"; readonly target: string }
  | { readonly kind: "external"; readonly file: string; readonly target: string }
  | { readonly kind: "user"; readonly linkClass: number; readonly value: Bytes }
);

/** In a listing, the place of something that cannot be had, and why. */
export interface Unresolved {
  readonly kind: "unresolved";
  /** Name of the link or attribute; "" when the rest of a damaged group or attribute list is missing. */
  readonly name: string;
  readonly link: Link | undefined;
  readonly error: Hdf5Error;
}

/** The attributes of one object. */
export interface Attributes {
  /** Is the creation order of attributes kept? */
  readonly order: "none" | "tracked" | "indexed";
  keys(options?: ListOptions): Promise<string[]>;
  has(name: string): Promise<boolean>;
  /**
   * The attribute's value as one JavaScript type; undefined: there is none.
   * @throws Hdf5UsageError when it holds another kind of data; Hdf5ValueError when the value does not fit.
   */
  get<K extends ValueName>(
    name: string,
    options: ValueOptions & { readonly as: K },
  ): Promise<ValueTypes[K] | undefined>;
  /** The attribute's value as plain JavaScript; undefined: there is none, null: it has a null dataspace. */
  get(name: string, options?: ValueOptions): Promise<Value | undefined>;
  /** @throws Hdf5NotFoundError. */
  attribute(name: string): Promise<Attribute>;
  /** Names and attributes; an `Unresolved` in the place of a damaged one. */
  entries(options?: ListOptions): AsyncIterable<[name: string, attribute: Attribute | Unresolved]>;
  /** Replaces the attribute whole, type and shape included. @throws Hdf5ValueError, Hdf5UsageError before anything is written. */
  set(
    name: string,
    value: WriteData,
    options?: { readonly datatype?: DatatypeInput | undefined; readonly shape?: readonly number[] | undefined },
  ): Promise<void>;
  /** @throws Hdf5NotFoundError. */
  delete(name: string): Promise<void>;
}

/** One attribute. `shape` is `[]` of a scalar, `[0]` of a null dataspace. */
export interface Attribute {
  readonly kind: "attribute";
  readonly name: string;
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly shape: readonly number[];
  /** Character set of the name. */
  readonly charset: "ascii" | "utf-8";
  readonly creationOrder: number | undefined;
  readonly read: ReadMethod;
  readonly value: ValueMethod;
}

/** What is read by slices: a Dataset, or data in memory behind the same face (h5ts/nwb). */
export interface ArraySource {
  /** `[]` of a scalar, `[0]` of a null dataspace. */
  readonly shape: readonly number[];
  readonly rank: number;
  /** Rows: the first dimension, 1 for a scalar. */
  readonly length: number;
  /** Elements: the product of the shape. */
  readonly count: number;
  readonly datatype: Datatype;
  readonly read: ReadMethod;
  readonly value: ValueMethod;
  /** Several selections planned together: each chunk is fetched and decoded once. */
  readMany<K extends NumericName>(
    selections: readonly SelectionInput[],
    options: ReadOptions & { readonly as: K },
  ): Promise<NdArray<NumericArrays[K]>[]>;
  readMany(selections: readonly SelectionInput[], options?: ReadOptions): Promise<ReadResult[]>;
  /** Blocks of rows along axis 0, each with its first row as `start`; one block is read ahead. */
  stream<K extends NumericName>(
    options: StreamOptions & { readonly as: K },
  ): AsyncIterable<NdArray<NumericArrays[K]> & { readonly start: number }>;
  stream(options?: StreamOptions): AsyncIterable<ReadResult & { readonly start: number }>;
}

/**
 * Read a rectangular part, row-major; the result is the caller's.
 *
 * The selection has one entry per dimension: `null` whole, an index (drops the dimension), `[start, stop]`,
 * `[start, stop, step]` in elements, `stop` excluded, `{ at }` any indices; omitted trailing dimensions are whole.
 * Without options the result is told apart by `kind`; with `as`, `into` or `raw` it has one type.
 * @throws Hdf5UsageError when the selection leaves the extent or `as` asks for another kind of data; Hdf5ValueError
 * when an element does not fit `as`; Hdf5FilterError when a chunk cannot be decoded; Hdf5LimitError beyond `maxBytes`.
 */
export interface ReadMethod {
  <K extends NumericName>(
    selection: SelectionInput | undefined,
    options: ReadOptions & { readonly as: K },
  ): Promise<NdArray<NumericArrays[K]>>;
  (selection: SelectionInput | undefined, options: ReadOptions & { readonly as: "string" }): Promise<NdArray<string[]>>;
  <A extends NumericArrays[NumericName]>(
    selection: SelectionInput | undefined,
    options: ReadOptions & { readonly into: A },
  ): Promise<NdArray<A>>;
  (selection: SelectionInput | undefined, options: ReadOptions & { readonly raw: true }): Promise<NdArray<Bytes>>;
  (selection?: SelectionInput, options?: ReadOptions): Promise<ReadResult>;
}

/**
 * Read as plain JavaScript: one element of rank 0, a typed or plain array of rank 1, nested arrays above.
 * @throws Hdf5LimitError beyond `limits.valueElements`; otherwise as `read`.
 */
export interface ValueMethod {
  <K extends ValueName>(
    selection: SelectionInput | undefined,
    options: ValueOptions & { readonly as: K },
  ): Promise<ValueTypes[K]>;
  (selection?: SelectionInput, options?: ValueOptions): Promise<Value>;
}

/** A dataset: an n-dimensional array of elements of one datatype. */
export interface Dataset extends ObjectBase, ArraySource {
  readonly kind: "dataset";
  readonly dataspace: Dataspace;
  /** `Infinity` where unlimited; equals `shape` where the extent is fixed. */
  readonly maxShape: readonly number[];
  readonly layout: Layout;
  /** Elements per chunk and dimension; undefined when not chunked. */
  readonly chunkShape: readonly number[] | undefined;
  /** In the order they were applied when writing. */
  readonly filters: readonly FilterInfo[];
  /** What elements never written read as; undefined when the file defines none. */
  readonly fillValue: Value | undefined;
  readonly fill: FillInfo;
  /**
   * Bytes allocated for raw data in the file. Of chunks only the whole index tells: it is read when the dataset is
   * opened if it is small, or the file near; NaN where it was not (`chunks()` then lists them).
   */
  readonly storageSize: number;
  /** Write into a selection (default: all). A scalar fills it. @throws Hdf5ValueError, Hdf5UsageError before anything is written. */
  write(data: WriteData, selection?: SelectionInput, options?: WriteOptions): Promise<void>;
  /** Grow along an axis (default 0) by whole rows. @throws Hdf5UsageError when the dimension cannot grow or the rows do not fit. */
  append(data: WriteData, axis?: number, options?: WriteOptions): Promise<void>;
  /** Set the extent. @throws Hdf5UsageError beyond `maxShape`. */
  resize(shape: readonly number[]): Promise<void>;
  /** A stream whose chunks are appended along axis 0. */
  writable(options?: WriteOptions): WritableStream<WriteData>;
  /** The chunks that a selection touches, in row-major order; one for contiguous and compact data. */
  chunks(selection?: SelectionInput): AsyncIterable<ChunkInfo>;
  /**
   * One chunk's stored bytes, filters not undone; none when it is not stored.
   * @param offset of its first element, per dimension. @throws Hdf5UsageError when no chunk begins there.
   */
  readChunk(
    offset: readonly number[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<ChunkInfo & { readonly bytes: Bytes }>;
  /** What refers to a part of this dataset in data. */
  regionReference(selection: SelectionInput): Promise<RegionReference>;
  /** Drop what is cached of this dataset: new extent and data of a file that somebody else is growing. */
  refresh(): Promise<void>;
}

/** When fill values are written, and the value: one element in the file's datatype, only for status `"user"`. */
export interface FillInfo {
  readonly status: "undefined" | "default" | "user";
  readonly writeTime: "alloc" | "never" | "ifset";
  readonly allocTime: "early" | "late" | "incremental";
  readonly bytes: Bytes | undefined;
}

/** One piece of stored raw data. */
export interface ChunkInfo {
  /** First element, per dimension. */
  readonly offset: readonly number[];
  /** Absolute address in the file; undefined where nothing is stored. */
  readonly address: number | undefined;
  /** Stored bytes. */
  readonly size: number;
  /** Bit i: filter i was not applied. */
  readonly filterMask: number;
}

/** Something wrong that `check` found. */
export interface Finding {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly structure: string;
  /** Relative to the base address. */
  readonly address: number;
  readonly message: string;
}
