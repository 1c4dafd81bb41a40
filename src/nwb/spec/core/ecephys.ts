/** Extracellular electrophysiology. Schema: core 2.7.0, nwb.ecephys. */
import { attribute, dataset, field, groupsOf, groupType, link, source } from "../declare.js";
import type { SourceSpec } from "../types.js";
import { CONTINUITY, CONVERSION, fixedUnit, INTERVAL, OFFSET, RESOLUTION } from "./series-attributes.js";

export const ecephys: SourceSpec = /* @__PURE__ */ source("nwb.ecephys", () => ({
  groups: [
    groupType("ElectricalSeries", "TimeSeries", "Voltage recorded by extracellular electrodes.", {
      attributes: [
        attribute("filtering", "text", "Filters applied to all channels, such as `high-pass 300 Hz`.", {
          required: false,
        }),
      ],
      datasets: [
        dataset("data", "Voltage by time and channel.", {
          dtype: "numeric",
          axes: [["num_times"], ["num_times", "num_channels"], ["num_times", "num_channels", "num_samples"]],
          attributes: [fixedUnit("volts"), CONVERSION, OFFSET, RESOLUTION, CONTINUITY],
        }),
        dataset("electrodes", "Rows of the electrode table, one per channel.", { inc: "DynamicTableRegion" }),
        dataset("channel_conversion", "Factor of each channel, applied beside `conversion`.", {
          dtype: "float32",
          axes: ["num_channels"],
          quantity: "?",
          attributes: [
            attribute("axis", "int32", "Axis of `data` the factors belong to: always 1, the channels.", { value: 1 }),
          ],
        }),
      ],
    }),
    groupType("SpikeEventSeries", "ElectricalSeries", "Snippets of voltage around detected spikes.", {
      datasets: [
        dataset("data", "Voltage of each event, by channel and sample.", {
          dtype: "numeric",
          axes: [
            ["num_events", "num_samples"],
            ["num_events", "num_channels", "num_samples"],
          ],
          attributes: [fixedUnit("volts"), CONVERSION, OFFSET, RESOLUTION, CONTINUITY],
        }),
        dataset("timestamps", "Time of each event, in seconds from the file's timestamps_reference_time.", {
          dtype: "float64",
          axes: ["num_times"],
          attributes: [INTERVAL, fixedUnit("seconds")],
        }),
      ],
    }),
    groupType("FeatureExtraction", "NWBDataInterface", "Features of detected spikes, such as principal components.", {
      defaultName: "FeatureExtraction",
      datasets: [
        dataset("description", "What each feature is.", { dtype: "text", axes: ["num_features"] }),
        dataset("features", "Value of each feature, by event and channel.", {
          dtype: "float32",
          axes: ["num_events", "num_channels", "num_features"],
        }),
        dataset("times", "Time of each event, in seconds.", { dtype: "float64", axes: ["num_events"] }),
        dataset("electrodes", "Rows of the electrode table, one per channel.", { inc: "DynamicTableRegion" }),
      ],
    }),
    groupType("EventDetection", "NWBDataInterface", "Spikes detected in a recording.", {
      defaultName: "EventDetection",
      datasets: [
        dataset("detection_method", "How events were detected, with thresholds.", { dtype: "text" }),
        dataset("source_idx", "Sample (from 0) of the recording at which each event lies.", {
          dtype: "int32",
          axes: ["num_events"],
        }),
        dataset("times", "Time of each event, in seconds.", {
          dtype: "float64",
          axes: ["num_events"],
          attributes: [fixedUnit("seconds")],
        }),
      ],
      links: [link("source_electricalseries", "ElectricalSeries", "The recording in which events were detected.")],
    }),
    groupType("EventWaveform", "NWBDataInterface", "Waveforms of detected events.", {
      defaultName: "EventWaveform",
      groups: [groupsOf("SpikeEventSeries", "*", "The waveforms.")],
    }),
    groupType("FilteredEphys", "NWBDataInterface", "Recordings after filtering, other than local field potentials.", {
      defaultName: "FilteredEphys",
      groups: [groupsOf("ElectricalSeries", "+", "The filtered recordings.")],
    }),
    groupType("LFP", "NWBDataInterface", "Local field potentials.", {
      defaultName: "LFP",
      groups: [groupsOf("ElectricalSeries", "+", "The local field potentials.")],
    }),
    groupType("ElectrodeGroup", "NWBContainer", "Electrodes that belong together, such as a shank.", {
      attributes: [
        attribute("description", "text", "What the group is."),
        attribute("location", "text", "Brain area of the group, by the name of an atlas where there is one."),
      ],
      datasets: [
        dataset("position", "Position of the group in stereotaxic or other common coordinates.", {
          dtype: [
            field("x", "float32", "First coordinate."),
            field("y", "float32", "Second coordinate."),
            field("z", "float32", "Third coordinate."),
          ],
          quantity: "?",
        }),
      ],
      links: [link("device", "Device", "The device the electrodes belong to.")],
    }),
    groupType(
      "ClusterWaveforms",
      "NWBDataInterface",
      "Deprecated: mean waveforms of clusters; use the columns of Units.",
      {
        defaultName: "ClusterWaveforms",
        datasets: [
          dataset("waveform_filtering", "Filters applied before averaging.", { dtype: "text" }),
          dataset("waveform_mean", "Mean waveform of each cluster, by its number.", {
            dtype: "float32",
            axes: ["num_clusters", "num_samples"],
          }),
          dataset("waveform_sd", "Standard deviation of the waveforms of each cluster, by its number.", {
            dtype: "float32",
            axes: ["num_clusters", "num_samples"],
          }),
        ],
        links: [link("clustering_interface", "Clustering", "The clustering that the waveforms belong to.")],
      },
    ),
    groupType("Clustering", "NWBDataInterface", "Deprecated: clustered spikes; use Units.", {
      defaultName: "Clustering",
      datasets: [
        dataset("description", "How spikes were clustered, and what special clusters mean.", { dtype: "text" }),
        dataset("num", "Cluster of each event.", { dtype: "int32", axes: ["num_events"] }),
        dataset("peak_over_rms", "Largest peak over RMS on any channel, of each cluster.", {
          dtype: "float32",
          axes: ["num_clusters"],
        }),
        dataset("times", "Time of each event, in seconds.", { dtype: "float64", axes: ["num_events"] }),
      ],
    }),
  ],
}));
