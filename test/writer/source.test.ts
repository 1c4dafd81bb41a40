import { describe, expect, test } from "vitest";
import {
  arrayType,
  compoundType,
  create,
  type DatatypeInput,
  deflate,
  opaqueType,
  open,
  vlenType,
  type WriteData,
} from "../../src/index.js";

async function* blocks(count: number, rows: number): AsyncGenerator<Float64Array, undefined> {
  for (let i = 0; i < count; i++) yield new Float64Array(rows).fill(i);
}

describe("a dataset made from a source", () => {
  test("takes datatype and row shape from the first block where the spec leaves them open", async () => {
    await using file = await create();
    const flat = await file.root.createDataset("flat", { source: blocks(3, 4) });
    expect(flat.shape).toEqual([12]);
    expect(flat.maxShape).toEqual([Number.POSITIVE_INFINITY]);
    const rows = await file.root.createDataset("rows", {
      source: [
        [
          [1, 2],
          [3, 4],
        ],
        [[5, 6]],
      ],
    });
    expect(rows.shape).toEqual([3, 2]);
    expect(await rows.value()).toEqual([new Float64Array([1, 2]), new Float64Array([3, 4]), new Float64Array([5, 6])]);
  });

  test.each<[DatatypeInput, WriteData[], WriteData]>([
    [vlenType("int8"), [[[1, 2], [3]], [[]]], [[1, 2], [3], []]],
    [
      arrayType("int8", [2]),
      [
        [[1, 2]],
        [
          [3, 4],
          [5, 6],
        ],
      ],
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ],
    [
      arrayType("int8", [2]),
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      opaqueType(2),
      [[Uint8Array.of(1, 2)], Uint8Array.of(3, 4)],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      "complex64",
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["string", [["a"], ["b", "c"]], ["a", "b", "c"]],
    [compoundType({ a: "int8" }), [[{ a: 1 }], { a: 2 }], [{ a: 1 }, { a: 2 }]],
  ])("of a datatype takes the shape of a row without the datatype's own (%#)", async (datatype, source, rows) => {
    await using file = await create();
    const dataset = await file.root.createDataset("x", { source, datatype });
    expect(dataset.shape).toEqual([(rows as unknown[]).length]);
    const values = (await dataset.value()) as ArrayLike<unknown>;
    const plain = JSON.parse(
      JSON.stringify(values, (_, value) => (ArrayBuffer.isView(value) ? [...(value as Int8Array)] : value)),
    );
    expect(plain).toEqual(rows);
  });

  test.each([5, null, "rows", {}, () => [[1]]])("is an iterable, not %s", async (source) => {
    await using file = await create();
    const spec = { source: source as unknown as Iterable<WriteData>, datatype: "int8" as const };
    await expect(file.root.createDataset("x", spec)).rejects.toMatchObject({ code: "usage" });
    await expect(file.root.createDataset("x", { ...spec, shape: [0] })).rejects.toMatchObject({ code: "usage" });
    expect(await file.root.keys()).toEqual([]);
  });

  test("may read the same file while it is written", async () => {
    await using file = await create();
    const first = await file.root.createDataset("a", {
      data: Int32Array.from({ length: 1000 }, (_, i) => i),
      chunkShape: [64],
    });
    async function* copied(): AsyncGenerator<Int32Array, undefined> {
      for await (const block of first.stream({ rows: 100, as: "int32" })) yield block.data;
    }
    const copy = await file.root.createDataset("b", { source: copied(), filters: ["shuffle", deflate(1)] });
    expect(await copy.value()).toEqual(await first.value());
  });

  test("is gone again when the source fails, and its error is the caller's", async () => {
    await using file = await create();
    async function* failing(): AsyncGenerator<number[], undefined> {
      yield [1, 2];
      throw new Error("the amplifier is off");
    }
    await expect(file.root.createDataset("x", { source: failing() })).rejects.toThrow("the amplifier is off");
    expect(await file.root.keys()).toEqual([]);
    await expect(file.root.createDataset("y", { source: [] })).rejects.toMatchObject({ code: "usage" });
  });

  test("is whole when the file is closed before it was awaited", async () => {
    const file = await create();
    const made = file.root.createDataset("x", { source: blocks(50, 100), datatype: "float64", shape: [0] });
    const bytes = file.toBytes();
    await made;
    await file.close();
    await using again = await open(await bytes);
    expect((await again.dataset("x")).shape).toEqual([5000]);
  });
});
