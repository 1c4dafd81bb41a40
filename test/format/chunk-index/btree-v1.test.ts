import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/bytes/byte-writer.js";
import { Hdf5FormatError, Hdf5LimitError, Hdf5TruncatedError } from "../../../src/errors.js";
import { type ChunkKey, type ChunkNode, chunkNodeSize, encodeChunkNode } from "../../../src/format/btree-v1.js";
import { readChunkBtree } from "../../../src/format/chunk-index/btree-v1.js";
import { type ChunkRecord, chunkTouches } from "../../../src/format/chunk-index/chunk-record.js";
import type { FormatContext } from "../../../src/format/context.js";
import { PagedSource, walkEverywhere } from "../paged-source.js";

const CONTEXT: FormatContext = {
  sizeOfOffsets: 8,
  sizeOfLengths: 8,
  baseAddress: 0,
  groupLeafK: 4,
  groupInternalK: 16,
  chunkInternalK: 2,
};
const LIMITS = { treeDepth: 64 };

/** Chunks of a rows × columns grid of chunks of 4 × 2 elements, row-major, those for which `has` is true. */
function grid(rows: number, columns: number, has: (number: number) => boolean = () => true): ChunkRecord[] {
  const chunks: ChunkRecord[] = [];
  for (let number = 0; number < rows * columns; number++) {
    if (!has(number)) continue;
    const offset = [Math.floor(number / columns) * 4, (number % columns) * 2];
    chunks.push({ offset, address: 100_000 + number * 64, size: 64, filterMask: number % 3 });
  }
  return chunks;
}
const DATASET = { chunkShape: [4, 2], elementSize: 8, shape: [400, 200] };

/** A tree over the chunks, `fanOut` children per node, at the start of a file. */
function treeOf(chunks: readonly ChunkRecord[], fanOut = 4): { bytes: Uint8Array; root: number; levels: number } {
  const size = chunkNodeSize(CONTEXT, 2);
  const nodes: Uint8Array[] = [];
  const put = (node: ChunkNode): number => {
    const out = new ByteWriter();
    encodeChunkNode(out, node, CONTEXT);
    nodes.push(out.bytes());
    return 96 + (nodes.length - 1) * size;
  };
  const last = chunks.at(-1)?.offset ?? [0, 0];
  const end: ChunkKey = {
    size: 0,
    filterMask: 0,
    offset: last.map((at, d) => at + (d === 0 ? 4 : 2)),
    elementOffset: 8,
  };
  let items = chunks.map(({ offset, address, size, filterMask }) => ({
    key: { size, filterMask, offset } as ChunkKey,
    address,
  }));
  let level = 0;
  for (; level === 0 || items.length > 1; level++) {
    const above: typeof items = [];
    for (let i = 0; i < items.length; i += fanOut) {
      const part = items.slice(i, i + fanOut);
      const keys = [...part.map(({ key }) => key), items[i + fanOut]?.key ?? end];
      const address = put({ level, keys, children: part.map((item) => item.address) });
      above.push({ key: keys[0] as ChunkKey, address });
    }
    items = above;
  }
  const bytes = new Uint8Array(200_000);
  for (const [i, node] of nodes.entries()) bytes.set(node, 96 + i * size);
  return { bytes, root: items[0]?.address ?? 0, levels: level };
}

describe("the v1 B-tree of chunks", () => {
  test("gives all chunks in order, the same cold, warm and in memory, in one round trip per level", () => {
    const chunks = grid(7, 9, (number) => number % 5 !== 2);
    const { bytes, root, levels } = treeOf(chunks);
    expect(levels).toBe(3);
    const { result, rounds } = walkEverywhere(
      bytes,
      (source) => readChunkBtree(source, root, CONTEXT, DATASET, undefined, LIMITS),
      (actual, expected) => expect(actual).toEqual(expected),
    );
    expect(result).toEqual(chunks);
    for (const [pageSize, count] of rounds) {
      if (pageSize <= 64) expect(count).toBe(levels);
      else expect(count).toBeLessThanOrEqual(levels);
    }
  });

  test("decodes each node once, though the step is retried at every level", () => {
    const { bytes, root } = treeOf(grid(8, 8));
    const source = new PagedSource(bytes, 32);
    source.settle((from) => readChunkBtree(from, root, CONTEXT, DATASET, undefined, LIMITS));
    expect(source.decoded).toEqual(new Map([["chunk B-tree node", 16 + 4 + 1]]));
  });

  test("gives exactly the chunks that touch a box, and visits no subtree without one", () => {
    const chunks = grid(16, 16, (number) => number % 7 !== 3);
    const { bytes, root } = treeOf(chunks);
    const side = (most: number) =>
      fc.tuple(fc.nat(most), fc.nat(most)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
    fc.assert(
      fc.property(side(70), side(40), (rows, columns) => {
        const box = { low: [rows[0] as number, columns[0] as number], high: [rows[1] as number, columns[1] as number] };
        const source = new PagedSource(bytes, 64);
        const found = source.settle((from) => readChunkBtree(from, root, CONTEXT, DATASET, box, LIMITS));
        const empty = box.low.some((low, d) => low === box.high[d]);
        expect(found).toEqual(empty ? [] : chunks.filter(({ offset }) => chunkTouches(offset, [4, 2], box)));
      }),
    );
    const source = new PagedSource(bytes, 64);
    source.settle((from) => readChunkBtree(from, root, CONTEXT, DATASET, { low: [4, 4], high: [5, 5] }, LIMITS));
    expect(source.decoded).toEqual(new Map([["chunk B-tree node", 4]]));
  });

  test("reads a tree whose last key differs from the one before it within the element only, as libhdf5 makes them", () => {
    const out = new ByteWriter();
    const key = (offset: number[], elementOffset?: number): ChunkKey => ({
      size: 64,
      filterMask: 0,
      offset,
      ...(elementOffset === undefined ? {} : { elementOffset }),
    });
    encodeChunkNode(
      out,
      { level: 0, keys: [key([0, 0]), key([4, 2]), key([4, 2], 8)], children: [1000, 2000] },
      CONTEXT,
    );
    const walk = (box?: { low: number[]; high: number[] }): number[] =>
      new PagedSource(out.zeros(4000).bytes(), 64)
        .settle((from) => readChunkBtree(from, 0, CONTEXT, DATASET, box, LIMITS))
        .map(({ address }) => address);
    expect(walk()).toEqual([1000, 2000]);
    expect(walk({ low: [5, 3], high: [6, 4] })).toEqual([2000]);
  });

  describe("refuses", () => {
    const size = chunkNodeSize(CONTEXT, 2);
    const key = (...offset: number[]): ChunkKey => ({ size: 64, filterMask: 0, offset });
    const walk = (...nodes: ChunkNode[]): unknown => {
      const out = new ByteWriter();
      for (const node of nodes) encodeChunkNode(out, node, CONTEXT);
      return new PagedSource(out.zeros(10_000).bytes(), 64).settle((from) =>
        readChunkBtree(from, 0, CONTEXT, DATASET, undefined, LIMITS),
      );
    };

    test.each<[string, ChunkNode[], RegExp]>([
      ["a node that is its own child", [{ level: 1, keys: [key(0, 0), key(8, 0)], children: [0] }], /twice/],
      [
        "a child shared by its parent's entries",
        [
          { level: 1, keys: [key(0, 0), key(4, 0), key(8, 0)], children: [size, size] },
          { level: 0, keys: [key(0, 0), key(4, 0)], children: [5000] },
        ],
        /twice/,
      ],
      [
        "a level that does not fall by one",
        [
          { level: 2, keys: [key(0, 0), key(8, 0)], children: [size] },
          { level: 0, keys: [key(0, 0), key(4, 0)], children: [5000] },
        ],
        /level is 0, expected 1/,
      ],
      ["an offset beside the grid", [{ level: 0, keys: [key(0, 1), key(4, 0)], children: [5000] }], /no multiple/],
      [
        "keys out of order",
        [{ level: 0, keys: [key(4, 0), key(0, 0), key(8, 0)], children: [5000, 6000] }],
        /come after/,
      ],
      [
        "two chunks at one place",
        [{ level: 0, keys: [key(4, 0), key(4, 0), key(8, 0)], children: [5000, 6000] }],
        /come after/,
      ],
      [
        "a child outside its parent's keys",
        [
          { level: 1, keys: [key(0, 0), key(8, 0)], children: [size] },
          { level: 0, keys: [key(8, 0), key(12, 0)], children: [5000] },
        ],
        /leaves its parent's/,
      ],
      [
        "a chunk beyond the maximum extent",
        [{ level: 0, keys: [key(400, 0), key(404, 0)], children: [5000] }],
        /outside the maximum/,
      ],
    ])("%s", (_, nodes, message) => {
      expect(() => walk(...nodes)).toThrow(message);
      expect(() => walk(...nodes)).toThrow(Hdf5FormatError);
    });

    test("a root above the depth budget", () => {
      expect(() => walk({ level: 255, keys: [key(0, 0), key(8, 0)], children: [size] })).toThrow(Hdf5LimitError);
    });

    test("a child beyond the end of the file", () => {
      expect(() => walk({ level: 1, keys: [key(0, 0), key(8, 0)], children: [2 ** 40] })).toThrow(Hdf5TruncatedError);
    });
  });
});
