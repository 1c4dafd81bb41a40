/** Arbitrary content of a file: groups, datasets and attributes of every type that is written. */
import fc from "fast-check";
import {
  arrayType,
  compoundType,
  type DatatypeInput,
  enumType,
  stringType,
  vlenType,
  type WriteData,
} from "../index.js";

/** Something to write, and what `value()` gives for it. */
export interface Content {
  /** What it is, for messages. */
  readonly label: string;
  readonly data: WriteData;
  readonly datatype?: DatatypeInput | undefined;
  readonly expected: unknown;
}

const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((s) => !s.includes("\0"));
const ascii = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
  maxLength: 8,
});
const finite = fc.double({ noNaN: true });
const short = { maxLength: 9, minLength: 1 };

function typed<
  A extends Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array,
>(label: string, make: (values: number[]) => A, element: fc.Arbitrary<number>): fc.Arbitrary<Content> {
  return fc.array(element, short).map((values) => ({ label, data: make(values), expected: make(values) }));
}

/** One-dimensional and scalar content. */
export const content: fc.Arbitrary<Content> = fc.oneof(
  finite.map((n) => ({ label: "number", data: n, expected: n })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => ({ label: "bigint", data: n, expected: n })),
  fc.boolean().map((b) => ({ label: "boolean", data: b, expected: b })),
  text.map((s) => ({ label: "string", data: s, expected: s })),
  typed("int8", Int8Array.from.bind(Int8Array), fc.integer({ min: -128, max: 127 })),
  typed("uint8", Uint8Array.from.bind(Uint8Array), fc.integer({ min: 0, max: 255 })),
  typed("int16", Int16Array.from.bind(Int16Array), fc.integer({ min: -32768, max: 32767 })),
  typed("uint16", Uint16Array.from.bind(Uint16Array), fc.integer({ min: 0, max: 65535 })),
  typed("int32", Int32Array.from.bind(Int32Array), fc.integer()),
  typed("uint32", Uint32Array.from.bind(Uint32Array), fc.nat()),
  typed("float32", Float32Array.from.bind(Float32Array), fc.float({ noNaN: true })),
  typed("float64", Float64Array.from.bind(Float64Array), finite),
  fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), short).map((values) => ({
    label: "int64",
    data: BigInt64Array.from(values),
    expected: BigInt64Array.from(values),
  })),
  fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), short).map((values) => ({
    label: "uint64",
    data: BigUint64Array.from(values),
    expected: BigUint64Array.from(values),
  })),
  fc.array(fc.boolean(), short).map((values) => ({ label: "booleans", data: values, expected: values })),
  fc.array(text, short).map((values) => ({ label: "strings", data: values, expected: values })),
  fc
    .array(
      ascii.map((s) => s.replace(/[ \0]+$/, "")),
      short,
    )
    .map((values) => ({
      label: "fixed strings",
      data: values,
      datatype: stringType(8, { charset: "ascii" }),
      expected: values,
    })),
  fc.array(fc.constantFrom("red", "green", "blue"), short).map((values) => ({
    label: "enum",
    data: values,
    datatype: enumType({ red: 0, green: 1, blue: 42 }, "int16"),
    expected: Int16Array.from(values.map((v) => ({ red: 0, green: 1, blue: 42 })[v] as number)),
  })),
  fc.array(fc.record({ x: finite, name: text, flag: fc.boolean(), n: fc.integer() }), short).map((rows) => ({
    label: "compound",
    data: rows,
    datatype: compoundType({ x: "float64", name: "string", flag: "bool", n: "int32" }),
    expected: rows.map((row) => Object.assign(Object.create(null), row) as unknown),
  })),
  fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 }), short).map((rows) => ({
    label: "array",
    data: rows,
    datatype: arrayType("int8", [3]),
    expected: rows.map((row) => Int8Array.from(row)),
  })),
  fc.array(fc.array(fc.integer(), { maxLength: 4 }), short).map((rows) => ({
    label: "vlen",
    data: rows,
    datatype: vlenType("int32"),
    expected: rows.map((row) => Int32Array.from(row)),
  })),
  fc.array(fc.array(text, { maxLength: 3 }), short).map((rows) => ({
    label: "vlen of strings",
    data: rows,
    datatype: vlenType("string"),
    expected: rows,
  })),
);

/** How a dataset is stored. */
export const storage: fc.Arbitrary<string> = fc.constantFrom(
  "contiguous",
  "compact",
  "chunked",
  "deflate",
  "shuffle+deflate",
  "fletcher32",
  "growing",
);

/** Names that are hard on naive code among ordinary ones. */
export const name: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom(
      "a",
      "b",
      "data",
      "__proto__",
      "constructor",
      "toString",
      "..",
      "größe",
      "名前",
      "x y",
      "name.with.dots",
      "🧠",
    ),
    text.filter((s) => s !== "" && s !== "." && !s.includes("/")),
  )
  .filter((s) => !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(s));

/** One object of a tree. */
export type TreeNode =
  | {
      readonly kind: "group";
      readonly attrs: ReadonlyMap<string, Content>;
      readonly children: ReadonlyMap<string, TreeNode>;
    }
  | {
      readonly kind: "dataset";
      readonly attrs: ReadonlyMap<string, Content>;
      readonly content: Content;
      readonly storage: string;
    };

function mapOf<T>(value: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<ReadonlyMap<string, T>> {
  return fc.array(fc.tuple(name, value), { maxLength }).map((entries) => new Map(entries));
}

const dataset: fc.Arbitrary<TreeNode> = fc.record({
  kind: fc.constant("dataset" as const),
  attrs: mapOf(content, 3),
  content,
  storage,
});

/** A tree of objects. */
export const tree: fc.Arbitrary<TreeNode & { kind: "group" }> = fc.letrec<{ group: TreeNode & { kind: "group" } }>(
  (tie) => ({
    group: fc.record({
      kind: fc.constant("group" as const),
      attrs: mapOf(content, 3),
      children: mapOf<TreeNode>(fc.oneof({ depthSize: "small", maxDepth: 3 }, dataset, tie("group")), 5),
    }),
  }),
).group;
