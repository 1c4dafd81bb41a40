/** Roots of all types. Schema: hdmf-common 1.8.0, base. */
import { datasetsOf, datasetType, groupsOf, groupType, source } from "../declare.js";
import type { SourceSpec } from "../types.js";

export const base: SourceSpec = /* @__PURE__ */ source("base", () => ({
  datasets: [datasetType("Data", undefined, "Root of all dataset types; holds any values.")],
  groups: [
    groupType("Container", undefined, "Root of all group types; holds data and metadata."),
    groupType("SimpleMultiContainer", "Container", "Group of any number of containers and data objects, in no order.", {
      datasets: [datasetsOf("Data", "*", "The data objects held.")],
      groups: [groupsOf("Container", "*", "The containers held.")],
    }),
  ],
}));
