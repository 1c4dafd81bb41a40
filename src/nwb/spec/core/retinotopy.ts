/** Retinotopy. Schema: core 2.7.0, nwb.retinotopy. */
import { attribute, dataset, groupType, source } from "../declare.js";
import type { AttributeSpec, SourceSpec } from "../types.js";

const DIMENSION: AttributeSpec = /* @__PURE__ */ attribute("dimension", "int32", "Rows and columns of the map.", {
  shape: [2],
  dims: ["num_rows, num_cols"],
});
const FIELD_OF_VIEW: AttributeSpec = /* @__PURE__ */ attribute(
  "field_of_view",
  "float32",
  "Height and width of the viewed area, in metres.",
  { shape: [2], dims: ["height, width"] },
);
const MAP_UNIT: AttributeSpec = /* @__PURE__ */ attribute("unit", "text", "Unit of the values, such as degrees.");
const BITS_PER_PIXEL: AttributeSpec = /* @__PURE__ */ attribute(
  "bits_per_pixel",
  "int32",
  "Bits used of each value; they give the value of white.",
);
const FORMAT: AttributeSpec = /* @__PURE__ */ attribute("format", "text", "Format of the image; only `raw` is in use.");

export const retinotopy: SourceSpec = /* @__PURE__ */ source("nwb.retinotopy", () => ({
  groups: [
    groupType("ImagingRetinotopy", "NWBDataInterface", "Deprecated: retinotopic maps from wide-field imaging.", {
      defaultName: "ImagingRetinotopy",
      datasets: [
        dataset("axis_1_phase_map", "Phase of the response along the first axis.", {
          dtype: "float32",
          axes: ["num_rows", "num_cols"],
          attributes: [DIMENSION, FIELD_OF_VIEW, MAP_UNIT],
        }),
        dataset("axis_1_power_map", "Power of the response along the first axis, from 0 to 1.", {
          dtype: "float32",
          axes: ["num_rows", "num_cols"],
          quantity: "?",
          attributes: [DIMENSION, FIELD_OF_VIEW, MAP_UNIT],
        }),
        dataset("axis_2_phase_map", "Phase of the response along the second axis.", {
          dtype: "float32",
          axes: ["num_rows", "num_cols"],
          attributes: [DIMENSION, FIELD_OF_VIEW, MAP_UNIT],
        }),
        dataset("axis_2_power_map", "Power of the response along the second axis, from 0 to 1.", {
          dtype: "float32",
          axes: ["num_rows", "num_cols"],
          quantity: "?",
          attributes: [DIMENSION, FIELD_OF_VIEW, MAP_UNIT],
        }),
        dataset("axis_descriptions", "What the two axes are, such as altitude and azimuth.", {
          dtype: "text",
          shape: [2],
          dims: ["axis_1, axis_2"],
        }),
        dataset("focal_depth_image", "Grey image taken with the settings of the recording, by row and column.", {
          dtype: "uint16",
          axes: ["num_rows", "num_cols"],
          quantity: "?",
          attributes: [
            BITS_PER_PIXEL,
            DIMENSION,
            FIELD_OF_VIEW,
            attribute("focal_depth", "float32", "Offset of focal depth, in metres."),
            FORMAT,
          ],
        }),
        dataset("sign_map", "Sine of the angle from the gradient of one axis to that of the other.", {
          dtype: "float32",
          axes: ["num_rows", "num_cols"],
          quantity: "?",
          attributes: [DIMENSION, FIELD_OF_VIEW],
        }),
        dataset("vasculature_image", "Grey image of the cortical surface, by row and column.", {
          dtype: "uint16",
          axes: ["num_rows", "num_cols"],
          attributes: [BITS_PER_PIXEL, DIMENSION, FIELD_OF_VIEW, FORMAT],
        }),
      ],
    }),
  ],
}));
