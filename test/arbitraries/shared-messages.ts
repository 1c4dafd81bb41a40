/** Tables of shared messages with their indexes: lists and B-trees. */
import fc from "fast-check";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { BTREE_V2_TYPE } from "../../src/format/btree-v2.js";
import type { FormatContext } from "../../src/format/context.js";
import {
  encodeSharedMessageList,
  encodeSharedMessageRecord,
  encodeSharedMessageTable,
  readSharedMessageIndex,
  readSharedMessageTable,
  type SharedMessageIndex,
  type SharedMessageRecord,
} from "../../src/format/shared-message-table.js";
import { btreeV2Form, layBtreeV2 } from "./btree-v2.js";
import { FileLayout, type WalkCase, walkCase } from "./file-layout.js";
import { address, context } from "./messages.js";

const LIMITS = { treeDepth: 64 };
const u32 = fc.nat(0xffff_ffff);
/** Types whose messages may be shared, as they are told apart here. */
const TYPES = [1, 3, 5, 11, 12];

export const sharedMessageRecord = (ctx: FormatContext): fc.Arbitrary<SharedMessageRecord> =>
  fc.oneof(
    fc.record({
      place: fc.constant("heap" as const),
      hash: u32,
      referenceCount: u32,
      heapId: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    }),
    fc.record({
      place: fc.constant("header" as const),
      hash: u32,
      messageType: fc.nat(255),
      creationIndex: fc.nat(65535),
      headerAddress: address(ctx),
    }),
  );

/** A table of up to five indexes, each read whole. */
export const sharedMessagesWalk: fc.Arbitrary<WalkCase> = context.chain((ctx) => {
  const recordSize = 5 + Math.max(12, 4 + ctx.sizeOfOffsets);
  const index = fc.record({
    kind: fc.constantFrom("list" as const, "btree" as const),
    records: fc.array(sharedMessageRecord(ctx), { minLength: 1, maxLength: 12 }),
    form: btreeV2Form(ctx, recordSize, 12),
    cut: fc.record({ minMessageSize: u32, maxList: fc.integer({ min: 12, max: 65535 }), minBtree: fc.nat(65535) }),
    heapAddress: address(ctx),
  });
  return fc.array(index, { minLength: 1, maxLength: TYPES.length }).map((indexes) => {
    const layout = new FileLayout();
    let rounds = 0;
    const table = indexes.map(({ kind, records, form, cut, heapAddress }, i): SharedMessageIndex => {
      let indexAddress: number;
      if (kind === "list") {
        const out = new ByteWriter();
        encodeSharedMessageList(out, records, ctx);
        indexAddress = layout.add("shared message list", out.bytes(), "last");
        rounds += 1;
      } else {
        const encoded = records.map((record) => {
          const out = new ByteWriter();
          encodeSharedMessageRecord(out, record, ctx);
          return out.bytes();
        });
        const tree = layBtreeV2(layout, ctx, BTREE_V2_TYPE.sharedMessages, form, recordSize, encoded);
        indexAddress = tree.address;
        rounds += 1 + tree.levels;
      }
      const messageTypes = 1 << (TYPES[i] as number); // as many as there may be indexes
      return { kind, messageTypes, ...cut, messageCount: records.length, indexAddress, heapAddress };
    });
    const out = new ByteWriter();
    encodeSharedMessageTable(out, table, ctx);
    const tableAddress = layout.add("shared message table", out.bytes(), "last");
    const message = { tableAddress, indexCount: table.length };
    return walkCase(layout, {
      read: (source) => {
        const found = readSharedMessageTable(source, message, ctx);
        return { found, records: found.map((one) => readSharedMessageIndex(source, one, ctx, LIMITS)) };
      },
      expected: { found: table, records: indexes.map(({ records }) => records) },
      rounds: 1 + rounds,
    });
  });
});
