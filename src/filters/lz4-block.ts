/**
 * LZ4 blocks, which the filters lz4, bitshuffle and blosc have inside. Format: lz4_Block_format.md of lz4.
 *
 *   llll mmmm | [255 … < 255 more literals (l = 15)] | literals | distance u16 | [255 … more of the match (m = 15)]
 *
 * A match has m + 4 bytes. The last sequence has literals only: the last 5 bytes are, and no match begins in the last 12.
 */
import { copyLiterals, copyMatch } from "./matches.js";

const MIN_MATCH = 4;
const LAST_LITERALS = 5;
const LAST_MATCH = 12;
const MAX_DISTANCE = 65_535;
const HASH_BITS = 14;

type Fail = (finding: string) => never;

/**
 * Decode one block into `out` from `put` on, not beyond `end`.
 * @returns the end of what was written.
 */
export function decodeLz4Block(bytes: Uint8Array, out: Uint8Array, put: number, end: number, fail: Fail): number {
  const start = put;
  let to = put;
  let at = 0;
  const more = (length: number): number => {
    let total = length;
    for (let byte = 255; byte === 255; total += byte) byte = bytes[at++] ?? fail("the LZ4 block ends early");
    return total;
  };
  for (;;) {
    const token = bytes[at++] ?? fail("the LZ4 block ends early");
    const literals = token >> 4 === 15 ? more(15) : token >> 4;
    if (literals > bytes.length - at) fail("the LZ4 block ends within its literals");
    if (literals > end - to) fail(`the LZ4 block gives more than ${end - start} bytes`);
    copyLiterals(bytes, at, out, to, literals);
    at += literals;
    to += literals;
    if (at === bytes.length) return to;
    const distance = (bytes[at] as number) | ((bytes[at + 1] ?? fail("the LZ4 block ends early")) << 8);
    at += 2;
    const length = ((token & 15) === 15 ? more(15) : token & 15) + MIN_MATCH;
    if (distance === 0 || distance > to - start) fail(`the LZ4 block copies from ${distance} bytes back`);
    if (length > end - to) fail(`the LZ4 block gives more than ${end - start} bytes`);
    copyMatch(out, to, distance, length);
    to += length;
  }
}

/** The most bytes that a block of so many takes (LZ4_COMPRESSBOUND). */
export function lz4Bound(length: number): number {
  return length + Math.floor(length / 255) + 16;
}

/** Encode bytes as one block. */
export function encodeLz4Block(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const out = new Uint8Array(lz4Bound(length));
  const seen = new Int32Array(1 << HASH_BITS).fill(-MAX_DISTANCE - 1);
  let put = 0;
  let literals = 0;
  const more = (count: number): void => {
    let left = count - 15;
    for (; left >= 255; left -= 255) out[put++] = 255;
    out[put++] = left;
  };
  const sequence = (end: number, distance: number, matched: number): void => {
    const count = end - literals;
    const extra = matched - MIN_MATCH;
    out[put++] = (Math.min(count, 15) << 4) | (matched === 0 ? 0 : Math.min(extra, 15));
    if (count >= 15) more(count);
    out.set(bytes.subarray(literals, end), put);
    put += count;
    if (matched === 0) return;
    out[put++] = distance & 0xff;
    out[put++] = distance >> 8;
    if (extra >= 15) more(extra);
  };
  const word = (at: number): number =>
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24);
  let misses = 0; // bytes that do not repeat are passed over in growing steps
  for (let at = 0; at + LAST_MATCH <= length; ) {
    const key = word(at);
    const hash = Math.imul(key, 0x9e3779b1) >>> (32 - HASH_BITS);
    const from = seen[hash] as number; // a place in the table
    seen[hash] = at;
    if (at - from > MAX_DISTANCE || word(from) !== key) {
      at += 1 + (misses++ >> 6);
      continue;
    }
    misses = 0;
    const most = length - LAST_LITERALS - at;
    let matched = MIN_MATCH;
    while (matched < most && bytes[from + matched] === bytes[at + matched]) matched++;
    sequence(at, at - from, matched);
    at += matched;
    literals = at;
  }
  sequence(length, 0, 0);
  return out.slice(0, put);
}
