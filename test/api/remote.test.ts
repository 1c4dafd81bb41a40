import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { blobDriver } from "../../src/drivers/blob.js";
import { coreDriver } from "../../src/drivers/core.js";
import type { Driver } from "../../src/drivers/driver.js";
import { httpDriver } from "../../src/drivers/http.js";
import { memoryDriver } from "../../src/drivers/memory.js";
import { nodeFileDriver } from "../../src/drivers/node-file.js";
import { opfsDriver } from "../../src/drivers/opfs.js";
import { readOnly } from "../../src/drivers/read-only.js";
import { recording } from "../../src/drivers/recording.js";
import { withCache } from "../../src/drivers/with-cache.js";
import { withConcurrency } from "../../src/drivers/with-concurrency.js";
import { withRetry } from "../../src/drivers/with-retry.js";
import { deflateFilter } from "../../src/filters/index.js";
import { create, type Dataset, type Filter, type Hdf5File, isHdf5Error, open } from "../../src/index.js";
import { asyncHandle, fakeFile, syncHandle } from "../drivers/file-handles.js";
import { type RangeServer, rangeServer } from "../drivers/range-server.js";

let server: RangeServer;
let bytes: Uint8Array;

/** 4 MB of data in 64 chunks, and a little one. */
async function makeFile(): Promise<Uint8Array> {
  const file = await create();
  const data = await file.root.createDataset("group/data", {
    datatype: "int32",
    shape: [1_000_000],
    chunkShape: [16_384],
  });
  await data.write(Int32Array.from({ length: 1_000_000 }, (_, i) => i));
  await data.attrs.set("unit", "counts");
  await file.root.createDataset("text", { datatype: "string", shape: [], data: "hello" });
  const made = await file.toBytes();
  await file.close();
  return made;
}

beforeAll(async () => {
  bytes = await makeFile();
  server = await rangeServer({});
});
afterAll(() => server.close());
beforeEach(() => {
  server.reset();
  server.etag = '"first"';
  server.behave = undefined;
  server.files = { "a.h5": bytes };
});

/** Deflate, counting the chunks it undoes. */
function countedDeflate(): Filter & { readonly decoded: number } {
  let decoded = 0;
  return {
    ...deflateFilter,
    get decoded() {
      return decoded;
    },
    decode(chunk, context) {
      decoded++;
      return deflateFilter.decode(chunk, context);
    },
  };
}

describe("listings of a remote file", () => {
  it("read the headers of what they list in few rounds", async () => {
    // 40 groups, each behind 300 kB of data of the one before.
    const file = await create();
    for (let i = 0; i < 40; i++) {
      const group = await file.root.createGroup(`g${String(i).padStart(2, "0")}`);
      await group.attrs.set("number", i);
      await group.createDataset("data", { datatype: "uint8", shape: [300_000], data: new Uint8Array(300_000).fill(i) });
      await file.flush();
    }
    server.files = { "groups.h5": await file.toBytes() };
    await file.close();
    const far = await open(`${server.url}/groups.h5`);
    server.delay = 3;
    server.reset();
    const numbers: unknown[] = [];
    for await (const [, group] of far.root.entries()) {
      if (group.kind === "group") numbers.push(await group.attrs.get("number"));
    }
    server.delay = 0;
    await far.close();
    expect(numbers).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(server.rounds()).toBeLessThanOrEqual(4);
  });

  it("show what can be had, whatever goes wrong while headers are read ahead", async () => {
    await using file = await open(httpDriver(`${server.url}/a.h5`, { retries: 0 }));
    server.behave = (_asked, response) => {
      response.writeHead(500).end();
      return true;
    };
    for await (const [name, object] of file.root.entries()) {
      if (object.kind === "unresolved") expect([name, object.error.code]).toEqual([name, "driver"]);
    }
    server.behave = undefined;
    const kinds: string[] = [];
    for await (const [, object] of file.root.entries()) kinds.push(object.kind);
    expect(kinds).toEqual(["group", "dataset"]);
  });
});

describe("reads of a remote file", () => {
  /** 100 chunks of 8 KB that deflate cannot shrink much, and 4 MB that no chunks divide. */
  async function noisyFile(): Promise<Uint8Array> {
    const noise = (length: number): Int16Array => {
      let state = 1;
      return Int16Array.from({ length }, () => {
        state = (state * 48_271) % 2_147_483_647;
        return state >> 8;
      });
    };
    const file = await create();
    await file.root.createDataset("plain", { datatype: "int16", shape: [2_000_000], data: noise(2_000_000) });
    await file.root.createDataset("rows", {
      datatype: "int16",
      shape: [400_000],
      chunkShape: [4000],
      filters: ["deflate"],
      data: noise(400_000),
    });
    const made = await file.toBytes();
    await file.close();
    return made;
  }
  const whole = async (dataset: Dataset): Promise<Int16Array> => (await dataset.read(undefined, { as: "int16" })).data;
  let noisy: Uint8Array;
  beforeAll(async () => {
    noisy = await noisyFile();
  });
  beforeEach(() => {
    server.files = { "noisy.h5": noisy };
  });

  it("fetch and decode each chunk once for a thousand ragged rows", async () => {
    const filter = countedDeflate();
    await using file = await open(`${server.url}/noisy.h5`, { filters: [filter] });
    const rows = await file.dataset("rows");
    await rows.value([0]);
    const [requests, decoded] = [server.asked.length, filter.decoded];
    const selections = Array.from({ length: 1000 }, (_, i) => [[i * 397, i * 397 + 150 + (i % 91)]] as const);
    const ragged = await rows.readMany(selections);
    expect(filter.decoded - decoded).toBe(99);
    expect(server.asked.length - requests).toBeLessThanOrEqual(2);
    const all = await whole(rows);
    for (const [i, { data }] of ragged.entries()) {
      const [from, to] = selections[i]?.[0] ?? [0, 0];
      expect(data).toEqual(all.slice(from, to));
    }
  });

  it("started in one turn share chunks and requests", async () => {
    const filter = countedDeflate();
    await using file = await open(`${server.url}/noisy.h5`, { filters: [filter], cacheBytes: 0 });
    const rows = await file.dataset("rows");
    for await (const _ of rows.chunks()) break;
    const requests = server.asked.length;
    const values = await Promise.all(Array.from({ length: 200 }, (_, i) => rows.value([100_000 + i * 100])));
    expect(filter.decoded).toBe(5);
    expect(server.asked.length - requests).toBe(1);
    const all = await whole(rows);
    expect(values).toEqual(Array.from({ length: 200 }, (_, i) => all[100_000 + i * 100]));
  });

  it("of data without chunks are joined, too, and cost nothing again", async () => {
    await using file = await open(`${server.url}/noisy.h5`);
    const plain = await file.dataset("plain");
    const requests = server.asked.length;
    const selections = Array.from(
      { length: 300 },
      (_, i) => [[1_000_000 + i * 500, 1_000_000 + i * 500 + 100]] as const,
    );
    const parts = await Promise.all(selections.map((selection) => plain.read(selection)));
    expect(server.asked.length - requests).toBe(1);
    const together = await plain.readMany(selections);
    expect(together.map(({ data }) => data)).toEqual(parts.map(({ data }) => data));
    const after = server.asked.length;
    await plain.readMany(selections);
    expect(server.asked.length).toBe(after);
  });

  it("go on when another read of the same chunk fails or is given up", async () => {
    await using file = await open(httpDriver(`${server.url}/noisy.h5`, { retries: 0 }), { cacheBytes: 0 });
    const rows = await file.dataset("rows");
    for await (const _ of rows.chunks()) break;
    const controller = new AbortController();
    const readings = [rows.read([[200_000, 240_000]], { signal: controller.signal }), rows.read([[220_000, 230_000]])];
    controller.abort(new Error("enough"));
    await expect(readings[0]).rejects.toThrow("enough");
    const { data } = (await readings[1]) ?? { data: undefined };
    expect(data).toEqual((await whole(rows)).slice(220_000, 230_000));
    let failed = 0;
    server.behave = (_asked, response) => {
      if (failed++ > 0) return false;
      response.writeHead(500).end();
      return true;
    };
    const results = await Promise.allSettled([rows.read([[300_000, 340_000]]), rows.read([[310_000, 330_000]])]);
    expect(results[0].status).toBe("rejected");
    const second = results[1].status === "fulfilled" ? results[1].value.data : results[1].reason;
    expect(second).toEqual((await whole(rows)).slice(310_000, 330_000));
  });
});

describe("a remote file", () => {
  it("is opened by its URL and read by ranges", async () => {
    await using file = await open(`${server.url}/a.h5`);
    expect(file.name).toBe(`${server.url}/a.h5`);
    expect(file.size).toBe(bytes.length);
    const data = await file.dataset("group/data");
    expect((await data.read([[500_000, 500_003]])).data).toEqual(new Int32Array([500_000, 500_001, 500_002]));
    expect(await data.attrs.get("unit")).toBe("counts");
    expect(await (await file.dataset("text")).value()).toBe("hello");
    expect(server.sent()).toBeLessThan(bytes.length / 2);
    await using same = await open(new URL(`${server.url}/a.h5`));
    expect(await same.root.keys()).toEqual(["group", "text"]);
  });

  it("is not written", async () => {
    await expect(open(`${server.url}/a.h5`, { mode: "r+" })).rejects.toMatchObject({ code: "usage", argument: "mode" });
    await expect(create(`${server.url}/a.h5`)).rejects.toMatchObject({ code: "usage" });
    expect(server.asked).toEqual([]);
  });

  it("that is none, or no HDF5 file, is an error at once", async () => {
    await expect(open(`${server.url}/none.h5`)).rejects.toMatchObject({
      code: "driver",
      status: 404,
      source: `${server.url}/none.h5`,
      file: `${server.url}/none.h5`,
    });
    server.files = { "a.h5": new Uint8Array(3_000_000) };
    await expect(open(`${server.url}/a.h5`)).rejects.toMatchObject({ code: "format" });
    server.files = { "a.h5": new Uint8Array(0) };
    await expect(open(`${server.url}/a.h5`)).rejects.toMatchObject({ code: "format" });
    server.files = { "a.h5": bytes.subarray(0, 1_000_000) };
    await expect(open(`${server.url}/a.h5`)).rejects.toMatchObject({ code: "truncated" });
  });

  it("is usable after a failed call", async () => {
    await using file = await open(httpDriver(`${server.url}/a.h5`, { retries: 0 }));
    const data = await file.dataset("group/data");
    server.behave = (_asked, response) => {
      response.writeHead(500).end();
      return true;
    };
    const failed = data.read([[900_000, 900_003]]);
    await expect(failed).rejects.toMatchObject({ code: "driver", status: 500, source: `${server.url}/a.h5` });
    await expect(failed).rejects.toHaveProperty("range");
    server.behave = undefined;
    expect((await data.read([[900_000, 900_003]])).data).toEqual(new Int32Array([900_000, 900_001, 900_002]));
  });

  it("that is replaced is an error from then on, never a mixture", async () => {
    await using file = await open(`${server.url}/a.h5`);
    const data = await file.dataset("group/data");
    await data.read([[0, 10]]);
    server.etag = '"second"';
    await expect(data.read([[900_000, 900_010]])).rejects.toThrow("replaced");
    await expect(data.read([[300_000, 300_010]])).rejects.toMatchObject({ code: "driver" });
  });

  it("rejects calls in flight when it is closed, and ends their requests", async () => {
    const file = await open(`${server.url}/a.h5`);
    const data = await file.dataset("group/data");
    await data.read([[0, 10]]);
    let underWay = 0;
    server.behave = (_asked, response) => {
      underWay++;
      response.on("close", () => underWay--);
      response.writeHead(206, { "content-range": "bytes 0-0/1" });
      response.flushHeaders();
      return true;
    };
    const calls = Promise.allSettled([data.read([[300_000, 300_010]]), data.read([[900_000, 900_010]])]);
    await until(() => server.asked.length > 3);
    await file.close();
    for (const result of await calls) {
      expect(result.status === "rejected" && isHdf5Error(result.reason)).toBe(true);
    }
    await until(() => underWay === 0);
    await expect(data.read()).rejects.toMatchObject({ code: "state", reason: "closed" });
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe("the first read", () => {
  const firstRead = async (driver: Driver): Promise<number> => {
    const recorded = recording(driver);
    const file = await open(recorded);
    const [first] = recorded.operations;
    await file.close();
    return first?.kind === "read" ? first.length : Number.NaN;
  };

  it("is 256 KiB of drivers that say nothing of themselves, and of HTTP", async () => {
    expect(await firstRead({ size: bytes.length, read: async (from, n) => bytes.slice(from, from + n) })).toBe(2 ** 18);
    expect(await firstRead(httpDriver(`${server.url}/a.h5`))).toBe(2 ** 18);
    expect(await firstRead(withRetry(httpDriver(`${server.url}/a.h5`)))).toBe(2 ** 18);
  });

  it("is 16 KiB of a file, memory, a Blob and a file handle, in wrappers too", async () => {
    const folder = await mkdtemp(join(tmpdir(), "h5ts-local-"));
    try {
      const path = join(folder, "a.h5");
      await writeFile(path, bytes);
      expect(await firstRead(await nodeFileDriver(path))).toBe(2 ** 14);
      expect(await firstRead(await coreDriver({ backing: readOnly(await nodeFileDriver(path)) }))).toBe(2 ** 14);
    } finally {
      await rm(folder, { recursive: true });
    }
    expect(await firstRead(memoryDriver(bytes))).toBe(2 ** 14);
    expect(await firstRead(blobDriver(new Blob([bytes as Uint8Array<ArrayBuffer>])))).toBe(2 ** 14);
    expect(await firstRead(await opfsDriver(syncHandle(fakeFile(bytes))))).toBe(2 ** 14);
    const wrapped = withRetry(readOnly(withConcurrency(withCache(memoryDriver(bytes)), 2)));
    expect(await firstRead(wrapped)).toBe(2 ** 14);
  });
});

describe("a file handle of a browser", () => {
  const fill = async (file: Hdf5File): Promise<Dataset> =>
    file.root.createDataset("x", { datatype: "float64", shape: [3], data: new Float64Array([1, 2, 3]) });

  it.each([
    ["in a worker", syncHandle],
    ["on the main thread", asyncHandle],
  ])("is written, edited and read, %s", async (_where, handle) => {
    const stored = fakeFile();
    const file = await create(handle(stored));
    await fill(file);
    await file.close();
    expect(stored.open).toBe(0);
    const edited = await open(handle(stored), { mode: "r+" });
    await (await edited.dataset("x")).write(new Float64Array([9]), [[1, 2]]);
    await edited.close();
    expect(stored.open).toBe(0);
    const read = await open(handle(stored));
    expect((await (await read.dataset("x")).read()).data).toEqual(new Float64Array([1, 9, 3]));
    await read.close();
    await expect(create(handle(stored), { exclusive: true })).rejects.toMatchObject({ code: "exists" });
    expect(stored.open).toBe(0);
  });
});
