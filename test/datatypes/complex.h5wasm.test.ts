import * as h5wasm from "h5wasm/node";
import { expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { create, type Datatype, datatypeOf, open, vlenType } from "../../src/index.js";
import { repack } from "../../src/tools/index.js";

const H5T_COMPLEX = 11;

const complex = (part: "float32" | "float64be"): Datatype => {
  const base = datatypeOf(part);
  return { kind: "complex", size: 2 * base.size, base };
};

// libhdf5 1.10 knows no complex numbers; 2.0 does, and takes the same bytes as we do.
test("libhdf5 2.0 reads the class and the elements of complex numbers as they were written", async () => {
  await using file = await create(undefined, { libver: "latest" });
  const data = [
    [1, 2],
    [3, -4],
  ];
  await file.root.createDataset("le", { datatype: complex("float32"), data, shape: [2] });
  await file.root.createDataset("be", { datatype: complex("float64be"), data, shape: [2] });
  await (await file.dataset("le")).attrs.set("one", [0.5, -0.5], { datatype: complex("float32"), shape: [] });
  const bytes = await file.toBytes();

  const { FS } = await h5wasm.ready;
  FS.writeFile("/complex.h5", bytes);
  const theirs = new h5wasm.File("/complex.h5", "r");
  const little = theirs.get("le") as h5wasm.Dataset;
  const big = theirs.get("be") as h5wasm.Dataset;
  expect(little.metadata).toMatchObject({ type: H5T_COMPLEX, size: 8, littleEndian: true, shape: [2] });
  expect(big.metadata).toMatchObject({ type: H5T_COMPLEX, size: 16, shape: [2] });
  const elements = little.value as Uint8Array;
  expect([...new Float32Array(elements.slice().buffer)]).toEqual([1, 2, 3, -4]);
  expect(little.attrs.one?.metadata).toMatchObject({ type: H5T_COMPLEX, size: 8 });
  theirs.close();

  await using again = await open(bytes);
  expect(await (await again.dataset("be")).value()).toEqual(data);
  expect(await (await again.dataset("le")).attrs.get("one")).toEqual([0.5, -0.5]);
});

const LIBVERS = ["earliest", "v108", "v110", "latest"] as const;

for (const libver of LIBVERS) {
  test(`complex numbers without a class of their own are compounds of r and i in every format (${libver})`, async () => {
    await using file = await create(undefined, { libver });
    await file.root.createDataset("d", { datatype: "complex64", data: [1, 2, 3, -4], shape: [2] });
    await using again = await open(await file.toBytes());
    const dataset = await again.dataset("d");
    expect(dataset.datatype).toMatchObject({ kind: "compound", members: [{ name: "r" }, { name: "i" }] });
    expect([...(await dataset.read(undefined, { as: "float32" })).data]).toEqual([1, 2, 3, -4]);
  });
}

for (const libver of LIBVERS.slice(0, -1)) {
  test(`class 11 is refused in a format that HDF5 before 2.0 shall read (${libver})`, async () => {
    await using file = await create(undefined, { libver });
    const datatype = vlenType(complex("float32"));
    const usage = { code: "usage", message: expect.stringContaining("complex64") };
    await expect(file.root.createDataset("d", { datatype, shape: [1] })).rejects.toMatchObject(usage);
    await expect(file.root.attrs.set("a", [[1, 2]], { datatype: complex("float32") })).rejects.toMatchObject(usage);
    await expect(file.root.commit("t", complex("float32"))).rejects.toMatchObject(usage);
    expect(await file.root.keys()).toEqual([]);
    expect(await file.root.attrs.keys()).toEqual([]);
  });
}

test("class 11 stays what it is in copies", async () => {
  await using file = await create(undefined, { libver: "latest" });
  await file.root.createDataset("d", { datatype: complex("float32"), data: [1, 2], shape: [1] });
  await (await file.root.commit("t", complex("float32"))).attrs.set("a", [5, 6], { datatype: complex("float64be") });
  const driver = memoryDriver();
  await repack(await file.toBytes(), driver, { libver: "v108" });
  await using packed = await open(driver.bytes(), { mode: "r+" });
  expect((await packed.dataset("d")).datatype.kind).toBe("complex");
  expect(await (await packed.get("t")).attrs.get("a")).toEqual([5, 6]);
  // A file that exists already may be one of HDF5 2.0.
  await packed.root.createDataset("more", { datatype: complex("float32"), data: [3, 4], shape: [1] });
  expect(await (await packed.dataset("more")).value()).toEqual([[3, 4]]);
});
