import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5FormatError, Hdf5TruncatedError } from "../../src/errors.js";
import { type FormatContext, writeAddress, writeLength } from "../../src/format/context.js";
import { decodeLocalHeapPrefix, readLocalHeap } from "../../src/format/local-heap.js";
import { PagedSource, walkEverywhere } from "./paged-source.js";

const CONTEXT: FormatContext = {
  sizeOfOffsets: 8,
  sizeOfLengths: 8,
  baseAddress: 0,
  groupLeafK: 4,
  groupInternalK: 16,
  chunkInternalK: 32,
};
const SEGMENT_AT = 4096;

/** A prefix at 0 and a segment at 4096, as libhdf5 lays them out: an empty name first, names padded to 8. */
function heap(ctx: FormatContext, names: readonly string[], size?: number): Uint8Array {
  const segment = new ByteWriter();
  segment.zeros(8);
  for (const name of names) segment.put(new TextEncoder().encode(name)).u8(0).align(8);
  const out = new ByteWriter();
  out.ascii("HEAP").u8(0).zeros(3);
  writeLength(out, size ?? segment.length, ctx);
  writeLength(out, 1, ctx);
  writeAddress(out, SEGMENT_AT, ctx);
  return out
    .zeros(SEGMENT_AT - out.length)
    .put(segment.bytes())
    .bytes();
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const open = (bytes: Uint8Array): ReturnType<typeof readLocalHeap> =>
  new PagedSource(bytes, 64).settle((source) => readLocalHeap(source, 0, CONTEXT));

describe("a local heap", () => {
  test.each([2, 4, 8])("gives names by offset, with offsets and lengths of %d bytes", (size) => {
    const ctx = { ...CONTEXT, sizeOfOffsets: size, sizeOfLengths: size };
    const { rounds } = walkEverywhere(
      heap(ctx, ["a", "ünï", "a name of more than eight bytes"]),
      (source) => {
        const names = readLocalHeap(source, 0, ctx);
        return [0, 8, 16, 24].map((offset) => text(names.name(offset)));
      },
      (actual, expected) => {
        expect(actual).toEqual(expected);
        expect(actual).toEqual(["", "a", "ünï", "a name of more than eight bytes"]);
      },
    );
    for (const count of rounds.values()) expect(count).toBe(2);
  });

  test("without a segment has no names and is no error", () => {
    const bytes = heap(CONTEXT, [], 0);
    bytes.fill(0xff, 24, 32);
    expect(() => open(bytes).name(0)).toThrow(Hdf5FormatError);
  });

  test("keeps what its prefix says", () => {
    expect(decodeLocalHeapPrefix(new Cursor(heap(CONTEXT, ["a"]), "local heap"), CONTEXT)).toEqual({
      segmentSize: 16,
      freeListHead: 1,
      segmentAddress: SEGMENT_AT,
    });
  });

  test("refuses a name past its segment, one without NUL, a wrong signature or version and a segment past the end", () => {
    expect(() => open(heap(CONTEXT, ["a"])).name(17)).toThrow(Hdf5FormatError);
    expect(() => open(heap(CONTEXT, ["12345678"], 16)).name(8)).toThrow(/not terminated/);
    expect(() => open(heap(CONTEXT, ["a"]).fill(0x58, 0, 1))).toThrow(/signature/);
    expect(() => open(heap(CONTEXT, ["a"]).fill(1, 4, 5))).toThrow(/version is 1, expected 0/);
    expect(() => open(heap(CONTEXT, ["a"], 2 ** 40))).toThrow(Hdf5TruncatedError);
    expect(() => open(heap(CONTEXT, ["a"]).fill(0xff, 24, 32))).toThrow(/undefined address/);
  });
});
