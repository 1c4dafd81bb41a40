/** Makes the state of an open file, whether it is read or being created. */
import type { Driver } from "../drivers/driver.js";
import type { Filter } from "../filters/filter.js";
import type { FormatContext } from "../format/context.js";
import type { Superblock } from "../format/superblock.js";
import type { Pager } from "../io/pager.js";
import { CallQueue } from "./call-queue.js";
import { ChunkCache } from "./chunk-cache.js";
import type { DriverCounters } from "./counted-driver.js";
import { HeapCache } from "./heap-cache.js";
import { DEFAULT_LIMITS, type Limits } from "./limits.js";
import type { FileOptions, FileState, Hdf5Warning } from "./state.js";

/** What a caller of `open` or `create` may say about how a file is handled; the defaults where it says nothing. */
export interface FileSettings extends Settings {
  readonly mode: "r" | "r+";
  readonly limits?: { readonly [K in keyof Limits]?: Limits[K] | undefined } | undefined;
  readonly filters?: readonly Filter[] | undefined;
}

type Settings = { readonly [K in keyof FileOptions]?: FileOptions[K] | undefined };

/** What is known of the file itself. */
export interface FileParts {
  readonly name: string;
  /** Counted by `counters`. */
  readonly driver: Driver;
  readonly counters: DriverCounters;
  readonly pager: Pager;
  readonly superblock: Superblock;
  readonly context: FormatContext;
  readonly sharedMessages?: FileState["sharedMessages"];
  readonly members?: FileState["members"];
  readonly wasNotClosed: boolean;
  readonly local: boolean;
  readonly folder?: string | undefined;
  /** Of the file that an external link led from. */
  readonly externals?: FileState["externals"] | undefined;
}

const DEFAULT_CACHE_BYTES = 64 * 2 ** 20;

/** Warnings kept in `file.warnings`; `onWarning` gets all. */
const MAX_WARNINGS = 1000;

/** The state of an open file, without a writer. */
export function newFileState(parts: FileParts, settings: FileSettings): FileState {
  const options = fileOptions(settings);
  const warnings: Hdf5Warning[] = [];
  const filters = [...(settings.filters ?? [])];
  parts.pager.unfilter = async (bytes, { filters: pipeline, filterMask, size }, signal) => {
    const { decodeBlock } = await import("../filters/filtered-block.js");
    const { verifyChecksums } = options;
    return decodeBlock(bytes, pipeline, filterMask, filters, size, { signal, verifyChecksums });
  };
  return {
    ...parts,
    sharedMessages: parts.sharedMessages,
    members: parts.members,
    mode: settings.mode,
    limits: limitsOf(settings.limits),
    options,
    filters,
    objects: new Map(),
    queue: new CallQueue(),
    writer: undefined,
    closed: false,
    calls: new Set(),
    sources: new Set(),
    decoded: new ChunkCache(options.cacheBytes),
    heaps: new HeapCache(),
    pendingHeaps: new Map(),
    folder: parts.folder,
    externals: parts.externals ?? { byTarget: new Map(), opened: new Set(), sources: new Map() },
    linksRevision: 0,
    warnings,
    warn(code, message, path) {
      const warning = Object.freeze({ code, message, path });
      if (warnings.length < MAX_WARNINGS) warnings.push(warning);
      options.onWarning?.(warning);
    },
  };
}

/** The budgets: the defaults where the caller says nothing. */
export function limitsOf(asked: FileSettings["limits"]): Limits {
  const stated = Object.entries(asked ?? {}).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(stated) };
}

function fileOptions(settings: FileSettings): FileOptions {
  return {
    int64: settings.int64 ?? "bigint",
    verifyChecksums: settings.verifyChecksums ?? true,
    cacheBytes: settings.cacheBytes ?? DEFAULT_CACHE_BYTES,
    external: settings.external ?? "deny",
    notClosed: settings.notClosed ?? (settings.mode === "r" ? "open" : "refuse"),
    onWarning: settings.onWarning,
  };
}
