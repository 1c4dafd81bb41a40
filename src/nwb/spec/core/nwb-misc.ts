/** Features, annotations, intervals, decompositions and sorted units. Schema: core 2.7.0, nwb.misc. */
import { attribute, dataset, group, groupType, link, ref, source } from "../declare.js";
import type { SourceSpec } from "../types.js";
import { CONTINUITY, CONVERSION, fixedUnit, OFFSET, RESOLUTION } from "./series-attributes.js";

export const misc: SourceSpec = /* @__PURE__ */ source("nwb.misc", () => ({
  groups: [
    groupType(
      "AbstractFeatureSeries",
      "TimeSeries",
      "Features of a stimulus over time, such as orientation and contrast.",
      {
        datasets: [
          dataset("data", "Values by time and feature.", {
            dtype: "numeric",
            axes: [["num_times"], ["num_times", "num_features"]],
            attributes: [
              attribute("unit", "text", "The units differ by feature and are in `feature_units`.", {
                defaultValue: "see 'feature_units'",
              }),
              CONVERSION,
              OFFSET,
              RESOLUTION,
              CONTINUITY,
            ],
          }),
          dataset("feature_units", "Unit of each feature.", { dtype: "text", axes: ["num_features"], quantity: "?" }),
          dataset("features", "What each feature is.", { dtype: "text", axes: ["num_features"] }),
        ],
      },
    ),
    groupType("AnnotationSeries", "TimeSeries", "Remarks made during the session, each with its time.", {
      datasets: [
        dataset("data", "The remarks.", {
          dtype: "text",
          axes: ["num_times"],
          attributes: [
            attribute("resolution", "float32", "Text has no resolution: always -1.", { value: -1 }),
            attribute("unit", "text", "Text has no unit: always n/a.", { value: "n/a" }),
            CONVERSION,
            OFFSET,
            CONTINUITY,
          ],
        }),
      ],
    }),
    groupType("IntervalSeries", "TimeSeries", "Starts and ends of time spans, each with its time.", {
      datasets: [
        dataset(
          "data",
          "Positive where a span starts, negative where it ends; the absolute value can tell kinds apart.",
          {
            dtype: "int8",
            axes: ["num_times"],
            attributes: [
              attribute("resolution", "float32", "Marks have no resolution: always -1.", { value: -1 }),
              attribute("unit", "text", "Marks have no unit: always n/a.", { value: "n/a" }),
              CONVERSION,
              OFFSET,
              CONTINUITY,
            ],
          },
        ),
      ],
    }),
    groupType("DecompositionSeries", "TimeSeries", "Spectral decomposition of a time series into bands.", {
      datasets: [
        dataset("data", "Value of each band of each channel at each time.", {
          dtype: "numeric",
          axes: ["num_times", "num_channels", "num_bands"],
          attributes: [
            attribute("unit", "text", "Unit of the values after conversion, if they have one.", {
              defaultValue: "no unit",
            }),
            CONVERSION,
            OFFSET,
            RESOLUTION,
            CONTINUITY,
          ],
        }),
        dataset("metric", "Which quantity the values are, such as phase or power.", { dtype: "text" }),
        dataset("source_channels", "The channels that were decomposed.", { inc: "DynamicTableRegion", quantity: "?" }),
      ],
      groups: [
        group("bands", "The bands, one per row.", {
          inc: "DynamicTable",
          datasets: [
            dataset("band_name", "Name of the band, such as theta.", { inc: "VectorData", dtype: "text" }),
            dataset("band_limits", "Lower and upper limit, in hertz.", {
              inc: "VectorData",
              dtype: "float32",
              shape: [null, 2],
              dims: ["num_bands", "low, high"],
            }),
            dataset("band_mean", "Mean of the Gaussian filter, in hertz.", {
              inc: "VectorData",
              dtype: "float32",
              axes: ["num_bands"],
            }),
            dataset("band_stdev", "Standard deviation of the Gaussian filter, in hertz.", {
              inc: "VectorData",
              dtype: "float32",
              axes: ["num_bands"],
            }),
          ],
        }),
      ],
      links: [link("source_timeseries", "TimeSeries", "The time series that was decomposed.", "?")],
    }),
    groupType("Units", "DynamicTable", "Sorted units, one per row, with their spikes.", {
      defaultName: "Units",
      datasets: [
        dataset("spike_times_index", "Index of `spike_times`: any number of spikes per unit.", {
          inc: "VectorIndex",
          quantity: "?",
        }),
        dataset("spike_times", "Times of the spikes, in seconds.", {
          inc: "VectorData",
          dtype: "float64",
          quantity: "?",
          attributes: [
            attribute("resolution", "float64", "Smallest difference of two spike times, in seconds.", {
              required: false,
            }),
          ],
        }),
        dataset("obs_intervals_index", "Index of `obs_intervals`: any number of spans per unit.", {
          inc: "VectorIndex",
          quantity: "?",
        }),
        dataset("obs_intervals", "Start and end of the spans in which the unit was observed, in seconds.", {
          inc: "VectorData",
          dtype: "float64",
          shape: [null, 2],
          dims: ["num_intervals", "start|end"],
          quantity: "?",
        }),
        dataset("electrodes_index", "Index of `electrodes`: any number of electrodes per unit.", {
          inc: "VectorIndex",
          quantity: "?",
        }),
        dataset("electrodes", "Electrodes on which the unit was seen.", { inc: "DynamicTableRegion", quantity: "?" }),
        dataset("electrode_group", "Group of electrodes on which the unit was seen.", {
          inc: "VectorData",
          dtype: ref("ElectrodeGroup"),
          quantity: "?",
        }),
        dataset("waveform_mean", "Mean waveform of the unit's spikes.", {
          inc: "VectorData",
          dtype: "float32",
          axes: [
            ["num_units", "num_samples"],
            ["num_units", "num_samples", "num_electrodes"],
          ],
          quantity: "?",
          attributes: [
            attribute("sampling_rate", "float32", "Samples per second of the waveform, in hertz.", { required: false }),
            fixedUnit("volts"),
          ],
        }),
        dataset("waveform_sd", "Standard deviation of the unit's waveforms.", {
          inc: "VectorData",
          dtype: "float32",
          axes: [
            ["num_units", "num_samples"],
            ["num_units", "num_samples", "num_electrodes"],
          ],
          quantity: "?",
          attributes: [
            attribute("sampling_rate", "float32", "Samples per second of the waveform, in hertz.", { required: false }),
            fixedUnit("volts"),
          ],
        }),
        dataset("waveforms", "Waveforms of single spikes: by unit, by spike, by electrode.", {
          inc: "VectorData",
          dtype: "numeric",
          axes: ["num_waveforms", "num_samples"],
          quantity: "?",
          attributes: [
            attribute("sampling_rate", "float32", "Samples per second of the waveform, in hertz.", { required: false }),
            fixedUnit("volts"),
          ],
        }),
        dataset("waveforms_index", "Index of `waveforms`: the waveforms of each spike.", {
          inc: "VectorIndex",
          quantity: "?",
        }),
        dataset("waveforms_index_index", "Index of `waveforms_index`: the spikes of each unit.", {
          inc: "VectorIndex",
          quantity: "?",
        }),
      ],
    }),
  ],
}));
