import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Cursor } from "../../../src/bytes/cursor.js";
import { Hdf5ChecksumError, isHdf5Error } from "../../../src/errors.js";
import { decodeMappings, encodeMappings, type VirtualMapping } from "../../../src/model/virtual/mapping-block.js";
import { hasBlockNumber, sourceName } from "../../../src/model/virtual/source-name.js";
import {
  ALL_SELECTION,
  type DataSelection,
  hyperslab,
  NONE_SELECTION,
  points,
} from "../../../src/selection/selection.js";
import { text } from "../../arbitraries/messages.js";
import { hex } from "../../format/hex.js";

const CONTEXT = {
  sizeOfOffsets: 8,
  sizeOfLengths: 8,
  baseAddress: 0,
  groupLeafK: 4,
  groupInternalK: 16,
  chunkInternalK: 32,
};

// The heap object of vds-eiger.h5 (libhdf5's own test files): one mapping, f-%b.h5 and A.
const EIGER = hex(`
  00  01 00 00 00 00 00 00 00
  "f-%b.h5" 00  "A" 00
  03 00 00 00  01 00 00 00  00 00 00 00  00 00 00 00
  02 00 00 00  02 00 00 00  01  04 00 00 00  03 00 00 00
  00 00 00 00 00 00 00 00  05 00 00 00 00 00 00 00  ff ff ff ff ff ff ff ff  05 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00  0a 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00  0a 00 00 00 00 00 00 00
  29 fd 32 79`);

const decode = (bytes: Uint8Array) => decodeMappings(new Cursor(bytes, "virtual dataset mappings"), CONTEXT, true);

describe("mappings of a virtual dataset", () => {
  test("are decoded field by field, and encoded again", () => {
    const mappings = decode(EIGER);
    expect(mappings).toMatchObject([
      {
        file: "f-%b.h5",
        dataset: "A",
        source: { kind: "all" },
        virtual: {
          kind: "hyperslab",
          regular: {
            start: [0, 0, 0],
            stride: [5, 1, 1],
            count: [Number.POSITIVE_INFINITY, 1, 1],
            block: [5, 10, 10],
          },
        },
      },
    ]);
    // The old libhdf5 that wrote this counted 4 bytes as a regular hyperslab's length; 1.10.8 and we count all of it.
    const stored = EIGER.slice(0, -4);
    stored[44] = 4 + 32 * 3;
    expect([...encodeMappings(mappings, CONTEXT)].slice(0, -4)).toEqual([...stored]);
  });

  test("of any kind come back as they were, to the last byte, at any size of lengths", () => {
    const side = fc.record({
      start: fc.nat(20),
      block: fc.integer({ min: 1, max: 4 }),
      gap: fc.nat(3),
      count: fc.integer({ min: 1, max: 5 }),
    });
    const regular = fc.array(side, { minLength: 1, maxLength: 3 }).map((sides) =>
      hyperslab({
        start: sides.map(({ start }) => start),
        stride: sides.map(({ block, gap }) => block + gap),
        count: sides.map(({ count }) => count),
        block: sides.map(({ block }) => block),
      }),
    );
    const unlimited = fc
      .record({ start: fc.nat(1000), stride: fc.integer({ min: 5, max: 9 }) })
      .map(({ start, stride }) =>
        hyperslab({ start: [start, 0], stride: [stride, 1], count: [Infinity, 1], block: [5, 1] }),
      );
    const some = fc.array(fc.tuple(fc.nat(99), fc.nat(99)), { minLength: 1, maxLength: 4 }).map(points);
    const selection = fc.oneof(fc.constantFrom(ALL_SELECTION, NONE_SELECTION), regular, unlimited, some);
    const mapping = fc.record({ file: text, dataset: text, source: selection, virtual: selection });
    const sizes = fc.constantFrom(2, 4, 8);
    fc.assert(
      fc.property(fc.array(mapping, { maxLength: 5 }), sizes, (mappings, sizeOfLengths) => {
        const ctx = { ...CONTEXT, sizeOfLengths };
        const bytes = encodeMappings(mappings, ctx);
        const cur = new Cursor(bytes, "virtual dataset mappings");
        const decoded = decodeMappings(cur, ctx, true);
        expect(cur.remaining).toBe(4); // the checksum, which is looked at first
        // Blocks that touch may come back as one: the elements are the same.
        const elements = ({ kind, rank = 1, count, runs }: DataSelection) => ({
          kind,
          count,
          runs: kind === "all" ? [] : [...runs(Array(rank).fill(100))],
        });
        const shown = ({ file, dataset, source, virtual }: VirtualMapping) =>
          [file, dataset, elements(source), elements(virtual)] as const;
        expect(decoded.map(shown)).toEqual(mappings.map(shown));
      }),
    );
  });

  test("with a flipped byte are refused by their checksum", () => {
    fc.assert(
      fc.property(fc.nat(EIGER.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = EIGER.slice();
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        expect(() => decode(bytes)).toThrow(Hdf5ChecksumError);
      }),
    );
  });

  test("of arbitrary bytes are errors of this library", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeMappings(new Cursor(bytes, "virtual dataset mappings"), CONTEXT, false);
        } catch (error) {
          if (!isHdf5Error(error)) throw error;
        }
      }),
    );
  });
});

test("%b is the number of a block, %% a percent sign, and nothing else is allowed", () => {
  expect(sourceName("a%b-%b%%.h5", 12)).toBe("a12-12%.h5");
  expect(hasBlockNumber("a%%b.h5")).toBe(false);
  expect(hasBlockNumber("a%%%b.h5")).toBe(true);
  expect(() => sourceName("50%d", 1)).toThrow(/without b or %/);
  expect(() => sourceName("50%", 1)).toThrow(/without b or %/);
});
