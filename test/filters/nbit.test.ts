import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Hdf5FilterError, Hdf5UsageError } from "../../src/errors.js";
import { configureNbit } from "../../src/filters/nbit.js";
import { nbitFilter } from "../../src/filters/nbit-codec.js";
import type { Datatype } from "../../src/format/messages/datatype.js";
import { contextOf, hex, survivesAnything } from "./hostile.js";

const integer = (size: number, precision: number, offset: number, order: "le" | "be" = "le"): Datatype => ({
  kind: "integer",
  size,
  signed: false,
  order,
  precision,
  offset,
  padding: [0, 0],
});
const TEXT: Datatype = { kind: "string", size: 3, length: 3, padding: "null-padded", charset: "ascii" };
const COMPOUND: Datatype = {
  kind: "compound",
  size: 8,
  members: [
    { name: "a", offset: 1, datatype: integer(2, 11, 4, "be") },
    { name: "b", offset: 4, datatype: { kind: "array", size: 3, base: integer(1, 3, 0), shape: [3] } },
  ],
};

// Written with h5py 3.7 (libhdf5 1.10.8).
const GOLDEN = [
  {
    name: "a big-endian integer with 11 bits from bit 4 on",
    datatype: integer(2, 11, 4, "be"),
    values: [8, 0, 3, 1, 2, 1, 11, 4],
    plain: "1230 7ff0 0010",
    stored: "247ffc0080",
  },
  {
    name: "a compound with gaps and an array of 3-bit integers",
    datatype: COMPOUND,
    values: [20, 0, 2, 3, 8, 2, 1, 1, 2, 1, 11, 4, 4, 2, 3, 1, 1, 0, 3, 0],
    plain: "0012300001020700 007ff00007050000",
    stored: "24657fffe800",
  },
];

describe("n-bit", () => {
  it.each(GOLDEN)("stores $name as libhdf5 does", ({ datatype, values, plain, stored }) => {
    const elements = hex(plain);
    expect(configureNbit([], { datatype, chunkShape: [elements.length / datatype.size] })).toEqual(values);
    const context = contextOf(values, elements.length, datatype.size);
    expect(nbitFilter.encode?.(elements, context)).toEqual(hex(stored));
    expect(nbitFilter.decode(hex(stored), context)).toEqual(elements);
  });

  it("leaves elements as they are where all bits count", () => {
    for (const datatype of [integer(4, 32, 0), TEXT]) {
      const values = configureNbit([], { datatype, chunkShape: [2, 3] });
      expect(values.slice(0, 3)).toEqual([values.length, 1, 6]);
      const bytes = hex("0102030405");
      expect(nbitFilter.encode?.(bytes, contextOf(values, 5))).toBe(bytes);
      expect(nbitFilter.decode(bytes, contextOf(values, 5))).toBe(bytes);
    }
  });

  it("gives back every element, of any nesting", async () => {
    const number = fc
      .record({ size: fc.constantFrom(1, 2, 3, 4, 8, 16), order: fc.constantFrom("le" as const, "be" as const) })
      .chain(({ size, order }) =>
        fc
          .tuple(fc.integer({ min: 1, max: size * 8 }), fc.nat(size * 8))
          .map(([precision, offset]) => integer(size, precision, Math.min(offset, size * 8 - precision), order)),
      );
    const { datatype: anyType } = fc.letrec<{ datatype: Datatype }>((tie) => ({
      datatype: fc.oneof(
        { maxDepth: 3 },
        number,
        fc.constant(TEXT),
        tie("datatype").map((base): Datatype => ({ kind: "array", size: base.size * 3, base, shape: [3] })),
        fc.array(fc.tuple(fc.nat(3), tie("datatype")), { minLength: 1, maxLength: 3 }).map((parts): Datatype => {
          let size = 0;
          const members = parts.map(([gap, datatype], i) => {
            const offset = size + gap;
            size = offset + datatype.size;
            return { name: `m${i}`, offset, datatype };
          });
          return { kind: "compound", size, members };
        }),
      ),
    }));
    await fc.assert(
      fc.property(
        anyType,
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.nat(255)),
        (datatype, count, stream) => {
          const bytes = Uint8Array.from({ length: count * datatype.size }, () => stream.next().value as number);
          const values = configureNbit([], { datatype, chunkShape: [count] });
          const context = contextOf(values, bytes.length, datatype.size);
          const once = nbitFilter.decode(nbitFilter.encode?.(bytes, context) as Uint8Array, context) as Uint8Array;
          expect(once).toHaveLength(bytes.length);
          // Padding is lost the first time; what is left comes back.
          const twice = nbitFilter.decode(nbitFilter.encode?.(once, context) as Uint8Array, context);
          expect(twice).toEqual(once);
          for (let i = 0; i < bytes.length; i++) expect((once[i] as number) & ~(bytes[i] as number)).toBe(0);
        },
      ),
    );
  });

  it("refuses what it cannot describe", () => {
    const vax: Datatype = {
      kind: "float",
      size: 4,
      order: "vax",
      precision: 32,
      offset: 0,
      sign: 31,
      exponent: [23, 8],
      mantissa: [0, 23],
      bias: 128,
      normalization: "implied",
      padding: [0, 0, 0],
    };
    expect(() => configureNbit([], { datatype: vax, chunkShape: [1] })).toThrow(Hdf5UsageError);
    const members = Array.from({ length: 700 }, (_, i) => ({ name: `m${i}`, offset: i, datatype: integer(1, 4, 0) }));
    const wide: Datatype = { kind: "compound", size: 700, members };
    expect(() => configureNbit([], { datatype: wide, chunkShape: [1] })).toThrow(/4206 values/);
  });

  it("bounds nesting, sizes and counts that a file states", () => {
    const nested = [0, 0, 1, ...Array.from({ length: 4000 }, () => [2, 4]).flat(), 1, 4, 0, 4, 0];
    nested[0] = nested.length;
    expect(() => nbitFilter.decode(new Uint8Array(9), contextOf(nested, 100))).toThrow(Hdf5FilterError);
    const many = [8, 0, 0xffffffff, 1, 4, 0, 4, 0];
    expect(() => nbitFilter.decode(new Uint8Array(9), contextOf(many, 2 ** 40))).toThrow(/too few/);
    const short = [8, 0, 4, 1, 4, 0, 31, 0];
    expect(() => nbitFilter.decode(new Uint8Array(15), contextOf(short, 16))).toThrow(Hdf5FilterError);
  });

  it("survives anything", async () => {
    for (const { datatype, values, plain, stored } of GOLDEN) {
      await survivesAnything(nbitFilter, hex(stored), contextOf(values, hex(plain).length, datatype.size));
    }
  });
});
