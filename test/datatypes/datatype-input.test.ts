import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  arrayType,
  compoundType,
  type DatatypeInput,
  type DatatypeName,
  datatypeOf,
  enumType,
  isComplex,
  opaqueType,
  sameDatatype,
  stringType,
  vlenType,
  withAddressSize,
} from "../../src/datatypes/datatype-input.js";
import { isHdf5Error } from "../../src/errors.js";
import type { Datatype } from "../../src/format/messages/datatype.js";

function deeplyFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(deeplyFrozen);
}

const NAMES: readonly DatatypeName[] = [
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
  "float16",
  "bfloat16",
  "bool",
  "string",
  "ascii",
  "complex64",
  "complex128",
  "object-reference",
  "region-reference",
];

describe("datatypeOf", () => {
  test("every name is a frozen datatype, the same object each time", () => {
    for (const name of NAMES) {
      expect(deeplyFrozen(datatypeOf(name)), name).toBe(true);
      expect(datatypeOf(name)).toBe(datatypeOf(name));
    }
  });

  test("float64 is laid out as H5T_IEEE_F64LE", () => {
    expect(datatypeOf("float64")).toEqual({
      kind: "float",
      size: 8,
      order: "le",
      precision: 64,
      offset: 0,
      sign: 63,
      exponent: [52, 11],
      mantissa: [0, 52],
      bias: 1023,
      normalization: "implied",
      padding: [0, 0, 0],
    });
  });

  test("float16, bfloat16 and float32be have the fields of their standards", () => {
    expect(datatypeOf("float16")).toMatchObject({ size: 2, sign: 15, exponent: [10, 5], mantissa: [0, 10], bias: 15 });
    expect(datatypeOf("bfloat16")).toMatchObject({ size: 2, sign: 15, exponent: [7, 8], mantissa: [0, 7], bias: 127 });
    expect(datatypeOf("float32be")).toMatchObject({
      size: 4,
      order: "be",
      exponent: [23, 8],
      mantissa: [0, 23],
      bias: 127,
    });
  });

  test("integers have full precision and their byte order", () => {
    expect(datatypeOf("uint16be")).toEqual({
      kind: "integer",
      size: 2,
      order: "be",
      precision: 16,
      offset: 0,
      padding: [0, 0],
      signed: false,
    });
    expect(datatypeOf("int64")).toMatchObject({ size: 8, order: "le", precision: 64, signed: true });
  });

  test("bool is h5py's enumeration over int8", () => {
    expect(datatypeOf("bool")).toMatchObject({
      kind: "enum",
      size: 1,
      boolean: true,
      base: datatypeOf("int8"),
      members: [
        { name: "FALSE", value: 0 },
        { name: "TRUE", value: 1 },
      ],
    });
  });

  test("complex128 is a compound of r and i", () => {
    const datatype = datatypeOf("complex128");
    expect(datatype).toMatchObject({ kind: "compound", size: 16 });
    expect(isComplex(datatype)).toBe(true);
    expect(isComplex(datatypeOf("complex64"))).toBe(true);
    expect(isComplex(compoundType({ i: "float64", r: "float64" }))).toBe(false);
    expect(isComplex(compoundType({ r: "float64", i: "float32" }))).toBe(false);
    expect(isComplex(compoundType({ r: "int32", i: "int32" }))).toBe(false);
    expect(isComplex(datatypeOf({ kind: "complex", size: 8, base: datatypeOf("float32") }))).toBe(true);
  });

  test("strings are variable, references have the sizes of their classes", () => {
    expect(datatypeOf("string")).toMatchObject({
      size: 16,
      length: "variable",
      padding: "null-terminated",
      charset: "utf-8",
    });
    expect(datatypeOf("ascii")).toMatchObject({ length: "variable", charset: "ascii" });
    expect(datatypeOf("object-reference")).toEqual({ kind: "reference", size: 8, to: "object", revised: false });
    expect(datatypeOf("region-reference")).toMatchObject({ size: 12, to: "region" });
  });

  test("a committed datatype's handle gives its datatype with the reference", () => {
    const reference = { kind: "object-reference", address: 800, file: undefined } as const;
    const datatype = datatypeOf({ kind: "datatype", datatype: datatypeOf("int16"), reference });
    expect(datatype).toEqual({ ...datatypeOf("int16"), committed: reference });
    expect(deeplyFrozen(datatype)).toBe(true);
    expect(sameDatatype(datatype, datatypeOf("int16"))).toBe(true);
  });

  test("a datatype object is copied and frozen", () => {
    const mine: Datatype = { ...datatypeOf("int32") };
    const datatype = datatypeOf(mine);
    expect(datatype).toEqual(mine);
    expect(deeplyFrozen(datatype)).toBe(true);
    expect(Object.isFrozen(mine)).toBe(false);
  });

  test("unknown names and inconsistent objects are refused", () => {
    const int32 = datatypeOf("int32");
    const bad: unknown[] = [
      "float",
      "uint",
      "int24",
      "float8",
      "ufloat32",
      "bool2",
      "stringbe",
      "",
      "__proto__",
      "constructor",
      null,
      undefined,
      4,
      {},
      [],
      { ...int32, precision: 33 },
      { ...int32, offset: 1 },
      { ...int32, size: 0 },
      { ...int32, order: "vax" },
      { ...datatypeOf("float32"), exponent: [20, 8] },
      { ...datatypeOf("float32"), sign: 32 },
      { kind: "array", size: 12, base: int32, shape: [4] },
      { kind: "compound", size: 4, members: [] },
      { kind: "compound", size: 4, members: [{ name: "a", offset: 2, datatype: int32 }] },
      {
        kind: "compound",
        size: 8,
        members: [
          { name: "a", offset: 0, datatype: int32 },
          { name: "b", offset: 2, datatype: int32 },
        ],
      },
      {
        kind: "compound",
        size: 8,
        members: [
          { name: "a", offset: 0, datatype: int32 },
          { name: "a", offset: 4, datatype: int32 },
        ],
      },
      { kind: "enum", size: 4, base: datatypeOf("float32"), members: [{ name: "a", value: 0 }], boolean: false },
      { kind: "enum", size: 1, base: datatypeOf("int8"), members: [{ name: "a", value: 128 }], boolean: false },
      { kind: "string", size: 4, length: 5, padding: "null-padded", charset: "utf-8" },
      { kind: "string", size: 4, length: 4, padding: "none", charset: "utf-8" },
      { kind: "complex", size: 8, base: int32 },
      { kind: "unheard-of", size: 1 },
    ];
    for (const input of bad) {
      let thrown: unknown;
      try {
        datatypeOf(input as DatatypeInput);
      } catch (error) {
        thrown = error;
      }
      expect(isHdf5Error(thrown, "usage"), JSON.stringify(input) ?? "undefined").toBe(true);
    }
  });

  test("whatever is changed in a datatype object, it is consistent or refused", () => {
    const types = [
      ...NAMES.map(datatypeOf),
      arrayType("int8", [2]),
      vlenType("int8"),
      opaqueType(2),
      compoundType({ a: "float32" }),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.nat(),
        fc.anything({ withBigInt: true, withNullPrototype: true }),
        (type, at, value) => {
          const entries = Object.entries(type);
          const [key] = entries[at % entries.length] as [string, unknown];
          try {
            expect(deeplyFrozen(datatypeOf({ ...type, [key]: value } as Datatype))).toBe(true);
          } catch (error) {
            if (!isHdf5Error(error, "usage")) throw error;
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("a datatype that contains itself is refused", () => {
    const circle = { kind: "vlen", size: 16, base: undefined as unknown } as { base: unknown };
    circle.base = circle;
    expect(() => datatypeOf(circle as Datatype)).toThrow(expect.objectContaining({ code: "usage" }));
  });
});

describe("builders", () => {
  test("a fixed string is null-padded UTF-8, a variable one null-terminated", () => {
    expect(stringType(16)).toEqual({ kind: "string", size: 16, length: 16, padding: "null-padded", charset: "utf-8" });
    expect(stringType("variable", { charset: "ascii" })).toEqual({
      kind: "string",
      size: 16,
      length: "variable",
      padding: "null-terminated",
      charset: "ascii",
    });
    expect(() => stringType(0)).toThrow(expect.objectContaining({ code: "usage" }));
    expect(() => stringType(1.5)).toThrow(expect.objectContaining({ code: "usage" }));
  });

  test("compound members follow each other, or are aligned as C does", () => {
    const members = { a: "int8", b: "float64", c: "int16" } as const;
    const offsets = (datatype: Datatype): unknown =>
      datatype.kind === "compound" ? [datatype.size, datatype.members.map(({ offset }) => offset)] : undefined;
    expect(offsets(compoundType(members))).toEqual([11, [0, 1, 9]]);
    expect(offsets(compoundType(members, { aligned: true }))).toEqual([24, [0, 8, 16]]);
    expect(offsets(compoundType({ a: "int8", s: "string" }, { aligned: true }))).toEqual([24, [0, 8]]);
    expect(
      offsets(
        compoundType(
          new Map([
            ["z", "int8"],
            ["__proto__", "int8"],
          ] as const),
        ),
      ),
    ).toEqual([2, [0, 1]]);
    expect(() => compoundType({})).toThrow(expect.objectContaining({ code: "usage" }));
    expect(() => compoundType({ "": "int8" })).toThrow(expect.objectContaining({ code: "usage" }));
    for (const half of ["\ud800", "\udce9", "a\udd00"]) {
      expect(() => compoundType({ [half]: "int8" })).toThrow(expect.objectContaining({ code: "usage" }));
      expect(() => enumType({ [half]: 1 })).toThrow(expect.objectContaining({ code: "usage" }));
      expect(() => opaqueType(1, half)).toThrow(expect.objectContaining({ code: "usage" }));
    }
  });

  test("an enumeration without a base takes int8, or the narrowest signed integer that holds its values", () => {
    expect(enumType({ a: 0, b: 127 })).toMatchObject({ size: 1, base: datatypeOf("int8"), boolean: false });
    expect(enumType({ a: 0, b: 128 })).toMatchObject({ size: 2, base: datatypeOf("int16") });
    expect(enumType({ a: -40_000 })).toMatchObject({ base: datatypeOf("int32") });
    expect(enumType({ a: 2n ** 40n })).toMatchObject({
      base: datatypeOf("int64"),
      members: [{ name: "a", value: 2 ** 40 }],
    });
    expect(enumType({ a: 2n ** 62n })).toMatchObject({ members: [{ name: "a", value: 2n ** 62n }] });
    expect(enumType({ a: 200 }, "uint8")).toMatchObject({ base: datatypeOf("uint8") });
  });

  test("an enumeration of FALSE and TRUE over int8 is the boolean one", () => {
    expect(enumType({ FALSE: 0, TRUE: 1 })).toEqual(datatypeOf("bool"));
    expect(enumType({ FALSE: 0, TRUE: 1 }, "int16")).toMatchObject({ boolean: false });
    expect(enumType({ FALSE: 1, TRUE: 0 })).toMatchObject({ boolean: false });
  });

  test("values that are shared, too large or no integers are refused", () => {
    for (const members of [{}, { a: 1, b: 1 }, { a: 1.5 }, { a: Number.NaN }, { a: 2n ** 63n }]) {
      expect(() => enumType(members)).toThrow(expect.objectContaining({ code: "usage" }));
    }
    expect(() => enumType({ a: -1 }, "uint8")).toThrow(expect.objectContaining({ code: "usage" }));
    expect(() => enumType({ a: 1 }, "float64")).toThrow(expect.objectContaining({ code: "usage" }));
  });

  test("arrays, sequences and opaque types have the sizes of their elements", () => {
    expect(arrayType("int16", [2, 3])).toEqual({ kind: "array", size: 12, base: datatypeOf("int16"), shape: [2, 3] });
    expect(vlenType("int16")).toEqual({ kind: "vlen", size: 16, base: datatypeOf("int16") });
    expect(opaqueType(5, "tag")).toEqual({ kind: "opaque", size: 5, tag: "tag" });
    for (const shape of [[], [0], [1.5], [-1], [2 ** 20, 2 ** 20]]) {
      expect(() => arrayType("int16", shape)).toThrow(expect.objectContaining({ code: "usage" }));
    }
    expect(() => opaqueType(0)).toThrow(expect.objectContaining({ code: "usage" }));
    expect(() => opaqueType(1, "x".repeat(256))).toThrow(expect.objectContaining({ code: "usage" }));
  });

  test("types in a file with short addresses have short heap references", () => {
    expect(withAddressSize(datatypeOf("string"), 4).size).toBe(12);
    expect(withAddressSize(datatypeOf("int32"), 4)).toBe(datatypeOf("int32"));
    expect(withAddressSize(datatypeOf("object-reference"), 4).size).toBe(8);
    const nested = compoundType({ a: "int8", b: arrayType(vlenType("string"), [2]), c: "int8" });
    expect(withAddressSize(nested, 8)).toBe(nested);
    expect(withAddressSize(nested, 4)).toMatchObject({
      size: 26,
      members: [{ offset: 0 }, { offset: 1 }, { offset: 25 }],
    });
  });
});

describe("sameDatatype", () => {
  test("tells what is stored differently", () => {
    const types: Datatype[] = [
      ...NAMES.map(datatypeOf),
      datatypeOf("int16be"),
      datatypeOf("float64be"),
      stringType(8),
      stringType(8, { padding: "space-padded" }),
      stringType(8, { charset: "ascii" }),
      opaqueType(8),
      opaqueType(8, "t"),
      arrayType("int8", [8]),
      arrayType("int8", [2, 4]),
      vlenType("int8"),
      vlenType("int16"),
      enumType({ a: 1 }),
      enumType({ b: 1 }),
      enumType({ a: 2 }),
      compoundType({ a: "int8" }),
      compoundType({ b: "int8" }),
      compoundType({ a: "uint8" }),
    ];
    for (const [i, a] of types.entries()) {
      for (const [j, b] of types.entries()) expect(sameDatatype(a, b), `${i} ${j}`).toBe(i === j);
    }
  });

  test("the byte order of one-byte numbers does not count", () => {
    expect(sameDatatype(datatypeOf("int8be"), datatypeOf("int8"))).toBe(true);
  });
});
