/** Records of filtered chunks in layout version 5, in a file of libhdf5 2.0.0: their chunks inflate to the data written. */
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { ByteSource } from "../../../src/format/byte-source.js";
import { readChunkBtreeV2 } from "../../../src/format/chunk-index/btree-v2.js";
import type { ChunkedDataset, ChunkRecord } from "../../../src/format/chunk-index/chunk-record.js";
import { readExtensibleArray } from "../../../src/format/chunk-index/extensible-array.js";
import { readFixedArray } from "../../../src/format/chunk-index/fixed-array.js";
import { PagedSource } from "../paged-source.js";
import { fixtureBytes, fixtureContext } from "../walker-fixtures.js";

const CONTEXT = fixtureContext();
const BYTES = fixtureBytes("chunks-v5.h5");
const FILE_TEXT = new TextDecoder("latin1").decode(BYTES);

const common = { elementSize: 4, filtered: true, layoutVersion: 5 } as const;
const CASES: readonly {
  readonly name: string;
  /** The one index header of its kind in the file. */
  readonly signature: string;
  readonly dataset: ChunkedDataset;
  readonly read: (source: ByteSource, address: number, dataset: ChunkedDataset) => ChunkRecord[];
}[] = [
  {
    name: "extensible",
    signature: "EAHD",
    dataset: { ...common, chunkShape: [7], shape: [100], maxShape: [Number.POSITIVE_INFINITY] },
    read: (source, address, dataset) => readExtensibleArray(source, address, CONTEXT, dataset, undefined),
  },
  {
    name: "fixed",
    signature: "FAHD",
    dataset: { ...common, chunkShape: [3, 4], shape: [10, 10], maxShape: [20, 10] },
    read: (source, address, dataset) => readFixedArray(source, address, CONTEXT, dataset, undefined),
  },
  {
    name: "tree",
    signature: "BTHD",
    dataset: { ...common, chunkShape: [3, 4], shape: [10, 10], maxShape: [Infinity, Infinity] },
    read: (source, address, dataset) =>
      readChunkBtreeV2(source, address, CONTEXT, dataset, undefined, { treeDepth: 64 }),
  },
];

describe.each(CASES)("$name", ({ signature, dataset, read }) => {
  const address = FILE_TEXT.indexOf(signature);
  const walk = (version: number): ChunkRecord[] =>
    new PagedSource(BYTES, 64).settle((source) => read(source, address, { ...dataset, layoutVersion: version }));

  test("has all chunks, each of which inflates to its part of 0, 1, 2, …", () => {
    const records = walk(5);
    const { shape, chunkShape } = dataset;
    const counts = shape.map((length, d) => Math.ceil(length / (chunkShape[d] ?? 1)));
    expect(records.length).toBe(counts.reduce((product, count) => product * count, 1));
    for (const { offset, address: at, size, filterMask } of records) {
      expect(filterMask).toBe(0);
      const bytes = inflateSync(BYTES.subarray(at, at + size));
      const values = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      const columns = shape[1] ?? 1;
      const width = chunkShape[1] ?? 1;
      values.forEach((value, i) => {
        const row = (offset[0] ?? 0) + Math.floor(i / width);
        const column = (offset[1] ?? 0) + (i % width);
        if (row < (shape[0] ?? 0) && column < columns) expect(value).toBe(row * columns + column);
      });
    }
  });

  test("is refused as layout version 4, whose records are shorter", () => {
    expect(() => walk(4)).toThrow(/(element|record) size/);
  });
});
