/** Bit fields of little-endian bytes of any length. */

/** Bits [position, position + width) of little-endian bytes. */
export function bitsOf(bytes: Uint8Array, position: number, width: number): bigint {
  const first = position >> 3;
  const last = (position + width - 1) >> 3;
  let value = 0n;
  if (last - first < 6) {
    let low = 0;
    for (let i = last; i >= first; i--) low = low * 256 + (bytes[i] as number); // checked to lie inside
    value = BigInt(low);
  } else {
    for (let i = last; i >= first; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  }
  return BigInt.asUintN(width, value >> BigInt(position & 7));
}

/** Set bits [position, position + width) of little-endian bytes. */
export function placeBits(bytes: Uint8Array, position: number, width: number, value: bigint): void {
  const shift = BigInt(position & 7);
  const last = (position + width - 1) >> 3;
  let mask = ((1n << BigInt(width)) - 1n) << shift;
  let rest = (BigInt.asUintN(width, value) << shift) & mask;
  for (let i = position >> 3; i <= last; i++) {
    const keep = ~Number(mask & 0xffn) & 0xff;
    bytes[i] = ((bytes[i] as number) & keep) | Number(rest & 0xffn);
    mask >>= 8n;
    rest >>= 8n;
  }
}

/** Little-endian bytes with all bits outside [offset, offset + precision) as the padding says. */
export function paddingBits(
  size: number,
  offset: number,
  precision: number,
  padding: readonly [low: 0 | 1, high: 0 | 1, internal?: 0 | 1],
): Uint8Array {
  const bytes = new Uint8Array(size);
  const [low, high, internal] = padding;
  const end = offset + precision;
  if (low === 1 && offset > 0) placeBits(bytes, 0, offset, -1n);
  if (high === 1 && end < size * 8) placeBits(bytes, end, size * 8 - end, -1n);
  if (internal === 1) placeBits(bytes, offset, precision, -1n);
  return bytes;
}
