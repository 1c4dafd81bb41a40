import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Driver } from "../../src/drivers/driver.js";
import { familyDriver } from "../../src/drivers/family.js";
import { httpDriver } from "../../src/drivers/http.js";
import { splitDriver } from "../../src/drivers/multi.js";
import { create, open } from "../../src/index.js";
import { contentOf, numbered } from "./contract.js";
import { memberStore } from "./members.js";
import { type RangeServer, rangeServer } from "./range-server.js";

let server: RangeServer;
beforeAll(async () => {
  server = await rangeServer({});
});
afterAll(() => server.close());

const remote = async (name: string): Promise<Driver> => httpDriver(`${server.url}/${name}`, { retries: 0 });

describe("members on a web server", () => {
  it("make a family, which ends where there is no further one", async () => {
    const whole = numbered(25);
    server.files = { m0: whole.slice(0, 10), m1: whole.slice(10, 20), m2: whole.slice(20) };
    const family = await familyDriver({ pattern: "m%d", open: remote });
    expect(family).toMatchObject({ size: 25, memberSize: 10, memberCount: 3 });
    expect(await contentOf(family)).toEqual(whole);
    await family.close();
    server.files = { m0: whole.slice(0, 10), m2: whole.slice(20) };
    const short = await familyDriver({ pattern: "m%d", open: remote });
    expect(() => short.requireSize(25)).toThrow(/^m1: is missing/);
  });

  it("hold a file that is read like any other", async () => {
    const store = memberStore();
    const family = await familyDriver({ pattern: "m%d", memberSize: 100_000, open: store.open, mode: "create" });
    const written = await create(family);
    const data = Float64Array.from({ length: 100_000 }, (_, i) => i);
    await written.root.createDataset("x", { datatype: "float64", shape: [100_000], data });
    await written.close();
    server.files = Object.fromEntries([...store.files].map(([name, file]) => [name, file.bytes()]));
    await using file = await open(await familyDriver({ pattern: "m%d", open: remote }));
    expect((await (await file.dataset("x")).read()).data).toEqual(data);
  });

  it("make a split file; one that is missing is empty", async () => {
    server.files = { "x-m.h5": numbered(50), "x-r.h5": numbered(20).reverse() };
    const driver = await splitDriver({ name: "x", open: remote });
    expect(driver.members.map(({ size }) => size)).toEqual([50, 20]);
    expect(await driver.read(2 ** 50 + 15, 100)).toEqual(numbered(20).reverse().subarray(15));
    await driver.close();
    server.files = { "x-m.h5": numbered(50) };
    const alone = await splitDriver({ name: "x", open: remote });
    expect(alone.members.map(({ size }) => size)).toEqual([50, undefined]);
    server.files = {};
    await expect(splitDriver({ name: "x", open: remote })).rejects.toMatchObject({ code: "driver", source: "x-m.h5" });
  });
});

describe("a spread file that is named by a URL", () => {
  it("is a family by its pattern; what is behind the question mark is asked of each member", async () => {
    const store = memberStore();
    const family = await familyDriver({ pattern: "f_%03d.h5", memberSize: 50_000, open: store.open, mode: "create" });
    const written = await create(family);
    const data = Float64Array.from({ length: 30_000 }, (_, i) => i);
    await written.root.createDataset("x", { datatype: "float64", shape: [30_000], data });
    await written.close();
    server.files = Object.fromEntries([...store.files].map(([name, file]) => [name, file.bytes()]));
    server.reset();
    for (const source of [`${server.url}/f_%03d.h5?key=1`, new URL(`${server.url}/f_%03d.h5?key=1`)]) {
      await using file = await open(source, { driver: "family" });
      expect(file.name).toBe(`${server.url}/f_%03d.h5`);
      expect((await (await file.dataset("x")).read()).data).toEqual(data);
    }
    expect(server.asked.every(({ path }) => path.endsWith(".h5?key=1"))).toBe(true);
    const without = Object.entries(server.files).filter(([name]) => name !== "f_002.h5");
    server.files = Object.fromEntries(without);
    const gap = open(`${server.url}/f_%03d.h5`, { driver: "family" });
    await expect(gap).rejects.toMatchObject({ code: "driver", source: `${server.url}/f_002.h5` });
    server.files = {};
    const none = open(`${server.url}/f_%03d.h5`, { driver: "family" });
    await expect(none).rejects.toMatchObject({ code: "driver", source: `${server.url}/f_000.h5`, status: 404 });
  });

  it("cannot be written, and names no scheme but http, https and file", async () => {
    const writing = open(`${server.url}/f_%03d.h5`, { driver: "family", mode: "r+" });
    await expect(writing).rejects.toMatchObject({ code: "usage", argument: "mode" });
    const data = open("data:text/plain,%25d", { driver: "family" });
    await expect(data).rejects.toMatchObject({ code: "usage", argument: "source" });
  });
});
