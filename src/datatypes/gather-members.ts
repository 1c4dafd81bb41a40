/** Members of compound elements, picked out of all elements. */
import type { Bytes } from "../bytes/typed-arrays.js";
import type { complexParts } from "./datatype-facts.js";

/** Both parts of complex numbers, alternating; the bytes themselves when they lie so. */
export function gatherParts(
  bytes: Uint8Array,
  size: number,
  parts: NonNullable<ReturnType<typeof complexParts>>,
): Uint8Array {
  const { part, real, imaginary } = parts;
  const width = part.size;
  if (real === 0 && imaginary === width && size === 2 * width) return bytes;
  const count = bytes.length / size;
  const out = new Uint8Array(count * 2 * width);
  for (let i = 0; i < count; i++) {
    out.set(bytes.subarray(i * size + real, i * size + real + width), 2 * i * width);
    out.set(bytes.subarray(i * size + imaginary, i * size + imaginary + width), (2 * i + 1) * width);
  }
  return out;
}

/** Alternating parts of complex numbers, each where it belongs. */
export function placeParts(
  alternating: Bytes,
  size: number,
  parts: NonNullable<ReturnType<typeof complexParts>>,
): Bytes {
  const { part, real, imaginary } = parts;
  const width = part.size;
  if (real === 0 && imaginary === width && size === 2 * width) return alternating;
  const out = new Uint8Array((alternating.length / (2 * width)) * size);
  for (let at = 0, from = 0; at < out.length; at += size, from += 2 * width) {
    out.set(alternating.subarray(from, from + width), at + real);
    out.set(alternating.subarray(from + width, from + 2 * width), at + imaginary);
  }
  return out;
}

/** One member of all elements, without gaps. */
export function gatherMember(bytes: Uint8Array, size: number, offset: number, width: number): Bytes {
  const count = bytes.length / size;
  const out = new Uint8Array(count * width);
  if (width <= 16) {
    for (let i = 0, to = 0; i < count; i++) {
      const from = i * size + offset;
      for (let b = 0; b < width; b++) out[to++] = bytes[from + b] as number; // members lie inside their elements
    }
  } else {
    for (let i = 0; i < count; i++) {
      const from = i * size + offset;
      out.set(bytes.subarray(from, from + width), i * width);
    }
  }
  return out;
}

/** Put one member of all elements into its place. */
export function scatterMember(out: Uint8Array, size: number, offset: number, member: Uint8Array, width: number): void {
  const count = out.length / size;
  if (width <= 16) {
    for (let i = 0, from = 0; i < count; i++) {
      const to = i * size + offset;
      for (let b = 0; b < width; b++) out[to + b] = member[from++] as number; // one value per element
    }
  } else {
    for (let i = 0; i < count; i++) out.set(member.subarray(i * width, (i + 1) * width), i * size + offset);
  }
}
