import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/index.js";
import { create, isHdf5Error, open } from "../../src/index.js";
import { dataspace, datatype, faulty, file, selectionOf } from "../../src/testing/index.js";

test("arbitrary files hold what their description says", async () => {
  await fc.assert(
    fc.asyncProperty(file, async ({ root, bytes }) => {
      await using read = await open(await bytes());
      expect((await read.root.keys()).sort()).toEqual([...root.children.keys()].sort());
      expect((await read.root.attrs.keys()).sort()).toEqual([...root.attrs.keys()].sort());
    }),
    { numRuns: 20 },
  );
});

test("arbitrary selections can be read", async () => {
  await using out = await create();
  const shapes = [[], [5], [3, 4], [2, 0], [2, 3, 4]];
  const datasets = await Promise.all(
    shapes.map((shape, i) => out.root.createDataset(`d${i}`, { datatype: "int32", shape })),
  );
  const cases = fc
    .constantFrom(...datasets)
    .chain((dataset) => fc.record({ dataset: fc.constant(dataset), selection: selectionOf(dataset.shape) }));
  await fc.assert(
    fc.asyncProperty(cases, async ({ dataset, selection }) => {
      const { shape, kind } = await dataset.read(selection);
      expect(kind).toBe("number");
      expect(shape.every((length) => length >= 0)).toBe(true);
    }),
  );
});

test("arbitrary datatypes and dataspaces are descriptions that create takes or refuses with an error of its own", async () => {
  await fc.assert(
    fc.asyncProperty(datatype, dataspace, async (type, space) => {
      await using out = await create();
      const shape = space.kind === "simple" ? space.shape : [];
      try {
        const dataset = await out.root.createDataset("d", { datatype: type, shape });
        expect(dataset.shape).toEqual(shape);
        expect(dataset.datatype.size).toBe(
          type.kind === "vlen" || type.kind === "string" ? dataset.datatype.size : type.size,
        );
      } catch (error) {
        if (!isHdf5Error(error)) throw error;
      }
    }),
    { numRuns: 60 },
  );
});

test("a medium fails at the call it is told to", async () => {
  const driver = faulty(memoryDriver(new Uint8Array(10)), { failAt: 2, readAtMost: 3 });
  expect((await driver.read(0, 10)).length).toBe(3);
  await expect(driver.read(0, 10)).rejects.toSatisfy((error) => isHdf5Error(error, "driver"));
  expect((await driver.read(8, 10)).length).toBe(2);
});
