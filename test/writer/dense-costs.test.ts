/** What edits of dense links and attributes write: counted, so that it stays so. */
import { describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { recording } from "../../src/drivers/recording.js";
import { create, type Hdf5File, open } from "../../src/index.js";
import { rootStorage } from "./dense-model.js";

type Recorded = ReturnType<typeof recording>;

/** Structures that a flush writes, by signature, and all its bytes. */
async function written(driver: Recorded, file: Hdf5File): Promise<Record<string, number>> {
  const from = driver.operations.length;
  await file.flush();
  const counts: Record<string, number> = { bytes: 0, FHDB: 0, FHIB: 0, FRHP: 0, BTHD: 0, BTIN: 0, BTLF: 0 };
  for (const operation of driver.operations.slice(from)) {
    if (operation.kind !== "write") continue;
    counts.bytes = (counts.bytes ?? 0) + operation.bytes.length;
    const text = Buffer.from(operation.bytes).toString("latin1");
    for (let at = 0; at < text.length; at += 8) {
      const signature = text.slice(at, at + 4);
      if (signature in counts) counts[signature] = (counts[signature] ?? 0) + 1;
    }
  }
  return counts;
}

describe.each(["links", "attributes"] as const)("%s in a heap", (what) => {
  const add = (file: Hdf5File, name: string): Promise<void> =>
    what === "links" ? file.root.createSoftLink(name, `/where/${name}/leads`) : file.root.attrs.set(name, 1);
  const remove = (file: Hdf5File, name: string): Promise<void> =>
    what === "links" ? file.root.delete(name) : file.root.attrs.delete(name);

  test.each([400, 4000])("one more of %i costs a direct block and a path of each index", async (count) => {
    const driver = recording(memoryDriver());
    await using file = await create(driver, { trackOrder: true });
    for (let i = 0; i < count; i++) await add(file, `name ${i}`);
    await file.flush();
    for (let i = 0; i < 5; i++) {
      await add(file, `another ${i}`);
      const counts = await written(driver, file);
      // A block that is full gives way to a second one; of each tree a node may be divided.
      expect(counts.FHDB).toBeLessThanOrEqual(2);
      expect(counts.FHIB).toBeLessThanOrEqual(2);
      expect(counts.FRHP).toBe(1);
      expect(counts.BTHD).toBe(2);
      expect(counts.BTLF).toBeLessThanOrEqual(6);
      expect(counts.BTIN).toBeLessThanOrEqual(6);
      // The largest direct block here has 32 KiB.
      expect(counts.bytes).toBeLessThanOrEqual(32_768 + 16 * 512);
    }
    await remove(file, "name 77");
    const removed = await written(driver, file);
    expect([removed.FHDB, removed.FHIB, removed.FRHP, removed.BTHD]).toEqual([0, 0, 0, 2]);
    expect(removed.bytes).toBeLessThanOrEqual(16 * 512);
  });

  test("a flush of many writes each block once", async () => {
    const driver = recording(memoryDriver());
    await using file = await create(driver, { trackOrder: true });
    for (let i = 0; i < 10; i++) await add(file, `first ${i}`);
    await file.flush();
    for (let i = 0; i < 3000; i++) await add(file, `name ${i}`);
    const counts = await written(driver, file);
    expect(counts.bytes).toBeLessThanOrEqual(3000 * 150);
    expect((await open(await file.toBytes())).size).toBeLessThanOrEqual(3000 * 200);
  });

  test("what is replaced again and again leaves no more garbage than the heap is large", async () => {
    const driver = memoryDriver();
    await using file = await create(driver);
    for (let i = 0; i < 100; i++) await add(file, `name ${i}`);
    // Texts would be of variable length, whose values lie in collections of 4 KiB a flush.
    for (let i = 0; i < 100; i++) await file.root.attrs.set(`bytes ${i}`, new Uint8Array(90));
    await file.flush();
    const start = driver.size;
    for (let i = 0; i < 600; i++) {
      if (what === "attributes") await file.root.attrs.set(`bytes ${i % 100}`, new Uint8Array(90).fill(i));
      else {
        await remove(file, `name ${i % 100}`);
        await add(file, `name ${i % 100}`);
      }
      await file.flush();
    }
    expect(driver.size - start).toBeLessThanOrEqual(400_000);
  });

  test("few of them are written anew as a whole", async () => {
    const driver = recording(memoryDriver());
    await using file = await create(driver);
    for (let i = 0; i < 70; i++) await add(file, `name ${i}`);
    await file.flush();
    await add(file, "another");
    const counts = await written(driver, file);
    expect(counts).toMatchObject({ FRHP: 1, BTHD: 1 });
    const { links, attributes } = await rootStorage(await file.toBytes());
    const info = what === "links" ? links : attributes;
    expect(info?.heapAddress).toBeDefined();
  });
});
