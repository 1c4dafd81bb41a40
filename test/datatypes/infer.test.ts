import { describe, expect, test } from "vitest";
import {
  arrayType,
  compoundType,
  type DatatypeInput,
  datatypeOf,
  sameDatatype,
} from "../../src/datatypes/datatype-input.js";
import { inferType } from "../../src/datatypes/infer.js";
import { columns, type WriteData } from "../../src/datatypes/values.js";
import { load, store } from "./memory-heap.js";

const ref = { kind: "object-reference", address: 96, file: undefined } as const;

function expectType(value: WriteData, datatype: DatatypeInput, shape: readonly number[]): void {
  const inferred = inferType(value);
  expect(inferred.datatype).toEqual(datatypeOf(datatype));
  expect(sameDatatype(inferred.datatype, datatypeOf(datatype))).toBe(true);
  expect(inferred.shape).toEqual(shape);
  expect(inferred.dataspace).toBe(shape.length === 0 ? "scalar" : "simple");
}

/** Has it Float16Array? Node 20 has none: then one with its name stands in. */
class Float16Like extends Float32Array {
  override get [Symbol.toStringTag](): "Float32Array" {
    return "Float16Array" as "Float32Array"; // what the real one says
  }
}

describe("a value becomes", () => {
  test("float64, whatever the number", () => {
    for (const number of [0, 1, -1, 1.5, 2 ** 40, Number.NaN, Number.POSITIVE_INFINITY])
      expectType(number, "float64", []);
    expectType([1, 2, 3], "float64", [3]);
  });

  test("int64 of a bigint, and bool of a boolean", () => {
    expectType(5n, "int64", []);
    expectType([5n, -5n], "int64", [2]);
    expectType(true, "bool", []);
    expectType([true, false], "bool", [2]);
  });

  test("a variable UTF-8 string", () => {
    expectType("", "string", []);
    expectType(["a", "é"], "string", [2]);
  });

  test("of a typed array its own type, little-endian", () => {
    expectType(new Int8Array(2), "int8", [2]);
    expectType(new Uint8Array(0), "uint8", [0]);
    expectType(new Int16Array(1), "int16", [1]);
    expectType(new Uint16Array(1), "uint16", [1]);
    expectType(new Int32Array(1), "int32", [1]);
    expectType(new Uint32Array(1), "uint32", [1]);
    expectType(new Float32Array(1), "float32", [1]);
    expectType(new Float64Array(1), "float64", [1]);
    expectType(new BigInt64Array(1), "int64", [1]);
    expectType(new BigUint64Array(1), "uint64", [1]);
    expectType(Buffer.from("ab"), "uint8", [2]);
    expectType(new Uint8ClampedArray(2), "uint8", [2]);
    expectType(new Float16Like(2), "float16", [2]);
  });

  test("of nested arrays their rank", () => {
    expectType(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      "float64",
      [2, 3],
    );
    expectType([[["a"]]], "string", [1, 1, 1]);
    expectType([new Int16Array(3), new Int16Array(3)], "int16", [2, 3]);
  });

  test("a compound of a plain object or a Map, members in insertion order", () => {
    const type = compoundType({ b: "float64", a: "string", c: "bool", n: "int64", r: "object-reference" });
    expectType({ b: 1, a: "x", c: true, n: 1n, r: ref }, type, []);
    expectType(
      new Map<string, WriteData>([
        ["b", 1],
        ["a", "x"],
        ["c", true],
        ["n", 1n],
        ["r", ref],
      ]),
      type,
      [],
    );
    expectType([{ a: 1 }, { a: 2 }], compoundType({ a: "float64" }), [2]);
    expectType(Object.assign(Object.create(null), { a: 1 }), compoundType({ a: "float64" }), []);
    expectType(
      { v: [1, 2], t: new Int8Array(3), i: { x: 1 } },
      compoundType({
        v: arrayType("float64", [2]),
        t: arrayType("int8", [3]),
        i: compoundType({ x: "float64" }),
      }),
      [],
    );
  });

  test("of columns a compound, one row per entry", () => {
    const data = columns({
      x: new Float32Array(2),
      label: ["a", "b"],
      p: [
        [1, 2],
        [3, 4],
      ],
    });
    expectType(data, compoundType({ x: "float32", label: "string", p: arrayType("float64", [2]) }), [2]);
  });

  test("of compound data that were read, a compound of what the columns hold", () => {
    const type = compoundType({
      n: "int16be",
      s: "string",
      r: "object-reference",
      q: arrayType("float32", [2]),
      in: compoundType({ z: "int8" }),
    });
    const rows = [
      { n: 1, s: "a", r: null, q: [1, 2], in: { z: 1 } },
      { n: 2, s: "b", r: null, q: [3, 4], in: { z: 2 } },
    ];
    const expected = compoundType({
      n: "int16",
      s: "string",
      r: "object-reference",
      q: arrayType("float32", [2]),
      in: compoundType({ z: "int8" }),
    });
    expectType(load(store(rows, type)), expected, [2]);
    expectType(load(store(rows, type, [2, 1])), expected, [2, 1]);
    const alone = load(store(rows, type, [1, 2])).data as WriteData;
    expect(inferType(alone).shape).toEqual([2]);
  });

  test("of an n-dimensional array the type of its data", () => {
    expectType({ data: new Int16Array(6), shape: [3, 2], stride: [1, 3] }, "int16", [3, 2]);
    expectType({ data: ["a", "b"], shape: [2], stride: [1] }, "string", [2]);
    expectType({ data: new Int16Array(1), shape: [], stride: [] }, "int16", []);
  });

  test("a reference type", () => {
    expectType(ref, "object-reference", []);
    expectType([ref, null], "object-reference", [2]);
    expectType(
      { kind: "region-reference", address: 8, file: undefined, selection: undefined } as never,
      "region-reference",
      [],
    );
    const attribute = { kind: "attribute-reference", address: 8, file: undefined, name: "a" } as const;
    expect(inferType([attribute, null])).toMatchObject({
      datatype: { kind: "reference", size: 18, to: "object", revised: true },
      shape: [2],
    });
  });
});

describe("without a datatype, there is none for", () => {
  class Point {
    x = 1;
  }
  class Handle {
    readonly kind = "dataset";
    readonly reference = ref;
  }
  const handle = new Handle();
  test.each<[string, unknown, RegExp]>([
    ["null", null, /datatype/],
    ["an empty array", [], /datatype/],
    ["empty rows", [[], []], /datatype/],
    ["numbers and strings", [1, "a"], /mixes number and, at element 1, string/],
    ["numbers and bigints", [1, 1n], /mixes/],
    ["numbers and null", [1, null], /null/],
    ["only nulls", [null], /null/],
    ["rows of two types", [new Int8Array(1), new Int16Array(1)], /mixes arrays/],
    ["typed and plain rows", [new Int8Array(1), [1]], /mixes arrays/],
    ["rows of different lengths", [[1], [1, 2]], /unevenly.*vlen/s],
    ["rows and values", [[1], 2], /unevenly|nested/],
    ["values and rows", [1, [2]], /evenly|nesting/],
    ["undefined", undefined, /undefined/],
    ["a hole", new Array(2), /undefined/],
    ["a Date", new Date(0), /Date.*toISOString/],
    ["an ArrayBuffer", new ArrayBuffer(8), /ArrayBuffer.*Uint8Array/],
    ["a DataView", new DataView(new ArrayBuffer(8)), /DataView/],
    ["a handle", handle, /dataset.*\.reference/],
    ["a class instance", new Point(), /Point/],
    ["a function", () => 1, /function/],
    ["a symbol", Symbol("s"), /symbol/],
    ["a promise", Promise.resolve(1), /promise/],
    ["an object with an empty array", { a: [] }, /empty/],
    ["an object with null", { a: null }, /datatype|null/],
    ["an object without members", {}, /members/],
    ["objects with other members", [{ a: 1 }, { b: 1 }], /"b"/],
    ["objects with more members", [{ a: 1 }, { a: 1, b: 1 }], /members/],
    ["objects with members of other types", [{ a: 1 }, { a: "x" }], /"a".*another type/],
    ["a Map with other keys", new Map([[1, 2]]), /key/],
    ["a shape beyond the data", { data: new Int8Array(3), shape: [4], stride: [1] }, /reaches entry 3/],
    ["a negative stride", { data: new Int8Array(3), shape: [3], stride: [-1] }, /stride/],
    ["a shape without strides", { data: new Int8Array(3), shape: [3], stride: [] }, /stride/],
    ["sequences in an n-dimensional array", { data: [[1], [2, 3]], shape: [2], stride: [1] }, /array/],
  ])("%s", (_, value, words) => {
    expect(() => inferType(value as WriteData)).toThrow(expect.objectContaining({ code: "usage" }));
    expect(() => inferType(value as WriteData)).toThrow(words);
  });

  test("circles", () => {
    const list: unknown[] = [];
    list.push(list);
    const object: Record<string, unknown> = {};
    object.self = object;
    for (const circle of [list, object]) {
      expect(() => inferType(circle as WriteData)).toThrow(expect.objectContaining({ code: "usage" }));
    }
  });
});
