/** Elements of a selection out of bytes that are all in memory. */
import type { Bytes } from "../bytes/typed-arrays.js";
import type { ResolvedSelection } from "../selection/resolved.js";
import { linearRuns } from "../selection/runs.js";

/** The selected elements, in selection order. A copy. */
export function gatherElements(
  data: Uint8Array,
  selection: ResolvedSelection,
  shape: readonly number[],
  elementSize: number,
): Bytes {
  const out = new Uint8Array(selection.count * elementSize);
  let to = 0;
  for (const [start, count] of linearRuns(selection, shape)) {
    const length = count * elementSize;
    out.set(data.subarray(start * elementSize, start * elementSize + length), to);
    to += length;
  }
  return out;
}
