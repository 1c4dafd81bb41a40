/** A driver that notes what is asked of it: for tests of the order of writes and of the number of reads. */
import { type Driver, isWritable, type WritableDriver } from "./driver.js";

/** One call, in the order the calls were made. */
export type DriverOperation =
  | { readonly kind: "read"; readonly offset: number; readonly length: number }
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly size: number }
  | { readonly kind: "flush" };

/** What recording adds to a driver. */
export interface Recorded {
  /** All calls so far; grows with every call. */
  readonly operations: readonly DriverOperation[];
}

/** The same driver, noting its calls. Written bytes are copied. */
export function recording(driver: WritableDriver): WritableDriver & Recorded;
export function recording(driver: Driver): Driver & Recorded;
export function recording(driver: Driver): Driver & Recorded {
  const operations: DriverOperation[] = [];
  const recorded: Driver & Recorded = {
    operations,
    name: driver.name,
    local: driver.local,
    sideFile: driver.sideFile,
    get size() {
      return driver.size;
    },
    read(offset, length, options) {
      operations.push({ kind: "read", offset, length });
      return driver.read(offset, length, options);
    },
    close: async () => driver.close?.(),
  };
  if (!isWritable(driver)) return recorded;
  const writing: Pick<WritableDriver, "write" | "truncate" | "flush"> = {
    write(offset, bytes) {
      operations.push({ kind: "write", offset, bytes: new Uint8Array(bytes) });
      return driver.write(offset, bytes);
    },
    truncate(size) {
      operations.push({ kind: "truncate", size });
      return driver.truncate(size);
    },
    flush() {
      operations.push({ kind: "flush" });
      return driver.flush();
    },
  };
  return Object.assign(recorded, writing);
}
