import { describe, expect, test } from "vitest";
import { lookup3 } from "../../src/bytes/checksum.js";
import type { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5ChecksumError, Hdf5FormatError, Hdf5LimitError, Hdf5TruncatedError } from "../../src/errors.js";
import { BTREE_V2_TYPE, btreeV2HeaderRange, readBtreeV2 } from "../../src/format/btree-v2.js";
import { PagedSource, walkEverywhere } from "./paged-source.js";
import { fixtureBytes, fixtureContext, fixtureObject } from "./walker-fixtures.js";

const CONTEXT = fixtureContext();
const LIMITS = { treeDepth: 64 };
const FILE = "dense-group.h5";
const [, ROOT] = fixtureObject(FILE, "middle")["dense links"] ?? [0, 0];
const BYTES = fixtureBytes(FILE);
const HEADER_SIZE = btreeV2HeaderRange(0, CONTEXT).length;

const hashOf = (cur: Cursor): number => cur.u32("hash");
const walk = (bytes: Uint8Array, limits = LIMITS, type: number = BTREE_V2_TYPE.linkNames): number[] =>
  new PagedSource(bytes, 64).settle((source) => readBtreeV2(source, ROOT, CONTEXT, limits, hashOf, type));

/** A copy with some bytes changed in the block of `length` bytes at `address`, and its checksum made right again. */
function changed(address: number, length: number, change: (block: Uint8Array) => void): Uint8Array {
  const bytes = BYTES.slice();
  const block = bytes.subarray(address, address + length);
  change(block);
  new DataView(bytes.buffer).setUint32(address + length - 4, lookup3(block.subarray(0, length - 4)), true);
  return bytes;
}

const view = new DataView(BYTES.buffer);
const ROOT_NODE = Number(view.getBigUint64(ROOT + 16, true));
const ROOT_RECORDS = view.getUint16(ROOT + 24, true);
/** Internal root above leaves: records of 11 bytes, pointers of 8 + 1 bytes. */
const ROOT_SIZE = 6 + ROOT_RECORDS * 11 + (ROOT_RECORDS + 1) * 9 + 4;
const FIRST_POINTER = 6 + ROOT_RECORDS * 11;

describe("a v2 B-tree of libhdf5", () => {
  test("gives its records in order, cold, warm and in memory, in a round trip for the header and one per level", () => {
    const { result, rounds } = walkEverywhere(
      BYTES,
      (source) => readBtreeV2(source, ROOT, CONTEXT, LIMITS, hashOf, BTREE_V2_TYPE.linkNames),
      (actual, expected) => expect(actual).toEqual(expected),
    );
    const names = Object.keys(fixtureObject(FILE, "middle").links ?? {});
    expect(names.length).toBe(300);
    const hashes = names.map((name) => lookup3(new TextEncoder().encode(name)));
    expect(result).toEqual(hashes.sort((a, b) => a - b));
    for (const [pageSize, count] of rounds) {
      if (pageSize <= 64) expect(count).toBe(3);
      else expect(count).toBeLessThanOrEqual(3);
    }
  });

  test("visits only the subtrees asked for", () => {
    const all = walk(BYTES);
    const wanted = all[200] as number;
    const source = new PagedSource(BYTES, 64);
    const some = source.settle((from) =>
      readBtreeV2(from, ROOT, CONTEXT, LIMITS, hashOf, BTREE_V2_TYPE.linkNames, {
        visits: (after, before) => (after ?? 0) <= wanted && wanted <= (before ?? 0xffffffff),
      }),
    );
    expect(some).toContain(wanted);
    expect(some).toEqual(all.filter((hash) => some.includes(hash)));
    expect(source.decoded.get("v2 B-tree leaf node")).toBe(1);
  });

  test("decodes each node once", () => {
    const source = new PagedSource(BYTES, 16);
    source.settle((from) => readBtreeV2(from, ROOT, CONTEXT, LIMITS, hashOf, BTREE_V2_TYPE.linkNames));
    expect(source.decoded).toEqual(
      new Map([
        ["v2 B-tree header", 1],
        ["v2 B-tree internal node", 1],
        ["v2 B-tree leaf node", ROOT_RECORDS + 1],
      ]),
    );
  });

  describe("is refused", () => {
    const header = (change: (block: Uint8Array) => void): Uint8Array => changed(ROOT, HEADER_SIZE, change);
    const root = (change: (block: Uint8Array) => void): Uint8Array => changed(ROOT_NODE, ROOT_SIZE, change);

    test.each<[string, Uint8Array, RegExp]>([
      ["with another signature", header((b) => b.fill(0x58, 3, 4)), /signature/],
      ["of another version", header((b) => b.fill(7, 4, 5)), /version is 7, expected 0/],
      ["of another type than its owner needs", header((b) => b.fill(8, 5, 6)), /type is 8, expected 5/],
      ["with nodes of no bytes", header((b) => b.fill(0, 6, 10)), /node size of 0 holds no record/],
      ["with records of no bytes", header((b) => b.fill(0, 10, 12)), /record size is 0/],
      ["with records longer than the header says", header((b) => b.fill(2, 10, 11)), /checksum|record/],
      ["with another total than its nodes hold", header((b) => b.fill(77, 26, 27)), /total number of records/],
      ["without a root but with records", header((b) => b.fill(0xff, 16, 24)), /undefined, but the tree has 300/],
      [
        "with another count of a child's records than its parent's total allows",
        root((b) => b.fill(0, FIRST_POINTER + 8, FIRST_POINTER + 9)),
        /total number of records in the subtree/,
      ],
      [
        "with a child named twice",
        root((b) => b.copyWithin(FIRST_POINTER + 9, FIRST_POINTER, FIRST_POINTER + 8)),
        /reached twice/,
      ],
      [
        "with itself as a child",
        root((b) => new DataView(b.buffer, b.byteOffset).setUint32(FIRST_POINTER, ROOT_NODE, true)),
        /reached twice/,
      ],
      ["with an undefined child", root((b) => b.fill(0xff, FIRST_POINTER, FIRST_POINTER + 8)), /undefined address/],
    ])("%s", (_, bytes, message) => {
      expect(() => walk(bytes)).toThrow(message);
      expect(() => walk(bytes)).toThrow(Hdf5FormatError);
    });

    test.each([
      [0, /number of records is 0 in its parent, expected 1 to/],
      [255, /number of records is 255 in its parent|leaves the file/],
    ])("with %d records in a child, though the totals agree", (count, message) => {
      const bytes = BYTES.slice();
      const change = count - (bytes[ROOT_NODE + FIRST_POINTER + 8] as number);
      const total = changed(ROOT, HEADER_SIZE, (b) =>
        new DataView(b.buffer, b.byteOffset).setUint32(26, 300 + change, true),
      );
      const child = root((b) => b.fill(count, FIRST_POINTER + 8, FIRST_POINTER + 9));
      bytes.set(total.subarray(ROOT, ROOT + HEADER_SIZE), ROOT);
      bytes.set(child.subarray(ROOT_NODE, ROOT_NODE + ROOT_SIZE), ROOT_NODE);
      expect(() => walk(bytes)).toThrow(message);
      expect(() => walk(bytes)).toThrow(Hdf5FormatError);
    });

    test("beyond the depth budget, before levels are counted", () => {
      expect(() => walk(header((b) => b.fill(0xff, 12, 14)))).toThrow(Hdf5LimitError);
      expect(() => walk(BYTES, { treeDepth: 1 })).toThrow(Hdf5LimitError);
    });

    test("when a depth makes room for more records than can be counted", () => {
      expect(() => walk(header((b) => b.fill(30, 12, 13)))).toThrow(/more than 2\^53/);
    });

    test("with a child beyond the end of the file", () => {
      expect(() => walk(root((b) => b.fill(0x7f, FIRST_POINTER + 3, FIRST_POINTER + 4)))).toThrow(Hdf5TruncatedError);
    });

    test("with a byte changed in any block", () => {
      for (const at of [ROOT + 20, ROOT_NODE + 30]) {
        const bytes = BYTES.slice();
        bytes[at] = (bytes[at] as number) ^ 0x40;
        expect(() => walk(bytes)).toThrow(Hdf5ChecksumError);
      }
    });
  });
});
