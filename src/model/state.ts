/**
 * What an open file holds in memory: one state per object, shared by all its handles.
 *
 * States are loaded by reading and changed by the writer; handles (api/) hold nothing of their own. A part that is
 * not loaded yet is `undefined`; once the writer has changed a part, memory is the truth until the next flush.
 */

import type { Cursor } from "../bytes/cursor.js";
import type { Driver, WritableDriver } from "../drivers/driver.js";
import type { MultiDriver } from "../drivers/multi.js";
import type { Hdf5Error } from "../errors.js";
import type { Filter, FilterInfo } from "../filters/filter.js";
import type { ByteSource } from "../format/byte-source.js";
import type { FormatContext } from "../format/context.js";
import type { Attribute as AttributeMessage } from "../format/messages/attribute.js";
import type { DataLayout } from "../format/messages/data-layout.js";
import type { Dataspace } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { FillValue } from "../format/messages/fill-value.js";
import type { LinkMessage } from "../format/messages/link.js";
import type { MultiMembers } from "../format/messages/multi-members.js";
import type { ObjectHeader } from "../format/object-header.js";
import type { Superblock } from "../format/superblock.js";
import type { Pager } from "../io/pager.js";
import type { CallQueue } from "./call-queue.js";
import type { ChunkCache } from "./chunk-cache.js";
import type { DriverCounters } from "./counted-driver.js";
import type { ExternalPolicy } from "./external.js";
import type { HeapCache } from "./heap-cache.js";
import type { Limits } from "./limits.js";
import type { VirtualMapping } from "./virtual/mapping-block.js";
import type { Writer } from "./writer-contract.js";

/** Something to be said that is no error: a flag, a missing member, an odd structure that was tolerated. */
export interface Hdf5Warning {
  readonly code: string;
  readonly message: string;
  readonly path: string | undefined;
}

/** How 64-bit integers become JavaScript values. */
export type Int64Policy = "bigint" | "number" | "safe";

/** One chunk of a chunked dataset, as the index has it. `offset` is in elements, one entry per dimension. */
export interface ChunkEntry {
  readonly offset: readonly number[];
  /** Address relative to the base address; undefined for a chunk that is pending in memory and not stored yet. */
  readonly address: number | undefined;
  /** Stored bytes, after filters. */
  readonly size: number;
  readonly filterMask: number;
}

/** The members of a split or multi file. */
export interface FileMembers {
  readonly driver: MultiDriver;
  /** What each of them holds, and how far; undefined: the file does not say it. */
  readonly stored: MultiMembers | undefined;
}

/** Chunks of a dataset by position; the writer's table answers from memory, the reader's from the index. */
export interface ChunkTable {
  /** Entries of all stored chunks that touch the box [low, high) in elements, in row-major order of their offsets. */
  within(low: readonly number[], high: readonly number[]): Promise<readonly ChunkEntry[]>;
  /** A chunk that was written and not stored yet: its decoded bytes (the whole chunk), not to be changed. */
  pending(offset: readonly number[]): Uint8Array | undefined;
  /** Bytes of all stored chunks; undefined before the whole index was read. */
  readonly storedBytes: number | undefined;
}

/** The dataset part of an object. */
export interface DatasetState {
  dataspace: Dataspace;
  readonly datatype: Datatype;
  layout: DataLayout;
  readonly filters: readonly FilterInfo[];
  readonly fill: FillValue;
  /** Raw data in other files; in order, each with its name in the local heap resolved. */
  readonly externalFiles:
    | readonly { readonly file: string; readonly offset: number; readonly size: number }[]
    | undefined;
  /** Virtual layouts only, once loaded: the mappings, or what is wrong with them. */
  mappings?: readonly VirtualMapping[] | Hdf5Error | undefined;
  /** Virtual layouts only: the dataspace has the extent that the sources give it. */
  extentKnown?: boolean | undefined;
  /** Chunked layouts only; set on first use. */
  chunks: ChunkTable | undefined;
  /** Data of a contiguous or compact dataset of elements pending in memory is never kept: it is written at once. */
}

/** An attribute, or the place of one that is damaged. */
export type AttributeSlot = AttributeMessage | { readonly name: string; readonly error: Hdf5Error };

/** One object of an open file. */
export interface ObjectState {
  readonly file: FileState;
  /** Address of the object header, relative to the base address: the object's identity. */
  readonly address: number;
  readonly kind: "group" | "dataset" | "datatype";
  /** The header as last read or written; undefined until a new object's first flush. */
  header: ObjectHeader | undefined;
  deleted: boolean;
  /** Hard links to the object. */
  linkCount: number;
  /** Its bytes, which need not be UTF-8. */
  comment: Uint8Array | undefined;
  modified: Date | undefined;
  /** Groups: links by name (exact bytes as latin-1 key, see `linkKey`), once listed. */
  links: Map<string, LinkMessage> | undefined;
  /** Groups: is creation order kept? */
  linkOrder: "none" | "tracked" | "indexed";
  /** Attributes by name (exact bytes as latin-1 key, see `linkKey`), once listed, in the order found. */
  attributes: Map<string, AttributeSlot> | undefined;
  attributeOrder: "none" | "tracked" | "indexed";
  dataset: DatasetState | undefined;
  /** Committed datatypes. */
  datatype: Datatype | undefined;
}

/** Options of an open file that every layer may ask for. */
export interface FileOptions {
  readonly int64: Int64Policy;
  readonly verifyChecksums: boolean;
  /** Decoded chunks kept. */
  readonly cacheBytes: number;
  readonly external: ExternalPolicy;
  readonly notClosed: "open" | "refuse";
  readonly onWarning: ((warning: Hdf5Warning) => void) | undefined;
}

/** Files opened through external links from one file and from each other. */
export interface ExternalFiles {
  /** By the linking file and the target's name; undefined: there is no such file. */
  readonly byTarget: Map<FileState, Map<string, Promise<FileState | undefined>>>;
  readonly opened: Set<FileState>;
  /** Those of them that are open for virtual datasets' data alone, with the calls that use them; longest unused first. */
  readonly sources: Map<FileState, number>;
}

/** Finds a header message that the file keeps in its own heap of such. */
export type SharedMessages = (source: ByteSource, heapId: Uint8Array, messageType: number, limits: Limits) => Cursor;

/** One open file. */
export interface FileState {
  readonly name: string;
  readonly mode: "r" | "r+";
  readonly driver: Driver | WritableDriver;
  readonly pager: Pager;
  readonly superblock: Superblock;
  readonly context: FormatContext;
  /** Of files that share header messages. */
  readonly sharedMessages: SharedMessages | undefined;
  /** Of split and multi files. */
  readonly members: FileMembers | undefined;
  readonly limits: Limits;
  readonly options: FileOptions;
  /** Filters passed in, beside the core's (`filterRegistry`). */
  readonly filters: readonly Filter[];
  /** Objects by address. */
  readonly objects: Map<number, ObjectState>;
  /** Orders calls: writes one after another, reads after the writes called before them. */
  readonly queue: CallQueue;
  /** Undefined in mode "r". */
  writer: Writer | undefined;
  closed: boolean;
  /** Ends every call in flight with this error; set by closing. */
  readonly calls: Set<(error: Hdf5Error) => void>;
  /** The consistency flag was set when the file was opened. */
  readonly wasNotClosed: boolean;
  readonly counters: DriverCounters;
  /** Decoded chunks by address; whoever writes or frees a chunk deletes its address. */
  readonly decoded: ChunkCache;
  /** Global heap collections by address; whoever writes or frees one deletes its address. */
  readonly heaps: HeapCache;
  /** Collections that are written and not stored yet, by address. */
  readonly pendingHeaps: Map<number, ReadonlyMap<number, Uint8Array>>;
  /** Reading costs little: opened by a path, or lying in memory. */
  readonly local: boolean;
  /** Datasets that are being filled from a source, until they are complete or removed. */
  readonly sources: Set<Promise<unknown>>;
  /** The folder the file lies in, when it was opened by a path. */
  readonly folder: string | undefined;
  /** Files opened through external links, shared by all of them; closed with the first file. */
  readonly externals: ExternalFiles;
  /** Raised by every call that changes links. */
  linksRevision: number;
  readonly warnings: Hdf5Warning[];
  warn(code: string, message: string, path?: string): void;
}
