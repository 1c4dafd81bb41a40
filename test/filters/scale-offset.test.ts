import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Hdf5FilterError, Hdf5UsageError } from "../../src/errors.js";
import { configureScaleOffset, scaleOffset } from "../../src/filters/scale-offset.js";
import { scaleOffsetFilter } from "../../src/filters/scale-offset-codec.js";
import { datatypeOf } from "../../src/index.js";
import { contextOf, hex, replaced, survivesAnything } from "./hostile.js";

const padded = (...values: number[]): number[] => [...values, ...Array<number>(20 - values.length).fill(0)];

// Written with h5py 3.7 (libhdf5 1.10.8), each in one chunk.
const GOLDEN = [
  {
    name: "signed integers",
    values: padded(2, 0, 5, 0, 2, 1, 0, 1),
    plain: "fdff 6400 0700 fdff 3700",
    stored: "07000000 08 fdffffffffffffff 0000000000000000 019c500740",
  },
  {
    name: "big-endian integers with a fill value",
    values: padded(2, 0, 5, 0, 2, 1, 1, 1, 7),
    plain: "fffd 0064 0007 fffd 0037",
    stored: "07000000 08 fdffffffffffffff 0000000000000000 019ff80740",
  },
  {
    name: "bytes that need all their bits",
    values: padded(2, 0, 5, 0, 1, 0, 0, 1),
    plain: "00ff010203",
    stored: "08000000 08 0000000000000000 0000000000000000 00ff010203",
  },
  {
    name: "equal values",
    values: padded(2, 0, 3, 0, 1, 1, 0, 1),
    plain: "050505",
    stored: "01000000 08 0500000000000000 0000000000000000 00",
  },
  {
    name: "integers in three bits",
    values: padded(2, 3, 4, 0, 4, 0, 0, 1),
    plain: "0a000000 0b000000 0c000000 0d000000",
    stored: "03000000 08 0a00000000000000 0000000000000000 0530",
  },
  {
    name: "64-bit integers with 42 bits between them",
    values: padded(2, 0, 3, 0, 8, 1, 0, 1),
    plain: "0000000000ffffff 0000000000010000 0500000000000000",
    stored: "2a000000 08 0000000000ffffff 0000000000000000 00000000002000000000040000000014",
  },
  {
    name: "floats with three digits and a fill value",
    values: padded(0, 3, 4, 1, 8, 0, 0, 1, 0, 0xbff00000),
    plain: "000000000000f83f 0000000000000240 0000000000801cc0 0000000080842e41",
    stored: "1e000000 08 0000000000801cc0 0000000000000000 000086c4000249f00000003b9ae5d500",
  },
  {
    name: "integers with all bits asked for, as they are",
    values: padded(2, 16, 3, 0, 2, 0, 0, 1),
    plain: "0100 0200 0300",
    stored: "0100 0200 0300",
  },
];

describe("scale-offset", () => {
  it.each(GOLDEN)("stores $name as libhdf5 does", ({ values, plain, stored }) => {
    const context = contextOf(values, hex(plain).length);
    expect(scaleOffsetFilter.encode?.(hex(plain), context)).toEqual(hex(stored));
    expect(scaleOffsetFilter.decode(hex(stored), context)).toEqual(hex(plain));
  });

  it("keeps integers of every kind exactly, whatever the values", () => {
    const kinds = ["int8", "uint8", "int16", "uint16be", "int32be", "uint32", "int64", "uint64be"] as const;
    const one = fc.oneof(fc.bigInt({ min: -4n, max: 9n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }));
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.array(one, { minLength: 1, maxLength: 20 }),
        fc.bigInt({ min: 0n, max: 5n }),
        (kind, numbers, fill) => {
          const datatype = datatypeOf(kind);
          const { size } = datatype;
          const bytes = new Uint8Array(numbers.length * size);
          numbers.forEach((number, i) => {
            const word = new BigInt64Array([number]);
            bytes.set(new Uint8Array(word.buffer).subarray(0, size), i * size);
          });
          const fillBytes = new Uint8Array(size).fill(Number(fill), 0, 1);
          const values = configureScaleOffset([], { datatype, chunkShape: [numbers.length], fillBytes });
          for (const filled of [1, 0]) {
            const context = contextOf(replaced(values, 7, filled), bytes.length, size);
            const stored = scaleOffsetFilter.encode?.(bytes, context) as Uint8Array;
            expect(stored.length).toBeLessThanOrEqual(bytes.length + 22);
            expect(scaleOffsetFilter.decode(stored, context)).toEqual(bytes);
          }
        },
      ),
    );
  });

  it("keeps floats to half a unit of the last digit asked for", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("float32" as const, "float64" as const, "float64be" as const),
        fc.integer({ min: -2, max: 4 }),
        fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (kind, decimals, numbers) => {
          const datatype = datatypeOf(kind);
          const { size } = datatype;
          const view = new DataView(new ArrayBuffer(numbers.length * size));
          const put = (i: number, value: number): void =>
            size === 4 ? view.setFloat32(i * 4, value, true) : view.setFloat64(i * 8, value, kind === "float64");
          numbers.forEach((number, i) => {
            put(i, number);
          });
          const bytes = new Uint8Array(view.buffer.slice(0));
          const spec = scaleOffset({ decimals }).values;
          const values = replaced(configureScaleOffset(spec ?? [], { datatype, chunkShape: [numbers.length] }), 7, 0);
          const context = contextOf(values, bytes.length, size);
          const out = scaleOffsetFilter.decode(
            scaleOffsetFilter.encode?.(bytes, context) as Uint8Array,
            context,
          ) as Uint8Array;
          const back = new DataView(out.buffer);
          const slack = size === 4 ? 0.002 : 1e-9;
          numbers.forEach((number, i) => {
            const found = size === 4 ? back.getFloat32(i * 4, true) : back.getFloat64(i * 8, kind === "float64");
            expect(Math.abs(found - number)).toBeLessThanOrEqual(0.5 * 10 ** -decimals + slack);
          });
        },
      ),
    );
  });

  it("fails rather than lose values that it cannot store", () => {
    // 100 does not fit three bits beside 0, and 7 would read as the fill value.
    for (const last of [100, 7]) {
      const context = contextOf(padded(2, 3, 2, 0, 1, 0, 0, 1, 9), 2, 1);
      expect(() => scaleOffsetFilter.encode?.(Uint8Array.of(0, last), context)).toThrow(Hdf5FilterError);
    }
    const floats = contextOf(padded(0, 2, 2, 1, 8, 0, 0, 0), 16, 8);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const bytes = new Uint8Array(new Float64Array([1, value]).buffer);
      expect(() => scaleOffsetFilter.encode?.(bytes, floats)).toThrow(Hdf5FilterError);
    }
  });

  it("is refused where it does not apply", () => {
    const configure = (values: readonly number[], type: Parameters<typeof datatypeOf>[0]) => (): unknown =>
      configureScaleOffset(values, { datatype: datatypeOf(type), chunkShape: [3] });
    expect(configure([2, 0], "string")).toThrow(Hdf5UsageError);
    expect(configure([2, 0], "bool")).toThrow(Hdf5UsageError);
    expect(configure([2, 0], "float16")).toThrow(Hdf5UsageError);
    expect(configure([2, 0], "float32")).toThrow(/decimals for floats/);
    expect(configure([0, 2], "int32")).toThrow(/bits for integers/);
    expect(configure([2, 17], "int16")).toThrow(/at most 16/);
  });

  it("refuses headers that do not fit their chunk", () => {
    const context = contextOf(padded(2, 0, 5, 0, 2, 1, 0, 1), 10);
    const stored = hex(GOLDEN[0]?.stored ?? "");
    const withBits = (bits: number): Uint8Array => Uint8Array.from(stored, (byte, i) => (i === 0 ? bits : byte));
    expect(() => scaleOffsetFilter.decode(withBits(17), context)).toThrow(/17 bits/);
    expect(() => scaleOffsetFilter.decode(withBits(16), context)).toThrow(/5 × 16 bits/);
    expect(() => scaleOffsetFilter.decode(stored.subarray(0, 20), context)).toThrow(/header/);
    expect(() => scaleOffsetFilter.decode(stored, { ...context, maxOutput: 9 })).toThrow(/at most 9/);
    // Nothing is allocated for so many elements.
    const many = replaced(context.values, 2, 0xffffffff);
    expect(() => scaleOffsetFilter.decode(stored, { ...context, values: many, maxOutput: 2 ** 40 })).toThrow(/bits/);
  });

  it("survives anything", async () => {
    for (const { values, plain, stored } of GOLDEN.slice(0, 7)) {
      await survivesAnything(scaleOffsetFilter, hex(stored), contextOf(values, hex(plain).length));
    }
  });
});
