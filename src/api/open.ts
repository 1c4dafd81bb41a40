/** Opening a file that exists. */
import { isWritable } from "../drivers/driver.js";
import { Hdf5UsageError } from "../errors.js";
import { located } from "../model/calls.js";
import type { FileSettings } from "../model/file-state.js";
import { openFileState } from "../model/open-file.js";
import { fileHandle } from "./factory.js";
import type { CommonOptions, OpenOptions, Source } from "./options.js";
import { openSource } from "./source.js";
import type { Hdf5File } from "./types.js";

/**
 * Open an HDF5 file.
 * @param source a path (where there is a file system), URL, Blob, ArrayBuffer, Uint8Array (not copied),
 * FileSystemFileHandle or Driver; with `driver: "family"` the pattern of the members' names, with `"split"` or
 * `"multi"` what their names have in common.
 * @throws Hdf5FormatError when it is no HDF5 file; Hdf5TruncatedError when it is shorter than it says; Hdf5DriverError
 * when the medium fails or a member is missing; Hdf5StateError "not-closed"; Hdf5UsageError for what is no source here;
 * `options.signal.reason` when aborted.
 * @example
 * await using file = await open("session.nwb");
 * const voltage = await file.dataset("acquisition/voltage/data");
 * const { data } = await voltage.read([[0, 1000]]);
 */
export async function open(source: Source, options: OpenOptions = {}): Promise<Hdf5File> {
  const { mode = "r", signal } = options;
  if (mode !== "r" && mode !== "r+") throw new Hdf5UsageError("mode", `is ${JSON.stringify(mode)}`, '"r" or "r+"');
  const settings = {
    ...settingsOf(options, mode),
    notClosed: options.notClosed,
    verifyChecksums: options.checksums !== "ignore",
  };
  signal?.throwIfAborted();
  const opened = await openSource(source, mode, options).catch((error: unknown) => {
    throw located(error, typeof source === "string" || source instanceof URL ? String(source) : "source");
  });
  const { driver, name, local, folder, family, owned } = opened;
  try {
    signal?.throwIfAborted();
    const writer = mode === "r+" ? await import("../writer/index.js") : undefined;
    const medium = writer !== undefined && isWritable(driver) ? writer.joinedWrites(driver) : driver;
    const state = await openFileState(medium, settings, { name, local, folder, spread: family, signal });
    await writer?.attachWriter(state, { durability: options.durability ?? "process" });
    signal?.throwIfAborted();
    return fileHandle(state);
  } catch (error) {
    if (owned) await driver.close?.();
    throw located(error, name);
  }
}

/** What `open` and `create` pass on. @throws Hdf5UsageError for an option that is none of those known. */
export function settingsOf(options: CommonOptions, mode: "r" | "r+"): FileSettings {
  const { int64, cacheBytes, external, filters, limits, onWarning } = options;
  if (int64 !== undefined && int64 !== "bigint" && int64 !== "number" && int64 !== "safe") {
    throw new Hdf5UsageError("int64", `is ${JSON.stringify(int64)}`, '"bigint", "number" or "safe"');
  }
  if (cacheBytes !== undefined && !(cacheBytes >= 0)) {
    throw new Hdf5UsageError("cacheBytes", `is ${String(cacheBytes)}`, "a number of bytes");
  }
  const isFolder = typeof external === "object" && external !== null && "dir" in external;
  if (external !== undefined && external !== "deny" && typeof external !== "function" && !isFolder) {
    throw new Hdf5UsageError("external", "is none of the policies", '"deny", { dir } or a function');
  }
  return { mode, int64, cacheBytes, external, filters, limits, onWarning };
}
