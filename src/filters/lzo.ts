/**
 * LZO (filter 305): LZO1X as PyTables wrote it, read only. Registered filter; H5Zlzo.c of PyTables. No client data value is
 * needed. Format: as lzo1x_decompress of LZO reads it; Documentation/lzo.txt of Linux.
 *
 *   the stream | nothing, or its data's Adler-32 u32 | [their length u32]     little-endian, of older PyTables
 *   0000llll [0 … more if l = 0]        l + 3 literals (18 if l = 0); after literals: match of 3, far
 *   0000oolL oooooooo                   after 1 to 3 literals: match of 2, distance o + 1
 *   0001olll [more], oooooooo ooooooss  match of l + 2 (9), distance o + 0x4000; o = 0: the end
 *   001lllll [more], oooooooo ooooooss  match of l + 2 (33), distance o + 1
 *   lllooo ss oooooooo                  match of l + 1 (l > 1), distance o + 1       ss: literals that follow
 */
import { type FilterName, faultOf } from "./fault.js";
import type { Filter, FilterContext } from "./filter.js";
import { copyLiterals, copyMatch } from "./matches.js";

const NAME: FilterName = /* @__PURE__ */ Object.freeze({ id: 305, name: "lzo" });
const FAR = 0x0800; // M2_MAX_OFFSET
const FARTHEST = 0x4000;
/** A zero byte makes a match longer by 255; the first bytes of a match by less. */
const MOST_PER_BYTE = 256;

type Fail = (finding: string) => never;

/** The codec of filter 305, for reading. */
export const lzo: Filter = /* @__PURE__ */ Object.freeze({
  ...NAME,
  decode(bytes: Uint8Array, context: FilterContext): Uint8Array {
    const fail = faultOf(NAME, "decode");
    const out = new Uint8Array(Math.min(context.maxOutput, bytes.length * MOST_PER_BYTE));
    const { at, put } = decodeLzo(bytes, out, fail);
    const data = out.subarray(0, put);
    const rest = bytes.length - at;
    if (rest !== 0 && rest !== 4 && rest !== 8) fail(`has ${rest} bytes behind the stream`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (rest > 0 && view.getUint32(at, true) !== adler32(data)) fail("the checksum differs from that of the data");
    if (rest > 4 && view.getUint32(at + 4, true) !== put) fail("gives another number of bytes than it says");
    return data;
  },
} satisfies Filter);

function decodeLzo(bytes: Uint8Array, out: Uint8Array, fail: Fail): { at: number; put: number } {
  let at = 0;
  let put = 0;
  const byte = (): number => bytes[at++] ?? fail("the data end early");
  /** A length of which `bits` are zero goes on: 255 for each zero byte, and the first other one. */
  const more = (length: number, base: number): number => {
    if (length !== 0) return length;
    let total = base;
    let next = byte();
    for (; next === 0; next = byte()) total += 255;
    return total + next;
  };
  const literals = (count: number): void => {
    if (count > bytes.length - at) fail("the data end within literals");
    if (count > out.length - put) fail(`gives more than ${out.length} bytes`);
    copyLiterals(bytes, at, out, put, count);
    at += count;
    put += count;
  };
  const match = (distance: number, length: number): void => {
    if (distance > put) fail(`copies from ${distance} bytes back after ${put} bytes`);
    if (length > out.length - put) fail(`gives more than ${out.length} bytes`);
    copyMatch(out, put, distance, length);
    put += length;
  };
  // What came before decides what a code below 16 means: nothing 0, 1 to 3 literals, or more (4).
  let before = 0;
  if ((bytes[0] ?? 0) > 17) {
    const count = byte() - 17;
    literals(count);
    before = Math.min(count, 4);
  }
  for (;;) {
    const code = byte();
    let trailing: number;
    if (code >= 64) {
      match(((code >> 2) & 7) + (byte() << 3) + 1, (code >> 5) + 1);
      trailing = code & 3;
    } else if (code >= 16) {
      const near = code >= 32;
      const length = (near ? more(code & 31, 31) : more(code & 7, 7)) + 2;
      const low = byte();
      const distance = (low >> 2) + (byte() << 6);
      const far = (code & 8) << 11;
      if (!near && distance + far === 0) return { at, put };
      match(near ? distance + 1 : distance + far + FARTHEST, length);
      trailing = low & 3;
    } else if (before === 0) {
      literals(more(code, 15) + 3);
      before = 4;
      continue;
    } else {
      const distance = (code >> 2) + (byte() << 2) + 1;
      if (before === 4) match(distance + FAR, 3);
      else match(distance, 2);
      trailing = code & 3;
    }
    literals(trailing);
    before = trailing;
  }
}

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length; ) {
    // So many steps stay below 2^32.
    for (const end = Math.min(at + 5552, bytes.length); at < end; at++) {
      a += bytes[at] as number;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 0x10000 + a;
}
