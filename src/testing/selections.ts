/** Arbitrary selections of an extent. */
import fc from "fast-check";
import { hyperslab, points, type SelectionEntry, type SelectionInput } from "../index.js";

/** One entry: whole, an index, a range, a range with steps, or a list of indices. */
function entryOf(extent: number): fc.Arbitrary<SelectionEntry> {
  const range = fc.tuple(fc.nat(extent), fc.nat(extent)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const always: fc.Arbitrary<SelectionEntry>[] = [
    fc.constant(null),
    range,
    fc.tuple(range, fc.integer({ min: 1, max: 9 })).map(([[start, stop], step]) => [start, stop, step] as const),
  ];
  if (extent === 0) return fc.oneof(...always);
  const index = fc.nat(extent - 1);
  return fc.oneof(
    ...always,
    index,
    fc.array(index, { maxLength: 9 }).map((at) => ({ at })),
  );
}

/** Selections that can be read from data of this shape: entries per dimension, regular hyperslabs, and points. */
export function selectionOf(shape: readonly number[]): fc.Arbitrary<SelectionInput> {
  const entries = fc.tuple(...shape.map(entryOf));
  if (shape.length === 0 || shape.includes(0)) return entries;
  const point = fc.tuple(...shape.map((extent) => fc.nat(extent - 1)));
  const axis = (extent: number): fc.Arbitrary<{ start: number; stride: number; count: number; block: number }> =>
    fc
      .record({ start: fc.nat(extent - 1), block: fc.integer({ min: 1, max: 3 }), gap: fc.nat(2), count: fc.nat(4) })
      .map(({ start, block, gap, count }) => {
        const size = Math.min(block, extent - start);
        const stride = size + gap;
        return { start, stride, block: size, count: Math.min(count, Math.floor((extent - start - size) / stride) + 1) };
      });
  return fc.oneof(
    { weight: 3, arbitrary: entries },
    fc.array(point, { minLength: 1, maxLength: 20 }).map(points),
    fc.tuple(...shape.map(axis)).map((axes) =>
      hyperslab({
        start: axes.map(({ start }) => start),
        stride: axes.map(({ stride }) => stride),
        count: axes.map(({ count }) => count),
        block: axes.map(({ block }) => block),
      }),
    ),
  );
}
