/** Every chunk index, made by us or by libhdf5 1.10, edited by both in turns, read by both and by libhdf5 2.0. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { create, type Dataset, deflate, type Hdf5File, open } from "../../../src/index.js";
import { h5pyPresent, python } from "../../interop/h5py.js";
import { wasmValues } from "../../interop/h5wasm-values.js";
import { indexKinds } from "../index-kinds.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-indexes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Form {
  readonly shape: readonly number[];
  readonly maxShape: readonly (number | null)[];
  readonly chunkShape: readonly number[];
  readonly early?: boolean;
}

/** By the index that libhdf5 chooses. */
const FORMS: Readonly<Record<string, Form>> = {
  single: { shape: [6, 7], maxShape: [6, 7], chunkShape: [6, 7] },
  implicit: { shape: [10, 9], maxShape: [14, 20], chunkShape: [4, 5], early: true },
  "fixed-array": { shape: [10, 9], maxShape: [20, 30], chunkShape: [4, 5] },
  "fixed-array paged": { shape: [1500], maxShape: [2600], chunkShape: [1] },
  "extensible-array": { shape: [10, 9], maxShape: [null, 20], chunkShape: [4, 5] },
  "extensible-array 2": { shape: [9, 30], maxShape: [12, null], chunkShape: [4, 1] },
  "btree-v2": { shape: [10, 9], maxShape: [null, null], chunkShape: [2, 2] },
};

const CASES = Object.entries(FORMS).flatMap(([name, form]) => [
  { name, form, filtered: false },
  ...(form.early ? [] : [{ name: `${name} filtered`, form, filtered: true }]),
]);

/** Elements in row-major order, and the extent. */
class Model {
  shape: number[];
  data: Map<string, number> = new Map();

  constructor(shape: readonly number[]) {
    this.shape = [...shape];
  }

  static of([shape, values]: readonly [number[], number[]]): Model {
    const model = new Model(shape);
    for (const [i, at] of [...positions(shape.map((n) => [0, n] as const))].entries())
      model.put(at, values[i] as number);
    return model;
  }

  put(at: readonly number[], value: number): void {
    if (value === 0) this.data.delete(at.join());
    else this.data.set(at.join(), value);
  }

  resize(shape: readonly number[]): void {
    this.shape = [...shape];
    for (const key of [...this.data.keys()]) {
      if (key.split(",").some((at, d) => Number(at) >= (shape[d] as number))) this.data.delete(key);
    }
  }

  get values(): number[] {
    return [...positions(this.shape.map((n) => [0, n] as const))].map((at) => this.data.get(at.join()) ?? 0);
  }
}

function* positions(box: readonly (readonly [number, number])[]): Iterable<number[]> {
  if (box.some(([low, high]) => low >= high)) return;
  const at = box.map(([low]) => low);
  for (;;) {
    yield [...at];
    let d = at.length - 1;
    for (; d >= 0; d--) {
      const [low, high] = box[d] as readonly [number, number];
      at[d] = (at[d] as number) + 1;
      if ((at[d] as number) < high) break;
      at[d] = low;
    }
    if (d < 0) return;
  }
}

/** One edit: three random numbers per dimension decide what exactly. */
interface Step {
  readonly kind: "write" | "resize" | "append" | "flush";
  readonly random: readonly number[];
  readonly value: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("write", "write", "resize", "append", "flush"),
  random: fc.array(
    fc.nat({ max: 9999 }).map((n) => n / 10_000),
    { minLength: 4, maxLength: 4 },
  ),
  value: fc.integer({ min: 1, max: 1e6 }),
});

async function run(file: Hdf5File, dataset: Dataset, model: Model, form: Form, { kind, random, value }: Step) {
  const between = (i: number, low: number, high: number): number =>
    low + Math.floor((random[i] as number) * (high - low + 1));
  if (kind === "flush") return file.flush();
  if (kind === "resize") {
    const shape = form.maxShape.map((most, d) => between(d, 0, most ?? (model.shape[d] as number) + 30));
    await dataset.resize(shape);
    return model.resize(shape);
  }
  let box = model.shape.map((n, d) => {
    const low = Math.min(between(2 * d, 0, n), n);
    return [low, between(2 * d + 1, low, n)] as const;
  });
  if (kind === "append") {
    const axis = form.maxShape.findIndex((most, d) => most === null || most > (model.shape[d] as number));
    if (axis < 0) return;
    const from = model.shape[axis] as number;
    const rows = Math.min(between(0, 1, 9), (form.maxShape[axis] ?? Number.POSITIVE_INFINITY) - from);
    const shape = model.shape.map((n, d) => (d === axis ? n + rows : n));
    if (shape.includes(0)) return;
    box = shape.map((n, d) => (d === axis ? ([from, from + rows] as const) : ([0, n] as const)));
    const count = [...positions(box)].length;
    await dataset.append(
      new Int32Array(count).map((_, i) => value + i),
      axis,
    );
    model.resize(shape);
  } else {
    const count = [...positions(box)].length;
    await dataset.write(
      new Int32Array(count).map((_, i) => value + i),
      box,
    );
  }
  for (const [i, at] of [...positions(box)].entries()) model.put(at, value + i);
}

type Seen = Record<string, readonly [readonly number[], readonly number[]]>;

/** Datasets that somebody sees otherwise than they should be. */
function differences(who: string, seen: Seen, models: ReadonlyMap<string, Model>): string[] {
  return [...models].flatMap(([name, { shape, values }]) => {
    const [seenShape, seenValues] = seen[name] ?? [[], []];
    if (seenShape.join() !== shape.join()) return [`${who}: ${name} has shape ${seenShape}, expected ${shape}`];
    const at = values.findIndex((value, i) => value !== seenValues[i]);
    return at < 0 ? [] : [`${who}: ${name} (${shape}) has ${seenValues[at]} at ${at}, expected ${values[at]}`];
  });
}

async function compare(path: string, models: ReadonlyMap<string, Model>): Promise<void> {
  const file = await open(path);
  const ours: Seen = {};
  for (const name of models.keys()) {
    const dataset = await file.dataset(name);
    const { data } = await dataset.read(undefined, { as: "int32" });
    ours[name] = [[...dataset.shape], [...data]];
  }
  await file.close();
  const stock = JSON.parse(python("h5py_chunks.py", "values", path)) as Seen;
  expect([
    ...differences("h5ts", ours, models),
    ...differences("h5py", stock, models),
    ...differences("h5wasm", await wasmValues(path), models),
  ]).toEqual([]);
}

describe.runIf(h5pyPresent())("chunk indexes", () => {
  test("what we make has the index that libhdf5 chooses, and is read and edited by stock in turns with us", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 4, maxLength: 10 }), { minLength: 2, maxLength: 2 }),
        fc.integer({ min: 0, max: 1e6 }),
        async (rounds, seed) => {
          const path = join(folder, "ours.h5");
          let models = new Map<string, Model>();
          {
            await using file = await create(path, { libver: "v110" });
            for (const { name, form, filtered } of CASES) {
              const { shape, maxShape, chunkShape } = form;
              const model = new Model(shape);
              for (const [i, at] of [...positions(shape.map((n) => [0, n] as const))].entries()) model.put(at, i);
              const filters = filtered ? (["shuffle", deflate(1)] as const) : [];
              const fill = form.early ? ({ allocTime: "early" } as const) : undefined;
              await file.root.createDataset(name, {
                data: Int32Array.from(model.values),
                shape,
                maxShape,
                chunkShape,
                filters,
                fill,
              });
              models.set(name, model);
            }
          }
          expect(await indexKinds(path)).toEqual(
            Object.fromEntries(CASES.map(({ name }) => [name, name.split(" ")[0]])),
          );
          await compare(path, models);
          for (const steps of rounds) {
            {
              await using file = await open(path, { mode: "r+" });
              for (const { name, form } of CASES) {
                const dataset = await file.dataset(name);
                for (const one of steps) await run(file, dataset, models.get(name) as Model, form, one);
              }
            }
            await compare(path, models);
            const seen = JSON.parse(python("h5py_chunks.py", "edit", path, String(seed))) as Seen;
            models = new Map(CASES.map(({ name }) => [name, Model.of(seen[name] as readonly [number[], number[]])]));
            await compare(path, models);
          }
        },
      ),
      { numRuns: 1 },
    );
  }, 60_000);

  test("what libhdf5 makes is edited by us in turns with it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 4, maxLength: 10 }), { minLength: 2, maxLength: 2 }),
        fc.integer({ min: 0, max: 1e6 }),
        async (rounds, seed) => {
          const path = join(folder, "stock.h5");
          const specs = CASES.map(({ name, form: { shape, maxShape, chunkShape, early }, filtered }) => {
            const most = maxShape.map((extent) => extent ?? -1);
            return [name, shape, early ? most : maxShape, chunkShape, filtered, early === true];
          });
          python("h5py_chunks.py", "make", path, JSON.stringify(specs));
          expect(await indexKinds(path)).toEqual(
            Object.fromEntries(CASES.map(({ name }) => [name, name.split(" ")[0]])),
          );
          for (const steps of rounds) {
            const seen = JSON.parse(python("h5py_chunks.py", "edit", path, String(seed))) as Seen;
            const models = new Map(
              CASES.map(({ name }) => [name, Model.of(seen[name] as readonly [number[], number[]])]),
            );
            {
              await using file = await open(path, { mode: "r+" });
              for (const { name, form } of CASES) {
                const dataset = await file.dataset(name);
                for (const one of steps) await run(file, dataset, models.get(name) as Model, form, one);
              }
            }
            await compare(path, models);
          }
        },
      ),
      { numRuns: 1 },
    );
  }, 60_000);
});
