/** Datasets whose elements are more than can be counted, of which little or nothing is stored. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { check, type Dataset, type Finding, open } from "../../src/index.js";
import { repack } from "../../src/tools/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-huge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MAKE = `
import sys, h5py
path, libver = sys.argv[1:]
with h5py.File(path, "w", libver=libver) as f:
    grows = f.create_dataset("chunked", (2**40, 2**20), "f4", chunks=(16, 16), maxshape=(None, None))
    grows[0:2, 0:2] = [[1, 2], [3, 4]]
    grows[2**40 - 1, 2**20 - 1] = 9
    grows.attrs["a"] = 5
    f.create_dataset("filtered", (2**40, 2**20), "i2", chunks=(8, 8), maxshape=(None, None), compression="gzip",
                     fillvalue=7)[5, 5] = 1
    f.create_dataset("nothing", (2**40, 2**20), "f4", chunks=(16, 16), maxshape=(None, 2**20))
    space = h5py.h5s.create_simple((2**40, 2**20 + 1))
    h5py.h5d.create(f.id, b"contiguous", h5py.h5t.STD_I32LE, space, h5py.h5p.create(h5py.h5p.DATASET_CREATE))
    f["contiguous"].attrs["b"] = 6
`;
const LOOK = `
import sys, json, h5py
with h5py.File(sys.argv[1]) as f:
    print(json.dumps({name: [d.shape, d[0:2, 0:2].tolist(), d[d.shape[0] - 2:, d.shape[1] - 2:].tolist(),
                             {k: int(v) for k, v in d.attrs.items()}] for name, d in f.items()}))
`;
const [ROWS, COLUMNS] = [2 ** 40, 2 ** 20];
const square = (fill: number): number[][] => [0, 0].map(() => [fill, fill]);

/** Name → shape, the first corner, the last one, attributes. */
const EXPECTED = {
  chunked: [
    [ROWS, COLUMNS],
    [
      [1, 2],
      [3, 4],
    ],
    [
      [0, 0],
      [0, 9],
    ],
    { a: 5 },
  ],
  contiguous: [[ROWS, COLUMNS + 1], square(0), square(0), { b: 6 }],
  filtered: [[ROWS, COLUMNS], square(7), square(7), {}],
  nothing: [[ROWS, COLUMNS], square(0), square(0), {}],
};

async function look(path: string): Promise<unknown> {
  await using file = await open(path);
  const found: Record<string, unknown> = {};
  for (const name of await file.root.keys()) {
    const dataset = await file.dataset(name);
    const { shape } = dataset;
    const corner = (at: readonly number[]): Promise<unknown> =>
      dataset.value(at.map((from) => [from, from + 2] as const));
    const attrs: Record<string, unknown> = {};
    for (const key of await dataset.attrs.keys()) attrs[key] = await dataset.attrs.get(key, { as: "number" });
    const corners = [await corner([0, 0]), await corner(shape.map((length) => length - 2))];
    found[name] = [
      shape,
      ...corners.map((rows) => (rows as ArrayLike<number>[]).map((row) => [...Array.from(row)])),
      attrs,
    ];
  }
  return found;
}

describe.runIf(h5pyPresent())("datasets of more than 2^53 elements", () => {
  describe.each(["earliest", "latest"])("of libhdf5, libver %s", (libver) => {
    const path = join(folder, `${libver}.h5`);
    beforeAll(() => void pythonCode(MAKE, [path, libver]));

    test("are listed, and read in parts", async () => {
      expect(await look(path)).toEqual(EXPECTED);
    });

    test("say that they are too large where all of them counts", async () => {
      await using file = await open(path);
      for (const name of await file.root.keys()) {
        const dataset: Dataset = await file.dataset(name);
        expect(() => dataset.count).toThrow(/counts of more than 2\^53 − 1 elements/);
        await expect(dataset.read()).rejects.toMatchObject({ code: "limit", limit: "readBytes" });
        await expect(dataset.value()).rejects.toMatchObject({ code: "limit", limit: "valueElements" });
      }
    });

    test("are checked by what is stored of them", async () => {
      await using file = await open(path);
      const found: Finding[] = [];
      for await (const finding of check(file, { data: true })) found.push(finding);
      expect(found).toEqual([]);
    });

    test("are repacked, and read by libhdf5 again", async () => {
      const packed = join(folder, `${libver}-packed.h5`);
      await repack(path, packed);
      expect(await look(packed)).toEqual(EXPECTED);
      expect(JSON.parse(pythonCode(LOOK, [packed]))).toEqual(EXPECTED);
    });

    test("are edited where that takes no more than there is", async () => {
      const copy = join(folder, `${libver}-edited.h5`);
      await repack(path, copy);
      {
        await using file = await open(copy, { mode: "r+" });
        const refused = (await file.dataset("contiguous")).write(
          [1],
          [
            [0, 1],
            [0, 1],
          ],
        );
        await expect(refused).rejects.toThrow(/datasets of more than 2\^53 − 1 bytes/);
        await (await file.dataset("nothing")).write(
          [[1, 2]],
          [
            [0, 1],
            [0, 2],
          ],
        );
        await (await file.dataset("contiguous")).attrs.set("c", 7);
      }
      const changed = {
        ...EXPECTED,
        nothing: [
          [ROWS, COLUMNS],
          [
            [1, 2],
            [0, 0],
          ],
          square(0),
          {},
        ],
        contiguous: [[ROWS, COLUMNS + 1], square(0), square(0), { b: 6, c: 7 }],
      };
      expect(JSON.parse(pythonCode(LOOK, [copy]))).toEqual(changed);
    });
  });
});
