import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/index.js";
import {
  compoundType,
  create,
  deflate,
  type Hdf5File,
  Hdf5FormatError,
  isHdf5Error,
  type ObjectReference,
  open,
  vlenType,
} from "../../src/index.js";
import { repack } from "../../src/tools/index.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-repack-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file with one of everything. */
async function makeFile(): Promise<Uint8Array> {
  await using file = await create(undefined, { userBlock: new TextEncoder().encode("#!/bin/sh\n"), trackOrder: true });
  const { root } = file;
  const type = await root.commit("types/point", compoundType({ x: "float32", y: "float32" }));
  await root.createDataset("points", { datatype: type, shape: [3], data: [1, 2, 3].map((x) => ({ x, y: -x })) });
  const big = await root.createDataset("z/big", {
    data: Int32Array.from({ length: 5000 }, (_, i) => i),
    chunkShape: [700],
    maxShape: [null],
    filters: ["shuffle", deflate(4), "fletcher32"],
    fillValue: -1,
  });
  await big.setComment("many");
  await root.createHardLink("same", big);
  await root.createHardLink("z/loop", root);
  await root.createSoftLink("a", "/z/big");
  await root.createExternalLink("b", "other.h5", "/x");
  await root.createDataset("refs", { data: [big.reference, root.reference, null], datatype: "object-reference" });
  await root.createDataset("lists", { datatype: vlenType("int16"), data: [[1, 2], [], [3]] });
  await root.createDataset("texts", { data: ["ä", "", "long ".repeat(100)] });
  await root.attrs.set("title", "one of everything");
  await root.attrs.set("of", (await file.group("z")).reference);
  await root.createDataset("gone", { data: new Float64Array(10_000) });
  await root.delete("gone");
  return file.toBytes();
}

async function repacked(bytes: Uint8Array, options: Parameters<typeof repack>[2] = {}): Promise<Hdf5File> {
  const target = memoryDriver();
  await repack(bytes, target, options);
  return open(target);
}

describe("repack", () => {
  test("keeps everything and leaves out what was deleted", async () => {
    const bytes = await makeFile();
    await using file = await repacked(bytes);
    expect(file.size).toBeLessThan(bytes.length);
    expect(new TextDecoder().decode((await file.readUserBlock()).subarray(0, 9))).toBe("#!/bin/sh");
    const names = ["types", "points", "z", "same", "a", "b", "refs", "lists", "texts"];
    expect(await file.root.keys({ order: "creation" })).toEqual(names);
    const big = await file.dataset("z/big");
    expect(big.address).toBe((await file.dataset("same")).address);
    expect((await file.group("z/loop")).address).toBe(file.root.address);
    expect(big).toMatchObject({
      chunkShape: [700],
      maxShape: [Number.POSITIVE_INFINITY],
      fillValue: -1,
      comment: "many",
    });
    expect(big.filters.map(({ id }) => id)).toEqual([2, 1, 3]);
    expect(await big.value([4999])).toBe(4999);
    expect((await file.dataset("points")).datatype.committed?.address).toBe((await file.get("types/point")).address);
    const refs = (await (await file.dataset("refs")).value()) as readonly ({ address: number } | null)[];
    expect(refs.map((reference) => reference?.address)).toEqual([big.address, file.root.address, undefined]);
    expect(await (await file.dataset("texts")).value()).toEqual(["ä", "", "long ".repeat(100)]);
    expect(await file.root.attrs.keys({ order: "creation" })).toEqual(["title", "of"]);
  });

  test("keeps a reference that leads nowhere as one that leads nowhere", async () => {
    const file = await create(undefined);
    const lost = await file.root.createGroup("lost");
    await file.root.createDataset("refs", { data: [lost.reference, null, file.root.reference] });
    await file.root.delete("lost");
    await using copy = await repacked(await file.toBytes());
    const [dangling, none, root] = (await (await copy.dataset("refs")).value()) as (ObjectReference | null)[];
    expect(none).toBeNull();
    expect(root?.address).toBe(copy.root.address);
    await expect(copy.deref(dangling as ObjectReference)).rejects.toThrow(Hdf5FormatError);
  });

  test("puts other filters and chunks on datasets that can have them", async () => {
    await using file = await repacked(await makeFile(), { pipeline: [deflate(1)], chunkShape: [1000] });
    expect(await file.dataset("z/big")).toMatchObject({ chunkShape: [1000], filters: [{ id: 1 }] });
    expect((await file.dataset("points")).filters).toEqual([]); // 24 bytes
    await using plain = await repacked(await makeFile(), { pipeline: [] });
    expect((await plain.dataset("z/big")).filters).toEqual([]);
  });

  test("moves chunks of unknown filters as they are", async () => {
    const twice = {
      id: 400,
      name: "twice",
      encode: (bytes: Uint8Array) => Uint8Array.from([...bytes, ...bytes]),
      decode: (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2),
    };
    const target = memoryDriver();
    {
      await using file = await create(target, { filters: [twice] });
      await file.root.createDataset("x", { data: new Int32Array(10).fill(7), chunkShape: [4], filters: [{ id: 400 }] });
    }
    const copy = memoryDriver();
    await repack(target, copy);
    await using file = await open(copy, { filters: [twice] });
    expect(await (await file.dataset("x")).value()).toEqual(new Int32Array(10).fill(7));
  });

  test("writes a file beside its place and renames it", async () => {
    await repack(await makeFile(), join(folder, "new.h5"), { libver: "earliest" });
    await using file = await open(join(folder, "new.h5"));
    expect(await (await file.dataset("z/big")).value([4999])).toBe(4999);
    expect(readdirSync(folder)).toEqual(["new.h5"]);
    rmSync(join(folder, "new.h5"));
  });

  test("that fails leaves no new file", async () => {
    const path = join(folder, "text.h5");
    writeFileSync(path, "no HDF5 file".repeat(100));
    await expect(repack(path, join(folder, "out.h5"))).rejects.toSatisfy((error) => isHdf5Error(error, "format"));
    expect(readdirSync(folder)).toEqual(["text.h5"]);
  });
});
