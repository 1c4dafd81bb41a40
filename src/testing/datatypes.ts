/** Arbitrary datatypes and dataspaces, as descriptions: every form that a file can hold. */
import fc from "fast-check";
import type { Dataspace, Datatype } from "../index.js";

type Kind<K extends Datatype["kind"]> = Extract<Datatype, { readonly kind: K }>;

const u8 = fc.nat(0xff);
const u32 = fc.nat(0xffff_ffff);
const order = fc.constantFrom("le" as const, "be" as const);
const bit = fc.constantFrom(0 as const, 1 as const);
const charset = fc.constantFrom("ascii" as const, "utf-8" as const);

/** Text without NUL that survives UTF-8. */
export const text: fc.Arbitrary<string> = fc
  .string({ unit: "binary", maxLength: 20 })
  .map((s) => s.replaceAll("\0", "·"));
const name = text.filter((s) => s !== "");

/**
 * Null, scalar and simple dataspaces, the last with and without room to grow.
 * @param size one dimension; @param maxRank dimensions at most.
 */
export function dataspaceOf(
  size: fc.Arbitrary<number>,
  maxSize: fc.Arbitrary<number>,
  maxRank: number,
): fc.Arbitrary<Dataspace> {
  const dimension = fc.tuple(size, fc.option(maxSize, { nil: Number.POSITIVE_INFINITY }));
  const dimensions = fc.array(dimension, { minLength: 1, maxLength: maxRank });
  return fc.oneof(
    fc.constant<Dataspace>({ kind: "null" }),
    fc.constant<Dataspace>({ kind: "scalar" }),
    dimensions.map((all): Dataspace => ({ kind: "simple", shape: all.map(([n]) => n) })),
    dimensions.map((all): Dataspace => {
      return { kind: "simple", shape: all.map(([n]) => n), maxShape: all.map(([n, max]) => Math.max(n, max)) };
    }),
  );
}

/** Small dataspaces. */
export const dataspace: fc.Arbitrary<Dataspace> = dataspaceOf(fc.nat(5), fc.nat(9), 4);

/** Size, offset and precision that fit each other. */
function extent(maxSize: number): fc.Arbitrary<{ size: number; offset: number; precision: number }> {
  return fc.tuple(fc.integer({ min: 1, max: maxSize }), u8, u8).map(([size, a, b]) => {
    const offset = a % (size * 8);
    return { size, offset, precision: 1 + (b % (size * 8 - offset)) };
  });
}

const padding = fc.tuple(bit, bit);
const integer: fc.Arbitrary<Kind<"integer">> = fc
  .record({ extent: extent(16), order, padding, signed: fc.boolean() })
  .map(({ extent: where, ...rest }) => ({ kind: "integer", ...where, ...rest }));
const bitfield: fc.Arbitrary<Kind<"bitfield">> = fc
  .record({ extent: extent(16), order, padding })
  .map(({ extent: where, ...rest }) => ({ kind: "bitfield", ...where, ...rest }));
const field = (size: number): fc.Arbitrary<readonly [number, number]> =>
  fc.tuple(u8, u8).map(([a, b]) => {
    const position = a % (size * 8);
    return [position, 1 + (b % Math.min(255, size * 8 - position))] as const;
  });
const float: fc.Arbitrary<Kind<"float">> = extent(16).chain((where) =>
  fc.record({
    kind: fc.constant("float" as const),
    size: fc.constant(where.size),
    offset: fc.constant(where.offset),
    precision: fc.constant(where.precision),
    order: fc.constantFrom("le" as const, "be" as const, "vax" as const),
    sign: u8.map((n) => n % (where.size * 8)),
    exponent: field(where.size),
    mantissa: field(where.size),
    bias: u32,
    normalization: fc.constantFrom("none" as const, "msb-set" as const, "implied" as const),
    padding: fc.tuple(bit, bit, bit),
  }),
);
const stringPadding = fc.constantFrom("null-terminated" as const, "null-padded" as const, "space-padded" as const);
const string: fc.Arbitrary<Kind<"string">> = fc
  .record({
    length: fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.constant("variable" as const)),
    padding: stringPadding,
    charset,
  })
  .map((type) => ({ kind: "string", size: type.length === "variable" ? 16 : type.length, ...type }));
const reference = fc.constantFrom<Kind<"reference">>(
  { kind: "reference", size: 8, to: "object", revised: false },
  { kind: "reference", size: 12, to: "region", revised: false },
  { kind: "reference", size: 18, to: "object", revised: true },
  { kind: "reference", size: 18, to: "region", revised: true },
  { kind: "reference", size: 18, to: "attribute", revised: true },
);
const enumeration: fc.Arbitrary<Kind<"enum">> = fc
  .tuple(
    integer,
    fc.uniqueArray(fc.tuple(name, fc.bigInt({ min: 0n, max: 2n ** 128n })), { maxLength: 6, selector: ([n]) => n }),
  )
  .map(([base, all]) => {
    const { precision, signed } = base;
    const members = all.map(([memberName, bits]) => {
      const value = signed ? BigInt.asIntN(precision, bits) : BigInt.asUintN(precision, bits);
      return { name: memberName, value: Number.isSafeInteger(Number(value)) ? Number(value) : value };
    });
    const values = new Map(members.map((member) => [member.name, member.value]));
    const boolean = base.size === 1 && members.length === 2 && values.get("FALSE") === 0 && values.get("TRUE") === 1;
    return { kind: "enum", size: base.size, base, members, boolean };
  });

/** Any datatype that can be written, without `committed`. */
export const datatype: fc.Arbitrary<Datatype> = fc.letrec<{ type: Datatype }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    integer,
    float,
    bitfield,
    string,
    reference,
    enumeration,
    fc.record({ kind: fc.constant("time" as const), size: fc.constantFrom(4, 8), order, precision: fc.constant(32) }),
    fc.record({ kind: fc.constant("opaque" as const), size: fc.integer({ min: 1, max: 100 }), tag: text }),
    float.map((base): Datatype => ({ kind: "complex", size: 2 * base.size, base })),
    fc.array(fc.tuple(name, fc.nat(9), tie("type")), { minLength: 1, maxLength: 5 }).chain(compound),
    fc
      .tuple(tie("type"), fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }))
      .map(([base, shape]): Datatype => {
        return { kind: "array", size: shape.reduce((product, n) => product * n, base.size), base, shape };
      }),
    tie("type").map((base): Datatype => ({ kind: "vlen", size: 16, base })),
  ),
})).type;

/** Members with gaps between them, in any order. */
function compound(parts: readonly (readonly [name: string, gap: number, type: Datatype])[]): fc.Arbitrary<Datatype> {
  let end = 0;
  const members = parts.map(([memberName, gap, type]) => {
    const offset = end + gap;
    end = offset + type.size;
    return { name: memberName, offset, datatype: type };
  });
  const size = fc.nat(300).map((rest) => end + rest);
  return fc.record({
    kind: fc.constant("compound" as const),
    size,
    members: fc.shuffledSubarray(members, { minLength: members.length }),
  });
}
