/** A driver that counts what is asked of it, for `file.stats()`. */
import type { Driver } from "../drivers/driver.js";
import { AT_ONCE } from "../drivers/immediate.js";
import type { JoiningDriver } from "../drivers/joined-writes.js";

/** What was asked of a driver since the file was opened. */
export interface DriverCounters {
  requests: number;
  bytesRead: number;
}

/** The same device, counted; writable when it joins writes, as those do that a writer gets. */
export function countedDriver(driver: JoiningDriver, counters: DriverCounters): JoiningDriver;
export function countedDriver(driver: Driver | JoiningDriver, counters: DriverCounters): Driver;
export function countedDriver(driver: Driver | JoiningDriver, counters: DriverCounters): Driver {
  const reading: Driver = {
    sideFile: driver.sideFile,
    get name() {
      return driver.name;
    },
    get size() {
      return driver.size;
    },
    async read(offset, length, options) {
      counters.requests++;
      const bytes = await driver.read(offset, length, options);
      counters.bytesRead += bytes.length;
      // Slices of a Buffer of Node are no copies, as those of a plain array are.
      return bytes.constructor === Uint8Array
        ? bytes
        : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    async close() {
      await driver.close?.();
    },
  };
  if (!("drain" in driver)) return reading;
  const { write, truncate, flush, drain, drainAtOnce, joined } = driver;
  const atOnce = { [AT_ONCE]: driver[AT_ONCE], drainAtOnce };
  return Object.assign(reading, { write, truncate, flush, drain, joined, ...atOnce });
}
