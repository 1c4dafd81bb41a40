import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { lookup3 } from "../../src/bytes/checksum.js";
import type { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5ChecksumError, Hdf5FormatError, Hdf5TruncatedError, isHdf5Error } from "../../src/errors.js";
import { BTREE_V2_TYPE, readBtreeV2 } from "../../src/format/btree-v2.js";
import type { ByteSource } from "../../src/format/byte-source.js";
import { type FormatContext, writeAddress, writeLength } from "../../src/format/context.js";
import { type FractalHeap, readFractalHeap } from "../../src/format/fractal-heap.js";
import { PagedSource, walkEverywhere } from "./paged-source.js";
import { fixtureBytes, fixtureContext, fixtureObject } from "./walker-fixtures.js";

const CONTEXT = fixtureContext();
const LIMITS = { treeDepth: 64 };

/** Every object of a fixture's heap, by way of its name index. */
function readAll(source: ByteSource, [heapAddress, index]: readonly [number, number], idAt: number, idLength: number) {
  const heap = readFractalHeap(source, heapAddress, CONTEXT, LIMITS);
  const type = idAt === 4 ? BTREE_V2_TYPE.linkNames : BTREE_V2_TYPE.attributeNames;
  const idOf = (cur: Cursor): Uint8Array => cur.skip(idAt).take(idLength);
  const ids = readBtreeV2(source, index, CONTEXT, LIMITS, idOf, type);
  heap.prefetch(ids);
  return ids.map((id) => heap.object(id));
}

interface HeapOptions {
  readonly ctx?: FormatContext;
  readonly idLength?: number;
  readonly filterLength?: number;
  readonly flags?: number;
  readonly width?: number;
  readonly start?: number;
  readonly maxDirect?: number;
  readonly bits?: number;
  readonly rootAddress?: number | undefined;
  readonly rows?: number;
}

/** A heap header at 0 with a right checksum, alone in a file of 64 KiB; the root block's place is up to the test. */
function heapFile(options: HeapOptions, fill: (bytes: Uint8Array) => void = () => {}): Uint8Array {
  const ctx = options.ctx ?? CONTEXT;
  const out = new ByteWriter();
  out
    .ascii("FRHP")
    .u8(0)
    .u16(options.idLength ?? 8)
    .u16(options.filterLength ?? 0)
    .u8(options.flags ?? 0)
    .u32(4096);
  writeLength(out, 0, ctx);
  writeAddress(out, undefined, ctx);
  writeLength(out, 0, ctx);
  writeAddress(out, undefined, ctx);
  for (let i = 0; i < 8; i++) writeLength(out, 0, ctx);
  out.u16(options.width ?? 4);
  writeLength(out, options.start ?? 512, ctx);
  writeLength(out, options.maxDirect ?? 4096, ctx);
  out.u16(options.bits ?? 32).u16(1);
  writeAddress(out, "rootAddress" in options ? options.rootAddress : 1024, ctx);
  out.u16(options.rows ?? 0);
  out.u32(lookup3(out.written()));
  const bytes = new Uint8Array(65536);
  bytes.set(out.bytes());
  fill(bytes);
  return bytes;
}

const open = (bytes: Uint8Array, ctx: FormatContext = CONTEXT): FractalHeap =>
  new PagedSource(bytes, Number.POSITIVE_INFINITY).settle((source) => readFractalHeap(source, 0, ctx, LIMITS));
const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.replaceAll(/[^0-9a-f]/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

describe("a fractal heap of libhdf5", () => {
  test.each<[string, string, string, "dense links" | "dense attributes", number, number, number]>([
    ["with a direct root block gives links", "dense-group.h5", "small", "dense links", 4, 7, 13],
    ["with an indirect root block gives links", "dense-group.h5", "middle", "dense links", 4, 7, 300],
    ["with huge objects gives attributes", "dense-attributes.h5", "d", "dense attributes", 0, 8, 14],
  ])("%s, cold, warm and in memory", (_, file, path, kind, idAt, idLength, count) => {
    const addresses = fixtureObject(file, path)[kind] ?? [0, 0];
    const { result, rounds } = walkEverywhere(
      fixtureBytes(file),
      (source) => readAll(source, addresses, idAt, idLength),
      (actual, expected) => expect(actual).toEqual(expected),
    );
    expect(result.length).toBe(count);
    for (const object of result) expect(object[0]).toBe(kind === "dense links" ? 1 : 3); // message version
    // Heap header; index header and up to two levels; blocks of the heap and one more for huge objects' index.
    for (const trips of rounds.values()) expect(trips).toBeLessThanOrEqual(7);
  });

  test("refuses a direct block of which any byte was changed", () => {
    const addresses = fixtureObject("dense-group.h5", "small")["dense links"] ?? [0, 0];
    const original = fixtureBytes("dense-group.h5");
    const root = open(original.subarray(addresses[0]), CONTEXT).ahead()[0]?.address ?? 0;
    fc.assert(
      fc.property(fc.nat(511), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = original.slice();
        bytes[root + at] = (bytes[root + at] as number) ^ flip;
        const walk = (): unknown => new PagedSource(bytes, 64).settle((source) => readAll(source, addresses, 4, 7));
        expect(walk).toThrow(Hdf5FormatError);
      }),
      { numRuns: 50 },
    );
  });

  test("names the damaged block, and still gives the objects of the others", () => {
    const addresses = fixtureObject("dense-group.h5", "middle")["dense links"] ?? [0, 0];
    const bytes = fixtureBytes("dense-group.h5");
    const view = new DataView(bytes.buffer);
    const isBlock = (at: number): boolean =>
      view.getUint32(at, true) === 0x42444846 && view.getUint32(at + 5, true) === addresses[0]; // "FHDB" of this heap
    const last = [...Array(bytes.length - 16).keys()].filter(isBlock).at(-1) ?? 0;
    bytes[last + 100] = 0xee;
    const source = new PagedSource(bytes, 64);
    const outcomes = source.settle((from) => {
      const heap = readFractalHeap(from, addresses[0], CONTEXT, LIMITS);
      const idOf = (cur: Cursor): Uint8Array => cur.skip(4).take(7);
      const ids = readBtreeV2(from, addresses[1], CONTEXT, LIMITS, idOf, BTREE_V2_TYPE.linkNames);
      heap.prefetch(ids);
      return ids.map((id) => {
        try {
          return heap.object(id);
        } catch (thrown) {
          if (!isHdf5Error(thrown, "checksum")) throw thrown;
          expect(thrown.where.address).toBe(last);
          return undefined;
        }
      });
    });
    expect(outcomes.length).toBe(300);
    const lost = outcomes.filter((outcome) => outcome === undefined).length;
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(300);
  });
});

describe("an object of a fractal heap", () => {
  test.each<[string, number, Uint8Array, string]>([
    ["of 3 bytes in an id of 8", 8, hex("22 61 62 63 00 00 00 00"), "abc"],
    [
      "of 16 bytes in an id of 18, whose length still fits 4 bits",
      18,
      new Uint8Array([0x2f, ...Array(17).fill(0x61)]),
      "a".repeat(16),
    ],
    [
      "of 20 bytes in an id of 32, whose length takes 12 bits",
      32,
      new Uint8Array([0x20, 19, ...Array(30).fill(0x62)]),
      "b".repeat(20),
    ],
  ])("may be tiny: %s", (_, idLength, id, text) => {
    expect(new TextDecoder().decode(open(heapFile({ idLength })).object(id))).toBe(text);
  });

  test("may be huge and named by address and length in the id itself", () => {
    const bytes = heapFile({ idLength: 17 }, (file) => file.fill(0x7a, 30000, 30100));
    const id = new Uint8Array(17);
    id[0] = 0x10;
    new DataView(id.buffer).setBigUint64(1, 30000n, true);
    new DataView(id.buffer).setBigUint64(9, 100n, true);
    expect(open(bytes).object(id)).toEqual(new Uint8Array(100).fill(0x7a));
  });

  test("is found through indirect blocks within indirect blocks", () => {
    // Width 2, blocks of 64 up to 128 bytes: rows 0–2 are direct (64, 64, 128), row 3 holds indirect blocks of 256 bytes
    // (2 rows of 2), row 4 of 512 (3 rows). Object at offset 512 + 256 + 64 + 30: row 3, second block, its second child.
    const ctx = CONTEXT;
    const indirect = (
      file: Uint8Array,
      at: number,
      blockOffset: number,
      rows: number,
      children: ReadonlyMap<number, number>,
    ) => {
      const out = new ByteWriter();
      out.ascii("FHIB").u8(0);
      writeAddress(out, 0, ctx);
      out.uint(blockOffset, 2);
      for (let i = 0; i < rows * 2; i++) writeAddress(out, children.get(i), ctx);
      out.u32(lookup3(out.written()));
      file.set(out.bytes(), at);
    };
    const bytes = heapFile({ width: 2, start: 64, maxDirect: 128, bits: 16, rows: 5 }, (file) => {
      indirect(file, 1024, 0, 5, new Map([[7, 4096]]));
      indirect(file, 4096, 768, 2, new Map([[1, 8192]]));
      const out = new ByteWriter();
      out.ascii("FHDB").u8(0);
      writeAddress(out, 0, ctx);
      out.uint(832, 2);
      file.set(out.bytes(), 8192);
      file.set(new TextEncoder().encode("deep"), 8192 + 30);
    });
    const { result, rounds } = walkEverywhere(
      bytes,
      (source) =>
        new TextDecoder().decode(readFractalHeap(source, 0, ctx, LIMITS).object(hex("00 5e03 04 00 00 00 00"))),
      (actual, expected) => expect(actual).toBe(expected),
    );
    expect(result).toBe("deep");
    for (const count of rounds.values()) expect(count).toBeLessThanOrEqual(4);
    expect(() => open(bytes).object(hex("00 5e02 04 00000000"))).toThrow(/never allocated/);
    expect(() => open(bytes).object(hex("00 5efc 04 00000000"))).toThrow(/beyond the heap's blocks/);
  });

  describe("is refused", () => {
    const direct = heapFile({}, (file) => {
      const out = new ByteWriter();
      out.ascii("FHDB").u8(0);
      writeAddress(out, 0, CONTEXT);
      out.uint(0, 4);
      file.set(out.bytes(), 1024);
    });

    test("by an id of another version or of no known type", () => {
      expect(() => open(direct).object(hex("c0 20000000 0400"))).toThrow(/version is 3, expected 0/);
      expect(() => open(direct).object(hex("30 20000000 0400"))).toThrow(/type is 3/);
      expect(() => open(direct).object(new Uint8Array(0))).toThrow(Hdf5TruncatedError);
    });

    test("outside its block: in the header, past the end, of no bytes or more than managed objects have", () => {
      expect(open(direct).object(hex("00 20000000 0400"))).toEqual(new Uint8Array(4));
      expect(() => open(direct).object(hex("00 10000000 0400"))).toThrow(/in the header of a direct block/);
      expect(() => open(direct).object(hex("00 fe010000 0400"))).toThrow(/2 bytes are left/);
      expect(() => open(direct).object(hex("00 20000000 0000"))).toThrow(/length is 0/);
      expect(() => open(direct).object(hex("00 20000000 ffff"))).toThrow(/length is 65535, expected 1 to 4096/);
    });

    test("when huge without an index, or tiny and longer than its id", () => {
      expect(() => open(direct).object(hex("10 01000000000000"))).toThrow(/no huge objects/);
      expect(() => open(direct).object(hex("2f 6162"))).toThrow(Hdf5TruncatedError);
    });

    test("in a block of another heap or at another place in the heap", () => {
      const other = direct.slice();
      other[1024 + 5] = 8;
      expect(() => open(other).object(hex("00 20000000 0400"))).toThrow(/heap header address/);
      const moved = direct.slice();
      moved[1024 + 13] = 8;
      expect(() => open(moved).object(hex("00 20000000 0400"))).toThrow(/block offset is 8, expected 0/);
    });

    test("in a heap without blocks", () => {
      expect(() => open(heapFile({ rootAddress: undefined })).object(hex("00 20000000 0400"))).toThrow(/no blocks/);
    });
  });
});

describe("a fractal heap header is refused", () => {
  test.each<[string, HeapOptions, RegExp]>([
    ["without a table", { width: 0 }, /table width is 0/],
    ["with a table width that is no power of two", { width: 3 }, /table width is 3/],
    ["with starting blocks of no bytes", { start: 0 }, /starting block size is 0/],
    ["with odd starting blocks", { start: 513 }, /starting block size is 513/],
    ["with blocks of 2^40 bytes", { start: 2 ** 40, maxDirect: 2 ** 40 }, /starting block size is/],
    ["with a largest block below the starting one", { start: 512, maxDirect: 256 }, /maximum direct block size is 256/],
    ["with an address space of 65,535 bits", { bits: 65535 }, /maximum heap size is 65535/],
    ["with an address space below its first row", { bits: 10 }, /maximum heap size is 10/],
    ["with more rows than its address space has", { rows: 60000 }, /rows in root indirect block is 60000/],
  ])("%s", (_, options, message) => {
    expect(() => open(heapFile(options))).toThrow(message);
    expect(() => open(heapFile(options))).toThrow(Hdf5FormatError);
  });

  test("by its checksum when any byte was changed", () => {
    const bytes = heapFile({});
    for (let at = 9; at < 142; at += 7) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] as number) ^ 1;
      expect(() => open(damaged)).toThrow(Hdf5ChecksumError);
    }
  });

  test("with filters whose bytes are not there, or that name none", () => {
    expect(() => open(heapFile({ filterLength: 65535 }))).toThrow(Hdf5FormatError);
    const filtered = (message: readonly number[]): Uint8Array => {
      const bytes = heapFile({ filterLength: message.length });
      bytes.set(message, 142 + 8 + 4);
      const size = 146 + 8 + 4 + message.length;
      new DataView(bytes.buffer).setUint32(size - 4, lookup3(bytes.subarray(0, size - 4)), true);
      return bytes;
    };
    // A filter pipeline message of version 2 with deflate, level 6; its flags are an 8-bit and a 16-bit zero.
    const deflate = [2, 1, 1, 0, 0, 0, 1, 0, 6, 0, 0, 0];
    expect(open(filtered(deflate)).header.filters).toMatchObject([{ id: 1, values: [6] }]);
    expect(() => open(filtered([2, 0]))).toThrow(Hdf5FormatError);
    expect(() => open(filtered([9, 1]))).toThrow(Hdf5FormatError);
  });

  // By H5HFhuge.c: no heap of libhdf5 has ids this long and filters.
  test("with filters: a long id of a huge object says where it is, its mask and its size", () => {
    const deflate = [2, 1, 1, 0, 0, 0, 1, 0, 6, 0, 0, 0];
    const bytes = heapFile({ filterLength: deflate.length, idLength: 1 + 8 + 8 + 4 + 8 });
    bytes.set(deflate, 142 + 8 + 4);
    const size = 146 + 8 + 4 + deflate.length;
    new DataView(bytes.buffer).setUint32(size - 4, lookup3(bytes.subarray(0, size - 4)), true);
    const object = Uint8Array.from({ length: 5000 }, (_, i) => i % 7);
    const stored = deflateSync(object);
    bytes.set(stored, 8192);
    bytes.set(object, 16384);
    const id = (address: number, length: number, mask: number): Uint8Array => {
      const out = new ByteWriter().u8(0x10).u64(address).u64(length).u32(mask).u64(object.length);
      return out.bytes();
    };
    const heap = open(bytes);
    expect(heap.object(id(8192, stored.length, 0))).toEqual(object);
    expect(heap.object(id(16384, object.length, 1))).toEqual(object);
    expect(() => heap.object(id(65500, 500, 0))).toThrow(Hdf5TruncatedError);
  });

  test.each([2, 4, 8])("never when it is sound, with offsets and lengths of %d bytes", (size) => {
    const ctx = { ...CONTEXT, sizeOfOffsets: size, sizeOfLengths: size };
    expect(open(heapFile({ ctx }), ctx).header).toMatchObject({
      tableWidth: 4,
      startingBlockSize: 512,
      maxHeapBits: 32,
    });
  });
});
