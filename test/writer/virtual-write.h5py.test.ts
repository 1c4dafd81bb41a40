import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { readOnly } from "../../src/drivers/read-only.js";
import { compoundType, create, type DatasetSpec, hyperslab, open, points, vlenType } from "../../src/index.js";
import { ALL_SELECTION, blockSelection } from "../../src/selection/selection.js";
import { h5pyPresent, pythonCode } from "../interop/h5py.js";

const READ = `
import h5py, json, os, sys
os.chdir(sys.argv[1])
found = {}
for arg in sys.argv[2:]:
    name, path = arg.split(":")
    with h5py.File(name, "r") as f:
        found[arg] = f[path][()].ravel().tolist()
print(json.dumps(found))
`;
const MAKE = `
import h5py, os, sys, numpy as np
os.chdir(sys.argv[1])
for n in range(2):
    with h5py.File(f"s{n}.h5", "w", libver=sys.argv[2]) as f:
        f.create_dataset("line", (6,), "<i4", chunks=(4,), maxshape=(None,), compression="gzip")
        f["other"] = [n]
layout = h5py.VirtualLayout((2, 6), "<i4")
for n in range(2):
    layout[n] = h5py.VirtualSource(f"s{n}.h5", "line", (6,))
with h5py.File("v.h5", "w", libver="latest") as f:
    f.create_virtual_dataset("d", layout, fillvalue=-1)
`;

let folder = "";
const folders: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "h5ts-virtual-"));
  folders.push(folder);
});
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true });
});
const python = (script: string, ...args: string[]): string => pythonCode(script, [folder, ...args]);
const found = (...places: string[]): Record<string, number[]> =>
  JSON.parse(python(READ, ...places)) as Record<string, number[]>;

/** Two rows of six, each a dataset. */
const rows = (file: (n: number) => string, dataset: (n: number) => string): DatasetSpec => ({
  datatype: "int32",
  shape: [2, 6],
  fillValue: -1,
  layout: {
    kind: "virtual",
    mappings: [0, 1].map((n) => ({
      file: file(n),
      dataset: dataset(n),
      source: ALL_SELECTION,
      virtual: hyperslab({ start: [n, 0], count: [1, 6] }),
    })),
  },
});
/** All of another dataset of six. */
const same = (file: string, dataset: string): DatasetSpec => ({
  datatype: "int32",
  shape: [6],
  layout: { kind: "virtual", mappings: [{ file, dataset, source: ALL_SELECTION, virtual: ALL_SELECTION }] },
});
const ownRows = rows(
  () => ".",
  (n) => `s${n}`,
);
const twelve = Int32Array.from({ length: 12 }, (_, i) => i + 1);

describe.skipIf(!h5pyPresent())("writing to a virtual dataset", () => {
  for (const libver of ["earliest", "latest"] as const) {
    test(`reaches the sources in other files, of libhdf5 and of ours (${libver})`, async () => {
      python(MAKE, libver);
      const path = join(folder, "v.h5");
      {
        await using file = await open(path, { mode: "r+", external: { dir: folder } });
        const dataset = await file.dataset("d");
        // Read before: what is known of the sources is not stale afterwards.
        expect([...(await dataset.read([0], { as: "int32" })).data]).toEqual([0, 0, 0, 0, 0, 0]);
        await dataset.write(twelve);
        expect([...(await dataset.read(undefined, { as: "int32" })).data]).toEqual([...twelve]);
        await dataset.write([70, 80], [null, 5]);
        await dataset.write([90, 91], points([[1, 4], [0, 2]])); // biome-ignore format: pairs
        await dataset.write([61, 62], [1, { at: [0, 3] }]);
        expect([...(await dataset.read([1], { as: "int32" })).data]).toEqual([61, 8, 9, 62, 90, 80]);
      }
      expect(found("v.h5:d", "s0.h5:line", "s1.h5:line", "s1.h5:other")).toEqual({
        "v.h5:d": [1, 2, 91, 4, 5, 70, 61, 8, 9, 62, 90, 80],
        "s0.h5:line": [1, 2, 91, 4, 5, 70],
        "s1.h5:line": [61, 8, 9, 62, 90, 80],
        "s1.h5:other": [1],
      });
    });

    test(`reaches the sources in the file itself (${libver})`, async () => {
      const path = join(folder, "own.h5");
      {
        await using file = await create(path, { libver });
        await file.root.createDataset("s0", { datatype: "int32", shape: [6], chunkShape: [4], filters: ["deflate"] });
        await file.root.createDataset("s1", { datatype: "int64be", shape: [6] });
        const dataset = await file.root.createDataset("d", { ...ownRows, data: twelve });
        await dataset.write([70, 80], [null, 5]);
        expect([...(await dataset.read(undefined, { as: "int32" })).data]).toEqual([
          ...[1, 2, 3, 4, 5, 70],
          ...[7, 8, 9, 10, 11, 80],
        ]);
      }
      expect(found("own.h5:d", "own.h5:s0", "own.h5:s1")).toEqual({
        "own.h5:d": [1, 2, 3, 4, 5, 70, 7, 8, 9, 10, 11, 80],
        "own.h5:s0": [1, 2, 3, 4, 5, 70],
        "own.h5:s1": [7, 8, 9, 10, 11, 80],
      });
    });
  }
});

describe("writing to a virtual dataset", () => {
  test("goes through virtual datasets of the same file, irregular regions and numbered sources", async () => {
    await using file = await create();
    const { root } = file;
    for (const n of [0, 1, 2]) await root.createDataset(`part${n}`, { datatype: "int16", shape: [2] });
    await root.createDataset("numbered", {
      datatype: "int16",
      shape: [0],
      maxShape: [null],
      layout: {
        kind: "virtual",
        mappings: [
          {
            file: ".",
            dataset: "part%b",
            source: ALL_SELECTION,
            virtual: hyperslab({ start: [0], stride: [2], count: [Number.POSITIVE_INFINITY], block: [2] }),
          },
        ],
      },
    });
    const block = (start: number, length: number) => ({ start: [start], shape: [length] });
    const outer = await root.createDataset("outer", {
      datatype: "int16",
      shape: [4],
      layout: {
        kind: "virtual",
        mappings: [
          {
            file: ".",
            dataset: "numbered",
            source: blockSelection([block(0, 1), block(2, 2), block(5, 1)]),
            virtual: ALL_SELECTION,
          },
        ],
      },
    });
    await outer.write([1, 2, 3, 4]);
    const parts = await Promise.all([0, 1, 2].map(async (n) => (await file.dataset(`part${n}`)).value()));
    expect(parts).toEqual([Int16Array.of(1, 0), Int16Array.of(2, 3), Int16Array.of(0, 4)]);
    await (await file.dataset("numbered")).write([7, 8], [[3, 5]]);
    expect(await outer.value()).toEqual(Int16Array.of(1, 2, 7, 4));
    expect(await (await file.dataset("part2")).value()).toEqual(Int16Array.of(8, 4));
  });

  test("is refused as a whole where an element has no source, and nothing is written", async () => {
    await using file = await create();
    const { root } = file;
    const source = await root.createDataset("s0", { data: new Int32Array(6) });
    await expect(root.createDataset("d", { ...ownRows, data: twelve })).rejects.toMatchObject({ code: "usage" });
    expect(await root.keys()).toEqual(["s0"]);
    const dataset = await root.createDataset("d", ownRows);
    await expect(dataset.write(twelve)).rejects.toMatchObject({ code: "usage" });
    expect(await source.value()).toEqual(new Int32Array(6));
    await dataset.write([1, 2, 3, 4, 5, 6], [0]);
    expect(await source.value()).toEqual(Int32Array.of(1, 2, 3, 4, 5, 6));
  });

  test("that is its own source is refused", async () => {
    await using file = await create();
    const dataset = await file.root.createDataset("d", same(".", "d"));
    await expect(dataset.write(1)).rejects.toMatchObject({ code: "link", reason: "cycle" });
  });

  test("asks the policy for the files, and needs them to be writable", async () => {
    const other = memoryDriver();
    {
      await using file = await create(other);
      await file.root.createDataset("line", { datatype: "int32", shape: [6] });
      await file.root.createDataset("nested", same(".", "line"));
    }
    const asked: unknown[] = [];
    const driver = memoryDriver();
    const there = rows(
      () => "other.h5",
      () => "line",
    );
    await using file = await create(driver, {
      external: (target, context) => {
        asked.push([target, context.kind, context.path, context.mode]);
        return context.mode === "r+" && target === "other.h5" ? other : readOnly(memoryDriver(other.bytes()));
      },
    });
    const dataset = await file.root.createDataset("g/d", there);
    await dataset.write([1, 2, 3, 4, 5, 6], [1]);
    expect(asked.at(-1)).toEqual(["other.h5", "virtual-source", "/g/d", "r+"]);
    await using again = await open(other.bytes());
    expect(await (await again.dataset("line")).value()).toEqual(Int32Array.of(1, 2, 3, 4, 5, 6));
    const nested = await file.root.createDataset("n", same("other.h5", "nested"));
    await expect(nested.write(0)).rejects.toMatchObject({ code: "unsupported" });
    const fixed = await file.root.createDataset("fixed", same("fixed.h5", "line"));
    await expect(fixed.write(0)).rejects.toMatchObject({ code: "state", reason: "read-only" });
    await using denied = await create();
    const refused = await denied.root.createDataset("d", there);
    await expect(refused.write(twelve)).rejects.toMatchObject({ code: "policy", target: "other.h5" });
    await denied.root.createGroup("still");
  });

  test("takes what variable-length elements lead to into the file of the source", async () => {
    const other = memoryDriver();
    const external = (_: string, { mode }: { readonly mode?: string | undefined }) =>
      mode === "r+" ? other : readOnly(other);
    const datatype = compoundType({ text: "string", list: vlenType("int8") });
    const spec = { datatype, shape: [2] };
    {
      await using made = await create(other);
      await made.root.createDataset("far", spec);
      await made.root.createDataset("refs", { datatype: "object-reference", shape: [2] });
      await made.root.createDataset("short", { datatype: vlenType("int16"), shape: [2] });
    }
    const rowsIn = [
      { text: "größe", list: Int8Array.of(1, 2) },
      { text: "", list: Int8Array.of() },
    ];
    const through = (file: string, dataset: string, changes: DatasetSpec = {}): DatasetSpec => ({
      ...spec,
      ...changes,
      layout: { kind: "virtual", mappings: [{ file, dataset, source: ALL_SELECTION, virtual: ALL_SELECTION }] },
    });
    await using file = await create(undefined, { external });
    const { root } = file;
    await root.createDataset("own", spec);
    const near = await root.createDataset("d", through(".", "own"));
    await near.write(rowsIn);
    expect(await (await file.dataset("own")).value()).toEqual(rowsIn);
    const far = await root.createDataset("far", through("other.h5", "far"));
    await far.write(rowsIn);
    expect(await far.value()).toEqual(rowsIn);
    await using again = await open(other.bytes());
    expect(await (await again.dataset("far")).value()).toEqual(rowsIn);
    // References would lead to other things there, and nothing says what elements of another type become.
    const refs = await root.createDataset("refs", through("other.h5", "refs", { datatype: "object-reference" }));
    await expect(refs.write([root.reference, null])).rejects.toMatchObject({ code: "unsupported" });
    const short = await root.createDataset("short", through("other.h5", "short", { datatype: vlenType("int8") }));
    await expect(short.write([[1], [2]])).rejects.toMatchObject({ code: "unsupported" });
  });

  test("does not make it larger, unless its own extent may grow", async () => {
    await using file = await create();
    const { root } = file;
    await root.createDataset("s0", { data: new Int32Array(6), maxShape: [null] });
    const endless = hyperslab({ start: [0], count: [1], block: [Number.POSITIVE_INFINITY] });
    const mapping = { file: ".", dataset: "s0" };
    const follows = await root.createDataset("follows", {
      datatype: "int32",
      shape: [0],
      maxShape: [null],
      layout: { kind: "virtual", mappings: [{ ...mapping, source: endless, virtual: endless }] },
    });
    await expect(follows.append([1])).rejects.toMatchObject({ code: "usage" });
    await expect(follows.resize([3])).rejects.toMatchObject({ code: "usage" });
    const part = hyperslab({ start: [0], count: [4] });
    const own = await root.createDataset("own", {
      datatype: "int32",
      shape: [2],
      maxShape: [4],
      layout: { kind: "virtual", mappings: [{ ...mapping, source: part, virtual: part }] },
    });
    await own.append([5, 6]);
    expect(await own.value()).toEqual(Int32Array.of(0, 0, 5, 6));
    await own.resize([3]);
    expect(own.shape).toEqual([3]);
  });
});
