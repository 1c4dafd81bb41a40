import { expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { create, type Hdf5File, hyperslab, open, points } from "../../src/index.js";

async function file(content: readonly number[]): Promise<Uint8Array> {
  await using made = await create();
  const dataset = await made.root.createDataset("group/data", {
    data: Int32Array.from(content),
    shape: [content.length],
  });
  await dataset.attrs.set("unit", "V");
  await made.flush();
  return made.toBytes();
}

/** References of HDF5 1.12 may lead into another file, by its name. */
const places = async (other: Uint8Array): Promise<{ readonly address: number; readonly file: string }> => {
  await using opened = await open(other);
  return { address: (await opened.dataset("group/data")).address, file: "other.h5" };
};

test("references into another file are followed where the policy allows it", async () => {
  const other = await file([5, 6, 7, 8]);
  const place = await places(other);
  const asked: string[] = [];
  await using main: Hdf5File = await open(await file([1]), {
    external: (target) => {
      asked.push(target);
      return memoryDriver(other.slice());
    },
  });
  const object = await main.deref({ kind: "object-reference", ...place });
  expect(object.kind).toBe("dataset");
  expect(object.file).not.toBe(main);
  const attribute = await main.deref({ kind: "attribute-reference", ...place, name: "unit" });
  expect(await attribute.value()).toBe("V");
  const selection = hyperslab({ start: [1], count: [2] });
  const region = await main.deref({ kind: "region-reference", ...place, selection });
  expect([...(await region.dataset.read(region.selection, { as: "int32" })).data]).toEqual([6, 7]);
  expect(asked).toEqual(["other.h5"]);
});

test("references into another file are refused by default", async () => {
  const place = await places(await file([5]));
  await using main = await open(await file([1]));
  const refused = main.deref({ kind: "object-reference", ...place });
  await expect(refused).rejects.toThrow(expect.objectContaining({ code: "policy", target: "other.h5" }));
});

test("a region of another rank than its dataset is damage, and so is one of no dataset", async () => {
  await using main = await open(await file([1, 2, 3]));
  const { address } = await main.dataset("group/data");
  const group = (await main.group("group")).address;
  const selection = points([[0, 0]]);
  const deref = (at: number) => main.deref({ kind: "region-reference", address: at, file: undefined, selection });
  await expect(deref(address)).rejects.toThrow(/selects in rank 2, the dataset has 1/);
  await expect(deref(group)).rejects.toThrow(/leads to a group/);
});
