/** Calls of Node's file system, and their errors. `#platform` only. */
import { Hdf5DriverError, Hdf5UsageError } from "../errors.js";
import type { NodeFs } from "./node-fs.js";

/** With what Deno refuses to look where it was started without the permission to. */
export const NOT_CAPABLE = "NotCapable";

/** Error codes with which systems refuse to sync a folder. */
const NO_FOLDER_SYNC: ReadonlySet<unknown> = new Set([
  "EISDIR",
  "EPERM",
  "EACCES",
  "EINVAL",
  "ENOTSUP",
  "EBADF",
  NOT_CAPABLE,
]);

export function openAsync(fs: NodeFs, path: string, flags: string): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, (error, fd) => (error ? reject(error) : resolve(fd)));
  });
}

export function closeAsync(fs: NodeFs, fd: number): Promise<void> {
  return called((done) => fs.close(fd, done));
}

/** A call of the system that gives nothing back. */
export function called(call: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())));
}

/** Make a folder's list of names durable, where the system can. */
export async function syncFolder(fs: NodeFs, path: string): Promise<void> {
  let fd: number | undefined;
  try {
    const folder = await openAsync(fs, path, "r");
    fd = folder;
    await called((done) => fs.fsync(folder, done));
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(codeOf(error))) throw error;
  } finally {
    if (fd !== undefined) await closeAsync(fs, fd);
  }
}

/** Run a call of the system; its errors become `Hdf5DriverError`, others (an abort) pass. */
export async function guard<T>(
  name: string,
  range: readonly [number, number] | undefined,
  call: () => T | Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw told(name, range, error);
  }
}

/** An error of the system as one of this library; any other as it is. */
export function told(name: string, range: readonly [number, number] | undefined, error: unknown): unknown {
  // The one thing that is said of paths before the system is asked.
  if (error instanceof TypeError && "code" in error && error.code === "ERR_INVALID_ARG_VALUE") {
    return new Hdf5UsageError("path", "holds a NUL", "a path", { cause: error });
  }
  const status = codeOf(error);
  if (status === undefined || !(error instanceof Error)) return error;
  return new Hdf5DriverError(name, error.message, { range, status, cause: error });
}

/** The code of a system error: "ENOENT", "ENOSPC", … or `NOT_CAPABLE`. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof Error && error.name === NOT_CAPABLE) return NOT_CAPABLE;
  const isSystem = error instanceof Error && "syscall" in error && "code" in error;
  return isSystem && typeof error.code === "string" ? error.code : undefined;
}
