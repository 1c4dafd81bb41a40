import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { lookup3 } from "../../src/bytes/checksum.js";
import {
  Hdf5ChecksumError,
  Hdf5FormatError,
  Hdf5LimitError,
  Hdf5TruncatedError,
  Hdf5UnsupportedError,
  Hdf5UsageError,
  isHdf5Error,
} from "../../src/errors.js";
import type { FormatContext } from "../../src/format/context.js";
import { encodeContinuation } from "../../src/format/messages/continuation.js";
import { MESSAGE } from "../../src/format/messages/message-types.js";
import {
  type BlockOptions,
  type EncodedMessage,
  encodeContinuationBlock,
  encodeHeaderBlock0,
  messageCursor,
  messageSize,
  type ObjectHeader,
  readObjectHeader,
} from "../../src/format/object-header.js";
import { encodedMessage } from "../arbitraries/messages.js";
import { hex } from "./hex.js";
import { memorySource, settleSync } from "./memory-source.js";
import { walkEverywhere } from "./paged-source.js";

const CONTEXT: FormatContext = {
  sizeOfOffsets: 8,
  sizeOfLengths: 8,
  baseAddress: 0,
  groupLeafK: 4,
  groupInternalK: 16,
  chunkInternalK: 32,
};
const LIMITS = { headerChunks: 8 };
/** Where headers stand in these files. */
const ADDRESS = 16;

/** A file with these blocks at these addresses. */
function fileOf(size: number, ...blocks: readonly (readonly [address: number, bytes: Uint8Array])[]): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const [address, block] of blocks) bytes.set(block, address);
  return bytes;
}

function read(
  bytes: Uint8Array,
  options: { limits?: typeof LIMITS; verifyChecksums?: boolean } = {},
  ctx: FormatContext = CONTEXT,
): ObjectHeader {
  const { limits = LIMITS, ...rest } = options;
  return settleSync(memorySource(bytes), (source) => readObjectHeader(source, ADDRESS, ctx, limits, rest)).value;
}

/** Type and first byte of each message. */
const shown = (header: ObjectHeader): (readonly [number, number | undefined])[] =>
  header.messages.map(({ type, body }) => [type, body[0]]);

function message(type: number, ...body: readonly number[]): EncodedMessage {
  return { type, flags: 0, body: Uint8Array.from(body) };
}

function continuationTo(address: number, length: number, ctx: FormatContext = CONTEXT): EncodedMessage {
  const out = new ByteWriter();
  encodeContinuation(out, { address, length }, ctx);
  return { type: MESSAGE.continuation, flags: 0, body: out.bytes() };
}

/** A message as version 1 stores it: padded to a multiple of 8. */
function oldMessage({ type, flags, body }: EncodedMessage): Uint8Array {
  const out = new ByteWriter();
  out
    .u16(type)
    .u16(Math.ceil(body.length / 8) * 8)
    .u8(flags)
    .zeros(3)
    .put(body)
    .align(8);
  return out.bytes();
}

/** A version-1 block 0. */
function oldHeader(messages: readonly EncodedMessage[], count = messages.length, references = 1): Uint8Array {
  const body = new ByteWriter();
  for (const one of messages) body.put(oldMessage(one));
  return new ByteWriter().u8(1).u8(0).u16(count).u32(references).u32(body.length).u32(0).put(body.bytes()).bytes();
}

function oldBlock(messages: readonly EncodedMessage[]): Uint8Array {
  const out = new ByteWriter();
  for (const one of messages) out.put(oldMessage(one));
  return out.bytes();
}

/** A version-2 block 0 just large enough. */
function header(messages: readonly EncodedMessage[], options: BlockOptions = { trackOrder: false }): Uint8Array {
  const size = messages.reduce((sum, one) => sum + messageSize(one, options), 0);
  return encodeHeaderBlock0(messages, 6 + (size < 256 ? 1 : 2) + size + 4, options);
}

function block(messages: readonly EncodedMessage[], options: BlockOptions = { trackOrder: false }): Uint8Array {
  return encodeContinuationBlock(
    messages,
    8 + messages.reduce((sum, one) => sum + messageSize(one, options), 0),
    options,
  );
}

describe("a version-1 header", () => {
  test("has a reference count and messages, each padded to 8 bytes", () => {
    const bytes = fileOf(200, [
      ADDRESS,
      oldHeader([message(1, 7), message(3, 8, 9), message(0, 0), message(5, 10)], 4, 3),
    ]);
    const result = read(bytes);
    expect(result).toMatchObject({ version: 1, address: ADDRESS, flags: 0, referenceCount: 3, times: undefined });
    expect(shown(result)).toEqual([
      [1, 7],
      [3, 8],
      [5, 10],
    ]);
    expect(result.chunks).toEqual([{ address: ADDRESS, length: 16 + 4 * 16 }]);
    const [first] = result.messages;
    expect(first).toMatchObject({ flags: 0, creationIndex: undefined, address: ADDRESS + 24, chunk: 0 });
    expect(first?.body.length).toBe(8);
  });

  test("continues into a second block, and from there into a third", () => {
    const third = oldBlock([message(6, 3)]);
    const second = oldBlock([message(3, 2), continuationTo(120, third.length), message(5, 4)]);
    const first = oldHeader([message(1, 1), continuationTo(200, second.length), message(8, 5)], 7);
    const result = read(fileOf(400, [ADDRESS, first], [200, second], [120, third]));
    expect(result.messages.map(({ type, chunk }) => [type, chunk])).toEqual([
      [1, 0],
      [8, 0],
      [3, 1],
      [5, 1],
      [6, 2],
    ]);
    expect(result.chunks.map(({ address }) => address)).toEqual([ADDRESS, 200, 120]);
  });

  test("may state a wrong number of messages, as old libraries did", () => {
    expect(read(fileOf(200, [ADDRESS, oldHeader([message(1, 7)], 65_535)])).messages.length).toBe(1);
  });

  test("may be empty", () => {
    expect(read(fileOf(64, [ADDRESS, oldHeader([])])).messages).toEqual([]);
    expect(() => read(fileOf(64, [ADDRESS, oldHeader([], 1)]))).toThrow("object header size is 0 for 1 messages");
  });

  test.each([
    ["a size that is no multiple of 8", 18, 9, "message size is 9, expected a multiple of 8"],
    ["a message that runs past its block", 18, 24, "message size is 24, 8 bytes are left"],
    ["version 0", 0, 0, "version is 0, expected 1 or 2"],
    ["flags that contradict each other", 20, 6, "message flags are 6, which contradict each other"],
    ["a header larger than the file", 11, 0x7f, "leaves the file"],
  ])("%s is an error", (_, at, value, finding) => {
    const bytes = oldHeader([message(1, 7)]);
    bytes[at] = value;
    expect(() => read(fileOf(64, [ADDRESS, bytes]))).toThrow(finding);
    expect(() => read(fileOf(64, [ADDRESS, bytes]))).toThrow(Hdf5FormatError);
  });

  test("bytes behind the last message are an error: only version 2 has gaps", () => {
    const bytes = oldHeader([message(1, 7)]);
    bytes[8] = 20;
    expect(() => read(fileOf(64, [ADDRESS, bytes]))).toThrow("ends with 4 bytes beyond its messages");
  });

  test("has no reference count message", () => {
    const bytes = fileOf(64, [ADDRESS, oldHeader([message(MESSAGE.referenceCount, 0, 2, 0, 0, 0)])]);
    expect(() => read(bytes)).toThrow("stands in a version-1 object header");
  });
});

describe("a version-2 header", () => {
  test("is that of the specification's table, byte for byte", () => {
    // Flags: order tracked and indexed, phase change, times; written by hand, checksum computed.
    const golden = hex(`"OHDR" 02 3c  01 00 00 00 02 00 00 00 03 00 00 00 04 00 00 00  08 00 06 00  16
      0c 03 00 01 05 00 aa bb cc   16 05 00 00 00 00 00 02 00 00 00   `);
    golden[26] = golden.length - 27;
    const bytes = new ByteWriter().put(golden).u32(lookup3(golden)).bytes();
    const result = read(fileOf(100, [ADDRESS, bytes]));
    expect(result).toMatchObject({
      version: 2,
      flags: 0x3c,
      referenceCount: 2,
      times: { access: 1, modification: 2, change: 3, birth: 4 },
      attributePhaseChange: { maxCompact: 8, minDense: 6 },
      chunks: [{ address: ADDRESS, length: bytes.length }],
      failIfUnknownWhenWriting: false,
    });
    expect(result.messages[0]).toMatchObject({ type: 12, flags: 1, creationIndex: 5, address: ADDRESS + 33, chunk: 0 });
    expect([...messageCursor(result.messages[0] as never, "attribute").take(3)]).toEqual([0xaa, 0xbb, 0xcc]);
    const again = encodeHeaderBlock0(result.messages, bytes.length, {
      trackOrder: true,
      indexOrder: true,
      existing: result,
    });
    expect(again).toEqual(bytes);
  });

  test("counts one link unless it says otherwise", () => {
    expect(read(fileOf(100, [ADDRESS, header([message(1, 1)])])).referenceCount).toBe(1);
  });

  test("ends in a gap smaller than a message header", () => {
    for (const gap of [1, 2, 3]) {
      const bytes = encodeHeaderBlock0([message(1, 7)], 16 + gap, { trackOrder: false });
      expect(shown(read(fileOf(100, [ADDRESS, bytes])))).toEqual([[1, 7]]);
    }
  });

  test("a wrong checksum of any block is an error, unless checksums are not verified", () => {
    const second = block([message(3, 2)]);
    const first = header([message(1, 1), continuationTo(120, second.length)]);
    for (const place of [ADDRESS + 11, 120 + 8]) {
      const bytes = fileOf(200, [ADDRESS, first], [120, second]);
      bytes[place] = 0x77;
      expect(() => read(bytes)).toThrow(Hdf5ChecksumError);
      expect(shown(read(bytes, { verifyChecksums: false })).map(([, first0]) => first0)).toContain(0x77);
    }
  });

  test("a continuation block without its signature is an error", () => {
    const second = block([message(3, 2)]);
    second[0] = 0x4f ^ 1;
    const bytes = fileOf(200, [ADDRESS, header([continuationTo(120, second.length)])], [120, second]);
    expect(() => read(bytes)).toThrow('signature is not "OCHK"');
  });

  test("unknown flags, and phase change values in the wrong order, are errors", () => {
    const bytes = header([message(1, 1)]);
    bytes[5] = 0x40;
    expect(() => read(fileOf(100, [ADDRESS, bytes]))).toThrow("bits 6 and 7 are not defined");
    const existing = { attributePhaseChange: { maxCompact: 3, minDense: 4 } };
    const wrong = encodeHeaderBlock0([], 30, { trackOrder: false, existing });
    expect(() => read(fileOf(100, [ADDRESS, wrong]))).toThrow("minimum dense attributes are 4");
  });

  test("a chunk 0 beyond the end of the file is truncated, however it is called", () => {
    const bytes = header([message(1, 1)]);
    bytes[5] = 3; // a size of 8 bytes
    bytes.set(hex("00 00 00 00 00 00 10 00"), 6);
    expect(() => read(fileOf(100, [ADDRESS, bytes]))).toThrow(Hdf5TruncatedError);
    expect(() => read(fileOf(ADDRESS))).toThrow(Hdf5TruncatedError);
  });
});

describe("continuations", () => {
  test.each([
    ["leads to its own block", [ADDRESS, 40], "overlaps another block"],
    ["leads into its own block", [ADDRESS + 8, 24], "overlaps another block"],
    ["leads out of the file", [1000, 24], "leaves the file"],
    ["has the largest address", [2 ** 53 - 8, 24], "leaves the file"],
    ["has no bytes", [120, 0], "continuation length is 0"],
    ["is shorter than signature and checksum", [120, 5], "is too short"],
  ] as const)("one that %s is an error", (_, [address, length], finding) => {
    const bytes = fileOf(200, [ADDRESS, header([continuationTo(address, length)])]);
    expect(() => read(bytes)).toThrow(finding);
    expect(() => read(bytes)).toThrow(Hdf5FormatError);
  });

  test("two that lead to each other are an error", () => {
    const bytes = fileOf(
      300,
      [ADDRESS, header([continuationTo(100, 32)])],
      [100, block([continuationTo(160, 32), message(1)])],
      [160, block([continuationTo(100, 32), message(1)])],
    );
    expect(() => read(bytes)).toThrow("overlaps another block");
  });

  test("more than the limit are an Hdf5LimitError that names it", () => {
    const blocks = Array.from({ length: 10 }, (_, i) => {
      return [100 + 40 * i, block([continuationTo(140 + 40 * i, 28)])] as const;
    });
    const bytes = fileOf(600, [ADDRESS, header([continuationTo(100, 28)])], ...blocks);
    expect(() => read(bytes)).toThrow(Hdf5LimitError);
    expect(() => read(bytes)).toThrow("headerChunks");
  });
});

describe("unknown messages", () => {
  const unknown = (flags: number): Uint8Array =>
    fileOf(100, [ADDRESS, header([{ type: 0x40, flags, body: Uint8Array.of(1) }, message(1, 2)])]);

  test("are kept, so that they can be written back", () => {
    expect(shown(read(unknown(0)))).toEqual([
      [0x40, 1],
      [1, 2],
    ]);
    expect(shown(read(unknown(0x10)))[0]).toEqual([0x40, 1]);
  });

  test("that forbid writing are noted", () => {
    expect(read(unknown(0x08)).failIfUnknownWhenWriting).toBe(true);
    expect(read(unknown(0x10)).failIfUnknownWhenWriting).toBe(false);
  });

  test("that demand to be known are not supported, and named", () => {
    expect(() => read(unknown(0x80))).toThrow(Hdf5UnsupportedError);
    expect(() => read(unknown(0x80))).toThrow("type 64");
    // Of a known type the flag means nothing.
    const known = fileOf(100, [ADDRESS, header([{ type: 1, flags: 0x80, body: Uint8Array.of(1) }])]);
    expect(read(known).messages.length).toBe(1);
  });
});

describe("writing blocks", () => {
  test("what is left becomes one NIL message", () => {
    const bytes = encodeHeaderBlock0([message(1, 7)], 40, { trackOrder: false });
    expect(bytes.subarray(0, 36)).toEqual(hex(`"OHDR" 02 00 1d  01 01 00 00 07  00 14 00 00 ${"00 ".repeat(20)}`));
    expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(36, true)).toBe(lookup3(bytes.subarray(0, 36)));
  });

  test("the size field is as narrow as it can be", () => {
    const flagsOf = (size: number): number | undefined => encodeHeaderBlock0([], size, { trackOrder: false })[5];
    expect([11, 266, 267, 65_547, 65_548, 200_000].map(flagsOf)).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test("a rest of any size is filled so that it is read again", () => {
    for (const trackOrder of [false, true]) {
      for (const rest of [4, 5, 6, 7, 65_539, 65_540, 65_541, 65_542, 65_545, 131_081, 140_000]) {
        if (trackOrder && rest < 6) continue;
        const bytes = encodeContinuationBlock([], 8 + rest, { trackOrder });
        expect(bytes.length).toBe(8 + rest);
        const first = header([continuationTo(100, bytes.length), message(1, 3)], { trackOrder });
        expect(shown(read(fileOf(100 + bytes.length, [ADDRESS, first], [100, bytes])))).toEqual([[1, 3]]);
      }
    }
  });

  test("too many messages, a long body and a gap beside a NIL message are refused", () => {
    const plain = { trackOrder: false };
    expect(() => encodeHeaderBlock0([message(1, 1, 2, 3)], 16, plain)).toThrow(Hdf5UsageError);
    expect(() => encodeHeaderBlock0([], 10, plain)).toThrow(Hdf5UsageError);
    expect(() => encodeContinuationBlock([message(0)], 14, plain)).toThrow("a gap of 2 bytes beside a NIL message");
    const long = { type: 1, flags: 0, body: new Uint8Array(65_536) };
    expect(() => encodeContinuationBlock([long], 70_000, plain)).toThrow(Hdf5UsageError);
  });
});

/** Blocks of messages, laid out in a file in an arbitrary order. */
const chains = fc.record({
  blocks: fc.array(fc.array(encodedMessage, { maxLength: 5 }), { minLength: 1, maxLength: 5 }),
  trackOrder: fc.boolean(),
  version: fc.constantFrom(1 as const, 2 as const),
  reversed: fc.boolean(),
  ctx: fc
    .constantFrom(2, 4, 8)
    .map((size): FormatContext => ({ ...CONTEXT, sizeOfOffsets: size, sizeOfLengths: size })),
});

/** A header that goes on from block to block. */
function chainFile(chain: typeof chains extends fc.Arbitrary<infer T> ? T : never): {
  bytes: Uint8Array;
  messages: EncodedMessage[];
} {
  const { version, reversed, ctx } = chain;
  const options = { trackOrder: chain.trackOrder };
  const encode = (messages: readonly EncodedMessage[], isFirst: boolean): Uint8Array => {
    if (version === 1) return isFirst ? oldHeader(messages) : oldBlock(messages);
    return isFirst ? header(messages, options) : block(messages, options);
  };
  const last = chain.blocks.length - 1;
  // Sizes do not depend on addresses.
  const withLink = (i: number, address: number, length: number): EncodedMessage[] => {
    const own = chain.blocks[i] ?? [];
    return i === last ? [...own, message(0)] : [continuationTo(address, length, ctx), ...own];
  };
  const lengths = chain.blocks.map((_, i) => encode(withLink(i, 1, 1), i === 0).length);
  const order = chain.blocks.map((_, i) => i).slice(1);
  if (reversed) order.reverse();
  const addresses = new Map<number, number>([[0, ADDRESS]]);
  let end = ADDRESS + (lengths[0] as number);
  for (const i of order) {
    addresses.set(i, end + 3);
    end += 3 + (lengths[i] as number);
  }
  const placed = chain.blocks.map((_, i) => {
    const messages = withLink(i, addresses.get(i + 1) ?? 1, lengths[i + 1] ?? 1);
    return [addresses.get(i) as number, encode(messages, i === 0)] as const;
  });
  return { bytes: fileOf(end, ...placed), messages: chain.blocks.flat() };
}

describe("any header", () => {
  test("is read as it was written, at every page size, cold and warm", () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const { bytes, messages } = chainFile(chain);
        const { result, rounds } = walkEverywhere(
          bytes,
          (source) => readObjectHeader(source, ADDRESS, chain.ctx, LIMITS),
          (actual, expected) => expect(actual).toEqual(expected),
        );
        const padded = (body: Uint8Array): number[] =>
          chain.version === 2 ? [...body] : [...oldMessage({ type: 1, flags: 0, body }).subarray(8)];
        expect(result.messages.map(({ type, flags, body }) => [type, flags, [...body]])).toEqual(
          messages.map(({ type, flags, body }) => [type, flags, padded(body)]),
        );
        if (chain.version === 2 && chain.trackOrder) {
          expect(result.messages.map((one) => one.creationIndex)).toEqual(messages.map((one) => one.creationIndex));
        }
        // The first bytes, what of chunk 0 is beyond them, and each further block.
        for (const count of rounds.values()) expect(count).toBeLessThanOrEqual(chain.blocks.length + 1);
      }),
      { numRuns: 60 },
    );
  });

  test("with one changed byte is a value or a typed error; where a checksum covers it, an error", () => {
    fc.assert(
      fc.property(chains, fc.nat(), fc.integer({ min: 1, max: 255 }), (chain, at, change) => {
        const { bytes } = chainFile(chain);
        const chunks = read(bytes, {}, chain.ctx).chunks;
        const place = ADDRESS + (at % (bytes.length - ADDRESS));
        const covered = chunks.some(({ address, length }) => place >= address && place < address + length);
        bytes[place] = (bytes[place] ?? 0) ^ change;
        let thrown: unknown;
        try {
          read(bytes, {}, chain.ctx);
        } catch (error) {
          if (!isHdf5Error(error)) throw error;
          thrown = error;
        }
        if (chain.version === 2 && covered) expect(thrown).toBeDefined();
      }),
    );
  });

  test("cut anywhere is truncated or otherwise an error, never half a header", () => {
    fc.assert(
      fc.property(chains, fc.nat(), (chain, at) => {
        const { bytes } = chainFile(chain);
        const cut = bytes.subarray(0, at % bytes.length);
        expect(() => read(cut, {}, chain.ctx)).toThrow(Hdf5FormatError);
      }),
    );
  });
});

test("headers in two blocks are read in two round trips when their pages are cold", () => {
  const second = block([message(3, 2)]);
  const bytes = fileOf(4000, [ADDRESS, header([continuationTo(3000, second.length)])], [3000, second]);
  const { rounds } = settleSync(memorySource(bytes, { pageSize: 64 }), (source) =>
    readObjectHeader(source, ADDRESS, CONTEXT, LIMITS),
  );
  expect(rounds).toBe(2);
});
