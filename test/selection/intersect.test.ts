import fc from "fast-check";
import { expect, test } from "vitest";
import { type AxisMatch, matchAxis, ordinalOf, type RegularDim } from "../../src/selection/intersect.js";
import { type Dim, indexAt } from "../../src/selection/resolved.js";

const regular: fc.Arbitrary<RegularDim> = fc
  .record({ start: fc.nat(9), block: fc.integer({ min: 1, max: 4 }), gap: fc.nat(4), count: fc.nat(7), cut: fc.nat(3) })
  .map(({ start, block, gap, count, cut }) => {
    const length = Math.max(0, count * block - Math.min(cut, block - 1));
    return { start, step: block + gap, count, block, length };
  });

const asked: fc.Arbitrary<Dim> = fc.oneof(
  regular,
  fc.array(fc.nat(40), { maxLength: 8 }).map((indices) => ({ indices, length: indices.length })),
);

function pairs(match: AxisMatch): [number, number][] {
  return Array.from({ length: match.count }, (_, i) => [
    match.positions?.[i] ?? match.position + i * match.positionStep,
    match.ordinals?.[i] ?? match.ordinal + i * match.ordinalStep,
  ]);
}

test("what two dimensions share is found as by looking at each index", () => {
  fc.assert(
    fc.property(asked, regular, (request, given) => {
      const expected: [number, number][] = [];
      for (let p = 0; p < request.length; p++) {
        for (let q = 0; q < given.length; q++) if (indexAt(request, p) === indexAt(given, q)) expected.push([p, q]);
      }
      expect([...matchAxis(request, given)].flatMap(pairs)).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
});

test("steps stay steps, however long", () => {
  const long: Dim = { start: 0, step: 1e9, count: 1, block: 1e9, length: 1e9 };
  const every: RegularDim = { start: 3, step: 4, count: 2e8, block: 1, length: 2e8 };
  expect([...matchAxis(long, every)]).toEqual([
    { count: 2e8, position: 3, positionStep: 4, ordinal: 0, ordinalStep: 1 },
  ]);
});

test("an index has an ordinal exactly where it is selected", () => {
  fc.assert(
    fc.property(regular, fc.nat(60), (dim, index) => {
      const found = Array.from({ length: dim.length }, (_, q) => indexAt(dim, q)).indexOf(index);
      expect(ordinalOf(dim, index)).toBe(found);
    }),
  );
});
