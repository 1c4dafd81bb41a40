/** What the LZ77 codecs share: bytes that repeat earlier output. */

/** Copy `length` bytes from `distance` before `at`; they may overlap what is written. The caller has checked both. */
export function copyMatch(out: Uint8Array, at: number, distance: number, length: number): void {
  const from = at - distance;
  if (distance >= length && length > 32) {
    out.copyWithin(at, from, from + length);
    return;
  }
  for (let i = 0; i < length; i++) out[at + i] = out[from + i] as number;
}
