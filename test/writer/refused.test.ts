import { describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { create, Hdf5DriverError, open, stringType, type WriteData } from "../../src/index.js";

async function sample(): Promise<Uint8Array> {
  await using file = await create();
  const group = await file.root.createGroup("g");
  await group.attrs.set("a", 1);
  await file.root.createDataset("fixed", { data: new Int16Array([1, 2, 3]) });
  await file.root.createDataset("growing", { data: new Int16Array([1, 2, 3]), maxShape: [5], chunkShape: [2] });
  return file.toBytes();
}

describe("what cannot be written", () => {
  test("is refused with a typed error, and the file keeps every byte", async () => {
    const before = await sample();
    const bytes = before.slice();
    {
      await using file = await open(bytes, { mode: "r+" });
      const { root } = file;
      const fixed = await root.dataset("fixed");
      const growing = await root.dataset("growing");
      const refusals: [string, Promise<unknown>][] = [
        ["exists", root.createGroup("g")],
        ["exists", root.createDataset("fixed", { data: 1 })],
        ["exists", root.createSoftLink("g", "/x")],
        ["usage", root.createDataset("fixed/below", { data: 1 })],
        ["usage", root.createDataset("new", {})],
        ["usage", root.createDataset("new", { data: [] })],
        ["usage", root.createDataset("new", { data: [1, 2], shape: [3] })],
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
      ];
      for (const [code, refused] of refusals) await expect(refused).rejects.toMatchObject({ code });
      await file.flush();
    }
    expect(bytes).toEqual(before);
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
