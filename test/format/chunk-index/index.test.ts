import { describe, expect, test } from "vitest";
import { Hdf5FormatError } from "../../../src/errors.js";
import { type ChunkedLayout, readChunkIndex } from "../../../src/format/chunk-index/index.js";
import { decodeDataLayout } from "../../../src/format/messages/data-layout.js";
import { MESSAGE } from "../../../src/format/messages/message-types.js";
import {
  type HeaderMessage,
  messageCursor,
  type ObjectHeader,
  readObjectHeader,
} from "../../../src/format/object-header.js";
import { PagedSource } from "../paged-source.js";
import { FIXTURES, fixtureBytes, fixtureContext, fixtureObject } from "../walker-fixtures.js";

const LIMITS = { treeDepth: 64, headerChunks: 1024 };
const CONTEXT = fixtureContext({ chunkInternalK: 2 });
const FILES = ["chunks-v1.h5", "chunks-v4.h5"] as const;
const CASES = FILES.flatMap((file) =>
  Object.entries(FIXTURES[file] ?? {})
    .filter(([, object]) => object.index !== undefined)
    .map(([path]) => ({ file, path })),
);

function layoutOf(header: ObjectHeader): ChunkedLayout {
  const message = header.messages.find(({ type }) => type === MESSAGE.dataLayout) as HeaderMessage; // of a dataset
  const layout = decodeDataLayout(messageCursor(message, "data layout message"), CONTEXT);
  if (layout.kind !== "chunked") throw new Error(`the layout is ${layout.kind}`);
  return layout;
}

describe("the chunk index of a layout message", () => {
  test.each(CASES)("is found and read: $file, $path", ({ file, path }) => {
    const { address, shape = [], maxShape = [], filtered = false, chunks = [] } = fixtureObject(file, path);
    const extent = { shape, maxShape: maxShape.map((most) => most ?? Number.POSITIVE_INFINITY), filtered };
    const records = new PagedSource(fixtureBytes(file), 512).settle((source) => {
      const header = readObjectHeader(source, address, CONTEXT, LIMITS);
      return readChunkIndex(source, layoutOf(header), CONTEXT, extent, undefined, LIMITS);
    });
    expect(records.map(({ offset, address, size, filterMask }) => [offset, address, size, filterMask])).toEqual(chunks);
  });

  const single: ChunkedLayout = {
    kind: "chunked",
    version: 4,
    chunkShape: [4, 4],
    elementSize: 2,
    partialEdgeChunksUnfiltered: false,
    index: { kind: "single", address: 100 },
  };
  const source = new PagedSource(new Uint8Array(1000), 64);
  const extent = { shape: [4, 4], filtered: false };

  test("gives an unfiltered single chunk its full size", () => {
    expect(readChunkIndex(source, single, CONTEXT, extent, undefined, LIMITS)).toEqual([
      { offset: [0, 0], address: 100, size: 32, filterMask: 0 },
    ]);
  });

  test("is refused when a chunk has no bytes, or unfiltered not those of the chunk shape", () => {
    const sized = (filteredSize: number): ChunkedLayout => ({
      ...single,
      index: { kind: "single", address: 100, filteredSize, filterMask: 0 },
    });
    const walk = (layout: ChunkedLayout, filtered: boolean) => (): unknown =>
      readChunkIndex(source, layout, CONTEXT, { ...extent, filtered }, undefined, LIMITS);
    expect(walk(sized(0), true)).toThrow(Hdf5FormatError);
    expect(walk(sized(4), false)).toThrow(/is 4, expected 32/);
    expect(walk(sized(4), true)()).toHaveLength(1);
  });

  test("is refused when chunks and dataspace differ in rank", () => {
    const walk = (): unknown =>
      readChunkIndex(source, single, CONTEXT, { shape: [4], filtered: false }, undefined, LIMITS);
    expect(walk).toThrow(/of chunks is 2, the dataspace has 1/);
  });

  test("of chunks never allocated is empty, whatever its kind", () => {
    for (const kind of ["btree-v1", "single", "implicit", "fixed-array", "extensible-array", "btree-v2"] as const) {
      const parameters = {
        pageBits: 10,
        maxBits: 32,
        elements: 4,
        minPointers: 4,
        minElements: 16,
        nodeSize: 2048,
        splitPercent: 100,
        mergePercent: 40,
      };
      const layout: ChunkedLayout = { ...single, index: { ...parameters, kind, address: undefined } };
      expect(readChunkIndex(source, layout, CONTEXT, extent, undefined, LIMITS)).toEqual([]);
    }
  });

  test("of an extensible array is refused with two unlimited dimensions, whose chunks have no single order", () => {
    const { address, index } = fixtureObject("chunks-v4.h5", "extensible");
    const from = new PagedSource(fixtureBytes("chunks-v4.h5"), Number.POSITIVE_INFINITY);
    const header = readObjectHeader(from, address, CONTEXT, LIMITS);
    const two = { shape: [700, 3], maxShape: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], filtered: false };
    expect(index?.kind).toBe("extensible-array");
    expect(() => readChunkIndex(from, layoutOf(header), CONTEXT, two, undefined, LIMITS)).toThrow(
      /more than one unlimited/,
    );
  });

  test("of implicit chunks is refused when the file cannot hold them, before any is listed", () => {
    const layout: ChunkedLayout = { ...single, index: { kind: "implicit", address: 100 } };
    const vast = { shape: [2 ** 26, 2 ** 26], filtered: false };
    expect(() => readChunkIndex(source, layout, CONTEXT, vast, undefined, LIMITS)).toThrow(/leaves the file/);
  });
});
