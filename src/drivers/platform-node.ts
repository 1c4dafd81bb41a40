/** `#platform` where there is a file system: Node, Deno, Bun. The other variant is platform-none.ts. */
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Driver, WritableDriver } from "./driver.js";
import { guard } from "./node-calls.js";
import { type FileMode, type NodeFileDriver, nodeFileDriver } from "./node-file.js";
import { readOnly } from "./read-only.js";

export { nodeFileDriver } from "./node-file.js";
export {
  exists,
  openInside,
  openInsideToWrite,
  placeOf,
  removeFile,
  renameFile,
  resolveInside,
  type TemporaryFile,
  temporaryBeside,
} from "./node-files.js";
export { basename, dirname, join, relative, resolve };

/** Is there a file system? */
export const hasFileSystem: boolean = true;

/**
 * Open a path. Mode "r" gives a driver that cannot be written; every other one locks the file against other writers until
 * it is closed.
 * @throws Hdf5DriverError with the system's code; Hdf5StateError "locked".
 */
export async function openPath(path: string, mode: "r"): Promise<Driver>;
export async function openPath(path: string, mode: FileMode): Promise<WritableDriver>;
export async function openPath(path: string, mode: FileMode): Promise<Driver> {
  if (mode === "r") return readOnly(await nodeFileDriver(path, { mode }));
  const { lockForWriting } = await import("./node-lock.js");
  // A file that is replaced is emptied when it is opened; one that is edited must be there to be locked.
  const lock = (): Promise<() => void> => guard(path, undefined, () => lockForWriting(path));
  let release = mode === "r+" ? undefined : await lock();
  let driver: NodeFileDriver | undefined;
  try {
    driver = await nodeFileDriver(path, { mode });
    release ??= await lock();
  } catch (error) {
    await driver?.close();
    release?.();
    throw error;
  }
  return releasing(driver, release);
}

/** The same driver, which lets go of its lock when it is closed. */
function releasing(driver: NodeFileDriver, release: () => void): NodeFileDriver {
  const { close } = driver;
  return Object.assign(driver, {
    async close() {
      try {
        await close();
      } finally {
        release();
      }
    },
  });
}

/** The path of a `file:` URL. */
export function pathOfUrl(url: URL): string {
  return fileURLToPath(url);
}

/** A relative path as it is stored in files: with forward slashes. */
export function portable(path: string): string {
  return sep === "/" ? path : path.split(sep).join("/");
}
