/** Fault and retry: runs synchronous steps over metadata that may not be in memory yet. Design: section 3. */
import { type ByteSource, Miss } from "../format/byte-source.js";
import type { Pager } from "./pager.js";
import type { SessionOptions } from "./pager-session.js";

/** A step returns a value, never a promise. */
type Sync<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * Run `step` until everything it reads is in memory. It may run several times: it changes nothing outside itself.
 * Pages and decoded nodes that it touched stay until it ends.
 * @throws what the step throws; Hdf5DriverError when loading fails; Hdf5LimitError beyond `metadataBytes`.
 */
export async function settle<T>(
  pager: Pager,
  step: (source: ByteSource) => Sync<T>,
  options: SessionOptions = {},
): Promise<T> {
  const session = pager.session(options);
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return step(session);
    } catch (thrown) {
      if (!(thrown instanceof Miss)) throw thrown;
      await Promise.all([session.load(thrown.ranges, thrown.filtered), ...thrown.code]);
    }
  }
}
