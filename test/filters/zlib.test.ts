import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as node from "../../src/filters/zlib-node.js";
import * as pako from "../../src/filters/zlib-pako.js";
import { adler32, outputBound } from "../../src/filters/zlib-types.js";
import * as web from "../../src/filters/zlib-web.js";

const mixed = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i % 13) * (i % 7) + (i >> 9));
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

for (const [name, zlib] of Object.entries({ "node:zlib": node, pako, "what the platform streams": web })) {
  const inflate = async (bytes: Uint8Array, most: number) => zlib.inflate(bytes, most);

  describe(`zlib by ${name}`, () => {
    it("gives back what was compressed, at every level and size", async () => {
      for (const length of [0, 1, 100, 16_383, 16_384, 70_000]) {
        for (const level of [0, 1, 6, 9]) {
          const bytes = mixed(length);
          expect(same(await inflate(await zlib.deflate(bytes, level), length), bytes)).toBe(true);
        }
      }
    });

    it("and the other understand each other", async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 0, max: 9 }), async (bytes, level) => {
          expect(await inflate(await node.deflate(bytes, level), bytes.length)).toEqual(bytes);
          expect(await inflate(await pako.deflate(bytes, level), bytes.length)).toEqual(bytes);
        }),
        { numRuns: 40 },
      );
    });

    it("gives memory of its own, without much behind it", async () => {
      for (const length of [10, 2000, 100_000]) {
        const result = await inflate(deflateSync(mixed(length)), 1_000_000);
        expect(result.constructor).toBe(Uint8Array);
        expect(result.buffer.byteLength).toBeLessThanOrEqual(length * 1.2 + 200);
      }
      const compressed = await zlib.deflate(mixed(50), 6);
      expect(compressed.constructor).toBe(Uint8Array);
    });

    it("ignores what follows the stream", async () => {
      const bytes = mixed(5000);
      const stream = deflateSync(bytes);
      const longer = new Uint8Array(stream.length + 40).fill(0x1f);
      longer.set(stream);
      expect(same(await inflate(longer, 5000), bytes)).toBe(true);
    });

    it("refuses a stream that was cut anywhere", async () => {
      const stream = new Uint8Array(deflateSync(mixed(300)));
      for (let length = 0; length < stream.length; length++) {
        await expect(inflate(stream.subarray(0, length), 300)).rejects.toThrow(Error);
      }
    });

    it("refuses a stream that gives more than allowed", async () => {
      const bomb = deflateSync(new Uint8Array(5_000_000));
      for (const most of [0, 1, 1000, 20_000]) await expect(inflate(bomb, most)).rejects.toThrow(Error);
      await expect(inflate(deflateSync(mixed(101)), 100)).rejects.toThrow(Error);
    });

    it("refuses bytes that are no stream, or whose sum is wrong", async () => {
      const stream = new Uint8Array(deflateSync(mixed(300)));
      stream[stream.length - 1] = (stream[stream.length - 1] ?? 0) ^ 1;
      await expect(inflate(stream, 300)).rejects.toThrow(Error);
      await expect(inflate(new Uint8Array(100).fill(7), 300)).rejects.toThrow(Error);
      await expect(inflate(new Uint8Array(0), 300)).rejects.toThrow(Error);
    });
  });
}

describe("the sum of a stream", () => {
  it("is the one at its end", () => {
    for (const length of [0, 1, 5551, 5552, 5553, 100_000]) {
      const bytes = new Uint8Array(length).fill(255, length >> 1);
      expect(adler32(bytes)).toBe(deflateSync(bytes).readUInt32BE(deflateSync(bytes).length - 4));
    }
  });
});

describe("a platform that accepts too much or too little", () => {
  const bytes = mixed(200_000);
  const stream = new Uint8Array(deflateSync(bytes));
  /** A DecompressionStream that always gives these bytes, or fails. */
  const platform = (given: Uint8Array | Error): typeof DecompressionStream =>
    class {
      writable = new WritableStream<BufferSource>();
      readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start(controller) {
          if (given instanceof Error) return controller.error(given);
          controller.enqueue(new Uint8Array(given));
          controller.close();
        },
      });
    };
  afterEach(() => vi.unstubAllGlobals());

  it("is not believed when it takes a stream that was cut off", async () => {
    for (const given of [bytes, bytes.subarray(0, 199_999)]) {
      vi.stubGlobal("DecompressionStream", platform(given));
      await expect(web.inflate(stream.subarray(0, -5), bytes.length)).rejects.toThrow("the stream ends early");
    }
  });

  it("is not believed when it gives more or less than the stream holds", async () => {
    for (const given of [bytes.subarray(0, 100), new Uint8Array(bytes.length), new Uint8Array(bytes.length + 1)]) {
      vi.stubGlobal("DecompressionStream", platform(given));
      expect(same(await web.inflate(stream, bytes.length), bytes)).toBe(true);
    }
  });

  it("has not the last word when it fails", async () => {
    vi.stubGlobal("DecompressionStream", platform(new TypeError("trailing bytes")));
    const padded = new Uint8Array(stream.length + 3);
    padded.set(stream);
    expect(same(await web.inflate(padded, bytes.length), bytes)).toBe(true);
  });

  it("need not have one", async () => {
    vi.stubGlobal("DecompressionStream", undefined);
    expect(same(await web.inflate(stream, bytes.length), bytes)).toBe(true);
  });
});

describe("the memory reserved for a stream", () => {
  it("is what so many bytes can give, and no more than allowed", () => {
    expect(outputBound(4, 2 ** 30)).toBeLessThan(5000);
    expect(outputBound(100_000, 5000)).toBe(5000);
    // The densest stream there is: zeros.
    const zeros = new Uint8Array(3_000_000);
    const stream = deflateSync(zeros, { level: 9 });
    expect(outputBound(stream.length, Infinity)).toBeGreaterThanOrEqual(zeros.length);
  });
});
