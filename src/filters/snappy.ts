/**
 * Snappy, which blosc may have inside. Format: format_description.txt of snappy, read only.
 *
 *   length, 7 bits a byte, low bits first | elements, told apart by the low bits of a tag byte:
 *   00 literals: tag / 4 + 1, or from 60 on so many length bytes less 59   01 match: 4 to 11 bytes, 11 bits of distance
 *   10 match: tag / 4 + 1 bytes, distance u16                             11 the same, distance u32
 */
import { copyLiterals, copyMatch } from "./matches.js";

type Fail = (finding: string) => never;

/** Decode into `out` from `put` on, not beyond `end`. @returns the end of what was written. */
export function decodeSnappy(bytes: Uint8Array, out: Uint8Array, put: number, end: number, fail: Fail): number {
  let at = 0;
  const byte = (): number => bytes[at++] ?? fail("the Snappy stream ends early");
  const number = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++) value += byte() * 2 ** (8 * i);
    return value;
  };
  let stated = 0;
  for (let shift = 0, more = true; more; shift += 7) {
    if (shift > 28) fail("the Snappy stream has a length of more than 32 bits");
    const part = byte();
    stated += (part & 0x7f) * 2 ** shift;
    more = part >= 0x80;
  }
  let to = put;
  while (at < bytes.length) {
    const tag = byte();
    if ((tag & 3) === 0) {
      const count = (tag >> 2 < 60 ? tag >> 2 : number((tag >> 2) - 59)) + 1;
      if (count > bytes.length - at) fail("the Snappy stream ends within its literals");
      if (count > end - to) fail(`the Snappy stream gives more than ${end - put} bytes`);
      copyLiterals(bytes, at, out, to, count);
      at += count;
      to += count;
      continue;
    }
    const near = (tag & 3) === 1;
    const length = near ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const distance = near ? ((tag >> 5) << 8) | byte() : number((tag & 3) === 2 ? 2 : 4);
    if (distance === 0 || distance > to - put) fail(`the Snappy stream copies from ${distance} bytes back`);
    if (length > end - to) fail(`the Snappy stream gives more than ${end - put} bytes`);
    copyMatch(out, to, distance, length);
    to += length;
  }
  if (to - put !== stated) fail(`the Snappy stream gives ${to - put} bytes, and says ${stated}`);
  return to;
}
