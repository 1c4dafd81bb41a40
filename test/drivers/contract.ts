/** What every driver keeps, whatever the medium: one suite, run over all of them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Driver, isWritable, type WritableDriver } from "../../src/drivers/driver.js";

/** Bytes that tell where they are. */
export function numbered(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}

/** The whole content of a driver. */
export async function contentOf(driver: Driver): Promise<Uint8Array> {
  return driver.read(0, driver.size ?? 0);
}

/** @param make a driver over this content. */
export function readingContract(name: string, make: (content: Uint8Array) => Promise<Driver>): void {
  describe(`${name}, reading`, () => {
    const content = numbered(5000);

    it("knows its size and gives the bytes asked for", async () => {
      const driver = await make(content);
      expect(driver.size).toBe(5000);
      expect(await driver.read(0, 5000)).toEqual(content);
      expect(await driver.read(1234, 1)).toEqual(content.subarray(1234, 1235));
      expect(await driver.read(999, 2002)).toEqual(content.subarray(999, 3001));
      expect(await driver.read(10, 0)).toHaveLength(0);
      await driver.close?.();
    });

    it("gives less only at the end, and nothing beyond it", async () => {
      const driver = await make(content);
      expect(await driver.read(4990, 100)).toEqual(content.subarray(4990));
      expect(await driver.read(5000, 1)).toHaveLength(0);
      expect(await driver.read(2 ** 50, 2 ** 40)).toHaveLength(0);
      expect(await driver.read(4000, 2 ** 45)).toEqual(content.subarray(4000));
      await driver.close?.();
    });

    it("hands out bytes that the caller may change", async () => {
      const driver = await make(content);
      const first = await driver.read(0, 100);
      expect(first).toBeInstanceOf(Uint8Array);
      first.fill(0xff);
      expect(await driver.read(0, 100)).toEqual(content.subarray(0, 100));
      await driver.close?.();
    });

    it("reads at many places at once", async () => {
      const driver = await make(content);
      const parts = await Promise.all(Array.from({ length: 50 }, (_, i) => driver.read(i * 100, 100)));
      for (const [i, part] of parts.entries()) expect(part).toEqual(content.subarray(i * 100, i * 100 + 100));
      await driver.close?.();
    });

    it("rejects with the reason of an aborted signal", async () => {
      const driver = await make(content);
      const reason = new Error("enough");
      await expect(driver.read(0, 10, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(await driver.read(0, 10, { signal: new AbortController().signal })).toEqual(content.subarray(0, 10));
      await driver.close?.();
    });

    it("closes twice without complaint", async () => {
      const driver = await make(content);
      await driver.close?.();
      await driver.close?.();
    });
  });
}

type Step =
  | { readonly kind: "write"; readonly offset: number; readonly length: number; readonly value: number }
  | { readonly kind: "truncate"; readonly size: number }
  | { readonly kind: "read"; readonly offset: number; readonly length: number }
  | { readonly kind: "flush" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("write" as const),
    offset: fc.nat(300),
    length: fc.nat(150),
    value: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({ kind: fc.constant("truncate" as const), size: fc.nat(400) }),
  fc.record({ kind: fc.constant("read" as const), offset: fc.nat(400), length: fc.nat(200) }),
  fc.record({ kind: fc.constant("flush" as const) }),
);

/** @param make an empty driver. */
export function writingContract(name: string, make: () => Promise<WritableDriver>): void {
  describe(`${name}, writing`, () => {
    it("is writable and begins empty", async () => {
      const driver = await make();
      expect(isWritable(driver)).toBe(true);
      expect(driver.size).toBe(0);
      await driver.close?.();
    });

    it("grows by writing, and a gap reads as zeros", async () => {
      const driver = await make();
      await driver.write(200, new Uint8Array([1, 2, 3]));
      expect(driver.size).toBe(203);
      expect(await driver.read(190, 20)).toEqual(new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]));
      await driver.close?.();
    });

    it("forgets what truncating cut off", async () => {
      const driver = await make();
      await driver.write(0, numbered(300).fill(9));
      await driver.truncate(100);
      expect(driver.size).toBe(100);
      await driver.truncate(300);
      expect(await contentOf(driver)).toEqual(new Uint8Array(300).fill(9, 0, 100));
      await driver.close?.();
    });

    it("does not keep the bytes it was given", async () => {
      const driver = await make();
      const bytes = new Uint8Array([1, 2, 3]);
      await driver.write(0, bytes);
      bytes.fill(0);
      expect(await contentOf(driver)).toEqual(new Uint8Array([1, 2, 3]));
      await driver.close?.();
    });

    it("takes overlapping calls that grow the file", async () => {
      const driver = await make();
      const parts = Array.from({ length: 20 }, (_, i) => 19 - i);
      await Promise.all(parts.map((i) => driver.write(i * 50, new Uint8Array(50).fill(i + 1))));
      const expected = Uint8Array.from({ length: 1000 }, (_, i) => Math.floor(i / 50) + 1);
      expect(await contentOf(driver)).toEqual(expected);
      await driver.close?.();
    });

    it("equals an array in memory after any steps", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
          const driver = await make();
          let model = new Uint8Array(0);
          const resized = (size: number): Uint8Array<ArrayBuffer> => {
            const next = new Uint8Array(size);
            next.set(model.subarray(0, size));
            return next;
          };
          for (const one of steps) {
            if (one.kind === "write") {
              const bytes = new Uint8Array(one.length).fill(one.value);
              await driver.write(one.offset, bytes);
              // A write of nothing makes no file longer.
              if (one.length > 0) model = resized(Math.max(model.length, one.offset + one.length));
              model.set(bytes, one.length > 0 ? one.offset : 0);
            } else if (one.kind === "truncate") {
              await driver.truncate(one.size);
              model = resized(one.size);
            } else if (one.kind === "read") {
              const expected = model.slice(one.offset, one.offset + one.length);
              expect(await driver.read(one.offset, one.length)).toEqual(expected);
            } else await driver.flush();
            expect(driver.size).toBe(model.length);
          }
          expect(await contentOf(driver)).toEqual(model);
          await driver.close?.();
        }),
        { numRuns: 60 },
      );
    });
  });
}
