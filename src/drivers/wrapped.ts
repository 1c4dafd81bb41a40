/** What all wrappers of drivers share: name, size, closing, and whether the device can be written. */
import { type Driver, isWritable, type WritableDriver } from "./driver.js";

/** How a wrapper writes, given the device within. */
type Writing = Pick<WritableDriver, "write" | "truncate" | "flush">;

/**
 * The same device with other ways to read and write; writable when it is.
 * @param read in place of the device's own.
 * @param writing makes what takes the place of the device's own; called for devices that can be written.
 */
export function wrapped(
  driver: Driver,
  read: Driver["read"],
  writing: (driver: WritableDriver) => Writing,
): Driver | WritableDriver {
  const around: Driver = {
    local: driver.local,
    sideFile: driver.sideFile,
    get name() {
      return driver.name;
    },
    get size() {
      return driver.size;
    },
    read,
    close: async () => driver.close?.(),
  };
  return isWritable(driver) ? Object.assign(around, writing(driver)) : around;
}
