import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5FormatError, Hdf5UsageError, isHdf5Error } from "../../src/errors.js";
import type { FormatContext } from "../../src/format/context.js";
import {
  decodeSymbolTableNode,
  encodeSymbolTableNode,
  type SymbolTableEntry,
  symbolTableNodeRange,
} from "../../src/format/symbol-table-node.js";

const CONTEXT: FormatContext = {
  sizeOfOffsets: 8,
  sizeOfLengths: 8,
  baseAddress: 0,
  groupLeafK: 1,
  groupInternalK: 16,
  chunkInternalK: 32,
};
const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.replaceAll(/[^0-9a-f]/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** h5py 3.7 (libhdf5 1.10.8), H5Pset_sym_k(1, 1): a root with the group "g" and the soft link "s" to "/g". */
const GOLDEN = hex(`
  53 4e 4f 44  01  00  02 00
  08 00 00 00 00 00 00 00  40 01 00 00 00 00 00 00  01 00 00 00  00 00 00 00  68 01 00 00 00 00 00 00  a8 01 00 00 00 00 00 00
  10 00 00 00 00 00 00 00  ff ff ff ff ff ff ff ff  02 00 00 00  00 00 00 00  18 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00`);

const decode = (bytes: Uint8Array, ctx: FormatContext = CONTEXT): readonly SymbolTableEntry[] =>
  decodeSymbolTableNode(new Cursor(bytes, "symbol table node"), ctx);

describe("a symbol table node", () => {
  test("of libhdf5 gives its entries, and is written again to the same bytes", () => {
    const entries = decode(GOLDEN);
    expect(entries).toEqual([
      { nameOffset: 8, headerAddress: 0x140, cache: { kind: "symbol-table", btreeAddress: 0x168, heapAddress: 0x1a8 } },
      { nameOffset: 16, headerAddress: undefined, cache: { kind: "soft-link", valueOffset: 24 } },
    ]);
    const out = new ByteWriter();
    encodeSymbolTableNode(out, entries, CONTEXT);
    expect(out.bytes()).toEqual(GOLDEN);
  });

  test("keeps any entries through encode and decode, at any size of offsets and lengths", () => {
    const address = fc.option(fc.nat(60000), { nil: undefined });
    const entry = fc.record({
      nameOffset: fc.nat(60000),
      headerAddress: address,
      cache: fc.oneof(
        fc.constant({ kind: "none" } as const),
        fc.record({ kind: fc.constant("symbol-table" as const), btreeAddress: address, heapAddress: address }),
        fc.record({ kind: fc.constant("soft-link" as const), valueOffset: fc.nat(0xffffffff) }),
      ),
    });
    const sizes = fc.constantFrom(2, 4, 8);
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), sizes, sizes, (entries, sizeOfOffsets, sizeOfLengths) => {
        const ctx = { ...CONTEXT, sizeOfOffsets, sizeOfLengths, groupLeafK: 4 };
        const out = new ByteWriter();
        encodeSymbolTableNode(out, entries, ctx);
        expect(out.length).toBe(symbolTableNodeRange(0, ctx).length);
        expect(decode(out.bytes(), ctx)).toEqual(entries);
      }),
    );
  });

  test("is refused with a wrong signature, version, cache type, or more symbols than K allows", () => {
    expect(() => decode(GOLDEN.slice().fill(0x58, 3, 4))).toThrow(/signature/);
    expect(() => decode(GOLDEN.slice().fill(2, 4, 5))).toThrow(/version is 2, expected 1/);
    expect(() => decode(GOLDEN.slice().fill(9, 24, 25))).toThrow(/cache type is 9/);
    expect(() => decode(GOLDEN.slice().fill(3, 6, 7))).toThrow(/number of symbols is 3, at most 2/);
    expect(() => decode(GOLDEN.slice(0, 60))).toThrow(Hdf5FormatError);
    const entry: SymbolTableEntry = { nameOffset: 0, headerAddress: 1, cache: { kind: "none" } };
    expect(() => encodeSymbolTableNode(new ByteWriter(), [entry, entry, entry], CONTEXT)).toThrow(Hdf5UsageError);
  });

  test("made of arbitrary bytes gives entries or an error of ours", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), (tail) => {
        const bytes = new Uint8Array(88);
        bytes.set(GOLDEN.subarray(0, 6));
        bytes.set(tail.subarray(0, 82), 6);
        try {
          decode(bytes);
        } catch (thrown) {
          expect(isHdf5Error(thrown)).toBe(true);
        }
      }),
    );
  });
});
