/** Methods that PyNWB gives to single types. */
import type { DynamicTable } from "./dynamic-table.js";
import { intervalRow } from "./interval-row.js";
import type { RowOptions, TableRow } from "./table-types.js";

/** A method of a made class; `this` is what the class says. */
export type TypeMethod = (this: never, ...args: never[]) => unknown;

const NONE: Readonly<Record<string, TypeMethod>> = {};

const METHODS: ReadonlyMap<string, Readonly<Record<string, TypeMethod>>> = /* @__PURE__ */ new Map([
  [
    "TimeIntervals",
    {
      /** Add an interval; `timeseries` takes series, whose samples in the interval are found. */
      addInterval(this: DynamicTable, row: TableRow, options?: RowOptions): void {
        this.addRow(intervalRow(this, row), options);
      },
    },
  ],
  [
    "Units",
    {
      addUnit(this: DynamicTable, row: TableRow, options?: RowOptions): void {
        this.addRow(row, options);
      },
      /** Spike times of a unit, in seconds; only those in an interval when one is given. */
      async getUnitSpikeTimes(this: DynamicTable, i: number, interval?: readonly [number, number]): Promise<unknown> {
        const times = (await this.get("spike_times").row(i)) as Float64Array;
        if (interval === undefined) return times;
        const [start, stop] = interval;
        return times.filter((time) => time >= start && time <= stop);
      },
      /** Intervals in which a unit was observed, in seconds. */
      async getUnitObsIntervals(this: DynamicTable, i: number): Promise<unknown> {
        return this.get("obs_intervals").row(i);
      },
    },
  ],
]);

/** The methods of a type beside those that its spec implies. */
export function typeMethods(type: string): Readonly<Record<string, TypeMethod>> {
  return METHODS.get(type) ?? NONE;
}
