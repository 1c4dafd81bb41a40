import { describe, expect, it, vi } from "vitest";
import type { Driver } from "../../src/drivers/driver.js";
import { joinedWrites } from "../../src/drivers/joined-writes.js";
import { memoryDriver } from "../../src/drivers/memory.js";
import { opfsDriver } from "../../src/drivers/opfs.js";
import { recording } from "../../src/drivers/recording.js";
import { withCache } from "../../src/drivers/with-cache.js";
import { withConcurrency } from "../../src/drivers/with-concurrency.js";
import { withRetry } from "../../src/drivers/with-retry.js";
import { Hdf5DriverError } from "../../src/errors.js";
import { faulty } from "../../src/testing/faulty.js";
import { numbered } from "./contract.js";
import { asyncHandle, fakeFile, syncHandle } from "./file-handles.js";

const content = numbered(1000);

/** Waits at every read until it is let go. */
function held(driver: Driver): Driver & { readonly signals: AbortSignal[]; release(): void } {
  const signals: AbortSignal[] = [];
  const waiting: (() => void)[] = [];
  return {
    size: driver.size,
    signals,
    read(offset, length, options) {
      const signal = options?.signal;
      if (signal !== undefined) signals.push(signal);
      return new Promise((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        waiting.push(() => resolve(driver.read(offset, length)));
      });
    },
    release() {
      for (const go of waiting.splice(0)) go();
    },
  };
}

describe("withCache", () => {
  it("asks once for each block, for blocks side by side together, and for none again", async () => {
    const device = recording(memoryDriver(content));
    const driver = withCache(device, { blockBytes: 100 });
    await driver.read(150, 10);
    await driver.read(120, 70);
    await driver.read(50, 400);
    expect(await driver.read(0, 500)).toEqual(content.subarray(0, 500));
    expect(device.operations.map((one) => (one.kind === "read" ? [one.offset, one.length] : one.kind))).toEqual([
      [100, 100],
      [0, 100],
      [200, 300],
    ]);
  });

  it("keeps no more than its size", async () => {
    const device = recording(memoryDriver(content));
    const driver = withCache(device, { blockBytes: 100, bytes: 300 });
    for (let block = 0; block < 10; block++) await driver.read(block * 100, 100);
    await driver.read(700, 300);
    expect(device.operations).toHaveLength(10);
    await driver.read(600, 1);
    expect(device.operations).toHaveLength(11);
    // Larger than the cache: not kept.
    await driver.read(0, 1000);
    await driver.read(0, 1000);
    expect(device.operations).toHaveLength(13);
  });

  it("reads a block once for all who want it, and goes on while one of them does", async () => {
    const device = held(memoryDriver(content));
    const driver = withCache(device, { blockBytes: 100 });
    const first = new AbortController();
    const readings = [driver.read(10, 10, { signal: first.signal }), driver.read(20, 10)];
    first.abort(new Error("enough"));
    await expect(readings[0]).rejects.toThrow("enough");
    expect(device.signals).toHaveLength(1);
    expect(device.signals[0]?.aborted).toBe(false);
    device.release();
    expect(await readings[1]).toEqual(content.subarray(20, 30));
  });

  it("stops a read that nobody waits for any more, and reads again for the next", async () => {
    const device = held(memoryDriver(content));
    const driver = withCache(device, { blockBytes: 100 });
    const controller = new AbortController();
    const reading = driver.read(10, 10, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    expect(device.signals[0]?.aborted).toBe(true);
    const again = driver.read(10, 10);
    device.release();
    expect(await again).toEqual(content.subarray(10, 20));
  });

  it("forgets what failed", async () => {
    const driver = withCache(faulty(memoryDriver(content), { failAt: 1 }));
    await expect(driver.read(0, 10)).rejects.toThrow("failed as planned");
    expect(await driver.read(0, 10)).toEqual(content.subarray(0, 10));
  });
});

describe("withRetry", () => {
  it("tries again what failed", async () => {
    const driver = withRetry(faulty(memoryDriver(), { failAt: 1 }), { delay: 1 });
    await driver.write(0, content);
    expect(await driver.read(0, 1000)).toEqual(content);
  });

  it("gives up after the retries, and at once where another attempt changes nothing", async () => {
    const failing = (status: string | number): Driver & { calls: number } => ({
      size: 10,
      calls: 0,
      async read() {
        this.calls++;
        throw new Hdf5DriverError("device", "fails", { status });
      },
    });
    for (const [status, calls] of [
      ["EIO", 3],
      [503, 3],
      [429, 3],
      [404, 1],
      [403, 1],
      ["ENOENT", 1],
    ] as const) {
      const device = failing(status);
      await expect(withRetry(device, { retries: 2, delay: 1 }).read(0, 1)).rejects.toThrow("fails");
      expect([status, device.calls]).toEqual([status, calls]);
    }
    const device = failing(404);
    await expect(withRetry(device, { retries: 2, delay: 1, retry: () => true }).read(0, 1)).rejects.toThrow("fails");
    expect(device.calls).toBe(3);
  });

  it("does not repeat a flush", async () => {
    const driver = withRetry(faulty(memoryDriver(), { failAt: 1 }), { delay: 1 });
    await expect(driver.flush()).rejects.toThrow("failed as planned");
  });

  it("ends its wait with the signal", async () => {
    const driver = withRetry(faulty(memoryDriver(content), { failAt: 1 }), { delay: 60_000 });
    const controller = new AbortController();
    const reading = driver.read(0, 10, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 5);
    await expect(reading).rejects.toThrow("enough");
  });
});

describe("withConcurrency", () => {
  it("asks for a few things at once, and for none that was given up", async () => {
    const device = held(memoryDriver(content));
    let asked = 0;
    const counted: Driver = {
      size: 1000,
      read(...all) {
        asked++;
        return device.read(...all);
      },
    };
    const driver = withConcurrency(counted, 2);
    const controller = new AbortController();
    const readings = [0, 1, 2, 3].map((i) => driver.read(i, 1, i === 2 ? { signal: controller.signal } : {}));
    await Promise.resolve();
    expect(asked).toBe(2);
    controller.abort(new Error("enough"));
    await expect(readings[2]).rejects.toThrow("enough");
    device.release();
    await readings[0];
    await new Promise((resolve) => setTimeout(resolve));
    device.release();
    await readings[3];
    expect(asked).toBe(3);
  });
});

describe("opfsDriver", () => {
  it.each([
    ["in a worker", syncHandle],
    ["on the main thread", asyncHandle],
  ])("lets go of the file when it is closed, %s", async (_where, handle) => {
    const file = fakeFile();
    const driver = await opfsDriver(handle(file));
    await driver.write(0, content);
    await driver.flush();
    expect(file.content).toEqual(content);
    await driver.close?.();
    expect(file.open).toBe(0);
    await expect(driver.read(0, 1)).rejects.toMatchObject({ code: "state", reason: "closed" });
  });

  it("says that somebody else has the file", async () => {
    const file = fakeFile();
    await opfsDriver(syncHandle(file));
    await expect(opfsDriver(syncHandle(file))).rejects.toMatchObject({
      code: "state",
      reason: "locked",
      file: "fake.h5",
      cause: { code: "driver", status: "NoModificationAllowedError" },
    });
  });

  it("keeps a file of OPFS to one writer on the main thread, by a Web Lock on its path", async () => {
    const held = new Set<string>();
    const locks = {
      async request(name: string, _: unknown, callback: (lock: object | null) => Promise<void> | undefined) {
        if (held.has(name)) return callback(null);
        held.add(name);
        await callback({ name });
        held.delete(name);
      },
    };
    const storage = { getDirectory: async () => ({ resolve: async () => ["folder", "fake.h5"] }) };
    vi.stubGlobal("navigator", { locks, storage });
    try {
      const handle = asyncHandle(fakeFile(content));
      const driver = await opfsDriver(handle);
      expect([...held]).toEqual(["h5ts:/folder/fake.h5"]);
      await expect(opfsDriver(handle)).rejects.toMatchObject({ code: "state", reason: "locked", file: "fake.h5" });
      await driver.close?.();
      await (await opfsDriver(handle)).close?.();
      await vi.waitFor(() => expect([...held]).toEqual([]));
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it("stores on the main thread what was written before a read", async () => {
    const file = fakeFile(content);
    const driver = await opfsDriver(asyncHandle(file));
    await driver.write(10, new Uint8Array([1, 2, 3]));
    expect(await driver.read(9, 5)).toEqual(new Uint8Array([content[9] ?? 0, 1, 2, 3, content[13] ?? 0]));
    await driver.close?.();
    expect(file.content.subarray(10, 13)).toEqual(new Uint8Array([1, 2, 3]));
  });
});

describe("joinedWrites", () => {
  it("hands over neighbours as one write, in order, before anything is read or flushed", async () => {
    const recorded = recording(memoryDriver());
    const driver = joinedWrites(recorded);
    await driver.write(0, numbered(10));
    await driver.write(10, numbered(20));
    expect(driver.size).toBe(30);
    await driver.write(100, numbered(5));
    expect(recorded.operations).toEqual([
      { kind: "write", offset: 0, bytes: new Uint8Array([...numbered(10), ...numbered(20)]) },
    ]);
    expect(await driver.read(100, 5)).toEqual(numbered(5));
    await driver.write(105, numbered(4000));
    await driver.write(0, numbered(1));
    await driver.flush();
    const kinds = recorded.operations.map(({ kind }) => kind).filter((kind) => kind !== "read");
    expect(kinds).toEqual(["write", "write", "write", "write", "flush"]);
  });

  it("gives the error of a write that was held back to every call from then on", async () => {
    const driver = joinedWrites(faulty(memoryDriver(), { failAt: 1 }));
    await driver.write(0, numbered(10));
    await expect(driver.flush()).rejects.toThrow();
    await expect(driver.write(10, numbered(10))).rejects.toThrow();
    await expect(driver.read(0, 1)).rejects.toThrow();
  });
});
