import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Driver } from "../../src/drivers/driver.js";
import type { ByteSource } from "../../src/format/byte-source.js";
import { Pager } from "../../src/io/pager.js";
import { type PageRun, readAhead, runsOf } from "../../src/io/read-ahead.js";
import { settle } from "../../src/io/settle.js";

const KIB = 1024;
const PAGE = 16 * KIB;

/** A medium of a size, all zeros, that notes its reads in KiB. */
function medium(size: number, known = true): Driver & { readonly reads: [number, number][] } {
  const reads: [number, number][] = [];
  let seen = known;
  return {
    reads,
    get size() {
      return seen ? size : undefined;
    },
    async read(offset, length) {
      reads.push([offset / KIB, length / KIB]);
      seen = true;
      return new Uint8Array(Math.max(0, Math.min(length, size - offset)));
    },
  };
}

/** Read a few bytes at these places, given in KiB, one after another. */
async function touch(pager: Pager, ...places: readonly number[]): Promise<void> {
  for (const place of places) {
    await settle(pager, (source) => source.read(place * KIB, 8, "test"));
  }
}

/** Read a few bytes at all these places at once. */
async function touchTogether(pager: Pager, places: readonly number[]): Promise<void> {
  await settle(pager, (source: ByteSource) => source.need(places.map((at) => ({ address: at * KIB, length: 8 }))));
}

describe("reading ahead", () => {
  test("begins with 256 KiB, of a medium of unknown size too", async () => {
    for (const known of [true, false]) {
      const driver = medium(100_000 * KIB, known);
      const pager = new Pager(driver, { ahead: readAhead() });
      await pager.begin();
      await touch(pager, 0, 100, 255);
      expect(driver.reads).toEqual([[0, 256]]);
      expect(pager.end).toBe(100_000 * KIB);
    }
  });

  test("doubles while reads join on to each other, up to 4 MiB", async () => {
    const driver = medium(100_000 * KIB);
    const pager = new Pager(driver, { ahead: readAhead() });
    await pager.begin();
    for (let at = 256; at < 16_000; at += 16) await touch(pager, at);
    expect(driver.reads.map(([, length]) => length)).toEqual([256, 128, 256, 512, 1024, 2048, 4096, 4096, 4096]);
  });

  test("is halved by reads elsewhere, down to 64 KiB", async () => {
    const driver = medium(100_000 * KIB);
    const pager = new Pager(driver, { ahead: readAhead() });
    await pager.begin();
    for (let at = 256; at < 2000; at += 16) await touch(pager, at);
    await touch(pager, 20_000, 40_000, 60_000, 80_000, 90_000);
    expect(driver.reads.slice(5).map(([, length]) => length)).toEqual([512, 256, 128, 64, 64]);
  });

  test("does not grow where little of it is used", async () => {
    const driver = medium(100_000 * KIB);
    const pager = new Pager(driver, { ahead: readAhead() });
    await pager.begin();
    // One page of each read, whatever its length, and never the ones after it.
    let at = 256;
    for (let i = 0; i < 8; i++) {
      await touch(pager, at);
      const [offset = 0, length = 0] = driver.reads[driver.reads.length - 1] ?? [];
      at = offset + length;
    }
    expect(Math.max(...driver.reads.map(([, length]) => length))).toBe(256);
  });

  test("joins places near each other, and reads those apart as they are, in one round", async () => {
    const driver = medium(100_000 * KIB);
    const pager = new Pager(driver, { ahead: readAhead() });
    await pager.begin();
    await touchTogether(pager, [1000, 1050, 1100, 20_000, 40_000, 60_000]);
    expect(driver.reads.slice(1)).toEqual([
      [992, 112],
      [20_000, 64],
      [40_000, 64],
      [60_000, 64],
    ]);
  });

  test("goes on over what is there already, and backwards where a read ends there", async () => {
    const driver = medium(100_000 * KIB);
    const pager = new Pager(driver, { ahead: readAhead() });
    await pager.begin();
    await touch(pager, 448, 464, 480, 256, 272, 384);
    expect(driver.reads.slice(1)).toEqual([
      [448, 64],
      [256, 128],
      [384, 256],
    ]);
    await touch(pager, 400, 1024, 1008);
    expect(driver.reads.slice(4)).toEqual([
      [1024, 128],
      [896, 128],
    ]);
  });

  test("reads a small file in two requests, and a larger one whole when all of it is asked for", async () => {
    const small = medium(500 * KIB);
    const pager = new Pager(small, { ahead: readAhead() });
    await pager.begin();
    await touch(pager, 490, 300);
    expect(small.reads).toEqual([
      [0, 256],
      [256, 244],
    ]);
    const larger = medium(8000 * KIB);
    const walked = new Pager(larger, { ahead: readAhead() });
    await walked.begin();
    await touch(walked, 5000);
    const done = walked.walk();
    await touch(walked, 300, 7000, 400);
    expect(larger.reads.slice(2)).toEqual([[256, 7744]]);
    done();
    done();
    const again = new Pager(medium(9000 * KIB), { ahead: readAhead() });
    await again.begin();
    const over = again.walk();
    over();
    over();
    await touch(again, 5000);
    expect(again.misses).toBe(1);
  });

  test("leaves pages that keep nothing but themselves in memory", async () => {
    const pager = new Pager(medium(100_000 * KIB), { ahead: readAhead() });
    await pager.begin();
    for (let at = 256; at < 4000; at += 16) await touch(pager, at);
    for (let number = 0; number < 250; number++) expect(pager.page(number)?.buffer.byteLength).toBe(PAGE);
  });

  test("finds the whole of any range, whatever came before", async () => {
    const size = 3_000_000;
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31) >> 8);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(size - 1), fc.nat(100_000), fc.boolean()), { minLength: 1, maxLength: 12 }),
        fc.constantFrom(0, 100_000, 32 * 2 ** 20),
        async (ranges, cacheBytes) => {
          const driver: Driver = { size, read: async (offset, length) => bytes.slice(offset, offset + length) };
          const pager = new Pager(driver, { ahead: readAhead(), cacheBytes });
          await pager.begin();
          for (const [at, wanted, walking] of ranges) {
            const length = Math.min(wanted, size - at);
            const done = walking ? pager.walk() : undefined;
            const found = await settle(pager, (source) => source.read(at, length, "test").bytes.slice());
            expect(Buffer.compare(found, bytes.subarray(at, at + length))).toBe(0);
            done?.();
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

test("a plan covers every absent page once, and nothing that lies outside the file", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(600), { minLength: 1, maxLength: 40 }),
      fc.uniqueArray(fc.nat(600), { maxLength: 200 }),
      fc.boolean(),
      (wanted, here, walking) => {
        const present = new Set(here);
        const absent = wanted.filter((number) => !present.has(number)).sort((a, b) => a - b);
        if (absent.length === 0) return;
        const plan = readAhead().plan(absent, {
          pageSize: PAGE,
          pages: 601,
          walking,
          isHere: (number) => present.has(number),
        });
        const read = plan.flatMap(({ first, count }: PageRun) => Array.from({ length: count }, (_, i) => first + i));
        expect(new Set(read).size).toBe(read.length);
        expect(read.every((number) => number >= 0 && number < 601)).toBe(true);
        expect(absent.every((number) => read.includes(number))).toBe(true);
      },
    ),
  );
});

test("runs join numbers across gaps", () => {
  expect(runsOf([1, 2, 3, 7, 8, 20], 0)).toEqual([
    { first: 1, count: 3 },
    { first: 7, count: 2 },
    { first: 20, count: 1 },
  ]);
  expect(runsOf([1, 2, 3, 7, 8, 20], 3)).toEqual([
    { first: 1, count: 8 },
    { first: 20, count: 1 },
  ]);
});

describe("loads that several steps wait for", () => {
  /** Reads wait until they are let go. */
  function held(size: number): Driver & { readonly reads: number; readonly signals: AbortSignal[]; release(): void } {
    const waiting: (() => void)[] = [];
    const signals: AbortSignal[] = [];
    return {
      size,
      get reads() {
        return signals.length;
      },
      signals,
      read(_offset, length, options) {
        const { signal } = options ?? {};
        if (signal !== undefined) signals.push(signal);
        return new Promise((resolve, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
          waiting.push(() => resolve(new Uint8Array(length)));
        });
      },
      release: () => {
        for (const go of waiting.splice(0)) go();
      },
    };
  }

  test("go on while one of them waits, and are read again after all gave up", async () => {
    const driver = held(PAGE * 4);
    const pager = new Pager(driver);
    const step = (source: ByteSource): number => source.read(10, 4, "test").u32();
    const [first, second] = [new AbortController(), new AbortController()];
    const steps = [settle(pager, step, { signal: first.signal }), settle(pager, step, { signal: second.signal })];
    first.abort(new Error("first"));
    await expect(steps[0]).rejects.toThrow("first");
    expect(driver.signals.map(({ aborted }) => aborted)).toEqual([false]);
    second.abort(new Error("second"));
    await expect(steps[1]).rejects.toThrow("second");
    expect(driver.signals.map(({ aborted }) => aborted)).toEqual([true]);
    const again = settle(pager, step);
    driver.release();
    expect(await again).toBe(0);
    expect(driver.reads).toBe(2);
  });
});
