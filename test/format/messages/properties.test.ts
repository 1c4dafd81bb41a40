/** What every codec of format/messages, and of single blocks elsewhere in format/, must do, whatever it is fed. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/bytes/byte-writer.js";
import { Cursor } from "../../../src/bytes/cursor.js";
import { Hdf5ChecksumError, Hdf5Error, Hdf5UnsupportedError, isHdf5Error } from "../../../src/errors.js";
import type { FormatContext } from "../../../src/format/context.js";
import { decodeLocalHeapPrefix, encodeLocalHeapPrefix } from "../../../src/format/local-heap.js";
import { decodeAttribute } from "../../../src/format/messages/attribute.js";
import { encodeAttribute } from "../../../src/format/messages/attribute-encode.js";
import { decodeAttributeInfo, encodeAttributeInfo } from "../../../src/format/messages/attribute-info.js";
import { decodeBtreeK, encodeBtreeK } from "../../../src/format/messages/btree-k.js";
import { decodeCacheImageMessage, encodeCacheImageMessage } from "../../../src/format/messages/cache-image.js";
import { decodeContinuation, encodeContinuation } from "../../../src/format/messages/continuation.js";
import { decodeDataLayout } from "../../../src/format/messages/data-layout.js";
import { encodeDataLayout } from "../../../src/format/messages/data-layout-encode.js";
import { decodeDataspace, encodeDataspace } from "../../../src/format/messages/dataspace.js";
import { decodeDatatype } from "../../../src/format/messages/datatype.js";
import { encodeDatatype } from "../../../src/format/messages/datatype-encode.js";
import {
  decodeDriverInfo,
  decodeDriverInfoBlock,
  encodeDriverInfoBlock,
  encodeDriverInfoMessage,
} from "../../../src/format/messages/driver-info.js";
import { decodeExternalFiles, encodeExternalFiles } from "../../../src/format/messages/external-files.js";
import { decodeFileSpaceInfo, encodeFileSpaceInfo } from "../../../src/format/messages/file-space-info.js";
import { decodeFillValue, decodeOldFillValue, encodeFillValue } from "../../../src/format/messages/fill-value.js";
import { decodeFilterPipeline, encodeFilterPipeline } from "../../../src/format/messages/filter-pipeline.js";
import { decodeGroupInfo, encodeGroupInfo } from "../../../src/format/messages/group-info.js";
import { decodeLink, encodeLink } from "../../../src/format/messages/link.js";
import { decodeLinkInfo, encodeLinkInfo } from "../../../src/format/messages/link-info.js";
import {
  decodeModificationTime,
  decodeOldModificationTime,
  encodeModificationTime,
} from "../../../src/format/messages/modification-time.js";
import { decodeMultiMembers, encodeMultiMembers } from "../../../src/format/messages/multi-members.js";
import { decodeObjectComment, encodeObjectComment } from "../../../src/format/messages/object-comment.js";
import { decodeReferenceCount, encodeReferenceCount } from "../../../src/format/messages/reference-count.js";
import { decodeSharedMessage, encodeSharedMessage } from "../../../src/format/messages/shared-message.js";
import {
  decodeSharedMessageTableMessage,
  encodeSharedMessageTableMessage,
} from "../../../src/format/messages/shared-message-table.js";
import { decodeSymbolTable, encodeSymbolTable } from "../../../src/format/messages/symbol-table.js";
import { decodeSharedMessageRecord, encodeSharedMessageRecord } from "../../../src/format/shared-message-table.js";
import { decodeSuperblock, encodeSuperblock, SUPERBLOCK_SIGNATURE } from "../../../src/format/superblock.js";
import * as arbitrary from "../../arbitraries/messages.js";
import { sharedMessageRecord } from "../../arbitraries/shared-messages.js";

/** One codec; `values` is absent for what is only read. */
interface Codec<T> {
  readonly values?: (ctx: FormatContext) => fc.Arbitrary<T>;
  readonly encode?: (out: ByteWriter, value: T, ctx: FormatContext) => void;
  readonly decode: (cur: Cursor, ctx: FormatContext) => T;
}

const noShared = (): never => {
  throw new Hdf5UnsupportedError("shared messages in this test");
};

/** Checks the types of one row, and forgets them. */
const codec = <T>(row: Codec<T>): Codec<unknown> => row as Codec<unknown>;

const CODECS: Readonly<Record<string, Codec<unknown>>> = {
  dataspace: codec({ values: (ctx) => arbitrary.dataspace(ctx), encode: encodeDataspace, decode: decodeDataspace }),
  datatype: codec({ values: () => arbitrary.datatype, encode: encodeDatatype, decode: (cur) => decodeDatatype(cur) }),
  attribute: codec({
    values: arbitrary.attribute,
    encode: encodeAttribute,
    decode: (cur, ctx) => decodeAttribute(cur, ctx, undefined, noShared),
  }),
  link: codec({ values: arbitrary.link, encode: encodeLink, decode: decodeLink }),
  "link info": codec({ values: arbitrary.linkInfo, encode: encodeLinkInfo, decode: decodeLinkInfo }),
  "attribute info": codec({
    values: arbitrary.attributeInfo,
    encode: encodeAttributeInfo,
    decode: decodeAttributeInfo,
  }),
  "group info": codec({ values: () => arbitrary.groupInfo, encode: encodeGroupInfo, decode: decodeGroupInfo }),
  "fill value": codec({ values: () => arbitrary.fillValue, encode: encodeFillValue, decode: decodeFillValue }),
  "filter pipeline": codec({
    values: () => arbitrary.filterPipeline,
    encode: encodeFilterPipeline,
    decode: decodeFilterPipeline,
  }),
  "data layout": codec({ values: arbitrary.dataLayout, encode: encodeDataLayout, decode: decodeDataLayout }),
  "shared message": codec({
    values: arbitrary.sharedMessage,
    encode: encodeSharedMessage,
    decode: decodeSharedMessage,
  }),
  "external files": codec({
    values: arbitrary.externalFiles,
    encode: encodeExternalFiles,
    decode: decodeExternalFiles,
  }),
  "symbol table": codec({ values: arbitrary.symbolTable, encode: encodeSymbolTable, decode: decodeSymbolTable }),
  continuation: codec({ values: arbitrary.continuation, encode: encodeContinuation, decode: decodeContinuation }),
  "driver info": codec({
    values: () => arbitrary.driverInfo,
    encode: encodeDriverInfoMessage,
    decode: decodeDriverInfo,
  }),
  "driver info block": codec({
    values: () => arbitrary.driverInfo,
    encode: encodeDriverInfoBlock,
    decode: decodeDriverInfoBlock,
  }),
  "B-tree K": codec({ values: () => arbitrary.btreeK, encode: encodeBtreeK, decode: decodeBtreeK }),
  "reference count": codec({
    values: () => arbitrary.seconds,
    encode: encodeReferenceCount,
    decode: decodeReferenceCount,
  }),
  "modification time": codec({
    values: () => arbitrary.seconds,
    encode: encodeModificationTime,
    decode: decodeModificationTime,
  }),
  "object comment": codec({
    values: () => fc.uint8Array({ min: 1, maxLength: 20 }),
    encode: encodeObjectComment,
    decode: decodeObjectComment,
  }),
  superblock: codec({
    values: () => arbitrary.superblock,
    encode: (out, value) => encodeSuperblock(out, value),
    decode: (cur) => decodeSuperblock(cur, 0),
  }),
  "old fill value": codec({ decode: decodeOldFillValue }),
  "old modification time": codec({ decode: decodeOldModificationTime }),
  "file space info": codec({
    values: arbitrary.fileSpaceInfo,
    encode: encodeFileSpaceInfo,
    decode: decodeFileSpaceInfo,
  }),
  "shared message table message": codec({
    values: arbitrary.sharedMessageTableMessage,
    encode: encodeSharedMessageTableMessage,
    decode: decodeSharedMessageTableMessage,
  }),
  "cache image message": codec({
    values: arbitrary.cacheImageMessage,
    encode: encodeCacheImageMessage,
    decode: decodeCacheImageMessage,
  }),
  "members of a multi file": codec({
    values: () => arbitrary.multiMembers,
    encode: (out, members) => out.put(encodeMultiMembers(members)),
    decode: decodeMultiMembers,
  }),
  "local heap prefix": codec({
    values: arbitrary.localHeapPrefix,
    encode: encodeLocalHeapPrefix,
    decode: decodeLocalHeapPrefix,
  }),
  "shared message record": codec({
    values: sharedMessageRecord,
    encode: encodeSharedMessageRecord,
    decode: decodeSharedMessageRecord,
  }),
};

/** Bytes of a value, and the context they are in. */
function encoded(row: Codec<unknown>): fc.Arbitrary<{ ctx: FormatContext; value: unknown; bytes: Uint8Array }> {
  return arbitrary.context.chain((ctx) =>
    (row.values?.(ctx) ?? fc.constant(undefined)).map((value) => {
      const out = new ByteWriter();
      row.encode?.(out, value, ctx);
      return { ctx, value, bytes: out.bytes() };
    }),
  );
}

/** A value, or an error of ours: everything else fails the test. */
function valueOrError(decode: () => unknown): void {
  try {
    decode();
  } catch (thrown) {
    if (!isHdf5Error(thrown)) throw thrown;
  }
}

describe.each(Object.entries(CODECS))("%s", (name, row) => {
  if (row.values !== undefined) {
    test("what was encoded is decoded as it was, to the last byte, and encodes to the same bytes", () => {
      fc.assert(
        fc.property(encoded(row), ({ ctx, value, bytes }) => {
          const cur = new Cursor(bytes, name, 64);
          const decoded = row.decode(cur, ctx);
          expect(decoded).toEqual(value);
          // The superblock's checksum is verified where it stands, ahead of the fields.
          if (name !== "superblock") expect(cur.remaining).toBe(0);
          const again = new ByteWriter();
          row.encode?.(again, decoded, ctx);
          expect(again.bytes()).toEqual(bytes);
        }),
      );
    });

    test("one changed byte, or a missing end, gives a value or a typed error", () => {
      fc.assert(
        fc.property(encoded(row), fc.nat(), fc.integer({ min: 1, max: 255 }), ({ ctx, bytes }, at, change) => {
          const place = at % bytes.length;
          const damaged = bytes.slice();
          damaged[place] = (bytes[place] ?? 0) ^ change;
          valueOrError(() => row.decode(new Cursor(damaged, name, 64), ctx));
          valueOrError(() => row.decode(new Cursor(bytes.subarray(0, place), name, 64), ctx));
        }),
      );
    });
  }

  test("arbitrary bytes give a value or a typed error", () => {
    // Half of them begin as the structure does, so that they get past its version.
    const starts: readonly number[][] =
      name === "superblock" ? [[...SUPERBLOCK_SIGNATURE]] : [[], [0], [1], [2], [3], [4]];
    const input = fc.tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(arbitrary.context, input, (ctx, [start, rest]) => {
        const bytes = Uint8Array.from([...start, ...rest]);
        valueOrError(() => row.decode(new Cursor(bytes, name, 64), ctx));
      }),
    );
  });
});

test("a changed byte in a version-2 or -3 superblock is an error", () => {
  const newer = arbitrary.superblock.filter(({ version }) => version >= 2);
  fc.assert(
    fc.property(newer, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
      const out = new ByteWriter();
      encodeSuperblock(out, value);
      const bytes = out.bytes();
      const place = at % bytes.length;
      bytes[place] = (bytes[place] ?? 0) ^ change;
      const decode = () => decodeSuperblock(new Cursor(bytes, "superblock", 0), 0);
      // Signature, version and widths are looked at before the checksum can be.
      expect(decode).toThrow(place > 10 ? Hdf5ChecksumError : Hdf5Error);
    }),
  );
});
