/** A driver that counts what is asked of it, for `file.stats()`. */
import { type Driver, isWritable, type WritableDriver } from "../drivers/driver.js";
import { joinedWrites } from "../drivers/joined-writes.js";

/** What was asked of a driver since the file was opened. */
export interface DriverCounters {
  requests: number;
  bytesRead: number;
}

/** The same device, counted; writable when it is, with small writes joined. */
export function countedDriver(device: Driver, counters: DriverCounters): Driver | WritableDriver {
  const writable = isWritable(device) ? joinedWrites(device) : undefined;
  const driver: Driver = writable ?? device;
  const reading: Driver = {
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
  if (writable === undefined) return reading;
  // Getters must stay getters: the size changes while writing.
  return Object.defineProperties({} as WritableDriver, {
    ...Object.getOwnPropertyDescriptors(reading),
    write: { value: writable.write },
    truncate: { value: writable.truncate },
    flush: { value: writable.flush },
    drain: { value: writable.drain },
    joined: { value: writable.joined },
  });
}
