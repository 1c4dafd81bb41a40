import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeFileDriver } from "../../../src/drivers/node-file.js";
import { type ExternalContext, type Hdf5File, hyperslab, isHdf5Error, open, points } from "../../../src/index.js";
import { blockSelection, type SelectionEntry, type SelectionInput } from "../../../src/selection/selection.js";
import { h5pyPresent, python } from "../../interop/h5py.js";
import { combinations } from "../../selection/arbitraries.js";

const present = h5pyPresent();

/** What h5py read from a dataset. */
interface Known {
  readonly shape: number[];
  readonly data: (number | string)[];
}

/** Indices that an entry means in a dimension of this length. */
function indicesOf(entry: SelectionEntry, length: number): number[] {
  const all = Array.from({ length }, (_, i) => i);
  if (entry === null) return all;
  if (typeof entry === "number") return [entry];
  if (!Array.isArray(entry)) return [...(entry as { readonly at: readonly number[] }).at];
  const [start, stop, step = 1] = entry as readonly [number | null, number | null, number?]; // what is left
  return all.slice(start ?? 0, stop ?? length).filter((_, i) => i % step === 0);
}

function entries(length: number): fc.Arbitrary<SelectionEntry> {
  const index = fc.nat(length - 1);
  const ends = fc.tuple(index, index).map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
  return fc.oneof(
    fc.constant(null),
    index,
    ends,
    fc.tuple(ends, fc.integer({ min: 1, max: 5 })).map(([[a, b], step]) => [a, b, step] as const),
    fc.array(index, { minLength: 1, maxLength: 6 }).map((at) => ({ at })),
  );
}

/** A selection and the linear indices that it means. */
function selections(shape: readonly number[]): fc.Arbitrary<{ input: SelectionInput; linear: number[] }> {
  const linearOf = (at: readonly number[]): number => at.reduce((sum, i, d) => sum * (shape[d] ?? 1) + i, 0);
  const coordinates = fc.tuple(...shape.map((length) => fc.nat(length - 1)));
  const boxes = fc.tuple(coordinates, coordinates).map(([a, b]) => ({
    start: a.map((from, d) => Math.min(from, b[d] ?? 0)),
    shape: a.map((from, d) => Math.abs(from - (b[d] ?? 0)) + 1),
  }));
  const runs = (input: Exclude<SelectionInput, readonly SelectionEntry[]>) => ({
    input,
    linear: [...input.runs(shape)].flatMap(([start, length]) => Array.from({ length }, (_, i) => start + i)),
  });
  return fc.oneof(
    fc.tuple(...shape.map(entries)).map((input) => ({
      input,
      linear: combinations(input.map((entry, d) => indicesOf(entry, shape[d] ?? 0))).map(linearOf),
    })),
    fc.array(coordinates, { minLength: 1, maxLength: 9 }).map((list) => runs(points(list))),
    fc.array(boxes, { minLength: 1, maxLength: 4 }).map((list) => runs(blockSelection(list))),
    boxes.map(({ start, shape: size }) => {
      const halved = size.map((length) => Math.max(1, Math.floor(length / 3)));
      const slab = { start, stride: halved.map((n) => n + 1), block: halved, count: size.map((n) => (n >= 3 ? 2 : 1)) };
      return runs(hyperslab(slab));
    }),
  );
}

describe.runIf(present)("virtual datasets", () => {
  let folder: string;
  let known: Record<string, Known>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "h5ts-virtual-"));
    known = JSON.parse(python("storage_files.py", "virtual", folder)) as typeof known;
  });
  afterAll(() => rm(folder, { recursive: true }));

  const opened = (name = "virtual.h5"): Promise<Hdf5File> => open(join(folder, name), { external: { dir: folder } });
  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  test("have the extent and the values that h5py finds", async () => {
    await using file = await opened();
    expect(Object.keys(known).length).toBeGreaterThan(25);
    for (const [name, { shape, data }] of Object.entries(known)) {
      const dataset = await file.dataset(name);
      expect({ name, shape: dataset.shape }).toEqual({ name, shape });
      const result = await dataset.read();
      expect({ name, data: Array.from(result.data as ArrayLike<number>) }).toEqual({ name, data });
    }
  });

  test("are read in any part like the whole", async () => {
    await using file = await opened();
    const numeric = Object.entries(known).filter(([name, { data }]) => name !== "text" && data.length > 0);
    const cases = fc
      .constantFrom(...numeric)
      .chain(([name, { shape, data }]) =>
        selections(shape).map(({ input, linear }) => ({ name, input, expected: linear.map((i) => data[i]) })),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ({ name, input, expected }) => {
        const { data } = await (await file.dataset(name)).read(input, { as: "float64" });
        expect([...data]).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });

  test("list their mappings as they are stored", async () => {
    await using file = await open(join(folder, "virtual.h5"));
    const { layout } = await file.dataset("endless-interleaved");
    if (layout.kind !== "virtual") throw new Error(layout.kind);
    expect(layout.mappings.map(({ file: name, dataset }) => `${name}:${dataset}`)).toEqual([
      "s0.h5:rows",
      "s1.h5:rows",
      "s2.h5:rows",
      "s3.h5:rows",
    ]);
    expect(layout.mappings[2]?.virtual.regular).toEqual({
      start: [2, 0],
      stride: [4, 1],
      count: [Number.POSITIVE_INFINITY, 1],
      block: [1, 6],
    });
    expect(layout.mappings[2]?.virtual.count).toBe(Number.POSITIVE_INFINITY);
    expect((await file.dataset("stacked")).storageSize).toBe(0);
  });

  test("open nothing outside the file unless the policy allows it, and say what was asked for", async () => {
    await using denied = await open(join(folder, "virtual.h5"));
    const same = await denied.dataset("same");
    expect([...(await same.read([0], { as: "int32" })).data].slice(0, 3)).toEqual([0, 3, 6]);
    const error = await failure(same.read());
    expect(isHdf5Error(error, "policy") && error.target).toBe("s1.h5");
    const asked: [string, ExternalContext][] = [];
    await using file = await open(join(folder, "virtual.h5"), {
      external: (target, context) => {
        asked.push([target, context]);
        return nodeFileDriver(join(folder, target));
      },
    });
    await (await file.dataset("same")).read();
    expect(asked).toEqual([["s1.h5", { kind: "virtual-source", file: file.name, path: "/same" }]]);
  });

  test("give the fill value where a source is missing, with a warning for it", async () => {
    await using file = await opened();
    await (await file.dataset("missing")).read();
    expect(file.warnings.map(({ code, path }) => ({ code, path }))).toEqual([
      { code: "virtual-source-missing", path: "/missing" },
      { code: "virtual-source-missing", path: "/missing" },
    ]);
    await (await file.dataset("missing")).read([0]);
    expect(file.warnings).toHaveLength(2);
  });

  test("that are their own source, or nested without measure, are errors", async () => {
    await using file = await opened("circles.h5");
    for (const name of ["self", "ping", "pong", "endless-self"]) {
      expect(isHdf5Error(await failure((await file.dataset(name)).read()), "link"), name).toBe(true);
    }
    const deep = await failure((await file.dataset("chain0")).read());
    expect(isHdf5Error(deep, "limit") && deep.limit).toBe("virtualDepth");
    expect([...(await (await file.dataset("chain5")).read(undefined, { as: "int32" })).data]).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ]);
    const bomb = await failure((await file.dataset("bomb1")).read());
    expect(isHdf5Error(bomb, "limit") && bomb.limit).toBe("readBytes");
  });

  test("fetch each chunk of a source once", async () => {
    let requests = 0;
    await using file = await open(join(folder, "virtual.h5"), {
      external: async (target) => {
        const driver = await nodeFileDriver(join(folder, target));
        return {
          ...driver,
          name: target,
          size: driver.size,
          read: (offset: number, length: number) => {
            requests++;
            return driver.read(offset, length);
          },
        };
      },
    });
    const packed = await file.dataset("packed");
    await packed.read([0, [0, 1], [0, 1]]);
    requests = 0;
    // Twelve chunks beside each other, one of them known.
    await packed.read([0]);
    expect(requests).toBeLessThanOrEqual(3);
    requests = 0;
    await packed.read([0]);
    expect(requests).toBe(0);
  });
});
