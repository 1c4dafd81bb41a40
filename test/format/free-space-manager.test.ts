import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { lookup3 } from "../../src/bytes/checksum.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { isHdf5Error } from "../../src/errors.js";
import { type FormatContext, writeAddress, writeLength } from "../../src/format/context.js";
import {
  decodeFreeSections,
  decodeFreeSpaceHeader,
  type FreeSection,
  freeSpaceHeaderRange,
} from "../../src/format/free-space-manager.js";
import { context } from "../arbitraries/messages.js";
import { hex } from "./hex.js";
import { fixtureContext } from "./walker-fixtures.js";

const CONTEXT = fixtureContext();

/** A manager as libhdf5 lays it out: sections by size, addresses of so many bits. */
function manager(
  sizes: readonly { readonly size: number; readonly addresses: readonly number[] }[],
  ctx: FormatContext,
  {
    address,
    bits = 8 * Math.min(ctx.sizeOfOffsets, 6),
    ghosts = 0,
  }: { address: number; bits?: number; ghosts?: number },
): { header: Uint8Array; list: Uint8Array } {
  const count = sizes.reduce((sum, { addresses }) => sum + addresses.length, 0);
  const largest = Math.max(1, ...sizes.map(({ size }) => size));
  const widthOf = (limit: number): number => Math.floor(Math.log2(limit || 1) / 8) + 1;
  const list = new ByteWriter().ascii("FSSE").u8(0);
  writeAddress(list, address, ctx);
  for (const { size, addresses } of sizes) {
    list.uint(addresses.length, widthOf(count)).uint(size, widthOf(largest));
    for (const one of addresses) list.uint(one, Math.ceil(bits / 8)).u8(1);
  }
  list.u32(lookup3(list.written()));
  const header = new ByteWriter().ascii("FSHD").u8(0).u8(1);
  const space = sizes.reduce((sum, { size, addresses }) => sum + size * addresses.length, 0);
  for (const length of [space, count + ghosts, count, ghosts]) writeLength(header, length, ctx);
  for (const number of [3, 80, 120, bits]) header.u16(number);
  writeLength(header, largest, ctx);
  writeAddress(header, 99, ctx);
  for (const length of [list.length, list.length]) writeLength(header, length, ctx);
  header.u32(lookup3(header.written()));
  return { header: header.bytes(), list: list.bytes() };
}

const decode = (
  { header, list }: { readonly header: Uint8Array; readonly list: Uint8Array },
  ctx: FormatContext,
  address: number,
): FreeSection[] => {
  const decoded = decodeFreeSpaceHeader(new Cursor(header, "manager"), ctx);
  return decodeFreeSections(new Cursor(list.subarray(0, decoded.listSize), "list"), decoded, address, ctx);
};

describe("a free-space manager", () => {
  // Of a file of pages of 4 KiB, written by libhdf5 1.10.8 with persistent free space: what is left of pages of raw data.
  const GOLDEN = {
    header: hex(`"FSHD" 00 01  f000000000000000 0400000000000000 0400000000000000 0000000000000000
      0300 5000 7800 3f00 ffffffffffffff7f  ac03000000000000 5900000000000000 5900000000000000  7361db82`),
    list: hex(`"FSSE" 00 5a03000000000000  01 1800000000000000 e87f000000000000 01  01 3000000000000000 d05f000000000000 01
      01 4800000000000000 b83f000000000000 01  01 6000000000000000 a01f000000000000 01  856041a3`),
  };

  test("of libhdf5: where its list lies, and the sections", () => {
    expect(GOLDEN.header).toHaveLength(freeSpaceHeaderRange(0x35a, CONTEXT).length);
    expect(decodeFreeSpaceHeader(new Cursor(GOLDEN.header, "manager"), CONTEXT)).toEqual({
      space: 240,
      sections: 4,
      serializedSections: 4,
      widths: { count: 1, size: 8, address: 8 },
      listAddress: 0x3ac,
      listSize: 89,
      allocatedListSize: 89,
    });
    expect(decode(GOLDEN, CONTEXT, 0x35a)).toEqual([
      { address: 0x7fe8, size: 24 },
      { address: 0x5fd0, size: 48 },
      { address: 0x3fb8, size: 72 },
      { address: 0x1fa0, size: 96 },
    ]);
  });

  const summed = (bytes: Uint8Array): Uint8Array => {
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(bytes.length - 4, lookup3(bytes.subarray(0, -4)), true);
    return bytes;
  };
  const changed = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
    const copy = bytes.slice();
    copy[at] = value;
    return summed(copy);
  };
  test.each<[string, { readonly header?: Uint8Array; readonly list?: Uint8Array }]>([
    ["a header of version 1", { header: changed(GOLDEN.header, 4, 1) }],
    ["the manager of a fractal heap", { header: changed(GOLDEN.header, 5, 0) }],
    ["addresses of no bits", { header: changed(GOLDEN.header, 44, 0) }],
    ["a list longer than its block", { header: changed(GOLDEN.header, 70, 0x58) }],
    ["another sum of its sections", { header: changed(GOLDEN.header, 6, 0xf1) }],
    ["a list of version 1", { list: changed(GOLDEN.list, 4, 1) }],
    ["the list of another manager", { list: changed(GOLDEN.list, 5, 0x5b) }],
    ["five sections where four are said", { list: changed(GOLDEN.list, 13, 2) }],
    ["a size without sections", { list: changed(GOLDEN.list, 13, 0) }],
    ["a section of no bytes", { list: changed(GOLDEN.list, 14, 0) }],
    ["a section of an unknown class", { list: changed(GOLDEN.list, 30, 3) }],
    ["a section too few", { list: summed(GOLDEN.list.slice(0, 71)), header: changed(GOLDEN.header, 62, 71) }],
  ])("with %s is damaged", (_, parts) => {
    expect(() => decode({ ...GOLDEN, ...parts }, CONTEXT, 0x35a)).toThrow(expect.objectContaining({ code: "format" }));
  });

  test("gives its sections, whatever the widths; a flipped byte is a checksum error; arbitrary bytes are an Hdf5Error", () => {
    const sizes = fc.uniqueArray(
      fc.record({
        size: fc.integer({ min: 1, max: 300 }),
        addresses: fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 90 }),
      }),
      { maxLength: 5, selector: ({ size }) => size },
    );
    fc.assert(
      fc.property(context, sizes, fc.nat(9), fc.nat(), ({ ...ctx }, all, ghosts, at) => {
        const made = manager(all, ctx, { address: 7, ghosts });
        expect(decode(made, ctx, 7)).toEqual(
          all.flatMap(({ size, addresses }) => addresses.map((address) => ({ address, size }))),
        );
        for (const part of ["header", "list"] as const) {
          const bytes = made[part].slice();
          const place = 4 + (at % (bytes.length - 4));
          bytes[place] = (bytes[place] ?? 0) ^ 0x10;
          const verified = { ...ctx, verifyChecksums: true };
          expect(() => decode({ ...made, [part]: bytes }, verified, 7)).toThrow(
            expect.objectContaining({ code: "checksum" }),
          );
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, isList) => {
        const signed = Uint8Array.from([...hex(isList ? '"FSSE"' : '"FSHD"'), ...bytes]);
        const parts = { ...GOLDEN, [isList ? "list" : "header"]: signed };
        try {
          decode(parts, { ...CONTEXT, verifyChecksums: false }, 0x35a);
        } catch (error) {
          if (!isHdf5Error(error)) throw error;
        }
      }),
    );
  });
});
