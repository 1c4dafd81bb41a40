/** Intracellular electrophysiology: series, electrodes and recording tables. Schema: core 2.7.0, nwb.icephys. */
import { attribute, dataset, group, groupType, link, ref, source } from "../declare.js";
import type { SourceSpec } from "../types.js";
import { CONTINUITY, CONVERSION, fixedUnit, OFFSET, RESOLUTION, UNIT } from "./series-attributes.js";

export const icephys: SourceSpec = /* @__PURE__ */ source("nwb.icephys", () => ({
  groups: [
    groupType("PatchClampSeries", "TimeSeries", "Base of intracellular recordings and stimuli.", {
      attributes: [
        attribute("stimulus_description", "text", "Name of the stimulus or protocol."),
        attribute("sweep_number", "uint32", "Sweep the series belongs to.", { required: false }),
      ],
      datasets: [
        dataset("data", "Voltage or current over time.", {
          dtype: "numeric",
          axes: ["num_times"],
          attributes: [UNIT, CONVERSION, OFFSET, RESOLUTION, CONTINUITY],
        }),
        dataset("gain", "Gain of the amplifier: V/A in voltage clamp, V/V in current clamp.", {
          dtype: "float32",
          quantity: "?",
        }),
      ],
      links: [link("electrode", "IntracellularElectrode", "The electrode that recorded or stimulated.")],
    }),
    groupType("CurrentClampSeries", "PatchClampSeries", "Voltage recorded in current clamp.", {
      datasets: [
        dataset("data", "Voltage over time.", {
          attributes: [fixedUnit("volts"), CONVERSION, OFFSET, RESOLUTION, CONTINUITY],
        }),
        dataset("bias_current", "Bias current, in amperes.", { dtype: "float32", quantity: "?" }),
        dataset("bridge_balance", "Resistance compensated by the bridge, in ohms.", {
          dtype: "float32",
          quantity: "?",
        }),
        dataset("capacitance_compensation", "Capacitance compensated, in farads.", {
          dtype: "float32",
          quantity: "?",
        }),
      ],
    }),
    groupType("IZeroClampSeries", "CurrentClampSeries", "Voltage recorded with current and all compensation off.", {
      attributes: [attribute("stimulus_description", "text", "There is no stimulus: always N/A.", { value: "N/A" })],
      datasets: [
        dataset("bias_current", "Bias current, in amperes: always 0.", { dtype: "float32", value: 0 }),
        dataset("bridge_balance", "Resistance compensated by the bridge, in ohms: always 0.", {
          dtype: "float32",
          value: 0,
        }),
        dataset("capacitance_compensation", "Capacitance compensated, in farads: always 0.", {
          dtype: "float32",
          value: 0,
        }),
      ],
    }),
    groupType("CurrentClampStimulusSeries", "PatchClampSeries", "Current injected in current clamp.", {
      datasets: [
        dataset("data", "Current over time.", {
          attributes: [fixedUnit("amperes"), CONVERSION, OFFSET, RESOLUTION, CONTINUITY],
        }),
      ],
    }),
    groupType("VoltageClampSeries", "PatchClampSeries", "Current recorded in voltage clamp.", {
      datasets: [
        dataset("data", "Current over time.", {
          attributes: [fixedUnit("amperes"), CONVERSION, OFFSET, RESOLUTION, CONTINUITY],
        }),
        dataset("capacitance_fast", "Fast capacitance compensation, in farads.", {
          dtype: "float32",
          quantity: "?",
          attributes: [fixedUnit("farads")],
        }),
        dataset("capacitance_slow", "Slow capacitance compensation, in farads.", {
          dtype: "float32",
          quantity: "?",
          attributes: [fixedUnit("farads")],
        }),
        dataset("resistance_comp_bandwidth", "Bandwidth of resistance compensation, in hertz.", {
          dtype: "float32",
          quantity: "?",
          attributes: [fixedUnit("hertz")],
        }),
        dataset("resistance_comp_correction", "Correction of resistance compensation, in percent.", {
          dtype: "float32",
          quantity: "?",
          attributes: [fixedUnit("percent")],
        }),
        dataset("resistance_comp_prediction", "Prediction of resistance compensation, in percent.", {
          dtype: "float32",
          quantity: "?",
          attributes: [fixedUnit("percent")],
        }),
        dataset("whole_cell_capacitance_comp", "Whole-cell capacitance compensation, in farads.", {
          dtype: "float32",
          quantity: "?",
          attributes: [fixedUnit("farads")],
        }),
        dataset("whole_cell_series_resistance_comp", "Whole-cell series resistance compensation, in ohms.", {
          dtype: "float32",
          quantity: "?",
          attributes: [fixedUnit("ohms")],
        }),
      ],
    }),
    groupType("VoltageClampStimulusSeries", "PatchClampSeries", "Voltage applied in voltage clamp.", {
      datasets: [
        dataset("data", "Voltage over time.", {
          attributes: [fixedUnit("volts"), CONVERSION, OFFSET, RESOLUTION, CONTINUITY],
        }),
      ],
    }),
    groupType("IntracellularElectrode", "NWBContainer", "An electrode inside or sealed to a cell.", {
      datasets: [
        dataset("cell_id", "Name of the cell, of its own in the file.", { dtype: "text", quantity: "?" }),
        dataset("description", "Kind of electrode, such as whole-cell or sharp.", { dtype: "text" }),
        dataset("filtering", "Filters applied at the electrode.", { dtype: "text", quantity: "?" }),
        dataset("initial_access_resistance", "Access resistance at the start, with its unit.", {
          dtype: "text",
          quantity: "?",
        }),
        dataset("location", "Brain area of the electrode, by the name of an atlas where there is one.", {
          dtype: "text",
          quantity: "?",
        }),
        dataset("resistance", "Resistance of the electrode, with its unit (ohms).", { dtype: "text", quantity: "?" }),
        dataset("seal", "How the seal was made, and its quality.", { dtype: "text", quantity: "?" }),
        dataset("slice", "The slice recorded from.", { dtype: "text", quantity: "?" }),
      ],
      links: [link("device", "Device", "The device the electrode is part of.")],
    }),
    groupType(
      "SweepTable",
      "DynamicTable",
      "Deprecated: which series belong to which sweep; use the recording tables.",
      {
        datasets: [
          dataset("sweep_number", "Number of the sweep.", { inc: "VectorData", dtype: "uint32" }),
          dataset("series", "Series of the sweep.", { inc: "VectorData", dtype: ref("PatchClampSeries") }),
          dataset("series_index", "Index of `series`: any number per sweep.", { inc: "VectorIndex" }),
        ],
      },
    ),
    groupType(
      "IntracellularElectrodesTable",
      "DynamicTable",
      "Category of the recordings table: the electrode of each recording.",
      {
        attributes: [
          attribute("description", "text", "Fixed text that says what the table holds.", {
            value: "Table for storing intracellular electrode related metadata.",
          }),
        ],
        datasets: [dataset("electrode", "The electrode.", { inc: "VectorData", dtype: ref("IntracellularElectrode") })],
      },
    ),
    groupType(
      "IntracellularStimuliTable",
      "DynamicTable",
      "Category of the recordings table: the stimulus of each recording.",
      {
        attributes: [
          attribute("description", "text", "Fixed text that says what the table holds.", {
            value: "Table for storing intracellular stimulus related metadata.",
          }),
        ],
        datasets: [
          dataset("stimulus", "Samples of the stimulus as it was recorded.", { inc: "TimeSeriesReferenceVectorData" }),
          dataset("stimulus_template", "Samples of the pattern the stimulus was made from.", {
            inc: "TimeSeriesReferenceVectorData",
            quantity: "?",
          }),
        ],
      },
    ),
    groupType(
      "IntracellularResponsesTable",
      "DynamicTable",
      "Category of the recordings table: the response of each recording.",
      {
        attributes: [
          attribute("description", "text", "Fixed text that says what the table holds.", {
            value: "Table for storing intracellular response related metadata.",
          }),
        ],
        datasets: [dataset("response", "Samples of the response.", { inc: "TimeSeriesReferenceVectorData" })],
      },
    ),
    groupType(
      "IntracellularRecordingsTable",
      "AlignedDynamicTable",
      "One recording per row: an electrode, its stimulus and its response.",
      {
        name: "intracellular_recordings",
        attributes: [
          attribute("description", "text", "Fixed text that says what the table holds.", {
            value:
              "A table to group together a stimulus and response from a single electrode and a single simultaneous recording and for storing metadata about the intracellular recording.",
          }),
        ],
        groups: [
          group("electrodes", "Electrode of each recording.", { inc: "IntracellularElectrodesTable" }),
          group("stimuli", "Stimulus of each recording.", { inc: "IntracellularStimuliTable" }),
          group("responses", "Response of each recording.", { inc: "IntracellularResponsesTable" }),
        ],
      },
    ),
    groupType(
      "SimultaneousRecordingsTable",
      "DynamicTable",
      "Recordings of several electrodes made at the same time, as one row.",
      {
        name: "simultaneous_recordings",
        datasets: [
          dataset("recordings", "Rows of the recordings table.", {
            inc: "DynamicTableRegion",
            attributes: [attribute("table", ref("IntracellularRecordingsTable"), "The recordings table.")],
          }),
          dataset("recordings_index", "Index of `recordings`: any number per row.", { inc: "VectorIndex" }),
        ],
      },
    ),
    groupType(
      "SequentialRecordingsTable",
      "DynamicTable",
      "Simultaneous recordings that form one stimulus sequence, as one row.",
      {
        name: "sequential_recordings",
        datasets: [
          dataset("simultaneous_recordings", "Rows of the table of simultaneous recordings.", {
            inc: "DynamicTableRegion",
            attributes: [
              attribute("table", ref("SimultaneousRecordingsTable"), "The table of simultaneous recordings."),
            ],
          }),
          dataset("simultaneous_recordings_index", "Index of `simultaneous_recordings`: any number per row.", {
            inc: "VectorIndex",
          }),
          dataset("stimulus_type", "Kind of stimulus of the sequence.", { inc: "VectorData", dtype: "text" }),
        ],
      },
    ),
    groupType("RepetitionsTable", "DynamicTable", "Sequences that make up one run of the experiment, as one row.", {
      name: "repetitions",
      datasets: [
        dataset("sequential_recordings", "Rows of the table of sequences.", {
          inc: "DynamicTableRegion",
          attributes: [attribute("table", ref("SequentialRecordingsTable"), "The table of sequences.")],
        }),
        dataset("sequential_recordings_index", "Index of `sequential_recordings`: any number per row.", {
          inc: "VectorIndex",
        }),
      ],
    }),
    groupType("ExperimentalConditionsTable", "DynamicTable", "Repetitions made under one condition, as one row.", {
      name: "experimental_conditions",
      datasets: [
        dataset("repetitions", "Rows of the table of repetitions.", {
          inc: "DynamicTableRegion",
          attributes: [attribute("table", ref("RepetitionsTable"), "The table of repetitions.")],
        }),
        dataset("repetitions_index", "Index of `repetitions`: any number per row.", { inc: "VectorIndex" }),
      ],
    }),
  ],
}));
