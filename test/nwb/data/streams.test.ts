import { describe, expect, test } from "vitest";
import { openBlocks } from "../../../src/nwb/data/blocks.js";
import type { Data } from "../../../src/nwb/data/data.js";
import { asSource, HeldData } from "../../../src/nwb/data/held-data.js";
import { DataChunkIterator, H5DataIO, NwbError } from "../../../src/nwb/index.js";

async function blocksOf(
  data: Data,
): Promise<{ rowShape: readonly number[] | undefined; rows: number[]; values: unknown[] }> {
  const source = asSource(data);
  if (!(source instanceof HeldData)) throw new Error("not held");
  const { first, blocks } = await openBlocks(source);
  const rows: number[] = [];
  const values: unknown[] = [];
  for await (const block of blocks) {
    rows.push(block.rows);
    values.push(block.data);
  }
  return { rowShape: first?.rowShape, rows, values };
}

function* numbers(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

async function* rows(count: number): AsyncGenerator<Float64Array> {
  for (let i = 0; i < count; i++) yield new Float64Array([i, i + 0.5]);
}

describe("data that come piece by piece", () => {
  test("items of a DataChunkIterator are rows, put together to blocks", async () => {
    const found = await blocksOf(new DataChunkIterator({ data: rows(5), bufferSize: 2 }));
    expect(found.rowShape).toEqual([2]);
    expect(found.rows).toEqual([2, 2, 1]);
    expect(found.values[0]).toEqual({ data: new Float64Array([0, 0.5, 1, 1.5]), shape: [2, 2], stride: [2, 1] });
  });

  test("items of another iterable are blocks, single numbers are rows", async () => {
    expect((await blocksOf(rows(3))).rows).toEqual([2, 2, 2]);
    expect((await blocksOf(rows(3))).rowShape).toEqual([]);
    const found = await blocksOf(numbers(3));
    expect(found.rows).toEqual([3]);
    expect(found.values).toEqual([[0, 1, 2]]);
  });

  test("the rank of maxShape tells rows and blocks apart", async () => {
    const asRows = await blocksOf(new H5DataIO({ data: rows(3), maxShape: [null, 2] }));
    expect(asRows.rowShape).toEqual([2]);
    const asBlocks = await blocksOf(new DataChunkIterator({ data: rows(3), maxShape: [null] }));
    expect(asBlocks.rowShape).toEqual([]);
  });

  test("rows of different lengths are refused", async () => {
    const uneven = new DataChunkIterator({ data: [[1, 2], [3]] });
    await expect(blocksOf(uneven)).rejects.toThrow(NwbError);
  });

  test("an iterable that ends early is told so", async () => {
    let ended = false;
    function* source(): Generator<number[]> {
      try {
        yield [1];
        yield [2, 3];
      } finally {
        ended = true;
      }
    }
    await expect(blocksOf(new DataChunkIterator({ data: source() }))).rejects.toThrow(NwbError);
    expect(ended).toBe(true);
  });

  test("they have no shape and cannot be read before they are written", async () => {
    const source = asSource(rows(3));
    expect(() => source.shape).toThrow("only after it is written");
    await expect(source.read()).rejects.toThrow(NwbError);
  });
});

describe("H5DataIO", () => {
  test.each([
    [{}, "data"],
    [{ shape: [0] }, "data"],
    [{ data: [1], shape: [1] }, "shape"],
    [{ shape: [2], maxShape: [null, 2], datatype: "float32" }, "maxShape"],
    [{ shape: [5], maxShape: [2], datatype: "float32" }, "maxShape"],
    [{ data: [1], compression: 12 }, "compression"],
    [{ data: [1], compressionOpts: 4 }, "compressionOpts"],
  ] as const)("%j is refused", (options, field) => {
    expect(() => new H5DataIO(options)).toThrow(NwbError);
    try {
      new H5DataIO(options);
    } catch (error) {
      expect((error as NwbError).field).toBe(field);
    }
  });

  test("has no dataset before it is written", () => {
    expect(() => new H5DataIO({ data: [1] }).dataset).toThrow(NwbError);
  });
});

describe("data in memory", () => {
  test("are read by slices, as a dataset is", async () => {
    const source = asSource([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([source.shape, source.rank, source.length, source.count]).toEqual([[2, 3], 2, 2, 6]);
    expect(source.datatype).toMatchObject({ kind: "float", size: 8 });
    expect(await source.value([1])).toEqual(new Float64Array([4, 5, 6]));
    expect((await source.read([null, [0, 2]])).shape).toEqual([2, 2]);
    expect((await source.readMany([[0], [1]])).map(({ data }) => data)).toEqual([
      new Float64Array([1, 2, 3]),
      new Float64Array([4, 5, 6]),
    ]);
    const starts: number[] = [];
    for await (const { start } of source.stream({ rows: 1 })) starts.push(start);
    expect(starts).toEqual([0, 1]);
  });
});
