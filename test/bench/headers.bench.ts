/**
 * How many small header messages are decoded per second? One iteration is 100,000 messages: 10 per second is a million.
 * Node 20, one core's user time: 2.0 million with checksums, 2.4 without, 1.4 with three of ten messages decoded.
 */
import { bench, describe } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { Cursor } from "../../src/bytes/cursor.js";
import type { ByteSource } from "../../src/format/byte-source.js";
import { decodeDataspace, encodeDataspace } from "../../src/format/messages/dataspace.js";
import { decodeDatatype } from "../../src/format/messages/datatype.js";
import { encodeDatatype } from "../../src/format/messages/datatype-encode.js";
import { decodeFillValue } from "../../src/format/messages/fill-value.js";
import { MESSAGE } from "../../src/format/messages/message-types.js";
import { encodeHeaderBlock0, messageCursor, readObjectHeader } from "../../src/format/object-header.js";
import { datatypeOf } from "../../src/index.js";

const CONTEXT = {
  sizeOfOffsets: 8,
  sizeOfLengths: 8,
  baseAddress: 0,
  groupLeafK: 4,
  groupInternalK: 16,
  chunkInternalK: 32,
};
const HEADERS = 10_000;
const PER_HEADER = 10;

/** A header of small messages, as a dataset with a few modifications has them; 10,000 times. */
function file(): { readonly bytes: Uint8Array; readonly size: number } {
  const body = (encode: (out: ByteWriter) => void): Uint8Array => {
    const out = new ByteWriter();
    encode(out);
    return out.bytes();
  };
  const space = body((out) => encodeDataspace(out, { kind: "simple", shape: [7, 5] }, CONTEXT));
  const type = body((out) => encodeDatatype(out, datatypeOf("int32")));
  const fill = Uint8Array.of(3, 0x0a);
  const messages = [
    { type: MESSAGE.dataspace, flags: 0, body: space },
    { type: MESSAGE.datatype, flags: 1, body: type },
    { type: MESSAGE.fillValue, flags: 1, body: fill },
    ...Array.from({ length: PER_HEADER - 3 }, () => ({ type: 0x70, flags: 0, body: new Uint8Array(12) })),
  ];
  const size = 320;
  const one = encodeHeaderBlock0(messages, size, { trackOrder: false });
  const bytes = new Uint8Array(HEADERS * size);
  for (let i = 0; i < HEADERS; i++) bytes.set(one, i * size);
  return { bytes, size };
}

const { bytes, size } = file();
const source: ByteSource = {
  end: bytes.length,
  read: (address, length, structure) => new Cursor(bytes.subarray(address, address + length), structure, address),
  readUpTo: (address, length, structure) => source.read(address, Math.min(length, bytes.length - address), structure),
  unfiltered: () => {
    throw new Error("nothing is filtered");
  },
  need: () => undefined,
  memo: (_structure, _address, decode) => decode(),
};

describe(`${HEADERS * PER_HEADER} messages`, () => {
  const limits = { headerChunks: 1024 };
  bench("headers, checksums verified", () => {
    for (let i = 0; i < HEADERS; i++) readObjectHeader(source, i * size, CONTEXT, limits);
  });
  bench("headers, checksums ignored", () => {
    for (let i = 0; i < HEADERS; i++) readObjectHeader(source, i * size, CONTEXT, limits, { verifyChecksums: false });
  });
  bench("headers, and dataspace, datatype and fill value decoded", () => {
    for (let i = 0; i < HEADERS; i++) {
      const header = readObjectHeader(source, i * size, CONTEXT, limits);
      for (const message of header.messages) {
        const cur = messageCursor(message, "message");
        if (message.type === MESSAGE.dataspace) decodeDataspace(cur, CONTEXT);
        else if (message.type === MESSAGE.datatype) decodeDatatype(cur);
        else if (message.type === MESSAGE.fillValue) decodeFillValue(cur);
      }
    }
  });
});
