import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Hdf5FilterError, Hdf5UsageError, isHdf5Error } from "../../src/errors.js";
import { deflate, deflateFilter } from "../../src/filters/deflate.js";
import type { FilterContext } from "../../src/filters/filter.js";
import { fletcher32Filter } from "../../src/filters/fletcher32.js";
import { shuffleFilter } from "../../src/filters/shuffle.js";

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const context = (values: readonly number[] = [], maxOutput = 2 ** 20): FilterContext => ({
  values,
  elementSize: 4,
  maxOutput,
});

// int32 0, 1000003, … 4000012, as h5py 3.7 stored it in one chunk of 5.
const PLAIN = hex("0000000043420f0086841e00c9c62d000c093d00");

describe("shuffle", () => {
  it("gives the bytes of h5py", () => {
    const shuffled = hex("004386c90c004284c609000f1e2d3d0000000000");
    expect(shuffleFilter.encode?.(PLAIN, context([4]))).toEqual(shuffled);
    expect(shuffleFilter.decode(shuffled, context([4]))).toEqual(PLAIN);
  });

  it("leaves the bytes of a partial element where they are", () => {
    const bytes = hex("0102030405060708");
    expect(shuffleFilter.encode?.(bytes, context([3]))).toEqual(hex("0104020503060708"));
    expect(shuffleFilter.encode?.(bytes, context([5]))).toEqual(bytes);
    expect(shuffleFilter.encode?.(bytes, context([1]))).toEqual(bytes);
  });

  it("is undone for every element size, count and place in memory", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 12, 16, 100),
        fc.uint8Array({ maxLength: 500 }),
        fc.nat(3),
        (size, bytes, shift) => {
          const shuffled = shuffleFilter.encode?.(bytes, context([size])) as Uint8Array;
          const moved = new Uint8Array(shuffled.length + shift);
          moved.set(shuffled, shift);
          expect(shuffleFilter.decode(moved.subarray(shift), context([size]))).toEqual(bytes);
        },
      ),
    );
  });

  it("stores the element size of the dataset, and refuses to work without", () => {
    const datatype = { kind: "opaque", size: 12, tag: "" } as const;
    expect(shuffleFilter.configure?.([], { datatype, chunkShape: [1] })).toEqual([12]);
    expect(() => shuffleFilter.decode(PLAIN, context([]))).toThrow(Hdf5FilterError);
    expect(() => shuffleFilter.decode(PLAIN, context([0]))).toThrow(Hdf5FilterError);
  });
});

describe("fletcher32", () => {
  it.each([
    ["numbers", "0000000043420f0086841e00c9c62d000c093d00", "97365c43"],
    ["an odd number of bytes", "6f6464", "64d3c942"],
    ["zeros", "00000000", "00000000"],
    ["ones", "ffffffffffff", "ffffffff"],
  ])("gives the sum of h5py for %s", (_, data, sum) => {
    const stored = hex(data + sum);
    expect(fletcher32Filter.encode?.(hex(data), context())).toEqual(stored);
    expect(fletcher32Filter.decode(stored, context())).toEqual(hex(data));
  });

  it("accepts the swapped sums of libhdf5 before 1.6.3", () => {
    const swapped = new Uint8Array([...PLAIN, 0x36, 0x97, 0x43, 0x5c]);
    expect(fletcher32Filter.decode(swapped, context())).toEqual(PLAIN);
  });

  it("finds every changed byte", () => {
    const stored = fletcher32Filter.encode?.(PLAIN, context()) as Uint8Array;
    for (let i = 0; i < stored.length; i++) {
      const damaged = stored.slice();
      damaged[i] = (damaged[i] ?? 0) ^ 0x10;
      expect(() => fletcher32Filter.decode(damaged, context())).toThrow(Hdf5FilterError);
    }
  });

  it("refuses a chunk without room for a sum", () => {
    for (let length = 0; length <= 4; length++) {
      expect(() => fletcher32Filter.decode(new Uint8Array(length), context())).toThrow(Hdf5FilterError);
    }
  });
});

describe("shuffle of damaged files", () => {
  it("refuses elements larger than the chunk, which libhdf5 leaves as they are stored", () => {
    const bytes = new Uint8Array(8);
    expect(() => shuffleFilter.decode(bytes, context([2 ** 31], 8))).toThrow(Hdf5FilterError);
    expect(() => shuffleFilter.decode(bytes, context([0], 8))).toThrow(Hdf5FilterError);
    expect(shuffleFilter.decode(bytes, context([8], 8))).toEqual(bytes);
  });
});

describe("deflate", () => {
  it("reads what h5py stored", async () => {
    // shuffle, deflate 4, fletcher32; here without the sum.
    const stored = hex("785e63706e3bc9c3e0d4728c93815f4ed79601040034ad03cb");
    const shuffled = await deflateFilter.decode(stored, context([4]));
    expect(shuffleFilter.decode(shuffled, context([4]))).toEqual(PLAIN);
  });

  it("has level 4 unless told, and takes 0 to 9", () => {
    expect(deflate()).toMatchObject({ id: 1, values: [4] });
    expect(deflate(0)).toMatchObject({ values: [0] });
    for (const level of [-1, 10, 1.5, Number.NaN, "9" as unknown as number]) {
      expect(() => deflate(level)).toThrow(Hdf5UsageError);
    }
  });

  it("keeps a stream longer than its input, as libhdf5 does", async () => {
    const random = Uint8Array.from({ length: 2000 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 11) & 0xff);
    const stored = (await deflateFilter.encode?.(random, context([9]))) as Uint8Array;
    expect(await deflateFilter.decode(stored, context([9], 2000))).toEqual(random);
  });

  it("reports damage as a typed error, small and large, whatever the bytes", async () => {
    const large = new Uint8Array(deflateSync(new Uint8Array(100_000)));
    large[20] = (large[20] ?? 0) ^ 0xff;
    await expect(async () => deflateFilter.decode(large, context([], 100_000))).rejects.toThrow(Hdf5FilterError);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        try {
          await deflateFilter.decode(bytes, context([], 1000));
        } catch (error) {
          if (!isHdf5Error(error, "filter")) throw error;
        }
      }),
    );
  });
});
