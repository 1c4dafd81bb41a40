/** Optogenetics. Schema: core 2.7.0, nwb.ogen. */
import { dataset, groupType, link, source } from "../declare.js";
import type { SourceSpec } from "../types.js";
import { CONTINUITY, CONVERSION, fixedUnit, OFFSET, RESOLUTION } from "./series-attributes.js";

export const ogen: SourceSpec = /* @__PURE__ */ source("nwb.ogen", () => ({
  groups: [
    groupType("OptogeneticSeries", "TimeSeries", "Power of an optogenetic stimulus over time.", {
      datasets: [
        dataset("data", "Power, in watts after conversion; a second axis is for extensions.", {
          dtype: "numeric",
          axes: [["num_times"], ["num_times", "num_rois"]],
          attributes: [fixedUnit("watts"), CONVERSION, OFFSET, RESOLUTION, CONTINUITY],
        }),
      ],
      links: [link("site", "OptogeneticStimulusSite", "The site that was stimulated.")],
    }),
    groupType("OptogeneticStimulusSite", "NWBContainer", "A place in the brain that is stimulated by light.", {
      datasets: [
        dataset("description", "What the site is.", { dtype: "text" }),
        dataset("excitation_lambda", "Wavelength of excitation, in nanometres.", { dtype: "float32" }),
        dataset("location", "Brain area of the site, by the name of an atlas where there is one.", { dtype: "text" }),
      ],
      links: [link("device", "Device", "The device that gave the light.")],
    }),
  ],
}));
