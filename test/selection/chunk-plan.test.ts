import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chunksTouched,
  gather,
  planChunks,
  planChunksAt,
  scatter,
  singleRun,
  touchedBox,
} from "../../src/selection/chunk-plan.js";
import { product } from "../../src/selection/resolved.js";
import { points, resolveSelection } from "../../src/selection/selection.js";
import { type Case, combinations, linear, readCases, writeCases } from "./arbitraries.js";

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Bytes of an element that tell which one it is. */
function element(index: number, size: number): number[] {
  return Array.from({ length: size }, (_, b) => (index * 31 + b * 7 + 1) & 0xff);
}

/** A buffer that begins at an odd place of its memory, now and then. */
function bytesAt(length: number, shift: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(length + shift), shift, length);
}

const setups = (cases: fc.Arbitrary<Case>) =>
  cases.chain((one) =>
    fc.record({
      one: fc.constant(one),
      chunkShape: fc.tuple(...one.shape.map((extent) => fc.integer({ min: 1, max: extent + 2 }))),
      size: fc.constantFrom(1, 2, 3, 4, 6, 8, 16, 24, 70),
      shift: fc.constantFrom(0, 0, 1, 2, 4),
    }),
  );

describe("a chunk plan", () => {
  it("touches only the chunks it needs, in order", () => {
    const parts = [...planChunks(resolveSelection([[3, 9], 4], [10, 10]), [4, 3], [10, 10])];
    expect(parts.map(({ offset, count, covers }) => ({ offset, count, covers }))).toEqual([
      { offset: [0, 3], count: 1, covers: false },
      { offset: [4, 3], count: 4, covers: false },
      { offset: [8, 3], count: 1, covers: false },
    ]);
  });

  it("knows which chunks are replaced whole, edge chunks included", () => {
    const parts = [...planChunks(resolveSelection([[4, 10]], [10, 7]), [4, 4], [10, 7])];
    expect(parts.map(({ offset, covers }) => [...offset, covers])).toEqual([
      [4, 0, true],
      [4, 4, true],
      [8, 0, true],
      [8, 4, true],
    ]);
  });

  it("knows it of listed indices, points and strides too", () => {
    const covers = (...[input, shape]: Parameters<typeof resolveSelection>) =>
      [...planChunks(resolveSelection(input, shape), [2], shape)].map((part) => part.covers);
    expect(covers([{ at: [3, 2, 0] }], [5])).toEqual([false, true]);
    expect(covers(points([[4], [1], [0]]), [5])).toEqual([true, true]);
    expect(covers([[0, 5, 2]], [5])).toEqual([false, false, true]);
  });

  it("of some chunks is that of all chunks, without the others", () => {
    fc.assert(
      fc.property(setups(readCases), fc.nat(5), ({ one: { shape, input }, chunkShape }, every) => {
        const selection = resolveSelection(input, shape);
        const all = [...planChunks(selection, chunkShape, shape)];
        const grid = combinations(shape.map((extent, d) => upTo(Math.ceil(extent / (chunkShape[d] ?? 1)))));
        const offsets = grid
          .filter((_, i) => every === 0 || i % every !== 0)
          .map((position) => position.map((n, d) => n * (chunkShape[d] ?? 1)));
        const isGrid = selection.kind === "all" || selection.kind === "grid";
        const wanted = new Set(offsets.map(String));
        const expected = all.filter(({ offset }) => wanted.has(String(offset)));
        expect(planChunksAt(selection, chunkShape, shape, offsets)).toEqual(expected);
        if (isGrid) expect(chunksTouched(selection, chunkShape)).toBeGreaterThanOrEqual(all.length === 0 ? 0 : 1);
      }),
    );
  });

  it("is lazy for grids", () => {
    let seen = 0;
    for (const part of planChunks(resolveSelection(undefined, [2 ** 45]), [1], [2 ** 45])) {
      expect(part.offset).toEqual([seen]);
      if (++seen === 3) break;
    }
  });

  it("of nothing is empty", () => {
    expect([...planChunks(resolveSelection([[0, 0]], [5]), [2], [5])]).toEqual([]);
    expect(touchedBox(resolveSelection([[0, 0]], [5]))).toBeUndefined();
  });

  it("stays in the smallest box around the elements", () => {
    fc.assert(
      fc.property(readCases, ({ shape, input, expected }) => {
        const box = touchedBox(resolveSelection(input, shape));
        if (expected.length === 0) {
          expect(box).toBeUndefined();
          return;
        }
        expect(box).toEqual({
          low: shape.map((_, d) => Math.min(...expected.map((point) => point[d] ?? 0))),
          high: shape.map((_, d) => Math.max(...expected.map((point) => point[d] ?? 0)) + 1),
        });
      }),
      { numRuns: 200 },
    );
  });

  it("gathers what naive indexing finds, for any selection, chunk shape, element size and alignment", () => {
    fc.assert(
      fc.property(setups(readCases), ({ one: { shape, input, expected }, chunkShape, size, shift }) => {
        const selection = resolveSelection(input, shape);
        const out = bytesAt(expected.length * size, shift);
        let previous = -1;
        for (const part of planChunks(selection, chunkShape, shape)) {
          const number = linear(
            part.offset.map((o, d) => o / (chunkShape[d] ?? 1)),
            shape.map((n) => n + 1),
          );
          expect(number).toBeGreaterThan(previous);
          previous = number;
          const chunk = bytesAt(product(chunkShape) * size, shift);
          for (const [i, within] of combinations(chunkShape.map(upTo)).entries()) {
            const point = within.map((index, d) => index + (part.offset[d] ?? 0));
            if (point.every((p, d) => p < (shape[d] ?? 0))) chunk.set(element(linear(point, shape), size), i * size);
          }
          const before = new Uint8Array(chunk);
          gather(chunk, part, size, out);
          expect(chunk).toEqual(before);
        }
        expect([...out]).toEqual(expected.flatMap((point) => element(linear(point, shape), size)));
      }),
      { numRuns: 600 },
    );
  });

  it("scatters to exactly the elements of naive indexing, and says truly what it covers and what is one run", () => {
    let runs = 0;
    fc.assert(
      fc.property(setups(writeCases), ({ one: { shape, input, expected }, chunkShape, size, shift }) => {
        const selection = resolveSelection(input, shape, { forWrite: true });
        const data = bytesAt(expected.length * size, shift);
        for (const [i] of expected.entries()) data.set(element(i, size), i * size);
        const place = new Map(expected.map((point, i) => [point.join(), i]));
        let count = 0;
        for (const part of planChunks(selection, chunkShape, shape)) {
          count += part.count;
          const chunk = bytesAt(product(chunkShape) * size, shift).fill(0xee);
          scatter(data, part, size, chunk);
          let missed = 0;
          const wanted = combinations(chunkShape.map(upTo)).flatMap((within) => {
            const point = within.map((index, d) => index + (part.offset[d] ?? 0));
            const i = place.get(point.join());
            if (i === undefined && point.every((p, d) => p < (shape[d] ?? 0))) missed++;
            return i === undefined ? new Array<number>(size).fill(0xee) : element(i, size);
          });
          expect([...chunk]).toEqual(wanted);
          expect(part.covers).toBe(missed === 0);
          const run = singleRun(part, size);
          if (run === undefined) continue;
          runs++;
          const moved = bytesAt(product(chunkShape) * size, shift).fill(0xee);
          moved.set(data.subarray(run.inResult, run.inResult + run.length), run.inChunk);
          expect([...moved]).toEqual(wanted);
        }
        expect(count).toBe(expected.length);
      }),
      { numRuns: 600 },
    );
    expect(runs).toBeGreaterThan(100);
  });
});
