import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Hdf5UnsupportedError, Hdf5UsageError, isHdf5Error } from "../../src/errors.js";
import { product } from "../../src/selection/resolved.js";
import {
  ALL_SELECTION,
  blockSelection,
  type DataSelection,
  hyperslab,
  NONE_SELECTION,
  points,
  resolveSelection,
  type SelectionInput,
} from "../../src/selection/selection.js";
import { linear, readCases, writeCases } from "./arbitraries.js";

const resolve = (input: unknown, shape: readonly number[], forWrite = false) =>
  resolveSelection(input as SelectionInput, shape, { forWrite });

describe("a selection by entries", () => {
  it("takes everything when there is none, and keeps all dimensions", () => {
    expect(resolve(undefined, [3, 4])).toMatchObject({ kind: "all", resultShape: [3, 4], count: 12 });
    expect(resolve([], [3, 4])).toMatchObject({ kind: "all", resultShape: [3, 4] });
    expect(resolve([null], [3, 4])).toMatchObject({ kind: "all", resultShape: [3, 4] });
    expect(
      resolve(
        [
          [0, 3],
          [null, null],
        ],
        [3, 4],
      ),
    ).toMatchObject({ kind: "all" });
  });

  it("drops the dimension of an integer", () => {
    expect(resolve([1], [3, 4])).toMatchObject({ kind: "grid", resultShape: [4], count: 4 });
    expect(resolve([0, 3], [3, 4])).toMatchObject({ resultShape: [], count: 1 });
    // A dimension of one element is dropped all the same, so this is not the whole.
    expect(resolve([0], [1, 4])).toMatchObject({ kind: "grid", resultShape: [4] });
  });

  it("takes ranges with and without steps, and empty ones", () => {
    expect(resolve([[0, 2]], [3]).resultShape).toEqual([2]);
    expect(resolve([[1, null]], [3]).resultShape).toEqual([2]);
    expect(resolve([[0, 10, 3]], [10]).resultShape).toEqual([4]);
    expect(resolve([[3, 3]], [3])).toMatchObject({ resultShape: [0], count: 0 });
    expect(resolve([[0, 0]], [0])).toMatchObject({ resultShape: [0], count: 0 });
  });

  it("takes listed indices in any order, repeats only for reading", () => {
    expect(resolve([{ at: [3, 7, 7] }], [8])).toMatchObject({ resultShape: [3], count: 3 });
    expect(resolve([{ at: [] }], [8])).toMatchObject({ resultShape: [0], count: 0 });
    expect(() => resolve([{ at: [3, 7, 7] }], [8], true)).toThrow(/twice/);
    expect(() => resolve(points([[1], [1]]), [8], true)).toThrow(/twice/);
  });

  it("has one element in a scalar and none in a null dataspace", () => {
    expect(resolve([], [])).toMatchObject({ kind: "all", resultShape: [], count: 1 });
    expect(resolve(undefined, [0])).toMatchObject({ kind: "all", resultShape: [0], count: 0 });
    expect(() => resolve([null], [])).toThrow(/scalar/);
  });

  it.each<[string, unknown, readonly number[]]>([
    ["more entries than dimensions", [null, null], [3]],
    ["a negative index", [-1], [3]],
    ["an index at the extent", [3], [3]],
    ["an index that is no whole number", [0.5], [3]],
    ["NaN", [Number.NaN], [3]],
    ["a bigint", [1n], [3]],
    ["a hole in the list", [undefined], [3]],
    ["a stop beyond the extent", [[0, 4]], [3]],
    ["a negative start", [[-1, 2]], [3]],
    ["a start above the stop", [[2, 1]], [3]],
    ["a step of 0", [[0, 2, 0]], [3]],
    ["a negative step", [[0, 2, -1]], [3]],
    ["a range of one entry", [[0]], [3]],
    ["a range of four entries", [[0, 1, 1, 1]], [3]],
    ["a listed index beyond the extent", [{ at: [0, 3] }], [3]],
    ["a list that is none", [{ at: 3 }], [3]],
    ["a string", "0:3", [3]],
    ["a string entry", ["0:3"], [3]],
    ["an object without at", [{}], [3]],
    ["a number instead of a list", 3, [3]],
    ["null instead of a list", null, [3]],
  ])("refuses %s", (_, input, shape) => {
    expect(() => resolve(input, shape)).toThrow(Hdf5UsageError);
  });
});

describe("hyperslab", () => {
  it("gives shape count × block", () => {
    const slab = hyperslab({ start: [1, 0], stride: [4, 1], count: [2, 3], block: [3, 1] });
    expect(slab).toMatchObject({ kind: "hyperslab", rank: 2, count: 18 });
    expect(resolve(slab, [8, 3])).toMatchObject({ kind: "grid", resultShape: [6, 3], count: 18 });
    expect([...slab.runs([8, 3])]).toEqual([
      [3, 9],
      [15, 9],
    ]);
  });

  it("lets an unlimited count or block end with the extent", () => {
    const blocks = hyperslab({ start: [1], stride: [3], count: [Infinity], block: [2] });
    expect(blocks.count).toBe(Infinity);
    expect([...blocks.runs([9])]).toEqual([
      [1, 2],
      [4, 2],
      [7, 2],
    ]);
    expect([...blocks.runs([8])]).toEqual([
      [1, 2],
      [4, 2],
      [7, 1],
    ]);
    expect([...blocks.runs([1])]).toEqual([]);
    expect([...hyperslab({ start: [2], count: [1], block: [Infinity] }).runs([9])]).toEqual([[2, 7]]);
  });

  it.each<[string, Parameters<typeof hyperslab>[0]]>([
    ["ranks that differ", { start: [0], count: [1, 1] }],
    ["a negative start", { start: [-1], count: [1] }],
    ["overlapping blocks", { start: [0], stride: [1], count: [2], block: [2] }],
    ["a stride of 0", { start: [0], stride: [0], count: [2] }],
    ["an unlimited start", { start: [Infinity], count: [1] }],
    ["count and block both unlimited", { start: [0], count: [Infinity], block: [Infinity] }],
    ["two unlimited blocks", { start: [0], count: [2], block: [Infinity] }],
    ["a fraction", { start: [0.5], count: [1] }],
  ])("refuses %s", (_, slab) => {
    expect(() => hyperslab(slab)).toThrow(Hdf5UsageError);
  });

  it("refuses an extent that it leaves, or of another rank", () => {
    expect(() => resolve(hyperslab({ start: [2], count: [2] }), [3])).toThrow(Hdf5UsageError);
    expect(() => resolve(hyperslab({ start: [2], count: [1] }), [3, 3])).toThrow(/rank 1/);
  });
});

describe("points", () => {
  it("keep their order and give rank 1", () => {
    const some = points([
      [2, 1],
      [0, 0],
      [0, 1],
    ]);
    expect(resolve(some, [3, 2])).toMatchObject({ kind: "points", resultShape: [3], count: 3 });
    expect([...some.runs([3, 2])]).toEqual([
      [5, 1],
      [0, 2],
    ]);
  });

  it.each<[string, readonly (readonly number[])[]]>([
    ["no point", []],
    ["a point of rank 0", [[]]],
    ["points of different ranks", [[0], [0, 0]]],
    ["a negative coordinate", [[-1]]],
  ])("refuse %s", (_, list) => {
    expect(() => points(list)).toThrow(Hdf5UsageError);
  });

  it("refuse an extent that they leave", () => {
    expect(() => resolve(points([[0, 3]]), [3, 3])).toThrow(Hdf5UsageError);
  });
});

describe("a union of blocks", () => {
  it("is regular when it is one, however it is cut", () => {
    const grid = blockSelection([
      { start: [0, 4], shape: [2, 1] },
      { start: [5, 0], shape: [2, 2] },
      { start: [5, 4], shape: [2, 2] },
      { start: [0, 0], shape: [2, 2] },
      { start: [0, 5], shape: [2, 1] },
    ]);
    expect(grid.regular).toEqual({ start: [0, 0], stride: [5, 4], count: [2, 2], block: [2, 2] });
    expect(resolve(grid, [7, 6]).resultShape).toEqual([4, 4]);
  });

  it("has a stride of 1 where it has one block", () => {
    const column = blockSelection([
      { start: [2, 0], shape: [3, 4] },
      { start: [6, 0], shape: [3, 4] },
    ]);
    expect(column.regular).toEqual({ start: [2, 0], stride: [4, 1], count: [2, 1], block: [3, 4] });
    expect(resolve(column, [9, 4]).resultShape).toEqual([6, 4]);
  });

  it("is read in ascending order, each element once, when it is irregular", () => {
    const some = blockSelection([
      { start: [1, 1], shape: [2, 2] },
      { start: [0, 0], shape: [2, 2] },
    ]);
    expect(some).toMatchObject({ kind: "hyperslab", regular: undefined, count: 7 });
    expect([...some.runs([3, 3])]).toEqual([
      [0, 2],
      [3, 3],
      [7, 2],
    ]);
    expect(resolve(some, [3, 3])).toMatchObject({ kind: "blocks", resultShape: [7] });
  });

  it("of many blocks is counted quickly", () => {
    const diagonal = Array.from({ length: 50_000 }, (_, i) => ({ start: [i, 3 * i], shape: [1, 2] }));
    expect(blockSelection(diagonal).count).toBe(100_000);
  });

  it("is counted without walking its rows", () => {
    // Crosses: each bar overlaps all bars of the other direction, in rows of 2^40 elements.
    const bars = Array.from({ length: 40 }, (_, i) => [
      { start: [2 * i, 0], shape: [1, 2 ** 40] },
      { start: [0, 2 * i], shape: [2 ** 40, 1] },
    ]).flat();
    expect(blockSelection(bars).count).toBe(2 * 40 * 2 ** 40 - 40 * 40);
  });

  it("that interlocks beyond all sense is refused, not counted for ever", () => {
    const nested = Array.from({ length: 5000 }, (_, i) => ({ start: [i, i], shape: [10_000 - 2 * i, 10_000 - 2 * i] }));
    expect(() => blockSelection(nested)).toThrow(Hdf5UnsupportedError);
  });

  it("refuses no blocks, empty blocks and mixed ranks", () => {
    expect(() => blockSelection([])).toThrow(Hdf5UsageError);
    expect(() => blockSelection([{ start: [0], shape: [0] }])).toThrow(Hdf5UsageError);
    expect(() => blockSelection([{ start: [0], shape: [1, 1] }])).toThrow(Hdf5UsageError);
  });
});

describe("none, all and selections of other makers", () => {
  it("select nothing and everything", () => {
    expect(resolve(NONE_SELECTION, [3, 4])).toMatchObject({ kind: "none", count: 0, resultShape: [0] });
    expect(resolve(ALL_SELECTION, [3, 4])).toMatchObject({ kind: "all", count: 12, resultShape: [3, 4] });
    expect([...ALL_SELECTION.runs([3, 4])]).toEqual([[0, 12]]);
    expect([...NONE_SELECTION.runs([3, 4])]).toEqual([]);
  });

  it("are read by their runs, which are checked", () => {
    const foreign = (kind: "points" | "hyperslab", runs: [number, number][]): DataSelection => ({
      kind,
      rank: 2,
      count: undefined,
      regular: undefined,
      runs: () => runs,
    });
    expect(
      resolve(
        foreign("points", [
          [5, 1],
          [0, 2],
        ]),
        [3, 2],
      ),
    ).toMatchObject({
      kind: "points",
      coordinates: [
        [2, 1],
        [0, 0],
        [0, 1],
      ],
    });
    expect(resolve(foreign("hyperslab", [[1, 3]]), [3, 2])).toMatchObject({ kind: "blocks", count: 3 });
    expect(() => resolve(foreign("hyperslab", [[5, 2]]), [3, 2])).toThrow(Hdf5UsageError);
  });
});

describe("any selection", () => {
  it("has the elements, shape and count of naive indexing", () => {
    fc.assert(
      fc.property(readCases, ({ shape, input, expected, resultShape }) => {
        const resolved = resolveSelection(input, shape);
        expect(resolved.resultShape).toEqual(resultShape);
        expect(resolved.count).toBe(expected.length);
        expect(product(resolved.resultShape)).toBe(resolved.count);
      }),
      { numRuns: 300 },
    );
  });

  it("resolves the same for writing when nothing repeats", () => {
    fc.assert(
      fc.property(writeCases, ({ shape, input }) => {
        expect(resolveSelection(input, shape, { forWrite: true })).toEqual(resolveSelection(input, shape));
      }),
      { numRuns: 100 },
    );
  });

  it("is accepted or refused with a typed error, whatever it is", () => {
    fc.assert(
      fc.property(fc.anything(), fc.array(fc.nat(5), { maxLength: 3 }), (input, shape) => {
        try {
          resolve(input, shape);
        } catch (error) {
          if (!isHdf5Error(error, "usage")) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });

  it("as data selection gives ascending runs of its elements", () => {
    fc.assert(
      fc.property(readCases, ({ shape, input, expected }) => {
        if (Array.isArray(input)) return;
        const found = [...(input as DataSelection).runs(shape)].flatMap(([start, length]) =>
          Array.from({ length }, (_, i) => start + i),
        );
        expect(found).toEqual(expected.map((point) => linear(point, shape)));
      }),
      { numRuns: 200 },
    );
  });
});
