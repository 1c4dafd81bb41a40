/**
 * The bit transposition of bitshuffle, also in blosc: first the lowest bits of the first bytes of all elements, eight
 * elements to a byte, then their next bits, and so on.
 */

/** Planes of `count` elements (a multiple of 8) of `size` bytes → elements. */
export function fromBitPlanes(
  planes: Uint8Array,
  from: number,
  out: Uint8Array,
  put: number,
  count: number,
  size: number,
): void {
  const row = count / 8;
  const byte = (at: number): number => planes[at] as number; // the caller has checked the length
  for (let j = 0; j < size; j++) {
    for (let g = 0; g < row; g++) {
      const at = from + j * 8 * row + g;
      const high =
        (byte(at + 7 * row) << 24) | (byte(at + 6 * row) << 16) | (byte(at + 5 * row) << 8) | byte(at + 4 * row);
      const low = (byte(at + 3 * row) << 24) | (byte(at + 2 * row) << 16) | (byte(at + row) << 8) | byte(at);
      transpose(high, low, out, put + g * 8 * size + j, size);
    }
  }
}

/** Elements → planes. */
export function toBitPlanes(bytes: Uint8Array, from: number, out: Uint8Array, count: number, size: number): void {
  const row = count / 8;
  const byte = (at: number): number => bytes[at] as number; // the caller has checked the length
  for (let j = 0; j < size; j++) {
    for (let g = 0; g < row; g++) {
      const at = from + g * 8 * size + j;
      const high =
        (byte(at + 7 * size) << 24) | (byte(at + 6 * size) << 16) | (byte(at + 5 * size) << 8) | byte(at + 4 * size);
      const low = (byte(at + 3 * size) << 24) | (byte(at + 2 * size) << 16) | (byte(at + size) << 8) | byte(at);
      transpose(high, low, out, j * 8 * row + g, row);
    }
  }
}

/** Transpose 8 × 8 bits, byte 0 in the low bits of `low`, and put the bytes `step` apart. Hacker's Delight, 7-3. */
function transpose(high: number, low: number, out: Uint8Array, at: number, step: number): void {
  let x = high;
  let y = low;
  let t = (x ^ (x >>> 7)) & 0x00aa00aa;
  x = x ^ t ^ (t << 7);
  t = (y ^ (y >>> 7)) & 0x00aa00aa;
  y = y ^ t ^ (t << 7);
  t = (x ^ (x >>> 14)) & 0x0000cccc;
  x = x ^ t ^ (t << 14);
  t = (y ^ (y >>> 14)) & 0x0000cccc;
  y = y ^ t ^ (t << 14);
  t = (x & 0xf0f0f0f0) | ((y >>> 4) & 0x0f0f0f0f);
  y = ((x << 4) & 0xf0f0f0f0) | (y & 0x0f0f0f0f);
  x = t;
  out[at] = y;
  out[at + step] = y >>> 8;
  out[at + 2 * step] = y >>> 16;
  out[at + 3 * step] = y >>> 24;
  out[at + 4 * step] = x;
  out[at + 5 * step] = x >>> 8;
  out[at + 6 * step] = x >>> 16;
  out[at + 7 * step] = x >>> 24;
}
