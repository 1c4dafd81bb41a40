/**
 * BloscLZ, blosc's own codec: FastLZ with longer distances. Format: blosclz.c of c-blosc, read only.
 *
 *   000lllll | l + 1 bytes                                        as they are; the first byte's top bits only mark it
 *   lllooooo [255 … < 255 more if l = 7] oooooooo                 l + 2 bytes from o + 1 bytes back
 *   the same with o = 0x1fff, then u16 big-endian                 … from 0x1fff + u16 + 1 bytes back
 */
import { copyLiterals, copyMatch } from "./matches.js";

const FAR = 0x1fff; // MAX_DISTANCE

type Fail = (finding: string) => never;

/** Decode into `out` from `put` on, not beyond `end`. @returns the end of what was written. */
export function decodeBlosclz(bytes: Uint8Array, out: Uint8Array, put: number, end: number, fail: Fail): number {
  let to = put;
  let at = 0;
  const byte = (): number => bytes[at++] ?? fail("the BloscLZ stream ends early");
  let control = byte() & 0x1f;
  for (;;) {
    if (control < 32) {
      const count = control + 1;
      if (count > bytes.length - at) fail("the BloscLZ stream ends within its literals");
      if (count > end - to) fail(`the BloscLZ stream gives more than ${end - put} bytes`);
      copyLiterals(bytes, at, out, to, count);
      at += count;
      to += count;
    } else {
      let length = (control >> 5) + 2;
      if (control >> 5 === 7) {
        for (let more = 255; more === 255; length += more) more = byte();
      }
      let distance = ((control & 0x1f) << 8) | byte();
      if (distance === FAR) distance += (byte() << 8) | byte();
      distance++;
      if (distance > to - put) fail(`the BloscLZ stream copies from ${distance} bytes back`);
      if (length > end - to) fail(`the BloscLZ stream gives more than ${end - put} bytes`);
      copyMatch(out, to, distance, length);
      to += length;
    }
    if (at >= bytes.length) return to;
    control = byte();
  }
}
