/** A chunk shape for a dataset whose maker gave none: 16 KiB to 1 MiB, whole rows where they fit. */

const SMALLEST = 16 * 1024;
const LARGEST = 2 ** 20;
/** Rows of a dimension that has no extent yet. */
const UNKNOWN_EXTENT = 1024;

/**
 * @param shape current extent, in elements.
 * @param maxShape largest extent; `Infinity` where unlimited.
 * @param elementSize bytes of one element.
 */
export function guessChunkShape(shape: readonly number[], maxShape: readonly number[], elementSize: number): number[] {
  // What the dataset will look like: growing dimensions are as long as they can be, within reason.
  const expected = shape.map((extent, d) => {
    const most = maxShape[d] as number; // same rank
    if (Number.isFinite(most)) return Math.max(most, 1);
    return Math.max(extent, UNKNOWN_EXTENT);
  });
  const chunk = expected.map(() => 1);
  // Fill dimensions from the last one on; the target grows with the data, so that large datasets get large chunks.
  const total = expected.reduce((product, n) => product * n, elementSize);
  const target = Math.min(Math.max(total / 64, SMALLEST), LARGEST);
  let bytes = elementSize;
  for (let d = chunk.length - 1; d >= 0; d--) {
    const fits = Math.max(1, Math.floor(target / bytes));
    const extent = expected[d] as number;
    chunk[d] = Math.min(extent, fits);
    bytes *= chunk[d] as number;
    if (fits < extent) break;
  }
  return chunk;
}
