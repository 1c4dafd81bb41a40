import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { datatypeOf, enumType } from "../../src/datatypes/datatype-input.js";
import { decodeElements } from "../../src/datatypes/decode.js";
import type { ReadResult } from "../../src/datatypes/values.js";
import type { Datatype } from "../../src/format/messages/datatype.js";
import { hexBytes, NO_HEAP, OPTIONS } from "./memory-heap.js";

function decode(hex: string, datatype: Datatype, options: Partial<typeof OPTIONS> = {}): ReadResult {
  const bytes = hexBytes(hex);
  return decodeElements(bytes, datatype, [bytes.length / datatype.size], { ...OPTIONS, ...options }, NO_HEAP);
}

const int = (
  size: number,
  precision: number,
  offset: number,
  signed: boolean,
  order: "le" | "be" = "le",
): Datatype => ({
  kind: "integer",
  size,
  precision,
  offset,
  signed,
  order,
  padding: [0, 0],
});

describe("integers", () => {
  test.each([
    ["int8", "ff7f80", Int8Array.of(-1, 127, -128)],
    ["uint8", "ff7f80", Uint8Array.of(255, 127, 128)],
    ["int16", "feff0001", Int16Array.of(-2, 256)],
    ["int16be", "fffe0100", Int16Array.of(-2, 256)],
    ["uint16be", "fffe0100", Uint16Array.of(65_534, 256)],
    ["int32be", "fffffffe00000102", Int32Array.of(-2, 258)],
    ["uint32", "feffffff", Uint32Array.of(4_294_967_294)],
    ["int64", "feffffffffffffff", BigInt64Array.of(-2n)],
    ["uint64be", "fffffffffffffffe0000000000000001", BigUint64Array.of(2n ** 64n - 2n, 1n)],
  ] as const)("%s is a typed array of its size and sign", (name, hex, data) => {
    const result = decode(hex, datatypeOf(name));
    expect(result.data).toEqual(data);
    expect(result.kind).toBe(name.includes("64") ? "bigint" : "number");
    expect(result).toMatchObject({ shape: [data.length], stride: [1] });
  });

  test("a value is bits [offset, offset + precision), sign-extended", () => {
    expect(decode("f0ff 100a", int(2, 12, 4, true)).data).toEqual(Int16Array.of(-1, 161));
    expect(decode("f0ff 100a", int(2, 12, 4, false)).data).toEqual(Uint16Array.of(4095, 161));
    expect(decode("fff0", int(2, 12, 4, true, "be")).data).toEqual(Int16Array.of(-1));
    expect(decode("ffff07", int(3, 19, 0, true)).data).toEqual(Int32Array.of(-1));
    expect(decode("ffffff", int(3, 24, 0, false)).data).toEqual(Uint32Array.of(0xffffff));
    expect(decode("feffffffff", int(5, 40, 0, true)).data).toEqual(BigInt64Array.of(-2n));
    expect(decode("ffffffffff", int(5, 33, 7, false)).data).toEqual(BigUint64Array.of(2n ** 33n - 1n));
  });

  test("wider ones than 64 bits are given if they fit", () => {
    const wide = int(16, 128, 0, true);
    const small = `${"fe".padEnd(32, "f")}`;
    expect(decode(small, wide).data).toEqual(BigInt64Array.of(-2n));
    const large = `${"00".repeat(8)}01${"00".repeat(7)}`;
    expect(() => decode(small + large, wide)).toThrow(expect.objectContaining({ code: "value", index: 1 }));
    expect(decode(large, wide, { int64: "number" }).data).toEqual(Float64Array.of(2 ** 64));
    expect(() => decode(large, wide, { int64: "safe" })).toThrow(expect.objectContaining({ code: "value", index: 0 }));
    expect(() => decode("ff".repeat(300), int(300, 2400, 0, false))).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
  });

  test("64-bit integers are numbers on request, rounded or safe", () => {
    const hex = `${"01".padEnd(16, "0")}0100000000002000`; // 1 and 2^53 + 1
    expect(decode(hex, datatypeOf("int64"), { int64: "number" })).toMatchObject({
      kind: "number",
      data: Float64Array.of(1, 2 ** 53),
    });
    expect(() => decode(hex, datatypeOf("int64"), { int64: "safe" })).toThrow(
      expect.objectContaining({ code: "value", index: 1 }),
    );
    const safe = decode("ffffffffffff1f00", datatypeOf("uint64"), { int64: "safe" });
    expect(safe).toMatchObject({ kind: "number", data: Float64Array.of(2 ** 53 - 1) });
  });

  test("bitfields are unsigned, times signed, enumerations as their base", () => {
    const bits: Datatype = { kind: "bitfield", size: 2, order: "le", precision: 16, offset: 0, padding: [0, 0] };
    expect(decode("ffff", bits)).toMatchObject({ kind: "number", data: Uint16Array.of(65_535) });
    expect(decode("ffffffffffffffff", { ...bits, size: 8, precision: 64 }).data).toEqual(
      BigUint64Array.of(2n ** 64n - 1n),
    );
    expect(decode("feffffff", { kind: "time", size: 4, order: "le", precision: 32 }).data).toEqual(Int32Array.of(-2));
    expect(decode("fffffffffffffffe", { kind: "time", size: 8, order: "be", precision: 64 }).data).toEqual(
      BigInt64Array.of(-2n),
    );
    expect(decode("0200ffff", enumType({ a: 2 }, "int16")).data).toEqual(Int16Array.of(2, -1));
    expect(decode("0001", datatypeOf("bool"))).toMatchObject({ kind: "number", data: Int8Array.of(0, 1) });
  });

  test("a bitfield of more than 64 bits is bytes", () => {
    const bits: Datatype = { kind: "bitfield", size: 9, order: "le", precision: 72, offset: 0, padding: [0, 0] };
    const result = decode("010203040506070809".repeat(2), bits);
    expect(result).toMatchObject({ kind: "bytes", shape: [2, 9], stride: [9, 1] });
  });

  test("any layout agrees with plain arithmetic on bits", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        fc.constantFrom("le", "be"),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        (size, a, b, signed, order, bytes) => {
          const precision = 1 + (a % (size * 8));
          const offset = b % (size * 8 - precision + 1);
          const element = bytes.slice(0, size);
          const little = order === "le" ? [...element] : [...element].reverse();
          const raw = little.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n) >> BigInt(offset);
          const expected = signed ? BigInt.asIntN(precision, raw) : BigInt.asUintN(precision, raw);
          const result = decodeElements(element, int(size, precision, offset, signed, order), [], OPTIONS, NO_HEAP);
          expect(BigInt((result.data as Int32Array)[0] as number)).toBe(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("floats", () => {
  test("float64 and float32, either order", () => {
    expect(decode("000000000000f83f", datatypeOf("float64")).data).toEqual(Float64Array.of(1.5));
    expect(decode("3ff8000000000000", datatypeOf("float64be")).data).toEqual(Float64Array.of(1.5));
    expect(decode("0000c03f", datatypeOf("float32")).data).toEqual(Float32Array.of(1.5));
    expect(decode("3fc00000", datatypeOf("float32be")).data).toEqual(Float32Array.of(1.5));
  });

  test("float16, bfloat16 and 8-bit floats become Float32Array", () => {
    expect(decode("003e00fc", datatypeOf("float16")).data).toEqual(Float32Array.of(1.5, Number.NEGATIVE_INFINITY));
    expect(decode("3e00", datatypeOf("float16be")).data).toEqual(Float32Array.of(1.5));
    expect(decode("c03f49c0", datatypeOf("bfloat16")).data).toEqual(Float32Array.of(1.5, -3.140625));
    const fp8: Datatype = {
      ...(datatypeOf("float16") as Datatype & { kind: "float" }),
      size: 1,
      precision: 8,
      sign: 7,
      exponent: [2, 5],
      mantissa: [0, 2],
    };
    expect(decode("3ebe", fp8).data).toEqual(Float32Array.of(1.5, -1.5));
  });

  test("others become Float64Array", () => {
    const float32 = datatypeOf("float32") as Datatype & { kind: "float" };
    const vax: Datatype = { ...float32, order: "vax", bias: 129 };
    expect(decode("80400000", vax).data).toEqual(Float64Array.of(1));
  });
});

describe("ownership", () => {
  test("native elements that fill their buffer are handed out without a copy", () => {
    const bytes = new Uint8Array(Float64Array.of(1, 2, 3).buffer);
    const { data } = decodeElements(bytes, datatypeOf("float64"), [3], OPTIONS, NO_HEAP);
    expect(data).toEqual(Float64Array.of(1, 2, 3));
    expect((data as Float64Array).buffer).toBe(bytes.buffer);
  });

  test("a part of a larger buffer is copied", () => {
    const bytes = new Uint8Array(new ArrayBuffer(32), 8, 16);
    const { data } = decodeElements(bytes, datatypeOf("float64"), [2], OPTIONS, NO_HEAP);
    expect((data as Float64Array).buffer.byteLength).toBe(16);
    expect((data as Float64Array).buffer).not.toBe(bytes.buffer);
  });

  test("bytes that have to be swapped are left as they were", () => {
    const bytes = hexBytes("3ff8000000000000");
    decodeElements(bytes, datatypeOf("float64be"), [1], OPTIONS, NO_HEAP);
    expect(bytes).toEqual(hexBytes("3ff8000000000000"));
  });

  test("a Buffer gives a plain typed array", () => {
    const bytes = Buffer.from("0102", "hex");
    const { data } = decodeElements(bytes, datatypeOf("uint8"), [2], OPTIONS, NO_HEAP);
    expect(data?.constructor).toBe(Uint8Array);
  });

  test("bytes of another number than elements need are refused", () => {
    const decoded = (): unknown => decodeElements(new Uint8Array(7), datatypeOf("int32"), [2], OPTIONS, NO_HEAP);
    expect(decoded).toThrow(expect.objectContaining({ code: "format" }));
  });
});
