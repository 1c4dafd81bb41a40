/** Errors of drivers that users bring: whatever a file is written to, a failure of the medium has its type. */
import { Hdf5DriverError, isHdf5Error } from "../errors.js";
import type { WritableDriver } from "./driver.js";

/**
 * The same driver, whose errors are `Hdf5DriverError` with the code of the system's error as `status` where there is one.
 * An aborted read rejects with its signal's reason as before.
 */
export function typedErrors(driver: WritableDriver): WritableDriver {
  const name = driver.name ?? "driver";
  async function guard<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (isHdf5Error(error) || (signal?.aborted === true && error === signal.reason)) throw error;
      const status = error instanceof Error && "code" in error ? String(error.code) : undefined;
      throw new Hdf5DriverError(name, error instanceof Error ? error.message : String(error), { status, cause: error });
    }
  }
  const side = driver.sideFile;
  return {
    name: driver.name,
    local: driver.local,
    sideFile: side && {
      read: () => guard(() => side.read()),
      write: (bytes, durable) => guard(() => side.write(bytes, durable)),
      remove: (durable) => guard(() => side.remove(durable)),
    },
    get size() {
      return driver.size;
    },
    read: (offset, length, options) => guard(() => driver.read(offset, length, options), options?.signal),
    write: (offset, bytes) => guard(() => driver.write(offset, bytes)),
    truncate: (size) => guard(() => driver.truncate(size)),
    flush: () => guard(() => driver.flush()),
    close: () => guard(async () => driver.close?.()),
  };
}
