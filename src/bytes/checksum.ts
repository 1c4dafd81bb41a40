/**
 * The two checksums of the format: lookup3 closes version-2 metadata structures, fletcher32 is filter 3.
 * Spec: VI. Appendix A; H5checksum.c: H5_checksum_lookup3, H5_checksum_fletcher32.
 */

/**
 * Bob Jenkins' lookup3 (hashlittle) of some bytes, as an unsigned 32-bit number.
 * @param initial seed, 0 for all that HDF5 stores.
 */
export function lookup3(bytes: Uint8Array, initial: number = 0): number {
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  let a = (0xdeadbeef + length + initial) | 0;
  let b = a;
  let c = a;
  let at = 0;
  // The last 1 to 12 bytes are mixed differently.
  for (; length - at > 12; at += 12) {
    a = (a + view.getInt32(at, true)) | 0;
    b = (b + view.getInt32(at + 4, true)) | 0;
    c = (c + view.getInt32(at + 8, true)) | 0;
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
  }
  if (at === length) return c >>> 0;
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

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Four bytes, little-endian; those beyond the end count as 0. */
function lastWord(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
  );
}

/** Words summed before the sums are folded to 16 bits: the most that a 53-bit sum of sums surely holds, and more. */
const FLETCHER_BLOCK = 0x8000;

/**
 * Fletcher's checksum over big-endian 16-bit words, as an unsigned 32-bit number. A last odd byte is the high byte of
 * a word. Sums are folded (end-around carry), not reduced: 0xffff stays 0xffff, as in libhdf5.
 */
export function fletcher32(bytes: Uint8Array): number {
  const words = bytes.length >>> 1;
  let sum1 = 0;
  let sum2 = 0;
  for (let word = 0; word < words; ) {
    const end = Math.min(words, word + FLETCHER_BLOCK);
    for (; word < end; word++) {
      sum1 += ((bytes[2 * word] as number) << 8) | (bytes[2 * word + 1] as number);
      sum2 += sum1;
    }
    sum1 = fold(sum1);
    sum2 = fold(sum2);
  }
  if (bytes.length % 2 === 1) {
    sum1 = fold(sum1 + ((bytes[bytes.length - 1] as number) << 8));
    sum2 = fold(sum2 + sum1);
  }
  return fold(sum2) * 0x10000 + fold(sum1);
}

/** Add the carries until 16 bits are left. */
function fold(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = (rest % 0x10000) + Math.floor(rest / 0x10000);
  return rest;
}
