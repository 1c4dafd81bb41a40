/** Arrays that reach super blocks and pages, trees of three levels: written by us, read and edited by libhdf5. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { create, type Dataset, open } from "../../../src/index.js";
import { h5pyPresent, python } from "../../interop/h5py.js";
import { wasmValues } from "../../interop/h5wasm-values.js";
import { indexKinds } from "../index-kinds.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-large-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function writeAt(dataset: Dataset, values: Map<number, number>, places: readonly number[]): Promise<void> {
  for (const place of places) {
    await dataset.write(new Int32Array([place + 1]), [[place, place + 1]]);
    values.set(place, place + 1);
  }
}

function expectValues(seen: readonly number[], values: ReadonlyMap<number, number>): void {
  const found = new Map(seen.flatMap((value, i) => (value === 0 ? [] : [[i, value] as const])));
  expect(found).toEqual(values);
}

/** By stock libhdf5 1.10; with `all` by us and by libhdf5 2.0 too. */
async function check(path: string, values: ReadonlyMap<number, number>, all = true): Promise<void> {
  const name = "x";
  const stock = JSON.parse(python("h5py_chunks.py", "values", path)) as Record<string, [number[], number[]]>;
  expectValues(stock[name]?.[1] ?? [], values);
  if (!all) return;
  {
    await using file = await open(path);
    expectValues([...(await (await file.dataset(name)).read(undefined, { as: "int32" })).data], values);
  }
  expectValues((await wasmValues(path))[name]?.[1] ?? [], values);
}

describe.runIf(h5pyPresent())("large indexes", () => {
  test("an extensible array with paged data blocks, appended to by stock and by us", async () => {
    const path = join(folder, "pages.h5");
    const values = new Map<number, number>();
    {
      await using file = await create(path, { libver: "v110" });
      const dataset = await file.root.createDataset("x", {
        datatype: "int32",
        shape: [140_000],
        maxShape: [null],
        chunkShape: [1],
      });
      await writeAt(dataset, values, [0, 3, 4, 20, 500, 20_000, 131_060, 131_061]);
      await file.flush();
      // A second page of a block that is there, and a block beyond.
      await writeAt(dataset, values, [3, 132_500, 139_999]);
    }
    python("h5py_chunks.py", "append", path, String(3000));
    for (let i = 0; i < 3000; i += 500) values.set(140_000 + i, 7);
    {
      await using file = await open(path, { mode: "r+" });
      const dataset = await file.dataset("x");
      expect(dataset.length).toBe(143_000);
      await dataset.resize([146_000]);
      await writeAt(dataset, values, [143_000, 144_500, 145_999]);
    }
    await check(path, values);
    {
      await using file = await open(path, { mode: "r+" });
      await (await file.dataset("x")).resize([131_061]);
      for (const place of [...values.keys()]) if (place >= 131_061) values.delete(place);
    }
    await check(path, values, false);
  }, 60_000);

  test("a v2 B-tree of three levels grows, and shrinks to one", async () => {
    const path = join(folder, "levels.h5");
    const rows = 90;
    const all = Int32Array.from({ length: rows * rows }, (_, i) => i + 1);
    {
      await using file = await create(path, { libver: "v110" });
      const options = { shape: [rows, rows], maxShape: [null, null], chunkShape: [1, 1] } as const;
      await file.root.createDataset("x", { data: all, ...options });
    }
    expect(await indexKinds(path)).toEqual({ x: "btree-v2" });
    await check(path, new Map([...all.entries()]));
    for (const shape of [
      [60, 90],
      [60, 30],
      [3, 2],
    ]) {
      await using file = await open(path, { mode: "r+" });
      await (await file.dataset("x")).resize(shape);
      await file.close();
      const [n = 0, m = 0] = shape;
      const left = Array.from({ length: n * m }, (_, i) => [i, Math.floor(i / m) * rows + (i % m) + 1] as const);
      await check(path, new Map(left));
    }
  }, 60_000);

  test("a fixed array of more than 1 MiB becomes a v2 B-tree when it is flushed again", async () => {
    const path = join(folder, "converted.h5");
    const values = new Map<number, number>();
    const places = [0, 1, 1023, 1024, 99_999, 131_199];
    {
      await using file = await create(path, { libver: "v110" });
      const dataset = await file.root.createDataset("x", { datatype: "int32", shape: [131_200], chunkShape: [1] });
      await writeAt(dataset, values, places);
    }
    expect(await indexKinds(path)).toEqual({ x: "fixed-array" });
    await check(path, values, false);
    {
      await using file = await open(path, { mode: "r+" });
      await writeAt(await file.dataset("x"), values, [2, 131_198]);
    }
    expect(await indexKinds(path)).toEqual({ x: "btree-v2" });
    await check(path, values);
  }, 60_000);
});
