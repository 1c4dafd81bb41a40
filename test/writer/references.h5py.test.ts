import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as h5wasm from "h5wasm/node";
import { afterAll, describe, expect, test } from "vitest";
import {
  create,
  type Datatype,
  type Hdf5File,
  hyperslab,
  open,
  points,
  type RegionReference,
} from "../../src/index.js";
import { blockSelection } from "../../src/selection/selection.js";
import { repack } from "../../src/tools/index.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-written-references-"));
afterAll(() => rmSync(folder, { recursive: true }));

const READ = `
import h5py, json, sys
def told(f, r):
    return [f[r].name, f[r][r].ravel().tolist()] if r else None
with h5py.File(sys.argv[1], "r") as f:
    rows = f["rows"][:]
    print(json.dumps({
        "list": [told(f, r) for r in f["list"][:]],
        "chunked": [told(f, r) for r in f["chunked"][:]],
        "one": told(f, f.attrs["one"]),
        "rows": [[int(row["n"]), told(f, row["where"])] for row in rows],
    }))
`;
const EDIT = `
import h5py, sys
with h5py.File(sys.argv[1], "r+") as f:
    f["list"][0] = f["g/d"].regionref[3:4, 0:2]
`;
const MAKE = `
import h5py, sys, numpy as np
with h5py.File(sys.argv[1], "w", libver=sys.argv[2]) as f:
    d = f.create_dataset("g/d", data=np.arange(24, dtype="<i4").reshape(4, 6))
    kind = h5py.regionref_dtype
    for name, options in (("list", {}), ("chunked", dict(chunks=(2,), maxshape=(None,), compression="gzip"))):
        refs = f.create_dataset(name, (3,), dtype=kind, **options)
        for i in range(3):
            refs[i] = d.regionref[i:i + 1, 0:2]
    member = np.dtype([("n", "<i4"), ("where", kind)])
    f.create_dataset("rows", (2,), dtype=member)
    f.attrs.create("one", d.regionref[0:1, 0:1], dtype=kind)
`;
const python = (script: string, ...args: string[]): string => pythonCode(script, args);

async function regions(file: Hdf5File): Promise<readonly [box: RegionReference, some: RegionReference]> {
  const table = await file.dataset("g/d");
  const corners = points([
    [3, 5],
    [0, 1],
  ]);
  return [
    await table.regionReference(hyperslab({ start: [1, 2], count: [2, 3] })),
    await table.regionReference(corners),
  ];
}

const BOX = ["/g/d", [8, 9, 10, 14, 15, 16]];
const SOME = ["/g/d", [23, 1]];
const row = (i: number): unknown => ["/g/d", [6 * i, 6 * i + 1]];

describe.skipIf(!h5pyPresent())("region references of ours in libhdf5 1.10", () => {
  for (const libver of ["earliest", "v108", "v110", "latest"] as const) {
    test(`are followed, in datasets, attributes and compounds, and edited (${libver})`, async () => {
      const path = join(folder, `ours-${libver}.h5`);
      {
        await using file = await create(path, { libver });
        const data = Int32Array.from({ length: 24 }, (_, i) => i);
        await file.root.createDataset("g/d", { data, shape: [4, 6] });
        const [box, some] = await regions(file);
        await file.root.createDataset("list", { data: [box, some, null], datatype: "region-reference" });
        await file.root.createDataset("chunked", {
          data: [some, box, box],
          chunkShape: [2],
          filters: ["deflate"],
          maxShape: [null],
        });
        await file.root.createDataset("rows", {
          data: [
            { n: 1, where: box },
            { n: 2, where: some },
          ],
        });
        await file.root.attrs.set("one", box);
      }
      const expected = {
        list: [BOX, SOME, null],
        chunked: [SOME, BOX, BOX],
        one: BOX,
        rows: [
          [1, BOX],
          [2, SOME],
        ],
      };
      expect(JSON.parse(python(READ, path))).toEqual(expected);
      python(EDIT, path);
      expect(JSON.parse(python(READ, path))).toEqual({ ...expected, list: [row(3), SOME, null] });
    });

    test(`are put into files of libhdf5, and what is written anew leads to the copies (${libver})`, async () => {
      const path = join(folder, `stock-${libver}.h5`);
      python(MAKE, path, libver === "v108" ? "earliest" : libver);
      {
        await using file = await open(path, { mode: "r+" });
        const [box, some] = await regions(file);
        await (await file.dataset("list")).write([some], [[1, 2]]);
        const chunked = await file.dataset("chunked");
        await chunked.append([box, null]);
        await chunked.write([box], [[0, 1]]);
        await (await file.dataset("rows")).write([{ n: 7, where: box }], [[1, 2]]);
        await file.root.attrs.set("one", some);
      }
      const expected = {
        list: [row(0), SOME, row(2)],
        chunked: [BOX, row(1), row(2), BOX, null],
        one: SOME,
        rows: [
          [0, null],
          [7, BOX],
        ],
      };
      expect(JSON.parse(python(READ, path))).toEqual(expected);
      const packed = join(folder, `packed-${libver}.h5`);
      await repack(path, packed, { libver });
      expect(JSON.parse(python(READ, packed))).toEqual(expected);
    });
  }

  test("lie in files with addresses of four bytes too, as text does", async () => {
    const path = join(folder, "four.h5");
    const make = `
import h5py, sys
from h5py import h5f, h5p
fcpl = h5p.create(h5p.FILE_CREATE)
fcpl.set_sizes(4, 4)
with h5py.File(h5f.create(sys.argv[1].encode(), h5f.ACC_TRUNC, fcpl)) as f:
    f["g/d"] = [[6 * i + j for j in range(6)] for i in range(4)]
`;
    python(make, path);
    {
      await using file = await open(path, { mode: "r+" });
      const [box, some] = await regions(file);
      await file.root.createDataset("list", { data: [box, some] });
      await file.root.createDataset("texts", { data: ["a", "größe"] });
      await file.root.attrs.set("text", "x");
      await file.root.createDataset("objects", { data: [(await file.group("g")).reference] });
    }
    const read = `
import h5py, json, sys
with h5py.File(sys.argv[1], "r") as f:
    regions = [[f[r].name, f[r][r].ravel().tolist()] for r in f["list"][:]]
    print(json.dumps([regions, [t.decode() for t in f["texts"][:]], f.attrs["text"], f[f["objects"][0]].name]))
`;
    expect(JSON.parse(python(read, path))).toEqual([[BOX, SOME], ["a", "größe"], "x", "/g"]);
    const packed = join(folder, "eight.h5");
    await repack(path, packed);
    expect(JSON.parse(python(read, packed))).toEqual([[BOX, SOME], ["a", "größe"], "x", "/g"]);
  });
});

describe("references of ours in libhdf5 2.0", () => {
  const REVISED: Datatype = { kind: "reference", size: 18, to: "object", revised: true };

  /** A file of ours, opened by h5wasm. */
  async function opened(file: Hdf5File, name: string): Promise<h5wasm.File> {
    const { FS } = await h5wasm.ready;
    FS.writeFile(name, await file.toBytes());
    return new h5wasm.File(name, "r");
  }

  // H5R_ref_priv_t as libhdf5 has it in memory: token, …, size when encoded anew, type, bytes of the token.
  const parts = ({ ref_data }: { readonly ref_data: Uint8Array }): Record<string, number> => {
    const view = new DataView(ref_data.buffer, ref_data.byteOffset, ref_data.byteLength);
    return {
      address: Number(view.getBigUint64(0, true)),
      size: view.getUint32(32, true),
      type: view.getUint8(36),
      tokenSize: view.getUint8(37),
    };
  };

  test("of the revised kind are decoded to the type, the object and the size that they have", async () => {
    await using file = await create(undefined, { libver: "latest" });
    await file.root.createDataset("g/d", { data: new Int32Array(24), shape: [4, 6] });
    await (await file.dataset("g/d")).attrs.set("unit", "V");
    const [box, some] = await regions(file);
    const whole = await (await file.dataset("g/d")).regionReference([]);
    const group = (await file.group("g")).reference;
    const unit = { kind: "attribute-reference", address: box.address, file: undefined, name: "unit" } as const;
    const data = [group, box, some, whole, unit];
    await file.root.createDataset("list", { data, datatype: REVISED });
    await file.root.createDataset("chunked", { data, datatype: REVISED, chunkShape: [2] });
    await (await file.group("g")).attrs.set("list", data, { datatype: REVISED });
    const theirs = await opened(file, "/revised.h5");
    // 2 bytes of head and 1 + 8 of the token; of regions 4 + 4 and the selection; of attributes 2 and the name.
    const head = 2 + 9;
    const expected = [
      { address: group.address, size: head, type: 2, tokenSize: 8 },
      { address: box.address, size: head + 8 + 24 + 6 * 16, type: 3, tokenSize: 8 }, // six blocks
      { address: box.address, size: head + 8 + 24 + 16, type: 3, tokenSize: 8 }, // two points
      { address: box.address, size: head + 8 + 16, type: 3, tokenSize: 8 },
      { address: box.address, size: head + 2 + 4, type: 4, tokenSize: 8 },
    ];
    for (const name of ["list", "chunked"]) {
      const list = (theirs.get(name) as h5wasm.Dataset).value as unknown as { ref_data: Uint8Array }[];
      expect(list.map(parts)).toEqual(expected);
    }
    const inAttribute = (theirs.get("g") as h5wasm.Group).attrs.list?.value as unknown as { ref_data: Uint8Array }[];
    expect(inAttribute.map(parts)).toEqual(expected);
    theirs.close();
  });

  test("to places beyond 2^32 are decoded too, and a regular selection there is followed", async () => {
    await using file = await create(undefined, { libver: "latest" });
    const far = 2 ** 33;
    const spec = { datatype: "int32", shape: [far + 4], chunkShape: [4] } as const;
    const line = await file.root.createDataset("line", spec);
    await line.write(Int32Array.of(1, 2, 3, 4), [[far, far + 4]]);
    const regular = await line.regionReference([[far + 1, far + 3]]);
    const scattered = await line.regionReference(points([[far + 3], [0]]));
    const irregular = { ...scattered, selection: blockSelection([block(1, 2), block(8, 1), block(far, 1)]) };
    await file.root.createDataset("old", { data: [regular] });
    await file.root.createDataset("list", { data: [scattered, irregular, regular], datatype: REVISED });
    const theirs = await opened(file, "/far.h5");
    const [old] = (theirs.get("old") as h5wasm.Dataset).value as unknown as h5wasm.RegionReference[];
    const region = theirs.dereference(old as h5wasm.RegionReference) as h5wasm.DatasetRegion;
    expect([...(region.value as Int32Array)]).toEqual([2, 3]);
    const list = (theirs.get("list") as h5wasm.Dataset).value as unknown as { ref_data: Uint8Array }[];
    const head = 2 + 9 + 8;
    expect(list.map((each) => parts(each).size)).toEqual([
      head + 4 + 4 + 1 + 4 + 8 + 2 * 8, // points, version 2
      head + 4 + 4 + 1 + 1 + 4 + 8 + 6 * 8, // hyperslab, version 3
      head + 4 + 4 + 1 + 4 + 4 + 4 * 8, // hyperslab, version 2
    ]);
    theirs.close();
  });
});

const block = (start: number, length: number): { start: number[]; shape: number[] } => ({
  start: [start],
  shape: [length],
});
