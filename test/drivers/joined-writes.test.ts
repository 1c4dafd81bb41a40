import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WritableDriver } from "../../src/drivers/driver.js";
import { AT_ONCE } from "../../src/drivers/immediate.js";
import { joinedWrites } from "../../src/drivers/joined-writes.js";
import { memoryDriver } from "../../src/drivers/memory.js";
import { nodeFileDriver } from "../../src/drivers/node-file.js";
import { isHdf5Error } from "../../src/errors.js";
import { create, open } from "../../src/index.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "h5ts-joined-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A device that writes without waiting, and tells what it was asked for. */
function immediate(asked: string[], refuse?: () => boolean): WritableDriver {
  const memory = memoryDriver();
  const write = memory.write.bind(memory);
  const atOnce = (offset: number, bytes: Uint8Array): boolean => {
    if (refuse?.() === true) throw new Error("no space left");
    asked.push(`${offset}+${bytes.length}`);
    void write(offset, bytes.slice());
    return true;
  };
  return Object.assign(memory, {
    async write(offset: number, bytes: Uint8Array) {
      atOnce(offset, bytes);
    },
    [AT_ONCE]: atOnce,
  });
}

describe("writes that need no waiting", () => {
  test("are joined as others are, and keep their order", async () => {
    const path = join(folder, "order");
    const joined = joinedWrites(await nodeFileDriver(path, { mode: "w" }));
    const ones = new Uint8Array(3000).fill(1);
    expect(joined[AT_ONCE](0, ones.subarray(0, 10))).toBe(true);
    expect(joined[AT_ONCE](10, ones.subarray(0, 10))).toBe(true);
    expect((await readFile(path)).length).toBe(0); // they wait
    expect(joined[AT_ONCE](5, new Uint8Array(3000).fill(2))).toBe(true);
    await joined.write(7, new Uint8Array(1).fill(3));
    expect(joined.drainAtOnce()).toBe(true);
    const written = await readFile(path);
    expect([...written.subarray(0, 10)]).toEqual([1, 1, 1, 1, 1, 2, 2, 3, 2, 2]);
    expect(written.length).toBe(3005);
    await joined.close?.();
  });

  test("larger ones in a row are joined, from the second on and until a barrier", async () => {
    const asked: string[] = [];
    const joined = joinedWrites(immediate(asked));
    const rows = new Uint8Array(64_000);
    const put = (from: number, to: number): void => {
      for (let i = from; i < to; i++) expect(joined[AT_ONCE](i * rows.length, rows)).toBe(true);
    };
    put(0, 3);
    expect(asked).toEqual(["0+64000"]);
    put(3, 10); // 8 fit into 512 KiB
    expect(asked).toEqual(["0+64000", "64000+512000"]);
    expect(joined.drainAtOnce()).toBe(true);
    put(10, 12);
    expect(asked.slice(2)).toEqual(["576000+64000", "640000+64000"]);
    expect(joined[AT_ONCE](12 * 64_000, new Uint8Array(129 * 1024))).toBe(true);
    expect(asked.slice(4)).toEqual(["704000+64000", "768000+132096"]); // too large to be copied
    await joined.write(768_000 + 132_096, rows);
    expect(joined.size).toBe(964_096);
    expect((await joined.read(900_096, 64_000)).length).toBe(64_000);
    expect(asked.slice(6)).toEqual(["900096+64000"]);
  });

  test("of a medium that has to be waited for wait there", async () => {
    const medium = memoryDriver();
    const joined = joinedWrites(medium);
    expect(joined[AT_ONCE](0, new Uint8Array(4))).toBe(true);
    expect(joined[AT_ONCE](100, new Uint8Array(4))).toBe(false);
    expect(joined.drainAtOnce()).toBe(false);
    await joined.drain();
    expect(joined.drainAtOnce()).toBe(true);
    expect(medium.size).toBe(4);
  });

  test("a held back one that fails fails all that come after it", async () => {
    let full = false;
    const joined = joinedWrites(immediate([], () => full));
    expect(joined[AT_ONCE](0, new Uint8Array(4))).toBe(true);
    full = true;
    expect(joined.drainAtOnce()).toBe(false);
    await expect(joined.write(4, new Uint8Array(4))).rejects.toThrow("no space left");
    await expect(joined.drain()).rejects.toThrow("no space left");
  });

  test("a file that was closed takes none", async () => {
    const driver = await nodeFileDriver(join(folder, "closed"), { mode: "w" });
    const joined = joinedWrites(driver);
    await joined.close?.();
    expect(joined[AT_ONCE](0, new Uint8Array(3000))).toBe(false);
    const failed = await driver.write(0, new Uint8Array(1)).catch((error: unknown) => error);
    expect(isHdf5Error(failed, "state")).toBe(true);
  });
});

test("a file of many groups takes few calls of the medium", async () => {
  const asked: string[] = [];
  const medium = immediate(asked);
  const file = await create(medium);
  for (let g = 0; g < 20; g++) {
    const group = await file.root.createGroup(`g${g}`);
    for (let d = 0; d < 20; d++) {
      const dataset = await group.createDataset(`d${d}`, { data: new Int32Array([g, d]) });
      await dataset.attrs.set("unit", 1);
    }
  }
  await file.close();
  expect(asked.length).toBeLessThanOrEqual(120);
  const again = await open(medium);
  expect(await (await again.dataset("g7/d5")).value()).toEqual(new Int32Array([7, 5]));
});
