/** The file, its metadata and the subject. Schema: core 2.7.0, nwb.file. */
import { attribute, dataset, datasetsOf, datasetType, group, groupsOf, groupType, ref, source } from "../declare.js";
import type { SourceSpec } from "../types.js";

export const file: SourceSpec = /* @__PURE__ */ source("nwb.file", () => ({
  datasets: [
    datasetType("ScratchData", "NWBData", "Dataset kept for the moment, without a fixed meaning.", {
      attributes: [attribute("notes", "text", "Remarks on the dataset.")],
    }),
  ],
  groups: [
    groupType("NWBFile", "NWBContainer", "Root of a file: one session of an experiment with its data and metadata.", {
      name: "root",
      attributes: [attribute("nwb_version", "text", "Version of the NWB schema.", { value: "2.7.0" })],
      datasets: [
        dataset("file_create_date", "When the file was made, and when it was changed.", {
          dtype: "isodatetime",
          axes: ["num_modifications"],
        }),
        dataset("identifier", "Text that no other file has.", { dtype: "text" }),
        dataset("session_description", "What was done in the session.", { dtype: "text" }),
        dataset("session_start_time", "When the session began, with time zone.", { dtype: "isodatetime" }),
        dataset("timestamps_reference_time", "The moment that is time zero of all times in the file.", {
          dtype: "isodatetime",
        }),
      ],
      groups: [
        group("acquisition", "Recorded data as the instruments gave them.", {
          groups: [
            groupsOf("NWBDataInterface", "*", "Raw data."),
            groupsOf("DynamicTable", "*", "Tables of raw data."),
          ],
        }),
        group("analysis", "Results of scientific analysis, in any form.", {
          groups: [groupsOf("NWBContainer", "*", "Results."), groupsOf("DynamicTable", "*", "Tables of results.")],
        }),
        group("scratch", "Passing results, not meant to be shared.", {
          quantity: "?",
          datasets: [datasetsOf("ScratchData", "*", "Datasets.")],
          groups: [groupsOf("NWBContainer", "*", "Containers."), groupsOf("DynamicTable", "*", "Tables.")],
        }),
        group("processing", "Processed data, by module.", {
          groups: [groupsOf("ProcessingModule", "*", "The modules.")],
        }),
        group("stimulus", "What the subject or preparation was exposed to.", {
          groups: [
            group("presentation", "Stimuli as they were presented, in the time of the session.", {
              groups: [
                groupsOf("TimeSeries", "*", "Stimuli as time series."),
                groupsOf("NWBDataInterface", "*", "Stimuli of other types, mostly of extensions."),
                groupsOf("DynamicTable", "*", "Stimuli as tables."),
              ],
            }),
            group("templates", "Patterns of stimuli; their time starts with the stimulus.", {
              groups: [
                groupsOf("TimeSeries", "*", "Patterns as time series."),
                groupsOf("Images", "*", "Patterns as collections of images."),
              ],
            }),
          ],
        }),
        group("general", "Metadata of the experiment.", {
          datasets: [
            dataset("data_collection", "How data were collected and analysed.", { dtype: "text", quantity: "?" }),
            dataset("experiment_description", "The experiment in general.", { dtype: "text", quantity: "?" }),
            dataset("experimenter", "Who did the experiment, `Family, Given` each.", {
              dtype: "text",
              axes: ["num_experimenters"],
              quantity: "?",
            }),
            dataset("institution", "Where the experiment was done.", { dtype: "text", quantity: "?" }),
            dataset("keywords", "Words to find the file by.", { dtype: "text", axes: ["num_keywords"], quantity: "?" }),
            dataset("lab", "Laboratory of the experiment.", { dtype: "text", quantity: "?" }),
            dataset("notes", "Remarks on the experiment.", { dtype: "text", quantity: "?" }),
            dataset("pharmacology", "Drugs used: how, when and in what dose.", { dtype: "text", quantity: "?" }),
            dataset("protocol", "Experimental protocol, such as an approval number.", { dtype: "text", quantity: "?" }),
            dataset("related_publications", "Publications on the data: DOI, PMID or address.", {
              dtype: "text",
              axes: ["num_publications"],
              quantity: "?",
            }),
            dataset("session_id", "The laboratory's name for the session.", { dtype: "text", quantity: "?" }),
            dataset("slices", "Slices: thickness, orientation, temperature, bath.", { dtype: "text", quantity: "?" }),
            dataset("source_script", "Program that made this file, or where it can be found.", {
              dtype: "text",
              quantity: "?",
              attributes: [attribute("file_name", "text", "File name of the program.")],
            }),
            dataset("stimulus", "Remarks on stimuli and how they were presented.", { dtype: "text", quantity: "?" }),
            dataset("surgery", "Surgery: what, when and by whom.", { dtype: "text", quantity: "?" }),
            dataset("virus", "Viruses used: identity, source, where and how much was injected.", {
              dtype: "text",
              quantity: "?",
            }),
          ],
          groups: [
            groupsOf("LabMetaData", "*", "Metadata of a laboratory's own types."),
            group("devices", "Instruments used in the experiment.", {
              quantity: "?",
              groups: [groupsOf("Device", "*", "The instruments.")],
            }),
            group("subject", "The animal or person measured.", { inc: "Subject", quantity: "?" }),
            group("extracellular_ephys", "Metadata of extracellular electrophysiology.", {
              quantity: "?",
              groups: [
                groupsOf("ElectrodeGroup", "*", "Groups of electrodes, such as the shanks of a probe."),
                group("electrodes", "All electrodes (channels), one per row.", {
                  inc: "DynamicTable",
                  quantity: "?",
                  datasets: [
                    dataset("x", "Position in the brain, towards posterior.", {
                      inc: "VectorData",
                      dtype: "float32",
                      quantity: "?",
                    }),
                    dataset("y", "Position in the brain, towards inferior.", {
                      inc: "VectorData",
                      dtype: "float32",
                      quantity: "?",
                    }),
                    dataset("z", "Position in the brain, towards the right.", {
                      inc: "VectorData",
                      dtype: "float32",
                      quantity: "?",
                    }),
                    dataset("imp", "Impedance, in ohms.", { inc: "VectorData", dtype: "float32", quantity: "?" }),
                    dataset("location", "Brain area of the electrode, by the name of an atlas where there is one.", {
                      inc: "VectorData",
                      dtype: "text",
                    }),
                    dataset("filtering", "Filters of the hardware, with cutoff frequencies.", {
                      inc: "VectorData",
                      dtype: "text",
                      quantity: "?",
                    }),
                    dataset("group", "Group the electrode belongs to.", {
                      inc: "VectorData",
                      dtype: ref("ElectrodeGroup"),
                    }),
                    dataset("group_name", "Name of that group.", { inc: "VectorData", dtype: "text" }),
                    dataset("rel_x", "First coordinate within the group.", {
                      inc: "VectorData",
                      dtype: "float32",
                      quantity: "?",
                    }),
                    dataset("rel_y", "Second coordinate within the group.", {
                      inc: "VectorData",
                      dtype: "float32",
                      quantity: "?",
                    }),
                    dataset("rel_z", "Third coordinate within the group.", {
                      inc: "VectorData",
                      dtype: "float32",
                      quantity: "?",
                    }),
                    dataset("reference", "Reference electrode or referencing scheme.", {
                      inc: "VectorData",
                      dtype: "text",
                      quantity: "?",
                    }),
                  ],
                }),
              ],
            }),
            group("intracellular_ephys", "Metadata of intracellular electrophysiology.", {
              quantity: "?",
              datasets: [
                dataset("filtering", "Deprecated; filters are described at each electrode.", {
                  dtype: "text",
                  quantity: "?",
                }),
              ],
              groups: [
                groupsOf("IntracellularElectrode", "*", "Intracellular electrodes."),
                group("sweep_table", "Deprecated; sweeps are described by the recording tables.", {
                  inc: "SweepTable",
                  quantity: "?",
                }),
                group("intracellular_recordings", "Recordings: one electrode, its stimulus and its response per row.", {
                  inc: "IntracellularRecordingsTable",
                  quantity: "?",
                }),
                group("simultaneous_recordings", "Recordings made at the same time.", {
                  inc: "SimultaneousRecordingsTable",
                  quantity: "?",
                }),
                group("sequential_recordings", "Simultaneous recordings that form one stimulus sequence.", {
                  inc: "SequentialRecordingsTable",
                  quantity: "?",
                }),
                group("repetitions", "Sequences that were run together, once or more often.", {
                  inc: "RepetitionsTable",
                  quantity: "?",
                }),
                group("experimental_conditions", "Repetitions under the same condition.", {
                  inc: "ExperimentalConditionsTable",
                  quantity: "?",
                }),
              ],
            }),
            group("optogenetics", "Metadata of optogenetic stimulation.", {
              quantity: "?",
              groups: [groupsOf("OptogeneticStimulusSite", "*", "Sites of stimulation.")],
            }),
            group("optophysiology", "Metadata of optical physiology.", {
              quantity: "?",
              groups: [groupsOf("ImagingPlane", "*", "Imaging planes.")],
            }),
          ],
        }),
        group("intervals", "Time spans of the session.", {
          quantity: "?",
          groups: [
            group("epochs", "Stages of the session.", { inc: "TimeIntervals", quantity: "?" }),
            group("trials", "Trials: repeated events of one design.", { inc: "TimeIntervals", quantity: "?" }),
            group("invalid_times", "Times to be left out of analysis.", { inc: "TimeIntervals", quantity: "?" }),
            groupsOf("TimeIntervals", "*", "Time spans of other kinds."),
          ],
        }),
        group("units", "Sorted units and their spikes.", { inc: "Units", quantity: "?" }),
      ],
    }),
    groupType("LabMetaData", "NWBContainer", "Base of a laboratory's own metadata types."),
    groupType("Subject", "NWBContainer", "The animal or person measured.", {
      datasets: [
        dataset("age", "Age as ISO 8601 duration, such as P90D.", {
          dtype: "text",
          quantity: "?",
          attributes: [
            attribute("reference", "text", "Event that age is counted from: `birth` or `gestational`.", {
              defaultValue: "birth",
            }),
          ],
        }),
        dataset("date_of_birth", "Date of birth, with time zone.", { dtype: "isodatetime", quantity: "?" }),
        dataset("description", "Who the subject is and where it came from.", { dtype: "text", quantity: "?" }),
        dataset("genotype", "Genetic make-up; when absent, take it as wild type.", { dtype: "text", quantity: "?" }),
        dataset("sex", "Sex: F, M, U (unknown) or O (other).", { dtype: "text", quantity: "?" }),
        dataset("species", "Species, best as Latin binomial.", { dtype: "text", quantity: "?" }),
        dataset("strain", "Strain of the species.", { dtype: "text", quantity: "?" }),
        dataset("subject_id", "The laboratory's name for the subject.", { dtype: "text", quantity: "?" }),
        dataset("weight", "Weight with its unit, and when it was taken.", { dtype: "text", quantity: "?" }),
      ],
    }),
  ],
}));
