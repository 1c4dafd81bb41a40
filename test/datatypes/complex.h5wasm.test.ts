import * as h5wasm from "h5wasm/node";
import { expect, test } from "vitest";
import { create, type Datatype, datatypeOf, open } from "../../src/index.js";

const H5T_COMPLEX = 11;

const complex = (part: "float32" | "float64be"): Datatype => {
  const base = datatypeOf(part);
  return { kind: "complex", size: 2 * base.size, base };
};

// libhdf5 1.10 knows no complex numbers; 2.0 does, and takes the same bytes as we do.
test("libhdf5 2.0 reads the class and the elements of complex numbers as they were written", async () => {
  await using file = await create();
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
