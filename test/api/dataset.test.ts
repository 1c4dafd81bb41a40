import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { type BlobLike, create, type Dataset, hyperslab, isHdf5Error, open, points } from "../../src/index.js";
import { COLUMNS, chunkedValue, fixture, ROWS } from "./fixture.js";

let bytes: Uint8Array;
let chunked: Dataset;
let plain: Dataset;

beforeAll(async () => {
  bytes = await fixture();
  const file = await open(bytes);
  chunked = await file.dataset("chunked");
  plain = await file.dataset("plain");
});

async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isHdf5Error(error)) throw new Error(`expected an error of the library, got ${String(error)}`);
  return error.code;
}

async function list<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const rows = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) * COLUMNS }, (_, i) => chunkedValue(from + Math.floor(i / COLUMNS), i % COLUMNS));

describe("what a dataset says of itself", () => {
  test("chunked", () => {
    expect(chunked).toMatchObject({
      kind: "dataset",
      shape: [ROWS, COLUMNS],
      maxShape: [Infinity, COLUMNS],
      rank: 2,
      length: ROWS,
      count: ROWS * COLUMNS,
      layout: { kind: "chunked" },
      chunkShape: [10, 4],
      fillValue: 0,
      name: "chunked",
    });
    expect(chunked.datatype).toMatchObject({ kind: "integer", size: 4, signed: true, order: "le" });
    expect(chunked.filters.map(({ id, name, values }) => ({ id, name, values }))).toEqual([
      { id: 1, name: "deflate", values: [4] },
    ]);
    expect(chunked.fill).toMatchObject({ status: "default", bytes: undefined });
    expect(chunked.storageSize).toBeGreaterThan(0);
    expect(chunked.storageSize).toBeLessThan(6 * 160);
  });

  test("contiguous, scalar", async () => {
    expect(plain).toMatchObject({
      shape: [2, 3, 4],
      maxShape: [2, 3, 4],
      layout: { kind: "contiguous" },
      storageSize: 192,
    });
    expect(plain.chunkShape).toBeUndefined();
    expect(plain.filters).toEqual([]);
    await using file = await open(bytes);
    const scalar = await file.dataset("scalar");
    expect(scalar).toMatchObject({ shape: [], rank: 0, length: 1, count: 1, dataspace: { kind: "scalar" } });
    expect(await scalar.value()).toBe(42);
  });
});

describe("read", () => {
  test("gives row-major data with shape and stride", async () => {
    const all = await chunked.read();
    expect(all.kind).toBe("number");
    expect(all.shape).toEqual([ROWS, COLUMNS]);
    expect(all.stride).toEqual([COLUMNS, 1]);
    expect(all.data).toEqual(Int32Array.from(rows(0, ROWS)));
  });

  test("takes ranges, steps, single indices and lists", async () => {
    const { data, shape } = await chunked.read([[8, 12], { at: [6, 0, 0] }]);
    expect(shape).toEqual([4, 3]);
    expect([...(data as Int32Array)]).toEqual([8, 9, 10, 11].flatMap((r) => [r * 100 + 6, r * 100, r * 100]));
    expect((await chunked.read([[null, null, 7], 2])).data).toEqual(new Int32Array([2, 702, 1402, 2102, 2802]));
    expect((await plain.read([1, [1, 3], 3])).data).toEqual(new Float64Array([9.5, 11.5]));
    expect((await plain.read([null, 0])).shape).toEqual([2, 4]);
  });

  test("takes hyperslabs and points", async () => {
    const slab = hyperslab({ start: [1, 0], stride: [20, 3], count: [2, 2], block: [1, 2] });
    expect((await chunked.read(slab)).data).toEqual(new Int32Array([100, 101, 103, 104, 2100, 2101, 2103, 2104]));
    expect(
      await chunked.read(
        points([
          [29, 6],
          [0, 0],
          [10, 4],
        ]),
      ),
    ).toMatchObject({ shape: [3], data: new Int32Array([2906, 0, 1004]) });
  });

  test("gives the type asked for, into the array given", async () => {
    const { data } = await chunked.read([[0, 2], 0], { as: "float64" });
    expect(data).toEqual(new Float64Array([0, 100]));
    const into = new Int16Array(2);
    expect((await chunked.read([[0, 2], 0], { into })).data).toBe(into);
    expect(into).toEqual(new Int16Array([0, 100]));
    expect(await failure(chunked.read(undefined, { as: "int8" }))).toBe("value");
    expect(await failure(chunked.read(undefined, { as: "string" }))).toBe("usage");
    const raw = await chunked.read([0, [1, 3]], { raw: true });
    expect(raw).toMatchObject({ shape: [2, 4], data: new Uint8Array([1, 0, 0, 0, 2, 0, 0, 0]) });
  });

  test("refuses what leaves the extent, and what is too large", async () => {
    expect(await failure(chunked.read([[0, ROWS + 1]]))).toBe("usage");
    expect(await failure(chunked.read([-1]))).toBe("usage");
    expect(await failure(chunked.read([0, 0, 0]))).toBe("usage");
    expect(await failure(chunked.read(undefined, { maxBytes: 100 }))).toBe("limit");
  });

  test("results are the caller's: changing one changes no other", async () => {
    const first = await chunked.read([0]);
    (first.data as Int32Array).fill(-1);
    expect((await chunked.read([0])).data).toEqual(Int32Array.from(rows(0, 1)));
    const contiguous = await plain.read();
    (contiguous.data as Float64Array).fill(-1);
    expect(await plain.value([0, 0, 1])).toBe(0.5);
  });

  test("reports progress in bytes, and stops when it is cancelled", async () => {
    const seen: number[] = [];
    await chunked.read(undefined, { onProgress: ({ done, total }) => void seen.push(done / (total ?? 0)) });
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const reason = new Error("enough");
    await expect(chunked.read(undefined, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const stop = new AbortController();
    const reading = chunked.read(undefined, { signal: stop.signal });
    stop.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect((await chunked.read([0])).shape).toEqual([COLUMNS]);
  });
});

/** A Blob that notes which slices are read: of a local file, exactly what is needed. */
function recordedBlob(content: Uint8Array): BlobLike & { readonly reads: [from: number, length: number][] } {
  const reads: [number, number][] = [];
  const blob = new Blob([new Uint8Array(content)]);
  return {
    size: blob.size,
    reads,
    arrayBuffer: () => blob.arrayBuffer(),
    slice(start = 0, end = blob.size) {
      reads.push([start, end - start]);
      return blob.slice(start, end);
    },
  };
}

describe("what is fetched", () => {
  test("a slab touches the chunks it needs and no others", async () => {
    const blob = recordedBlob(bytes);
    await using file = await open(blob);
    const dataset = await file.dataset("chunked");
    const places = await list(
      dataset.chunks([
        [0, 10],
        [4, 7],
      ]),
    );
    expect(places).toHaveLength(1);
    const before = blob.reads.length;
    await dataset.read([
      [2, 5],
      [4, 6],
    ]);
    expect(blob.reads.slice(before)).toEqual([[places[0]?.address, places[0]?.size]]);
  });

  test("readMany fetches each chunk once", async () => {
    const blob = recordedBlob(bytes);
    await using file = await open(blob, { cacheBytes: 0 });
    const dataset = await file.dataset("chunked");
    await list(dataset.chunks());
    const before = blob.reads.length;
    const results = await dataset.readMany(
      [
        [0, 0],
        [1, 1],
        [2, [0, 2]],
      ],
      { as: "int32" },
    );
    expect(results.map(({ data }) => [...data])).toEqual([[0], [101], [200, 201]]);
    expect(blob.reads.length - before).toBe(1);
  });
});

describe("value", () => {
  test("is plain JavaScript", async () => {
    expect(await chunked.value([3, 4])).toBe(304);
    expect(await chunked.value([3, [0, 2]])).toEqual(new Int32Array([300, 301]));
    expect(await plain.value([0, [0, 2], [0, 2]])).toEqual([new Float64Array([0, 0.5]), new Float64Array([2, 2.5])]);
    await using file = await open(bytes, { int64: "number" });
    expect(await (await file.dataset("texts")).value()).toEqual(["a", "bc", "déf"]);
    expect(await (await file.dataset("big")).value(undefined, { int64: "bigint" })).toEqual(
      new BigInt64Array([1n, -(2n ** 60n)]),
    );
    expect(await (await file.dataset("big")).value()).toEqual(new Float64Array([1, -(2 ** 60)]));
  });

  test("is one type with as", async () => {
    expect(await chunked.value([3, 4], { as: "bigint" })).toBe(304n);
    expect(await chunked.value([[3, 5], 4], { as: "numbers" })).toEqual([304, 404]);
    expect(await failure(chunked.value(undefined, { as: "number" }))).toBe("usage");
  });

  test("has a limit", async () => {
    await using file = await open(bytes, { limits: { valueElements: 5 } });
    expect(await failure((await file.dataset("chunked")).value([0]))).toBe("limit");
    expect(await (await file.dataset("chunked")).value([0, [0, 5]])).toHaveLength(5);
  });
});

describe("stream", () => {
  test("gives blocks of rows with their start", async () => {
    const blocks = await list(chunked.stream({ rows: 12, as: "int32" }));
    expect(blocks.map(({ start, shape }) => [start, shape[0]])).toEqual([
      [0, 12],
      [12, 12],
      [24, 6],
    ]);
    expect(blocks.flatMap(({ data }) => [...data])).toEqual(rows(0, ROWS));
  });

  test("by default gives whole chunks, and starts and stops where it is told", async () => {
    const blocks = await list(chunked.stream({ start: 3, stop: 21 }));
    expect(blocks.map(({ start }) => start)).toEqual([3]);
    expect(blocks[0]?.data).toEqual(Int32Array.from(rows(3, 21)));
    expect(await list(chunked.stream({ start: 5, stop: 5 }))).toEqual([]);
  });

  test("a scalar is one block", async () => {
    await using file = await open(bytes);
    expect(await list((await file.dataset("scalar")).stream())).toMatchObject([
      { start: 0, shape: [], data: new Int32Array([42]) },
    ]);
  });

  test("refuses rows that are not there; may be left early", async () => {
    expect(await failure(list(chunked.stream({ stop: ROWS + 1 })))).toBe("usage");
    expect(await failure(list(chunked.stream({ rows: 0 })))).toBe("usage");
    for await (const { start } of chunked.stream({ rows: 1 })) {
      expect(start).toBe(0);
      break;
    }
  });
});

describe("chunks", () => {
  test("are listed with absolute addresses, and read as stored", async () => {
    const all = await list(chunked.chunks());
    expect(all.map(({ offset }) => offset)).toEqual([
      [0, 0],
      [0, 4],
      [10, 0],
      [10, 4],
      [20, 0],
      [20, 4],
    ]);
    const total = all.reduce((sum, { size }) => sum + size, 0);
    expect(chunked.storageSize).toBe(total);
    for (const { offset, address, size } of all) {
      const chunk = await chunked.readChunk(offset);
      expect(chunk).toMatchObject({ offset, address, size, filterMask: 0 });
      expect(chunk.bytes).toEqual(new Uint8Array(bytes.slice(address, (address ?? 0) + size)));
      const values = new Int32Array(new Uint8Array(inflateSync(chunk.bytes)).buffer);
      expect(values[0]).toBe(chunkedValue(offset[0] ?? 0, offset[1] ?? 0));
    }
  });

  test("contiguous data are one", async () => {
    const all = await list(plain.chunks());
    expect(all).toMatchObject([{ offset: [0, 0, 0], size: 192, filterMask: 0 }]);
    const { bytes: stored } = await plain.readChunk([0, 0, 0]);
    const expected = (await plain.read(undefined, { raw: true })).data;
    expect(createHash("sha256").update(stored).digest("hex")).toBe(createHash("sha256").update(expected).digest("hex"));
  });

  test("an offset that begins no chunk is refused", async () => {
    for (const offset of [[1, 0], [30, 0], [0], [-10, 0]])
      expect(await failure(chunked.readChunk(offset))).toBe("usage");
  });
});

test("region references keep regular selections as hyperslabs, others as points", async () => {
  const regular = await chunked.regionReference([[0, 10, 3], 2]);
  expect(regular).toMatchObject({ kind: "region-reference", address: chunked.address });
  expect(regular.selection.regular).toEqual({ start: [0, 2], stride: [3, 1], count: [4, 1], block: [1, 1] });
  const listed = await chunked.regionReference([{ at: [5, 1] }, [0, 2]]);
  expect(listed.selection.kind).toBe("points");
  expect((await chunked.read(listed.selection)).data).toEqual(new Int32Array([500, 501, 100, 101]));
  expect((await chunked.regionReference([])).selection.kind).toBe("all");
  expect(await failure(chunked.regionReference([[0, 99]]))).toBe("usage");
});

test("refresh shows how far somebody else's dataset has grown", async () => {
  const driver = memoryDriver();
  const writer = await create(driver);
  const written = await writer.root.createDataset("x", {
    datatype: "int32",
    shape: [2],
    maxShape: [null],
    chunkShape: [2],
    data: new Int32Array([0, 1]),
  });
  await writer.flush();
  await using file = await open(driver);
  const dataset = await file.dataset("x");
  expect((await dataset.read()).data).toEqual(new Int32Array([0, 1]));
  for (let i = 2; i < 2000; i += 2) await written.append(new Int32Array([i, i + 1]));
  await writer.flush();
  expect(dataset.shape).toEqual([2]);
  await dataset.refresh();
  expect((await dataset.read()).data).toEqual(Int32Array.from({ length: 2000 }, (_, i) => i));
  await writer.close();
});

test("refresh shows what somebody else has appended", async () => {
  const driver = memoryDriver(bytes);
  await using file = await open(driver);
  const dataset = await file.dataset("plain");
  const [place] = await list(dataset.chunks());
  expect(await dataset.value([0, 0, 0])).toBe(0);
  await driver.write(place?.address ?? 0, new Uint8Array(new Float64Array([8]).buffer));
  await dataset.refresh();
  expect(await dataset.value([0, 0, 0])).toBe(8);
});

test("what was never written costs nothing but its place in the result", async () => {
  await using file = await create();
  const spec = { datatype: "int16", shape: [2 ** 12, 2 ** 12], chunkShape: [1, 2], fillValue: 7 } as const;
  const sparse = await file.root.createDataset("sparse", spec);
  await sparse.write(Int16Array.of(1, 2, 3), [5, [2 ** 12 - 3, 2 ** 12]]);
  const progress: number[] = [];
  const { data } = await sparse.read(undefined, { as: "int16", onProgress: ({ done }) => progress.push(done) });
  // 8,388,608 chunks could be there; two are.
  expect(progress.length).toBeLessThan(10);
  expect(progress.at(-1)).toBe(2 ** 25);
  expect(data.subarray(6 * 2 ** 12 - 4, 6 * 2 ** 12 + 1)).toEqual(Int16Array.of(7, 1, 2, 3, 7));
  expect(data.every((value) => value >= 1 && value <= 7)).toBe(true);
  expect(
    (
      await sparse.read(
        [
          [4, 7, 2],
          [0, null, 4095],
        ],
        { as: "int16" },
      )
    ).data,
  ).toEqual(Int16Array.of(7, 7, 7, 7));
  expect((await sparse.read([{ at: [5, 0] }, [4094, 4096]], { as: "int16" })).data).toEqual(Int16Array.of(2, 3, 7, 7));
});

test("chunks larger than the data are not made of fill values", async () => {
  await using file = await create();
  const spec = { datatype: "uint8", shape: [10], maxShape: [null], chunkShape: [2 ** 27], fillValue: 3 } as const;
  const dataset = await file.root.createDataset("d", spec);
  expect((await dataset.read([[2, 5]], { as: "uint8" })).data).toEqual(Uint8Array.of(3, 3, 3));
  expect((await dataset.read(points([[9], [0]]), { as: "uint8" })).data).toEqual(Uint8Array.of(3, 3));
});
