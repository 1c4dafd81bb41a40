/** From what users pass to `open` and `create` to a driver. */
import { dirname, openPath, pathOfUrl, resolve } from "#platform";
import { type BlobLike, blobDriver } from "../drivers/blob.js";
import { type Driver, isWritable, type WritableDriver } from "../drivers/driver.js";
import type { FamilyDriver } from "../drivers/family.js";
import { memoryDriver } from "../drivers/memory.js";
import type { MultiDriver } from "../drivers/multi.js";
import { Hdf5DriverError, Hdf5ExistsError, Hdf5UsageError, isHdf5Error } from "../errors.js";
import type { MultiMembers } from "../format/messages/multi-members.js";
import type { FileHandleLike, Source, Target } from "./options.js";

/** A driver, and what is known of the medium. */
export interface OpenedDriver {
  readonly driver: Driver;
  readonly name: string;
  readonly local: boolean;
  /** The file's folder, when it was named by a path. */
  readonly folder: string | undefined;
  /** Set for a family. */
  readonly family: FamilyDriver | undefined;
  /** Opened here, so closed here when opening fails. */
  readonly owned: boolean;
}

/** How the members are spread. */
export interface Spread {
  readonly driver?: "family" | "split" | "multi" | undefined;
  readonly memberSize?: number | undefined;
}

const SCHEME = /^(https?|file|blob|data):/i;

/** Open what shall be read. @throws Hdf5UsageError for what is no source here; Hdf5DriverError when it cannot be opened. */
export async function openSource(source: Source, mode: "r" | "r+", spread: Spread): Promise<OpenedDriver> {
  if (spread.driver !== undefined) return (await import("./member-source.js")).openSpread(source, mode, spread);
  if (typeof source === "string" && !SCHEME.test(source)) return fromPath(source, mode);
  if (typeof source === "string" || source instanceof URL) return fromUrl(new URL(source), mode);
  if (source instanceof ArrayBuffer) return inMemory(new Uint8Array(source));
  if (source instanceof Uint8Array) return inMemory(source);
  if (isDriver(source)) {
    if (mode === "r+" && !isWritable(source)) {
      throw new Hdf5UsageError("source", "is a driver that cannot be written", 'a WritableDriver, or mode "r"');
    }
    const { name = "driver" } = source;
    const driver = mode === "r+" ? await typed(source as WritableDriver) : source; // looked at just above
    return { driver, name, local: source.local ?? false, folder: undefined, family: undefined, owned: false };
  }
  if (isFileHandle(source)) {
    if (mode === "r") return fromBlob(await source.getFile(), source.name);
    const driver = await writeToHandle(source);
    return { driver, name: source.name, local: true, folder: undefined, family: undefined, owned: true };
  }
  if (mode === "r+") throw new Hdf5UsageError("mode", 'is "r+", and a Blob cannot be written', '"r"');
  if (isBlob(source)) return fromBlob(source, undefined);
  throw new Hdf5UsageError(
    "source",
    `is ${describe(source)}`,
    "a path, URL, Blob, ArrayBuffer, Uint8Array, FileSystemFileHandle or Driver",
  );
}

/** What `create` writes to, and the paths of the files it makes. */
export interface CreatedDriver {
  readonly driver: WritableDriver;
  readonly name: string;
  readonly local: boolean;
  readonly folder: string | undefined;
  /** Removed when nothing comes of it. */
  readonly paths: readonly string[];
  /** Of families. */
  readonly memberSize?: number | undefined;
  /** Of split and multi files: what holds what. */
  readonly members?: MultiMembers | undefined;
}

/**
 * Empty or make the target.
 * @throws Hdf5ExistsError when `exclusive` and something is there; Hdf5UsageError for what is no target here.
 */
export async function createTarget(
  target: Target | undefined,
  exclusive: boolean,
  spread: Spread,
): Promise<CreatedDriver> {
  if (spread.driver === "split" || spread.driver === "multi") {
    return (await import("./multi-source.js")).createMembers(pathOf(target, spread), exclusive, spread.driver);
  }
  if (spread.driver !== undefined) {
    return (await import("./family-source.js")).createFamily(pathOf(target, spread), exclusive, spread);
  }
  if (target === undefined) {
    return {
      driver: memoryDriver(),
      name: "memory",
      local: true,
      folder: undefined,
      paths: [],
    };
  }
  if (typeof target === "string" || target instanceof URL) {
    const path = pathOf(target, spread);
    const driver = await makeFile(path, exclusive);
    return { driver, name: path, local: true, folder: folderOf(path), paths: [path] };
  }
  if (isDriver(target)) {
    if (!isWritable(target))
      throw new Hdf5UsageError("target", "is a driver that cannot be written", "a WritableDriver");
    if ("members" in target) {
      return (await import("./multi-source.js")).createInMembers(target as MultiDriver, exclusive);
    }
    if (exclusive && target.size !== 0) throw new Hdf5ExistsError(target.name ?? "driver");
    const driver = await typed(target);
    await driver.truncate(0);
    const { name = "driver" } = target;
    const { local = false } = target;
    return { driver, name, local, folder: undefined, paths: [] };
  }
  if (isFileHandle(target)) {
    const driver = await writeToHandle(target);
    if (exclusive && driver.size !== 0) {
      await driver.close?.();
      throw new Hdf5ExistsError(target.name);
    }
    await driver.truncate(0);
    return { driver, name: target.name, local: true, folder: undefined, paths: [] };
  }
  throw new Hdf5UsageError(
    "target",
    `is ${describe(target)}`,
    "a path, file URL, WritableDriver, or nothing for memory",
  );
}

/** Parts of a split or multi file are asked for by name. */
async function typed(driver: WritableDriver): Promise<WritableDriver> {
  return "members" in driver ? driver : (await import("../drivers/typed-errors.js")).typedErrors(driver);
}

async function makeFile(path: string, exclusive: boolean): Promise<WritableDriver> {
  try {
    return await openPath(path, exclusive ? "wx" : "w");
  } catch (error) {
    if (isHdf5Error(error, "driver") && error.status === "EEXIST") throw new Hdf5ExistsError(path, { cause: error });
    throw error;
  }
}

async function fromPath(path: string, mode: "r" | "r+"): Promise<OpenedDriver> {
  if (path === "") throw new Hdf5UsageError("source", "is an empty string", "a path");
  const driver = await openPath(path, mode);
  return { driver, name: path, local: true, folder: folderOf(path), family: undefined, owned: true };
}

async function fromUrl(url: URL, mode: "r" | "r+"): Promise<OpenedDriver> {
  switch (url.protocol) {
    case "file:":
      return fromPath(pathOfUrl(url), mode);
    case "blob:":
    case "data:": {
      const response = await fetch(url);
      if (!response.ok) throw new Hdf5DriverError(url.protocol, "cannot be read", { status: response.status });
      return { ...inMemory(new Uint8Array(await response.arrayBuffer())), name: url.protocol };
    }
    case "http:":
    case "https:": {
      if (mode === "r+") throw new Hdf5UsageError("mode", 'is "r+", and the source is remote', '"r"');
      const { httpDriver } = await import("../drivers/http.js");
      const driver = httpDriver(url);
      const { name = "http" } = driver;
      return { driver, name, local: false, folder: undefined, family: undefined, owned: true };
    }
    default:
      throw new Hdf5UsageError("source", `has the scheme ${url.protocol}`, "a path, an http:, https: or file: URL");
  }
}

function inMemory(bytes: Uint8Array): OpenedDriver {
  return {
    driver: memoryDriver(bytes),
    name: "memory",
    local: true,
    folder: undefined,
    family: undefined,
    owned: true,
  };
}

function fromBlob(blob: BlobLike, name: string | undefined): OpenedDriver {
  const driver = blobDriver(blob);
  return {
    driver,
    name: name ?? driver.name ?? "blob",
    local: true,
    folder: undefined,
    family: undefined,
    owned: true,
  };
}

async function writeToHandle(handle: FileHandleLike): Promise<WritableDriver> {
  const { opfsDriver } = await import("../drivers/opfs.js");
  return opfsDriver(handle);
}

function folderOf(path: string): string {
  return dirname(resolve(path));
}

/** The path that a source or target names; for a family its pattern, for split and multi files the common name. */
export function pathOf(source: unknown, { driver }: Spread): string {
  if (source instanceof URL || (typeof source === "string" && SCHEME.test(source))) {
    const url = new URL(source);
    if (url.protocol === "file:") return pathOfUrl(url);
    throw new Hdf5UsageError(driver === undefined ? "target" : "source", `has the scheme ${url.protocol}`, "a path");
  }
  if (typeof source === "string" && source !== "") return source;
  throw new Hdf5UsageError(
    "source",
    `is ${describe(source)}`,
    driver === undefined ? "a path" : "the pattern of the members' names, or what they have in common",
  );
}

function isDriver(value: unknown): value is Driver {
  return typeof value === "object" && value !== null && "read" in value && typeof value.read === "function";
}

function isFileHandle(value: unknown): value is FileHandleLike {
  return typeof value === "object" && value !== null && "getFile" in value && typeof value.getFile === "function";
}

function isBlob(value: unknown): value is BlobLike {
  return typeof value === "object" && value !== null && "slice" in value && "arrayBuffer" in value && "size" in value;
}

function describe(value: unknown): string {
  if (typeof value === "string") return value === "" ? "an empty string" : "a string";
  if (typeof value !== "object" || value === null) return String(value);
  return `an object of class ${value.constructor?.name ?? "none"}`;
}
