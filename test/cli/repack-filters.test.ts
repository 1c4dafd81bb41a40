import { expect, test } from "vitest";
import { allFilters, lz4 } from "../../src/filters/index.js";
import { create, open } from "../../src/index.js";
import { h5ts, TestFolder } from "./collecting-terminal.js";

test("h5ts repack reads through the codecs of h5ts/filters, and writes through those that can", async () => {
  using folder = new TestFolder();
  const data = Int32Array.from({ length: 3000 }, (_, i) => i % 100);
  {
    await using file = await create(folder.file("a.h5"), { filters: allFilters });
    await file.root.createDataset("packed", { data, filters: [lz4.spec()] });
  }
  for (const [list, ids] of [
    ["shuffle,deflate:1", [2, 1]],
    ["lzf", [32000]],
    ["bitshuffle", [32008]],
    ["nbit,lz4", [5, 32004]],
  ] as const) {
    const result = await h5ts(["repack", "--filter", list, folder.file("a.h5"), folder.file("b.h5")]);
    expect(result).toMatchObject({ status: 0, err: "" });
    await using file = await open(folder.file("b.h5"), { filters: allFilters });
    const packed = await file.dataset("packed");
    expect(packed.filters.map(({ id }) => id)).toEqual(ids);
    expect((await packed.read(undefined, { as: "int32" })).data).toEqual(data);
  }
  const refused = await h5ts(["repack", "--filter", "blosc", folder.file("a.h5"), folder.file("c.h5")]);
  expect(refused.status).not.toBe(0);
});
