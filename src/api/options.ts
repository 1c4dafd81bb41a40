/** Options of `open`, `create` and of reading, and what can be opened. Every optional property may be `undefined`. */
import type { Driver, WritableDriver } from "../drivers/driver.js";
import type { SyncAccessHandleLike, WritableFileLike } from "../drivers/opfs.js";
import type { Filter } from "../filters/filter.js";
import type { Limits } from "../model/limits.js";
import type { Hdf5Warning, Int64Policy } from "../model/state.js";
import type { OnProgress } from "../model/writer-contract.js";

export type { SyncAccessHandleLike, WritableFileLike } from "../drivers/opfs.js";
export type { ExternalContext, ExternalPolicy } from "../model/external.js";
export type { Limits } from "../model/limits.js";
export type { Hdf5Warning, Int64Policy } from "../model/state.js";
export type { DatasetSpec, Layout, OnProgress, WriteOptions } from "../model/writer-contract.js";

import type { ExternalPolicy } from "../model/external.js";

/** What of the platform's `Blob` is used: its size in bytes, slices, and their content. */
export interface BlobLike {
  readonly size: number;
  slice(start?: number, end?: number): BlobLike;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** What of the platform's `FileSystemFileHandle` is used. */
export interface FileHandleLike {
  readonly kind: "file";
  readonly name: string;
  getFile(): Promise<BlobLike>;
  /** In workers: what is written through. */
  createSyncAccessHandle?(): Promise<SyncAccessHandleLike>;
  /** Elsewhere: what is written through. */
  createWritable?(options: { readonly keepExistingData: boolean }): Promise<WritableFileLike>;
}

/**
 * What `open` reads from. A string that starts with `http:`, `https:`, `file:`, `blob:` or `data:` is a URL, any other
 * string a path. A `Uint8Array` or `ArrayBuffer` is not copied and must not change while the file is open.
 */
export type Source = string | URL | BlobLike | ArrayBuffer | Uint8Array | FileHandleLike | Driver;

/** Where `create` writes to. A string is a path or a `file:` URL. */
export type Target = string | URL | FileHandleLike | WritableDriver;

/** Options that `open` and `create` share. */
export interface CommonOptions {
  /** What may be opened outside the file; `"deny"` by default: nothing. */
  readonly external?: ExternalPolicy | undefined;
  /** Codecs beyond the core's (deflate, shuffle, fletcher32); one with the id of a core filter replaces it. */
  readonly filters?: readonly Filter[] | undefined;
  /** Budgets that differ from the defaults. */
  readonly limits?: { readonly [K in keyof Limits]?: Limits[K] | undefined } | undefined;
  /** How 64-bit integers are read where a read does not say: `"bigint"` by default. */
  readonly int64?: Int64Policy | undefined;
  /** Bytes of decoded chunks kept for later reads: 64 MiB by default. */
  readonly cacheBytes?: number | undefined;
  /** The file is spread over several members; the source is their pattern or common name. */
  readonly driver?: "family" | "split" | "multi" | undefined;
  /** Bytes of one family member. On opening it is read from the file; a stated one must agree. */
  readonly memberSize?: number | undefined;
  /** Called for each warning as it comes. All are in `file.warnings` too, none goes to the console. */
  readonly onWarning?: ((warning: Hdf5Warning) => void) | undefined;
  /** Stops this call with `signal.reason`; a file once opened does not listen to it. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `open`. */
export interface OpenOptions extends CommonOptions {
  /** `"r"` by default; `"r+"` reads and writes. */
  readonly mode?: "r" | "r+" | undefined;
  /** A file whose writer has not closed it: by default `"open"` in mode `"r"`, `"refuse"` in mode `"r+"`. */
  readonly notClosed?: "open" | "refuse" | undefined;
  /** Checksums of metadata and of fletcher32 chunks: `"verify"` by default. */
  readonly checksums?: "verify" | "ignore" | undefined;
  /** What a flush survives: the end of the process (default), or a power loss too. */
  readonly durability?: "process" | "power" | undefined;
}

/** Options of `create`. */
export interface CreateOptions extends CommonOptions {
  /** The oldest library that shall read the file: `"v108"` (HDF5 1.8) by default. */
  readonly libver?: "earliest" | "v108" | "v110" | "latest" | undefined;
  /** What a flush survives: the end of the process (default), or a power loss too. */
  readonly durability?: "process" | "power" | undefined;
  /** Fail when the target exists; by default it is replaced. */
  readonly exclusive?: boolean | undefined;
  /** Bytes before the HDF5 data: 0 or a power of two from 512 on, or the content, padded to one. */
  readonly userBlock?: number | Uint8Array | undefined;
  /** Keep the order in which links and attributes of the root group are made. */
  readonly trackOrder?: boolean | undefined;
}

/** Options of `read`. */
export interface ReadOptions {
  /** How 64-bit integers are read; the file's `int64` by default. */
  readonly int64?: Int64Policy | undefined;
  /** Compounds: only these members, in this order. Of a complex number: `"r"`, `"i"`. */
  readonly fields?: readonly string[] | undefined;
  /** How strings are decoded; `"bytes"` gives each string's bytes without padding. `"utf-8"` by default. */
  readonly strings?: "utf-8" | "latin1" | "bytes" | undefined;
  /** Bytes of the result allowed; the file's `limits.readBytes` by default. */
  readonly maxBytes?: number | undefined;
  /** Rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes done of the total, in stored bytes of the elements selected. */
  readonly onProgress?: OnProgress | undefined;
}

/** Options of `stream`. */
export interface StreamOptions extends ReadOptions {
  /** Rows per block: by default a whole number of chunks near 8 MiB. */
  readonly rows?: number | undefined;
  /** First row: 0 by default. */
  readonly start?: number | undefined;
  /** End of the rows, excluded: the length by default. */
  readonly stop?: number | undefined;
}

/** Options of `value`. */
export interface ValueOptions {
  /** How 64-bit integers are read; the file's `int64` by default. */
  readonly int64?: Int64Policy | undefined;
  /** How strings are decoded: `"utf-8"` by default. */
  readonly strings?: "utf-8" | "latin1" | "bytes" | undefined;
  /** Rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of listings. */
export interface ListOptions {
  /** `"name"` by default: by the raw bytes. `"creation"` needs an object that keeps creation order. */
  readonly order?: "name" | "creation" | undefined;
  /** Rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `copy`. */
export interface CopyOptions {
  /** `"preserve"` (default) copies soft and external links as they are; `"resolve"` copies what they lead to. */
  readonly links?: "preserve" | "resolve" | undefined;
  /** Only the group and what it holds directly; groups in it are copied empty. */
  readonly shallow?: boolean | undefined;
  /** Called with the stored bytes copied. */
  readonly onProgress?: OnProgress | undefined;
  /** Rejects with `signal.reason`; the copy begun is removed. */
  readonly signal?: AbortSignal | undefined;
}
