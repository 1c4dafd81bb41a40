/** Arbitrary datatypes, data of them, and what `value` gives for the data. */
import fc from "fast-check";
import type { NumericName } from "../../src/bytes/typed-arrays.js";
import { isComplex } from "../../src/datatypes/datatype-facts.js";
import {
  arrayType,
  compoundType,
  type Datatype,
  datatypeOf,
  enumType,
  opaqueType,
  stringType,
  vlenType,
} from "../../src/datatypes/datatype-input.js";
import { halfBits, halfValue } from "../../src/datatypes/half-floats.js";
import { newArray } from "../../src/datatypes/machine-types.js";
import type { Value, WriteData } from "../../src/datatypes/values.js";

/** Data of one element, and its value. */
export interface Sample {
  readonly data: WriteData;
  readonly value: Value;
}

/** A datatype, and elements of it. */
export interface Kind {
  readonly datatype: Datatype;
  readonly sample: fc.Arbitrary<Sample>;
  /** Values of elements side by side. */
  readonly list: (values: readonly Value[]) => Value;
}

const plain = (values: readonly Value[]): Value => values;

function typed(name: NumericName): Kind["list"] {
  return (values) => {
    const array = newArray(name, values.length) as Float64Array;
    for (const [i, value] of values.entries()) array[i] = value as number;
    return array as Value; // of its own buffer
  };
}

function integers(datatype: Datatype, precision: number, signed: boolean): Kind {
  const low = signed ? -(2n ** BigInt(precision - 1)) : 0n;
  const high = 2n ** BigInt(signed ? precision - 1 : precision) - 1n;
  const { size } = datatype;
  const big = size > 4;
  const width = size > 4 ? 64 : size > 2 ? 32 : size * 8;
  return {
    datatype,
    sample: fc.tuple(fc.bigInt({ min: low, max: high }), fc.boolean()).map(([value, asBigInt]) => ({
      data: asBigInt || big ? value : Number(value),
      value: big ? value : Number(value),
    })),
    list: typed(`${signed ? "" : "u"}int${width as 8}`),
  };
}

const bitLayout = fc
  .record({
    size: fc.integer({ min: 1, max: 8 }),
    a: fc.nat(),
    b: fc.nat(),
    order: fc.constantFrom("le", "be"),
    low: fc.constantFrom(0, 1),
    high: fc.constantFrom(0, 1),
  })
  .map(({ size, a, b, order, low, high }) => {
    const precision = 1 + (a % (size * 8));
    const offset = b % (size * 8 - precision + 1);
    return { size, precision, offset, order, padding: [low, high] } as const;
  });

function floats(datatype: Datatype, round: (value: number) => number, list: Kind["list"]): Kind {
  return { datatype, sample: fc.double().map((value) => ({ data: value, value: round(value) })), list };
}

const half = (value: number): number => halfValue(halfBits(value));
const exact = (value: number): number => value;

const x87: Datatype = {
  kind: "float",
  size: 12,
  order: "be",
  precision: 80,
  offset: 0,
  sign: 79,
  exponent: [64, 15],
  mantissa: [0, 64],
  bias: 16_383,
  normalization: "none",
  padding: [0, 1, 0],
};

const text = fc.string({ unit: "grapheme", maxLength: 10 }).filter((s) => !s.includes("\0"));

const ascii = text.filter((s) => new TextEncoder().encode(s).length === s.length);

const numbers: fc.Arbitrary<Kind> = fc.oneof(
  bitLayout.chain((bits) =>
    fc.boolean().map((signed) => integers({ kind: "integer", ...bits, signed }, bits.precision, signed)),
  ),
  bitLayout.map((bits) => integers({ kind: "bitfield", ...bits }, bits.precision, false)),
  fc
    .constantFrom(2, 4, 8)
    .map((size) => integers({ kind: "time", size, order: "be", precision: size * 8 }, size * 8, true)),
  fc.constantFrom("float64", "float64be").map((name) => floats(datatypeOf(name), exact, typed("float64"))),
  fc.constantFrom("float32", "float32be").map((name) => floats(datatypeOf(name), Math.fround, typed("float32"))),
  fc.constantFrom("float16", "float16be").map((name) => floats(datatypeOf(name), half, typed("float32"))),
  fc.constant(floats(x87, exact, typed("float64"))),
);

const leaves: fc.Arbitrary<Kind> = fc.oneof(
  { weight: 3, arbitrary: numbers },
  fc.constant<Kind>({
    datatype: datatypeOf("bool"),
    sample: fc.boolean().map((b) => ({ data: b, value: b })),
    list: plain,
  }),
  fc.constant<Kind>({
    datatype: enumType({ red: -1, green: 5 }, "int16be"),
    sample: fc.constantFrom<Sample>({ data: "red", value: -1 }, { data: 5, value: 5 }, { data: "green", value: 5 }),
    list: typed("int16"),
  }),
  fc.constantFrom("string" as const, "ascii" as const).map<Kind>((name) => ({
    datatype: datatypeOf(name),
    sample: (name === "string" ? text : ascii).map((s) => ({
      data: s,
      value: s,
    })),
    list: plain,
  })),
  fc.constantFrom("null-terminated" as const, "null-padded" as const, "space-padded" as const).map<Kind>((padding) => ({
    datatype: stringType(60, { padding }),
    sample: text
      .map((s) => new TextDecoder().decode(new TextEncoder().encode(s).subarray(0, 60)).replace(/[\ufffd ]+$/, ""))
      .map((s) => ({ data: s, value: s })),
    list: plain,
  })),
  fc.integer({ min: 1, max: 9 }).map<Kind>((size) => ({
    datatype: opaqueType(size, "t"),
    sample: fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => {
      const own = Uint8Array.from(bytes);
      return { data: own, value: own };
    }),
    list: plain,
  })),
  fc.constantFrom("complex64" as const, "complex128" as const).map<Kind>((name) => ({
    datatype: datatypeOf(name),
    sample: fc.tuple(fc.float(), fc.float()).map((pair) => ({ data: pair, value: pair })),
    list: plain,
  })),
  fc.constant<Kind>({
    datatype: datatypeOf("object-reference"),
    sample: fc.option(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })).map((address) => {
      const value = address === null ? null : ({ kind: "object-reference", address, file: undefined } as const);
      return { data: value, value };
    }),
    list: plain,
  }),
);

/** Elements in one dimension: their data as a list. */
function side(samples: readonly Sample[], list: Kind["list"]): Sample {
  return { data: samples.map(({ data }) => data), value: list(samples.map(({ value }) => value)) };
}

function nest(samples: readonly Sample[], shape: readonly number[], list: Kind["list"]): Sample {
  if (shape.length === 1) return side(samples, list);
  const [count = 1, ...rest] = shape;
  const size = samples.length / count;
  return side(
    Array.from({ length: count }, (_, i) => nest(samples.slice(i * size, (i + 1) * size), rest, list)),
    plain,
  );
}

/** Nested shape: data and value of elements in row-major order. */
export function shaped(kind: Kind, shape: readonly number[]): fc.Arbitrary<Sample> {
  const count = shape.reduce((product, n) => product * n, 1);
  return fc
    .array(kind.sample, { minLength: count, maxLength: count })
    .map((samples) => (shape.length === 0 ? (samples[0] as Sample) : nest(samples, shape, kind.list)));
}

function arrays(base: Kind, shape: readonly number[]): Kind {
  return { datatype: arrayType(base.datatype, shape), sample: shaped(base, shape), list: plain };
}

function sequences(base: Kind): Kind {
  // One of arrays, complex numbers and bytes is read flat: compared where it is not.
  const flat = base.datatype.kind === "array" || base.datatype.kind === "opaque" || isComplex(base.datatype);
  if (flat)
    return sequences({
      datatype: datatypeOf("int32"),
      sample: fc.integer().map((n) => ({ data: n, value: n })),
      list: typed("int32"),
    });
  const sample = fc.array(base.sample, { maxLength: 4 }).map((samples) => side(samples, base.list));
  return { datatype: vlenType(base.datatype), sample, list: plain };
}

function compounds(members: readonly Kind[], aligned: boolean, asMap: boolean): Kind {
  const names = members.map((_, i) => ["x", "__proto__", "constructor", "α"][i] ?? `m${i}`);
  const datatype = compoundType(new Map(names.map((name, i) => [name, (members[i] as Kind).datatype])), { aligned });
  const sample = fc.tuple(...members.map((member) => member.sample)).map((samples) => {
    const data = new Map(names.map((name, i) => [name, (samples[i] as Sample).data]));
    const value: Record<string, Value> = Object.create(null);
    for (const [i, name] of names.entries()) value[name] = (samples[i] as Sample).value;
    const object: Record<string, WriteData> = Object.create(null);
    for (const [name, entry] of data) object[name] = entry;
    return { data: asMap ? data : object, value };
  });
  return { datatype, sample, list: plain };
}

/** Datatypes nested up to a depth. */
export function kinds(depth: number): fc.Arbitrary<Kind> {
  if (depth === 0) return leaves;
  const inner = kinds(depth - 1);
  return fc.oneof(
    { weight: 2, arbitrary: leaves },
    fc
      .tuple(inner, fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }))
      .map(([base, shape]) => arrays(base, shape)),
    inner.map(sequences),
    fc
      .tuple(fc.array(inner, { minLength: 1, maxLength: 4 }), fc.boolean(), fc.boolean())
      .map(([members, aligned, asMap]) => compounds(members, aligned, asMap)),
  );
}
