import { describe, expect, test } from "vitest";
import { Hdf5FormatError, Hdf5UsageError } from "../../../src/errors.js";
import { type DataLayout, decodeDataLayout } from "../../../src/format/messages/data-layout.js";
import { encodeDataLayout } from "../../../src/format/messages/data-layout-encode.js";
import { hex } from "../hex.js";
import { CONTEXT, cursor, written } from "./decoding.js";

const decode = (text: string): DataLayout => decodeDataLayout(cursor(text), CONTEXT);
const encode = (layout: DataLayout): Uint8Array => written((out) => encodeDataLayout(out, layout, CONTEXT));
const NONE = "ffffffffffffffff";
const ADDRESS = "0008000000000000";

describe("data layout message", () => {
  test("versions 1 and 2 list the extents, the element size last", () => {
    expect(decode(`01 03 02 0000000000 ${ADDRESS} 0a000000 05000000 08000000`)).toEqual({
      version: 1,
      kind: "chunked",
      chunkShape: [10, 5],
      elementSize: 8,
      partialEdgeChunksUnfiltered: false,
      index: { kind: "btree-v1", address: 2048 },
    });
    expect(decode(`02 02 01 0000000000 ${NONE} 0a000000 08000000`)).toEqual({
      version: 2,
      kind: "contiguous",
      address: undefined,
      size: 80,
    });
    expect(decode("02 02 00 0000000000 02000000 01000000 02000000 0102")).toEqual({
      version: 2,
      kind: "compact",
      data: Uint8Array.of(1, 2),
    });
  });

  test("version 3 has a form of its own for each class", () => {
    const texts = [
      "03 00 0300 010203",
      `03 01 ${ADDRESS} 2000000000000000`,
      `03 02 03 ${NONE} 0a000000 05000000 08000000`,
    ];
    expect(texts.map(decode)).toEqual([
      { version: 3, kind: "compact", data: Uint8Array.of(1, 2, 3) },
      { version: 3, kind: "contiguous", address: 2048, size: 32 },
      {
        version: 3,
        kind: "chunked",
        chunkShape: [10, 5],
        elementSize: 8,
        partialEdgeChunksUnfiltered: false,
        index: { kind: "btree-v1", address: undefined },
      },
    ]);
    for (const text of texts) expect(encode(decode(text))).toEqual(hex(text));
  });

  test.each([
    ["a single chunk", "00", "01", { kind: "single" }],
    [
      "a filtered single chunk",
      "02",
      "01 6400000000000000 01000000",
      { kind: "single", filteredSize: 100, filterMask: 1 },
    ],
    ["no index", "00", "02", { kind: "implicit" }],
    ["a fixed array", "01", "03 0a", { kind: "fixed-array", pageBits: 10 }],
    [
      "an extensible array",
      "00",
      "04 20 04 04 10 0a",
      { kind: "extensible-array", maxBits: 32, elements: 4, minPointers: 4, minElements: 16, pageBits: 10 },
    ],
    [
      "a v2 B-tree",
      "00",
      "05 00080000 64 28",
      { kind: "btree-v2", nodeSize: 2048, splitPercent: 100, mergePercent: 40 },
    ],
  ])("versions 4 and 5 find chunks by %s", (_, flags, parameters, index) => {
    for (const version of [4, 5]) {
      const text = `0${version} 02 ${flags} 03 02 0a00 2c01 0800 ${parameters} ${ADDRESS}`;
      const layout = decode(text);
      expect(layout).toEqual({
        version,
        kind: "chunked",
        chunkShape: [10, 300],
        elementSize: 8,
        partialEdgeChunksUnfiltered: flags === "01",
        index: { ...index, address: 2048 },
      });
      expect(encode(layout)).toEqual(hex(text));
    }
  });

  test("sizes of chunks are written in the fewest bytes, since libhdf5 2.0 accepts no more", () => {
    const widthOf = (side: number): number | undefined => {
      const index = { kind: "implicit", address: undefined } as const;
      const parts = { chunkShape: [1, side], elementSize: 4, partialEdgeChunksUnfiltered: false };
      return encode({ version: 4, kind: "chunked", ...parts, index })[4];
    };
    expect([1, 255, 256, 65_535, 65_536, 2 ** 24 - 1, 2 ** 24, 2 ** 32, 2 ** 40, 2 ** 48].map(widthOf)).toEqual([
      1, 1, 2, 2, 3, 3, 4, 5, 6, 7,
    ]);
  });

  test("virtual data have a place in the global heap", () => {
    const text = `04 03 ${ADDRESS} 01000000`;
    expect(decode(text)).toEqual({ version: 4, kind: "virtual", heapAddress: 2048, heapIndex: 1 });
    expect(encode(decode(text))).toEqual(hex(text));
  });

  test.each([
    ["version 6", "06 00 0000", "version is 6"],
    ["class 4", "03 04 0000", "layout class is 4"],
    ["virtual data in version 3", `03 03 ${NONE} 00000000`, "has no virtual data"],
    ["virtual data in version 2", `02 01 03 0000000000 ${NONE} 01000000`, "layout class is 3, at most 2"],
    ["old dimensionality 0", "02 00 01 0000000000", "dimensionality is 0"],
    ["dimensionality 34", `03 02 22 ${NONE}`, "dimensionality is 34"],
    ["chunks of no dimension", `03 02 01 ${NONE} 08000000`, "dimensionality is 1 for chunks"],
    ["a chunk with a 0", `03 02 02 ${NONE} 00000000 08000000`, "with a 0"],
    ["unknown flags", "04 02 04 02 01 0a 08", "flags are 4"],
    ["sizes of 9 bytes", "04 02 00 02 09 0a", "dimension size encoded length is 9"],
    ["sizes of 0 bytes", "04 02 00 02 00 0a", "dimension size encoded length is 0"],
    ["index type 6", "04 02 00 02 01 0a 08 06", "chunk index type is 6"],
    ["index type 0, the v1 B-tree", "04 02 00 02 01 0a 08 00", "chunk index type is 0"],
    ["page bits 0", "04 02 00 02 01 0a 08 03 00", "page bits is 0"],
    ["compact data that are not there", "03 00 0300 0102", "raw data needs 3 bytes, 2 are left"],
  ])("%s is an error", (_, text, finding) => {
    expect(() => decode(text)).toThrow(finding);
    expect(() => decode(text)).toThrow(Hdf5FormatError);
  });

  test("compact data beyond 65,535 bytes are refused", () => {
    expect(() => encode({ version: 3, kind: "compact", data: new Uint8Array(65_536) })).toThrow(Hdf5UsageError);
  });
});
