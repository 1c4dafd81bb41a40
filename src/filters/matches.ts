/** What the LZ77 codecs share: bytes that are copied from the input, and bytes that repeat earlier output. */

/** Copy input as it is. A view for `set` costs more than a loop over few bytes. The caller has checked both ends. */
export function copyLiterals(bytes: Uint8Array, at: number, out: Uint8Array, put: number, length: number): void {
  if (length > 32) out.set(bytes.subarray(at, at + length), put);
  else for (let i = 0; i < length; i++) out[put + i] = bytes[at + i] as number;
}

/** Copy `length` bytes from `distance` before `at`; they may overlap what is written. The caller has checked both. */
export function copyMatch(out: Uint8Array, at: number, distance: number, length: number): void {
  const from = at - distance;
  if (distance >= length && length > 32) {
    out.copyWithin(at, from, from + length);
    return;
  }
  for (let i = 0; i < length; i++) out[at + i] = out[from + i] as number;
}
