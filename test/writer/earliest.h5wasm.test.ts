/** Files of the oldest format, ours and stock's edited by us, in libhdf5 2.0. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as h5wasm from "h5wasm/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { arrayType, compoundType, create, deflate, open } from "../../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-earliest-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => h5wasm.ready);

const COUNT = 60;

async function write(path: string): Promise<void> {
  await using file = await create(path, { libver: "earliest", userBlock: 512 });
  await file.root.attrs.set("title", "größe");
  const group = await file.root.createGroup("group");
  for (let i = 0; i < COUNT; i++) {
    const dataset = await group.createDataset(`d${i}`, { data: Int32Array.of(i, i + 1) });
    if (i % 3 === 0) await dataset.attrs.set("n", i, { datatype: "int32" });
  }
  await file.root.createDataset("rows", {
    data: [{ a: 1, b: [2, 3] }],
    datatype: compoundType({ a: "int16", b: arrayType("float64", [2]) }),
  });
  await file.root.createDataset("packed", {
    data: Float32Array.from({ length: 100 }, (_, i) => i),
    chunkShape: [7],
    maxShape: [null],
    filters: ["shuffle", deflate(4)],
  });
  await file.root.createDataset("filled", { datatype: "int16", shape: [3], fillValue: 4 });
  await file.root.createSoftLink("soft", "/group/d1");
  await file.root.createHardLink("again", await group.get("d2"));
}

/** Numbers of a dataset in libhdf5 2.0. */
function numbersOf(file: h5wasm.File, path: string): number[] {
  const entity = file.get(path);
  if (!(entity instanceof h5wasm.Dataset)) throw new Error(`${path} is no dataset`);
  return [...(entity.value as Int32Array)];
}

function check(path: string, groupSize: number): void {
  const file = new h5wasm.File(path, "r");
  try {
    const group = file.get("group") as h5wasm.Group;
    expect(group.keys()).toHaveLength(groupSize);
    expect(file.attrs.title?.value).toBe("größe");
    expect(numbersOf(file, "group/d7")).toEqual([7, 8]);
    expect(numbersOf(file, "again")).toEqual([2, 3]);
    expect(numbersOf(file, "packed").slice(0, 3)).toEqual([0, 1, 2]);
    expect(numbersOf(file, "filled")).toEqual([4, 4, 4]);
    expect((file.get("group/d9") as h5wasm.Dataset).attrs.n?.value).toBe(9);
  } finally {
    file.close();
  }
}

describe("files of the oldest format in libhdf5 2.0", () => {
  test("are read, edited there, edited by us again, and read", async () => {
    const path = join(folder, "turns.h5");
    await write(path);
    check(path, COUNT);
    {
      const file = new h5wasm.File(path, "a");
      const group = file.get("group") as h5wasm.Group;
      for (let i = 0; i < 40; i++) group.create_dataset({ name: `stock${i}`, data: new Int32Array([i]) });
      group.create_attribute("by", "stock");
      file.close();
    }
    {
      await using file = await open(path, { mode: "r+" });
      expect(file.superblock).toMatchObject({ version: 0, userBlockSize: 512 });
      const group = await file.group("group");
      expect(await group.attrs.get("by")).toBe("stock");
      for (let i = 0; i < 40; i += 2) await group.delete(`stock${i}`);
      await (await file.dataset("packed")).append([1, 2, 3]);
    }
    check(path, COUNT + 20);
    const file = new h5wasm.File(path, "r");
    expect(numbersOf(file, "packed").slice(-4)).toEqual([99, 1, 2, 3]);
    file.close();
  });
});
