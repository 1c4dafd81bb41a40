/** What the variants of `#zlib` share. */

/** Large chunks are worked on elsewhere, small ones at once. */
export type InflateResult = Uint8Array | Promise<Uint8Array>;

/** How errors call the filter. */
export const DEFLATE_NAME: { readonly id: 1; readonly name: "deflate" } = /* @__PURE__ */ Object.freeze({
  id: 1, // H5Z_FILTER_DEFLATE
  name: "deflate",
});

/** The most bytes worth reserving for a stream of this length: deflate expands at most 1032 times. */
export function outputBound(input: number, maxOutput: number): number {
  return Math.min(maxOutput, input * 1032 + 64);
}

/** The same bytes as a plain array, without a shared pool or much unused memory behind them. */
export function trimmed(bytes: Uint8Array): Uint8Array {
  const spare = bytes.buffer.byteLength - bytes.byteLength;
  if (spare > 64 && spare > bytes.byteLength / 8) return new Uint8Array(bytes);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The sum at the end of a zlib stream. RFC 1950, section 8.2. */
export function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let i = 0; i < bytes.length; ) {
    // So many sums stay exact before they are reduced (NMAX of zlib).
    const end = Math.min(bytes.length, i + 5552);
    for (; i < end; i++) {
      a += bytes[i] as number; // inside
      b += a;
    }
    a %= 65_521;
    b %= 65_521;
  }
  return b * 65_536 + a;
}
