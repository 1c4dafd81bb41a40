/**
 * Zstandard frames, decoded by hand: the filters zstd, bitshuffle and blosc have them inside. RFC 8878, section 3.1.1.
 *
 *   magic u32 | descriptor u8: bits 6–7 size of content size, 5 single segment, 2 checksum, 0–1 size of dictionary id
 *   | [window u8, unless single segment] | [dictionary id] | [content size, + 256 if 2 bytes]
 *   | blocks: header u24, bit 0 last, 1–2 kind (0 raw, 1 one byte repeated, 2 compressed), size | [checksum u32]
 *
 * Frames that are to be skipped have magics 0x184d2a50 to …5f and a length u32.
 */
import { xxh64Low } from "./xxh64.js";
import { decodeZstdBlock, MAX_BLOCK, newFrameState } from "./zstd-block.js";

const MAGIC = 0xfd2fb528;
const SKIPPED = 0x184d2a50;

type Fail = (finding: string) => never;

/** The most that so many bytes can give: a block of 4 bytes gives 128 KiB. */
export function zstdBound(length: number): number {
  return Math.ceil(length / 4) * MAX_BLOCK;
}

/**
 * Decode all frames of some bytes into `out` from `put` on, not beyond `end`.
 * @returns the end of what was written.
 */
export function decodeZstd(bytes: Uint8Array, out: Uint8Array, put: number, end: number, fail: Fail): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let to = put;
  let at = 0;
  while (at < bytes.length) {
    if (at + 5 > bytes.length) fail("the data end within a frame header");
    const magic = view.getUint32(at, true);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPED) {
      if (at + 8 > bytes.length) fail("the data end within a frame header");
      at += 8 + view.getUint32(at + 4, true);
      if (at > bytes.length) fail("the data end within a frame");
      continue;
    }
    if (magic !== MAGIC) fail(`a frame begins with 0x${magic.toString(16)}`);
    const frame = decodeFrame(view, bytes, at, out, to, end, fail);
    at = frame.at;
    to = frame.put;
  }
  return to;
}

/** Where the content size of a frame lies. */
function sizeField(descriptor: number, frame: number): { size: number; at: number } {
  const single = (descriptor >> 5) & 1;
  const size = [single, 2, 4, 8][descriptor >> 6] as number; // two bits
  const dictionary = [0, 1, 2, 4][descriptor & 3] as number;
  return { size, at: frame + 5 + (1 - single) + dictionary };
}

function contentSize(view: DataView, at: number, size: number): number {
  if (size === 1) return view.getUint8(at);
  if (size === 2) return view.getUint16(at, true) + 256;
  const low = view.getUint32(at, true);
  return size === 4 ? low : low + view.getUint32(at + 4, true) * 2 ** 32;
}

function decodeFrame(
  view: DataView,
  bytes: Uint8Array,
  frame: number,
  out: Uint8Array,
  start: number,
  end: number,
  fail: Fail,
): { at: number; put: number } {
  const descriptor = bytes[frame + 4] as number; // the caller has checked it
  if ((descriptor & 8) !== 0) fail("a frame has a reserved bit set");
  if ((descriptor & 3) !== 0) fail("a frame needs a dictionary");
  const { size, at: sizeAt } = sizeField(descriptor, frame);
  let at = sizeAt + size;
  if (at > bytes.length) fail("the data end within a frame header");
  const content = size === 0 ? undefined : contentSize(view, sizeAt, size);
  if (content !== undefined && content > end - start)
    fail(`says that it gives ${content} bytes, at most ${end - start}`);
  const limit = content === undefined ? end : start + content;
  const state = newFrameState();
  let put = start;
  for (let last = false; !last; ) {
    if (at + 3 > bytes.length) fail("the data end within a frame");
    const header = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
    at += 3;
    last = (header & 1) === 1;
    const kind = (header >> 1) & 3;
    const length = header >> 3;
    const stored = kind === 1 ? 1 : length;
    if (length > MAX_BLOCK || kind === 3) fail(`a frame has a block of kind ${kind} and ${length} bytes`);
    if (at + stored > bytes.length) fail("the data end within a block");
    if (kind === 2) put = decodeZstdBlock(bytes, at, at + stored, state, out, start, put, limit, fail);
    else {
      if (length > limit - put) fail("a block gives more than its frame");
      if (kind === 0) out.set(bytes.subarray(at, at + length), put);
      else out.fill(bytes[at] as number, put, put + length);
      put += length;
    }
    at += stored;
  }
  if (content !== undefined && put !== limit) fail(`a frame gives ${put - start} bytes, and says ${content}`);
  if ((descriptor & 4) !== 0) {
    if (at + 4 > bytes.length) fail("the data end before their checksum");
    const stored = view.getUint32(at, true);
    if (stored !== xxh64Low(out.subarray(start, put))) fail("a frame's checksum differs from that of its data");
    at += 4;
  }
  return { at, put };
}
