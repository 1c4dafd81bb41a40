import { describe, expect, test } from "vitest";
import {
  arrayType,
  compoundType,
  type DatatypeInput,
  datatypeOf,
  enumType,
  opaqueType,
  stringType,
  vlenType,
} from "../../src/datatypes/datatype-input.js";
import { encodeElements } from "../../src/datatypes/encode.js";
import { inferType } from "../../src/datatypes/infer.js";
import { columns, type Reference, type RegionReference, type WriteData } from "../../src/datatypes/values.js";
import type { Datatype } from "../../src/format/messages/datatype.js";
import { hexText, load, loadValue, MemoryHeap, store } from "./memory-heap.js";

const usage = expect.objectContaining({ code: "usage" });
const valueAt = (index: number): unknown => expect.objectContaining({ code: "value", index });

const hex = (data: WriteData, input: DatatypeInput, shape?: readonly number[]): string =>
  hexText(store(data, datatypeOf(input), shape).bytes);

const refuse = (data: unknown, input: DatatypeInput, error: unknown, shape?: readonly number[]): void => {
  const heap = new MemoryHeap();
  expect(() => encodeElements(data as WriteData, datatypeOf(input), shape, heap)).toThrow(error as Error);
  expect(heap.puts).toBe(0);
};

describe("values without a datatype are stored as", () => {
  const stored = (data: WriteData): string => {
    const { datatype } = inferType(data);
    return hexText(store(data, datatype).bytes);
  };

  test("their type says", () => {
    expect(stored(1.5)).toBe("000000000000f83f");
    expect(stored([1, 2])).toBe("000000000000f03f0000000000000040");
    expect(stored(-2n)).toBe("feffffffffffffff");
    expect(stored([true, false])).toBe("0100");
    expect(stored("é")).toBe(`02000000${"0010000000000000"}01000000`);
    expect(stored(Int16Array.of(1, -1))).toBe("0100ffff");
    expect(stored(Buffer.from([1, 2]))).toBe("0102");
    expect(stored(Uint8ClampedArray.of(3))).toBe("03");
    expect(stored([[1], [2]])).toBe("000000000000f03f0000000000000040");
    expect(stored({ a: true, b: 1n })).toBe("010100000000000000");
    expect(stored({ kind: "object-reference", address: 0x60, file: undefined })).toBe("6000000000000000");
  });

  test("a bigint beyond int64 is an error", () => {
    for (const value of [2n ** 63n, -(2n ** 63n) - 1n]) {
      expect(() => stored([0n, value])).toThrow(valueAt(1) as Error);
    }
    expect(stored(-(2n ** 63n))).toBe("0000000000000080");
  });

  test("a string with a NUL inside is an error", () => {
    expect(() => stored(["a", "b\0c"])).toThrow(valueAt(1) as Error);
  });
});

describe("numbers", () => {
  test("go into every integer type, either byte order", () => {
    expect(hex([1, -2], "int8")).toBe("01fe");
    expect(hex([1, 255], "uint8")).toBe("01ff");
    expect(hex([1, -2], "int16be")).toBe("0001fffe");
    expect(hex([1, -2n], "int32")).toBe("01000000feffffff");
    expect(hex([1, 2n ** 64n - 1n], "uint64be")).toBe("0000000000000001ffffffffffffffff");
    expect(hex(Float32Array.of(3), "int16")).toBe("0300");
    expect(hex(BigInt64Array.of(3n), "uint8")).toBe("03");
    expect(hex(-0, "int8")).toBe("00");
  });

  test("that are no integers or out of range are errors with their index", () => {
    refuse([1, 1.5], "int32", valueAt(1));
    refuse([1, 2, Number.NaN], "int8", valueAt(2));
    refuse([Number.POSITIVE_INFINITY], "int64", valueAt(0));
    refuse([127, 128], "int8", valueAt(1));
    refuse([-1], "uint8", valueAt(0));
    refuse([0, -1], "uint64", valueAt(1));
    refuse([2 ** 63], "int64", valueAt(0));
    refuse([2n ** 64n], "uint64", valueAt(0));
    refuse([2n ** 64n], "int8", valueAt(0));
    refuse([2n ** 64n + 1n], "uint32", valueAt(0));
    refuse(Float64Array.of(0, 300), "uint8", valueAt(1));
    refuse(BigInt64Array.of(-1n), "uint16be", valueAt(0));
    refuse(
      [
        [1, 2],
        [3, 400],
      ],
      "uint8",
      valueAt(3),
    );
  });

  test("go into floats, the nearest", () => {
    expect(hex(0.1, "float32")).toBe("cdcccc3d");
    expect(hex(0.1, "float32be")).toBe("3dcccccd");
    expect(hex(1 / 3, "float16")).toBe("5535");
    expect(hex(1 / 3, "float16be")).toBe("3555");
    expect(hex(1 / 3, "bfloat16")).toBe("ab3e");
    expect(hex([1n, 2n ** 53n + 1n], "float64")).toBe("000000000000f03f0000000000004043");
    expect(hex(1e300, "float32")).toBe("0000807f");
    expect(hex(Number.NaN, "float16")).toBe("007e");
    expect(hex(Uint8Array.of(2), "float32")).toBe("00000040");
  });

  test("go into fields of bits, padding as the datatype says", () => {
    const bits: Datatype = {
      kind: "integer",
      size: 2,
      order: "le",
      precision: 9,
      offset: 3,
      padding: [0, 0],
      signed: true,
    };
    expect(hex([-1, 1], bits)).toBe("f80f0800");
    expect(hex([-1, 1], { ...bits, order: "be" })).toBe("0ff80008");
    expect(hex([0], { ...bits, padding: [1, 1] })).toBe("07f0");
    expect(load(store([-256, 255], datatypeOf(bits))).data).toEqual(Int16Array.of(-256, 255));
    refuse([0, 256], bits, valueAt(1));
    refuse([-257], bits, valueAt(0));
    refuse([0.5], bits, valueAt(0));
    expect(hex([511], { kind: "bitfield", size: 2, order: "le", precision: 9, offset: 0, padding: [0, 0] })).toBe(
      "ff01",
    );
    expect(hex([-1], { kind: "time", size: 4, order: "be", precision: 32 })).toBe("ffffffff");
  });

  test("are not made of other kinds of values", () => {
    for (const data of [["1"], [true], [null], [undefined], [{ a: 1 }], [new Date(0)], "1", true, [() => 1]]) {
      for (const type of ["int8", "int64", "float64", "float16"] as const) refuse(data, type, usage);
    }
  });
});

describe("enumerations", () => {
  const color = enumType({ red: 0, green: 1, blue: 42 }, "int16be");

  test("take numbers or names", () => {
    expect(hex(["red", "blue", 1, 42n], color)).toBe("0000002a0001002a");
    expect(hex(Int16Array.of(1), color)).toBe("0001");
    expect(hex([7], color)).toBe("0007");
  });

  test("refuse names they do not have, and numbers their base does not hold", () => {
    refuse(["red", "pink"], color, valueAt(1));
    refuse(["red", "toString"], color, valueAt(1));
    refuse([1, 40_000], color, valueAt(1));
    refuse([true], color, usage);
    refuse([null], color, usage);
  });

  test("of booleans take true and false, 0 and 1", () => {
    expect(hex([true, false, 1, 0, 1n, "TRUE"], "bool")).toBe("010001000101");
    expect(hex(Int8Array.of(1, 0), "bool")).toBe("0100");
    refuse([0, 2], "bool", valueAt(1));
    refuse(Uint8Array.of(0, 3), "bool", valueAt(1));
    refuse(["yes"], "bool", valueAt(0));
    refuse([null], "bool", usage);
  });
});

describe("strings", () => {
  test("of a fixed length are padded by their kind", () => {
    expect(hex(["é", ""], stringType(4))).toBe("c3a9000000000000");
    expect(hex(["ab"], stringType(4, { padding: "space-padded" }))).toBe("61622020");
    expect(hex(["ab", "abcd"], stringType(4, { padding: "null-terminated" }))).toBe("6162000061626364");
    expect(hex(["a\0b"], stringType(4))).toBe("61006200");
  });

  test("longer than that in bytes, ended by a NUL, or outside their character set are errors", () => {
    refuse(["abcd", "abcde"], stringType(4), valueAt(1));
    refuse(["ééé"], stringType(5), valueAt(0));
    refuse(["a\0b"], stringType(4, { padding: "null-terminated" }), valueAt(0));
    refuse(["a\0"], stringType(4), valueAt(0));
    refuse(["a", "a\0b"], "string", valueAt(1));
    refuse(["a", "é"], "ascii", valueAt(1));
    refuse(["a", "\ud800"], "string", valueAt(1));
    refuse([1], "string", usage);
    refuse([null], stringType(4), usage);
    refuse([["a"], ["b", "c"]], "string", usage);
  });

  test("of variable length go into the heap, empty ones as well", () => {
    const heap = new MemoryHeap();
    const { bytes } = encodeElements(["é", ""], datatypeOf("string"), undefined, heap);
    expect(hexText(bytes)).toBe("020000000010000000000000010000000000000000100000000000000200 0000".replace(" ", ""));
    expect(heap.collections.get(4096)).toEqual(
      new Map([
        [1, Uint8Array.of(0xc3, 0xa9)],
        [2, new Uint8Array(0)],
      ]),
    );
  });

  test("may be given by their bytes", () => {
    expect(hex([Uint8Array.of(0xff, 0xfe)], stringType(3))).toBe("fffe00");
    expect(loadValue(store([Uint8Array.of(0x61)], datatypeOf("string")))).toEqual(["a"]);
    expect(loadValue(store(Uint8Array.of(0x61, 0x62), datatypeOf("string")))).toBe("ab");
    const read = load(store(["é", "b"], datatypeOf("string")), { strings: "bytes" });
    expect(loadValue(store(read, stringType(2)))).toEqual(["é", "b"]);
    refuse([Uint8Array.of(0x61, 0)], "string", valueAt(0));
    refuse([new Int16Array(2)], "string", usage);
  });
});

describe("opaque elements", () => {
  test("are their bytes", () => {
    expect(store(Uint8Array.of(1, 2, 3), opaqueType(3)).shape).toEqual([]);
    expect(store(Uint8Array.of(1, 2, 3, 4), opaqueType(2)).shape).toEqual([2]);
    expect(hex([Uint8Array.of(1, 2), Uint8Array.of(3, 4)], opaqueType(2))).toBe("01020304");
    expect(hex({ data: Uint8Array.of(1, 2, 3, 4), shape: [1, 2, 2], stride: [4, 2, 1] }, opaqueType(2))).toBe(
      "01020304",
    );
    expect(hex(Uint8Array.of(1, 2), opaqueType(2), [2])).toBe("01020102");
    refuse(Uint8Array.of(1, 2, 3), opaqueType(2), usage);
    refuse([Uint8Array.of(1, 2), Uint8Array.of(3)], opaqueType(2), usage);
    refuse("ab", opaqueType(2), usage);
    refuse(
      [
        [1, 2],
        [3, 400],
      ],
      opaqueType(2),
      valueAt(1),
    );
  });
});

describe("references", () => {
  const ref = (address: number, file?: string): WriteData => ({ kind: "object-reference", address, file });

  test("are addresses, null is 0", () => {
    expect(hex([ref(0x60), null], "object-reference")).toBe("60000000000000000000000000000000");
    expect(hex(null, "object-reference")).toBe("0000000000000000");
  });

  test("of another kind, into another file, or without an address are refused", () => {
    refuse([ref(0x60), 5], "object-reference", usage);
    refuse(
      [{ kind: "region-reference", address: 8, file: undefined, selection: undefined }],
      "object-reference",
      usage,
    );
    refuse([ref(0x60, "other.h5")], "object-reference", usage);
    refuse([ref(0x60), ref(-1)], "object-reference", valueAt(1));
    refuse([ref(0.5)], "object-reference", valueAt(0));
    refuse([ref(0)], "object-reference", valueAt(0));
    const options = { fileName: "mine.h5" };
    const { bytes } = encodeElements(
      ref(0x60, "mine.h5"),
      datatypeOf("object-reference"),
      [],
      new MemoryHeap(),
      options,
    );
    expect(hexText(bytes)).toBe("6000000000000000");
  });

  test("in files with short addresses take the first bytes of the element", () => {
    const { bytes } = encodeElements(ref(0x1234), datatypeOf("object-reference"), [], new MemoryHeap(), {
      sizeOfOffsets: 2,
    });
    expect(hexText(bytes)).toBe("3412000000000000");
    const large = (): unknown =>
      encodeElements(ref(0x12345), datatypeOf("object-reference"), [], new MemoryHeap(), { sizeOfOffsets: 2 });
    expect(large).toThrow(valueAt(0) as Error);
  });

  test("to regions are encoded by the caller and lie in the heap", () => {
    const heap = new MemoryHeap();
    const reference = {
      kind: "region-reference",
      address: 7,
      file: undefined,
      selection: undefined,
    } as unknown as RegionReference;
    const region = ({ address }: RegionReference): Uint8Array => Uint8Array.of(address);
    const { bytes } = encodeElements([reference, null], datatypeOf("region-reference"), undefined, heap, { region });
    expect(hexText(bytes)).toBe(`001000000000000001000000${"00".repeat(12)}`);
    expect(heap.get(4096, 1)).toEqual(Uint8Array.of(7));
    refuse([reference], "region-reference", expect.objectContaining({ code: "unsupported" }));
  });

  test("of the revised kind tell their type themselves; only objects of the same file stand in the element", () => {
    const type = { kind: "reference", size: 18, to: "object", revised: true } as const;
    const heap = new MemoryHeap();
    const attribute = { kind: "attribute-reference", address: 9, file: undefined, name: "a" } as const;
    const options = { fileName: "mine.h5", revised: ({ address }: Reference) => Uint8Array.of(address, 1, 2) };
    const data = [ref(0x60, "mine.h5"), null, attribute, ref(7, "other.h5")];
    const { bytes } = encodeElements(data, type, undefined, heap, options);
    expect(hexText(bytes)).toBe(
      [
        `02 00 08 6000000000000000 ${"00".repeat(7)}`,
        "00".repeat(18),
        "04 00 03000000 0010000000000000 01000000",
        "02 01 03000000 0010000000000000 02000000",
      ]
        .join("")
        .replaceAll(" ", ""),
    );
    expect([heap.get(4096, 1), heap.get(4096, 2)]).toEqual([Uint8Array.of(9, 1, 2), Uint8Array.of(7, 1, 2)]);
    refuse([attribute], { ...type, to: "region" }, usage);
    refuse([ref(0)], type, valueAt(0));
    refuse([null], { ...type, size: 16 }, usage);
    refuse([attribute], type, expect.objectContaining({ code: "unsupported" }));
  });
});

describe("compounds", () => {
  const type = compoundType({ x: "int8", s: stringType(2), b: "bool" });

  test("take objects, Maps, rows that were read, and columns", () => {
    const rows = [
      { x: 1, s: "a", b: true },
      { b: false, x: 2, s: "bc" },
    ];
    const expected = "01610001" + "02626300";
    expect(hex(rows, type)).toBe(expected);
    expect(
      hex(
        rows.map((row) => new Map(Object.entries(row))),
        type,
      ),
    ).toBe(expected);
    expect(hex(columns({ s: ["a", "bc"], x: [1, 2], b: Int8Array.of(1, 0) }), type)).toBe(expected);
    const read = load(store(rows, type)) as { data: WriteData };
    expect(hex(read.data, type)).toBe(expected);
    expect(hex([...(read.data as Iterable<WriteData>)], type)).toBe(expected);
    expect(hex(load(store(rows, type, [2, 1])), type)).toBe(expected);
  });

  test("have exactly their members", () => {
    refuse([{ x: 1, s: "a" }], type, usage);
    refuse([{ x: 1, s: "a", b: true, y: 1 }], type, usage);
    refuse(columns({ x: [1], s: ["a"] }), type, usage);
    refuse(columns({ x: [1], s: ["a"], b: [true], y: [1] }), type, usage);
    refuse([1], type, usage);
    refuse([{ x: 1, s: "a", b: undefined }], type, usage);
  });

  test("name the row that does not fit", () => {
    refuse(
      [
        { x: 1, s: "a", b: true },
        { x: 300, s: "a", b: true },
      ],
      type,
      valueAt(1),
    );
    refuse(columns({ x: [1, 2], s: ["a", "abc"], b: [0, 1] }), type, valueAt(1));
    refuse([{ p: [1, 2] }, { p: [3, 400] }], compoundType({ p: arrayType("uint8", [2]) }), valueAt(1));
  });

  test("nest", () => {
    const nested = compoundType({ in: type, a: arrayType(type, [2]), v: vlenType(type), z: "complex64" });
    const one = { x: 1, s: "a", b: true };
    const row = { in: one, a: [one, one], v: [one], z: [1, 2] };
    expect(loadValue(store(row, nested))).toEqual(row);
    expect(loadValue(store(columns({ in: [one], a: [[one, one]], v: [[one]], z: [[1, 2]] }), nested))).toEqual([row]);
    expect(
      loadValue(
        store(
          columns({ in: columns({ x: [1], s: ["a"], b: [true] }), a: [[one, one]], v: [[one]], z: [[1, 2]] }),
          nested,
        ),
      ),
    ).toEqual([row]);
  });

  test("with the names of an n-dimensional array come as a Map", () => {
    const odd = compoundType({ data: "int8", shape: "int8", stride: "int8" });
    expect(
      hex(
        new Map([
          ["data", 1],
          ["shape", 2],
          ["stride", 3],
        ]),
        odd,
      ),
    ).toBe("010203");
    refuse({ data: 1, shape: 2, stride: 3 }, odd, usage);
  });

  test("of r and i take pairs or members", () => {
    expect(hex([[1, 2]], "complex64")).toBe("0000803f00000040");
    expect(hex({ r: 1, i: 2 }, "complex64")).toBe("0000803f00000040");
    expect(hex(columns({ r: [1], i: [2] }), "complex64")).toBe("0000803f00000040");
    expect(hex(Float32Array.of(1, 2), "complex64")).toBe("0000803f00000040");
    expect(hex([[1, 2]], { kind: "complex", size: 8, base: datatypeOf("float32") })).toBe("0000803f00000040");
    expect(hex({ r: 1, i: 2 }, { kind: "complex", size: 8, base: datatypeOf("float32") })).toBe("0000803f00000040");
    refuse([1, 2, 3], "complex64", usage);
    refuse([{ r: 1 }], "complex64", usage);
    refuse([["1", 2]], "complex64", usage);
  });
});

describe("sequences", () => {
  test("are one array per element; empty ones are null", () => {
    const heap = new MemoryHeap();
    const { bytes, shape } = encodeElements([[1, 2], [], Int8Array.of(3)], vlenType("int16"), undefined, heap);
    expect(shape).toEqual([3]);
    expect(hexText(bytes)).toBe(
      `020000000010000000000000 01000000 ${"00".repeat(16)} 01000000001000000000000002000000`.replace(/ /g, ""),
    );
    expect(heap.get(4096, 1)).toEqual(Uint8Array.of(1, 0, 2, 0));
  });

  test("have addresses of the file's width", () => {
    const short: Datatype = { kind: "vlen", size: 12, base: datatypeOf("int8") };
    expect(hex([[1]], short, [1])).toBe("010000000010000001000000");
  });

  test("take the shape that is asked for", () => {
    const type = vlenType("int8");
    expect(
      store(
        [
          [[1], [2]],
          [[3], []],
        ],
        type,
      ).shape,
    ).toEqual([2, 2]);
    expect(store([[1], [2], [3], []], type, [2, 2]).shape).toEqual([2, 2]);
    expect(store([1, 2], type).shape).toEqual([]);
    expect(store([], type).shape).toEqual([0]);
    expect(store([[], []], type).shape).toEqual([2]);
    expect(store({ data: [[1], [2]], shape: [2, 1], stride: [1, 1] }, type).shape).toEqual([2, 1]);
    expect(store([[[1]]], vlenType(type)).shape).toEqual([1]);
    expect(store([[], [[1]]], vlenType(type)).shape).toEqual([2]);
  });

  test("are refused when they are none, or hold what does not fit", () => {
    const type = vlenType("int8");
    refuse([[1], 2], type, usage);
    refuse([[1], null], type, usage);
    refuse(["ab"], type, usage);
    refuse([[1], [2, 300]], type, valueAt(1));
    refuse([[[1]], [[2]]], type, usage, [2]);
    refuse([[1], [2]], type, usage, [3]);
    refuse([["a"], ["b", "c\0d"]], vlenType("string"), valueAt(1));
    refuse([[[1], [2]], [["x"]]], vlenType(type), usage);
  });

  test("that fill a selection have a heap object for each element", () => {
    const stored = store([1, 2], vlenType("int8"), [3]);
    expect(stored.heap.puts).toBe(3);
    expect(load(stored).data).toEqual([Int8Array.of(1, 2), Int8Array.of(1, 2), Int8Array.of(1, 2)]);
    expect(store("a", datatypeOf("string"), [3]).heap.puts).toBe(3);
  });
});

describe("shapes", () => {
  test("a scalar fills, flat data have the count, nested and shaped data the shape", () => {
    expect(hex(7, "int8", [2, 2])).toBe("07070707");
    expect(hex([1, 2, 3, 4], "int8", [2, 2])).toBe("01020304");
    expect(hex(Int16Array.of(1, 2, 3, 4), "int8", [2, 2])).toBe("01020304");
    expect(
      hex(
        [
          [1, 2],
          [3, 4],
        ],
        "int8",
        [2, 2],
      ),
    ).toBe("01020304");
    expect(hex([5], "int8", [])).toBe("05");
    expect(hex(5, "int8", [0])).toBe("");
    expect(hex([], "int8", [0])).toBe("");
    expect(hex([], "int8")).toBe("");
    expect(hex([1, 2], arrayType("int8", [2]), [2])).toBe("01020102");
    expect(hex([1, 2, 3, 4], arrayType("int8", [2]), [2])).toBe("01020304");
    expect(hex({ a: 1 }, compoundType({ a: "int8" }), [2])).toBe("0101");
    expect(store([1, 2, 3, 4], arrayType("int8", [2])).shape).toEqual([2]);
  });

  test("there is no other broadcasting", () => {
    refuse([1, 2], "int8", usage, [2, 2]);
    refuse([[1, 2]], "int8", usage, [2, 2]);
    refuse([[1], [2]], "int8", usage, [2, 2]);
    refuse(
      [
        [1, 2],
        [3, 4],
      ],
      "int8",
      usage,
      [4],
    );
    refuse([[1, 2, 3, 4]], "int8", usage, [2, 2]);
    refuse([1, 2, 3], "int8", usage, [4]);
    refuse([1], "int8", usage, [0]);
    refuse([1, 2, 3], arrayType("int8", [2]), usage);
    refuse([[1, 2, 3]], arrayType("int8", [2]), usage);
  });

  test("any stride is read", () => {
    const data = Int8Array.of(1, 2, 3, 4, 5, 6);
    expect(hex({ data, shape: [3, 2], stride: [1, 3] }, "int8")).toBe("010402050306");
    expect(hex({ data, shape: [3, 2], stride: [1, 3] }, "int16be")).toBe("000100040002000500030006");
    expect(hex({ data, shape: [2, 2], stride: [0, 1] }, "int8")).toBe("01020102");
    expect(hex({ data, shape: [3], stride: [2] }, "int8")).toBe("010305");
    expect(hex({ data, shape: [2], stride: [1] }, "int8")).toBe("0102");
    expect(hex({ data, shape: [], stride: [] }, "int8", [2])).toBe("0101");
    expect(hex({ data, shape: [0, 3], stride: [3, 1] }, "int8")).toBe("");
    const labels = { data: ["a", "b", "c", "d"], shape: [2, 2], stride: [1, 2] };
    expect(loadValue(store(labels, datatypeOf("string")))).toEqual([
      ["a", "c"],
      ["b", "d"],
    ]);
    const points = { data: columns({ x: [1, 2, 3, 4] }), shape: [2, 2], stride: [1, 2] };
    expect(hex(points, compoundType({ x: "int8" }))).toBe("01030204");
    refuse({ data, shape: [3, 3], stride: [3, 1] }, "int8", usage);
    refuse({ data, shape: [2, 2], stride: [2, 1] }, "int8", usage, [2, 3]);
  });

  test("null has no shape, save as a reference", () => {
    refuse(null, "int8", usage);
    refuse(undefined, "int8", usage);
  });

  test("deep nesting is refused, not followed", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 5000; i++) deep = [deep];
    refuse(deep, "int8", usage);
    refuse(deep, vlenType("int8"), usage);
  });
});

describe("two phases", () => {
  test("nothing is put into the heap before all is known to fit", () => {
    refuse(["a", "b", "c", 4], "string", usage);
    refuse(
      [
        { s: "a", n: 1 },
        { s: "b", n: 300 },
      ],
      compoundType({ s: "string", n: "int8" }),
      valueAt(1),
    );
    refuse([["a"], ["b", "\0"]], vlenType("string"), valueAt(1));
  });

  test("the data given are not changed", () => {
    const data = Int16Array.of(1, 2);
    store(data, datatypeOf("int16be"));
    expect(data).toEqual(Int16Array.of(1, 2));
  });
});
