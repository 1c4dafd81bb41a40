/** The two checksums of the format: lookup3 over metadata, Fletcher's over raw data. Spec: VII. Appendix A; H5checksum.c. */

/** Words summed before the sums must be folded to stay below 2^32. */
const FLETCHER_BLOCK = 360;

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

/** Four little-endian bytes, all of which are there. */
function word(bytes: Uint8Array, i: number): number {
  // biome-ignore format: one byte per term
  return (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24);
}

/** The same; those beyond the end count as zero. */
function lastWord(bytes: Uint8Array, i: number): number {
  // biome-ignore format: one byte per term
  return (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24);
}

/**
 * Bob Jenkins' lookup3 hash (`hashlittle`): the checksum of metadata structures and the hash of names.
 * @param initial start value, 0 in all structures of the format
 * @returns an unsigned 32-bit integer
 */
export function lookup3(bytes: Uint8Array, initial = 0): number {
  // H5_checksum_lookup3
  let length = bytes.length;
  let a = (0xdeadbeef + length + initial) | 0;
  let b = a;
  let c = a;
  let at = 0;
  while (length > 12) {
    a = (a + word(bytes, at)) | 0;
    b = (b + word(bytes, at + 4)) | 0;
    c = (c + word(bytes, at + 8)) | 0;
    a = (a - c) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4);
    b = (b + a) | 0;
    at += 12;
    length -= 12;
  }
  if (length === 0) return c >>> 0;
  a = (a + lastWord(bytes, at)) | 0;
  b = (b + lastWord(bytes, at + 4)) | 0;
  c = (c + lastWord(bytes, at + 8)) | 0;
  c = (c ^ b) - rotate(b, 14);
  a = (a ^ c) - rotate(c, 11);
  b = (b ^ a) - rotate(a, 25);
  c = (c ^ b) - rotate(b, 16);
  a = (a ^ c) - rotate(c, 4);
  b = (b ^ a) - rotate(a, 14);
  c = (c ^ b) - rotate(b, 24);
  return c >>> 0;
}

/**
 * Fletcher's checksum over big-endian 16-bit words, an odd last byte being the high half of one.
 * @returns an unsigned 32-bit integer: second sum above the first
 */
export function fletcher32(bytes: Uint8Array): number {
  // H5_checksum_fletcher32
  let low = 0;
  let high = 0;
  const even = bytes.length - (bytes.length % 2);
  for (let at = 0; at < even; ) {
    const end = Math.min(even, at + 2 * FLETCHER_BLOCK);
    for (; at < end; at += 2) {
      low += ((bytes[at] as number) << 8) | (bytes[at + 1] as number); // below `even`
      high += low;
    }
    low = fold(low);
    high = fold(high);
  }
  if (even < bytes.length) {
    low += (bytes[even] as number) << 8; // the last byte
    high += low;
    low = fold(low);
    high = fold(high);
  }
  return ((fold(high) << 16) | fold(low)) >>> 0;
}

function fold(sum: number): number {
  return (sum & 0xffff) + (sum >>> 16);
}
