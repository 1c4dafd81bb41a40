/** A driver that tries again what failed. */
import { Hdf5DriverError } from "../errors.js";
import { pause, waitBefore } from "./backoff.js";
import type { Driver, WritableDriver } from "./driver.js";
import { wrapped } from "./wrapped.js";

/** Options of `withRetry`. */
export interface RetryOptions {
  /** Attempts after the first: 4 by default. */
  readonly retries?: number | undefined;
  /** Milliseconds before the first of them, then doubled: 200 by default. */
  readonly delay?: number | undefined;
  /** Whether to try again after this error: by default after those that time may heal. */
  readonly retry?: ((error: Hdf5DriverError) => boolean) | undefined;
}

/** States of a file system that another attempt does not change. */
const LASTING: ReadonlySet<unknown> = new Set(["ENOENT", "EACCES", "EPERM", "EISDIR", "ENOTDIR", "ENOSPC", "EROFS"]);

/**
 * The same device; reads, writes and changes of size that fail with an `Hdf5DriverError` are tried again. A failed
 * `flush` is not: systems forget what they could not store, and would report success.
 * @throws (on use) the last error; the signal's reason.
 */
export function withRetry(driver: WritableDriver, options?: RetryOptions): WritableDriver;
export function withRetry(driver: Driver, options?: RetryOptions): Driver;
export function withRetry(driver: Driver, options: RetryOptions = {}): Driver {
  const { retries = 4, delay = 200, retry = mayHeal } = options;

  async function attempts<T>(call: () => Promise<T>, signal?: AbortSignal | undefined): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof Hdf5DriverError) || attempt > retries || !retry(error)) throw error;
      }
      await pause(waitBefore(attempt, delay, undefined), signal);
    }
  }

  return wrapped(
    driver,
    (offset, length, read) => attempts(() => driver.read(offset, length, read), read?.signal),
    (writable) => ({
      write: (offset, bytes) => attempts(() => writable.write(offset, bytes)),
      truncate: (size) => attempts(() => writable.truncate(size)),
      flush: () => writable.flush(),
    }),
  );
}

/** Of HTTP: all but the client's own mistakes. */
function mayHeal({ status }: Hdf5DriverError): boolean {
  if (typeof status === "number") return status >= 500 || status < 400 || [408, 425, 429].includes(status);
  return !LASTING.has(status);
}
