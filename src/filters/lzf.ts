/**
 * LZF (filter 32000): h5py's fast codec. Registered filter; lzf_filter.c of h5py, liblzf.
 * The client data values (lzf-values.ts) are of no use for decoding.
 *
 *   000lllll | l + 1 bytes                            as they are
 *   lllooooo oooooooo                                 l + 2 bytes (l < 7) from o + 1 bytes back
 *   111ooooo llllllll oooooooo                        l + 9 bytes from o + 1 bytes back
 */
import { faultOf } from "./fault.js";
import type { Filter, FilterContext, FilterSpec } from "./filter.js";
import { configureLzf, LZF_NAME } from "./lzf-values.js";
import { copyLiterals, copyMatch } from "./matches.js";

const MAX_LITERALS = 32;
const MAX_DISTANCE = 8192;
const MAX_MATCH = 264;
const HASH_BITS = 14;

/** The codec of filter 32000. */
export const lzf: Filter & { spec(): FilterSpec } = /* @__PURE__ */ Object.freeze({
  ...LZF_NAME,
  decode(bytes: Uint8Array, context: FilterContext): Uint8Array {
    const fail = faultOf(LZF_NAME, "decode");
    const out = new Uint8Array(decodedLength(bytes, context.maxOutput, fail));
    for (let at = 0, put = 0; at < bytes.length; ) {
      const control = bytes[at++] as number;
      if (control < MAX_LITERALS) {
        copyLiterals(bytes, at, out, put, control + 1);
        at += control + 1;
        put += control + 1;
        continue;
      }
      let length = (control >> 5) + 2;
      if (length === 9) length += bytes[at++] as number; // decodedLength has seen it
      const distance = ((control & 0x1f) << 8) + (bytes[at++] as number) + 1;
      if (distance > put) fail(`copies from ${distance} bytes back after ${put} bytes`);
      copyMatch(out, put, distance, length);
      put += length;
    }
    return out;
  },
  encode(bytes: Uint8Array): Uint8Array {
    const out = compress(bytes);
    // As in h5py: such a chunk is stored without the filter, which is optional.
    return out ?? faultOf(LZF_NAME, "encode")("the chunk does not get shorter");
  },
  configure: configureLzf,
  /** LZF; it has no options. */
  spec(): FilterSpec {
    return { ...LZF_NAME, optional: true };
  },
});

/** Bytes that a stream gives, without making them. */
function decodedLength(bytes: Uint8Array, most: number, fail: (finding: string) => never): number {
  let total = 0;
  let at = 0;
  while (at < bytes.length) {
    const control = bytes[at++] as number;
    if (control < MAX_LITERALS) {
      total += control + 1;
      at += control + 1;
    } else {
      total += (control >> 5) + 2;
      if (control >> 5 === 7) total += bytes[at++] ?? 0;
      at++;
    }
  }
  if (at > bytes.length) fail("the data end early");
  if (total > most) fail(`gives ${total} bytes, at most ${most}`);
  return total;
}

/** The stream, or undefined when it is not shorter than the bytes. */
function compress(bytes: Uint8Array): Uint8Array | undefined {
  const { length } = bytes;
  const out = new Uint8Array(length + Math.ceil(length / MAX_LITERALS) + 1);
  const seen = new Int32Array(1 << HASH_BITS).fill(-MAX_DISTANCE - 1);
  let put = 0;
  let literals = 0; // where those begin that were not stored yet
  const flush = (end: number): void => {
    for (let from = literals; from < end; ) {
      const count = Math.min(MAX_LITERALS, end - from);
      out[put++] = count - 1;
      out.set(bytes.subarray(from, from + count), put);
      put += count;
      from += count;
    }
    literals = end;
  };
  let at = 0;
  while (at + 2 < length) {
    const key = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    const hash = (Math.imul(key, 0x9e3779b1) >>> (32 - HASH_BITS)) & ((1 << HASH_BITS) - 1);
    const from = seen[hash] as number; // a place in the table
    seen[hash] = at;
    const distance = at - from;
    const same = distance <= MAX_DISTANCE && bytes[from] === bytes[at] && bytes[from + 1] === bytes[at + 1];
    if (!same || bytes[from + 2] !== bytes[at + 2]) {
      at++;
      continue;
    }
    const most = Math.min(MAX_MATCH, length - at);
    let matched = 3;
    while (matched < most && bytes[from + matched] === bytes[at + matched]) matched++;
    flush(at);
    const [high, low, extra] = [(distance - 1) >> 8, (distance - 1) & 0xff, matched - 2];
    out[put++] = (Math.min(extra, 7) << 5) | high;
    if (extra >= 7) out[put++] = extra - 7;
    out[put++] = low;
    at += matched;
    literals = at;
    if (put >= length) return undefined;
  }
  flush(length);
  return put < length ? out.slice(0, put) : undefined;
}
