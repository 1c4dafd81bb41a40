/** What reading costs, by counting: chunks fetched and decoded, bytes allocated. */
import { beforeAll, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/drivers/memory.js";
import { recording } from "../../src/drivers/recording.js";
import { create, type Filter, type Hdf5File, hyperslab, isHdf5Error, open, points } from "../../src/index.js";

const ROWS = 400;
const COLUMNS = 30;
const CHUNK = [20, 10] as const;

/** A filter that adds one to each byte, and counts. */
function counting(): Filter & { decoded: number } {
  return {
    id: 40_000,
    name: "counting",
    decoded: 0,
    decode(bytes) {
      this.decoded++;
      return bytes.map((byte) => byte - 1);
    },
    encode: (bytes) => bytes.map((byte) => byte + 1),
  };
}

let bytes: Uint8Array;
const valueAt = (row: number, column: number): number => row * COLUMNS + column;

beforeAll(async () => {
  await using file = await create(undefined, { filters: [counting()] });
  const data = Int32Array.from({ length: ROWS * COLUMNS }, (_, i) => i);
  const spec = { data, shape: [ROWS, COLUMNS] };
  await file.root.createDataset("chunked", { ...spec, chunkShape: CHUNK, filters: [{ id: 40_000 }] });
  await file.root.createDataset("plain", spec);
  await file.flush();
  bytes = await file.toBytes();
});

/** The file with what is asked of it and decoded. */
async function counted(
  cacheBytes?: number,
): Promise<{ file: Hdf5File; filter: ReturnType<typeof counting>; requests: () => number }> {
  const filter = counting();
  const driver = recording(memoryDriver(bytes));
  const file = await open(driver, { filters: [filter], ...(cacheBytes === undefined ? {} : { cacheBytes }) });
  return { file, filter, requests: () => file.stats().requests };
}

describe("each chunk is fetched and decoded once", () => {
  test("for many ragged rows read together, without a cache", async () => {
    const { file, filter } = await counted(0);
    const dataset = await file.dataset("chunked");
    const selections = Array.from({ length: 1000 }, (_, i) => [(i * 7) % ROWS, [i % 11, (i % 11) + 12]] as const);
    const results = await dataset.readMany(selections, { as: "int32" });
    results.forEach(({ data }, i) => {
      const [row, [from]] = selections[i] as (typeof selections)[number];
      expect(data[0]).toBe(valueAt(row, from));
      expect(data).toHaveLength(12);
    });
    expect(filter.decoded).toBe((ROWS / CHUNK[0]) * (COLUMNS / CHUNK[1]));
    await file.close();
  });

  test("for reads that begin in one tick, without a cache", async () => {
    const { file, filter, requests } = await counted(0);
    const dataset = await file.dataset("chunked");
    await dataset.read([[0, 1]]);
    const before = [filter.decoded, requests()] as const;
    const rows = await Promise.all(Array.from({ length: 20 }, (_, row) => dataset.read([20 + row], { as: "int32" })));
    rows.forEach(({ data }, row) => {
      expect([...data]).toEqual(Array.from({ length: COLUMNS }, (_, column) => valueAt(20 + row, column)));
    });
    expect(filter.decoded - before[0]).toBe(3);
    expect(requests() - before[1]).toBeLessThanOrEqual(1);
    await file.close();
  });

  test("by a stream whose blocks end within chunks, with a cache of one row of chunks", async () => {
    const { file, filter } = await counted(3 * CHUNK[0] * CHUNK[1] * 4 * 2);
    const dataset = await file.dataset("chunked");
    let row = 0;
    for await (const block of dataset.stream({ rows: 7, as: "int32" })) {
      expect(block.start).toBe(row);
      expect(block.data[0]).toBe(valueAt(row, 0));
      row += block.shape[0] ?? 0;
    }
    expect(row).toBe(ROWS);
    expect(filter.decoded).toBe(60);
    await file.close();
  });
});

describe("a read allocates its result and what is in flight", () => {
  /** Bytes of arrays made while `run` runs, apart from views. */
  async function allocated(run: () => Promise<unknown>): Promise<number> {
    const Plain = globalThis.Uint8Array;
    let total = 0;
    globalThis.Uint8Array = new Proxy(Plain, {
      construct(target, args: unknown[]) {
        if (typeof args[0] === "number") total += args[0];
        return Reflect.construct(target, args) as object;
      },
    });
    try {
      await run();
    } finally {
      globalThis.Uint8Array = Plain;
    }
    return total;
  }

  test("of a few rows of contiguous data, however large the dataset is", async () => {
    const { file } = await counted();
    const dataset = await file.dataset("plain");
    await dataset.read([0]);
    const result = 10 * COLUMNS * 4;
    expect(await allocated(() => dataset.read([[100, 110]]))).toBeLessThanOrEqual(2 * result);
    const column = ROWS * 4;
    expect(await allocated(() => dataset.read([null, 3]))).toBeLessThanOrEqual(column + 2 * 64 * 1024);
    await file.close();
  });

  test("of all of a chunked dataset: the result, and each chunk for a moment", async () => {
    const { file } = await counted(0);
    const dataset = await file.dataset("chunked");
    await dataset.read([0]);
    const result = ROWS * COLUMNS * 4;
    // Stored bytes are fetched, decoded by `map`, which is not counted, and copied.
    const bytesMade = await allocated(() => dataset.read());
    expect(bytesMade).toBeLessThanOrEqual(3 * result);
    expect(bytesMade).toBeGreaterThanOrEqual(result);
    await file.close();
  });

  test("of a stream: a block and the one read ahead, not the dataset", async () => {
    const { file } = await counted(0);
    const dataset = await file.dataset("chunked");
    let asked = 0;
    const before = file.stats().bytesRead;
    for await (const block of dataset.stream({ rows: CHUNK[0] })) {
      asked += block.shape[0] ?? 0;
      const ahead = file.stats().bytesRead - before;
      expect(ahead).toBeLessThanOrEqual((asked + 2 * CHUNK[0]) * COLUMNS * 4 + 32 * 1024);
    }
    expect(asked).toBe(ROWS);
    await file.close();
  });
});

describe("the options of reading", () => {
  test("limit bytes, tell progress, and stop", async () => {
    const { file } = await counted();
    const dataset = await file.dataset("chunked");
    const error = await dataset.read(undefined, { maxBytes: 1000 }).catch((reason: unknown) => reason);
    expect(isHdf5Error(error, "limit") && [error.limit, error.asked, error.allowed]).toEqual([
      "readBytes",
      ROWS * COLUMNS * 4,
      1000,
    ]);
    const told: number[] = [];
    await dataset.read([[0, 60]], { onProgress: ({ done, total }) => told.push(done / (total ?? 1)) });
    expect(told[told.length - 1]).toBe(1);
    expect([...told].sort((a, b) => a - b)).toEqual(told);
    const reason = new Error("enough");
    await expect(dataset.read(undefined, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const reading = dataset.read([null, 0], { signal: controller.signal });
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(await dataset.value([399, 29])).toBe(valueAt(399, 29));
    await file.close();
  });

  test("take selections of every kind, a region's among them", async () => {
    const { file } = await counted();
    for (const name of ["chunked", "plain"]) {
      const dataset = await file.dataset(name);
      const at = async (selection: Parameters<typeof dataset.read>[0]): Promise<number[]> => [
        ...(await dataset.read(selection, { as: "float64" })).data,
      ];
      expect(await at([[10, 400, 130], { at: [29, 0] }])).toEqual([
        valueAt(10, 29),
        valueAt(10, 0),
        valueAt(140, 29),
        valueAt(140, 0),
        valueAt(270, 29),
        valueAt(270, 0),
      ]);
      expect(
        await at(
          points([
            [399, 29],
            [0, 0],
            [19, 10],
          ]),
        ),
      ).toEqual([valueAt(399, 29), 0, valueAt(19, 10)]);
      const slab = hyperslab({ start: [1, 2], stride: [100, 10], count: [2, 2], block: [1, 2] });
      expect(await at(slab)).toEqual([32, 33, 42, 43, 3032, 3033, 3042, 3043]);
      const region = await dataset.regionReference([[5, 7], 3]);
      expect(await at(region.selection)).toEqual([valueAt(5, 3), valueAt(6, 3)]);
      const { data } = await dataset.read([0, [0, 2]], { raw: true });
      expect(data).toEqual(Uint8Array.from([0, 0, 0, 0, 1, 0, 0, 0]));
    }
    await file.close();
  });
});
