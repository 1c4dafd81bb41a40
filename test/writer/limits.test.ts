import { describe, expect, test } from "vitest";
import {
  type CreateOptions,
  create,
  type OpenOptions,
  open,
  stringType,
  vlenType,
  type WriteData,
} from "../../src/index.js";

describe("what a format has no room for", () => {
  test("a header keeps the order of 65,535 attributes, and refuses the next one", async () => {
    await using file = await create();
    const group = await file.root.createGroup("g", { trackOrder: true });
    for (let i = 0; i < 65_535; i++) void group.attrs.set(`a${i}`, i);
    await expect(group.attrs.set("more", 1)).rejects.toMatchObject({ code: "unsupported" });
    await expect(group.attrs.set("a0", 1)).rejects.toMatchObject({ code: "unsupported" });
    await using again = await open(await file.toBytes());
    const { attrs } = await again.group("g");
    expect((await attrs.keys()).length).toBe(65_535);
    expect(await attrs.get("a0")).toBe(0);
    expect((await attrs.attribute("a65534")).creationOrder).toBe(65_534);
  });

  test("a header of the oldest format counts its attributes", async () => {
    await using file = await create(undefined, { libver: "earliest" });
    const group = await file.root.createGroup("g");
    for (let i = 0; i < 65_000; i++) void group.attrs.set(`a${i}`, i);
    await expect(group.attrs.set("more", 1)).rejects.toMatchObject({ code: "unsupported" });
    await group.attrs.set("a0", "replaced");
    await using again = await open(await file.toBytes());
    const { attrs } = await again.group("g");
    expect((await attrs.keys()).length).toBe(65_000);
    expect(await attrs.get("a0")).toBe("replaced");
  });
});

describe("arguments of the wrong kind", () => {
  test.each<CreateOptions>([
    { libver: "v114" as "v110" },
    { libver: null as unknown as "v110" },
    { libver: 5n as unknown as "v110" },
    { durability: "disk" as "power" },
  ])("create(%o) is refused", async (options) => {
    await expect(create(undefined, options)).rejects.toMatchObject({ code: "usage" });
  });

  test.each<OpenOptions>([
    { mode: "w" as "r" },
    { mode: "r+", durability: "disk" as "power" },
    { notClosed: true as unknown as "open" },
    { checksums: false as unknown as "ignore" },
  ])("open(%o) is refused", async (options) => {
    await using file = await create();
    await expect(open(await file.toBytes(), options)).rejects.toMatchObject({ code: "usage" });
  });

  test("are refused before groups on the way are made", async () => {
    await using file = await create();
    const { root } = file;
    const usage = { code: "usage" };
    await expect(root.createGroup("a/b", { comment: "with\0NUL" })).rejects.toMatchObject(usage);
    await expect(root.createGroup("a/b", { comment: 5 as unknown as string })).rejects.toMatchObject(usage);
    await expect(root.setComment(5 as unknown as string)).rejects.toMatchObject(usage);
    const data = [1, 2, 3];
    await expect(root.createDataset("a/b", { data, filters: "deflate" as unknown as [] })).rejects.toMatchObject(usage);
    const filters = [{ id: 1, values: "6" as unknown as number[] }];
    await expect(root.createDataset("a/b", { data, filters })).rejects.toMatchObject(usage);
    await expect(root.delete("/")).rejects.toMatchObject(usage);
    await expect(root.move("/", "a")).rejects.toMatchObject(usage);
    expect(await root.keys()).toEqual([]);
  });
});

describe("empty data", () => {
  test.each<[WriteData, number[], Parameters<typeof vlenType>[0]]>([
    [[[], [], []], [3, 0, 2], "int8"],
    [[[], [], []], [3, 0, 2], "string"],
    [[[], []], [2, 0, 3], vlenType("int16")],
    [[[], []], [2, 0, 3], vlenType(stringType(3))],
    [[[], []], [2, 0], "complex64"],
  ])("nested as far as %j is all of shape %j", async (data, shape, datatype) => {
    await using file = await create();
    const dataset = await file.root.createDataset("d", { data, shape, datatype });
    expect(dataset.shape).toEqual(shape);
    await file.root.attrs.set("a", (await dataset.value()) as WriteData, { datatype, shape });
    expect((await file.root.attrs.attribute("a")).shape).toEqual(shape);
    await expect(file.root.createDataset("e", { data, shape: [9, 0, 1], datatype })).rejects.toMatchObject({
      code: "usage",
    });
  });
});
