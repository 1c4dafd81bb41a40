/** Times of samples: computed for evenly spaced ones, searched for stored ones. */
import type { ArraySource, NumericArrays } from "../../index.js";

/** Times of the samples [from, to), in seconds. */
export function regularTimes(
  clock: { readonly start: number; readonly rate: number },
  from: number,
  to: number,
): NumericArrays["float64"] {
  const times = new Float64Array(to - from);
  for (let i = 0; i < times.length; i++) times[i] = (from + i) / clock.rate + clock.start;
  return times;
}

/** Number of the first of ascending times that is not before `time`; their number when all are. */
export async function firstAtOrAfter(timestamps: ArraySource, time: number): Promise<number> {
  let [low, high] = [0, timestamps.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await timestamps.value([middle], { as: "number" })) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
