/** What a path, a handle or an open file becomes when NWB is read from it or written to it. */
import {
  basename,
  dirname,
  exists,
  hasFileSystem,
  join,
  pathOfUrl,
  placeOf,
  removeFile,
  renameFile,
  resolve,
} from "#platform";
import {
  create,
  type ExternalPolicy,
  type Filter,
  Hdf5ExistsError,
  type Hdf5File,
  Hdf5UsageError,
  type Limits,
  open,
  type Source,
  type Target,
} from "../index.js";

/** Options that go to the HDF5 layer as they are. */
export interface FileOptions {
  readonly driver?: "family" | "split" | "multi" | undefined;
  readonly memberSize?: number | undefined;
  /** By default the folder of the file is trusted when it is given by path. */
  readonly external?: ExternalPolicy | undefined;
  readonly filters?: readonly Filter[] | undefined;
  readonly limits?: { readonly [K in keyof Limits]?: Limits[K] | undefined } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How `open` was asked to treat the file. */
export type IOMode = "r" | "r+" | "w" | "w-" | "x" | "a";

/** An open file, and how it ends. */
export interface OpenedTarget {
  readonly file: Hdf5File;
  /** What the user calls it. */
  readonly source: string;
  /** `"w"` for a new file. */
  readonly mode: "r" | "r+" | "w";
  /** Keep what was written, under the name that was asked for. */
  commit(): Promise<void>;
  /** Leave no new file, and an old one as it was last flushed. */
  discard(): Promise<void>;
}

/** @throws Hdf5ExistsError for a file that must be new and is there; what `open` and `create` throw. */
export async function openTarget(
  source: Source | Target | Hdf5File | undefined,
  mode: IOMode,
  options: FileOptions,
): Promise<OpenedTarget> {
  if (isFile(source)) return borrowed(source, mode);
  const path = pathOf(source);
  const hdf5 = { external: trusted(path), ...options };
  if (mode === "r" || mode === "r+") return existing(source as Source, mode, hdf5);
  if (mode === "a" && (await isThere(source, path, options))) return existing(source as Source, "r+", hdf5);
  const exclusive = mode === "w-" || mode === "x";
  if (path !== undefined && options.driver === undefined) return beside(path, exclusive, hdf5);
  const file = await create(source as Target | undefined, { ...hdf5, exclusive });
  return { file, source: path ?? file.name, mode: "w", commit: () => file.close(), discard: () => file.abort() };
}

function isFile(source: unknown): source is Hdf5File {
  return typeof source === "object" && source !== null && "root" in source && "superblock" in source;
}

/** A file that somebody else opened stays open. */
function borrowed(file: Hdf5File, mode: IOMode): OpenedTarget {
  if (mode !== "r" && file.mode === "r") {
    throw new Hdf5UsageError("mode", `is ${JSON.stringify(mode)}, and the file was opened for reading`, '"r"');
  }
  return {
    file,
    source: file.name,
    mode: mode === "r" ? "r" : mode === "r+" || mode === "a" ? "r+" : "w",
    commit: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
}

async function existing(source: Source, mode: "r" | "r+", options: FileOptions): Promise<OpenedTarget> {
  const file = await open(source, { ...options, mode });
  const path = pathOf(source);
  return {
    file,
    source: path ?? file.name,
    mode,
    commit: () => file.close(),
    discard: () => (mode === "r" ? file.close() : file.abort()),
  };
}

/** Written beside its place, and renamed when it is closed: what was there before stays until then. */
async function beside(path: string, exclusive: boolean, options: FileOptions): Promise<OpenedTarget> {
  const target = await placeOf(path);
  if (exclusive && (await exists(target))) throw new Hdf5ExistsError(target);
  const name = `.${basename(target)}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  const temporary = join(dirname(target), name);
  const file = await create(temporary, { ...options, exclusive: true });
  return {
    file,
    source: target,
    mode: "w",
    async commit() {
      try {
        await file.close();
        if (exclusive && (await exists(target))) throw new Hdf5ExistsError(target);
        await renameFile(temporary, target);
      } catch (error) {
        await removeFile(temporary);
        throw error;
      }
    },
    async discard() {
      await file.abort();
      await removeFile(temporary);
    },
  };
}

async function isThere(source: unknown, path: string | undefined, options: FileOptions): Promise<boolean> {
  if (path === undefined) return false;
  if (options.driver === undefined) return exists(path);
  const first = path.replace(/%(\d*)d/, (_, width: string) => "0".padStart(Number(width || 1), "0"));
  return typeof source === "string" && exists(first);
}

/** The path in the file system, when the source is one. */
function pathOf(source: unknown): string | undefined {
  if (!hasFileSystem) return undefined;
  if (source instanceof URL) return source.protocol === "file:" ? pathOfUrl(source) : undefined;
  if (typeof source !== "string") return undefined;
  if (/^file:/i.test(source)) return pathOfUrl(new URL(source));
  return /^(https?|blob|data):/i.test(source) ? undefined : source;
}

/** A path that the user names counts as trust in its folder. */
function trusted(path: string | undefined): ExternalPolicy {
  return path === undefined ? "deny" : { dir: dirname(resolve(path)) };
}
