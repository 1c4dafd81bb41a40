/** Rows of TimeIntervals: series become the runs of samples that lie in the interval. */
import { HeldData } from "../data/held-data.js";
import { NwbError } from "../errors.js";
import { describeContainer } from "./container.js";
import type { DynamicTable } from "./dynamic-table.js";
import type { TableRow } from "./table-types.js";
import { TimeSeries } from "./time-series.js";

/** The row with `timeseries` as references and `tags` as a list. */
export function intervalRow(table: DynamicTable, row: TableRow): TableRow {
  const { timeseries, tags } = row;
  const own: Record<string, unknown> = { ...row };
  if (typeof tags === "string") own.tags = tags.split(",").map((tag) => tag.trim());
  if (timeseries === undefined || timeseries === null) return own;
  const [start, stop] = [row.start_time, row.stop_time].map(Number) as [number, number];
  const list = Array.isArray(timeseries) ? (timeseries as readonly unknown[]) : [timeseries];
  own.timeseries = list.flatMap((each) => {
    if (!(each instanceof TimeSeries)) return [each];
    const [from, to] = [sampleAt(table, each, start), sampleAt(table, each, stop)];
    return to > from ? [{ idx_start: from, count: to - from, timeseries: each }] : [];
  });
  return own;
}

function sampleAt(table: DynamicTable, series: TimeSeries, time: number): number {
  const { rate, startingTime = 0, timestamps } = series;
  if (rate !== undefined) return Math.max(0, Math.trunc((time - startingTime) * rate));
  const values = timestamps instanceof HeldData ? timestamps.values : undefined;
  if (!Array.isArray(values) && !ArrayBuffer.isView(values)) {
    throw new NwbError(
      `${describeContainer(table)}: the times of ${describeContainer(series)} are not in memory; give { idx_start, count, timeseries }`,
      { code: "argument", neurodataType: table.neurodataType, field: "timeseries" },
    );
  }
  const index = (values as Float64Array).findIndex((each) => each >= time);
  return index < 0 ? (values as Float64Array).length : index;
}
