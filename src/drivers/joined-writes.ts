/** Small writes that follow each other in the file go to the medium as one, and so do larger ones in a row. */
import type { WritableDriver } from "./driver.js";
import { AT_ONCE, type ImmediateDriver, isImmediate } from "./immediate.js";

/** Longest write that waits for those behind it. */
const SMALL = 2048;
/** The same, of a write that begins where one without a barrier behind it has ended. */
const IN_A_ROW = 128 * 1024;
/** Bytes that wait at most: what processors copy from their second cache. */
const LARGEST = 512 * 1024;

/** A driver that may hold back writes until it is read, flushed or drained. */
export interface JoiningDriver extends ImmediateDriver {
  /** Hand over to the medium what was held back. */
  drain(): Promise<void>;
  /** As `drain`, where nothing has to be waited for; false: it has. */
  drainAtOnce(): boolean;
  readonly joined: JoinedState;
}

/** What lies behind the joined writes. */
export interface JoinedState {
  readonly medium: WritableDriver;
  /** Why nothing is taken any more. */
  failure: { readonly error: unknown } | undefined;
}

/** Is this one? */
export function joinsWrites(driver: WritableDriver): driver is JoiningDriver {
  return "drain" in driver;
}

/**
 * Join small writes to neighbouring places. Reads see what was written; writes reach the medium in the order they were
 * made. An error of a write that was held back comes with the next call, and with every one from then on.
 */
export function joinedWrites(driver: WritableDriver): JoiningDriver {
  let waiting = new Uint8Array(0);
  let start = 0;
  let length = 0;
  /** Where the last larger write has ended, if no barrier came behind it. */
  let rowEnd: number | undefined;
  let writing: Promise<void> | undefined;
  const joined: JoinedState = { medium: driver, failure: undefined };

  /** May bytes of this length wait for those behind them? */
  const mayWait = (offset: number, count: number): boolean =>
    count <= SMALL || (count <= IN_A_ROW && offset === rowEnd);

  const joins = (offset: number, count: number): boolean =>
    length === 0 || (offset === start + length && length + count <= LARGEST);

  async function drain(): Promise<void> {
    if (handOverAtOnce()) return;
    while (writing !== undefined || length > 0) {
      writing ??= handOver();
      await writing;
    }
    if (joined.failure !== undefined) throw joined.failure.error;
  }

  async function handOver(): Promise<void> {
    const bytes = waiting.subarray(0, length);
    waiting = new Uint8Array(0); // the medium may keep what it was given
    length = 0;
    try {
      await driver.write(start, bytes);
    } catch (error) {
      joined.failure ??= { error };
    } finally {
      writing = undefined;
    }
  }

  function handOverAtOnce(): boolean {
    if (writing !== undefined || joined.failure !== undefined) return false;
    if (length === 0) return true;
    if (!isImmediate(driver)) return false;
    try {
      // The bytes are the system's when it returns: their place is used again.
      if (!driver[AT_ONCE](start, waiting.subarray(0, length))) return false;
      length = 0;
      return true;
    } catch (error) {
      joined.failure = { error };
      return false;
    }
  }

  function take(offset: number, bytes: Uint8Array): boolean {
    if (writing !== undefined || joined.failure !== undefined) return false;
    if (!mayWait(offset, bytes.length)) {
      if (!handOverAtOnce() || !isImmediate(driver) || !driver[AT_ONCE](offset, bytes)) return false;
      rowEnd = offset + bytes.length;
      return true;
    }
    if (!joins(offset, bytes.length) && !handOverAtOnce()) return false;
    hold(offset, bytes);
    return true;
  }

  /** Keep bytes behind those that wait. */
  function hold(offset: number, bytes: Uint8Array): void {
    if (length === 0) start = offset;
    if (length + bytes.length > waiting.length) {
      const larger = new Uint8Array(Math.min(LARGEST, Math.max(1024, 4 * (length + bytes.length))));
      larger.set(waiting.subarray(0, length));
      waiting = larger;
    }
    waiting.set(bytes, length);
    length += bytes.length;
    if (bytes.length > SMALL) rowEnd = offset + bytes.length;
  }

  return {
    joined,
    sideFile: driver.sideFile,
    get name() {
      return driver.name;
    },
    get size() {
      const { size } = driver;
      return size === undefined || length === 0 ? size : Math.max(size, start + length);
    },
    async read(offset, count, options) {
      await drain();
      return driver.read(offset, count, options);
    },
    async write(offset, bytes) {
      const waits = mayWait(offset, bytes.length);
      for (;;) {
        if (joined.failure !== undefined) throw joined.failure.error;
        if (writing === undefined && (length === 0 || (waits && joins(offset, bytes.length)))) break;
        await drain();
      }
      if (waits) return hold(offset, bytes);
      rowEnd = offset + bytes.length;
      return driver.write(offset, bytes);
    },
    [AT_ONCE]: take,
    drainAtOnce: () => {
      rowEnd = undefined;
      return handOverAtOnce();
    },
    async truncate(size) {
      await drain();
      await driver.truncate(size);
    },
    async flush() {
      rowEnd = undefined;
      await drain();
      await driver.flush();
    },
    drain: () => {
      rowEnd = undefined;
      return drain();
    },
    async close() {
      // A failure from before was told.
      const told = joined.failure !== undefined;
      try {
        if (!told) await drain();
      } finally {
        await driver.close?.();
      }
    },
  };
}
