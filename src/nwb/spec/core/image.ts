/** Images and image series. Schema: core 2.7.0, nwb.image. */
import { attribute, dataset, datasetType, groupType, link, source } from "../declare.js";
import type { SourceSpec } from "../types.js";
import { CONTINUITY, CONVERSION, OFFSET, RESOLUTION, UNIT } from "./series-attributes.js";

export const image: SourceSpec = /* @__PURE__ */ source("nwb.image", () => ({
  datasets: [
    datasetType("GrayscaleImage", "Image", "Image with one value per pixel.", { dtype: "numeric", axes: ["x", "y"] }),
    datasetType("RGBImage", "Image", "Image with red, green and blue per pixel.", {
      dtype: "numeric",
      shape: [null, null, 3],
      dims: ["x", "y", "r, g, b"],
    }),
    datasetType("RGBAImage", "Image", "Image with red, green, blue and opacity per pixel.", {
      dtype: "numeric",
      shape: [null, null, 4],
      dims: ["x", "y", "r, g, b, a"],
    }),
  ],
  groups: [
    groupType("ImageSeries", "TimeSeries", "Frames over time, stored here or in external files.", {
      datasets: [
        dataset("data", "Frames; empty with three axes when they are in external files.", {
          dtype: "numeric",
          axes: [
            ["frame", "x", "y"],
            ["frame", "x", "y", "z"],
          ],
          attributes: [CONVERSION, OFFSET, RESOLUTION, UNIT, CONTINUITY],
        }),
        dataset("dimension", "Pixels along each axis of a frame.", { dtype: "int32", axes: ["rank"], quantity: "?" }),
        dataset("external_file", "Paths of the files with the frames, relative to this file.", {
          dtype: "text",
          axes: ["num_files"],
          quantity: "?",
          attributes: [
            attribute("starting_frame", "int32", "Number (from 0) of the first frame in each file.", {
              axes: ["num_files"],
            }),
          ],
        }),
        dataset("format", "`raw` for frames in `data`, `external` for frames in files, else the image format.", {
          dtype: "text",
          quantity: "?",
          defaultValue: "raw",
        }),
      ],
      links: [link("device", "Device", "The device that took the frames.", "?")],
    }),
    groupType(
      "ImageMaskSeries",
      "ImageSeries",
      "Masks over the frames of another series: how much of each pixel is shown.",
      { links: [link("masked_imageseries", "ImageSeries", "The series that is masked.")] },
    ),
    groupType("OpticalSeries", "ImageSeries", "Frames with the geometry under which they were seen or shown.", {
      datasets: [
        dataset("distance", "From camera or monitor to the target or eye, in metres.", {
          dtype: "float32",
          quantity: "?",
        }),
        dataset("field_of_view", "Width, height and, if given, depth of the imaged area, in metres.", {
          dtype: "float32",
          shape: [[2], [3]],
          dims: [["width, height"], ["width, height, depth"]],
          quantity: "?",
        }),
        dataset("data", "Frames, in grey or colour.", {
          dtype: "numeric",
          shape: [
            [null, null, null],
            [null, null, null, 3],
          ],
          dims: [
            ["frame", "x", "y"],
            ["frame", "x", "y", "r, g, b"],
          ],
          attributes: [CONVERSION, OFFSET, RESOLUTION, UNIT, CONTINUITY],
        }),
        dataset("orientation", "How the image lies in a named frame of reference.", { dtype: "text", quantity: "?" }),
      ],
    }),
    groupType("IndexSeries", "TimeSeries", "Images shown over time, given by their numbers in a collection.", {
      datasets: [
        dataset("data", "Number (from 0) of the image shown.", {
          dtype: "uint32",
          axes: ["num_times"],
          attributes: [
            attribute("conversion", "float32", "Without meaning for numbers of images.", { required: false }),
            attribute("resolution", "float32", "Without meaning for numbers of images.", { required: false }),
            attribute("offset", "float32", "Without meaning for numbers of images.", { required: false }),
            attribute("unit", "text", "Numbers of images have no unit: always N/A.", { value: "N/A" }),
            CONTINUITY,
          ],
        }),
      ],
      links: [
        link("indexed_timeseries", "ImageSeries", "Series with the images; discouraged, use `indexed_images`.", "?"),
        link("indexed_images", "Images", "Collection with the images and their order.", "?"),
      ],
    }),
  ],
}));
