import { describe, expect, test } from "vitest";
import {
  arrayType,
  compoundType,
  datatypeOf,
  opaqueType,
  stringType,
  vlenType,
} from "../../src/datatypes/datatype-input.js";
import {
  collectHeapAddresses,
  decodeElements,
  fieldsOf,
  type HeapReferences,
  heapCollections,
} from "../../src/datatypes/decode.js";
import type { CompoundData, ReadResult } from "../../src/datatypes/values.js";
import type { Datatype } from "../../src/format/messages/datatype.js";
import { ALL_SELECTION } from "../../src/selection/selection.js";
import { hexBytes, load, MemoryHeap, NO_HEAP, OPTIONS, store } from "./memory-heap.js";

const usage = expect.objectContaining({ code: "usage" });
const format = expect.objectContaining({ code: "format" });
const unsupported = expect.objectContaining({ code: "unsupported" });

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function fixed(text: string, type: Datatype, options: Partial<typeof OPTIONS> = {}): ReadResult {
  const bytes = utf8(text);
  return decodeElements(bytes, type, [bytes.length / type.size], { ...OPTIONS, ...options }, NO_HEAP);
}

describe("strings", () => {
  test("padding is removed by its kind", () => {
    expect(fixed("ab\0dab\0\0abcd\0\0\0\0", stringType(4, { padding: "null-terminated" })).data).toEqual([
      "ab",
      "ab",
      "abcd",
      "",
    ]);
    expect(fixed("ab\0dab\0\0abcd\0\0\0\0ab  ", stringType(4)).data).toEqual(["ab\0d", "ab", "abcd", "", "ab  "]);
    expect(fixed("ab  a b ab \0    \0\0\0\0", stringType(4, { padding: "space-padded" })).data).toEqual([
      "ab",
      "a b",
      "ab",
      "",
      "",
    ]);
  });

  test("malformed UTF-8 is U+FFFD, a byte order mark stays", () => {
    const type = stringType(4);
    const bytes = Uint8Array.of(0x61, 0xff, 0x62, 0, 0xef, 0xbb, 0xbf, 0x61, 0xe2, 0x82, 0xac, 0);
    expect(decodeElements(bytes, type, [3], OPTIONS, NO_HEAP).data).toEqual(["a\ufffdb", "\ufeffa", "€"]);
  });

  test("latin1 is one character per byte, bytes are bytes without padding", () => {
    const bytes = Uint8Array.of(0xe9, 0x80, 0, 0);
    const read = (strings: "latin1" | "bytes"): ReadResult =>
      decodeElements(bytes, stringType(4), [1], { ...OPTIONS, strings }, NO_HEAP);
    expect(read("latin1")).toMatchObject({ kind: "string", data: ["é\u0080"] });
    expect(read("bytes")).toMatchObject({ kind: "vlen", data: [Uint8Array.of(0xe9, 0x80)] });
  });

  test("long text decodes as short text does", () => {
    for (const text of ["x".repeat(10_000), `${"x".repeat(30)}é`, `${"é".repeat(20)}`]) {
      const size = utf8(text).length;
      expect(fixed(text, stringType(size)).data).toEqual([text]);
      expect(fixed(text, stringType(size), { strings: "latin1" }).data).toEqual([Buffer.from(text).toString("latin1")]);
    }
  });

  test("variable strings come from the heap, end at NUL, and null ones are empty", () => {
    const heap = new MemoryHeap();
    heap.put(utf8("héllo"));
    heap.put(utf8("ab\0cd"));
    heap.put(utf8("padded  "));
    // length, collection 4096, index; then a null one, and an empty one with an address.
    const element = (length: string, index: string): string => `${length}000000 0010000000000000 ${index}000000`;
    const bytes = hexBytes(
      element("06", "01") + element("05", "02") + element("08", "03") + "00".repeat(16) + element("00", "01"),
    );
    const type = stringType("variable", { padding: "space-padded" });
    expect(decodeElements(bytes, type, [5], OPTIONS, heap).data).toEqual(["héllo", "ab", "padded  ", "", ""]);
    const asBytes = decodeElements(bytes, type, [5], { ...OPTIONS, strings: "bytes" }, heap);
    expect(asBytes.data).toEqual([utf8("héllo"), utf8("ab"), utf8("padded  "), new Uint8Array(0), new Uint8Array(0)]);
  });

  test("bytes hold inside columns, arrays and sequences too", () => {
    const type = compoundType({ a: arrayType(stringType(2), [2]), v: vlenType("string") });
    const { data } = load(store([{ a: ["x", "yz"], v: ["é", ""] }], type), { strings: "bytes" });
    const [row] = data as CompoundData;
    expect(row).toEqual({ a: [utf8("x"), utf8("yz")], v: [utf8("é"), new Uint8Array(0)] });
  });
});

describe("opaque elements", () => {
  test("are bytes with a trailing dimension", () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const result = decodeElements(bytes, opaqueType(3, "t"), [2], OPTIONS, NO_HEAP);
    expect(result).toEqual({ kind: "bytes", data: bytes, shape: [2, 3], stride: [3, 1] });
  });
});

describe("arrays", () => {
  test("their dimensions trail", () => {
    const stored = store(
      [
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        [
          [7, 8, 9],
          [10, 11, 12],
        ],
      ],
      arrayType("int16be", [2, 3]),
    );
    expect(stored.shape).toEqual([2]);
    expect(load(stored)).toEqual({
      kind: "number",
      data: Int16Array.from({ length: 12 }, (_, i) => i + 1),
      shape: [2, 2, 3],
      stride: [6, 3, 1],
    });
  });

  test("of arrays, of strings and of opaque elements", () => {
    expect(load(store([[[1], [2]]], arrayType(arrayType("int8", [1]), [2])))).toMatchObject({ shape: [1, 2, 1] });
    expect(load(store([["a", "b"]], arrayType("string", [2])))).toMatchObject({
      kind: "string",
      shape: [1, 2],
      data: ["a", "b"],
    });
    const opaque = load(store([[Uint8Array.of(1, 2), Uint8Array.of(3, 4)]], arrayType(opaqueType(2), [2])));
    expect(opaque).toMatchObject({ kind: "bytes", shape: [1, 2, 2], data: Uint8Array.of(1, 2, 3, 4) });
  });
});

describe("complex numbers", () => {
  test("of either kind are pairs", () => {
    const stored = store(
      [
        [1, 2],
        [3, -4],
      ],
      datatypeOf("complex64"),
    );
    const pairs = { kind: "number", data: Float32Array.of(1, 2, 3, -4), shape: [2, 2], stride: [2, 1] };
    expect(load(stored)).toEqual(pairs);
    const class11 = datatypeOf({ kind: "complex", size: 8, base: datatypeOf("float32") });
    expect(load({ ...stored, datatype: class11 })).toEqual(pairs);
  });

  test("parts may lie anywhere in the element", () => {
    const f = datatypeOf("float32");
    const members = [
      { name: "r", offset: 6, datatype: f },
      { name: "i", offset: 0, datatype: f },
    ];
    const stored = store(
      [
        [1, 2],
        [3, 4],
      ],
      datatypeOf({ kind: "compound", size: 10, members }),
    );
    expect(stored.bytes.length).toBe(20);
    expect(load(stored)).toMatchObject({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] });
  });

  test("with fields they are compounds", () => {
    const class11 = datatypeOf({ kind: "complex", size: 16, base: datatypeOf("float64") });
    for (const datatype of [datatypeOf("complex128"), class11]) {
      const result = load(store([[1, 2]], datatype), { fields: ["i", "r"] });
      expect(result.kind).toBe("compound");
      expect([...(result.data as CompoundData)]).toEqual([{ i: 2, r: 1 }]);
    }
  });
});

describe("compounds", () => {
  const type = compoundType({
    id: "int64",
    pos: arrayType("float32", [2]),
    label: "string",
    inner: compoundType({ ok: "bool", z: "complex64" }),
    tags: vlenType("uint8"),
    ref: "object-reference",
  });
  const ref = { kind: "object-reference", address: 96, file: undefined } as const;
  const rows = [
    { id: 1n, pos: [1, 2], label: "one", inner: { ok: true, z: [1, 2] }, tags: [1], ref },
    { id: 2n ** 60n, pos: [3, 4], label: "", inner: { ok: false, z: [3, 4] }, tags: [], ref: null },
  ];

  test("are columns of the outer shape and their own dimensions", () => {
    const stored = store(rows, type, [2, 1]);
    const { kind, data, shape } = load(stored) as ReadResult & { kind: "compound" };
    expect([kind, shape, data.length, data.names]).toEqual([
      "compound",
      [2, 1],
      2,
      ["id", "pos", "label", "inner", "tags", "ref"],
    ]);
    expect(data.column("id")).toEqual({
      kind: "bigint",
      data: BigInt64Array.of(1n, 2n ** 60n),
      shape: [2, 1],
      stride: [1, 1],
    });
    expect(data.column("pos")).toMatchObject({
      data: Float32Array.of(1, 2, 3, 4),
      shape: [2, 1, 2],
      stride: [2, 2, 1],
    });
    expect(data.column("label")).toMatchObject({ kind: "string", data: ["one", ""], shape: [2, 1] });
    expect(data.column("tags")).toMatchObject({ kind: "vlen", data: [Uint8Array.of(1), new Uint8Array(0)] });
    expect(data.column("ref")).toMatchObject({ kind: "reference", data: [ref, null] });
    const inner = data.column("inner") as ReadResult & { kind: "compound" };
    expect([inner.kind, inner.shape]).toEqual(["compound", [2, 1]]);
    expect(inner.data.column("ok").data).toEqual(Int8Array.of(1, 0));
    expect(inner.data.column("z")).toMatchObject({ shape: [2, 1, 2], data: Float32Array.of(1, 2, 3, 4) });
  });

  test("rows are objects without a prototype, in member order", () => {
    const { data } = load(store(rows, type)) as ReadResult & { kind: "compound" };
    const row = data.get(0);
    expect(Object.getPrototypeOf(row)).toBeNull();
    expect(Object.keys(row)).toEqual(["id", "pos", "label", "inner", "tags", "ref"]);
    expect(row).toEqual({
      id: 1n,
      pos: Float32Array.of(1, 2),
      label: "one",
      inner: { ok: true, z: [1, 2] },
      tags: Uint8Array.of(1),
      ref,
    });
    expect([...data].map(({ label }) => label)).toEqual(["one", ""]);
    for (const index of [-1, 2, 0.5, Number.NaN]) expect(() => data.get(index)).toThrow(usage);
  });

  test("a column converts, exactly also where the read was rounded", () => {
    const stored = store([{ n: 2n ** 53n + 1n, s: "x" }], compoundType({ n: "int64", s: "string" }));
    const { data } = load(stored, { int64: "number" }) as ReadResult & { kind: "compound" };
    expect(data.column("n").data).toEqual(Float64Array.of(2 ** 53));
    expect(data.column("n", "int64").data).toEqual(BigInt64Array.of(2n ** 53n + 1n));
    expect(data.column("n", "float32")).toMatchObject({ shape: [1] });
    expect(data.column("s", "string").data).toEqual(["x"]);
    expect(() => data.column("n", "int32")).toThrow(expect.objectContaining({ code: "value", index: 0 }));
    expect(() => data.column("s", "int32")).toThrow(usage);
    expect(() => data.column("n", "string")).toThrow(usage);
    expect(() => data.column("absent")).toThrow(usage);
    expect(() => data.column("toString")).toThrow(usage);
  });

  test("fields choose members and their order", () => {
    const { data } = load(store(rows, type), { fields: ["label", "id"] }) as ReadResult & { kind: "compound" };
    expect([...data]).toEqual([
      { label: "one", id: 1n },
      { label: "", id: 2n ** 60n },
    ]);
    expect(() => load(store(rows, type), { fields: ["absent"] })).toThrow(usage);
    expect(() => load(store(rows, type), { fields: ["id", "id"] })).toThrow(usage);
    expect(() => load(store([1], datatypeOf("int8")), { fields: ["id"] })).toThrow(usage);
  });

  test("fields leave out what is not asked for, heap objects too", () => {
    const stored = store(rows, type);
    expect(collectHeapAddresses(stored.bytes, type, 2, () => undefined, 8).length).toBeGreaterThan(0);
    expect(collectHeapAddresses(stored.bytes, fieldsOf(type, ["id", "pos"]), 2, () => undefined, 8)).toEqual([]);
  });

  test("a member called __proto__ is a member", () => {
    const odd = compoundType(
      new Map([
        ["__proto__", "int8"],
        ["constructor", "int8"],
      ] as const),
    );
    const { data } = load(
      store(
        new Map([
          ["__proto__", 1],
          ["constructor", 2],
        ]),
        odd,
      ),
    ) as ReadResult & { kind: "compound" };
    expect(Object.entries(data.get(0))).toEqual([
      ["__proto__", 1],
      ["constructor", 2],
    ]);
  });

  test("an array of compounds is a compound of the array's shape", () => {
    const result = load(
      store(
        [
          [{ a: 1 }, { a: 2 }],
          [{ a: 3 }, { a: 4 }],
        ],
        arrayType(compoundType({ a: "int8" }), [2]),
      ),
    );
    expect(result).toMatchObject({ kind: "compound", shape: [2, 2] });
    expect((result.data as CompoundData).column("a")).toMatchObject({ data: Int8Array.of(1, 2, 3, 4), shape: [2, 2] });
  });

  test("errors count elements of the whole", () => {
    const deep = compoundType({ a: arrayType(compoundType({ n: "int64" }), [2]) });
    const stored = store([{ a: [{ n: 1 }, { n: 2 }] }, { a: [{ n: 3 }, { n: 2n ** 60n }] }], deep);
    expect(() => load(stored, { int64: "safe" })).toThrow(expect.objectContaining({ code: "value", index: 1 }));
  });
});

describe("sequences", () => {
  test("are one array per element, null ones empty", () => {
    const { kind, data, shape } = load(store([[1, 2, 3], [], [4]], vlenType("int16be")));
    expect([kind, shape]).toEqual(["vlen", [3]]);
    expect(data).toEqual([Int16Array.of(1, 2, 3), new Int16Array(0), Int16Array.of(4)]);
  });

  test("of every kind", () => {
    const of = (base: Parameters<typeof vlenType>[0], data: Parameters<typeof store>[0]): unknown =>
      (load(store(data, vlenType(base), [1])).data as unknown[])[0];
    expect(of("int64", [[1n]])).toEqual(BigInt64Array.of(1n));
    expect(of("string", [["a", "é"]])).toEqual(["a", "é"]);
    expect(
      of(arrayType("int8", [2]), [
        [
          [1, 2],
          [3, 4],
        ],
      ]),
    ).toEqual(Int8Array.of(1, 2, 3, 4));
    expect(of(opaqueType(2), [Uint8Array.of(1, 2, 3, 4)])).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(
      of("complex128", [
        [
          [1, 2],
          [3, 4],
        ],
      ]),
    ).toEqual(Float64Array.of(1, 2, 3, 4));
    expect(of(vlenType("int8"), [[[1], [2, 3]]])).toEqual([Int8Array.of(1), Int8Array.of(2, 3)]);
    expect(of("object-reference", [[null]])).toEqual([null]);
    expect([...(of(compoundType({ a: "int8" }), [[{ a: 1 }, { a: 2 }]]) as CompoundData)]).toEqual([
      { a: 1 },
      { a: 2 },
    ]);
  });

  test("are copies, whoever keeps the heap", () => {
    const stored = store([[1, 2]], vlenType("uint8"), [1]);
    const { data } = load(stored) as ReadResult & { kind: "vlen" };
    (data[0] as Uint8Array)[0] = 99;
    expect(load(stored).data).toEqual([Uint8Array.of(1, 2)]);
  });

  test("a length beyond the heap object, an object that is not there, an undefined address are errors", () => {
    const heap = new MemoryHeap();
    heap.put(new Uint8Array(4));
    const decode =
      (hex: string, type: Datatype = vlenType("int16")) =>
      () =>
        decodeElements(hexBytes(hex), type, [1], OPTIONS, heap);
    expect(decode("02000000 0010000000000000 01000000")().data).toEqual([Int16Array.of(0, 0)]);
    expect(decode("03000000 0010000000000000 01000000")).toThrow(format);
    expect(decode("ffffffff 0010000000000000 01000000")).toThrow(format);
    expect(decode("02000000 0010000000000000 02000000")).toThrow(format);
    expect(decode("02000000 0020000000000000 01000000")).toThrow(format);
    expect(decode("02000000 ffffffffffffffff 01000000")).toThrow(format);
    expect(decode("02000000 0000000000002000 01000000")).toThrow(format);
    expect(decode("05000000 0010000000000000 01000000", stringType("variable"))).toThrow(format);
  });
});

describe("references", () => {
  const ref = (address: number) => ({ kind: "object-reference", address, file: undefined }) as const;

  test("to objects are addresses; 0 and all bits set are null", () => {
    const bytes = hexBytes(`6000000000000000 0000000000000000 ${"ff".repeat(8)} ffffffffffff1f00`);
    const { data } = decodeElements(bytes, datatypeOf("object-reference"), [4], OPTIONS, NO_HEAP);
    expect(data).toEqual([ref(0x60), null, null, ref(2 ** 53 - 1)]);
  });

  test("an address that is none is an error", () => {
    const decode = (): unknown =>
      decodeElements(hexBytes("0000000000002000"), datatypeOf("object-reference"), [1], OPTIONS, NO_HEAP);
    expect(decode).toThrow(format);
  });

  test("in files with short addresses the rest of the element is not looked at", () => {
    const bytes = hexBytes("60000000 deadbeef ffffffff 00000000");
    const { data } = decodeElements(
      bytes,
      datatypeOf("object-reference"),
      [2],
      { ...OPTIONS, sizeOfOffsets: 4 },
      NO_HEAP,
    );
    expect(data).toEqual([ref(0x60), null]);
  });

  test("to regions are decoded by the caller", () => {
    const heap = new MemoryHeap();
    heap.put(Uint8Array.of(7));
    const bytes = hexBytes("0010000000000000 01000000 0000000000000000 00000000");
    const seen: unknown[] = [];
    const references: HeapReferences = {
      region(object, sizeOfOffsets) {
        seen.push(object[0], sizeOfOffsets);
        return { kind: "region-reference", address: 7, file: undefined, selection: ALL_SELECTION };
      },
      revised: () => null,
    };
    const type = datatypeOf("region-reference");
    const decoded = decodeElements(bytes, type, [2], { ...OPTIONS, references }, heap);
    expect(decoded.data).toMatchObject([{ address: 7 }, null]);
    expect(seen).toEqual([7, 8]);
    expect(() => decodeElements(bytes, type, [2], OPTIONS, heap)).toThrow(unsupported);
    expect(heapCollections(bytes, type, 2)).toEqual(new Set([4096]));
  });

  test("of the revised kind: objects of the same file stand in the element", () => {
    const type = datatypeOf({ kind: "reference", size: 18, to: "object", revised: true });
    const decode = (hex: string) => () =>
      decodeElements(hexBytes(hex.replace(/ /g, "").padEnd(36, "0")), type, [], OPTIONS, NO_HEAP);
    expect(decode("02 00 08 6000000000000000")().data).toEqual([ref(0x60)]);
    expect(decode("")().data).toEqual([null]);
    expect(decode("02 00 08 0000000000000000")().data).toEqual([null]);
    for (const broken of ["02 00 20 60", "02 00 00 60", "01 00 08 60", "05 00 08 60"]) {
      expect(decode(broken)).toThrow(format);
    }
  });

  test("of the revised kind: everything else stands in the heap, as long as the element says", () => {
    const heap = new MemoryHeap();
    heap.put(Uint8Array.of(1, 2, 3));
    const bytes = hexBytes("04 01 02000000 0010000000000000 01000000 00 00 00000000 000000000000000000000000");
    const type = datatypeOf({ kind: "reference", size: 18, to: "object", revised: true });
    const seen: unknown[] = [];
    const references: HeapReferences = {
      region: () => expect.unreachable(),
      revised(kind, flags, object) {
        seen.push(kind, flags, [...object]);
        return ref(7);
      },
    };
    expect(heapCollections(bytes, type, 2)).toEqual(new Set([4096]));
    expect(decodeElements(bytes, type, [2], { ...OPTIONS, references }, heap).data).toEqual([ref(7), null]);
    expect(seen).toEqual([4, 1, [1, 2]]);
    expect(() => decodeElements(bytes, type, [2], OPTIONS, heap)).toThrow(unsupported);
    bytes[2] = 4;
    expect(() => decodeElements(bytes, type, [2], { ...OPTIONS, references }, heap)).toThrow(format);
  });
});

describe("raw", () => {
  test("is what is stored, with a trailing dimension", () => {
    const stored = store([1, 2], datatypeOf("int16be"));
    expect(load(stored, { raw: true })).toEqual({
      kind: "bytes",
      data: Uint8Array.of(0, 1, 0, 2),
      shape: [2, 2],
      stride: [2, 1],
    });
    const strings = store(["abc"], datatypeOf("string"));
    expect(load(strings, { raw: true })).toMatchObject({ kind: "bytes", shape: [1, 16], data: strings.bytes });
  });

  test("with fields gives stored members, and of variable-length ones what lies in the heap", () => {
    const stored = store(
      [{ n: 1, v: [1, 2], s: "é" }],
      compoundType({ n: "int16be", v: vlenType("int16be"), s: "string" }),
    );
    const { data } = load(stored, { raw: true, fields: ["s", "v", "n"] }) as ReadResult & { kind: "compound" };
    expect(data.column("n")).toMatchObject({ kind: "bytes", data: Uint8Array.of(0, 1), shape: [1, 2] });
    expect(data.column("v")).toMatchObject({ kind: "vlen", data: [Uint8Array.of(0, 1, 0, 2)] });
    expect(data.column("s")).toMatchObject({ kind: "vlen", data: [utf8("é")] });
    expect([...data]).toEqual([{ s: utf8("é"), v: Uint8Array.of(0, 1, 0, 2), n: Uint8Array.of(0, 1) }]);
    const sequences = store([[1]], vlenType("int16be"), [1]);
    expect(load(sequences, { raw: true, fields: [] })).toMatchObject({ kind: "vlen", data: [Uint8Array.of(0, 1)] });
  });
});

describe("heap addresses", () => {
  test("come to light level by level", () => {
    const type = vlenType(compoundType({ n: "int8", s: arrayType(vlenType("string"), [2]) }));
    const stored = store([[{ n: 1, s: [["a", "b"], ["c"]] }], [{ n: 2, s: [[], ["d"]] }]], type, [2]);
    const loaded = new Map<number, ReadonlyMap<number, Uint8Array>>();
    const rounds: number[] = [];
    for (;;) {
      const missing = collectHeapAddresses(stored.bytes, type, 2, (address) => loaded.get(address), 8);
      if (missing.length === 0) break;
      rounds.push(missing.length);
      for (const address of missing) loaded.set(address, stored.heap.collections.get(address) ?? new Map());
    }
    expect(rounds.length).toBeGreaterThan(0);
    expect(new Set(loaded.keys())).toEqual(new Set(stored.heap.collections.keys()));
    expect(decodeElements(stored.bytes, type, [2], OPTIONS, stored.heap).shape).toEqual([2]);
  });

  test("objects that many elements share are searched once", () => {
    // Thirty levels, every level naming the next one a hundred times.
    let type: Datatype = vlenType("int8");
    for (let i = 0; i < 20; i++) type = vlenType(type);
    const heap = new Map<number, Uint8Array>();
    for (let level = 1; level <= 20; level++) {
      const object = new Uint8Array(1600);
      const next = hexBytes(`64000000 0010000000000000 ${(level + 1).toString(16).padStart(2, "0")}000000`);
      for (let i = 0; i < 100; i++) object.set(next, 16 * i);
      heap.set(level, object);
    }
    const start = performance.now();
    const missing = collectHeapAddresses(hexBytes("64000000 0010000000000000 01000000"), type, 1, () => heap, 8);
    expect(missing).toEqual([]);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
