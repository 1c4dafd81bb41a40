/** Attributes that the `data` of nearly every time series carries. Schema: core 2.7.0, nwb.base and its users. */
import { attribute } from "../declare.js";
import type { AttributeSpec } from "../types.js";

export const CONVERSION: AttributeSpec = /* @__PURE__ */ attribute(
  "conversion",
  "float32",
  "Factor from stored values to `unit`.",
  { defaultValue: 1 },
);

export const OFFSET: AttributeSpec = /* @__PURE__ */ attribute(
  "offset",
  "float32",
  "Added after multiplying by `conversion`, in `unit`.",
  { defaultValue: 0 },
);

export const RESOLUTION: AttributeSpec = /* @__PURE__ */ attribute(
  "resolution",
  "float32",
  "Smallest meaningful difference of values, in `unit`; -1 when unknown.",
  { defaultValue: -1 },
);

export const UNIT: AttributeSpec = /* @__PURE__ */ attribute("unit", "text", "Unit of the values after conversion.");

export const CONTINUITY: AttributeSpec = /* @__PURE__ */ attribute(
  "continuity",
  "text",
  "How samples follow each other: `continuous`, `instantaneous` or `step`.",
  { required: false },
);

export const INTERVAL: AttributeSpec = /* @__PURE__ */ attribute("interval", "int32", "Samples per time: always 1.", {
  value: 1,
});

/** A `unit` that is given by the schema. */
export function fixedUnit(value: string): AttributeSpec {
  return attribute("unit", "text", `Unit of the values: always ${value}.`, { value });
}
