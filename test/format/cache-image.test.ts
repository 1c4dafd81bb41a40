import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { lookup3 } from "../../src/bytes/checksum.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5ChecksumError, isHdf5Error } from "../../src/errors.js";
import { type CacheImageEntry, decodeCacheImage, encodeCacheImage } from "../../src/format/cache-image.js";
import type { FormatContext } from "../../src/format/context.js";
import { decodeCacheImageMessage, encodeCacheImageMessage } from "../../src/format/messages/cache-image.js";
import { addressOrNone, context, unsigned } from "../arbitraries/messages.js";
import { hex } from "./hex.js";
import { fixtureContext } from "./walker-fixtures.js";

const CONTEXT = fixtureContext();
const END = 0x10000;
const format = expect.objectContaining({ code: "format" });

const written = (encode: (out: ByteWriter) => void): Uint8Array => {
  const out = new ByteWriter();
  encode(out);
  return out.bytes();
};
const image = (entries: readonly CacheImageEntry[], ctx: FormatContext = CONTEXT): Uint8Array =>
  written((out) => encodeCacheImage(out, entries, ctx));
const decode = (bytes: Uint8Array, ctx: FormatContext = CONTEXT, end = END): readonly CacheImageEntry[] =>
  decodeCacheImage(new Cursor(bytes, "metadata cache image"), ctx, end);

describe("a metadata cache image", () => {
  // The head and the first entry of the image in h5clear_mdc_image.h5 of the HDF5 distribution, whose bytes are a
  // fixed array header, as an image of its own: length, count and checksum are those of one entry.
  const GOLDEN = (() => {
    const body = hex(`"MDCI" 00 00 5000000000000000 01000000
      16 01 01 00 0000 0000 0000 ffffffff df01000000000000 1c00000000000000
      "FAHD" 00 00 08 0a 6400000000000000 fb01000000000000 3cd9bdd5`);
    return written((out) => out.put(body).u32(lookup3(body)));
  })();

  test("of libhdf5: an entry says where its bytes belong", () => {
    const entries = decode(GOLDEN);
    expect(entries).toEqual([
      {
        type: 22,
        flags: 1,
        ring: 1,
        age: 0,
        children: 0,
        dirtyChildren: 0,
        parents: [],
        lruRank: -1,
        address: 0x1df,
        bytes: hex(`"FAHD" 00 00 08 0a 6400000000000000 fb01000000000000 3cd9bdd5`),
      },
    ]);
    expect(image(entries)).toEqual(GOLDEN);
  });

  test("its message: place and size, or no image", () => {
    const bytes = hex("00 2056000000000000 8b05000000000000");
    const message = decodeCacheImageMessage(new Cursor(bytes, "message"), CONTEXT);
    expect(message).toEqual({ address: 0x5620, size: 0x58b });
    expect(written((out) => encodeCacheImageMessage(out, message, CONTEXT))).toEqual(bytes);
    const none = hex("00 ffffffffffffffff 0000000000000000");
    expect(decodeCacheImageMessage(new Cursor(none, "message"), CONTEXT).address).toBeUndefined();
    expect(() => decodeCacheImageMessage(new Cursor(hex("01"), "message"), CONTEXT)).toThrow(format);
  });

  const entry = (address: number, bytes: Uint8Array): CacheImageEntry => ({
    type: 5,
    flags: 1,
    ring: 1,
    age: 0,
    children: 0,
    dirtyChildren: 0,
    parents: [],
    lruRank: 0,
    address,
    bytes,
  });

  test("whose entries overlap, are empty or leave the file is damaged, and so is one of another length", () => {
    const bytes = new Uint8Array(16).fill(1);
    expect(decode(image([entry(112, bytes), entry(96, bytes)])).map(({ address }) => address)).toEqual([96, 112]);
    expect(() => decode(image([entry(96, bytes), entry(111, bytes)]))).toThrow(format);
    expect(() => decode(image([entry(96, new Uint8Array(0))]))).toThrow(format);
    expect(() => decode(image([entry(END - 15, bytes)]))).toThrow(format);
    const longer = written((out) => {
      const body = new ByteWriter().put(image([entry(96, bytes)]).subarray(0, -4)).zeros(8);
      out.put(body.written()).u32(lookup3(body.written()));
    });
    expect(() => decode(longer)).toThrow(format);
  });

  const entries = (ctx: FormatContext): fc.Arbitrary<CacheImageEntry[]> =>
    fc
      .array(
        fc.record({
          type: fc.nat(29),
          flags: fc.nat(255),
          ring: fc.nat(255),
          age: fc.nat(255),
          children: fc.nat(65535),
          dirtyChildren: fc.nat(65535),
          parents: fc.array(unsigned(ctx.sizeOfOffsets), { maxLength: 3 }),
          lruRank: fc.integer({ min: -1, max: 0x7fffffff }),
          bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
        }),
        { maxLength: 8 },
      )
      .map((all) => all.map((one, i) => ({ ...one, address: 96 + 40 * i })));

  test("decode(encode(x)) is x; a flipped byte is a checksum error; arbitrary bytes are an Hdf5Error", () => {
    fc.assert(
      fc.property(
        context.chain((ctx) => fc.tuple(fc.constant(ctx), entries(ctx), addressOrNone(ctx))),
        fc.nat(),
        ([ctx, all, address], at) => {
          const bytes = image(all, ctx);
          expect(decode(bytes, ctx)).toEqual(all);
          const place = 4 + (at % (bytes.length - 4));
          bytes[place] = (bytes[place] ?? 0) ^ 0x10;
          expect(() => decode(bytes, ctx)).toThrow(Hdf5ChecksumError);
          const message = { address, size: bytes.length };
          const encoded = written((out) => encodeCacheImageMessage(out, message, ctx));
          expect(decodeCacheImageMessage(new Cursor(encoded, "message"), ctx)).toEqual(message);
        },
      ),
    );
    fc.assert(
      fc.property(context, fc.uint8Array({ maxLength: 90 }), fc.boolean(), (ctx, tail, signed) => {
        const bytes = signed ? Uint8Array.from([...hex(`"MDCI"`), ...tail]) : tail;
        try {
          decodeCacheImage(new Cursor(bytes, "image"), ctx, END, { verifyChecksums: !signed });
        } catch (error) {
          if (!isHdf5Error(error)) throw error;
        }
      }),
    );
  });
});
