import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5FormatError, Hdf5TruncatedError, Hdf5UsageError, isHdf5Error } from "../../src/errors.js";
import type { FormatContext } from "../../src/format/context.js";
import {
  decodeGlobalHeapCollection,
  encodeGlobalHeapCollection,
  globalHeapObjectSize,
  readGlobalHeapCollection,
} from "../../src/format/global-heap.js";
import { PagedSource, walkEverywhere } from "./paged-source.js";

const CONTEXT: FormatContext = {
  sizeOfOffsets: 8,
  sizeOfLengths: 8,
  baseAddress: 0,
  groupLeafK: 4,
  groupInternalK: 16,
  chunkInternalK: 32,
};

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.replaceAll(/[^0-9a-f]/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/**
 * h5py 3.7 (libhdf5 1.10.8): `create_dataset("d", data=["a", "bcd"], dtype=h5py.string_dtype())`: the collection's
 * first 80 bytes; 4,016 zeros follow.
 */
const GOLDEN = `
  47 43 4f 4c  01 00 00 00  00 10 00 00 00 00 00 00
  01 00  00 00  00 00 00 00  03 00 00 00 00 00 00 00  62 63 64 00 00 00 00 00
  02 00  00 00  00 00 00 00  01 00 00 00 00 00 00 00  61 00 00 00 00 00 00 00
  00 00  00 00  00 00 00 00  c0 0f 00 00 00 00 00 00`;

function golden(): Uint8Array {
  const bytes = new Uint8Array(4096);
  bytes.set(hex(GOLDEN));
  return bytes;
}

const read = (bytes: Uint8Array, address = 0): ReadonlyMap<number, Uint8Array> =>
  new PagedSource(bytes, 64).settle((source) => readGlobalHeapCollection(source, address, CONTEXT));

describe("a global heap collection", () => {
  test("of h5py gives its objects, and is written again to the same bytes", () => {
    const objects = read(golden());
    expect([...objects]).toEqual([
      [1, ascii("bcd")],
      [2, ascii("a")],
    ]);
    const list = [...objects].map(([index, bytes]) => ({ index, bytes }));
    expect(encodeGlobalHeapCollection(list, 4096, CONTEXT)).toEqual(golden());
  });

  test("reads the same cold, warm and in memory at every page size, in one round trip up to 4,096 bytes and two above", () => {
    const small = encodeGlobalHeapCollection([{ index: 1, bytes: ascii("x") }], 4096, CONTEXT);
    const large = encodeGlobalHeapCollection([{ index: 7, bytes: new Uint8Array(9000).fill(5) }], 9048, CONTEXT);
    const file = new Uint8Array(4096 * 4 + 9048);
    file.set(small, 0);
    file.set(large, 4096 * 3 + 1000);
    for (const [address, trips] of [
      [0, 1],
      [4096 * 3 + 1000, 2],
    ] as const) {
      const { rounds } = walkEverywhere(
        file,
        (source) => readGlobalHeapCollection(source, address, CONTEXT),
        (actual, expected) => expect(actual).toEqual(expected),
      );
      for (const count of rounds.values()) expect(count).toBe(trips);
    }
  });

  test("that ends within the first 4,096 bytes of the file's end is read whole", () => {
    const bytes = encodeGlobalHeapCollection([{ index: 3, bytes: ascii("last") }], 4096, CONTEXT);
    expect(read(bytes).get(3)).toEqual(ascii("last"));
  });

  test("keeps any objects through encode and decode, at any size of lengths", () => {
    const objects = fc.uniqueArray(
      fc.record({ index: fc.integer({ min: 1, max: 0xffff }), bytes: fc.uint8Array({ maxLength: 300 }) }),
      { selector: ({ index }) => index, maxLength: 40 },
    );
    fc.assert(
      fc.property(objects, fc.constantFrom(2, 4, 8), fc.nat(20), (list, sizeOfLengths, spare) => {
        const ctx = { ...CONTEXT, sizeOfLengths };
        const used = list.reduce((sum, { bytes }) => sum + globalHeapObjectSize(bytes.length, ctx), 16);
        const size = Math.max(4096, Math.ceil(used / 8) * 8 + 8 * spare);
        const encoded = encodeGlobalHeapCollection(list, size, ctx);
        expect(encoded.length).toBe(size);
        const decoded = decodeGlobalHeapCollection(new Cursor(encoded, "collection"), ctx);
        expect([...decoded]).toEqual(list.map(({ index, bytes }) => [index, bytes]));
      }),
    );
  });

  test("continues after free space in its middle", () => {
    const bytes = golden();
    // Object 1 freed: its place becomes object 0 of 24 bytes, header included.
    bytes.set(hex("0000 0000 00000000 1800000000000000"), 16);
    expect([...read(bytes).keys()]).toEqual([2]);
  });

  describe("is refused", () => {
    const broken = (change: (bytes: Uint8Array) => void): Uint8Array => {
      const bytes = golden();
      change(bytes);
      return bytes;
    };

    test.each<[string, Uint8Array, RegExp]>([
      ["with another signature", broken((b) => b.fill(0x58, 3, 4)), /signature/],
      ["of another version", broken((b) => b.fill(2, 4, 5)), /version is 2, expected 1/],
      ["of no bytes", broken((b) => b.fill(0, 8, 16)), /collection size is 0/],
      ["with two objects of one index", broken((b) => b.fill(1, 40, 41)), /index is 1, as that of an object before it/],
      ["with free space of no bytes before its end", broken((b) => b.fill(0, 64, 80)), /free space is 0/],
      ["with an object that overruns it", broken((b) => b.fill(0xff, 48, 50)), /object data/],
      ["with an object size above 2^53", broken((b) => b.fill(0xff, 48, 56)), /object size is above/],
    ])("%s", (_, bytes, message) => {
      expect(() => read(bytes)).toThrow(message);
      expect(() => read(bytes)).toThrow(Hdf5FormatError);
    });

    test("when it leaves the file, before anything is allocated for it", () => {
      const bytes = broken((b) => b.set(hex("00 00 00 00 00 00 10 00"), 8));
      expect(() => read(bytes)).toThrow(Hdf5TruncatedError);
    });

    test("by an error of ours, whatever its bytes", () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
          const bytes = golden();
          bytes.set(tail, 4);
          try {
            read(bytes);
          } catch (thrown) {
            expect(isHdf5Error(thrown)).toBe(true);
          }
        }),
      );
    });
  });

  test.each<[string, readonly { index: number; bytes: Uint8Array }[], number]>([
    ["a size below 4,096", [], 4088],
    ["a size that is no multiple of 8", [], 4100],
    ["objects that do not fit", [{ index: 1, bytes: new Uint8Array(4080) }], 4096],
    ["index 0", [{ index: 0, bytes: new Uint8Array(1) }], 4096],
    [
      "an index used twice",
      [
        { index: 1, bytes: new Uint8Array(1) },
        { index: 1, bytes: new Uint8Array(1) },
      ],
      4096,
    ],
  ])("is not written with %s", (_, objects, size) => {
    expect(() => encodeGlobalHeapCollection(objects, size, CONTEXT)).toThrow(Hdf5UsageError);
  });
});
