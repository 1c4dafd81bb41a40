import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { recording } from "../../src/drivers/recording.js";
import { type Hdf5File, isHdf5Error, open, type Source } from "../../src/index.js";
import { fixture } from "./fixture.js";

let bytes: Uint8Array;
let folder: string;
let path: string;

beforeAll(async () => {
  bytes = await fixture();
  folder = await mkdtemp(join(tmpdir(), "open-"));
  path = join(folder, "fixture.h5");
  await writeFile(path, bytes);
});

afterAll(() => rm(folder, { recursive: true }));

async function code(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(isHdf5Error(error), String(error)).toBe(true);
  return isHdf5Error(error) ? error.code : "";
}

describe("open", () => {
  const sources: Record<string, () => Promise<Source>> = {
    path: async () => path,
    "file: URL": async () => pathToFileURL(path),
    "file: text": async () => pathToFileURL(path).href,
    Uint8Array: async () => bytes,
    ArrayBuffer: async () => new Uint8Array(bytes).buffer,
    Blob: async () => new Blob([new Uint8Array(bytes)]),
    FileSystemFileHandle: async () => ({
      kind: "file",
      name: "fixture.h5",
      getFile: async () => new Blob([new Uint8Array(await readFile(path))]),
    }),
    Driver: async () => memoryDriver(bytes),
    "data: URL": async () => `data:application/x-hdf5;base64,${Buffer.from(bytes).toString("base64")}`,
  };
  for (const [name, source] of Object.entries(sources)) {
    test(`reads the same from a ${name}`, async () => {
      await using file = await open(await source());
      expect(await file.root.keys()).toContain("chunked");
      expect(await file.root.attrs.get("title", { as: "string" })).toBe("fixture");
      expect((await (await file.dataset("chunked")).read([2, [1, 3]])).data).toEqual(new Int32Array([201, 202]));
    });
  }

  test("tells what it knows of the file", async () => {
    await using file = await open(path);
    expect(file).toMatchObject({ name: path, mode: "r", closed: false, wasNotClosed: false, size: bytes.length });
    expect(file.superblock).toEqual({ version: 2, sizeOfOffsets: 8, sizeOfLengths: 8, userBlockSize: 0 });
    expect(file.root.path).toBe("/");
  });

  test("refuses URLs that it has no way to read", async () => {
    await expect(open(new URL("ftp://example.invalid/a.h5"))).rejects.toThrow(/ftp:/);
    expect(await code(open(new URL("ftp://example.invalid/a.h5")))).toBe("usage");
  });

  test("refuses what is no source", async () => {
    expect(await code(open(7 as unknown as Source))).toBe("usage");
    expect(await code(open(""))).toBe("usage");
  });

  test("says that a file is missing, empty, or no HDF5 file", async () => {
    expect(await code(open(join(folder, "missing.h5")))).toBe("driver");
    expect(await code(open(new Uint8Array(0)))).toBe("format");
    expect(await code(open(new TextEncoder().encode("not HDF5 at all".repeat(100))))).toBe("format");
  });

  test("says that a file was cut off", async () => {
    const error = await open(bytes.slice(0, bytes.length - 100)).catch((reason: unknown) => reason);
    expect(isHdf5Error(error, "truncated")).toBe(true);
    expect(String(error)).toMatch(/end of file/);
  });

  test("finds a file behind a user block, whatever base address it was written with", async () => {
    const shifted = new Uint8Array(1024 + bytes.length);
    shifted.set(new TextEncoder().encode("before"));
    shifted.set(bytes, 1024);
    await using file = await open(shifted);
    expect(file.superblock.userBlockSize).toBe(1024);
    expect((await file.readUserBlock()).subarray(0, 6)).toEqual(new TextEncoder().encode("before"));
    expect(await (await file.dataset("chunked")).value([29, 6])).toBe(2906);
  });

  test("does not begin when it is cancelled", async () => {
    const reason = new Error("enough");
    await expect(open(path, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("gives all bytes back", async () => {
    await using file = await open(path);
    expect(await file.toBytes()).toEqual(new Uint8Array(bytes));
    await using small = await open(path, { limits: { readBytes: 10 } });
    expect(await code(small.toBytes())).toBe("limit");
  });

  test("refuses families and split files it cannot find", async () => {
    expect(await code(open(join(folder, "part_%d.h5"), { driver: "family" }))).toBe("driver");
    expect(await code(open(join(folder, "part"), { driver: "split" }))).toBe("driver");
  });
});

describe("closing", () => {
  test("refuses every later call, and calls in flight", async () => {
    const gate = later();
    const slow = memoryDriver(bytes);
    const read = slow.read.bind(slow);
    let hold = false;
    const driver = {
      size: bytes.length,
      read: async (offset: number, length: number): Promise<Uint8Array> => {
        if (hold) await gate.promise;
        return read(offset, length);
      },
    };
    const file = await open(driver);
    const dataset = await file.dataset("chunked");
    hold = true;
    const inFlight = dataset.read();
    const rejected = code(inFlight);
    await file.close();
    expect(await rejected).toBe("state");
    gate.resolve();
    expect(await code(dataset.read())).toBe("state");
    expect(await code(file.root.keys())).toBe("state");
    expect(await code(file.root.attrs.get("title"))).toBe("state");
    expect(await code(first(file.root.visit()))).toBe("state");
    expect(file.closed).toBe(true);
    await file.close();
  });

  test("closes the driver once", async () => {
    let closed = 0;
    const driver = { ...recording(memoryDriver(bytes)), size: bytes.length, close: async () => void closed++ };
    const file = await open(driver);
    await file.close();
    await file[Symbol.asyncDispose]();
    expect(closed).toBe(1);
  });
});

test("counts what a file costs, and finds decoded chunks again", async () => {
  await using file = await open(bytes);
  const dataset = await file.dataset("chunked");
  await dataset.read([0, 0]);
  const once = file.stats();
  await dataset.read([1, 1]);
  const twice = file.stats();
  expect(once.requests).toBeGreaterThan(0);
  expect(twice.bytesRead).toBe(once.bytesRead);
  expect(twice.cacheHits).toBeGreaterThan(once.cacheHits);
  expect(twice).toMatchObject({ bytesWritten: 0, barriers: 0 });
});

test("a file opened for reading refuses to be written", async () => {
  await using file: Hdf5File = await open(bytes);
  const group = file.root;
  const dataset = await file.dataset("plain");
  const calls = [
    group.createGroup("new"),
    group.createDataset("new", { data: 1 }),
    group.createSoftLink("new", "/plain"),
    group.delete("plain"),
    group.move("plain", "other"),
    group.attrs.set("a", 1),
    group.attrs.delete("title"),
    group.setComment("x"),
    dataset.write(1),
    dataset.append([1]),
    dataset.resize([1, 1, 1]),
  ];
  for (const call of calls) expect(await code(call)).toBe("state");
  await file.flush();
});

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}

function later(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
