/** Allocation times, fill values of every kind and layouts, as stock reads and edits them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { create, deflate, open } from "../../src/index.js";
import { h5pyPresent, python, stockTree } from "../interop/h5py.js";
import { wasmValues } from "../interop/h5wasm-values.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-allocation-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LIBVERS = ["v108", "v110"] as const;

describe.runIf(h5pyPresent())("allocation and fill values", () => {
  test.each(LIBVERS)(
    "datasets that have their space from the start hold fill values, and so does what they grow by (%s)",
    async (libver) => {
      const path = join(folder, `early-${libver}.h5`);
      const early = { allocTime: "early" } as const;
      {
        await using file = await create(path, { libver });
        const { root } = file;
        await root.createDataset("contiguous", { datatype: "int32", shape: [5], fillValue: 7, fill: early });
        await root.createDataset("zeros", { datatype: "int32", shape: [5], fill: early });
        await root.createDataset("fixed", {
          datatype: "int32",
          shape: [5],
          maxShape: [9],
          chunkShape: [2],
          fillValue: 7,
          fill: early,
        });
        await root.createDataset("grows", {
          datatype: "int32",
          shape: [5],
          maxShape: [null],
          chunkShape: [2],
          fillValue: 7,
          fill: early,
        });
        await root.createDataset("packed", {
          datatype: "int32",
          shape: [5],
          maxShape: [9],
          chunkShape: [2],
          fillValue: 7,
          fill: early,
          filters: [deflate()],
        });
        for (const name of ["contiguous", "zeros", "fixed", "grows", "packed"]) {
          const dataset = await file.dataset(name);
          expect(dataset.storageSize).toBeGreaterThan(0);
          await dataset.write(new Int32Array([1]), [[3, 4]]);
          if (dataset.layout.kind !== "chunked") continue;
          await dataset.resize([9]);
          await dataset.resize([4]);
          await dataset.resize([7]);
        }
      }
      const seven = [7, 7, 7, 1, 7, 7, 7];
      const expected = {
        contiguous: [7, 7, 7, 1, 7],
        zeros: [0, 0, 0, 1, 0],
        fixed: seven,
        grows: seven,
        packed: seven,
      };
      const wasm = await wasmValues(path);
      expect(Object.fromEntries(Object.entries(wasm).map(([name, [, values]]) => [name, values]))).toEqual(expected);
      const { links } = stockTree(path);
      expect(Object.fromEntries(Object.entries(links).map(([name, { value }]) => [name, value]))).toEqual(expected);
      python("h5py_chunks.py", "edit", path, "1");
      await using file = await open(path);
      const seen = stockTree(path).links;
      for (const name of Object.keys(expected)) {
        expect([...(await (await file.dataset(name)).read(undefined, { as: "int32" })).data]).toEqual(
          seen[name]?.value,
        );
      }
    },
  );

  test.each(LIBVERS)("elements of variable length and references may be fill values (%s)", async (libver) => {
    const path = join(folder, `fill-${libver}.h5`);
    {
      await using file = await create(path, { libver });
      const { root } = file;
      const group = await root.createGroup("target");
      for (const [name, chunkShape] of [
        ["whole", undefined],
        ["cut", [2]],
      ] as const) {
        const text = await root.createDataset(`text ${name}`, {
          datatype: "string",
          shape: [5],
          fillValue: "none",
          chunkShape,
        });
        await text.write(["x"], [[2, 3]]);
        const link = await root.createDataset(`link ${name}`, {
          datatype: "object-reference",
          shape: [3],
          fillValue: group.reference,
          chunkShape,
        });
        await link.write([null], [[1, 2]]);
      }
      await root.createDataset("unwritten", { datatype: "string", shape: [2], fillValue: "none" });
      expect(await (await file.dataset("text cut")).value()).toEqual(["none", "none", "x", "none", "none"]);
    }
    await using file = await open(path);
    const { links } = stockTree(path);
    for (const name of ["whole", "cut"]) {
      const expected = ["none", "none", "x", "none", "none"];
      expect(await (await file.dataset(`text ${name}`)).value()).toEqual(expected);
      expect(links[`text ${name}`]?.value).toEqual(expected);
      expect(links[`link ${name}`]?.value).toEqual([{ reference: true }, { reference: false }, { reference: true }]);
    }
    expect(links.unwritten?.value).toEqual(["none", "none"]);
  });
});
