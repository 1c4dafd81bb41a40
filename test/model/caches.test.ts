import { describe, expect, test } from "vitest";
import { ChunkCache } from "../../src/model/chunk-cache.js";
import { HeapCache } from "../../src/model/heap-cache.js";
import { inParallel } from "../../src/model/in-parallel.js";

describe("ChunkCache", () => {
  test("gives up what was used longest ago, within its bytes", () => {
    const cache = new ChunkCache(30);
    for (const address of [1, 2, 3]) cache.put(address, "", new Uint8Array(10).fill(address));
    expect(cache.get(1, "")?.[0]).toBe(1);
    cache.put(4, "", new Uint8Array(10));
    expect(cache.get(2, "")).toBeUndefined();
    expect([1, 3, 4].map((address) => cache.get(address, "")?.length)).toEqual([10, 10, 10]);
    expect([cache.hits, cache.misses]).toEqual([4, 1]);
  });

  test("keeps no view of a larger buffer, and nothing larger than itself", () => {
    const cache = new ChunkCache(10);
    const large = new Uint8Array(100);
    cache.put(1, "", large.subarray(5, 10));
    expect(cache.get(1, "")?.buffer.byteLength).toBe(5);
    cache.put(2, "", large);
    expect(cache.get(2, "")).toBeUndefined();
    expect(cache.get(1, "")).toBeDefined();
    new ChunkCache(0).put(1, "", large);
  });

  test("forgets what was changed", () => {
    const cache = new ChunkCache(100);
    cache.put(1, "", new Uint8Array(10));
    cache.put(1, "", new Uint8Array(20));
    cache.delete(1);
    cache.delete(1);
    expect(cache.get(1, "")).toBeUndefined();
    for (let i = 0; i < 10; i++) cache.put(i, "", new Uint8Array(10));
    expect(cache.get(0, "")).toBeDefined();
  });

  test("gives nothing that was decoded as something else", () => {
    const cache = new ChunkCache(100);
    cache.put(1, "as one", new Uint8Array(10));
    expect(cache.get(1, "as another")).toBeUndefined();
    cache.put(1, "as another", new Uint8Array(20));
    expect(cache.get(1, "as another")?.length).toBe(20);
    expect(cache.get(1, "as one")).toBeUndefined();
  });
});

test("HeapCache keeps collections up to 16 MiB", () => {
  const cache = new HeapCache();
  const collection = (): Map<number, Uint8Array> => new Map([[1, new Uint8Array(6 * 2 ** 20)]]);
  for (const address of [1, 2]) cache.put(address, collection());
  cache.get(1);
  cache.put(3, collection());
  expect([1, 2, 3].map((address) => cache.get(address) !== undefined)).toEqual([true, false, true]);
  cache.delete(1);
  expect(cache.get(1)).toBeUndefined();
});

describe("inParallel", () => {
  test("works on so many at once, taking them in order as needed", async () => {
    let running = 0;
    let most = 0;
    const begun: number[] = [];
    await inParallel([0, 1, 2, 3, 4, 5, 6], 3, async (item) => {
      begun.push(item);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
    });
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(most).toBe(3);
  });

  test("begins nothing after a failure", async () => {
    const begun: number[] = [];
    const work = inParallel([0, 1, 2, 3], 1, async (item) => {
      begun.push(item);
      if (item === 1) throw new Error("no");
    });
    await expect(work).rejects.toThrow("no");
    expect(begun).toEqual([0, 1]);
  });
});
