import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Driver } from "../../src/drivers/driver.js";
import type { ByteSource } from "../../src/format/byte-source.js";
import { Pager } from "../../src/io/pager.js";
import { settle } from "../../src/io/settle.js";

/** A driver over bytes that counts its reads. */
function counting(bytes: Uint8Array, size: number | undefined = bytes.length): Driver & { reads: [number, number][] } {
  const reads: [number, number][] = [];
  return {
    size,
    reads,
    async read(offset, length) {
      reads.push([offset, length]);
      await new Promise((resolve) => setImmediate(resolve));
      return bytes.slice(offset, offset + length);
    },
  };
}

const numbers = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);

describe("fault and retry", () => {
  test("any range reads the file's bytes, at any page size and base address", async () => {
    const bytes = numbers(5000);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 10 }),
        fc.nat(1000),
        fc.array(fc.tuple(fc.nat(3999), fc.nat(700)), { minLength: 1, maxLength: 6 }),
        async (pageBits, base, ranges) => {
          const pager = new Pager(counting(bytes), { pageSize: 2 ** pageBits });
          pager.baseAddress = base;
          const inside = ranges.map(([at, length]) => [at, Math.min(length, 4000 - at)] as const);
          const read = await settle(pager, (source) =>
            inside.map(([at, length]) => [...source.read(at, length, "test").take(length)]),
          );
          expect(read).toEqual(inside.map(([at, length]) => [...bytes.subarray(base + at, base + at + length)]));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("ranges asked for together come in one round, adjacent pages in one read", async () => {
    const driver = counting(numbers(4096));
    const pager = new Pager(driver, { pageSize: 256 });
    let runs = 0;
    await settle(pager, (source) => {
      runs++;
      source.need([
        { address: 0, length: 300 },
        { address: 512, length: 10 },
        { address: 2048, length: 10 },
      ]);
    });
    expect(runs).toBe(2);
    expect(driver.reads).toEqual([
      [0, 768],
      [2048, 256],
    ]);
  });

  test("two steps that want the same page share one read", async () => {
    const driver = counting(numbers(4096));
    const pager = new Pager(driver, { pageSize: 1024 });
    const step = (source: ByteSource): number => source.read(100, 4, "test").u32();
    const [a, b] = await Promise.all([settle(pager, step), settle(pager, step)]);
    expect(a).toBe(b);
    expect(driver.reads).toHaveLength(1);
  });

  test("a structure is decoded once, however often its step is retried", async () => {
    const pager = new Pager(counting(numbers(4096)), { pageSize: 64 });
    let decoded = 0;
    await settle(pager, (source) => {
      for (const address of [0, 640, 1280, 1920]) {
        source.memo("node", address, () => {
          const value = source.read(address, 8, "node").u32();
          decoded++;
          return value;
        });
      }
    });
    expect(decoded).toBe(4);
  });

  test("a range beyond the end is an error that names structure and place, and nothing is loaded for it", async () => {
    const driver = counting(numbers(100));
    const pager = new Pager(driver, { pageSize: 64 });
    await expect(settle(pager, (source) => source.read(90, 11, "local heap"))).rejects.toMatchObject({
      code: "truncated",
      where: { structure: "local heap", address: 90 },
    });
    expect(driver.reads).toEqual([]);
  });

  test("a medium that ends earlier than it said is an error, not a short structure", async () => {
    const pager = new Pager(counting(numbers(100), 200), { pageSize: 64 });
    await expect(settle(pager, (source) => source.read(96, 20, "test"))).rejects.toMatchObject({ code: "truncated" });
  });

  test("a step that would load more than its budget is stopped", async () => {
    const pager = new Pager(counting(numbers(100_000)), { pageSize: 1024 });
    const step = (source: ByteSource): void => source.need([{ address: 0, length: 50_000 }]);
    await expect(settle(pager, step, { metadataBytes: 10_000 })).rejects.toMatchObject({ code: "limit" });
  });

  test("bytes that were written are read anew", async () => {
    const bytes = numbers(4096);
    const pager = new Pager(counting(bytes), { pageSize: 256 });
    const step = (source: ByteSource): number => source.read(300, 1, "test").u8();
    expect(await settle(pager, step)).toBe(300 % 251);
    bytes[300] = 7;
    pager.invalidate(300, 1);
    expect(await settle(pager, step)).toBe(7);
  });

  test("after the file grew, the page that its old end cut is read anew", async () => {
    const bytes = numbers(4096);
    const pager = new Pager(counting(bytes), { pageSize: 256 });
    pager.setEnd(300);
    await settle(pager, (source) => source.read(290, 10, "test"));
    pager.setEnd(400);
    expect(await settle(pager, (source) => source.read(350, 1, "test").u8())).toBe(350 % 251);
  });

  test("pages in use stay whatever the cache drops", async () => {
    const pager = new Pager(counting(numbers(65_536)), { pageSize: 256, cacheBytes: 512 });
    let runs = 0;
    await settle(pager, (source) => {
      runs++;
      for (let i = 0; i < 20; i++) source.read(i * 1024, 8, "test");
    });
    expect(runs).toBe(21);
  });
});

describe("an overlay", () => {
  test("counts instead of the medium's bytes, however it is read", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.array(fc.tuple(fc.nat(200), fc.uint8Array({ minLength: 1, maxLength: 40 })), { maxLength: 6 }),
        fc.constantFrom(1, 8, 64),
        fc.nat(3),
        async (content, wanted, pageSize, baseAddress) => {
          const expected = Uint8Array.from(content);
          const pieces: { address: number; bytes: Uint8Array }[] = [];
          let end = 0;
          for (const [gap, bytes] of wanted) {
            const address = end + (gap % 20);
            end = address + bytes.length;
            if (baseAddress + end > content.length) break;
            pieces.push({ address, bytes });
            expected.set(bytes, baseAddress + address);
          }
          const pager = new Pager(counting(Uint8Array.from(content)), { pageSize });
          if (baseAddress >= content.length) return;
          pager.baseAddress = baseAddress;
          pager.overlay(pieces);
          const length = content.length - baseAddress;
          const read = await settle(pager, (source) => source.read(0, length, "all").bytes.slice());
          expect(read).toEqual(expected.subarray(baseAddress));
        },
      ),
    );
  });
});
