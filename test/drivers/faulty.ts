/** A driver that misbehaves as asked: slow replies, short reads, a failure at the Nth call. */
import { type Driver, isWritable, type WritableDriver } from "../../src/drivers/driver.js";
import { Hdf5DriverError } from "../../src/errors.js";

export interface Faults {
  /** Turns of the event loop before each reply. */
  readonly delay?: (call: number) => number;
  /** Number of the call, counted from 1, that fails. */
  readonly failAt?: number;
  /** Reads give at most this many bytes. */
  readonly readAtMost?: number;
}

export function faulty(driver: WritableDriver, faults: Faults): WritableDriver;
export function faulty(driver: Driver, faults: Faults): Driver;
export function faulty(driver: Driver, faults: Faults): Driver {
  let calls = 0;
  const pass = async <T>(call: () => Promise<T>): Promise<T> => {
    const number = ++calls;
    for (let i = faults.delay?.(number) ?? 0; i > 0; i--) await new Promise((resolve) => setImmediate(resolve));
    if (number === faults.failAt)
      throw new Hdf5DriverError(driver.name ?? "faulty", "failed as planned", { status: "EIO" });
    return call();
  };
  const wrapped: Driver = {
    name: driver.name,
    get size() {
      return driver.size;
    },
    read: (offset, length, options) =>
      pass(() => driver.read(offset, Math.min(length, faults.readAtMost ?? length), options)),
    close: async () => driver.close?.(),
  };
  if (!isWritable(driver)) return wrapped;
  const writing: Pick<WritableDriver, "write" | "truncate" | "flush"> = {
    write: (offset, bytes) => {
      const copy = bytes.slice();
      return pass(() => driver.write(offset, copy));
    },
    truncate: (size) => pass(() => driver.truncate(size)),
    flush: () => pass(() => driver.flush()),
  };
  return Object.assign(wrapped, writing);
}
