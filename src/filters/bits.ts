/** Bits of a byte string, the most significant first: what n-bit, scale-offset and szip are packed in. */

/** Takes bits one field after another. */
export interface BitReader {
  /** The next `count` bits as a number, at most 32. */
  take(count: number): number;
  /** Zeros before the next one, which is taken too: a unary number. */
  zeros(): number;
  /** The next `count` bits, at most 16, which are not taken; beyond the end there are zeros. */
  peek(count: number): number;
}

/**
 * Read from `start` on.
 * @param fail called when the bytes end before a field does.
 */
export function bitReader(bytes: Uint8Array, start: number, fail: (finding: string) => never): BitReader {
  let at = start;
  let held = 0; // bits in `bits` that were not taken yet
  let bits = 0;
  let padded = 0; // of them, zeros that were only peeked at
  const ends = (): never => fail("the data end early");
  const short = (count: number): number => {
    while (held < count) {
      bits = (bits << 8) | (bytes[at++] ?? ends());
      held += 8;
    }
    held -= count;
    if (held < padded) ends();
    const value = bits >>> held;
    bits &= (1 << held) - 1;
    return value;
  };
  return {
    peek: (count) => {
      while (held < count) {
        if (at >= bytes.length) padded += 8;
        bits = (bits << 8) | (bytes[at++] ?? 0);
        held += 8;
      }
      return bits >>> (held - count);
    },
    take: (count) => (count <= 24 ? short(count) : short(count - 16) * 0x10000 + short(16)),
    zeros: () => {
      let count = 0;
      while (bits === 0) {
        count += held;
        bits = bytes[at++] ?? ends();
        held = 8;
      }
      const skipped = Math.clz32(bits) - (32 - held);
      held -= skipped + 1;
      if (held < padded) ends();
      bits &= (1 << held) - 1;
      return count + skipped;
    },
  };
}

/** Puts bits one field after another. */
export interface BitWriter {
  /** The `count` low bits of a whole number, at most 32. */
  put(value: number, count: number): void;
}

/** Write into zeroed bytes that are long enough, from `start` on. */
export function bitWriter(bytes: Uint8Array, start: number): BitWriter {
  let at = start;
  let free = 8; // bits of bytes[at] that are not used yet
  const put = (value: number, count: number): void => {
    for (let left = count; left > 0; ) {
      const taken = Math.min(left, free);
      left -= taken;
      free -= taken;
      bytes[at] = (bytes[at] as number) | (((value >>> left) & ((1 << taken) - 1)) << free);
      if (free === 0) {
        at++;
        free = 8;
      }
    }
  };
  return { put };
}
