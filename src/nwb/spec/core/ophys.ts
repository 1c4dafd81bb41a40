/** Optical physiology. Schema: core 2.7.0, nwb.ophys. */
import { attribute, dataset, field, group, groupsOf, groupType, link, source } from "../declare.js";
import type { SourceSpec } from "../types.js";
import { CONTINUITY, CONVERSION, OFFSET, RESOLUTION, UNIT } from "./series-attributes.js";

export const ophys: SourceSpec = /* @__PURE__ */ source("nwb.ophys", () => ({
  groups: [
    groupType("OnePhotonSeries", "ImageSeries", "Frames of a one-photon microscope.", {
      attributes: [
        attribute("pmt_gain", "float32", "Gain of the photomultiplier.", { required: false }),
        attribute("scan_line_rate", "float32", "Lines scanned per second.", { required: false }),
        attribute("exposure_time", "float32", "Exposure of a frame, in seconds.", { required: false }),
        attribute("binning", "uint8", "Pixels combined into one, such as 1, 2, 4.", { required: false }),
        attribute("power", "float32", "Power of excitation, in milliwatts.", { required: false }),
        attribute("intensity", "float32", "Intensity of excitation, in mW/mm².", { required: false }),
      ],
      links: [link("imaging_plane", "ImagingPlane", "The plane imaged.")],
    }),
    groupType("TwoPhotonSeries", "ImageSeries", "Frames of a two-photon microscope.", {
      attributes: [
        attribute("pmt_gain", "float32", "Gain of the photomultiplier.", { required: false }),
        attribute("scan_line_rate", "float32", "Lines scanned per second.", { required: false }),
      ],
      datasets: [
        dataset("field_of_view", "Width, height and, if given, depth of the imaged area, in metres.", {
          dtype: "float32",
          shape: [[2], [3]],
          dims: [["width|height"], ["width|height|depth"]],
          quantity: "?",
        }),
      ],
      links: [link("imaging_plane", "ImagingPlane", "The plane imaged.")],
    }),
    groupType("RoiResponseSeries", "TimeSeries", "Signals of regions of interest over time.", {
      datasets: [
        dataset("data", "Signal by time and region.", {
          dtype: "numeric",
          axes: [["num_times"], ["num_times", "num_ROIs"]],
          attributes: [CONVERSION, OFFSET, RESOLUTION, UNIT, CONTINUITY],
        }),
        dataset("rois", "Rows of a segmentation, one per region.", { inc: "DynamicTableRegion" }),
      ],
    }),
    groupType("DfOverF", "NWBDataInterface", "Relative change of fluorescence of regions of interest.", {
      defaultName: "DfOverF",
      groups: [groupsOf("RoiResponseSeries", "+", "The changes over time.")],
    }),
    groupType("Fluorescence", "NWBDataInterface", "Fluorescence of regions of interest.", {
      defaultName: "Fluorescence",
      groups: [groupsOf("RoiResponseSeries", "+", "Fluorescence over time.")],
    }),
    groupType("ImageSegmentation", "NWBDataInterface", "Segmentations of imaging planes into regions of interest.", {
      defaultName: "ImageSegmentation",
      groups: [groupsOf("PlaneSegmentation", "+", "One table of regions per segmentation.")],
    }),
    groupType("PlaneSegmentation", "DynamicTable", "Regions of interest of one imaging plane, one per row.", {
      datasets: [
        dataset("image_mask", "Mask over the whole plane or volume; not zero inside the region.", {
          inc: "VectorData",
          axes: [
            ["num_roi", "num_x", "num_y"],
            ["num_roi", "num_x", "num_y", "num_z"],
          ],
          quantity: "?",
        }),
        dataset("pixel_mask_index", "Index of `pixel_mask`: any number of pixels per region.", {
          inc: "VectorIndex",
          quantity: "?",
        }),
        dataset("pixel_mask", "Pixels of the region, with weights.", {
          inc: "VectorData",
          dtype: [
            field("x", "uint32", "Pixel along x."),
            field("y", "uint32", "Pixel along y."),
            field("weight", "float32", "How much the pixel counts."),
          ],
          quantity: "?",
        }),
        dataset("voxel_mask_index", "Index of `voxel_mask`: any number of voxels per region.", {
          inc: "VectorIndex",
          quantity: "?",
        }),
        dataset("voxel_mask", "Voxels of the region, with weights.", {
          inc: "VectorData",
          dtype: [
            field("x", "uint32", "Voxel along x."),
            field("y", "uint32", "Voxel along y."),
            field("z", "uint32", "Voxel along z."),
            field("weight", "float32", "How much the voxel counts."),
          ],
          quantity: "?",
        }),
      ],
      groups: [
        group("reference_images", "Images that the masks are meant for.", {
          groups: [groupsOf("ImageSeries", "*", "Image stacks of one frame or more.")],
        }),
      ],
      links: [link("imaging_plane", "ImagingPlane", "The plane that was segmented.")],
    }),
    groupType("ImagingPlane", "NWBContainer", "A plane or volume under a microscope.", {
      datasets: [
        dataset("description", "What the plane is.", { dtype: "text", quantity: "?" }),
        dataset("excitation_lambda", "Wavelength of excitation, in nanometres.", { dtype: "float32" }),
        dataset("imaging_rate", "Frames per second, in hertz, where no series says so.", {
          dtype: "float32",
          quantity: "?",
        }),
        dataset("indicator", "The indicator, such as GCaMP6f.", { dtype: "text" }),
        dataset("location", "Brain area of the plane, by the name of an atlas where there is one.", { dtype: "text" }),
        dataset("manifold", "Deprecated: position of each pixel; use `origin_coords` and `grid_spacing`.", {
          dtype: "float32",
          shape: [
            [null, null, 3],
            [null, null, null, 3],
          ],
          dims: [
            ["height", "width", "x, y, z"],
            ["height", "width", "depth", "x, y, z"],
          ],
          quantity: "?",
          attributes: [
            attribute("conversion", "float32", "Factor from stored values to `unit`.", { defaultValue: 1 }),
            attribute("unit", "text", "Unit of the positions after conversion.", { defaultValue: "meters" }),
          ],
        }),
        dataset("origin_coords", "Position of the first pixel or voxel in `reference_frame`.", {
          dtype: "float32",
          shape: [[2], [3]],
          dims: [["x, y"], ["x, y, z"]],
          quantity: "?",
          attributes: [attribute("unit", "text", "Unit of the position.", { defaultValue: "meters" })],
        }),
        dataset("grid_spacing", "Distance of neighbouring pixels or voxels along each axis.", {
          dtype: "float32",
          shape: [[2], [3]],
          dims: [["x, y"], ["x, y, z"]],
          quantity: "?",
          attributes: [attribute("unit", "text", "Unit of the distances.", { defaultValue: "meters" })],
        }),
        dataset("reference_frame", "Where zero of `origin_coords` is and which way the axes point.", {
          dtype: "text",
          quantity: "?",
        }),
      ],
      groups: [groupsOf("OpticalChannel", "+", "Channels in which the plane was recorded.")],
      links: [link("device", "Device", "The microscope.")],
    }),
    groupType("OpticalChannel", "NWBContainer", "A channel of emitted light.", {
      datasets: [
        dataset("description", "What the channel is.", { dtype: "text" }),
        dataset("emission_lambda", "Wavelength of emission, in nanometres.", { dtype: "float32" }),
      ],
    }),
    groupType("MotionCorrection", "NWBDataInterface", "Image stacks corrected for motion.", {
      defaultName: "MotionCorrection",
      groups: [groupsOf("CorrectedImageStack", "+", "The corrected stacks.")],
    }),
    groupType("CorrectedImageStack", "NWBDataInterface", "An image stack before and after motion correction.", {
      groups: [
        group("corrected", "The frames after correction.", { inc: "ImageSeries" }),
        group("xy_translation", "Shift of each frame along x and y.", { inc: "TimeSeries" }),
      ],
      links: [link("original", "ImageSeries", "The frames before correction.")],
    }),
  ],
}));
