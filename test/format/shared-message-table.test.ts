import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5ChecksumError, isHdf5Error } from "../../src/errors.js";
import type { FormatContext } from "../../src/format/context.js";
import {
  decodeSharedMessageTableMessage,
  encodeSharedMessageTableMessage,
} from "../../src/format/messages/shared-message-table.js";
import {
  decodeSharedMessageList,
  decodeSharedMessageTable,
  encodeSharedMessageList,
  encodeSharedMessageTable,
  readSharedMessageIndex,
  readSharedMessageTable,
  type SharedMessageIndex,
  type SharedMessageRecord,
} from "../../src/format/shared-message-table.js";
import { addressOrNone, context } from "../arbitraries/messages.js";
import { sharedMessageRecord } from "../arbitraries/shared-messages.js";
import { hex } from "./hex.js";
import { walkEverywhere } from "./paged-source.js";
import { structureBytes } from "./structure-fixtures.js";
import { fixtureContext } from "./walker-fixtures.js";

const CONTEXT = fixtureContext();
const LIMITS = { treeDepth: 64 };
const format = expect.objectContaining({ code: "format" });

/** From shared-list.h5: the table at 0x61. */
const TABLE = hex(`
  "SMTB" 00 00 0a00 00000000 6400 3200 0900 9f02000000000000 4b09000000000000
         00 00 2018 00000000 6400 3200 2f00 dd09000000000000 8910000000000000 ca1d9ab8`);

const written = (encode: (out: ByteWriter) => void): Uint8Array => {
  const out = new ByteWriter();
  encode(out);
  return out.bytes();
};

describe("the table of shared messages", () => {
  test("of libhdf5: two lists, each with its types and heap", () => {
    const indexes = decodeSharedMessageTable(new Cursor(TABLE, "table"), CONTEXT);
    expect(indexes).toEqual([
      {
        kind: "list",
        messageTypes: (1 << 1) | (1 << 3),
        minMessageSize: 0,
        maxList: 100,
        minBtree: 50,
        messageCount: 9,
        indexAddress: 0x29f,
        heapAddress: 0x94b,
      },
      {
        kind: "list",
        messageTypes: (1 << 5) | (1 << 11) | (1 << 12),
        minMessageSize: 0,
        maxList: 100,
        minBtree: 50,
        messageCount: 47,
        indexAddress: 0x9dd,
        heapAddress: 0x1089,
      },
    ]);
    expect(written((out) => encodeSharedMessageTable(out, indexes, CONTEXT))).toEqual(TABLE);
  });

  test("of libhdf5: the message that names it", () => {
    // From h5stat_tsohm.h5 of the HDF5 distribution.
    const bytes = hex("00 58000000 00000000 01");
    const message = decodeSharedMessageTableMessage(new Cursor(bytes, "message"), CONTEXT);
    expect(message).toEqual({ tableAddress: 0x58, indexCount: 1 });
    expect(written((out) => encodeSharedMessageTableMessage(out, message, CONTEXT))).toEqual(bytes);
    for (const bad of ["01 5800000000000000 01", "00 5800000000000000 00", "00 5800000000000000 09"]) {
      expect(() => decodeSharedMessageTableMessage(new Cursor(hex(bad), "message"), CONTEXT)).toThrow(format);
    }
  });

  test("a type in two indexes, an unknown type, too long a list, and a missing heap are damage", () => {
    const index: SharedMessageIndex = {
      kind: "list",
      messageTypes: 8,
      minMessageSize: 0,
      maxList: 5,
      minBtree: 3,
      messageCount: 1,
      indexAddress: 96,
      heapAddress: 960,
    };
    const refuse = (...indexes: SharedMessageIndex[]): void => {
      const bytes = written((out) => encodeSharedMessageTable(out, indexes, CONTEXT));
      expect(() => decodeSharedMessageTable(new Cursor(bytes, "table"), CONTEXT)).toThrow(format);
    };
    refuse(index, index);
    refuse({ ...index, messageTypes: 1 });
    refuse({ ...index, messageCount: 6 });
    refuse({ ...index, heapAddress: undefined });
  });
});

describe("an index of shared messages", () => {
  // From shared-old.h5, the list at 0x656.
  const LIST = hex(`"SMLI"
    00 8b3329f0 03000000 003e000000000c00
    00 f86ce79e 1e000000 0016000000001400
    00 3107ffd4 01000000 002a000000001400
    00 2d5e4b38 03000000 004a000000005400
    00 d2f7f68c 0c000000 009e000000000c00
    76c86094`);

  test("lists records by hash, with reference counts and heap ids", () => {
    const records = decodeSharedMessageList(new Cursor(LIST, "list"), CONTEXT);
    expect(records).toEqual([
      { place: "heap", hash: 0xf029338b, referenceCount: 3, heapId: hex("003e000000000c00") },
      { place: "heap", hash: 0x9ee76cf8, referenceCount: 30, heapId: hex("0016000000001400") },
      { place: "heap", hash: 0xd4ff0731, referenceCount: 1, heapId: hex("002a000000001400") },
      { place: "heap", hash: 0x384b5e2d, referenceCount: 3, heapId: hex("004a000000005400") },
      { place: "heap", hash: 0x8cf6f7d2, referenceCount: 12, heapId: hex("009e000000000c00") },
    ]);
    expect(written((out) => encodeSharedMessageList(out, records, CONTEXT))).toEqual(LIST);
  });

  test("of libhdf5: list and two-level B-tree hold as many messages as the table says, at every page size", () => {
    for (const [file, tableAddress, indexCount, counts] of [
      ["shared-list.h5", 0x61, 2, [9, 47]],
      ["shared-btree.h5", 0x61, 1, [50]],
      ["shared-old.h5", 0x58, 2, [5, 44]],
    ] as const) {
      const { result } = walkEverywhere(
        structureBytes(file),
        (source) =>
          readSharedMessageTable(source, { tableAddress, indexCount }, CONTEXT).map((index) =>
            readSharedMessageIndex(source, index, CONTEXT, LIMITS),
          ),
        (actual, expected) => expect(actual).toEqual(expected),
      );
      expect(result.map((records) => records.length)).toEqual(counts);
      for (const record of result.flat()) {
        if (record.place === "heap") expect(record.referenceCount).toBeGreaterThan(0);
      }
    }
  });

  const u32 = fc.nat(0xffffffff);
  const indexes = (ctx: FormatContext): fc.Arbitrary<SharedMessageIndex[]> =>
    fc.uniqueArray(fc.constantFrom(1, 3, 4, 5, 11, 12), { minLength: 1 }).chain((types) =>
      fc.tuple(
        ...types.map((type) =>
          fc.record({
            kind: fc.constantFrom("list" as const, "btree" as const),
            messageTypes: fc.constant(1 << type),
            minMessageSize: u32,
            maxList: fc.nat(65535),
            minBtree: fc.nat(65535),
            messageCount: fc.constant(0),
            indexAddress: addressOrNone(ctx),
            heapAddress: addressOrNone(ctx),
          }),
        ),
      ),
    );

  test("decode(encode(x)) is x; a flipped byte is a checksum error; arbitrary bytes are an Hdf5Error", () => {
    const lists = context.chain((ctx) =>
      fc.tuple(fc.constant(ctx), fc.array(sharedMessageRecord(ctx), { maxLength: 9 })),
    );
    const tables = context.chain((ctx) => fc.tuple(fc.constant(ctx), indexes(ctx)));
    const same = <T>(bytes: Uint8Array, x: T, decode: (cur: Cursor) => T, at: number): void => {
      expect(decode(new Cursor(bytes, "x"))).toEqual(x);
      const flipped = bytes.slice();
      const place = 4 + (at % (bytes.length - 4));
      flipped[place] = (flipped[place] ?? 0) ^ 0x10;
      expect(() => decode(new Cursor(flipped, "x"))).toThrow(Hdf5ChecksumError);
    };
    fc.assert(
      fc.property(lists, fc.nat(), ([ctx, records], at) => {
        const bytes = written((out) => encodeSharedMessageList(out, records, ctx));
        same<readonly SharedMessageRecord[]>(bytes, records, (cur) => decodeSharedMessageList(cur, ctx), at);
      }),
    );
    fc.assert(
      fc.property(tables, fc.nat(), ([ctx, all], at) => {
        const bytes = written((out) => encodeSharedMessageTable(out, all, ctx));
        same<readonly SharedMessageIndex[]>(bytes, all, (cur) => decodeSharedMessageTable(cur, ctx), at);
      }),
    );
    fc.assert(
      fc.property(context, fc.uint8Array({ maxLength: 80 }), (ctx, bytes) => {
        for (const decode of [decodeSharedMessageList, decodeSharedMessageTable]) {
          try {
            decode(new Cursor(bytes, "x"), ctx);
          } catch (error) {
            if (!isHdf5Error(error)) throw error;
          }
        }
      }),
    );
  });
});
