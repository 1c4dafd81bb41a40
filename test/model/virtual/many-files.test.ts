import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { create, hyperslab, isHdf5Error, open } from "../../../src/index.js";
import { ALL_SELECTION, blockSelection } from "../../../src/selection/selection.js";

const FILES = 150;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "h5ts-many-"));
  for (let n = 0; n < FILES; n++) {
    await using file = await create(join(folder, `s${n}.h5`));
    await file.root.createDataset("d", { data: Int32Array.of(n, -n) });
  }
  await using file = await create(join(folder, "all.h5"));
  await file.root.createExternalLink("linked", "s0.h5", "/d");
  await file.root.createDataset("all", {
    datatype: "int32",
    shape: [0, 2],
    maxShape: [null, 2],
    layout: {
      kind: "virtual",
      mappings: [
        {
          file: "s%b.h5",
          dataset: "d",
          source: ALL_SELECTION,
          virtual: hyperslab({ start: [0, 0], count: [Number.POSITIVE_INFINITY, 1], block: [1, 2] }),
        },
      ],
    },
  });
});
afterAll(() => rm(folder, { recursive: true }));

test("a virtual dataset has more sources than files are kept open, and what has handles stays open", async () => {
  await using local = await open(join(folder, "all.h5"), { external: { dir: folder } });
  const kept = await local.dataset("linked");
  const all = await local.dataset("all");
  expect(all.shape).toEqual([FILES, 2]);
  for (let round = 0; round < 2; round++) {
    const { data } = await all.read([null, 1], { as: "int32" });
    expect([...data]).toEqual(Array.from({ length: FILES }, (_, n) => 0 - n));
  }
  expect(await kept.value([1])).toBe(0);
  const both = await Promise.all([all.read([[0, 90], 0], { as: "int32" }), all.read([[60, 150], 0], { as: "int32" })]);
  expect([...both[1].data].slice(-1)).toEqual([149]);
});

test("an irregular region of more rows than fit a list is refused, not listed", async () => {
  await using file = await create();
  const extent = [2 ** 31, 2];
  const region = blockSelection([
    { start: [0, 0], shape: [2 ** 31, 1] },
    { start: [0, 1], shape: [1, 1] },
  ]);
  await file.root.createDataset("source", { datatype: "int32", shape: extent, chunkShape: [100, 2] });
  const mapping = { file: ".", dataset: "source", source: region, virtual: region };
  const spec = { datatype: "int32", shape: extent, layout: { kind: "virtual", mappings: [mapping] } } as const;
  const dataset = await file.root.createDataset("all", spec);
  const error = await dataset.read([[0, 2]]).catch((reason: unknown) => reason);
  expect(isHdf5Error(error, "unsupported")).toBe(true);
});
