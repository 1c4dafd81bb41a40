/**
 * ZFP's blocks: 4 values along each dimension, as integers, transformed, and stored bit plane by bit plane. Format: zfp's
 * documentation, "Algorithm"; zfp 0.5.5 to 1.0 (codec 5): decode.c, revdecode.c.
 */

/** Bits, the least significant of each byte first. */
export interface LowBits {
  bit(): 0 | 1;
  /** The next `count` bits as a number, at most 32. */
  take(count: number): number;
  skip(count: number): void;
}

/** Read from the start. @param fail called when the bytes end before the bits asked for. */
export function lowBits(bytes: Uint8Array, fail: (finding: string) => never): LowBits {
  let at = 0;
  let shift = 0;
  const bit = (): 0 | 1 => {
    const value = (((bytes[at] ?? fail("the data end early")) >> shift) & 1) as 0 | 1;
    if (++shift === 8) {
      shift = 0;
      at++;
    }
    return value;
  };
  return {
    bit,
    take: (count) => {
      let value = 0;
      for (let read = 0; read < count; ) {
        const byte = bytes[at] ?? fail("the data end early");
        const width = Math.min(8 - shift, count - read);
        value += ((byte >> shift) & ((1 << width) - 1)) * 2 ** read;
        read += width;
        shift += width;
        if (shift === 8) {
          shift = 0;
          at++;
        }
      }
      return value;
    },
    skip: (count) => {
      const to = shift + count;
      at += Math.floor(to / 8);
      shift = to % 8;
      if (at > bytes.length || (at === bytes.length && shift > 0)) fail("the data end early");
    },
  };
}

/**
 * By the number of dimensions: place of the n-th coefficient, x + 4 y + 16 z + 64 w, two hexadecimal digits each. They are
 * in the order of x + y + z + w, then of the sum of squares; among equals the order is the library's own.
 */
const ORDERS: readonly string[] = [
  "",
  "00010203",
  "0001040502080609030c0a070d0b0e0f",
  "0001041014110502082015061218092124030c3016192528220a07131c0d313429261a171d350b232c0e32382a1b272d" +
    "1e36393c330f2b2e3a3d371f3e3b2f3f",
  "00010410400550114441140208208054514515061242184809602124818490030c30c055524616491958256461949185" +
    "0aa0228882280713431c4c0d703134c1c4d056596595a189298626a41a989268624a5347174d1d5c357471d4d1c50b23" +
    "832c8c0eb03238c2c8e05aa566999669a8a28a2a575d75d51b4b632787936c2d8d9c1e4eb1b436727839c6d2d8c9e1e4" +
    "0ff033ccc33ca9a69a6a5b67976d9d5eb57679d6d9e5a38b2b8e2eac3ab8b2e8e2caf1cd3dc737f41fdcd37c734faaa7" +
    "9b6b9e6ead7ab9b6e9e6da5ff577ddd77df2ce3ecb3bf82fece3bcb38fabaebaeaf6de7edb7bf96fede7bdb79ffcf3cf" +
    "3faffabbeeebbefdf7df7ffefbefbfff",
];

function orderOf(dimensions: number): Uint8Array {
  const digits = ORDERS[dimensions]?.match(/../g) ?? [];
  return Uint8Array.from(digits, (pair) => Number.parseInt(pair, 16));
}

/** Coefficients, unsigned: their low and high 32 bits. */
export interface Coefficients {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

/**
 * Decode bit planes from the highest on: at most `precision` of `width`, and at most `most` bits. In each, the first
 * values that have come up before have a bit each; then unary runs tell the next ones.
 * @returns the bits read.
 */
export function decodePlanes(
  bits: LowBits,
  most: number,
  precision: number,
  width: number,
  { low, high }: Coefficients,
): number {
  low.fill(0);
  high.fill(0);
  const count = low.length;
  const least = Math.max(0, width - precision);
  let left = most;
  let known = 0;
  for (let plane = width - 1; left > 0 && plane >= least; plane--) {
    const half = plane >= 32 ? high : low;
    const one = 1 << (plane & 31);
    const first = Math.min(known, left);
    left -= first;
    for (let i = 0; i < first; i += 24) {
      for (let some = bits.take(Math.min(24, first - i)), j = i; some !== 0; some >>>= 1, j++) {
        if ((some & 1) === 1) half[j] = (half[j] as number) | one;
      }
    }
    while (known < count && left > 0) {
      left--;
      if (bits.bit() === 0) break;
      for (; known < count - 1 && left > 0; known++) {
        left--;
        if (bits.bit() === 1) break;
      }
      half[known] = (half[known] as number) | one;
      known++;
    }
  }
  return most - left;
}

/** Turns coefficients of 32 bits in base −2 into a block in its own order, transformed back. */
export function transformer32(dimensions: number, exact: boolean): (from: Coefficients, block: Int32Array) => void {
  const order = orderOf(dimensions);
  return ({ low }, block) => {
    low.forEach((value, i) => {
      block[order[i] as number] = (value ^ 0xaaaaaaaa) - 0xaaaaaaaa;
    });
    eachLine(dimensions, (at, step) => lift32(block, at, step, exact));
  };
}

function lift32(block: Int32Array, at: number, step: number, exact: boolean): void {
  let x = block[at] as number;
  let y = block[at + step] as number;
  let z = block[at + 2 * step] as number;
  let w = block[at + 3 * step] as number;
  if (exact) {
    w = (w + z) | 0;
    z = (z + y) | 0;
    w = (w + z) | 0;
    y = (y + x) | 0;
    z = (z + y) | 0;
    w = (w + z) | 0;
  } else {
    y = (y + (w >> 1)) | 0;
    w = (w - (y >> 1)) | 0;
    y = (y + w) | 0;
    w = ((w << 1) - y) | 0;
    z = (z + x) | 0;
    x = ((x << 1) - z) | 0;
    y = (y + z) | 0;
    z = ((z << 1) - y) | 0;
    w = (w + x) | 0;
    x = ((x << 1) - w) | 0;
  }
  block[at] = x;
  block[at + step] = y;
  block[at + 2 * step] = z;
  block[at + 3 * step] = w;
}

/** The same for coefficients of 64 bits. */
export function transformer64(dimensions: number, exact: boolean): (from: Coefficients, block: BigInt64Array) => void {
  const order = orderOf(dimensions);
  const mask = 0xaaaaaaaaaaaaaaaan;
  return ({ low, high }, block) => {
    low.forEach((half, i) => {
      const value = (BigInt(high[i] as number) << 32n) | BigInt(half);
      block[order[i] as number] = (value ^ mask) - mask;
    });
    eachLine(dimensions, (at, step) => lift64(block, at, step, exact));
  };
}

function lift64(block: BigInt64Array, at: number, step: number, exact: boolean): void {
  const s64 = (value: bigint): bigint => BigInt.asIntN(64, value);
  let x = block[at] as bigint;
  let y = block[at + step] as bigint;
  let z = block[at + 2 * step] as bigint;
  let w = block[at + 3 * step] as bigint;
  if (exact) {
    // Sums wrap when they are stored.
    w += z;
    z += y;
    w += z;
    y += x;
    z += y;
    w += z;
  } else {
    y = s64(y + (w >> 1n));
    w = s64(w - (y >> 1n));
    y = s64(y + w);
    w = s64((w << 1n) - y);
    z = s64(z + x);
    x = s64((x << 1n) - z);
    y = s64(y + z);
    z = s64((z << 1n) - y);
    w = s64(w + x);
    x = s64((x << 1n) - w);
  }
  block[at] = x;
  block[at + step] = y;
  block[at + 2 * step] = z;
  block[at + 3 * step] = w;
}

/** Lines of a block: along the last dimension first, x at the end. */
function eachLine(dimensions: number, run: (at: number, step: number) => void): void {
  const size = 1 << (2 * dimensions);
  for (let d = dimensions - 1; d >= 0; d--) {
    const step = 1 << (2 * d);
    for (let at = 0; at < size; at++) if (((at >> (2 * d)) & 3) === 0) run(at, step);
  }
}
