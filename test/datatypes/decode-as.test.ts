import { describe, expect, test } from "vitest";
import type { NumericName } from "../../src/bytes/typed-arrays.js";
import {
  arrayType,
  compoundType,
  datatypeOf,
  enumType,
  opaqueType,
  stringType,
  vlenType,
} from "../../src/datatypes/datatype-input.js";
import type { Datatype } from "../../src/format/messages/datatype.js";
import { load, store } from "./memory-heap.js";

const NAMES: readonly NumericName[] = [
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "float32",
  "float64",
];

const time: Datatype = { kind: "time", size: 4, order: "le", precision: 32 };
const bits: Datatype = { kind: "bitfield", size: 2, order: "be", precision: 9, offset: 3, padding: [0, 0] };

describe("as a numeric type", () => {
  test("every numeric kind becomes every numeric type", () => {
    const sources: Datatype[] = [
      ...NAMES.map((name) => datatypeOf(name)),
      datatypeOf("float16be"),
      datatypeOf("bool"),
      enumType({ a: 1, b: 0 }, "uint16be"),
      time,
      bits,
    ];
    for (const datatype of sources) {
      const stored = store([0, 1, 1, 0], datatype);
      for (const as of NAMES) {
        const { data, kind, shape } = load(stored, { as });
        expect(Array.from(data as Int8Array, Number), `${datatype.kind} as ${as}`).toEqual([0, 1, 1, 0]);
        expect(data?.constructor.name.toLowerCase()).toBe(
          `${as.includes("64") && as.includes("int") ? "big" : ""}${as}array`,
        );
        expect(kind).toBe(as === "int64" || as === "uint64" ? "bigint" : "number");
        expect(shape).toEqual([4]);
      }
    }
  });

  test("an integer type takes integral values in its range only, and tells which one is not", () => {
    const refused = (data: number[] | bigint[], datatype: Datatype, as: NumericName, index: number): void => {
      expect(() => load(store(data, datatype), { as }), `${data} as ${as}`).toThrow(
        expect.objectContaining({ code: "value", index }),
      );
    };
    refused([1, 2, 1.5], datatypeOf("float64"), "int32", 2);
    refused([Number.NaN], datatypeOf("float32"), "int8", 0);
    refused([1, Number.POSITIVE_INFINITY], datatypeOf("float64"), "int64", 1);
    refused([127, 128], datatypeOf("int16"), "int8", 1);
    refused([0, -1], datatypeOf("int8"), "uint64", 1);
    refused([-1], datatypeOf("int64"), "uint32", 0);
    refused([2n ** 63n], datatypeOf("uint64"), "int64", 0);
    refused([2 ** 63], datatypeOf("float64"), "int64", 0);
    refused([1n, 2n ** 53n + 1n], datatypeOf("int64"), "int32", 1);
  });

  test("limits of the ranges fit", () => {
    expect(load(store([-(2 ** 63), 0], datatypeOf("float64")), { as: "int64" }).data).toEqual(
      BigInt64Array.of(-(2n ** 63n), 0n),
    );
    expect(load(store([4_294_967_295], datatypeOf("int64")), { as: "uint32" }).data).toEqual(
      Uint32Array.of(4_294_967_295),
    );
  });

  test("a float type rounds, and does not depend on int64", () => {
    const stored = store([2n ** 53n + 1n], datatypeOf("int64"));
    expect(load(stored, { as: "float64", int64: "safe" }).data).toEqual(Float64Array.of(2 ** 53));
    expect(load(store([0.1, 1e300], datatypeOf("float64")), { as: "float32" }).data).toEqual(
      Float32Array.of(0.1, Number.POSITIVE_INFINITY),
    );
    expect(load(stored, { as: "int64", int64: "number" }).data).toEqual(BigInt64Array.of(2n ** 53n + 1n));
  });

  test("arrays and complex numbers keep their own dimensions; errors count elements", () => {
    const pairs = store(
      [
        [1, 2],
        [3, 4],
        [5, 600],
      ],
      arrayType("int16", [2]),
    );
    expect(load(pairs, { as: "float32" })).toMatchObject({
      shape: [3, 2],
      stride: [2, 1],
      data: Float32Array.of(1, 2, 3, 4, 5, 600),
    });
    expect(() => load(pairs, { as: "uint8" })).toThrow(expect.objectContaining({ code: "value", index: 2 }));
    expect(load(store([[1, 2]], datatypeOf("complex128")), { as: "float32" })).toMatchObject({
      shape: [1, 2],
      data: Float32Array.of(1, 2),
    });
  });

  test("other kinds of data are named in the refusal", () => {
    const others: readonly [Datatype, Parameters<typeof store>[0], RegExp][] = [
      [datatypeOf("string"), ["a"], /strings/],
      [opaqueType(2), new Uint8Array(2), /opaque/],
      [compoundType({ a: "int8" }), [{ a: 1 }], /compound.*"a"/],
      [vlenType("int8"), [[1]], /variable-length/],
      [datatypeOf("object-reference"), [null], /object references/],
      [arrayType("string", [1]), [["a"]], /arrays of strings/],
    ];
    for (const [datatype, data, words] of others) {
      expect(() => load(store(data, datatype), { as: "float64" })).toThrow(words);
      expect(() => load(store(data, datatype), { as: "float64" })).toThrow(expect.objectContaining({ code: "usage" }));
    }
    expect(() => load(store([1], time), { as: "float16" as "float32" })).toThrow(
      expect.objectContaining({ code: "usage" }),
    );
  });
});

describe("as strings", () => {
  test("strings and names of enumerations", () => {
    expect(load(store(["a", ""], datatypeOf("string")), { as: "string" })).toMatchObject({
      kind: "string",
      data: ["a", ""],
    });
    expect(load(store(["b", "a"], enumType({ a: 1, b: -7 })), { as: "string" })).toMatchObject({
      kind: "string",
      data: ["b", "a"],
    });
    expect(load(store([true], datatypeOf("bool")), { as: "string" }).data).toEqual(["TRUE"]);
    const arrays = store([["a", "b"]], arrayType(stringType(1), [2]));
    expect(load(arrays, { as: "string" })).toMatchObject({ shape: [1, 2], data: ["a", "b"] });
    expect(load(store(Uint8Array.of(0xe9), datatypeOf("uint8")), {}).kind).toBe("number");
  });

  test("a value without a name is an error, numbers are another kind of data", () => {
    expect(() => load(store([1, 3], enumType({ a: 1 })), { as: "string" })).toThrow(
      expect.objectContaining({ code: "value", index: 1 }),
    );
    expect(() => load(store([1], datatypeOf("int8")), { as: "string" })).toThrow(
      expect.objectContaining({ code: "usage" }),
    );
    expect(() => load(store(["a"], datatypeOf("string")), { as: "string", strings: "bytes" })).toThrow(
      expect.objectContaining({ code: "usage" }),
    );
  });
});

describe("into", () => {
  test("fixes the type and is returned", () => {
    const into = new Float32Array(3);
    const result = load(store([1, 2, 3], datatypeOf("int64")), { into });
    expect(result.data).toBe(into);
    expect(into).toEqual(Float32Array.of(1, 2, 3));
    const same = new Int16Array(2);
    expect(load(store([5, 6], datatypeOf("int16")), { into: same }).data).toBe(same);
    expect(same).toEqual(Int16Array.of(5, 6));
    expect(load(store([5, 6], datatypeOf("int16")), { into: same, as: "int16" }).data).toBe(same);
  });

  test("must have exactly the count, be a typed array, and agree with as", () => {
    const stored = store([1, 2, 3], datatypeOf("int16"));
    const usage = expect.objectContaining({ code: "usage" });
    expect(() => load(stored, { into: new Int16Array(4) })).toThrow(usage);
    expect(() => load(stored, { into: new Int16Array(2) })).toThrow(usage);
    expect(() => load(stored, { into: [0, 0, 0] as unknown as Int16Array<ArrayBuffer> })).toThrow(usage);
    expect(() =>
      load(stored, { into: new DataView(new ArrayBuffer(6)) as unknown as Int16Array<ArrayBuffer> }),
    ).toThrow(usage);
    expect(() => load(stored, { into: new Int16Array(3), as: "float32" })).toThrow(usage);
    expect(() => load(stored, { into: new Int16Array(3), as: "string" })).toThrow(usage);
    expect(() => load(stored, { into: new Uint8Array(6), raw: true })).toThrow(usage);
    expect(() => load(store(["a"], datatypeOf("string")), { into: new Uint8Array(1) })).toThrow(usage);
  });
});
