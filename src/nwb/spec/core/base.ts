/** Base types: time series, images, processing modules. Schema: core 2.7.0, nwb.base. */
import {
  attribute,
  dataset,
  datasetsOf,
  datasetType,
  field,
  group,
  groupsOf,
  groupType,
  ref,
  source,
} from "../declare.js";
import type { SourceSpec } from "../types.js";
import { CONTINUITY, CONVERSION, fixedUnit, INTERVAL, OFFSET, RESOLUTION, UNIT } from "./series-attributes.js";

export const base: SourceSpec = /* @__PURE__ */ source("nwb.base", () => ({
  datasets: [
    datasetType("NWBData", "Data", "Base of the dataset types of NWB."),
    datasetType(
      "TimeSeriesReferenceVectorData",
      "VectorData",
      "Column whose rows each point to a run of samples of a time series.",
      {
        defaultName: "timeseries",
        dtype: [
          field("idx_start", "int32", "First sample (from 0) along the time axis; -1 for none."),
          field("count", "int32", "Number of samples; -1 for none."),
          field("timeseries", ref("TimeSeries"), "The time series that has the samples."),
        ],
      },
    ),
    datasetType("Image", "NWBData", "A single image: x, y, and for colours a third axis of 3 or 4 channels.", {
      dtype: "numeric",
      shape: [
        [null, null],
        [null, null, 3],
        [null, null, 4],
      ],
      dims: [
        ["x", "y"],
        ["x", "y", "r, g, b"],
        ["x", "y", "r, g, b, a"],
      ],
      attributes: [
        attribute("resolution", "float32", "Pixels per centimetre.", { required: false }),
        attribute("description", "text", "What the image shows.", { required: false }),
      ],
    }),
    datasetType("ImageReferences", "NWBData", "References to images, in order.", {
      dtype: ref("Image"),
      axes: ["num_images"],
    }),
  ],
  groups: [
    groupType("NWBContainer", "Container", "Base of the group types of NWB, for data and metadata alike."),
    groupType("NWBDataInterface", "NWBContainer", "Base of the group types that hold measured or derived data."),
    groupType(
      "TimeSeries",
      "NWBDataInterface",
      "Samples of a quantity over time; times are given one by one or by start and rate.",
      {
        attributes: [
          attribute("description", "text", "What was recorded.", { defaultValue: "no description" }),
          attribute("comments", "text", "Remarks for human readers.", { defaultValue: "no comments" }),
        ],
        datasets: [
          dataset("data", "Samples in any unit; the first axis is time.", {
            axes: [
              ["num_times"],
              ["num_times", "num_DIM2"],
              ["num_times", "num_DIM2", "num_DIM3"],
              ["num_times", "num_DIM2", "num_DIM3", "num_DIM4"],
            ],
            attributes: [CONVERSION, OFFSET, RESOLUTION, UNIT, CONTINUITY],
          }),
          dataset("starting_time", "When the first of evenly spaced samples was taken, in seconds.", {
            dtype: "float64",
            quantity: "?",
            attributes: [attribute("rate", "float32", "Samples per second, in hertz."), fixedUnit("seconds")],
          }),
          dataset("timestamps", "Time of each sample, in seconds from the file's timestamps_reference_time.", {
            dtype: "float64",
            axes: ["num_times"],
            quantity: "?",
            attributes: [INTERVAL, fixedUnit("seconds")],
          }),
          dataset("control", "A label for each sample, by which samples can be chosen.", {
            dtype: "uint8",
            axes: ["num_times"],
            quantity: "?",
          }),
          dataset("control_description", "Meaning of each value of `control`, by its number.", {
            dtype: "text",
            axes: ["num_control_values"],
            quantity: "?",
          }),
        ],
        groups: [group("sync", "Device-specific data from which a common time base was computed.", { quantity: "?" })],
      },
    ),
    groupType(
      "ProcessingModule",
      "NWBContainer",
      "Named collection of processed data, usually one step of an analysis.",
      {
        attributes: [attribute("description", "text", "What the module's data are.")],
        groups: [
          groupsOf("NWBDataInterface", "*", "Processed data."),
          groupsOf("DynamicTable", "*", "Tables of processed data."),
        ],
      },
    ),
    groupType("Images", "NWBDataInterface", "Collection of images, with an order if they are to be chosen by number.", {
      defaultName: "Images",
      attributes: [attribute("description", "text", "What the images have in common.")],
      datasets: [
        datasetsOf("Image", "+", "The images."),
        dataset("order_of_images", "References to the images of this collection, each once, in their order.", {
          inc: "ImageReferences",
          quantity: "?",
        }),
      ],
    }),
  ],
}));
