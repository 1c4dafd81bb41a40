/** Opening a file that exists. */
import { isWritable } from "../drivers/driver.js";
import { checkCount, checkFunction, checkObject, checkOptions, Hdf5UsageError, oneOf } from "../errors.js";
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
  checkOptions(options);
  const { signal } = options;
  const mode = oneOf("mode", options.mode, ["r", "r+"]) ?? "r";
  const durability = oneOf("durability", options.durability, DURABILITIES) ?? "process";
  const settings = {
    ...settingsOf(options, mode),
    notClosed: oneOf("notClosed", options.notClosed, ["open", "refuse"]),
    verifyChecksums: oneOf("checksums", options.checksums, ["verify", "ignore"]) !== "ignore",
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
    await writer?.attachWriter(state, { durability });
    signal?.throwIfAborted();
    return fileHandle(state);
  } catch (error) {
    if (owned) await driver.close?.();
    throw located(error, name);
  }
}

export const DURABILITIES = ["process", "power"] as const;

/** What `open` and `create` pass on. @throws Hdf5UsageError for an option that is none of those known. */
export function settingsOf(options: CommonOptions, mode: "r" | "r+"): FileSettings {
  const { cacheBytes, external, filters, limits = {}, onWarning } = options;
  const int64 = oneOf("int64", options.int64, ["bigint", "number", "safe"]);
  oneOf("driver", options.driver, ["family", "split", "multi"]);
  checkCount("cacheBytes", cacheBytes);
  const dir = typeof external === "object" && external?.dir;
  const isFolder = typeof dir === "string" || dir instanceof URL;
  if (external !== undefined && external !== "deny" && typeof external !== "function" && !isFolder) {
    throw new Hdf5UsageError("external", "is none of the policies", '"deny", { dir } or a function');
  }
  if (filters !== undefined && !(Array.isArray(filters) && filters.every((one) => typeof one?.decode === "function"))) {
    throw new Hdf5UsageError("filters", "holds what is no filter", "an array of { id, name, decode, encode? }");
  }
  checkObject("limits", limits);
  for (const [name, limit] of Object.entries(limits)) checkCount(`limits.${name}`, limit);
  checkFunction("onWarning", onWarning);
  return { mode, int64, cacheBytes, external, filters, limits, onWarning };
}
