import { access, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { create, type Hdf5File, isHdf5Error, open, type WriteData } from "../../src/index.js";

let folder: string;
let count = 0;
const fresh = (): string => join(folder, `${count++}.h5`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "write-"));
});

afterAll(() => rm(folder, { recursive: true }));

async function failure(promise: Promise<unknown>): Promise<{ code: string; reason?: string }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isHdf5Error(error)) throw new Error(`expected an error of the library, got ${String(error)}`);
  return error as unknown as { code: string };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

describe("options that are none", () => {
  const loose = (value: unknown): never => value as never;
  const shared: [string, object][] = [
    ["durability", { durability: loose("full") }],
    ["filters", { filters: loose(5) }],
    ["filters", { filters: [loose({ id: 300 })] }],
    ["limits.readBytes", { limits: { readBytes: Number.NaN } }],
    ["limits.treeDepth", { limits: { treeDepth: -1 } }],
    ["onWarning", { onWarning: loose("console") }],
    ["int64", { int64: loose("string") }],
    ["driver", { driver: loose("core") }],
  ];
  const ofCreate: [string, object][] = [["libver", { libver: loose("v999") }]];
  const ofOpen: [string, object][] = [
    ["mode", { mode: loose("a") }],
    ["notClosed", { notClosed: loose("ignore") }],
    ["checksums", { checksums: loose(false) }],
  ];

  test("are refused before anything is replaced, and nothing is locked", async () => {
    const path = fresh();
    await (await create(path)).close();
    const before = await readFile(path);
    for (const [argument, options] of [...shared, ...ofCreate]) {
      expect(await failure(create(path, options)), argument).toMatchObject({ code: "usage", argument });
    }
    for (const [argument, options] of [...shared, ...ofOpen]) {
      expect(await failure(open(path, { mode: "r+", ...options })), argument).toMatchObject({
        code: "usage",
        argument,
      });
    }
    expect(await readFile(path)).toEqual(before);
    await (await open(path, { mode: "r+" })).close();
  });
});

describe("create", () => {
  test("makes a file that is read back", async () => {
    const path = fresh();
    {
      await using file = await create(path);
      expect(file).toMatchObject({ mode: "r+", name: path });
      await file.root.createDataset("a/b/x", { data: new Float32Array([1, 2]) });
    }
    await using file = await open(path);
    expect(await (await file.dataset("a/b/x")).value()).toEqual(new Float32Array([1, 2]));
    expect(file.size).toBe((await stat(path)).size);
  });

  test("replaces what is there, unless it shall not", async () => {
    const path = fresh();
    await writeFile(path, "something else");
    expect(await failure(create(path, { exclusive: true }))).toMatchObject({ code: "exists" });
    expect(await readFile(path, "utf8")).toBe("something else");
    await (await create(path)).close();
    await (await open(path)).close();
    expect(await failure(create(memoryDriver(new Uint8Array(1)), { exclusive: true }))).toMatchObject({
      code: "exists",
    });
  });

  test("checks its arguments before it touches the target", async () => {
    const path = fresh();
    await writeFile(path, "kept");
    const wrong = [
      { userBlock: 700 },
      { userBlock: -1 },
      { int64: "exact" as "safe" },
      { cacheBytes: -1 },
      { external: 7 as unknown as "deny" },
      { driver: "family" as const },
    ];
    for (const options of wrong)
      expect(await failure(create(path, options)), JSON.stringify(options)).toMatchObject({ code: "usage" });
    expect(await readFile(path, "utf8")).toBe("kept");
  });

  test("puts a user block in front", async () => {
    await using file = await create(undefined, { userBlock: new TextEncoder().encode("#!/bin/sh\n") });
    await file.root.createDataset("x", { data: 1 });
    await using read = await open(await file.toBytes());
    expect(read.superblock.userBlockSize).toBe(512);
    expect(new TextDecoder().decode((await read.readUserBlock()).subarray(0, 10))).toBe("#!/bin/sh\n");
    expect(await (await read.dataset("x")).value()).toBe(1);
  });

  test("a file given up before its first flush is removed, later it keeps its last flush", async () => {
    const path = fresh();
    const file = await create(path);
    await file.root.createGroup("lost");
    await file.abort();
    expect(await exists(path)).toBe(false);
    const second = await create(path);
    await second.root.createGroup("kept");
    await second.flush();
    await second.root.createGroup("lost");
    await second.abort();
    await using read = await open(path);
    expect(await read.root.keys()).toEqual(["kept"]);
  });
});

describe("order of calls", () => {
  test("reads see the writes called before them, awaited or not", async () => {
    await using file = await create();
    const dataset = await file.root.createDataset("x", { data: new Int32Array(4), maxShape: [null], chunkShape: [2] });
    const first = dataset.write([1, 2, 3, 4]);
    const seen = dataset.value();
    const grown = dataset.append([5, 6]);
    const all = dataset.value();
    const removed = file.root.delete("x");
    const gone = file.has("x");
    expect(await seen).toEqual(new Int32Array([1, 2, 3, 4]));
    expect(await all).toEqual(new Int32Array([1, 2, 3, 4, 5, 6]));
    expect(await gone).toBe(false);
    await Promise.all([first, grown, removed]);
    expect(await failure(dataset.read())).toMatchObject({ code: "state", reason: "deleted" });
  });

  test("handles of one object share its state", async () => {
    await using file = await create();
    const one = await file.root.createDataset("x", { data: new Int8Array(3), maxShape: [10] });
    const two = await file.dataset("x");
    await one.resize([5]);
    expect(two.shape).toEqual([5]);
    await two.attrs.set("a", 1);
    expect(await one.attrs.keys()).toEqual(["a"]);
    await two.setComment("said");
    expect(one.comment).toBe("said");
  });

  test.each(["earliest", "v108", "v110"] as const)(
    "what shrinking took away is gone when it grows again, libver %s",
    async (libver) => {
      await using file = await create(undefined, { libver });
      const data = Int32Array.from({ length: 8 }, (_, i) => i + 1);
      const dataset = await file.root.createDataset("x", { data, maxShape: [null], chunkShape: [4] });
      await dataset.resize([6]);
      await dataset.resize([8]);
      expect(await dataset.value()).toEqual(Int32Array.of(1, 2, 3, 4, 5, 6, 0, 0));
    },
  );

  test("close waits for what was called before, and refuses what comes later", async () => {
    const path = fresh();
    const file = await create(path);
    const making = file.root.createDataset("x", { data: new Float64Array(100_000).fill(1) });
    const closing = file.close();
    const late = failure(file.root.createGroup("late"));
    await Promise.all([making.catch(() => undefined), closing]);
    expect(await late).toMatchObject({ code: "state", reason: "closed" });
    await using read = await open(path);
    expect((await read.dataset("x")).length).toBe(100_000);
  });
});

describe("a dataset filled from a source", () => {
  async function* blocks(lengths: readonly number[]): AsyncGenerator<WriteData> {
    let at = 0;
    for (const length of lengths) {
      await Promise.resolve();
      yield Int32Array.from({ length: length * 2 }, (_, i) => at + i);
      at += length * 2;
    }
  }

  test("grows by blocks of whole rows", async () => {
    await using file = await create();
    const done: number[] = [];
    const dataset = await file.root.createDataset("x", {
      source: blocks([3, 1, 7]),
      datatype: "int32",
      shape: [0, 2],
      onProgress: (progress) => void done.push(progress.done),
    });
    expect(dataset.shape).toEqual([11, 2]);
    expect((await dataset.read()).data).toEqual(Int32Array.from({ length: 22 }, (_, i) => i));
    expect(done.at(-1)).toBe(88);
  });

  test("other calls go on meanwhile, and flush waits for it", async () => {
    await using file = await create();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* slow(): AsyncGenerator<WriteData> {
      yield [1, 2];
      await gate;
      yield [3];
    }
    const making = file.root.createDataset("x", { source: slow(), datatype: "float64", shape: [0] });
    await file.root.createGroup("meanwhile");
    let flushed = false;
    const flushing = file.flush().then(() => {
      flushed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(flushed).toBe(false);
    release();
    await flushing;
    expect(await (await making).value()).toEqual(new Float64Array([1, 2, 3]));
  });

  test("is removed when the source fails, or is cancelled", async () => {
    await using file = await create();
    const reason = new Error("no more");
    async function* failing(): AsyncGenerator<WriteData> {
      yield [1];
      throw reason;
    }
    const spec = { datatype: "float64", shape: [0] } as const;
    await expect(file.root.createDataset("x", { ...spec, source: failing() })).rejects.toBe(reason);
    expect(await file.has("x")).toBe(false);
    const stop = new AbortController();
    async function* endless(): AsyncGenerator<WriteData> {
      for (let i = 0; ; i++) {
        if (i === 3) stop.abort(reason);
        yield [i];
      }
    }
    await expect(file.root.createDataset("x", { ...spec, source: endless(), signal: stop.signal })).rejects.toBe(
      reason,
    );
    expect(await file.has("x")).toBe(false);
    expect(await failure(file.root.createDataset("x", { ...spec, source: [["text"]] as never }))).toMatchObject({
      code: /usage|value/ as never,
    });
    expect(await failure(file.root.createDataset("x", { ...spec, source: [], data: [1] }))).toMatchObject({
      code: "usage",
    });
    expect(await file.root.keys()).toEqual([]);
  });

  test("close waits for it; abort does not", async () => {
    const path = fresh();
    const file = await create(path);
    const making = file.root.createDataset("x", { source: blocks([2, 2]), datatype: "int32", shape: [0, 2] });
    making.catch(() => undefined); // the handle comes after the file was closed
    await new Promise((resolve) => setTimeout(resolve, 1));
    await file.close();
    await using read = await open(path);
    expect((await read.dataset("x")).shape).toEqual([4, 2]);
    const other = await create();
    async function* endless(): AsyncGenerator<WriteData> {
      for (;;) yield [1]; // never waits, and is interrupted all the same
    }
    const never = failure(other.root.createDataset("x", { source: endless(), datatype: "int32", shape: [0] }));
    await new Promise((resolve) => setTimeout(resolve, 1));
    await other.abort();
    expect(await never).toMatchObject({ code: "state", reason: "closed" });
  });

  test("writable() appends what is piped into it", async () => {
    await using file = await create();
    const dataset = await file.root.createDataset("x", { datatype: "int16", shape: [0], maxShape: [null] });
    const writer = dataset.writable().getWriter();
    await writer.write([1, 2]);
    await writer.write(new Int16Array([3]));
    await writer.close();
    expect(await dataset.value()).toEqual(new Int16Array([1, 2, 3]));
  });
});

describe("links", () => {
  test("of all kinds are made, moved and removed", async () => {
    await using file: Hdf5File = await create();
    const group = await file.root.createGroup("a/b");
    expect(group.path).toBe("/a/b");
    await group.createSoftLink("up", "/a");
    await group.createHardLink("self", group);
    await group.createExternalLink("far", "other.h5", "/x");
    expect(await group.keys()).toEqual(["far", "self", "up"]);
    await file.root.move("a/b/up", "moved/up");
    expect((await file.get("moved/up")).address).toBe((await file.get("a")).address);
    await group.delete("self");
    expect(await group.has("self")).toBe(false);
    await using other = await create();
    expect(await failure(group.createHardLink("x", other.root))).toMatchObject({ code: "usage" });
    expect(await failure(group.createHardLink("x", {} as never))).toMatchObject({ code: "usage" });
    expect(await failure(file.root.createGroup("a"))).toMatchObject({ code: "exists" });
  });

  test("pathOf follows what changes", async () => {
    await using file = await create();
    const group = await file.root.createGroup("b");
    expect(await file.pathOf(group)).toBe("/b");
    await file.root.createHardLink("a", group);
    expect(await file.pathOf(group)).toBe("/a");
    await file.root.delete("a");
    expect(await file.pathOf(group)).toBe("/b");
  });

  test("a committed datatype is referred to by what uses it", async () => {
    await using file = await create();
    const type = await file.root.commit("type", "int16be");
    const dataset = await file.root.createDataset("x", { data: [1, 2], datatype: type });
    expect(dataset.datatype).toMatchObject({ kind: "integer", order: "be", committed: { address: type.address } });
  });
});

describe("family", () => {
  test("is written over members and read back, its member size unstated", async () => {
    const pattern = join(folder, "part_%d.h5");
    {
      await using file = await create(pattern, { driver: "family", memberSize: 4096 });
      await file.root.createDataset("x", { data: Float64Array.from({ length: 2000 }, (_, i) => i) });
    }
    expect((await stat(join(folder, "part_0.h5"))).size).toBe(4096);
    await using file = await open(pattern, { driver: "family" });
    expect((await file.dataset("x")).length).toBe(2000);
    expect(await (await file.dataset("x")).value([1999])).toBe(1999);
    expect(await failure(open(pattern, { driver: "family", memberSize: 8192 }))).toMatchObject({
      code: /usage|driver/ as never,
    });
    expect(await failure(open(join(folder, "part_0.h5")))).toMatchObject({ code: "usage" });
    {
      await using again = await open(pattern, { driver: "family", mode: "r+" });
      await again.root.createDataset("y", { data: new Float64Array(1000).fill(7) });
    }
    await using read = await open(pattern, { driver: "family" });
    expect(await (await read.dataset("y")).value([999])).toBe(7);
    await rm(join(folder, "part_1.h5"));
    expect(String(await open(pattern, { driver: "family" }).catch((error: unknown) => error))).toMatch(/part_1/);
  });
});

test.each(["contiguous", "chunked"] as const)(
  "what onProgress throws is the caller's when the write is whole: %s",
  async (layout) => {
    await using file = await create();
    const isChunked = layout === "chunked";
    const maxShape = isChunked ? [null] : undefined;
    const chunkShape = isChunked ? [2] : undefined;
    const dataset = await file.root.createDataset("x", { data: [1, 2, 3, 4], layout, maxShape, chunkShape });
    const onProgress = (): never => {
      throw new Error("the bar is broken");
    };
    await expect(dataset.write([5, 6, 7, 8], undefined, { onProgress })).rejects.toThrow("the bar is broken");
    expect(await dataset.value()).toEqual(new Float64Array([5, 6, 7, 8]));
    if (isChunked) {
      await expect(dataset.append([9, 10, 11], 0, { onProgress })).rejects.toThrow("the bar is broken");
      expect(await dataset.value()).toEqual(new Float64Array([5, 6, 7, 8, 9, 10, 11]));
    }
    await expect(file.root.createDataset("y", { data: [1, 2, 3], layout, chunkShape, onProgress })).rejects.toThrow();
    expect(await file.root.keys()).toEqual(["x"]);
    await file.flush();
  },
);

test("an attribute keeps the values it was given, whatever becomes of the caller's array", async () => {
  await using file = await create(fresh());
  const values = Float64Array.of(1, 2, 3);
  await file.root.attrs.set("a", values);
  values.fill(9);
  expect(await file.root.attrs.get("a")).toEqual(Float64Array.of(1, 2, 3));
  await file.flush();
  expect(await file.root.attrs.get("a")).toEqual(Float64Array.of(1, 2, 3));
});

test("null makes a null dataspace, whose shape is [0]", async () => {
  await using file = await create();
  const empty = await file.root.createDataset("empty", { data: null, datatype: "int8" });
  const { datatype, shape } = empty;
  const again = await file.root.createDataset("again", { data: null, datatype, shape });
  expect([again.dataspace, again.shape]).toEqual([{ kind: "null" }, [0]]);
});
