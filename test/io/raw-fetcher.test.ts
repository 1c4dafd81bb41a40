import { describe, expect, test } from "vitest";
import type { Driver } from "../../src/drivers/driver.js";
import { memoryDriver } from "../../src/drivers/memory.js";
import { recording } from "../../src/drivers/recording.js";
import { Pager } from "../../src/io/pager.js";
import { farFetcher } from "../../src/io/raw-fetcher.js";
import { readAhead } from "../../src/io/read-ahead.js";
import { numbered } from "../drivers/contract.js";

const content = numbered(20_000_000);

const readsOf = (driver: ReturnType<typeof recording>): unknown[] =>
  driver.operations.map((one) => (one.kind === "read" ? [one.offset, one.length] : one.kind));

describe("raw data of a file far away", () => {
  test("asked for in one turn are read together, and each gets bytes of its own", async () => {
    const driver = recording(memoryDriver(content));
    const fetcher = farFetcher(driver, undefined);
    const ranges = [
      [5_000_000, 100_000],
      [1_000_000, 50_000],
      [1_050_000, 50_000],
      [1_120_000, 10],
      [1_000_000, 50_000],
    ] as const;
    const parts = await Promise.all(ranges.map(([offset, length]) => fetcher.read(offset, length)));
    expect(parts).toEqual(ranges.map(([offset, length]) => content.subarray(offset, offset + length)));
    expect(readsOf(driver)).toEqual([
      [1_000_000, 120_010],
      [5_000_000, 100_000],
    ]);
    parts[1]?.fill(0);
    expect(parts[4]).toEqual(content.subarray(1_000_000, 1_050_000));
  });

  test("are joined up to 8 MiB", async () => {
    const driver = recording(memoryDriver(content));
    const fetcher = farFetcher(driver, undefined);
    await Promise.all(Array.from({ length: 20 }, (_, i) => fetcher.read(i * 1_000_000, 1_000_000)));
    expect(readsOf(driver)).toEqual([
      [0, 8_000_000],
      [8_000_000, 8_000_000],
      [16_000_000, 4_000_000],
    ]);
  });

  test("come from the pages where they are small, and stay there", async () => {
    const driver = recording(memoryDriver(content));
    const pager = new Pager(driver, { ahead: readAhead() });
    await pager.begin();
    pager.baseAddress = 100;
    const fetcher = farFetcher(driver, pager);
    expect(await fetcher.read(200_000, 100)).toEqual(content.subarray(200_000, 200_100));
    expect(await fetcher.read(10_000_000, 100)).toEqual(content.subarray(10_000_000, 10_000_100));
    expect(await fetcher.read(10_000_050, 100)).toEqual(content.subarray(10_000_050, 10_000_150));
    expect(driver.operations).toHaveLength(2);
  });

  test("end early where the file does", async () => {
    const fetcher = farFetcher(memoryDriver(content), new Pager(memoryDriver(content)));
    expect(await fetcher.read(19_999_990, 100)).toEqual(content.subarray(19_999_990));
    expect(await fetcher.read(30_000_000, 100)).toHaveLength(0);
  });

  test("are requested six at a time", async () => {
    let now = 0;
    let most = 0;
    const driver: Driver = {
      size: content.length,
      async read(offset, length) {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now--;
        return content.slice(offset, offset + length);
      },
    };
    const fetcher = farFetcher(driver, undefined);
    await Promise.all(Array.from({ length: 20 }, (_, i) => fetcher.read(i * 900_000, 100_000)));
    expect(most).toBe(6);
  });

  test("that fail, fail for those who asked, who may ask again", async () => {
    let fails = true;
    const driver: Driver = {
      size: content.length,
      async read(offset, length) {
        if (fails) throw new Error("the medium fails");
        return content.slice(offset, offset + length);
      },
    };
    const fetcher = farFetcher(driver, undefined);
    const results = await Promise.allSettled([fetcher.read(0, 100), fetcher.read(100, 100)]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    fails = false;
    expect(await fetcher.read(0, 100)).toEqual(content.subarray(0, 100));
  });

  test("go on for one who waits when another has given up", async () => {
    const controller = new AbortController();
    const fetcher = farFetcher(memoryDriver(content), undefined);
    const readings = [fetcher.read(0, 100, controller.signal), fetcher.read(50, 100)];
    controller.abort(new Error("enough"));
    await expect(readings[0]).rejects.toThrow("enough");
    expect(await readings[1]).toEqual(content.subarray(50, 150));
    await expect(fetcher.read(0, 1, controller.signal)).rejects.toThrow("enough");
  });
});
