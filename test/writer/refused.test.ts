import { describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import {
  compoundType,
  create,
  type Dataset,
  type DatasetSpec,
  type Group,
  Hdf5DriverError,
  open,
  stringType,
  vlenType,
  type WriteData,
} from "../../src/index.js";

async function sample(): Promise<Uint8Array> {
  await using file = await create();
  const group = await file.root.createGroup("g");
  await group.attrs.set("a", 1);
  await file.root.createDataset("fixed", { data: new Int16Array([1, 2, 3]) });
  await file.root.createDataset("growing", { data: new Int16Array([1, 2, 3]), maxShape: [5], chunkShape: [2] });
  return file.toBytes();
}

const elsewhere = { kind: "external", files: [{ file: "other.bin", offset: 0, size: 16 }] } as const;
const loose = (value: unknown): never => value as never;
const endless: unknown[] = [];
endless.push(endless);

/** Arguments of other types than are asked for. */
const wrongTypes: ((root: Group, dataset: Dataset) => Promise<unknown>)[] = [
  (root) => root.createGroup("new", { comment: loose(5) }),
  (root) => root.createDataset("new", loose(null)),
  ...["shape", "maxShape", "chunkShape", "filters"].map(
    (name) => (root: Group) => root.createDataset("new", { data: [1, 2], [name]: 5 }),
  ),
  (root) => root.createDataset("new", { data: [1, 2], onProgress: loose(5) }),
  (root) => root.createDataset("new", { data: [1, 2], signal: loose({}) }),
  (root) => root.createDataset("new", { data: [1, 2], fill: { writeTime: loose(3) } }),
  (root) => root.createDataset("new", { data: [1, 2], fill: { allocTime: loose("now") } }),
  ...[null, 5, "paged", [], {}, { kind: "paged" }].map(
    (layout) => (root: Group) => root.createDataset("new", { data: [1, 2], layout: loose(layout) }),
  ),
  ...[null, 5, "x", []].flatMap((value) =>
    ["fill", "attrs"].map((name) => (root: Group) => root.createDataset("new", { data: [1, 2], [name]: value })),
  ),
  (root) => root.createDataset("new", { data: [1, 2], attrs: loose(new Map([["a", 1]])) }),
  (root) => root.createDataset("new", { data: [1, 2], chunkShape: [1], filters: [{ id: 1, values: loose("x") }] }),
  (root) => root.createDataset("new", { data: [1, 2], filters: [loose(endless)] }),
  (root) => root.createDataset("new", { datatype: loose(endless), shape: [2] }),
  (root) => root.createDataset("new", { data: loose(endless), datatype: vlenType("int32") }),
  (root) => root.createDataset("new", { data: loose(endless), datatype: "complex64" }),
  (root) => root.createDataset("new", { source: loose(5) }),
  (root) => root.createDataset("new", { source: loose(null), datatype: "int8", shape: [0], maxShape: [null] }),
  ...[null, 5, [null], [5], [{}]].flatMap((list) => [
    (root: Group) =>
      root.createDataset("new", { datatype: "int8", shape: [2], layout: loose({ kind: "external", files: list }) }),
    (root: Group) =>
      root.createDataset("new", { datatype: "int8", shape: [2], layout: loose({ kind: "virtual", mappings: list }) }),
  ]),
  (_, dataset) => dataset.write([1, 2, 3], undefined, { onProgress: loose(5) }),
  (_, dataset) => dataset.append([1], 0, { onProgress: loose({}) }),
  (_, dataset) => dataset.resize(loose(undefined)),
  (_, dataset) => dataset.resize(loose(5)),
  (_, dataset) => dataset.setComment(loose(5)),
  (root) => root.attrs.set("new", [1, 2], { shape: loose(2) }),
  (root) => root.attrs.delete(loose(5)),
];

/** What a null dataspace has no use for. */
const nulls: readonly DatasetSpec[] = [
  { shape: [2] },
  { shape: [] },
  { shape: [0, 0] },
  { shape: [0], maxShape: [null] },
  { chunkShape: true },
  { filters: ["deflate"] },
  { layout: "chunked" },
];

describe("what cannot be written", () => {
  test("is refused with a typed error, and the file keeps every byte", async () => {
    const before = await sample();
    const bytes = before.slice();
    {
      await using file = await open(bytes, { mode: "r+" });
      const { root } = file;
      const fixed = await root.dataset("fixed");
      const growing = await root.dataset("growing");
      const refusals: (readonly [string, Promise<unknown>])[] = [
        ["exists", root.createGroup("g")],
        ["exists", root.createDataset("fixed", { data: 1 })],
        ["exists", root.createSoftLink("g", "/x")],
        ["usage", root.createDataset("fixed/below", { data: 1 })],
        ["usage", root.createDataset("new", {})],
        ["usage", root.createDataset("new", { data: [] })],
        ["usage", root.createDataset("new", { data: [1, 2], shape: [3] })],
        ...nulls.map(
          (more) => ["usage", root.createDataset("new", { data: null, datatype: "int8", ...more })] as const,
        ),
        ["usage", root.createDataset("new", { data: null, shape: [0] })],
        ["usage", root.createDataset("new", { data: undefined, shape: [2] })],
        ["usage", root.createDataset("new", { data: undefined, datatype: "int8" })],
        ["usage", root.attrs.set("new", null, { datatype: "int8", shape: [2] })],
        ["usage", root.attrs.set("new", null, { datatype: "int8", shape: [] })],
        ["usage", root.createDataset("new", { data: [1, 2], maxShape: [1] })],
        ["usage", root.createDataset("new", { data: [1, 2], chunkShape: [3] })],
        ["usage", root.createDataset("new", { data: [1, 2], chunkShape: [0] })],
        ["usage", root.createDataset("new", { data: [1, 2], layout: "contiguous", filters: ["deflate"] })],
        ["value", root.createDataset("new", { data: [1, 300], datatype: "uint8" })],
        ["value", root.createDataset("new/inside", { data: ["too long"], datatype: stringType(3) })],
        ["usage", root.createSoftLink("new", "")],
        ["usage", root.createExternalLink("new", "a\0b", "/x")],
        ["usage", fixed.resize([4])],
        ["usage", growing.resize([6])],
        ["usage", growing.resize([1, 1])],
        ["usage", growing.append([1, 2, 3])],
        ["usage", fixed.append([1])],
        ["usage", fixed.write([1, 2], [[0, 3]])],
        ["usage", fixed.write([1], [[0, 9]])],
        ["value", fixed.write([1.5], [[0, 1]])],
        ["value", growing.write([Number.NaN], [[0, 1]])],
        ["usage", root.attrs.set("", 1)],
        ["usage", root.attrs.set("d", new Date() as unknown as WriteData)],
        ["value", root.attrs.set("i", 2n ** 70n)],
        ["usage", root.attrs.set("n", null)],
        ["not-found", root.delete("nothing")],
        ["not-found", root.attrs.delete("nothing")],
        ["usage", root.move("g", "g/inside")],
        // Nothing is made on the way to what is refused.
        ["policy", root.createDataset("on/the/way", { data: [1, 2], layout: elsewhere })],
        ["usage", root.createGroup("on/the/way", { comment: "a\0b" })],
      ];
      for (const [code, refused] of refusals) await expect(refused).rejects.toMatchObject({ code });
      // What the compiler refuses too.
      for (const refused of wrongTypes) {
        await expect(refused(root, growing), String(refused)).rejects.toMatchObject({ code: "usage" });
      }
      await file.flush();
    }
    expect(bytes).toEqual(before);
  });

  test("because a header cannot hold it leaves no groups on its way", async () => {
    await using file = await open(await sample(), { mode: "r+" });
    const large = compoundType(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`member ${i}`, "int32"])));
    const refused = file.root.createDataset("on/the/way", { datatype: large, shape: [1] });
    await expect(refused).rejects.toMatchObject({ code: "unsupported" });
    expect(await file.root.keys()).toEqual(["fixed", "g", "growing"]);
    await file.root.createDataset("on/the/way", { data: [1] });
    await file.flush();
    expect(await file.has("on/the/way")).toBe(true);
  });

  test("in a file open for reading is a state error", async () => {
    await using file = await open(await sample());
    await expect(file.root.createGroup("x")).rejects.toMatchObject({ code: "state", reason: "read-only" });
    await expect(file.root.attrs.set("x", 1)).rejects.toMatchObject({ code: "state", reason: "read-only" });
  });

  test("after a failed write is everything, until the file is opened again; the last flush stays", async () => {
    const inner = memoryDriver();
    let failing = false;
    const driver = {
      ...inner,
      get size() {
        return inner.size;
      },
      read: inner.read.bind(inner),
      truncate: inner.truncate.bind(inner),
      flush: inner.flush.bind(inner),
      async write(offset: number, bytes: Uint8Array) {
        if (failing) throw new Hdf5DriverError("disk", "is full", { status: "ENOSPC" });
        return inner.write(offset, bytes);
      },
    };
    const file = await create(driver);
    await file.root.createDataset("kept", { data: [1, 2, 3] });
    await file.flush();
    failing = true;
    await expect(file.root.createDataset("lost", { data: new Float64Array(1000) })).rejects.toMatchObject({
      code: "driver",
    });
    failing = false;
    await expect(file.root.createGroup("more")).rejects.toMatchObject({ code: "state", reason: "failed" });
    await file.abort();
    await using again = await open(inner.bytes());
    expect(await again.root.keys()).toEqual(["kept"]);
    expect(await (await again.dataset("kept")).value()).toEqual(new Float64Array([1, 2, 3]));
  });
});
