import { describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import {
  arrayType,
  compoundType,
  copy,
  create,
  type DatasetSpec,
  type Datatype,
  datatypeOf,
  type Hdf5File,
  hyperslab,
  open,
  points,
  type Reference,
  type RegionReference,
  vlenType,
} from "../../src/index.js";
import { repack } from "../../src/tools/index.js";

/** H5T_STD_REF: its elements tell their type themselves. */
const REVISED: Datatype = { kind: "reference", size: 18, to: "object", revised: true };
const KINDS = [
  ["old", datatypeOf("region-reference")],
  ["revised", REVISED],
] as const;

/** A group with a table, its extent 4 × 6, that has an attribute. */
async function sample(): Promise<Hdf5File> {
  const file = await create();
  const data = Int32Array.from({ length: 24 }, (_, i) => i);
  const table = await file.root.createDataset("g/d", { data, shape: [4, 6] });
  await table.attrs.set("unit", "V");
  return file;
}

/** What a reference leads to: path and content. */
async function told(file: Hdf5File, reference: Reference | null): Promise<unknown> {
  if (reference === null) return null;
  const path = await file.pathOf(reference);
  if (reference.kind === "object-reference") return path;
  if (reference.kind === "attribute-reference") return [path, await (await file.deref(reference)).value()];
  const { dataset, selection } = await file.deref(reference);
  return [path, [...(await dataset.read(selection, { as: "int32" })).data]];
}

const BOX = ["/g/d", [8, 9, 10, 14, 15, 16]];
const SOME = ["/g/d", [23, 1]];
const WHOLE = ["/g/d", Array.from({ length: 24 }, (_, i) => i)];
const NOTHING = ["/g/d", []];

async function regions(file: Hdf5File): Promise<Record<"box" | "some" | "whole" | "nothing", RegionReference>> {
  const table = await file.dataset("g/d");
  const corners = points([
    [3, 5],
    [0, 1],
  ]);
  return {
    box: await table.regionReference(hyperslab({ start: [1, 2], count: [2, 3] })),
    some: await table.regionReference(corners),
    whole: await table.regionReference([]),
    nothing: await table.regionReference(hyperslab({ start: [0, 0], count: [0, 0] })),
  };
}

async function listed(file: Hdf5File, path = "list"): Promise<unknown[]> {
  const list = (await (await file.dataset(path)).value()) as readonly (Reference | null)[];
  return Promise.all(list.map((reference) => told(file, reference)));
}

describe("region references that are written", () => {
  const layouts: readonly DatasetSpec[] = [
    { layout: "contiguous" },
    { layout: "compact" },
    { chunkShape: [2] },
    { chunkShape: [2], maxShape: [null], filters: ["shuffle", "deflate"] },
  ];
  for (const [kind, datatype] of KINDS) {
    for (const spec of layouts) {
      test(`lead to what was selected (${kind}, ${JSON.stringify(spec)})`, async () => {
        await using file = await sample();
        const { box, some, whole, nothing } = await regions(file);
        await file.root.createDataset("list", { ...spec, data: [box, some, whole, nothing, null], datatype });
        await using again = await open(await file.toBytes());
        expect(await listed(again)).toEqual([BOX, SOME, WHOLE, NOTHING, null]);
      });
    }

    test(`stand in attributes, compounds, arrays and sequences (${kind})`, async () => {
      await using file = await sample();
      const { box, some, whole } = await regions(file);
      await file.root.attrs.set("one", box, { datatype });
      await file.root.attrs.set("some", [some, null], { datatype });
      const row = compoundType({ n: "int8", where: datatype, pair: arrayType(datatype, [2]), all: vlenType(datatype) });
      const rows = [
        { n: 1, where: box, pair: [some, whole], all: [whole, box, null] },
        { n: 2, where: null, pair: [box, null], all: [] },
      ];
      await file.root.createDataset("rows", { data: rows, datatype: row });
      await using again = await open(await file.toBytes());
      expect(await told(again, (await again.root.attrs.get("one")) as Reference)).toEqual(BOX);
      const pair = (await again.root.attrs.get("some")) as readonly (Reference | null)[];
      expect(await Promise.all(pair.map((each) => told(again, each)))).toEqual([SOME, null]);
      const read = (await (await again.dataset("rows")).value()) as readonly {
        readonly where: Reference | null;
        readonly pair: readonly (Reference | null)[];
        readonly all: readonly (Reference | null)[];
      }[];
      const flat = read.flatMap(({ where, pair, all }) => [where, ...pair, ...all]);
      expect(await Promise.all(flat.map((each) => told(again, each)))).toEqual([
        ...[BOX, SOME, WHOLE, WHOLE, BOX, null],
        ...[null, BOX, null],
      ]);
    });

    test(`are edited and appended to in a file that was opened (${kind})`, async () => {
      const bytes = await (async () => {
        await using file = await sample();
        const { box, some } = await regions(file);
        await file.root.createDataset("list", { data: [box, some], datatype, maxShape: [null], chunkShape: [4] });
        await file.root.createDataset("flat", { data: [box, some], datatype });
        return file.toBytes();
      })();
      const driver = memoryDriver(bytes);
      {
        await using file = await open(driver, { mode: "r+" });
        const { box, whole } = await regions(file);
        const list = await file.dataset("list");
        await list.append([whole, null]);
        await list.write([whole], [[0, 1]]);
        await (await file.dataset("flat")).write(box, [1]);
      }
      await using again = await open(driver.bytes());
      expect(await listed(again)).toEqual([WHOLE, SOME, WHOLE, null]);
      expect(await listed(again, "flat")).toEqual([BOX, BOX]);
    });

    test(`lead to the copies in a copied group, and in a file written anew (${kind})`, async () => {
      await using file = await sample();
      const { box, some, whole } = await regions(file);
      const outside = await file.root.createDataset("outside", { data: [1, 2] });
      const far = await outside.regionReference([[0, 1]]);
      await file.root.createDataset("g/list", { data: [box, some, whole, far], datatype });
      await (await file.group("g")).attrs.set("one", box, { datatype });
      await copy(await file.group("g"), file.root, "again");
      const expected = [BOX, SOME, WHOLE].map(([, values]) => ["/again/d", values]);
      // What is not copied is meant still, within the file.
      expect(await listed(file, "again/list")).toEqual([...expected, ["/outside", [1]]]);
      expect(await told(file, (await (await file.group("again")).attrs.get("one")) as Reference)).toEqual(expected[0]);
      const driver = memoryDriver();
      await repack(await file.toBytes(), driver);
      await using packed = await open(driver.bytes());
      expect(await listed(packed, "g/list")).toEqual([BOX, SOME, WHOLE, ["/outside", [1]]]);
      // Between files, what was not copied is not there.
      await using other = await create();
      await copy(await file.group("g"), other.root, "g");
      expect(await listed(other, "g/list")).toEqual([BOX, SOME, WHOLE, null]);
    });

    test(`are fill values, which copies keep (${kind})`, async () => {
      await using file = await sample();
      const { box } = await regions(file);
      await file.root.createDataset("a", { datatype, shape: [3], chunkShape: [2], fillValue: box });
      await file.root.createDataset("z/none", { datatype, shape: [3], chunkShape: [2], fillValue: null });
      const driver = memoryDriver();
      await repack(await file.toBytes(), driver);
      await using packed = await open(driver.bytes());
      expect(await listed(packed, "a")).toEqual([BOX, BOX, BOX]);
      expect(await listed(packed, "z/none")).toEqual([null, null, null]);
    });
  }

  test("take the old datatype when none is given", async () => {
    await using file = await sample();
    const { box } = await regions(file);
    await file.root.attrs.set("one", box);
    expect((await file.root.attrs.attribute("one")).datatype).toMatchObject({ to: "region", revised: false });
  });

  test("of other kinds or into other files are refused by the old datatype", async () => {
    await using file = await sample();
    const { box } = await regions(file);
    const spec = { datatype: "region-reference", shape: [1] } as const;
    const usage = expect.objectContaining({ code: "usage" });
    await expect(file.root.createDataset("x", { ...spec, data: [file.root.reference] })).rejects.toEqual(usage);
    await expect(file.root.createDataset("x", { ...spec, data: [{ ...box, file: "b.h5" }] })).rejects.toEqual(usage);
    expect(await file.root.keys()).toEqual(["g"]);
  });
});

describe("revised references that are written", () => {
  test("lead to objects, regions and attributes side by side, and are copied with what they lead to", async () => {
    await using file = await sample();
    const { box } = await regions(file);
    const { reference } = await file.group("g");
    const attribute = { kind: "attribute-reference", address: box.address, file: undefined, name: "unit" } as const;
    await file.root.createDataset("list", { data: [reference, box, attribute, null], datatype: REVISED });
    await file.root.attrs.set("inferred", [attribute]);
    const expected = ["/g", BOX, ["/g/d", "V"], null];
    await using again = await open(await file.toBytes());
    expect(await listed(again)).toEqual(expected);
    const [inferred] = (await again.root.attrs.get("inferred")) as readonly Reference[];
    expect(await told(again, inferred ?? null)).toEqual(["/g/d", "V"]);
    const driver = memoryDriver();
    await repack(await file.toBytes(), driver, { libver: "latest" });
    await using packed = await open(driver.bytes());
    expect(await listed(packed)).toEqual(expected);
  });

  test("into other files keep the file's name, also when they are copied", async () => {
    await using file = await sample();
    const there = { address: 800, file: "other.h5" } as const;
    const data: readonly Reference[] = [
      { kind: "object-reference", ...there },
      { kind: "region-reference", ...there, selection: points([[1, 2, 3]]) },
      { kind: "attribute-reference", ...there, name: "größe" },
    ];
    await file.root.createDataset("list", { data, datatype: REVISED });
    const driver = memoryDriver();
    await repack(await file.toBytes(), driver);
    await using packed = await open(driver.bytes());
    const read = (await (await packed.dataset("list")).value()) as readonly Reference[];
    expect(read).toMatchObject([data[0], { ...data[1], selection: { kind: "points", rank: 3 } }, data[2]]);
  });

  test("to all of a dataset say its rank, which one of another file does not tell", async () => {
    await using file = await sample();
    const { whole } = await regions(file);
    const spec = { datatype: REVISED, shape: [1] };
    const foreign = file.root.createDataset("x", { ...spec, data: [{ ...whole, file: "other.h5" }] });
    await expect(foreign).rejects.toMatchObject({ code: "usage" });
    const group = { ...whole, address: (await file.group("g")).address };
    await expect(file.root.createDataset("x", { ...spec, data: [group] })).rejects.toMatchObject({ code: "usage" });
  });
});

describe("fill values that lead into heaps", () => {
  test("are copied: strings, sequences and references in compounds", async () => {
    await using file = await sample();
    const { reference } = await file.group("g");
    const datatype = compoundType({ text: "string", list: vlenType("int16"), to: "object-reference" });
    const fillValue = { text: "größe", list: new Int16Array([1, 2, 3]), to: reference };
    const spec = { shape: [2], chunkShape: [2], fill: { allocTime: "early" } } as const;
    await file.root.createDataset("rows", { ...spec, datatype, fillValue });
    await file.root.createDataset("text", { ...spec, datatype: "string", fillValue: "n/a" });
    const driver = memoryDriver();
    await repack(await file.toBytes(), driver, { chunkShape: [1] });
    await using packed = await open(driver.bytes());
    expect(await (await packed.dataset("text")).value()).toEqual(["n/a", "n/a"]);
    expect((await packed.dataset("text")).fillValue).toBe("n/a");
    const { reference: moved } = await packed.group("g");
    const row = { text: "größe", list: new Int16Array([1, 2, 3]), to: moved };
    expect((await packed.dataset("rows")).fillValue).toEqual(row);
    expect(await (await packed.dataset("rows")).value()).toEqual([row, row]);
  });
});
