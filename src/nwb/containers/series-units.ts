/** Samples → values in the series' unit. */
import type { ArraySource, NdArray, NumericArrays, SelectionEntry, SelectionInput } from "../../index.js";
import { NwbError } from "../errors.js";

export interface UnitScale {
  readonly conversion: number;
  readonly offset: number;
  /** One more factor per channel, the second dimension of the data. */
  readonly channels: ArraySource | undefined;
}

/** Samples × conversion × that of the channel + offset. */
export async function inUnits(
  data: ArraySource,
  selection: SelectionInput | undefined,
  scale: UnitScale,
): Promise<NdArray<NumericArrays["float64"]>> {
  const result = await data.read(selection, { as: "float64" });
  const values = result.data;
  const channels = await channelFactors(selection, scale.channels);
  for (let i = 0; i < values.length; i++) {
    const factor = channels === undefined ? 1 : channels.factor(i, result.shape);
    values[i] = (values[i] ?? 0) * scale.conversion * factor + scale.offset;
  }
  return result;
}

interface Factors {
  factor(index: number, shape: readonly number[]): number;
}

async function channelFactors(
  selection: SelectionInput | undefined,
  channels: ArraySource | undefined,
): Promise<Factors | undefined> {
  if (channels === undefined) return undefined;
  if (selection !== undefined && !Array.isArray(selection)) {
    throw new NwbError("data with a conversion per channel are read by ranges or indices per dimension", {
      code: "argument",
      field: "selection",
    });
  }
  const entries = (selection ?? []) as readonly SelectionEntry[];
  const [time = null, channel = null] = entries;
  const { data: factors } = await channels.read([channel], { as: "float64" });
  if (typeof channel === "number") return { factor: () => factors[0] ?? 1 };
  const axis = typeof time === "number" ? 0 : 1;
  return {
    factor(index, shape) {
      const inner = shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
      return factors[Math.floor(index / inner) % factors.length] ?? 1;
    },
  };
}
