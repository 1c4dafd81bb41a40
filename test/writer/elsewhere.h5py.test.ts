import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { create, type DatasetSpec, hyperslab, isHdf5Error, open } from "../../src/index.js";
import { ALL_SELECTION } from "../../src/selection/selection.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const present = h5pyPresent();
const READ = `
import h5py, json, numpy, os, sys
os.chdir(sys.argv[1])
with h5py.File(sys.argv[2], "r") as f:
    print(json.dumps({n: [list(d.shape), numpy.asarray(d[()]).ravel().tolist()] for n, d in f.items()}))
`;
const endless = hyperslab({ start: [0], count: [1], block: [Number.POSITIVE_INFINITY] });

describe("datasets whose data lie elsewhere, written by us", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "h5ts-elsewhere-"));
    for (const n of [0, 1]) {
      await using source = await create(join(folder, `s${n}.h5`));
      await source.root.createDataset("line", {
        data: Int32Array.from({ length: 6 }, (_, i) => 10 * n + i),
        maxShape: [null],
      });
      await source.root.createDataset("d", { data: Int32Array.from({ length: 2 }, (_, i) => 10 * n + i) });
    }
    await writeFile(
      join(folder, "a.raw"),
      Int32Array.from({ length: 10 }, (_, i) => i),
    );
    await writeFile(
      join(folder, "b.raw"),
      Int32Array.from({ length: 10 }, (_, i) => 100 + i),
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  const datasets: Readonly<Record<string, { spec: DatasetSpec; expected: [number[], number[]] }>> = {
    rows: {
      spec: {
        datatype: "int32",
        shape: [3, 6],
        fillValue: -1,
        layout: {
          kind: "virtual",
          mappings: [0, 1].map((n) => ({
            file: `s${n}.h5`,
            dataset: "line",
            source: ALL_SELECTION,
            virtual: hyperslab({ start: [n, 0], count: [1, 6] }),
          })),
        },
      },
      expected: [
        [3, 6],
        [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1],
      ],
    },
    stepped: {
      spec: {
        datatype: "int32",
        shape: [6],
        layout: {
          kind: "virtual",
          mappings: [0, 1].map((n) => ({
            file: `s${n}.h5`,
            dataset: "/line",
            source: hyperslab({ start: [1], stride: [2], count: [3] }),
            virtual: hyperslab({ start: [n], stride: [2], count: [3] }),
          })),
        },
      },
      expected: [[6], [1, 11, 3, 13, 5, 15]],
    },
    endless: {
      spec: {
        datatype: "int32",
        shape: [0],
        maxShape: [null],
        layout: { kind: "virtual", mappings: [{ file: "s1.h5", dataset: "line", source: endless, virtual: endless }] },
      },
      expected: [[6], [10, 11, 12, 13, 14, 15]],
    },
    numbered: {
      spec: {
        datatype: "int32",
        shape: [0],
        maxShape: [null],
        layout: {
          kind: "virtual",
          mappings: [
            {
              file: "s%b.h5",
              dataset: "d",
              source: ALL_SELECTION,
              virtual: hyperslab({ start: [0], stride: [3], count: [Number.POSITIVE_INFINITY], block: [2] }),
            },
          ],
        },
      },
      expected: [[5], [0, 1, 0, 10, 11]],
    },
    raw: {
      spec: {
        datatype: "int32",
        shape: [2, 5],
        layout: {
          kind: "external",
          files: [
            { file: "a.raw", offset: 8, size: 20 },
            { file: "b.raw", offset: 0, size: Number.POSITIVE_INFINITY },
          ],
        },
      },
      expected: [
        [2, 5],
        [2, 3, 4, 5, 6, 100, 101, 102, 103, 104],
      ],
    },
  };

  for (const libver of ["v108", "earliest"] as const) {
    test.runIf(present)(`are read by h5py and by us, ${libver}`, async () => {
      const name = `made-${libver}.h5`;
      {
        await using file = await create(join(folder, name), { libver, external: { dir: folder } });
        for (const [path, { spec }] of Object.entries(datasets)) await file.root.createDataset(path, spec);
        // Before anything was flushed.
        expect([...(await (await file.dataset("stepped")).read(undefined, { as: "int32" })).data]).toEqual(
          datasets.stepped?.expected[1],
        );
      }
      const found = JSON.parse(pythonCode(READ, [folder, name])) as unknown;
      expect(found).toEqual(
        Object.fromEntries(Object.entries(datasets).map(([path, { expected }]) => [path, expected])),
      );
      await using file = await open(join(folder, name), { external: { dir: folder } });
      for (const [path, { expected }] of Object.entries(datasets)) {
        const dataset = await file.dataset(path);
        const { data } = await dataset.read(undefined, { as: "int32" });
        expect([path, dataset.shape, [...data]]).toEqual([path, ...expected]);
        expect(dataset.layout.kind).toBe(path === "raw" ? "external" : "virtual");
      }
    });
  }

  test("are refused at the call where libhdf5 could not read them, and data for them where other files are denied", async () => {
    await using file = await create();
    const spec = { datatype: "int32", shape: [6] } as const;
    const mapping = { file: "s.h5", dataset: "d", source: ALL_SELECTION, virtual: ALL_SELECTION };
    const virtual = (changes: object): DatasetSpec => ({
      ...spec,
      layout: { kind: "virtual", mappings: [{ ...mapping, ...changes }] },
    });
    const external = (size: number, offset = 0): DatasetSpec => ({
      ...spec,
      layout: { kind: "external", files: [{ file: "a.raw", offset, size }] },
    });
    const refused: [DatasetSpec, string][] = [
      [virtual({ file: "" }), "usage"],
      [virtual({ dataset: "a\0b" }), "usage"],
      [virtual({ virtual: hyperslab({ start: [0, 0], count: [1, 1] }) }), "usage"],
      [virtual({ virtual: endless }), "usage"],
      [virtual({ source: hyperslab({ start: [0], count: [5] }) }), "usage"],
      [external(23), "usage"],
      [external(24, -1), "usage"],
      [{ ...external(24), filters: ["deflate"] }, "usage"],
      [{ ...external(24), maxShape: [7] }, "usage"],
      [{ ...external(48), shape: [2, 3], maxShape: [2, 4] }, "usage"],
      // Other files are denied.
      [{ ...external(24), data: new Int32Array(6) }, "policy"],
      [{ ...virtual({}), data: new Int32Array(6) }, "policy"],
    ];
    for (const [wrong, code] of refused) {
      const error = await file.root.createDataset("x", wrong).catch((reason: unknown) => reason);
      expect([isHdf5Error(error) && error.code, wrong]).toEqual([code, wrong]);
    }
    expect(await file.root.keys()).toEqual([]);
  });
});
