/** Messages of a few fields each. */
import { describe, expect, test } from "vitest";
import type { ByteWriter } from "../../../src/bytes/byte-writer.js";
import type { Cursor } from "../../../src/bytes/cursor.js";
import { Hdf5FormatError } from "../../../src/errors.js";
import { decodeAttributeInfo, encodeAttributeInfo } from "../../../src/format/messages/attribute-info.js";
import { decodeBtreeK, encodeBtreeK } from "../../../src/format/messages/btree-k.js";
import { decodeContinuation, encodeContinuation } from "../../../src/format/messages/continuation.js";
import {
  decodeDriverInfo,
  decodeDriverInfoBlock,
  driverInfoBlockSize,
  encodeDriverInfoMessage,
} from "../../../src/format/messages/driver-info.js";
import { decodeExternalFiles, encodeExternalFiles } from "../../../src/format/messages/external-files.js";
import { decodeFileSpaceInfo, encodeFileSpaceInfo } from "../../../src/format/messages/file-space-info.js";
import { decodeGroupInfo } from "../../../src/format/messages/group-info.js";
import { decodeLinkInfo, encodeLinkInfo } from "../../../src/format/messages/link-info.js";
import { isKnownMessage, MESSAGE } from "../../../src/format/messages/message-types.js";
import { decodeModificationTime, decodeOldModificationTime } from "../../../src/format/messages/modification-time.js";
import { decodeObjectComment } from "../../../src/format/messages/object-comment.js";
import { decodeReferenceCount } from "../../../src/format/messages/reference-count.js";
import { decodeSharedMessage, encodeSharedMessage } from "../../../src/format/messages/shared-message.js";
import { decodeSymbolTable, encodeSymbolTable } from "../../../src/format/messages/symbol-table.js";
import { hex } from "../hex.js";
import { CONTEXT, cursor, written } from "./decoding.js";

const NONE = "ffffffffffffffff";
const AT_1 = "0100000000000000";
const AT_2 = "0200000000000000";
const AT_3 = "0300000000000000";

describe("link info and attribute info", () => {
  test("hold a creation index and its B-tree only where order is tracked and indexed", () => {
    expect(decodeLinkInfo(cursor(`00 00 ${NONE} ${NONE}`), CONTEXT)).toEqual({
      trackOrder: false,
      indexOrder: false,
      maxCreationIndex: undefined,
      heapAddress: undefined,
      nameIndexAddress: undefined,
      orderIndexAddress: undefined,
    });
    const all = { trackOrder: true, indexOrder: true, heapAddress: 1, nameIndexAddress: 2, orderIndexAddress: 3 };
    const addresses = `${AT_1} ${AT_2} ${AT_3}`;
    expect(decodeLinkInfo(cursor(`00 03 0500000000000000 ${addresses}`), CONTEXT)).toEqual({
      ...all,
      maxCreationIndex: 5,
    });
    expect(decodeAttributeInfo(cursor(`00 03 0500 ${addresses}`), CONTEXT)).toEqual({ ...all, maxCreationIndex: 5 });
    expect(decodeAttributeInfo(cursor(`00 01 ffff ${NONE} ${NONE}`), CONTEXT).maxCreationIndex).toBe(65_535);
  });

  test("of another version, with other flags or a negative index are errors", () => {
    for (const text of [`01 00 ${NONE} ${NONE}`, `00 04 ${NONE} ${NONE}`, `00 01 ${NONE} ${NONE} ${NONE}`]) {
      expect(() => decodeLinkInfo(cursor(text), CONTEXT)).toThrow(Hdf5FormatError);
    }
    expect(() => decodeAttributeInfo(cursor("00 08"), CONTEXT)).toThrow(Hdf5FormatError);
  });
});

describe("shared message", () => {
  test("versions 1 and 2 name an object header, whatever their type byte says", () => {
    const expected = { kind: "committed", address: 3 };
    expect(decodeSharedMessage(cursor(`01 00 000000000000 ${AT_1} ${AT_3}`), CONTEXT)).toEqual(expected);
    expect(decodeSharedMessage(cursor(`02 00 ${AT_3}`), CONTEXT)).toEqual(expected);
    expect(decodeSharedMessage(cursor(`02 02 ${AT_3}`), CONTEXT)).toEqual(expected);
  });

  test("version 3 may name an object of the file's heap", () => {
    expect(decodeSharedMessage(cursor(`03 02 ${AT_3}`), CONTEXT)).toEqual({ kind: "committed", address: 3 });
    expect(decodeSharedMessage(cursor(`03 01 ${AT_3}`), CONTEXT)).toEqual({ kind: "heap", heapId: hex(AT_3) });
  });

  test("is written as libhdf5 writes it", () => {
    const committed = written((out) => encodeSharedMessage(out, { kind: "committed", address: 3 }, CONTEXT));
    expect(committed).toEqual(hex(`02 02 ${AT_3}`));
    const heap = written((out) => encodeSharedMessage(out, { kind: "heap", heapId: hex(AT_1) }, CONTEXT));
    expect(heap).toEqual(hex(`03 01 ${AT_1}`));
  });

  test.each([`00 00 ${AT_1}`, `04 02 ${AT_1}`, `03 00 ${AT_1}`, `02 02 ${NONE}`, "03 01 00"])(
    "%s is an error",
    (text) => {
      expect(() => decodeSharedMessage(cursor(text), CONTEXT)).toThrow(Hdf5FormatError);
    },
  );
});

describe("times", () => {
  test("are seconds since 1970, in the old message as digits of a date in UTC", () => {
    expect(decodeModificationTime(cursor("01 000000 80510100"))).toBe(86_400);
    expect(decodeOldModificationTime(cursor('"19991231235959" 0000'))).toBe(Date.UTC(1999, 11, 31, 23, 59, 59) / 1000);
  });

  test("that are no dates are errors", () => {
    for (const date of ['"1999123123595x"', '"19991331000000"', '"19990100000000"', '"1999"', '"           199"']) {
      expect(() => decodeOldModificationTime(cursor(date))).toThrow(Hdf5FormatError);
    }
    expect(() => decodeModificationTime(cursor("02 000000 80510100"))).toThrow("version is 2");
    expect(() => decodeModificationTime(cursor(""))).toThrow(Hdf5FormatError);
  });
});

describe("driver information", () => {
  test("is an identification and bytes, as a message and as a block", () => {
    const expected = { id: "NCSAfami", data: hex("0010000000000000") };
    const text = '00 "NCSAfami" 0800 0010000000000000';
    expect(decodeDriverInfo(cursor(text))).toEqual(expected);
    expect(written((out) => encodeDriverInfoMessage(out, expected))).toEqual(hex(text));
    const block = cursor('00 000000 08000000 "NCSAfami" 0010000000000000');
    expect(driverInfoBlockSize(block)).toBe(24);
    expect(decodeDriverInfoBlock(block)).toEqual(expected);
    expect(() => decodeDriverInfo(cursor(text.replace("00", "01")))).toThrow("version is 1");
  });
});

describe("external files", () => {
  test("are slots of a local heap; the last may be unlimited", () => {
    const text = `01 000000 0300 0200 ${AT_1} ${AT_1} ${AT_2} ${AT_3} ${AT_2} ${AT_1} ${NONE}`;
    expect(decodeExternalFiles(cursor(text), CONTEXT)).toEqual({
      heapAddress: 1,
      slots: [
        { nameOffset: 1, offset: 2, size: 3 },
        { nameOffset: 2, offset: 1, size: Number.POSITIVE_INFINITY },
      ],
    });
    expect(() => decodeExternalFiles(cursor(text.replace("0300 0200", "0100 0200")), CONTEXT)).toThrow(
      "used slots are 2",
    );
    expect(() => decodeExternalFiles(cursor(text.replace("01 00", "02 00")), CONTEXT)).toThrow("version is 2");
    expect(() => decodeExternalFiles(cursor(`01 000000 ffff ffff ${AT_1}`), CONTEXT)).toThrow(Hdf5FormatError);
  });
});

describe("file space info", () => {
  test("version 1 has a page size, and managers where they are kept", () => {
    const start = `${AT_1} 0010000000000000 0000 ${NONE}`;
    expect(decodeFileSpaceInfo(cursor(`01 01 00 ${start}`), CONTEXT)).toEqual({
      version: 1,
      strategy: "pages",
      persist: false,
      threshold: 1,
      pageSize: 4096,
      pageEndThreshold: 0,
      endBeforeManagers: undefined,
      managerAddresses: [],
    });
    const kept = decodeFileSpaceInfo(cursor(`01 00 01 ${start} ${AT_2} ${NONE.repeat(11)}`), CONTEXT);
    expect(kept.managerAddresses).toEqual([2, ...Array.from({ length: 11 }, () => undefined)]);
  });

  test("version 0 has other strategies, of which one keeps managers", () => {
    expect(decodeFileSpaceInfo(cursor(`00 01 ${AT_1} ${AT_3.repeat(6)}`), CONTEXT)).toMatchObject({
      strategy: "all-persist",
      persist: true,
      managerAddresses: [3, 3, 3, 3, 3, 3],
    });
    expect(decodeFileSpaceInfo(cursor(`00 04 ${AT_1}`), CONTEXT)).toMatchObject({ strategy: "vfd", persist: false });
    for (const text of [`00 00 ${AT_1}`, `00 05 ${AT_1}`, `01 04 00 ${AT_1}`, `02 00 ${AT_1}`]) {
      expect(() => decodeFileSpaceInfo(cursor(text), CONTEXT)).toThrow(Hdf5FormatError);
    }
  });
});

describe("what was decoded is written again to the same bytes", () => {
  const managers = `${AT_2} ${NONE.repeat(11)}`;
  const page = `${AT_1} 0010000000000000 0000 ${NONE}`;
  test.each<[string, string, (cur: Cursor, out: ByteWriter) => void]>([
    ["B-tree K", "00 2000 1000 0400", (cur, out) => encodeBtreeK(out, decodeBtreeK(cur))],
    ["symbol table", `${AT_1} ${AT_2}`, (cur, out) => encodeSymbolTable(out, decodeSymbolTable(cur, CONTEXT), CONTEXT)],
    [
      "continuation",
      `${AT_1} ${AT_2}`,
      (cur, out) => encodeContinuation(out, decodeContinuation(cur, CONTEXT), CONTEXT),
    ],
    ["file space info 1", `01 01 00 ${page}`, fileSpace],
    ["file space info 1, kept", `01 00 01 ${page} ${managers}`, fileSpace],
    ["file space info 0", `00 04 ${AT_1}`, fileSpace],
    ["file space info 0, kept", `00 01 ${AT_1} ${AT_3.repeat(6)}`, fileSpace],
    [
      "link info",
      `00 03 0900000000000000 ${AT_1} ${AT_2} ${AT_3}`,
      (cur, out) => encodeLinkInfo(out, decodeLinkInfo(cur, CONTEXT), CONTEXT),
    ],
    [
      "attribute info",
      `00 03 0a00 ${AT_1} ${AT_2} ${AT_3}`,
      (cur, out) => encodeAttributeInfo(out, decodeAttributeInfo(cur, CONTEXT), CONTEXT),
    ],
    [
      "external files",
      `01 000000 0100 0100 ${AT_1} ${AT_1} ${AT_2} ${NONE}`,
      (cur, out) => encodeExternalFiles(out, decodeExternalFiles(cur, CONTEXT), CONTEXT),
    ],
  ])("%s", (_, text, again) => {
    const cur = cursor(text);
    const bytes = written((out) => again(cur, out));
    expect(bytes).toEqual(hex(text));
    expect(cur.remaining).toBe(0);
  });

  function fileSpace(cur: Cursor, out: ByteWriter): void {
    encodeFileSpaceInfo(out, decodeFileSpaceInfo(cur, CONTEXT), CONTEXT);
  }
});

describe("the others", () => {
  test("group info has optional pairs", () => {
    expect(decodeGroupInfo(cursor("00 00"))).toEqual({});
    expect(decodeGroupInfo(cursor("00 01 0900 0500"))).toEqual({ maxCompact: 9, minDense: 5 });
    expect(decodeGroupInfo(cursor("00 03 0900 0500 0400 0800"))).toEqual({
      maxCompact: 9,
      minDense: 5,
      estimatedEntries: 4,
      estimatedNameLength: 8,
    });
    for (const text of ["01 00", "00 04", "00 01 0400 0500"]) {
      expect(() => decodeGroupInfo(cursor(text))).toThrow(Hdf5FormatError);
    }
  });

  test("tree orders are positive", () => {
    expect(decodeBtreeK(cursor("00 2000 1000 0400"))).toEqual({
      chunkInternalK: 32,
      groupInternalK: 16,
      groupLeafK: 4,
    });
    expect(() => decodeBtreeK(cursor("00 2000 0000 0400"))).toThrow("group internal node K is 0");
  });

  test("addresses that must lead somewhere are not undefined", () => {
    expect(decodeSymbolTable(cursor(`${AT_1} ${AT_2}`), CONTEXT)).toEqual({ btreeAddress: 1, heapAddress: 2 });
    expect(() => decodeSymbolTable(cursor(`${AT_1} ${NONE}`), CONTEXT)).toThrow(
      "local heap address is the undefined address",
    );
    expect(decodeContinuation(cursor(`${AT_1} ${AT_2}`), CONTEXT)).toEqual({ address: 1, length: 2 });
    expect(() => decodeContinuation(cursor(`${NONE} ${AT_2}`), CONTEXT)).toThrow("is the undefined address");
  });

  test("a comment ends with NUL, a reference count has version 0", () => {
    expect(decodeObjectComment(cursor('c3bc fc "x" 00 "rest"'))).toEqual(Uint8Array.of(0xc3, 0xbc, 0xfc, 0x78));
    expect(() => decodeObjectComment(cursor('"x"'))).toThrow("comment is not terminated by NUL");
    expect(decodeReferenceCount(cursor("00 05000000"))).toBe(5);
    expect(() => decodeReferenceCount(cursor("01 05000000"))).toThrow("version is 1");
  });

  test("type 9 and those from 25 on are unknown", () => {
    const known = Array.from({ length: 30 }, (_, type) => type).filter(isKnownMessage);
    expect(known).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, ...Array.from({ length: 15 }, (_, i) => 10 + i)]);
    expect(isKnownMessage(MESSAGE.cacheImage)).toBe(true);
  });
});
