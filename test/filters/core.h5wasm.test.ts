import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as h5wasm from "h5wasm/node";
import { afterAll, expect, test } from "vitest";
import { create, type Datatype, datatypeOf, open, scaleOffset } from "../../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-filters-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("h5wasm (libhdf5 2.0) reads what we pack with n-bit and scale-offset", async () => {
  await h5wasm.ready;
  const path = join(folder, "packed.h5");
  const integers = Int32Array.from({ length: 500 }, (_, i) => (i % 7 === 0 ? -1 : 1_000_000 + ((i * 37) % 900)));
  const floats = Float64Array.from({ length: 500 }, (_, i) => Math.round(1000 * Math.sin(i / 20)) / 1000);
  const narrow = { ...datatypeOf("uint16be"), precision: 11, offset: 3 } as Datatype;
  const small = Uint16Array.from({ length: 500 }, (_, i) => (i * 5) % 2048);
  {
    await using file = await create(path);
    const chunkShape = [64];
    await file.root.createDataset("integers", { data: integers, chunkShape, filters: [scaleOffset()], fillValue: -1 });
    await file.root.createDataset("floats", { data: floats, chunkShape, filters: [scaleOffset({ decimals: 3 })] });
    await file.root.createDataset("narrow", { data: small, datatype: narrow, chunkShape, filters: ["nbit"] });
    expect((await file.dataset("integers")).storageSize).toBeLessThan(integers.byteLength / 2);
    expect((await file.dataset("narrow")).storageSize).toBeLessThan(small.byteLength * 0.8);
  }
  const theirs = new h5wasm.File(path, "r");
  const value = (name: string): ArrayLike<number> => (theirs.get(name) as h5wasm.Dataset).value as Float64Array;
  expect(Array.from(value("integers"))).toEqual([...integers]);
  await using ours = await open(path);
  expect((await (await ours.dataset("integers")).read()).data).toEqual(integers);
  const rounded = (await (await ours.dataset("floats")).read(undefined, { as: "float64" })).data;
  expect(Array.from(value("floats"))).toEqual([...rounded]);
  rounded.forEach((found, i) => {
    expect(found).toBeCloseTo(floats[i] as number, 3);
  });
  expect((await (await ours.dataset("narrow")).read(undefined, { as: "uint16" })).data).toEqual(small);
  // It gives such integers with their padding.
  expect(Array.from(value("narrow"), (word) => (word >> 3) & 0x7ff)).toEqual([...small]);
  theirs.close();
});
