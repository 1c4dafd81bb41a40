import { describe, expect, test } from "vitest";
import { Cursor } from "../../../src/bytes/cursor.js";
import { sameDatatype } from "../../../src/datatypes/datatype-facts.js";
import { datatypeOf } from "../../../src/datatypes/datatype-input.js";
import { Hdf5FormatError, Hdf5LimitError, Hdf5UnsupportedError, Hdf5UsageError } from "../../../src/errors.js";
import { type Datatype, decodeDatatype } from "../../../src/format/messages/datatype.js";
import { encodeDatatype } from "../../../src/format/messages/datatype-encode.js";
import { hex } from "../hex.js";
import { cursor, written } from "./decoding.js";

const decode = (text: string): Datatype => decodeDatatype(cursor(text));
const encode = (datatype: Datatype): Uint8Array => written((out) => encodeDatatype(out, datatype));

const INT32 = "10 08 00 00  04000000  0000 2000";
const UINT8 = "10 00 00 00  01000000  0000 0800";
const DOUBLE = "11 20 3f 00  08000000  0000 4000  34 0b 00 34  ff030000";
const int32: Datatype = {
  kind: "integer",
  size: 4,
  order: "le",
  precision: 32,
  offset: 0,
  padding: [0, 0],
  signed: true,
};

describe("datatype message", () => {
  test("integers and floats say where their bits are", () => {
    expect(decode(INT32)).toEqual(int32);
    expect(decode("10 0f 00 00  03000000  0300 1100")).toMatchObject({
      order: "be",
      padding: [1, 1],
      signed: true,
      offset: 3,
      precision: 17,
    });
    expect(decode(DOUBLE)).toEqual({
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

  test("VAX order is neither little nor big, and known since version 3", () => {
    const vax = "31 61 3f 00  08000000  0000 4000  34 0b 00 34  01040000";
    const datatype = decode(vax);
    expect(datatype).toMatchObject({ kind: "float", order: "vax" });
    expect(encode(datatype)).toEqual(hex(vax));
    // libhdf5 ignores the bit in older versions.
    expect(decode(vax.replace("31 61", "11 61"))).toMatchObject({ order: "be" });
    expect(() => decode(vax.replace("31 61", "31 60"))).toThrow("byte order is a reserved one");
  });

  test("members of version-1 compounds have padded names and dimensions of their own", () => {
    const none = "00 000000 00000000 00000000 00000000 00000000 00000000 00000000";
    const twoByThree = "02 000000 00000000 00000000 02000000 03000000 00000000 00000000";
    const datatype = decode(`16 02 00 00  1c000000
      "x" 00 000000000000  00000000 ${none} ${INT32}
      "eight by" 00 00000000000000 04000000 ${twoByThree} ${INT32}`);
    expect(datatype).toEqual({
      kind: "compound",
      size: 28,
      members: [
        { name: "x", offset: 0, datatype: int32 },
        { name: "eight by", offset: 4, datatype: { kind: "array", size: 24, base: int32, shape: [2, 3] } },
      ],
    });
  });

  test("version-2 compounds pad names, and have no dimensions; version 3 does neither", () => {
    const expected = { kind: "compound", size: 300, members: [{ name: "x", offset: 260, datatype: int32 }] };
    expect(decode(`26 01 00 00  2c010000  "x" 00 000000000000  04010000 ${INT32}`)).toEqual(expected);
    const version3 = `36 01 00 00  2c010000  "x" 00  0401 ${INT32}`;
    expect(decode(version3)).toEqual(expected);
    expect(encode(decode(version3))).toEqual(hex(version3));
  });

  test("arrays have a permutation that means nothing before version 3", () => {
    const array = { kind: "array", size: 24, base: int32, shape: [2, 3] };
    const old = `2a 00 00 00  18000000  02 000000  02000000 03000000  00000000 01000000 ${INT32}`;
    expect(decode(old)).toEqual(array);
    expect(encode(decode(old))).toEqual(hex(`3a 00 00 00  18000000  02  02000000 03000000 ${INT32}`));
  });

  test("an enumeration lists its names, then its values in the base type's order", () => {
    const text = `38 03 00 00  02000000  10 09 00 00 02000000 0000 1000  "a" 00 "bc" 00 "d" 00  fffe 012c 0007`;
    const datatype = decode(text);
    expect(datatype).toMatchObject({
      boolean: false,
      members: [
        { name: "a", value: -2 },
        { name: "bc", value: 300 },
        { name: "d", value: 7 },
      ],
    });
    expect(encode(datatype)).toEqual(hex(text));
    expect(decode(`18 01 00 00  01000000 ${UINT8}  "name" 00 000000  ff`)).toMatchObject({
      members: [{ name: "name", value: 255 }],
    });
  });

  test("values that no number holds exactly are bigints, the others numbers", () => {
    const base = "10 00 00 00  08000000  0000 4000";
    const datatype = decode(`38 02 00 00  08000000 ${base}  "a" 00 "b" 00  ffffffffffff1f00  0000000000002000`);
    expect(datatype).toMatchObject({ members: [{ value: 2 ** 53 - 1 }, { value: 2n ** 53n }] });
  });

  test.each([
    ['"FALSE" 00 "TRUE" 00 00 01', true],
    ['"TRUE" 00 "FALSE" 00 01 00', true],
    ['"FALSE" 00 "TRUE" 00 01 00', false],
    ['"false" 00 "true" 00 00 01', false],
  ])("the enumeration %s over a byte: boolean is %s", (members, boolean) => {
    expect(decode(`38 02 00 00  01000000 10 08 00 00 01000000 0000 0800 ${members}`)).toMatchObject({ boolean });
  });

  test("strings have a length and padding, or are of variable length", () => {
    expect(decode("13 11 00 00  05000000")).toEqual({
      kind: "string",
      size: 5,
      length: 5,
      padding: "null-padded",
      charset: "utf-8",
    });
    const variable = `19 01 01 00  10000000 ${UINT8}`;
    expect(decode(variable)).toEqual({
      kind: "string",
      size: 16,
      length: "variable",
      padding: "null-terminated",
      charset: "utf-8",
    });
    expect(encode(decode(variable))).toEqual(hex(variable));
  });

  test("old references are to objects and regions; revised ones have version 4, and so has what holds them", () => {
    expect(decode("17 00 00 00  08000000")).toEqual({ kind: "reference", size: 8, to: "object", revised: false });
    expect(decode("17 01 00 00  0c000000")).toMatchObject({ to: "region", revised: false });
    const revised = "47 14 00 00  40000000";
    expect(decode(revised)).toEqual({ kind: "reference", size: 64, to: "attribute", revised: true });
    const compound = `46 01 00 00  40000000 "r" 00 00 ${revised}`;
    expect(encode(decode(compound))).toEqual(hex(compound));
    expect(() => decode("37 14 00 00  40000000")).toThrow("reference type is 4 in version 3");
    expect(() => decode("47 24 00 00  40000000")).toThrow(Hdf5UnsupportedError);
    expect(() => encode({ kind: "reference", size: 8, to: "attribute", revised: false })).toThrow(Hdf5UsageError);
  });

  test("complex numbers are two of one float, version 5", () => {
    const complex = `5b 01 00 00  10000000 ${DOUBLE}`;
    expect(decode(complex)).toMatchObject({ kind: "complex", size: 16, base: { kind: "float", size: 8 } });
    expect(encode(decode(complex))).toEqual(hex(complex));
    const vlen = `59 00 00 00  10000000 ${complex}`;
    expect(encode(decode(vlen))).toEqual(hex(vlen));
    expect(() => decode(complex.replace("5b 01", "5b 03"))).toThrow(Hdf5UnsupportedError);
    expect(() => decode(complex.replace("10000000", "18000000"))).toThrow("is not half of it");
  });

  test("the tag of an opaque type is padded with NUL, and need not end with one", () => {
    const full = '15 08 00 00  07000000 "12345678"';
    expect(decode(full)).toEqual({ kind: "opaque", size: 7, tag: "12345678" });
    expect(encode(decode(full))).toEqual(hex(full));
    expect(decode('15 08 00 00  07000000 "abc" 0000000000')).toMatchObject({ tag: "abc" });
    expect(() => encode({ kind: "opaque", size: 1, tag: "x".repeat(249) })).toThrow(Hdf5UsageError);
  });

  test("names and tags that are no UTF-8 show U+FFFD and keep every byte", () => {
    const names = ['"a" c3a9 e9 00', '"a" c3a9 e8 00', '"a" efbfbd 00', '"plain" 00'];
    const stored = `38 040000 01000000 ${UINT8} ${names.join(" ")} 00 01 02 03`;
    const type = decode(stored) as Datatype & { kind: "enum" };
    expect(type.members).toEqual([
      { name: "aé\ufffd", nameLatin1: "a\xc3\xa9\xe9", value: 0 },
      { name: "aé\ufffd", nameLatin1: "a\xc3\xa9\xe8", value: 1 },
      { name: "a\ufffd", value: 2 },
      { name: "plain", value: 3 },
    ]);
    expect(encode(type)).toEqual(hex(stored));
    expect(encode(datatypeOf(type))).toEqual(hex(stored));
    const tag = decode('15 080000 01000000 "abcdefg" e9');
    expect(tag).toEqual({ kind: "opaque", size: 1, tag: "abcdefg\ufffd", tagLatin1: "abcdefg\xe9" });
    expect(encode(tag)).toEqual(hex('15 080000 01000000 "abcdefg" e9'));
    expect(sameDatatype(tag, decode('15 080000 01000000 "abcdefg" e8'))).toBe(false);
    expect(sameDatatype(type, decode(stored.replace("a9 e8", "a9 ea")))).toBe(false);
    // Of a member that was named anew, the bytes of the old name are none.
    const members = type.members.map((member, i) => ({ ...member, name: `n${i}` }));
    expect(decodeDatatype(new Cursor(encode({ ...type, members }), "datatype message"))).toMatchObject({
      members: [{ name: "n0" }, { name: "n1" }, { name: "n2" }, { name: "n3" }],
    });
  });

  test("names of members may be those of JavaScript's own properties", () => {
    const text = `36 02 00 00  08000000 "__proto__" 00 00 ${INT32} "constructor" 00 04 ${INT32}`;
    const datatype = decode(text);
    expect(datatype.kind === "compound" && datatype.members.map(({ name }) => name)).toEqual([
      "__proto__",
      "constructor",
    ]);
    expect(encode(datatype)).toEqual(hex(text));
  });

  test("what was decoded is frozen throughout", () => {
    const isDeeplyFrozen = (value: unknown): boolean =>
      typeof value !== "object" ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen));
    const inner = `3a 00 00 00  08000000  01 01000000 ${DOUBLE}`;
    expect(isDeeplyFrozen(decode(`36 01 00 00  08000000 "m" 00 00 ${inner}`))).toBe(true);
    expect(isDeeplyFrozen(decode(`38 01 00 00  01000000 ${UINT8} "n" 00 05`))).toBe(true);
  });

  test.each([
    ["version 0", INT32.replace("10", "00"), "version is 0"],
    ["version 6", INT32.replace("10", "60"), "version is 6"],
    ["class 15", INT32.replace("10", "1f"), "class is 15"],
    ["no bytes", INT32.replace("04000000", "00000000"), "size is 0"],
    ["no bits", INT32.replace("2000", "0000"), "bit precision is 0"],
    [
      "bits outside its bytes",
      INT32.replace("0000 2000", "0100 2000"),
      "bit precision is 32 from bit 1 on, in 4 bytes",
    ],
    ["an exponent outside", DOUBLE.replace("34 0b", "c8 0b"), "exponent size is 11 from bit 200 on"],
    ["an exponent of no bits", DOUBLE.replace("34 0b", "34 00"), "exponent size is 0"],
    ["a mantissa outside", DOUBLE.replace("00 34 ", "00 ff "), "mantissa size is 255 from bit 0 on"],
    ["a sign outside", DOUBLE.replace("3f", "40"), "sign location is bit 64 of 8 bytes"],
    ["an unknown normalization", DOUBLE.replace("11 20", "11 30"), "mantissa normalization is 3"],
    ["an unknown padding", "13 03 00 00 05000000", "padding type is 3"],
    ["an unknown character set", "13 20 00 00 05000000", "character set is 2"],
    ["an unknown kind of variable length", `19 02 00 00 10000000 ${UINT8}`, "type is 2, expected 0 or 1"],
    ["a variable length of 7 bytes", `19 00 00 00 07000000 ${UINT8}`, "size is 7"],
    ["reference type 5", "47 15 00 00 08000000", "reference type is 5"],
    ["no members", "36 00 00 00 04000000", "number of members is 0"],
    [
      "a member outside",
      `36 01 00 00 04000000 "x" 00 01 ${INT32}`,
      "member offset is 1 for 4 bytes in a compound of 4",
    ],
    ["members that overlap", `36 02 00 00 08000000 "x" 00 00 ${INT32} "y" 00 03 ${INT32}`, "inside another member"],
    ["a member of five dimensions", `16 01 00 00 04000000 "x" 00 000000000000 00000000 05`, "dimensionality is 5"],
    ["65,535 members and no more bytes", `36 ff ff 00 04000000 "x" 00 00 ${INT32}`, "member name"],
    ["a name without end", `36 01 00 00 04000000 "xxxxxxxxxxxxx"`, "is not terminated by NUL"],
    ["an enumeration of floats", `38 01 00 00 08000000 ${DOUBLE}`, "base type is of kind float"],
    ["an enumeration of another size than its base", `38 01 00 00 02000000 ${UINT8}`, "size is 2, the base type has 1"],
    ["an array of rank 0", `3a 00 00 00 04000000 00 ${INT32}`, "dimensionality is 0"],
    ["an array of rank 33", `3a 00 00 00 04000000 21 ${INT32}`, "dimensionality is 33"],
    ["an array with a 0", `3a 00 00 00 04000000 01 00000000 ${INT32}`, "makes an array of 0 bytes"],
    ["an array beyond 4 GiB", `3a 00 00 00 04000000 03 ffffffff ffffffff ffffffff ${INT32}`, "makes an array of"],
    ["an array of another size", `3a 00 00 00 0c000000 01 02000000 ${INT32}`, "size is 12, the elements take 8"],
  ])("a type with %s is an error", (_, text, finding) => {
    expect(() => decode(text)).toThrow(finding);
    expect(() => decode(text)).toThrow(Hdf5FormatError);
  });

  test("nesting is limited, at 32 by default, and costs no stack beyond", () => {
    const nested = (depth: number): string => `${"19 00 00 00 10000000".repeat(depth - 1)} ${INT32}`;
    expect(decode(nested(32)).kind).toBe("vlen");
    expect(() => decode(nested(33))).toThrow(Hdf5LimitError);
    expect(() => decode(nested(20_000))).toThrow("datatypeDepth");
    expect(() => decodeDatatype(cursor(nested(3)), { datatypeDepth: 2 })).toThrow(
      "3 exceeds the limit datatypeDepth of 2",
    );
  });
});
