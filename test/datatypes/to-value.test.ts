import { describe, expect, test } from "vitest";
import {
  arrayType,
  compoundType,
  datatypeOf,
  enumType,
  opaqueType,
  stringType,
  vlenType,
} from "../../src/datatypes/datatype-input.js";
import { valueAs } from "../../src/datatypes/to-value.js";
import type { ValueName, WriteData } from "../../src/datatypes/values.js";
import type { Datatype } from "../../src/format/messages/datatype.js";
import { loadValue, OPTIONS, store } from "./memory-heap.js";

const value = (data: WriteData, datatype: Datatype, shape?: readonly number[]): unknown =>
  loadValue(store(data, datatype, shape));

describe("value", () => {
  test.each([
    ["int16", 5, 5],
    ["float16be", 1.5, 1.5],
    ["uint64", 2n ** 63n, 2n ** 63n],
    ["bool", true, true],
    ["string", "é", "é"],
    ["complex64", [1, 2], [1, 2]],
    ["object-reference", null, null],
  ] as const)("of rank 0 is the element: %s", (name, data, expected) => {
    expect(value(data as WriteData, datatypeOf(name), [])).toEqual(expected);
  });

  test("of rank 1 is a typed array of numbers, and a plain array of anything else", () => {
    expect(value([1, 2], datatypeOf("int16be"))).toEqual(Int16Array.of(1, 2));
    expect(value([1, 2], datatypeOf("uint64"))).toEqual(BigUint64Array.of(1n, 2n));
    expect(value([true, false], datatypeOf("bool"))).toEqual([true, false]);
    expect(value(["b"], enumType({ a: 0, b: 1 }))).toEqual(Int8Array.of(1));
    expect(value(["a", ""], datatypeOf("string"))).toEqual(["a", ""]);
    expect(
      value(
        [
          [1, 2],
          [3, 4],
        ],
        datatypeOf("complex128"),
      ),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(value(Uint8Array.of(1, 2, 3, 4), opaqueType(2))).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3, 4)]);
    expect(value([{ a: 1 }, { a: 2 }], compoundType({ a: "int8" }))).toEqual([{ a: 1 }, { a: 2 }]);
    expect(value([], datatypeOf("int8"))).toEqual(new Int8Array(0));
    expect(value([], datatypeOf("string"))).toEqual([]);
  });

  test("of higher rank nests, the last dimension as rank 1", () => {
    const numbers = { data: Int32Array.from({ length: 12 }, (_, i) => i), shape: [2, 3, 2], stride: [6, 2, 1] };
    expect(value(numbers, datatypeOf("int32"))).toEqual([
      [Int32Array.of(0, 1), Int32Array.of(2, 3), Int32Array.of(4, 5)],
      [Int32Array.of(6, 7), Int32Array.of(8, 9), Int32Array.of(10, 11)],
    ]);
    expect(value([[true], [false]], datatypeOf("bool"))).toEqual([[true], [false]]);
    expect(value([["a", "b"]], stringType(1))).toEqual([["a", "b"]]);
    expect(value([[], []], datatypeOf("int8"))).toEqual([new Int8Array(0), new Int8Array(0)]);
    expect(value([], datatypeOf("int8"), [0, 3])).toEqual([]);
  });

  test("of arrays nests them in the elements", () => {
    expect(
      value(
        [
          [1, 2],
          [3, 4],
        ],
        arrayType("int8", [2]),
      ),
    ).toEqual([Int8Array.of(1, 2), Int8Array.of(3, 4)]);
    expect(value([[[true], [false]]], arrayType("bool", [2, 1]))).toEqual([[[true], [false]]]);
    expect(value([["a", "b"]], arrayType("string", [2]))).toEqual([["a", "b"]]);
    expect(value([[[1, 2]]], arrayType("complex64", [1]))).toEqual([[[1, 2]]]);
    expect(value([[{ a: 1 }]], arrayType(compoundType({ a: "int8" }), [1]))).toEqual([[{ a: 1 }]]);
  });

  test("of sequences is each one's array", () => {
    expect(value([[1], []], vlenType("int16"))).toEqual([Int16Array.of(1), new Int16Array(0)]);
    expect(value([[true, false]], vlenType("bool"), [1])).toEqual([[true, false]]);
    expect(value([["a"]], vlenType("string"), [1])).toEqual([["a"]]);
    expect(value([[{ a: 1 }]], vlenType(compoundType({ a: "int8" })), [1])).toEqual([[{ a: 1 }]]);
    expect(value([[[1], [2]]], vlenType(vlenType("int8")), [1])).toEqual([[Int8Array.of(1), Int8Array.of(2)]]);
    expect(value([[[{ b: true }]]], vlenType(vlenType(compoundType({ b: "bool" }))), [1])).toEqual([[[{ b: true }]]]);
  });

  test("follows int64 and strings", () => {
    const big = store(5n, datatypeOf("int64"));
    expect(loadValue(big, { int64: "number" })).toBe(5);
    expect(loadValue(big, { int64: "safe" })).toBe(5);
    expect(() => loadValue(store(2n ** 60n, datatypeOf("int64")), { int64: "safe" })).toThrow(
      expect.objectContaining({ code: "value" }),
    );
    expect(loadValue(store("é", stringType(2)), { strings: "latin1" })).toBe("Ã©");
    expect(loadValue(store("é", datatypeOf("string")), { strings: "bytes" })).toEqual(Uint8Array.of(0xc3, 0xa9));
  });
});

describe("value as", () => {
  const as = (name: ValueName, data: WriteData, datatype: Datatype, shape?: readonly number[]): unknown => {
    const stored = store(data, datatype, shape);
    return valueAs(name, stored.bytes.slice(), datatype, stored.shape, OPTIONS, stored.heap);
  };

  test("one element of any rank", () => {
    expect(as("number", 5, datatypeOf("int64"))).toBe(5);
    expect(as("number", [5], datatypeOf("float32"))).toBe(5);
    expect(as("number", [[5]], datatypeOf("uint8"))).toBe(5);
    expect(as("number", true, datatypeOf("bool"))).toBe(1);
    expect(as("bigint", [5], datatypeOf("int8"))).toBe(5n);
    expect(as("bigint", 2n ** 63n, datatypeOf("uint64"))).toBe(2n ** 63n);
    expect(as("boolean", [true], datatypeOf("bool"))).toBe(true);
    expect(as("boolean", 0, datatypeOf("int8"))).toBe(false);
    expect(as("string", [["x"]], datatypeOf("string"))).toBe("x");
    expect(as("string", "b", enumType({ a: 0, b: 1 }))).toBe("b");
    expect(as("number", [[3]], arrayType("int8", [1]))).toBe(3);
  });

  test("a list of a scalar or of rank 1", () => {
    expect(as("numbers", 5, datatypeOf("int64"))).toEqual([5]);
    expect(as("numbers", [1, 2], datatypeOf("float16"))).toEqual([1, 2]);
    expect(as("numbers", [], datatypeOf("float64"))).toEqual([]);
    expect(as("numbers", [[1, 2]], arrayType("int8", [2]), [])).toEqual([1, 2]);
    expect(as("strings", "a", datatypeOf("string"))).toEqual(["a"]);
    expect(as("strings", ["a", "b"], stringType(3))).toEqual(["a", "b"]);
    expect(as("strings", ["a"], enumType({ a: 0 }))).toEqual(["a"]);
  });

  test("what cannot be had exactly is an error with its index", () => {
    const refused = (name: ValueName, data: WriteData, datatype: Datatype, index: number): void => {
      expect(() => as(name, data, datatype), name).toThrow(expect.objectContaining({ code: "value", index }));
    };
    refused("number", 2n ** 53n, datatypeOf("int64"), 0);
    refused("numbers", [1n, 2n ** 60n], datatypeOf("int64"), 1);
    refused("bigint", 1.5, datatypeOf("float64"), 0);
    refused("boolean", 2, datatypeOf("int8"), 0);
    refused("string", 7, enumType({ a: 0 }), 0);
  });

  test("more or fewer elements, and other kinds of data, are refused", () => {
    const refused = (name: ValueName, data: WriteData, datatype: Datatype): void => {
      expect(() => as(name, data, datatype), name).toThrow(expect.objectContaining({ code: "usage" }));
    };
    refused("number", [1, 2], datatypeOf("int8"));
    refused("number", [], datatypeOf("int8"));
    refused("numbers", [[1]], datatypeOf("int8"));
    refused("strings", [["a"]], datatypeOf("string"));
    refused("number", "5", datatypeOf("string"));
    refused("string", 5, datatypeOf("int8"));
    refused("boolean", "true", datatypeOf("string"));
    refused("number", { a: 1 }, compoundType({ a: "int8" }));
    refused("numbers", Uint8Array.of(1), opaqueType(1));
    refused("dates" as ValueName, 1, datatypeOf("int8"));
  });
});
