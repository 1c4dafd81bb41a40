import { describe, expect, it } from "vitest";
import { blobDriver } from "../../src/drivers/blob.js";
import { isWritable } from "../../src/drivers/driver.js";
import { memoryDriver } from "../../src/drivers/memory.js";
import { readOnly } from "../../src/drivers/read-only.js";
import { recording } from "../../src/drivers/recording.js";
import { Hdf5DriverError } from "../../src/errors.js";
import { numbered } from "./contract.js";

describe("a memory driver", () => {
  it("never changes the bytes it was given", async () => {
    const given = numbered(10);
    const driver = memoryDriver(given);
    await driver.write(0, new Uint8Array([99]));
    await driver.truncate(5);
    expect(given).toEqual(numbered(10));
    expect(driver.bytes()).toEqual(new Uint8Array([99, ...numbered(5).subarray(1)]));
  });

  it("gives copies of what a Buffer of Node holds", async () => {
    const given = Buffer.from(numbered(10));
    const driver = memoryDriver(given);
    (await driver.read(0, 10)).fill(0);
    driver.bytes().fill(0);
    expect([...given]).toEqual([...numbered(10)]);
  });

  it("gives a copy of its content", async () => {
    const driver = memoryDriver(numbered(10));
    driver.bytes().fill(0);
    expect(driver.bytes()).toEqual(numbered(10));
  });

  it("says that there is no room rather than fail otherwise", async () => {
    const driver = memoryDriver();
    await expect(driver.write(2 ** 50, new Uint8Array(1))).rejects.toThrow(Hdf5DriverError);
    await expect(driver.truncate(2 ** 52)).rejects.toThrow(Hdf5DriverError);
    expect(driver.size).toBe(0);
  });

  it("takes many small writes in linear time", async () => {
    const driver = memoryDriver();
    const started = performance.now();
    for (let i = 0; i < 100_000; i++) await driver.write(i * 16, numbered(16));
    expect(driver.size).toBe(1_600_000);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe("a blob driver", () => {
  it("bears the file's name and reports what the platform says", async () => {
    const broken = {
      name: "data.h5",
      size: 10,
      slice: () => broken,
      arrayBuffer: () => Promise.reject(new DOMException("the file was changed", "NotReadableError")),
    };
    const error = await blobDriver(broken)
      .read(0, 5)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "driver", source: "data.h5", status: "NotReadableError", range: [0, 5] });
  });

  it("refuses a slice that came back short", async () => {
    const short = { size: 10, slice: () => short, arrayBuffer: async () => new ArrayBuffer(2) };
    await expect(blobDriver(short).read(0, 5)).rejects.toThrow(/2 of 5 bytes/);
  });
});

describe("wrappers", () => {
  it("readOnly has no writing methods", () => {
    expect(isWritable(readOnly(memoryDriver()))).toBe(false);
  });

  it("recording notes every call, with the bytes as they were", async () => {
    const driver = recording(memoryDriver());
    const bytes = new Uint8Array([1, 2]);
    await driver.write(3, bytes);
    bytes.fill(0);
    await driver.read(0, 4);
    await driver.truncate(4);
    await driver.flush();
    expect(driver.operations).toEqual([
      { kind: "write", offset: 3, bytes: new Uint8Array([1, 2]) },
      { kind: "read", offset: 0, length: 4 },
      { kind: "truncate", size: 4 },
      { kind: "flush" },
    ]);
    expect(isWritable(recording(readOnly(memoryDriver())))).toBe(false);
  });
});
