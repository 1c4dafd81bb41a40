/** Devices. Schema: core 2.7.0, nwb.device. */
import { attribute, groupType, source } from "../declare.js";
import type { SourceSpec } from "../types.js";

export const device: SourceSpec = /* @__PURE__ */ source("nwb.device", () => ({
  groups: [
    groupType("Device", "NWBContainer", "An instrument used in the experiment.", {
      attributes: [
        attribute("description", "text", "Model, firmware and other particulars, as text.", { required: false }),
        attribute("manufacturer", "text", "Maker of the device.", { required: false }),
      ],
    }),
  ],
}));
