/** A driver that is asked for a few things at once. */

import { Hdf5UsageError } from "../errors.js";
import type { Driver, WritableDriver } from "./driver.js";
import { limiter } from "./limiter.js";
import { wrapped } from "./wrapped.js";

/**
 * The same device, asked for at most `width` things at once; the others wait in the order they came. One that is
 * aborted while it waits is never asked for.
 * @throws Hdf5UsageError unless `width` is a whole number from 1 on.
 */
export function withConcurrency(driver: WritableDriver, width: number): WritableDriver;
export function withConcurrency(driver: Driver, width: number): Driver;
export function withConcurrency(driver: Driver, width: number): Driver {
  if (!(Number.isInteger(width) && width >= 1)) {
    throw new Hdf5UsageError("width", `is ${String(width)}`, "a whole number from 1 on");
  }
  const limit = limiter(width);
  return wrapped(
    driver,
    (offset, length, options) => limit(() => driver.read(offset, length, options), options?.signal),
    (writable) => ({
      write: (offset, bytes) => limit(() => writable.write(offset, bytes)),
      truncate: (size) => limit(() => writable.truncate(size)),
      flush: () => limit(() => writable.flush()),
    }),
  );
}
