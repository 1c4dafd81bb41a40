/** A driver without its writing methods. */
import type { Driver } from "./driver.js";

/** The same bytes, read-only. Closing closes the driver within. */
export function readOnly(driver: Driver): Driver {
  return {
    name: driver.name,
    local: driver.local,
    sideFile: driver.sideFile,
    get size() {
      return driver.size;
    },
    read: (offset, length, options) => driver.read(offset, length, options),
    close: async () => driver.close?.(),
  };
}
