import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5FormatError, Hdf5UsageError, isHdf5Error } from "../../src/errors.js";
import {
  blockSelection,
  type DataSelection,
  hyperslab,
  points,
  resolveSelection,
  type SelectionInput,
} from "../../src/selection/selection.js";
import { decodeSelection, encodeSelection, storedSelection } from "../../src/selection/serialized.js";
import { blockCases, entryCases, hyperslabCases, linear, pointCases } from "./arbitraries.js";

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.replaceAll(" ", "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const decode = (bytes: Uint8Array): DataSelection => decodeSelection(new Cursor(bytes, "selection"));
const encode = (selection: DataSelection): Uint8Array => {
  const out = new ByteWriter();
  encodeSelection(out, selection);
  return out.bytes();
};

// As h5py 3.7 (libhdf5 1.10.8) stored them in region references of a dataset of shape 10 × 12.
const STORED = {
  // start (1, 2), count (2, 3), stride (4, 3), block (2, 1)
  regular:
    "02000000 01000000 00000000 68000000 02000000 06000000" +
    "01000000 02000000 02000000 02000000 01000000 05000000 02000000 05000000" +
    "01000000 08000000 02000000 08000000 05000000 02000000 06000000 02000000" +
    "05000000 05000000 06000000 05000000 05000000 08000000 06000000 08000000",
  // (0, 0) + (2, 3) or (4, 5) + (1, 2)
  irregular:
    "02000000 01000000 00000000 28000000 02000000 02000000" +
    "00000000 00000000 01000000 02000000 04000000 05000000 04000000 06000000",
  points: "01000000 01000000 00000000 20000000 02000000 03000000 03000000 04000000 00000000 00000000 09000000 0b000000",
  none: "00000000 01000000 00000000 00000000",
  all: "03000000 01000000 00000000 00000000",
  // In a virtual dataset's mapping, libver "latest": start (2, 1), stride (1, 5), count (2, 10), block (1, 2)
  counts:
    "02000000 02000000 01 44000000 02000000" +
    "0200000000000000 0100000000000000 0200000000000000 0100000000000000" +
    "0100000000000000 0500000000000000 0a00000000000000 0200000000000000",
  // start 0, one block, unlimited
  unlimited:
    "02000000 02000000 01 24000000 01000000 0000000000000000 0100000000000000 0100000000000000 ffffffffffffffff",
};

// By the specification, for the versions of HDF5 1.12: points 2 (width 2), hyperslab 3 regular (width 2) and irregular (4).
const NEWER = {
  points: "01000000 02000000 02 01000000 0200 0500 0300",
  regular: "02000000 03000000 01 02 01000000 0100 0400 ffff 0200",
  irregular: "02000000 03000000 00 04 01000000 02000000 00000000 01000000 05000000 05000000",
};
const EVERY = [...Object.values(STORED), ...Object.values(NEWER)];

describe("a stored selection", () => {
  it("of each kind reads as libhdf5 meant it", () => {
    expect(decode(hex(STORED.regular)).regular).toEqual({
      start: [1, 2],
      stride: [4, 3],
      count: [2, 3],
      block: [2, 1],
    });
    expect(decode(hex(STORED.irregular))).toMatchObject({ kind: "hyperslab", regular: undefined, count: 8, rank: 2 });
    expect([...decode(hex(STORED.points)).runs([10, 12])]).toEqual([
      [40, 1],
      [0, 1],
      [119, 1],
    ]);
    expect(decode(hex(STORED.none)).kind).toBe("none");
    expect(decode(hex(STORED.all)).kind).toBe("all");
    expect(decode(hex(STORED.counts)).regular).toEqual({
      start: [2, 1],
      stride: [1, 5],
      count: [2, 10],
      block: [1, 2],
    });
    const unlimited = decode(hex(STORED.unlimited));
    expect(unlimited).toMatchObject({ count: Infinity, regular: { count: [1], block: [Infinity] } });
    expect([...unlimited.runs([7])]).toEqual([[0, 7]]);
  });

  it.each(["regular", "irregular", "points", "none", "all", "unlimited"] as const)("is written as read: %s", (name) => {
    const bytes = hex(STORED[name]);
    expect(encode(decode(bytes))).toEqual(bytes);
  });

  it("of the versions of HDF5 1.12 reads too, in every width", () => {
    expect([...decode(hex(NEWER.points)).runs([6])]).toEqual([
      [5, 1],
      [3, 1],
    ]);
    expect(decode(hex(NEWER.regular)).regular).toEqual({
      start: [1],
      stride: [4],
      count: [Infinity],
      block: [2],
    });
    expect([...decode(hex(NEWER.irregular)).runs([6])]).toEqual([
      [0, 2],
      [5, 1],
    ]);
  });

  it("leaves the cursor behind it", () => {
    for (const text of EVERY) {
      const cur = new Cursor(hex(`${text}99`), "selection");
      decodeSelection(cur);
      expect(cur.remaining).toBe(1);
    }
  });

  it.each([
    ["an unknown type", "04000000 01000000 00000000 00000000"],
    ["an unknown version", "00000000 02000000 00000000 00000000"],
    ["a rank of 0", "01000000 01000000 00000000 00000000 00000000 01000000"],
    ["a rank of 33", "01000000 01000000 00000000 00000000 21000000 01000000"],
    ["more points than bytes", "01000000 01000000 00000000 00000000 01000000 ffffffff 00000000"],
    ["no points", "01000000 01000000 00000000 00000000 01000000 00000000"],
    ["a width of 3", "01000000 02000000 03 01000000 000000"],
    ["a block that ends before it starts", "02000000 01000000 00000000 00000000 01000000 01000000 02000000 01000000"],
    ["unknown flags", "02000000 02000000 03 24000000 01000000"],
    ["a stride of 0", "02000000 03000000 01 02 01000000 0000 0000 0100 0100"],
    ["a count of 0", "02000000 03000000 01 02 01000000 0000 0100 0000 0100"],
    ["overlapping blocks", "02000000 03000000 01 02 01000000 0000 0100 0200 0200"],
    ["count and block both unlimited", "02000000 03000000 01 02 01000000 0000 0100 ffff ffff"],
    [
      "an end beyond 2^53",
      "02000000 03000000 01 08 01000000 00000000000010000000000000001000 0000000000001000 0100000000000000",
    ],
  ])("with %s is refused", (_, text) => {
    expect(() => decode(hex(text))).toThrow(Hdf5FormatError);
  });

  it("that was damaged or cut is a value or a typed error", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.tuple(fc.constantFrom(...EVERY), fc.nat(200), fc.nat(255)).map(([text, at, value]) => {
        const damaged = hex(text);
        damaged[at % damaged.length] = value;
        return damaged;
      }),
      fc.tuple(fc.constantFrom(...EVERY), fc.nat(100)).map(([text, length]) => hex(text).slice(0, length)),
    );
    fc.assert(
      fc.property(bytes, (some) => {
        try {
          decode(some);
        } catch (error) {
          if (!isHdf5Error(error, "format")) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("storing what a user selected", () => {
  const through = (input: SelectionInput | undefined, shape: readonly number[]): DataSelection =>
    decode(encode(storedSelection(resolveSelection(input, shape))));

  it("keeps the elements of any selection that HDF5 can say", () => {
    const cases = fc.oneof(entryCases(false), hyperslabCases, pointCases(true), blockCases);
    fc.assert(
      fc.property(cases, ({ shape, input, expected }) => {
        fc.pre(shape.length > 0);
        const ascending = expected.map((point) => linear(point, shape));
        const ordered = ascending.every((index, i) => i === 0 || index > (ascending[i - 1] ?? 0));
        fc.pre(ordered || !Array.isArray(input));
        const stored = through(input, shape);
        const found = [...stored.runs(shape)].flatMap(([start, length]) => Array.from({ length }, (_, i) => start + i));
        expect(found).toEqual(ascending);
      }),
      { numRuns: 300 },
    );
  });

  it("refuses an order that would be lost", () => {
    expect(() => through([{ at: [3, 1] }], [5])).toThrow(Hdf5UsageError);
    expect(() => through([{ at: [3, 3] }], [5])).toThrow(Hdf5UsageError);
  });

  it("uses the version of 1.10 only where version 1 cannot say it", () => {
    const version = (selection: DataSelection): number | undefined => encode(selection)[4];
    expect(version(hyperslab({ start: [0], stride: [2], count: [1000] }))).toBe(1);
    expect(version(hyperslab({ start: [0], stride: [2], count: [1_000_000] }))).toBe(2);
    expect(version(hyperslab({ start: [2 ** 33], count: [1] }))).toBe(2);
  });

  it("uses the versions of 1.12 only for coordinates that four bytes do not hold", () => {
    const wide = points([[2 ** 33, 1]]);
    expect(encode(wide)[4]).toBe(2);
    expect([...decode(encode(wide)).runs([2 ** 33 + 1, 2])]).toEqual([[2 ** 34 + 1, 1]]);
    const blocks = blockSelection([
      { start: [0], shape: [2] },
      { start: [2 ** 32], shape: [3] },
    ]);
    expect(encode(blocks)[4]).toBe(3);
    expect([...decode(encode(blocks)).runs([2 ** 33])]).toEqual([
      [0, 2],
      [2 ** 32, 3],
    ]);
  });

  it("writes a hyperslab of nothing as nothing, and refuses what only looks like a selection", () => {
    expect(decode(encode(hyperslab({ start: [0], count: [0] }))).kind).toBe("none");
    const made = { ...points([[1]]), coordinates: undefined };
    expect(() => encode(made)).toThrow(Hdf5UsageError);
  });
});
