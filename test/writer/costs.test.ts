/** What writing costs, in bytes and barriers: counted, so that it stays so. */
import { describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { create, deflate, type Hdf5File, open } from "../../src/index.js";

const LIBVERS = ["earliest", "v108", "v110"] as const;
const CHUNK = 8192;
/** The default node of a v1 B-tree of chunks of rank 2 is the largest one of an index path here. */
const INDEX_NODE = 2096;

describe.each(LIBVERS)("libver %s", (libver) => {
  test("chunks of 256 KiB that are written whole cost at most 5 % beyond their data, flushed or not", async () => {
    for (const flushed of [false, true]) {
      const file = await create(undefined, { libver });
      const spec = { datatype: "int16", shape: [0, 64], maxShape: [null, 64], chunkShape: [2048, 64] } as const;
      const dataset = await file.root.createDataset("x", spec);
      const rows = new Int16Array(2048 * 64).fill(3);
      for (let i = 0; i < 64; i++) {
        await dataset.append(rows);
        if (flushed) await file.flush();
      }
      await file.flush();
      expect(file.stats().bytesWritten / (64 * rows.byteLength)).toBeLessThanOrEqual(1.05);
      await file.close();
    }
  });

  test("a flush has at most 3 barriers", async () => {
    const driver = memoryDriver();
    const file = await create(driver, { libver });
    const spec = { datatype: "int16", shape: [0, 64], maxShape: [null, 64], chunkShape: [512, 64] } as const;
    const dataset = await file.root.createDataset("x", spec);
    await file.flush();
    await file.close();
    const again = await open(driver, { mode: "r+" });
    const grown = await again.dataset("x");
    let before = again.stats().barriers;
    for (let i = 0; i < 200; i++) {
      await grown.append(new Int16Array(300 * 64).fill(i));
      // The names of old-style groups lie in a heap, whose header is one patch more.
      if (i % 10 === 0 && libver !== "earliest") await again.root.createGroup(`g${i}`);
      if (i % 7 === 0) await grown.attrs.set("i", i);
      await again.flush();
      const { barriers } = again.stats();
      expect(barriers - before).toBeLessThanOrEqual(3);
      before = barriers;
    }
    await again.close();
    expect(dataset.name).toBe("x");
  });

  test("a small append costs its rows, a path of the index and at most 4 KiB", async () => {
    const file = await create(undefined, { libver });
    const spec = { datatype: "int16", shape: [0, 64], maxShape: [null, 64], chunkShape: [4096, 64] } as const;
    const dataset = await file.root.createDataset("x", spec);
    const rows = new Int16Array(16 * 64).fill(3);
    await dataset.append(rows);
    await file.flush();
    let worst = 0;
    for (let i = 0; i < 600; i++) {
      const before = file.stats().bytesWritten;
      await dataset.append(rows);
      await file.flush();
      const { bytesWritten } = file.stats();
      worst = Math.max(worst, bytesWritten - before - rows.byteLength);
    }
    expect(worst).toBeLessThanOrEqual(4096 + 2 * INDEX_NODE);
    await file.close();
  });

  test("a small append to a filtered dataset costs its last chunk besides", async () => {
    const file = await create(undefined, { libver });
    const dataset = await file.root.createDataset("x", {
      datatype: "int16",
      shape: [0, 64],
      maxShape: [null, 64],
      chunkShape: [1024, 64],
      filters: [deflate(1)],
    });
    const rows = Int16Array.from({ length: 16 * 64 }, (_, i) => (i * 7919) & 0x3fff);
    for (let i = 0; i < 100; i++) {
      const before = file.stats().bytesWritten;
      await dataset.append(rows);
      await file.flush();
      const written = file.stats().bytesWritten - before;
      let tail = 0;
      for await (const { offset, size } of dataset.chunks()) if (offset[0] === Math.floor(i / 64) * 1024) tail = size;
      expect(written).toBeLessThanOrEqual(4096 + 2 * INDEX_NODE + tail);
    }
    await file.close();
  });

  test("time and bytes of a group grow with its links, not with their square", async () => {
    const written = async (count: number): Promise<number> => {
      const file = await create(undefined, { libver });
      const group = await file.root.createGroup("g");
      for (let i = 0; i < count; i++) await group.createGroup(`group ${i}`);
      await file.flush();
      const { bytesWritten } = file.stats();
      await file.close();
      return bytesWritten;
    };
    const [small, large] = [await written(500), await written(2000)];
    expect(large / small).toBeLessThan(5);
  });
});

describe.each([...LIBVERS, "latest"] as const)("libver %s", (libver) => {
  test.each([1, 3, 10, 20, 50, 1000])(
    "the index of 1,000 chunks costs 3 requests, flushed after every %i",
    async (every) => {
      const medium = memoryDriver();
      const file = await create(medium, { libver });
      const spec = { datatype: "uint8", shape: [0], maxShape: [null], chunkShape: [CHUNK] } as const;
      const dataset = await file.root.createDataset("x", spec);
      for (let i = 1; i <= 1000; i++) {
        await dataset.append(new Uint8Array(CHUNK).fill(i));
        if (i % every === 0) await file.flush();
      }
      await file.close();
      const size = medium.size ?? 0;
      expect(size).toBeLessThan(1000 * CHUNK * 1.02 + 2 ** 16);
      // A driver of one's own counts as far away.
      const far = await open({ size, read: (offset, length) => medium.read(offset, length) });
      let count = 0;
      for await (const { address } of (await far.dataset("x")).chunks()) if (address !== undefined) count++;
      expect(count).toBe(1000);
      expect(far.stats().requests).toBeLessThanOrEqual(3);
    },
  );
});

// Trees and heaps of old-style groups grow by single nodes, which lie where each flush finds room.
describe.each(["v108", "latest"] as const)("libver %s, groups between data", (libver) => {
  test.each([
    [10, 0],
    [100, 0],
    [100, 7],
  ])("%i, flushed after every %i, are listed and one attribute is read with 3 requests", async (count, every) => {
    const medium = memoryDriver();
    const file = await create(medium, { libver });
    await file.root.attrs.set("title", "many groups");
    for (let i = 1; i <= count; i++) {
      const group = await file.root.createGroup(`group ${i}`);
      await group.attrs.set("number", i);
      for (let j = 0; j < 5; j++) await group.createDataset(`data ${j}`, { data: new Uint8Array(50_000 / count) });
      await group.createDataset("data", { data: new Uint8Array(4_000_000 / count) });
      if (i % every === 0) await file.flush();
    }
    await file.close();
    const requests = async (run: (far: Hdf5File) => Promise<unknown>): Promise<number> => {
      // A driver of one's own counts as far away.
      const far = await open({ size: medium.size, read: (offset, length) => medium.read(offset, length) });
      expect(await far.root.keys()).toHaveLength(count);
      await run(far);
      return far.stats().requests;
    };
    expect(await requests((far) => far.root.attrs.get("title"))).toBeLessThanOrEqual(2);
    for (const i of [2, count >> 1, count]) {
      const number = async (far: Hdf5File): Promise<unknown> => (await far.group(`group ${i}`)).attrs.get("number");
      expect(await requests(number)).toBeLessThanOrEqual(3);
    }
  });
});

test.each([8, 9, 20, 33, 50, 64])(
  "datasets of 80 bytes in groups of %i cost 160 bytes each beside their data",
  async (count) => {
    const medium = memoryDriver();
    const file = await create(medium);
    const groups = Math.ceil(1000 / count);
    for (let i = 0; i < groups; i++) {
      const group = await file.root.createGroup(`group${i}`);
      for (let j = 0; j < count; j++) await group.createDataset(`dataset${j}`, { data: new Float64Array(10) });
    }
    await file.close();
    expect((medium.size ?? 0) / (groups * count) - 80).toBeLessThanOrEqual(160);
  },
);
