/** Time intervals. Schema: core 2.7.0, nwb.epoch. */
import { dataset, groupType, source } from "../declare.js";
import type { SourceSpec } from "../types.js";

export const epoch: SourceSpec = /* @__PURE__ */ source("nwb.epoch", () => ({
  groups: [
    groupType(
      "TimeIntervals",
      "DynamicTable",
      "Table of time spans, one per row, with the samples of time series that fall into them.",
      {
        datasets: [
          dataset("start_time", "Start, in seconds.", { inc: "VectorData", dtype: "float32" }),
          dataset("stop_time", "End, in seconds.", { inc: "VectorData", dtype: "float32" }),
          dataset("tags", "Labels of the interval.", { inc: "VectorData", dtype: "text", quantity: "?" }),
          dataset("tags_index", "Index of `tags`: any number of labels per interval.", {
            inc: "VectorIndex",
            quantity: "?",
          }),
          dataset("timeseries", "Runs of samples that belong to the interval.", {
            inc: "TimeSeriesReferenceVectorData",
            quantity: "?",
          }),
          dataset("timeseries_index", "Index of `timeseries`: any number of runs per interval.", {
            inc: "VectorIndex",
            quantity: "?",
          }),
        ],
      },
    ),
  ],
}));
