/** Devices that may write without waiting: every `open` knows of them, so they stand apart from what joins writes. */
import type { WritableDriver } from "./driver.js";

/** The key of writing without waiting: devices of others may have methods of any name. */
export const AT_ONCE: unique symbol = /* @__PURE__ */ Symbol("at once");

/** A device that can write without waiting. */
export interface ImmediateDriver extends WritableDriver {
  /** As `write`, where nothing has to be waited for; false: nothing was done. The bytes are the caller's again. */
  [AT_ONCE](offset: number, bytes: Uint8Array): boolean;
}

/** Does it take writes at once? */
export function isImmediate(driver: WritableDriver): driver is ImmediateDriver {
  return AT_ONCE in driver;
}
