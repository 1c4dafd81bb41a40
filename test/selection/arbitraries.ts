/** Selections with the elements they mean, found the slow and obvious way. */
import fc from "fast-check";
import {
  blockSelection,
  hyperslab,
  points,
  type SelectionEntry,
  type SelectionInput,
} from "../../src/selection/selection.js";

/** A selection, the extent it is for, and what it must give. */
export interface Case {
  readonly shape: readonly number[];
  readonly input: SelectionInput;
  /** Coordinates of the selected elements, in order. */
  readonly expected: readonly (readonly number[])[];
  readonly resultShape: readonly number[];
}

const shapes = (least: number): fc.Arbitrary<number[]> => fc.array(fc.nat(7), { minLength: least, maxLength: 4 });

/** All combinations of the indices of each dimension, row-major. */
export function combinations(lists: readonly (readonly number[])[]): number[][] {
  return lists.reduce<number[][]>((all, list) => all.flatMap((head) => list.map((index) => [...head, index])), [[]]);
}

const upTo = (from: number, to: number, step = 1): number[] => {
  const list: number[] = [];
  for (let i = from; i < to; i += step) list.push(i);
  return list;
};

interface EntryCase {
  readonly entry: SelectionEntry;
  readonly indices: readonly number[];
}

function entryOf(extent: number, repeats: boolean): fc.Arbitrary<EntryCase> {
  const ends = fc.tuple(fc.nat(extent), fc.nat(extent)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const options: fc.Arbitrary<EntryCase>[] = [
    fc.constant({ entry: null, indices: upTo(0, extent) }),
    ends.map(([a, b]) => ({ entry: [a, b] as const, indices: upTo(a, b) })),
    ends.map(([a]) => ({ entry: [a, null] as const, indices: upTo(a, extent) })),
    ends.map(([, b]) => ({ entry: [null, b] as const, indices: upTo(0, b) })),
    fc.tuple(ends, fc.integer({ min: 1, max: 9 })).map(([[a, b], step]) => ({
      entry: [a, b, step] as const,
      indices: upTo(a, b, step),
    })),
  ];
  if (extent > 0) {
    const index = fc.nat(extent - 1);
    const list = repeats ? fc.array(index, { maxLength: 9 }) : fc.uniqueArray(index, { maxLength: 7 });
    options.push(list.map((at) => ({ entry: { at }, indices: at })));
    options.push(index.map((i) => ({ entry: i, indices: [i] })));
  }
  return fc.oneof(...options);
}

/** One entry per dimension; trailing ones sometimes left out. */
export function entryCases(repeats: boolean): fc.Arbitrary<Case> {
  return shapes(0).chain((shape) =>
    fc
      .tuple(fc.tuple(...shape.map((extent) => entryOf(extent, repeats))), fc.nat(shape.length))
      .map(([entries, kept]) => {
        const whole = shape.map((extent, d) => (d < kept ? undefined : upTo(0, extent)));
        const lists = entries.map(({ indices }, d) => whole[d] ?? indices);
        const input = entries.slice(0, kept).map(({ entry }) => entry);
        const dropped = (d: number): boolean => d < kept && typeof entries[d]?.entry === "number";
        const resultShape = lists.map((list) => list.length).filter((_, d) => !dropped(d));
        return { shape, input, expected: combinations(lists), resultShape };
      }),
  );
}

/** Regular hyperslabs. */
export const hyperslabCases: fc.Arbitrary<Case> = shapes(1).chain((shape) =>
  fc
    .tuple(
      ...shape.map((extent) =>
        fc
          .record({
            start: fc.nat(extent),
            block: fc.integer({ min: 1, max: 3 }),
            gap: fc.nat(2),
            count: fc.nat(4),
          })
          .map(({ start, block, gap, count }) => {
            const stride = block + gap;
            const room = extent - start;
            const fits = room < block ? 0 : Math.floor((room - block) / stride) + 1;
            return { start, block, stride, count: Math.min(count, fits) };
          }),
      ),
    )
    .filter((dims) => dims.length > 0)
    .map((dims) => {
      const lists = dims.map(({ start, block, stride, count }) =>
        upTo(0, count).flatMap((i) => upTo(start + i * stride, start + i * stride + block)),
      );
      const fit = dims.every(({ start, count }, d) => count > 0 || start <= (shape[d] ?? 0));
      const input = hyperslab({
        start: dims.map(({ start, count }) => (count > 0 || fit ? start : 0)),
        stride: dims.map(({ stride }) => stride),
        count: dims.map(({ count }) => count),
        block: dims.map(({ block }) => block),
      });
      return { shape, input, expected: combinations(lists), resultShape: lists.map((list) => list.length) };
    }),
);

const filled = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });

/** Points in any order; with repeats when asked for. */
export function pointCases(repeats: boolean): fc.Arbitrary<Case> {
  return filled.chain((shape) => {
    const point = fc.tuple(...shape.map((extent) => fc.nat(extent - 1)));
    const list = repeats
      ? fc.array(point, { minLength: 1, maxLength: 20 })
      : fc.uniqueArray(point, { minLength: 1, maxLength: 20, selector: (p) => p.join() });
    return list.map((chosen) => ({
      shape,
      input: points(chosen),
      expected: chosen,
      resultShape: [chosen.length],
    }));
  });
}

/** Unions of boxes, which may overlap; some turn out to be regular. */
export const blockCases: fc.Arbitrary<Case> = filled.chain((shape) => {
  const box = fc.tuple(...shape.map((extent) => fc.tuple(fc.nat(extent - 1), fc.nat(extent - 1)))).map((ends) => ({
    start: ends.map(([a, b]) => Math.min(a, b)),
    shape: ends.map(([a, b]) => Math.abs(a - b) + 1),
  }));
  return fc.array(box, { minLength: 1, maxLength: 6 }).map((boxes) => {
    const inside = (point: readonly number[]): boolean =>
      boxes.some(({ start, shape: size }) =>
        point.every((p, d) => p >= (start[d] ?? 0) && p < (start[d] ?? 0) + (size[d] ?? 0)),
      );
    const expected = combinations(shape.map((extent) => upTo(0, extent))).filter(inside);
    const input = blockSelection(boxes);
    const regular = input.regular;
    const resultShape =
      regular === undefined ? [expected.length] : regular.count.map((n, d) => n * (regular.block[d] ?? 0));
    return { shape, input, expected, resultShape };
  });
});

/** Everything that can be read. */
export const readCases: fc.Arbitrary<Case> = fc.oneof(entryCases(true), hyperslabCases, pointCases(true), blockCases);
/** Everything that can be written. */
export const writeCases: fc.Arbitrary<Case> = fc.oneof(
  entryCases(false),
  hyperslabCases,
  pointCases(false),
  blockCases,
);

/** Linear index, row-major. */
export function linear(point: readonly number[], shape: readonly number[]): number {
  return point.reduce((sum, index, d) => sum * (shape[d] ?? 1) + index, 0);
}
