/** A driver that misbehaves as asked: slow replies, short reads, a failure at the Nth call. */
import { type Driver, Hdf5DriverError, type WritableDriver } from "../index.js";

/** What goes wrong. */
export interface Faults {
  /** Turns of the event loop before each reply. */
  readonly delay?: ((call: number) => number) | undefined;
  /** Number of the call, counted from 1, that fails. */
  readonly failAt?: number | undefined;
  /** Reads give at most this many bytes. */
  readonly readAtMost?: number | undefined;
}

/**
 * The same driver, with faults. What is written is copied when it is asked for.
 * @throws Hdf5DriverError at the call that is to fail.
 */
export function faulty(driver: WritableDriver, faults: Faults): WritableDriver;
export function faulty(driver: Driver, faults: Faults): Driver;
export function faulty(driver: Driver, faults: Faults): Driver {
  let calls = 0;
  const pass = async <T>(call: () => Promise<T>): Promise<T> => {
    const number = ++calls;
    for (let i = faults.delay?.(number) ?? 0; i > 0; i--) await new Promise((resolve) => setTimeout(resolve, 0));
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

function isWritable(driver: Driver): driver is WritableDriver {
  return "write" in driver;
}
