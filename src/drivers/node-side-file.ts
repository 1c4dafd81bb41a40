/**
 * The file NAME.h5ts-undo beside a file of Node's file system. `#platform` only. NAME is the path without symbolic
 * links, as it is for the lock (node-lock.ts).
 */
import { dirname, resolve } from "node:path";
import { Hdf5DriverError } from "../errors.js";
import type { SideFile } from "./driver.js";
import { called, codeOf, guard, NOT_CAPABLE, syncFolder } from "./node-calls.js";
import type { NodeFs } from "./node-fs.js";

const SUFFIX = ".h5ts-undo";

/** Codes with which a folder, or Deno, refuses new files: there is none beside the file then. */
const NONE_HERE: ReadonlySet<unknown> = new Set([
  "EACCES",
  "EPERM",
  "EROFS",
  "ENOENT",
  "ENOTDIR",
  "ENAMETOOLONG",
  NOT_CAPABLE,
]);

function isRefused(error: unknown): boolean {
  return NONE_HERE.has(error instanceof Hdf5DriverError ? error.status : codeOf(error));
}

/** @param path of the file that it lies beside. */
export function sideFileOf(fs: NodeFs, path: string): SideFile {
  // A relative path is that of the moment.
  const target = resolve(path);
  let found: string | undefined;
  const side = (): string => {
    found ??= `${fs.realpathSync.native(target)}${SUFFIX}`;
    return found;
  };
  /** A folder that may not be looked into has none. */
  const isThere = (): boolean => {
    try {
      return fs.lstatSync(side(), { throwIfNoEntry: false })?.isFile() === true;
    } catch (error) {
      if (isRefused(error)) return false;
      throw error;
    }
  };

  return {
    read: () =>
      guard(path, undefined, () => {
        if (!isThere()) return undefined;
        const { buffer, byteOffset, length } = fs.readFileSync(side());
        return new Uint8Array(buffer, byteOffset, length);
      }),
    async write(bytes, durable) {
      try {
        await guard(path, undefined, () => make(fs, side(), bytes, durable));
        return true;
      } catch (error) {
        if (isRefused(error)) return false;
        throw error;
      }
    },
    remove: (durable) =>
      guard(path, undefined, async () => {
        if (!isThere()) return;
        if (durable) await empty(fs, side());
        fs.rmSync(side(), { force: true });
      }),
  };
}

/** Never through a link, nor into a file that is there: whoever may write to the folder may have put it there. */
async function make(fs: NodeFs, side: string, bytes: Uint8Array, durable: boolean): Promise<void> {
  fs.rmSync(side, { force: true });
  const fd = fs.openSync(side, "wx");
  try {
    for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done);
    if (durable) await called((done) => fs.fsync(fd, done));
  } catch (error) {
    fs.rmSync(side, { force: true });
    throw error;
  } finally {
    fs.closeSync(fd);
  }
  if (durable) await syncFolder(fs, dirname(side));
}

/** A folder may bring back a name after a loss of power; what is gone from the file stays gone. */
async function empty(fs: NodeFs, side: string): Promise<void> {
  const { O_RDWR, O_NOFOLLOW = 0 } = fs.constants;
  const fd = fs.openSync(side, O_RDWR | O_NOFOLLOW);
  try {
    fs.ftruncateSync(fd, 0);
    await called((done) => fs.fsync(fd, done));
  } finally {
    fs.closeSync(fd);
  }
}

/** A file took this path's place: what lies beside it was of the one before. */
export async function forgetSideFile(fs: NodeFs, path: string): Promise<void> {
  const { promises } = fs;
  await guard(path, undefined, () => promises.rm(`${path}${SUFFIX}`, { force: true }));
}
