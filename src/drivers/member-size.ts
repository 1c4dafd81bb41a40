/** How large a member of a spread file is, wherever it lies. */
import { Hdf5DriverError } from "../errors.js";
import type { Driver } from "./driver.js";

/** Statuses of web servers that have no such file. */
const NONE: ReadonlySet<unknown> = new Set([404, 410]);

/**
 * Bytes of a member. A medium that knows its size only after the first read, such as a file on a web server, is read.
 * @returns `"none"`: there is no such file, and the driver is closed; undefined: the medium cannot tell.
 * @throws Hdf5DriverError naming the member, when it cannot be read; the driver is closed then, too.
 */
export async function memberSizeOf(driver: Driver, name: string): Promise<number | "none" | undefined> {
  if (driver.size !== undefined) return driver.size;
  try {
    await driver.read(0, 1);
  } catch (error) {
    await driver.close?.();
    if (!(error instanceof Hdf5DriverError)) throw error;
    if (NONE.has(error.status)) return "none";
    throw new Hdf5DriverError(name, error.message, { range: error.range, status: error.status, cause: error });
  }
  return driver.size;
}
