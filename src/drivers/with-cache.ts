/** A driver that keeps what was read, in blocks, up to a size. */
import { Hdf5UsageError } from "../errors.js";
import { copyOf } from "./copy-of.js";
import type { Driver, WritableDriver } from "./driver.js";
import { type SharedWork, sharedWork } from "./shared-work.js";
import { wrapped } from "./wrapped.js";

/** Options of `withCache`. */
export interface CacheOptions {
  /** Bytes kept: 32 MiB by default. */
  readonly bytes?: number | undefined;
  /** Bytes of one block: 64 KiB by default. */
  readonly blockBytes?: number | undefined;
}

/**
 * The same device; blocks that were read are kept, least recently used first out. Absent blocks side by side are read
 * together, and one that is being read for somebody is not read again. Writes go to the device at once.
 * @throws Hdf5UsageError when a size is no whole number of bytes.
 */
export function withCache(driver: WritableDriver, options?: CacheOptions): WritableDriver;
export function withCache(driver: Driver, options?: CacheOptions): Driver;
export function withCache(driver: Driver, options: CacheOptions = {}): Driver {
  const { bytes: limit = 32 * 2 ** 20, blockBytes = 64 * 1024 } = options;
  for (const [argument, size] of [["bytes", limit] as const, ["blockBytes", blockBytes] as const]) {
    if (!(Number.isSafeInteger(size) && size >= 1)) {
      throw new Hdf5UsageError(argument, `is ${String(size)}`, "a number of bytes from 1 on");
    }
  }
  /** In order of last use. */
  const blocks = new Map<number, Uint8Array>();
  const loading = new Map<number, SharedWork<Map<number, Uint8Array>>>();
  let kept = 0;
  /** Raised by every change, so that a read that was under way keeps nothing old. */
  let revision = 0;

  function keep(number: number, block: Uint8Array): void {
    drop(number);
    blocks.set(number, block);
    kept += block.length;
    for (const oldest of blocks.keys()) {
      if (kept <= limit) break;
      drop(oldest);
    }
  }

  function drop(number: number): void {
    kept -= blocks.get(number)?.length ?? 0;
    blocks.delete(number);
  }

  /** Forget the blocks from one on. */
  function forget(first: number, last: number): void {
    revision++;
    for (const number of [...blocks.keys()]) if (number >= first && number <= last) drop(number);
    for (const number of [...loading.keys()]) if (number >= first && number <= last) loading.delete(number);
  }

  /** Read blocks side by side. */
  function load(first: number, count: number): SharedWork<Map<number, Uint8Array>> {
    const before = revision;
    const work = sharedWork(async (signal) => {
      try {
        const bytes = await driver.read(first * blockBytes, count * blockBytes, { signal });
        const found = new Map<number, Uint8Array>();
        for (let i = 0; i < count; i++) found.set(first + i, copyOf(bytes, i * blockBytes, (i + 1) * blockBytes));
        if (before === revision) for (const [number, block] of found) if (block.length > 0) keep(number, block);
        return found;
      } finally {
        for (let i = 0; i < count; i++) if (loading.get(first + i) === work) loading.delete(first + i);
      }
    });
    for (let i = 0; i < count; i++) loading.set(first + i, work);
    return work;
  }

  async function read(offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const end = Math.min(offset + length, driver.size ?? Number.POSITIVE_INFINITY);
    if (offset >= end) return new Uint8Array(0);
    const first = Math.floor(offset / blockBytes);
    const last = Math.floor((end - 1) / blockBytes);
    // Longer than the cache, or than any file can be: not through it.
    if ((last - first + 1) * blockBytes > limit) return driver.read(offset, end - offset, { signal });
    const found = new Map<number, Uint8Array>();
    const waits = new Set<SharedWork<Map<number, Uint8Array>>>();
    for (let number = first; number <= last; number++) {
      const block = blocks.get(number);
      const work = loading.get(number);
      if (block !== undefined) {
        blocks.delete(number);
        blocks.set(number, block);
        found.set(number, block);
      } else if (work !== undefined && !work.abandoned) waits.add(work);
      else {
        let count = 1;
        const absent = (at: number): boolean => at <= last && !blocks.has(at) && !loading.has(at);
        while (absent(number + count)) count++;
        waits.add(load(number, count));
        number += count - 1;
      }
    }
    for (const part of await Promise.all([...waits].map((work) => work.join(signal)))) {
      for (const [number, block] of part) found.set(number, block);
    }
    const out = new Uint8Array(end - offset);
    let filled = 0;
    for (let number = first; number <= last; number++) {
      const block = found.get(number) ?? new Uint8Array(0);
      const from = number === first ? offset - first * blockBytes : 0;
      const part = block.subarray(from, Math.min(block.length, end - number * blockBytes));
      out.set(part, filled);
      filled += part.length;
      if (block.length < blockBytes) break;
    }
    return filled === out.length ? out : out.slice(0, filled);
  }

  return wrapped(
    driver,
    (offset, length, options) => read(offset, length, options?.signal),
    (writable) => {
      /** Before the change, so that it is not read back; and after it, for what was read meanwhile. */
      async function changed<T>(from: number, to: number, call: () => Promise<T>): Promise<T> {
        const first = Math.floor(from / blockBytes);
        const last = Math.floor(to / blockBytes);
        forget(first, last);
        try {
          return await call();
        } finally {
          forget(first, last);
        }
      }
      return {
        write(offset, bytes) {
          // A write beyond the end changes the block that the end lies in too.
          const from = Math.min(offset, writable.size ?? 0);
          return changed(from, offset + bytes.length, () => writable.write(offset, bytes));
        },
        truncate(size) {
          const from = Math.min(size, writable.size ?? 0);
          return changed(from, Number.POSITIVE_INFINITY, () => writable.truncate(size));
        },
        flush: () => writable.flush(),
      };
    },
  );
}
