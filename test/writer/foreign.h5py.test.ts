import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { recording } from "../../src/drivers/recording.js";
import { create, open } from "../../src/index.js";
import { h5pyPresent, python, stockTree } from "../interop/h5py.js";

const folder = mkdtempSync(join(tmpdir(), "h5ts-foreign-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file as h5py makes it by default. */
function made(name: string, many: number, ...keywords: string[]): string {
  const path = join(folder, name);
  python("h5py_make.py", path, String(many), ...keywords);
  return path;
}

const MANY = 40;

describe.runIf(h5pyPresent())("files of stock libhdf5 in its default format", () => {
  test.each([
    ["without a user block", []],
    ["behind a user block", ["userblock_size=1024"]],
  ])("are edited by us and stock in turns, %s", async (name, keywords) => {
    const path = made(`turns ${name}.h5`, MANY, ...keywords);
    for (let round = 0; round < 3; round++) {
      {
        await using file = await open(path, { mode: "r+" });
        const group = await file.root.group("group");
        await file.root.attrs.set("round", BigInt(round));
        await group.attrs.set("round", BigInt(round));
        for (const key of await group.keys()) {
          const dataset = await group.dataset(key);
          await dataset.attrs.set(`ours${round}`, "x".repeat(round * 10));
          if (round > 0) await dataset.attrs.delete(`ours${round - 1}`);
          if (key.startsWith("d")) await dataset.append([7, 8, 9]);
          if (key.endsWith("3")) await dataset.attrs.set("big", new Int32Array(100 + round));
          if (key.endsWith("4")) await dataset.setComment(`round ${round}`);
        }
        const grows = await file.root.dataset("grows");
        await grows.append([1, 2, 3]);
        await file.flush();
        await grows.resize([100 + round]);
        await (await file.root.dataset("filled")).write([1, 2], [[1, 3]]);
        await (await file.root.dataset("scalar")).write(round);
      }
      const { attrs, links } = stockTree(path);
      expect(attrs).toEqual({ title: "of stock", round });
      expect(links.group?.attrs).toEqual({ n: 1, round });
      expect(links.grows?.shape).toEqual([100 + round]);
      expect(links.filled?.value).toEqual([-7, 1, 2, -7]);
      expect(links.scalar?.value).toBe(round);
      for (let i = 0; i < MANY; i++) {
        const entry = links.group?.links?.[`d${i}`];
        const turns = Array.from({ length: round }, () => [7, 8, 9, 5]).flat();
        expect(entry?.value).toEqual([...Array.from({ length: i + 1 }, (_, n) => n), ...turns, 7, 8, 9]);
        const own = Array.from({ length: i % 5 }, (_, a) => `attr${a}`);
        const more = [...(i % 10 === 3 ? ["big"] : []), ...(round > 0 ? [`stock${round - 1}`, "turn"] : [])];
        expect(Object.keys(entry?.attrs ?? {}).sort()).toEqual([...own, ...more, `ours${round}`].sort());
      }
      execFileSync("h5dump", ["-H", path], { maxBuffer: 2 ** 28 });
      python("h5py_attrs.py", path, String(round));
    }
  });

  test("patch existing metadata inside single sectors", async () => {
    const path = made("sectors.h5", MANY);
    const driver = recording(memoryDriver(readFileSync(path)));
    const crossing: string[] = [];
    {
      await using file = await open(driver, { mode: "r+", durability: "power" });
      /** What comes after the first barrier changes what a reader may see. */
      const flush = async (): Promise<void> => {
        const start = driver.operations.length;
        await file.flush();
        const done = driver.operations.slice(start);
        for (const operation of done.slice(done.findIndex(({ kind }) => kind === "flush"))) {
          if (operation.kind !== "write") continue;
          const { offset, bytes } = operation;
          if (Math.floor(offset / 512) !== Math.floor((offset + bytes.length - 1) / 512))
            crossing.push(`${bytes.length} bytes at ${offset}`);
        }
      };
      const group = await file.root.group("group");
      for (const key of await group.keys()) {
        const dataset = await group.dataset(key);
        await dataset.attrs.set("one", 1n);
        if (key.startsWith("d")) await dataset.append([1]);
        await flush();
        await dataset.attrs.set("one", "now text that is longer");
        await flush();
        await dataset.attrs.delete("one");
        await flush();
      }
    }
    expect(crossing).toEqual([]);
  });

  test("with checksums of headers: few first edits of one write across a sector border, and no later ones", async () => {
    const path = join(folder, "checksums.h5");
    python("h5py_checksums.py", path);
    const driver = recording(memoryDriver(readFileSync(path)));
    const crossing = { first: 0, later: 0 };
    {
      await using file = await open(driver, { mode: "r+", durability: "power" });
      const flush = async (edit: keyof typeof crossing): Promise<void> => {
        const start = driver.operations.length;
        await file.flush();
        const done = driver.operations.slice(start);
        for (const operation of done.slice(done.findIndex(({ kind }) => kind === "flush"))) {
          if (operation.kind !== "write") continue;
          const { offset, bytes } = operation;
          if (Math.floor(offset / 512) !== Math.floor((offset + bytes.length - 1) / 512)) crossing[edit]++;
        }
      };
      for (const key of await file.root.keys()) {
        const dataset = await file.root.dataset(key);
        await dataset.attrs.set("ours", "x");
        if (dataset.maxShape !== undefined && dataset.layout.kind === "chunked") await dataset.append([1]);
        await flush("first");
        await dataset.attrs.set("ours", "more than before");
        await flush("later");
      }
    }
    expect(crossing.later).toBe(0);
    expect(crossing.first).toBeLessThanOrEqual(20); // of 400 headers, half of which cross a border
    const changed = join(folder, "checksums edited.h5");
    writeFileSync(changed, await driver.read(0, driver.size ?? 0));
    const { links } = stockTree(changed);
    expect(Object.keys(links)).toHaveLength(400);
    for (const { attrs } of Object.values(links)) expect(attrs?.ours).toBe("more than before");
  });

  test("a family in this format is read and edited by stock, and by us again", async () => {
    const pattern = join(folder, "family_%d.h5");
    const memberSize = 4096;
    {
      await using file = await create(pattern, { driver: "family", memberSize, libver: "earliest" });
      for (let i = 0; i < 30; i++) await file.root.createDataset(`d${i}`, { data: new Int32Array(200).fill(i) });
    }
    expect(Object.keys(stockTree(pattern, memberSize).links)).toHaveLength(30);
    {
      await using file = await open(pattern, { driver: "family", mode: "r+" });
      expect(file.superblock.version).toBe(0);
      await file.root.delete("d3");
      await file.root.createGroup("late");
    }
    const { links } = stockTree(pattern, memberSize);
    expect(Object.keys(links)).toHaveLength(30);
    expect(links.d29?.value).toEqual(Array.from({ length: 200 }, () => 29));
  });
});
