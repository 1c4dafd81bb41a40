/** Samples as an amplifier gives them: slow waves and a few bits of noise, the same in every run. */
export function noise(count) {
  let seed = 1;
  return Int16Array.from({ length: count }, (_, i) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.sin(i / 6400 + (i % 128)) * 300 + (seed >> 26);
  });
}
