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

  /** A source that gives a block and is never heard of again. */
  async function* stuck(given: () => void, ended?: () => void): AsyncGenerator<number[], undefined> {
    try {
      yield [1];
      given();
      await new Promise(() => undefined);
    } finally {
      ended?.();
    }
  }

  test.each([{}, { datatype: "int8", shape: [0] } as const])(
    "is given up by its signal while the source is waited for (%j)",
    async (spec) => {
      const file = await create();
      const stop = new AbortController();
      const source = stuck(() => stop.abort(new Error("enough")));
      const made = file.root.createDataset("x", { source, ...spec, signal: stop.signal });
      const flushed = file.flush();
      await expect(made).rejects.toThrow("enough");
      await flushed;
      await file.root.createGroup("after");
      const bytes = await file.toBytes();
      await file.close();
      await using again = await open(bytes);
      expect(await again.root.keys()).toEqual(["after"]);
    },
  );

  test("is given up by its signal before the source gives anything, and not begun when that was aborted before", async () => {
    await using file = await create();
    const stop = new AbortController();
    const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    const made = file.root.createDataset("x", { source: silent, signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(made).rejects.toThrow("enough");
    let begun = false;
    const watched = (function* () {
      begun = true;
      yield [1];
    })();
    const late = file.root.createDataset("x", { source: watched, signal: stop.signal });
    await expect(late).rejects.toThrow("enough");
    expect(begun).toBe(false);
    expect(await file.root.keys()).toEqual([]);
  });

  test("is given up with the file while the source is waited for", async () => {
    const file = await create();
    let refused: Promise<void> | undefined;
    await new Promise<void>((waits, failed) => {
      const made = file.root.createDataset("x", { source: stuck(waits), datatype: "int8", shape: [0] });
      refused = expect(made).rejects.toMatchObject({ code: "state", reason: "closed" });
      made.catch(failed);
    });
    await file.abort();
    await refused;
  });

  test("lets the source release what it holds, whatever ends it", async () => {
    await using file = await create();
    await file.root.createGroup("taken");
    let ended = 0;
    async function* holding(...blocks: WriteData[]): AsyncGenerator<WriteData, undefined> {
      try {
        yield* blocks;
      } finally {
        ended++;
      }
    }
    const { root } = file;
    await expect(root.createDataset("taken", { source: holding([1]) })).rejects.toMatchObject({ code: "exists" });
    await expect(root.createDataset("x", { source: holding([]) })).rejects.toMatchObject({ code: "usage" });
    await expect(root.createDataset("x", { source: holding([1], ["two"]) })).rejects.toMatchObject({ code: "usage" });
    expect(ended).toBe(3);
    const broken = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: "no rows" }),
        return: () => Promise.reject(new Error("cannot be released")),
      }),
    };
    await expect(root.createDataset("x", { source: broken })).rejects.toMatchObject({ code: "usage" });
    expect(await root.keys()).toEqual(["taken"]);
  });

  test("that fails takes nothing else away: what has its name by then stays", async () => {
    await using file = await create();
    const { root } = file;
    async function* meddling(change: () => Promise<unknown>): AsyncGenerator<number[], undefined> {
      yield [1];
      await change();
      throw new Error("the amplifier is off");
    }
    const replaced = meddling(async () => {
      await root.move("x", "moved");
      await root.createDataset("x", { data: [9] });
    });
    await expect(root.createDataset("x", { source: replaced })).rejects.toThrow("the amplifier is off");
    expect(await (await root.dataset("x")).value()).toEqual(new Float64Array([9]));
    const deleted = meddling(() => root.delete("y"));
    await expect(root.createDataset("y", { source: deleted })).rejects.toThrow("the amplifier is off");
    expect(await root.keys()).toEqual(["moved", "x"]);
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
