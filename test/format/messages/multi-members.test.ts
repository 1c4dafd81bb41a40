import fc from "fast-check";
import { expect, test } from "vitest";
import { Cursor } from "../../../src/bytes/cursor.js";
import { isHdf5Error } from "../../../src/errors.js";
import { windowAddress } from "../../../src/format/member-windows.js";
import { decodeMultiMembers, encodeMultiMembers } from "../../../src/format/messages/multi-members.js";
import { hex } from "../hex.js";

// Of tsplit_file-m.h5 (libhdf5's own test files).
const SPLIT = hex(`
  01 01 03 01 01 01  00 00
  00 00 00 00 00 00 00 00  00 08 00 00 00 00 00 00
  ff ff ff ff ff ff ff 7f  00 08 00 00 00 00 00 00
  "%s-m.h5" 00  "%s-r.h5" 00`);

const decode = (bytes: Uint8Array) => decodeMultiMembers(new Cursor(bytes, "multi driver information"));

test("the members of a split file are decoded field by field, and encoded to the same bytes", () => {
  const info = decode(SPLIT);
  expect(info).toEqual({
    map: [1, 1, 3, 1, 1, 1],
    members: [
      { start: 0n, end: 2048, template: "%s-m.h5" },
      { start: 0x7fff_ffff_ffff_ffffn, end: 2048, template: "%s-r.h5" },
    ],
  });
  expect(encodeMultiMembers(info)).toEqual(SPLIT);
});

test("usages without a member of their own name come in order of first mention, and names are padded to 8", () => {
  const info = {
    map: [0, 0, 0, 3, 2, 0],
    members: [1n, 2n, 3n, 4n].map((n) => ({
      start: n << 60n,
      end: Number(n),
      template: `%s-${"x".repeat(Number(n) * 3)}`,
    })),
  };
  expect(decode(encodeMultiMembers(info))).toEqual(info);
});

test("arbitrary bytes give members or an error of this library", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      try {
        decode(bytes);
      } catch (error) {
        if (!isHdf5Error(error)) throw error;
      }
    }),
  );
});

test("an address counts from the start of its member's window", () => {
  const windows = [
    { start: 0n, offset: 0 },
    { start: 1n << 62n, offset: 2 ** 50 },
  ];
  expect(windowAddress(5n, windows)).toBe(5);
  expect(windowAddress((1n << 62n) + 7n, windows)).toBe(2 ** 50 + 7);
  expect(windowAddress((1n << 61n) + 7n, windows)).toBeUndefined();
});
