/**
 * Keeping a lookup3 checksum as it is: the mixing step of the hash can be undone, so the 12 bytes of one block can be
 * chosen such that changes elsewhere leave the hash's state, and with it the checksum, as it was.
 * Design: writer-design, section 2.3. Spec: VII. Appendix A.
 */

/** Bytes that one step of the hash takes in. */
export const HASH_BLOCK = 12;

type State = readonly [a: number, b: number, c: number];

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function mix([a0, b0, c0]: State): State {
  let [a, b, c] = [a0, b0, c0];
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
  return [a, b, c];
}

/** The state before a mixing step: its lines from the last to the first. */
function unmix([a0, b0, c0]: State): State {
  let [a, b, c] = [a0, b0, c0];
  b = (b - a) | 0;
  c = ((c ^ rotate(b, 4)) + b) | 0;
  a = (a - c) | 0;
  b = ((b ^ rotate(a, 19)) + a) | 0;
  c = (c - b) | 0;
  a = ((a ^ rotate(c, 16)) + c) | 0;
  b = (b - a) | 0;
  c = ((c ^ rotate(b, 8)) + b) | 0;
  a = (a - c) | 0;
  b = ((b ^ rotate(a, 6)) + a) | 0;
  c = (c - b) | 0;
  a = ((a ^ rotate(c, 4)) + c) | 0;
  return [a, b, c];
}

function wordsAt(bytes: Uint8Array, block: number): State {
  const view = new DataView(bytes.buffer, bytes.byteOffset + block * HASH_BLOCK, HASH_BLOCK);
  return [view.getInt32(0, true), view.getInt32(4, true), view.getInt32(8, true)];
}

function added([a, b, c]: State, [x, y, z]: State): State {
  return [(a + x) | 0, (b + y) | 0, (c + z) | 0];
}

function subtracted([a, b, c]: State, [x, y, z]: State): State {
  return [(a - x) | 0, (b - y) | 0, (c - z) | 0];
}

/** The state after the first `blocks` blocks. */
function stateAfter(bytes: Uint8Array, blocks: number): State {
  const start = (0xdeadbeef + bytes.length) | 0;
  let state: State = [start, start, start];
  for (let block = 0; block < blocks; block++) state = mix(added(state, wordsAt(bytes, block)));
  return state;
}

/**
 * The 12 bytes that block `free` of the changed bytes must hold so that they have the checksum of the old ones.
 * @param old and `changed`: what the checksum covers, equally long
 * @returns undefined when a change, or the free block itself, lies in the hash's last block, which is not mixed so.
 */
export function compensation(old: Uint8Array, changed: Uint8Array, free: number): Uint8Array | undefined {
  const mixed = Math.ceil(old.length / HASH_BLOCK) - 1;
  let last = free;
  for (let i = 0; i < old.length; i++) if (old[i] !== changed[i]) last = Math.max(last, Math.floor(i / HASH_BLOCK));
  if (last >= mixed) return undefined;
  let wanted = stateAfter(old, last + 1);
  for (let block = last; block > free; block--) wanted = subtracted(unmix(wanted), wordsAt(changed, block));
  const words = subtracted(unmix(wanted), stateAfter(changed, free));
  const bytes = new Uint8Array(HASH_BLOCK);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setInt32(4 * i, word, true);
  });
  return bytes;
}
