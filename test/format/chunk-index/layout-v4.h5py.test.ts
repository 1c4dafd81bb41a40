/** All chunk indexes on files of libhdf5: what is found equals what h5py finds, however the file is paged. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Hdf5ChecksumError, isHdf5Error } from "../../../src/errors.js";
import type { ByteSource } from "../../../src/format/byte-source.js";
import { readChunkBtree } from "../../../src/format/chunk-index/btree-v1.js";
import { readChunkBtreeV2 } from "../../../src/format/chunk-index/btree-v2.js";
import { type ChunkBox, type ChunkRecord, chunkTouches } from "../../../src/format/chunk-index/chunk-record.js";
import { readExtensibleArray } from "../../../src/format/chunk-index/extensible-array.js";
import { readFixedArray } from "../../../src/format/chunk-index/fixed-array.js";
import { readImplicitIndex } from "../../../src/format/chunk-index/implicit.js";
import { readSingleChunk } from "../../../src/format/chunk-index/single.js";
import { PagedSource, walkEverywhere } from "../paged-source.js";
import { FIXTURES, fixtureBytes, fixtureContext, fixtureObject } from "../walker-fixtures.js";

const LIMITS = { treeDepth: 64 };
const CONTEXT = fixtureContext({ chunkInternalK: 2 });
const FILES = ["chunks-v1.h5", "chunks-v4.h5"] as const;
const BYTES = new Map(FILES.map((file) => [file, fixtureBytes(file)]));

function bytesOf(file: (typeof FILES)[number]): Uint8Array {
  return BYTES.get(file) as Uint8Array; // one entry per name
}

function datasetOf(file: string, path: string) {
  const {
    chunkShape = [],
    elementSize = 0,
    shape = [],
    maxShape = [],
    filtered = false,
    layoutVersion = 0,
  } = fixtureObject(file, path);
  const max = maxShape.map((most) => most ?? Number.POSITIVE_INFINITY);
  return { chunkShape, elementSize, shape, maxShape: max, filtered, layoutVersion };
}

/** As the dispatcher does, but from the addresses of expected.json. */
function read(source: ByteSource, file: string, path: string, box?: ChunkBox): ChunkRecord[] {
  const { index } = fixtureObject(file, path);
  if (index === undefined) throw new Error(`${path} is not chunked`);
  const dataset = datasetOf(file, path);
  const address = index.address ?? undefined;
  switch (index.kind) {
    case "btree-v1":
      return address === undefined ? [] : readChunkBtree(source, address, CONTEXT, dataset, box, LIMITS);
    case "single":
      return readSingleChunk({ ...index, address }, dataset, box);
    case "implicit":
      return readImplicitIndex(source, address, dataset, box);
    case "fixed-array":
      return readFixedArray(source, address, CONTEXT, dataset, box);
    case "extensible-array":
      return readExtensibleArray(source, address, CONTEXT, dataset, box);
    case "btree-v2":
      return readChunkBtreeV2(source, address, CONTEXT, dataset, box, LIMITS);
  }
}

const CASES = FILES.flatMap((file) =>
  Object.entries(FIXTURES[file] ?? {})
    .filter(([, object]) => object.index !== undefined)
    .map(([path, object]) => ({ file, path, kind: object.index?.kind ?? "" })),
);

/** Round trips of a cold walk in pages of 64 bytes, at most: the length of the longest chain of pointers. */
const ROUNDS: Readonly<Record<string, number>> = {
  single: 0,
  implicit: 0,
  "fixed-array": 3,
  "extensible-array": 4,
  "btree-v2": 3,
  "btree-v1": 4,
};

test("the fixtures hold every kind of index, filtered and not", () => {
  expect(new Set(CASES.map(({ kind }) => kind))).toEqual(new Set(Object.keys(ROUNDS)));
});

describe.each(CASES)("$file: $path ($kind)", ({ file, path, kind }) => {
  const expected = (fixtureObject(file, path).chunks ?? []).map(([offset, address, size, filterMask]) => ({
    offset,
    address,
    size,
    filterMask,
  }));

  test("has the chunks that h5py lists, cold, warm and in memory, in few round trips", () => {
    const { result, rounds } = walkEverywhere(
      bytesOf(file),
      (source) => read(source, file, path),
      (actual, all) => expect(actual).toEqual(all),
    );
    expect(result).toEqual(expected);
    for (const count of rounds.values()) expect(count).toBeLessThanOrEqual(ROUNDS[kind] as number);
  });

  test("gives for a box exactly the chunks that touch it", () => {
    const { shape, chunkShape } = datasetOf(file, path);
    const source = new PagedSource(bytesOf(file), 4096);
    const sides = shape.map((length) => fc.tuple(fc.nat(length - 1), fc.nat(length - 1)));
    fc.assert(
      fc.property(fc.tuple(...sides), (ends) => {
        const box = { low: ends.map(([a, b]) => Math.min(a, b)), high: ends.map(([a, b]) => Math.max(a, b) + 1) };
        const found = source.settle((from) => read(from, file, path, box));
        expect(found).toEqual(expected.filter(({ offset }) => chunkTouches(offset, chunkShape, box)));
      }),
      { numRuns: 40 },
    );
    const nothing = { low: shape.map(() => 1), high: shape.map(() => 1) };
    expect(source.settle((from) => read(from, file, path, nothing))).toEqual([]);
  });
});

describe("a damaged index", () => {
  /** Every byte that the walk looks at, found by reading with pages of one byte. */
  function touched(file: (typeof FILES)[number], path: string): number[] {
    const seen = new Set<number>();
    const bytes = bytesOf(file);
    const watch = new Proxy(new PagedSource(bytes, Number.POSITIVE_INFINITY), {
      get(target, name) {
        if (name === "read") {
          return (address: number, length: number, structure: string) => {
            for (let i = 0; i < length; i++) seen.add(address + i);
            return target.read(address, length, structure);
          };
        }
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    read(watch, file, path);
    return [...seen];
  }

  test.each(CASES.filter(({ file, kind }) => file === "chunks-v4.h5" && !["single", "implicit"].includes(kind)))(
    "of kind $kind fails its checksum when any byte of it is flipped: $path",
    ({ file, path }) => {
      const places = touched(file, path);
      fc.assert(
        fc.property(fc.constantFrom(...places), fc.integer({ min: 1, max: 255 }), (at, flip) => {
          const bytes = bytesOf(file).slice();
          bytes[at] = (bytes[at] as number) ^ flip;
          const walk = (): unknown =>
            new PagedSource(bytes, Number.POSITIVE_INFINITY).settle((from) => read(from, file, path));
          expect(walk).toThrow(/checksum|signature|leaves the file|filters|needs/);
        }),
        { numRuns: 150 },
      );
    },
  );

  test.each(CASES.filter(({ kind }) => kind === "btree-v1"))(
    "without checksums gives chunks or an error of ours: $path",
    ({ file, path }) => {
      const places = touched(file, path);
      if (places.length === 0) return;
      fc.assert(
        fc.property(fc.constantFrom(...places), fc.integer({ min: 1, max: 255 }), (at, flip) => {
          const bytes = bytesOf(file).slice();
          bytes[at] = (bytes[at] as number) ^ flip;
          try {
            new PagedSource(bytes, Number.POSITIVE_INFINITY).settle((from) => read(from, file, path));
          } catch (thrown) {
            expect(isHdf5Error(thrown)).toBe(true);
          }
        }),
        { numRuns: 150 },
      );
    },
  );

  test("cut anywhere gives chunks or an error of ours", () => {
    for (const { file, path } of CASES) {
      for (let end = 0; end < bytesOf(file).length; end += 997) {
        try {
          new PagedSource(bytesOf(file).subarray(0, end), Number.POSITIVE_INFINITY).settle((from) =>
            read(from, file, path),
          );
        } catch (thrown) {
          expect(isHdf5Error(thrown)).toBe(true);
        }
      }
    }
  });

  test("with a bad checksum says which structure and where", () => {
    const { index } = fixtureObject("chunks-v4.h5", "fixed");
    const bytes = bytesOf("chunks-v4.h5").slice();
    const address = index?.address ?? 0;
    bytes[address + 6] = 99;
    const walk = (): unknown =>
      new PagedSource(bytes, Number.POSITIVE_INFINITY).settle((from) => read(from, "chunks-v4.h5", "fixed"));
    expect(walk).toThrow(Hdf5ChecksumError);
    expect(walk).toThrow(`fixed array header at 0x${address.toString(16)}`);
  });
});
