import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linearRuns } from "../../src/selection/runs.js";
import { resolveSelection } from "../../src/selection/selection.js";
import { linear, readCases } from "./arbitraries.js";

const runsOf = (...args: Parameters<typeof resolveSelection>) => [...linearRuns(resolveSelection(...args), args[1])];

describe("linear runs", () => {
  it("are one for whole rows", () => {
    expect(runsOf([[2, 5]], [10, 3, 4])).toEqual([[24, 36]]);
    expect(runsOf(undefined, [10, 3, 4])).toEqual([[0, 120]]);
  });

  it("are one per row otherwise", () => {
    expect(
      runsOf(
        [
          [0, 2],
          [1, 3],
        ],
        [4, 5],
      ),
    ).toEqual([
      [1, 2],
      [6, 2],
    ]);
  });

  it("go on over the end of a row where the next one follows", () => {
    expect(runsOf([{ at: [0, 1, 3] }], [4, 5])).toEqual([
      [0, 10],
      [15, 5],
    ]);
  });

  it("keep the order and the repeats of listed indices", () => {
    expect(runsOf([{ at: [3, 3, 0] }], [4])).toEqual([
      [3, 1],
      [3, 1],
      [0, 1],
    ]);
  });

  it("of a scalar are its one element", () => {
    expect(runsOf([], [])).toEqual([[0, 1]]);
  });

  it("are lazy: a million runs are not made for the first", () => {
    const runs = linearRuns(resolveSelection([null, 0], [2 ** 40, 2 ** 10]), [2 ** 40, 2 ** 10]);
    for (const run of runs) {
      expect(run).toEqual([0, 1]);
      break;
    }
  });

  it("are maximal and name the elements of naive indexing, in order", () => {
    fc.assert(
      fc.property(readCases, ({ shape, input, expected }) => {
        const runs = runsOf(input, shape);
        const elements = runs.flatMap(([start, length]) => Array.from({ length }, (_, i) => start + i));
        expect(elements).toEqual(expected.map((point) => linear(point, shape)));
        for (let i = 1; i < runs.length; i++)
          expect(runs[i]?.[0]).not.toBe((runs[i - 1]?.[0] ?? 0) + (runs[i - 1]?.[1] ?? 0));
      }),
      { numRuns: 300 },
    );
  });
});
