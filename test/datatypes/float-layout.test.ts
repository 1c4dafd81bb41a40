import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { datatypeOf } from "../../src/datatypes/datatype-input.js";
import { type FloatType, fitsFloat32, floatReader, floatWriter } from "../../src/datatypes/float-layout.js";
import { halfBits, halfValue } from "../../src/datatypes/half-floats.js";
import { hexBytes, hexText } from "./memory-heap.js";

function layout(
  size: number,
  fields: { sign: number; exponent: readonly [number, number]; mantissa: readonly [number, number]; bias: number },
  more: Partial<FloatType> = {},
): FloatType {
  return {
    kind: "float",
    size,
    order: "le",
    precision: size * 8,
    offset: 0,
    normalization: "implied",
    padding: [0, 0, 0],
    ...fields,
    ...more,
  };
}

const vaxF = layout(4, { sign: 31, exponent: [23, 8], mantissa: [0, 23], bias: 129 }, { order: "vax" }); // H5T_VAX_F32
const vaxG = layout(8, { sign: 63, exponent: [52, 11], mantissa: [0, 52], bias: 1025 }, { order: "vax" }); // H5T_VAX_F64
const x87 = layout(
  16,
  { sign: 79, exponent: [64, 15], mantissa: [0, 64], bias: 16_383 },
  { precision: 80, normalization: "none" },
);
const quad = layout(16, { sign: 127, exponent: [112, 15], mantissa: [0, 112], bias: 16_383 });
const e5m2 = layout(1, { sign: 7, exponent: [2, 5], mantissa: [0, 2], bias: 15 });
const e4m3 = layout(1, { sign: 7, exponent: [3, 4], mantissa: [0, 3], bias: 7 });
const float32 = datatypeOf("float32") as FloatType;
const float64 = datatypeOf("float64") as FloatType;
const float64be = datatypeOf("float64be") as FloatType;
const bfloat16 = datatypeOf("bfloat16") as FloatType;
const float16 = datatypeOf("float16") as FloatType;

const read = (type: FloatType, bytes: Uint8Array): number => floatReader(type)(bytes, 0);

function write(type: FloatType, value: number): Uint8Array {
  const out = new Uint8Array(type.size);
  floatWriter(type)(out, 0, value);
  return out;
}

describe("floats of any layout", () => {
  // Bytes as a VAX, an x86 and a SPARC machine have them.
  test.each([
    ["VAX F 1", vaxF, "80400000", 1],
    ["VAX F −2.5", vaxF, "20c10000", -2.5],
    ["VAX F 0.1, the nearest float", vaxF, "cc3ecdcc", Math.fround(0.1)],
    ["VAX G 1", vaxG, "1040000000000000", 1],
    ["VAX G 1/3", vaxG, "f53f555555555555", 1 / 3],
    ["80 bits 1", x87, "0000000000000080ff3f000000000000", 1],
    ["80 bits −0.1, rounded to 53 bits", x87, "cdccccccccccccccfbbf000000000000", -0.1],
    ["80 bits infinity", x87, "0000000000000080ff7f000000000000", Number.POSITIVE_INFINITY],
    ["80 bits NaN", x87, "00000000000000c0ff7f000000000000", Number.NaN],
    ["80 bits beyond doubles", x87, "0000000000000080ff7e000000000000", Number.POSITIVE_INFINITY],
    ["128 bits 1", quad, "0000000000000000000000000000ff3f", 1],
    ["128 bits 0.1", quad, "9a999999999999999999999999 99fb3f", 0.1],
    ["128 bits −2", quad, "000000000000000000000000000000c0", -2],
    ["FP8 E5M2 1.5", e5m2, "3e", 1.5],
    ["FP8 E5M2 least", e5m2, "01", 2 ** -16],
    ["FP8 E5M2 −infinity", e5m2, "fc", Number.NEGATIVE_INFINITY],
    ["FP8 E4M3 1.125", e4m3, "39", 1.125],
    ["bfloat16 3.140625", bfloat16, "4940", 3.140625],
  ])("%s", (_, type, hex, value) => {
    expect(read(type, hexBytes(hex))).toEqual(value);
  });

  test.each([
    ["VAX F −2.5", vaxF, "20c10000", -2.5],
    ["VAX F 0", vaxF, "00000000", 0],
    ["80 bits −0", x87, "00000000000000000080000000000000", -0],
    ["80 bits infinity", x87, "0000000000000080ff7f000000000000", Number.POSITIVE_INFINITY],
    ["128 bits 1", quad, "0000000000000000000000000000ff3f", 1],
    ["FP8 E5M2, a tie to even", e5m2, "3c", 1.125],
    ["FP8 E5M2, the other tie to even", e5m2, "3e", 1.375],
    ["FP8 E5M2, too large", e5m2, "7c", 65_536],
    ["FP8 E5M2, rounded up to infinity", e5m2, "7c", 61_440],
    ["FP8 E5M2, too small", e5m2, "80", -(2 ** -18)],
    ["bfloat16 1/3", bfloat16, "ab3e", 1 / 3],
  ])("%s is written so", (_, type, hex, value) => {
    expect(hexText(write(type, value))).toBe(hex);
  });

  test("float32, float64 and float16 are read and written field by field as the platform does", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(hexText(write(float64, value)).replace("ffffffffffffff7f", "000000000000f87f")).toBe(
          hexText(new Uint8Array(Float64Array.of(value).buffer)),
        );
        expect(read(float64, write(float64, value))).toEqual(value);
        expect(read(float64be, write(float64be, value))).toEqual(value);
        expect(read(float32, write(float32, value))).toEqual(Math.fround(value));
        expect(read(float16, write(float16, value))).toEqual(halfValue(halfBits(value)));
      }),
      { numRuns: 500 },
    );
  });

  test("every layout wide enough gives a double back", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.constantFrom(x87, quad), (value, type) => {
        expect(read(type, write(type, value))).toBe(value);
      }),
      { numRuns: 300 },
    );
  });

  test("padding bits are as the datatype says, internal ones too", () => {
    const padded = layout(
      4,
      { sign: 20, exponent: [14, 5], mantissa: [4, 8], bias: 15 },
      { precision: 17, offset: 4, padding: [1, 1, 1] },
    );
    // Bits 0–3 low, 21–31 high; 12, 13 and 19 lie between the fields.
    expect(hexText(write(padded, 1))).toBe("0ff0ebff");
    expect(read(padded, write(padded, 1))).toBe(1);
  });

  test("only what float32 holds exactly becomes float32", () => {
    expect([e5m2, e4m3, bfloat16, float16].map(fitsFloat32)).toEqual([true, true, true, true]);
    expect([vaxF, vaxG, x87, quad, float32].map(fitsFloat32)).toEqual([false, false, false, false, false]);
    expect(fitsFloat32({ ...e5m2, bias: 500 })).toBe(false);
  });

  test("an exponent of a million bits is refused, not computed", () => {
    const wide = layout(16, { sign: 127, exponent: [64, 60], mantissa: [0, 64], bias: 1 });
    expect(() => floatReader(wide)).toThrow(expect.objectContaining({ code: "unsupported" }));
  });
});

describe("binary16", () => {
  test("all 65,536 patterns come back", () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const value = halfValue(bits);
      if (Number.isNaN(value)) expect(halfBits(value)).toBe(0x7e00);
      else if (halfBits(value) !== bits) expect(halfBits(value)).toBe(bits);
    }
  });

  test("rounds to nearest, ties to even, up to infinity", () => {
    expect(halfValue(halfBits(1 + 2 ** -11))).toBe(1);
    expect(halfValue(halfBits(1 + 3 * 2 ** -11))).toBe(1 + 2 ** -9);
    expect(halfValue(halfBits(65_519.99))).toBe(65_504);
    expect(halfValue(halfBits(65_520))).toBe(Number.POSITIVE_INFINITY);
    expect(halfValue(halfBits(2 ** -25))).toBe(0);
    expect(halfValue(halfBits(2 ** -25 * 1.01))).toBe(2 ** -24);
    expect(Object.is(halfValue(halfBits(-0)), -0)).toBe(true);
  });
});
