/**
 * Raw data of one file. Of a file far away, what is asked for in one turn is looked at together: neighbours are read
 * by one request, the same bytes once, a few requests at a time, and small pieces come from the pages of the metadata,
 * among which they mostly lie.
 */
import { copyOf } from "../drivers/copy-of.js";
import type { Driver } from "../drivers/driver.js";
import { limiter } from "../drivers/limiter.js";
import { type SharedWork, sharedWork } from "../drivers/shared-work.js";
import type { Pager } from "./pager.js";
import { settle } from "./settle.js";

/** Requests under way at once. */
const REQUESTS_AT_ONCE = 6;
/** Ranges this near to each other are read together, */
const GAP = 32 * 1024;
/** … up to this length. */
const LONGEST = 8 * 2 ** 20;
/** What is at most this long comes from pages, and stays there. */
const SMALL = 64 * 1024;
/** Calls begun in one turn of the event loop arrive within so many turns of the microtask queue. */
const TURNS = 10;

export interface RawFetcher {
  /**
   * Fresh bytes [offset, offset + length), absolute; shorter only at the end of the file.
   * @throws what the driver throws; the signal's reason.
   */
  read(offset: number, length: number, signal?: AbortSignal | undefined): Promise<Uint8Array>;
}

/** Somebody's range. */
interface Asked {
  readonly offset: number;
  readonly length: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (bytes: Uint8Array | PromiseLike<Uint8Array>) => void;
}

/** Read at once, as suits local files and memory. */
export function directFetcher(driver: Driver): RawFetcher {
  return { read: (offset, length, signal) => driver.read(offset, length, { signal }) };
}

/** @param pager where small pieces come from; absent: they are read each time, because the file may change. */
export function farFetcher(driver: Driver, pager: Pager | undefined): RawFetcher {
  const limit = limiter(REQUESTS_AT_ONCE);
  let asked: Asked[] = [];

  async function flush(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await undefined;
    const all = asked.sort((a, b) => a.offset - b.offset);
    asked = [];
    for (const group of groups(all)) fetchGroup(group);
  }

  function fetchGroup(group: readonly Asked[]): void {
    const from = group[0]?.offset ?? 0; // no group is empty
    const to = Math.max(...group.map(({ offset, length }) => offset + length));
    const work: SharedWork<Uint8Array> = sharedWork((signal) => fetchRange(from, to - from, signal));
    for (const { offset, length, signal, resolve } of group) {
      const whole = offset === from && offset + length === to && group.length === 1;
      const bytes = work.join(signal);
      resolve(whole ? bytes : bytes.then((all) => copyOf(all, offset - from, offset - from + length)));
    }
  }

  function fetchRange(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
    const address = offset - (pager?.baseAddress ?? 0);
    if (pager !== undefined && length <= SMALL && address >= 0 && address + length <= pager.endAt(address)) {
      return settle(pager, (source) => copyOf(source.read(address, length, "raw data").bytes), { signal });
    }
    return limit(() => driver.read(offset, length, { signal }), signal);
  }

  return {
    read(offset, length, signal) {
      return new Promise<Uint8Array>((resolve) => {
        signal?.throwIfAborted();
        asked.push({ offset, length, signal, resolve });
        if (asked.length === 1) void flush();
      });
    },
  };
}

/** Sorted ranges, those near each other together. */
function* groups(sorted: readonly Asked[]): Iterable<Asked[]> {
  let group: Asked[] = [];
  let from = 0;
  let to = 0;
  for (const one of sorted) {
    const end = Math.max(to, one.offset + one.length);
    if (group.length > 0 && (one.offset - to > GAP || end - from > LONGEST)) {
      yield group;
      group = [];
    }
    if (group.length === 0) from = one.offset;
    to = group.length === 0 ? one.offset + one.length : end;
    group.push(one);
  }
  if (group.length > 0) yield group;
}
