/** What the API asks of the writer. The writer itself is loaded only when a file is created or opened for writing. */
import type { DatatypeInput } from "../datatypes/datatype-input.js";
import type { HeapSink } from "../datatypes/encode.js";
import type { WriteData } from "../datatypes/values.js";
import type { FilterInfo, FilterInput } from "../filters/filter.js";
import type { Dataspace } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { FillValue } from "../format/messages/fill-value.js";
import type { LinkMessage } from "../format/messages/link.js";
import type { ResolvedSelection, SelectionInput } from "../selection/selection.js";
import type { Soon } from "./soon.js";
import type { ObjectState } from "./state.js";

/** Bytes done of a long call. */
export type OnProgress = (progress: { readonly done: number; readonly total: number | undefined }) => void;

/** Options of calls that write much. */
export interface WriteOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The same with what a policy about other files is told. */
export interface WriteCall extends WriteOptions {
  /** Path of the dataset. */
  readonly path?: string | undefined;
}

/** What a dataset shall be. */
export interface DatasetSpec extends WriteOptions {
  readonly data?: WriteData | undefined;
  /**
   * Blocks of whole rows, appended along axis 0 as they come. It may call the file, but not wait for its `flush`,
   * `toBytes` or `close`, which wait for the source.
   */
  readonly source?: Iterable<WriteData> | AsyncIterable<WriteData> | undefined;
  readonly datatype?: DatatypeInput | undefined;
  readonly shape?: readonly number[] | undefined;
  /** `null` and `Infinity`: unlimited. */
  readonly maxShape?: readonly (number | null)[] | undefined;
  /** `true` or absent: guessed when chunks are needed. */
  readonly chunkShape?: readonly number[] | true | undefined;
  /** In the order they are applied. */
  readonly filters?: readonly FilterInput[] | undefined;
  readonly layout?: "compact" | "contiguous" | "chunked" | Layout | undefined;
  readonly fillValue?: WriteData | undefined;
  readonly fill?:
    | {
        readonly writeTime?: FillValue["writeTime"] | undefined;
        readonly allocTime?: FillValue["allocTime"] | undefined;
      }
    | undefined;
  readonly attrs?: Readonly<Record<string, WriteData>> | undefined;
}

/** How raw data are stored, as users see it. */
export type Layout =
  | { readonly kind: "compact" | "contiguous" | "chunked" }
  | {
      readonly kind: "external";
      readonly files: readonly { readonly file: string; readonly offset: number; readonly size: number }[];
    }
  | {
      readonly kind: "virtual";
      readonly mappings: readonly {
        readonly file: string;
        readonly dataset: string;
        readonly source: import("../selection/selection.js").DataSelection;
        readonly virtual: import("../selection/selection.js").DataSelection;
      }[];
    };

/** An attribute whose elements are in stored form. */
export interface StoredAttribute {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly charset: "ascii" | "utf-8";
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** Its number in the order of creation, where the object keeps one; the next by default. */
  readonly creationOrder?: number | undefined;
  /** The elements; what is of variable length goes into the file's heaps. */
  readonly encode: (heaps: HeapSink) => Uint8Array;
}

/** Whether an object keeps the order in which its links or attributes were made, and whether it is indexed by it. */
export type KeptOrder = "none" | "tracked" | "indexed";

/** The orders that a new object keeps. */
export interface KeptOrders {
  readonly links: KeptOrder;
  readonly attributes: KeptOrder;
}

/** What a copied dataset takes over as it is stored. */
export interface KeptTraits {
  readonly attributeOrder?: KeptOrder | undefined;
  /** Path of the group that the new one's path is relative to: policies about other files are told the whole path. */
  readonly base?: string | undefined;
  /** In place of that of the spec. */
  readonly fill?: FillValue | undefined;
  /** The fill value's element, where it leads to heaps or objects. */
  readonly encodeFill?: ((heaps: HeapSink) => Uint8Array) | undefined;
  /** Where the object shall lie: what `reserveObject` gave. */
  readonly address?: number | undefined;
  /** In place of that of the spec; its codecs need not be at hand. */
  readonly pipeline?: readonly FilterInfo[] | undefined;
}

/** What is said of a link beside its name and target. */
export interface LinkMarks {
  /** In place of its name: one whose bytes are no UTF-8 cannot be given as text. */
  readonly stored?: Pick<LinkMessage, "name" | "nameBytes"> | undefined;
  readonly charset: "ascii" | "utf-8";
  /** Undefined: as it is. */
  readonly creationOrder: number | undefined;
}

/** A chunk in its stored form. */
export interface StoredChunkBytes {
  readonly offset: readonly number[];
  readonly bytes: Uint8Array;
  readonly filterMask: number;
}

/** A new link's target. */
export type LinkTarget =
  | { readonly kind: "hard"; readonly object: ObjectState }
  | { readonly kind: "soft"; readonly target: string }
  | { readonly kind: "external"; readonly file: string; readonly target: string };

/**
 * Changes to one file. Every method is called inside the file's exclusive queue, refuses invalid arguments before
 * anything is changed, and leaves the file's last flush intact when it fails. What fails may be thrown at once.
 */
export interface Writer {
  createGroup(
    at: ObjectState,
    path: string,
    options?: {
      readonly trackOrder?: boolean | undefined;
      readonly comment?: string | Uint8Array | undefined;
      /** In place of `trackOrder`. */
      readonly orders?: KeptOrders | undefined;
    },
  ): Soon<ObjectState>;
  /** Creates the dataset and writes `data`; `source` is the caller's to append. */
  createDataset(at: ObjectState, path: string, spec: DatasetSpec, kept?: KeptTraits | undefined): Soon<ObjectState>;
  /**
   * A dataset and its rows, block after block: each is a call of its own in the file's order, so this is none.
   * The first block tells what the spec leaves open: the datatype, and the shape of a row.
   */
  createFilled(
    at: ObjectState,
    path: string,
    spec: DatasetSpec,
    source: Iterable<WriteData> | AsyncIterable<WriteData>,
    kept?: KeptTraits | undefined,
  ): Promise<ObjectState>;
  /** The address of a dataset that is made later, so that others can refer to it before. */
  reserveObject(): Soon<number>;
  /** Without a path the type has no name: datasets and attributes of it keep it. */
  commitDatatype(
    at: ObjectState,
    path: string | undefined,
    datatype: DatatypeInput,
    attributeOrder?: KeptOrder | undefined,
  ): Soon<ObjectState>;
  /** Add a link that is no hard one, as another file has it. */
  putLink(at: ObjectState, link: LinkMessage): Soon<void>;
  /** Mark a link as another file has it. */
  markLink(at: ObjectState, name: string, marks: LinkMarks): Soon<void>;
  createLink(at: ObjectState, path: string, target: LinkTarget): Soon<void>;
  unlink(at: ObjectState, path: string): Soon<void>;
  move(at: ObjectState, from: string, to: string): Soon<void>;
  /** @param text as bytes: that of another object. */
  setComment(object: ObjectState, text: string | Uint8Array | undefined): Soon<void>;
  setAttribute(
    object: ObjectState,
    name: string,
    value: WriteData,
    options?: { readonly datatype?: DatatypeInput | undefined; readonly shape?: readonly number[] | undefined },
  ): Soon<void>;
  deleteAttribute(object: ObjectState, name: string): Soon<void>;
  write(dataset: ObjectState, data: WriteData, selection?: SelectionInput, options?: WriteCall): Soon<void>;
  /** Write elements that are in this file's stored form; `encode` puts what is of variable length into its heaps. */
  writeStored(
    dataset: ObjectState,
    encode: (heaps: HeapSink) => Uint8Array,
    selection?: SelectionInput,
    options?: WriteCall,
  ): Soon<void>;
  /** As `writeStored`, for a selection that was resolved. */
  writeElements(
    dataset: ObjectState,
    encode: (heaps: HeapSink) => Uint8Array,
    selection: ResolvedSelection,
    options?: WriteCall,
  ): Soon<void>;
  /** Store a whole chunk that went through the dataset's filters already. */
  putChunk(dataset: ObjectState, chunk: StoredChunkBytes): Soon<void>;
  /** As `setAttribute`, with elements in stored form. */
  setStoredAttribute(object: ObjectState, attribute: StoredAttribute): Soon<void>;
  append(dataset: ObjectState, data: WriteData, axis: number, options?: WriteCall): Soon<void>;
  resize(dataset: ObjectState, shape: readonly number[]): Soon<void>;
  /** Commit everything: data, raise, publish. With `exact` the file is cut to its true end as well. */
  flush(options?: { readonly exact?: boolean | undefined }): Soon<void>;
  /** Flush, and cut the file to its true end. The driver stays open. */
  close(): Soon<void>;
  /** Forget everything since the last flush, and cut the file back to it. Returns false when nothing was ever flushed. */
  abort(): Promise<boolean>;
  readonly bytesWritten: number;
  readonly barriers: number;
}
