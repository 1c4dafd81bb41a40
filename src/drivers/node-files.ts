/** Whole files of Node's file system: what lies inside a folder, and writing beside a target. `#platform` only. */
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { Hdf5DriverError, Hdf5PolicyError, Hdf5UsageError } from "../errors.js";
import type { Driver, WritableDriver } from "./driver.js";
import { guard } from "./node-calls.js";
import { type NodeFileDriver, nodeFileDriver } from "./node-file.js";
import { nodeFs } from "./node-fs.js";
import { forgetSideFile, sideFileOf } from "./node-side-file.js";
import { readOnly } from "./read-only.js";
import { relativeNameProblem } from "./relative-name.js";

/**
 * The real path of a file that a relative name, found in a file, leads to.
 * @param dir the folder that is trusted; nothing outside it is named by the result.
 * @param name as stored; never decoded.
 * @param from folder inside `dir` that the name is relative to; `dir` by default.
 * @throws Hdf5PolicyError when the name is not plainly relative, or leads out of `dir` (by symbolic links too), or to
 * something that is no regular file; Hdf5DriverError when there is no such file.
 */
export async function resolveInside(dir: string, name: string, from: string = dir): Promise<string> {
  const problem = relativeNameProblem(name);
  if (problem !== undefined) throw new Hdf5PolicyError(name, problem);
  const { promises: fs } = await nodeFs();
  const root = await guard(dir, undefined, () => fs.realpath(dir));
  const base = await guard(from, undefined, () => fs.realpath(from));
  if (!isInside(root, base)) throw new Hdf5PolicyError(name, "is relative to a folder outside the allowed one");
  const real = await guard(name, undefined, () => fs.realpath(join(base, name)));
  if (!isInside(root, real)) throw new Hdf5PolicyError(name, "leads out of the allowed folder");
  const stat = await guard(name, undefined, () => fs.lstat(real));
  if (!stat.isFile()) throw new Hdf5PolicyError(name, "is no regular file");
  return real;
}

/**
 * Open what `resolveInside` allows, read-only, and check on the open file that it is still that file: the answer holds
 * although somebody may exchange names meanwhile.
 */
export async function openInside(dir: string, name: string, from: string = dir): Promise<Driver> {
  const { file, handle } = await opened(dir, name, from, "r");
  const driver = readOnly(file);
  return {
    name: file.name,
    local: true,
    sideFile: sideFileOf(await nodeFs(), file.name),
    get size() {
      return file.size;
    },
    read: driver.read,
    close: () => closeBoth(file, handle),
  };
}

/**
 * The same for reading and writing.
 * @param options.create make the file where there is none; its folder must be there.
 * @param options.except a path whose file must not be this one, whatever it is called.
 */
export async function openInsideToWrite(
  dir: string,
  name: string,
  from: string = dir,
  options: { readonly create?: boolean | undefined; readonly except?: string | undefined } = {},
): Promise<WritableDriver> {
  const { file, handle } = await openedOrMade(dir, name, from, options.create ?? false);
  try {
    await assertOther(handle, name, options.except);
  } catch (error) {
    await closeBoth(file, handle);
    throw error;
  }
  return { ...methodsOf(file), sideFile: sideFileOf(await nodeFs(), file.name), close: () => closeBoth(file, handle) };
}

function methodsOf(file: NodeFileDriver): WritableDriver & { readonly name: string } {
  const { name, read, write, truncate, flush } = file;
  return {
    name,
    local: true,
    get size() {
      return file.size;
    },
    read,
    write,
    truncate,
    flush,
  };
}

async function closeBoth(file: NodeFileDriver, handle: FileHandle): Promise<void> {
  await file.close();
  await handle.close();
}

/** @throws Hdf5PolicyError when the open file is that of a path. */
async function assertOther(handle: FileHandle, name: string, except: string | undefined): Promise<void> {
  if (except === undefined || !(await exists(except))) return;
  const { promises: fs } = await nodeFs();
  const [one, other] = [await handle.stat({ bigint: true }), await fs.stat(except, { bigint: true })];
  if (one.ino === other.ino && one.dev === other.dev) throw new Hdf5PolicyError(name, "is the file itself");
}

interface Opened {
  readonly file: NodeFileDriver;
  readonly handle: FileHandle;
}

async function openedOrMade(dir: string, name: string, from: string, create: boolean): Promise<Opened> {
  try {
    return await opened(dir, name, from, "r+");
  } catch (error) {
    if (!create || !(error instanceof Hdf5DriverError) || error.status !== "ENOENT") throw error;
  }
  const { constants, promises: fs } = await nodeFs();
  const root = await guard(dir, undefined, () => fs.realpath(dir));
  const folder = await guard(name, undefined, () => fs.realpath(dirname(join(from, name))));
  if (!isInside(root, folder)) throw new Hdf5PolicyError(name, "leads out of the allowed folder");
  // Nothing that is there is followed or replaced: a link without a target neither.
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;
  const handle = await guard(name, undefined, () => fs.open(join(folder, basename(name)), flags));
  await handle.close();
  return opened(dir, name, from, "r+");
}

async function opened(dir: string, name: string, from: string, mode: "r" | "r+"): Promise<Opened> {
  const real = await resolveInside(dir, name, from);
  const { constants, promises: fs } = await nodeFs();
  // Not through a link that takes the file's place; without waiting for a writer should it become a pipe.
  const access = mode === "r" ? constants.O_RDONLY : constants.O_RDWR;
  const flags = access | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = await guard(name, undefined, () => fs.open(real, flags));
  try {
    const stat = await guard(name, undefined, () => handle.stat({ bigint: true }));
    const again = await resolveInside(dir, name, from);
    const named = await guard(name, undefined, () => fs.lstat(again, { bigint: true }));
    if (!stat.isFile() || again !== real || stat.ino !== named.ino || stat.dev !== named.dev) {
      throw new Hdf5PolicyError(name, "changed while it was opened");
    }
    return { file: await nodeFileDriver({ fd: handle.fd, name: real }, { mode }), handle };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** A file written beside its target. */
export interface TemporaryFile {
  readonly driver: WritableDriver;
  readonly path: string;
  /** Close, and put the file in the target's place, which it replaces. */
  commit(): Promise<void>;
  /** Close and remove the file. Does nothing after `commit`, or a second time. */
  discard(): Promise<void>;
}

/**
 * A new, empty file in the target's folder, to be renamed onto the target when it is complete.
 * @throws Hdf5UsageError when the target is something other than a file; Hdf5DriverError when it cannot be created.
 */
export async function temporaryBeside(target: string): Promise<TemporaryFile> {
  const place = await placeOf(target);
  const [path, driver] = await createBeside(place);
  let done = false;
  return {
    driver,
    path,
    async commit() {
      if (done) return;
      await driver.flush();
      await driver.close();
      await renameFile(path, place);
      done = true;
    },
    async discard() {
      if (done) return;
      done = true;
      await driver.close();
      await removeFile(path);
    },
  };
}

/** Tries numbered names until one is free. */
async function createBeside(target: string): Promise<[string, NodeFileDriver]> {
  for (let n = 0; ; n++) {
    const path = join(dirname(target), `.${basename(target)}.${process.pid}-${n}.tmp`);
    try {
      return [path, await nodeFileDriver(path, { mode: "wx" })];
    } catch (error) {
      if (!(error instanceof Hdf5DriverError) || error.status !== "EEXIST" || n >= 1000) throw error;
    }
  }
}

/** Remove a file, behind a symbolic link the one that it leads to; one that is not there is no error. */
export async function removeFile(path: string): Promise<void> {
  const { promises: fs } = await nodeFs();
  if (await exists(path)) await guard(path, undefined, async () => fs.rm(await fs.realpath(path), { force: true }));
}

/**
 * Where a new file is put that shall have this name: behind a symbolic link, the file that it leads to.
 * @throws Hdf5UsageError when a device, a pipe or a folder has the name: renaming would replace it.
 */
export async function placeOf(target: string): Promise<string> {
  if (!(await exists(target))) return resolve(target);
  const { promises: fs } = await nodeFs();
  if (!(await guard(target, undefined, () => fs.stat(target))).isFile()) {
    throw new Hdf5UsageError("target", `is ${target}, which is no regular file`, "a file, or a name that is free");
  }
  return await guard(target, undefined, () => fs.realpath(target));
}

/**
 * Rename a file, replacing what has the new name, whose permissions it gets.
 * @throws Hdf5StateError "locked" when that is open for writing; Hdf5UsageError as `placeOf`.
 */
export async function renameFile(from: string, to: string): Promise<void> {
  const fs = await nodeFs();
  const { lockForWriting } = await import("./node-lock.js");
  const place = await placeOf(to);
  const release = await guard(place, undefined, () => lockForWriting(place));
  try {
    if (await exists(place)) {
      const { mode } = await guard(place, undefined, () => fs.promises.stat(place));
      await guard(from, undefined, () => fs.promises.chmod(from, mode));
    }
    await guard(place, undefined, () => fs.promises.rename(from, place));
    await forgetSideFile(fs, place);
  } finally {
    release();
  }
}

/** Is there anything of that name? */
export async function exists(path: string): Promise<boolean> {
  const { promises: fs } = await nodeFs();
  try {
    await guard(path, undefined, () => fs.stat(path));
    return true;
  } catch (error) {
    if (error instanceof Hdf5DriverError && (error.status === "ENOENT" || error.status === "ENOTDIR")) return false;
    throw error;
  }
}
