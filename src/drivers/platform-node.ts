/** `#platform` where there is a file system: Node, Deno, Bun. The other variant is platform-none.ts. */
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Driver, WritableDriver } from "./driver.js";
import { type FileMode, nodeFileDriver } from "./node-file.js";
import { readOnly } from "./read-only.js";

export { nodeFileDriver } from "./node-file.js";
export {
  exists,
  openInside,
  openInsideToWrite,
  removeFile,
  renameFile,
  resolveInside,
  type TemporaryFile,
  temporaryBeside,
} from "./node-files.js";
export { basename, dirname, join, relative, resolve };

/** Is there a file system? */
export const hasFileSystem: boolean = true;

/** Open a path. Mode "r" gives a driver that cannot be written. @throws Hdf5DriverError with the system's code. */
export async function openPath(path: string, mode: "r"): Promise<Driver>;
export async function openPath(path: string, mode: FileMode): Promise<WritableDriver>;
export async function openPath(path: string, mode: FileMode): Promise<Driver> {
  const driver = await nodeFileDriver(path, { mode });
  return mode === "r" ? readOnly(driver) : driver;
}

/** The path of a `file:` URL. */
export function pathOfUrl(url: URL): string {
  return fileURLToPath(url);
}

/** A relative path as it is stored in files: with forward slashes. */
export function portable(path: string): string {
  return sep === "/" ? path : path.split(sep).join("/");
}
