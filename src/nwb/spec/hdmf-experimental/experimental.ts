/** Enumerated columns. Schema: hdmf-experimental 0.5.0, experimental. */
import { attribute, datasetType, ref, source } from "../declare.js";
import type { SourceSpec } from "../types.js";

export const experimental: SourceSpec = /* @__PURE__ */ source("experimental", () => ({
  datasets: [
    datasetType(
      "EnumData",
      "VectorData",
      "Column of numbers of elements: value i stands for the i-th element (from 0).",
      {
        dtype: "uint8",
        attributes: [attribute("elements", ref("VectorData"), "The column that lists the possible values.")],
      },
    ),
  ],
}));
