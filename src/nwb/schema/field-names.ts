/**
 * Where the names of fields differ from the rule, which joins the names of the members on the way by `__`.
 * Keys are paths inside the type: `name` a member, `:Type` an unnamed member of a type, `@name` an attribute.
 * `null` is no field: what the schema fixes is written, and everything else has no place in the container.
 */
export type FieldNames = Readonly<Record<string, string | null>>;

const CLAMP_FIELDS = [
  "capacitance_fast",
  "capacitance_slow",
  "resistance_comp_bandwidth",
  "resistance_comp_correction",
  "resistance_comp_prediction",
  "whole_cell_capacitance_comp",
  "whole_cell_series_resistance_comp",
] as const;

/** Members of `/general` that are fields of the file under their own names. */
const GENERAL = [
  "data_collection",
  "experiment_description",
  "experimenter",
  "institution",
  "keywords",
  "lab",
  "notes",
  "pharmacology",
  "protocol",
  "related_publications",
  "session_id",
  "slices",
  "source_script",
  "surgery",
  "virus",
  "subject",
] as const;

const OWN_NAMES: Readonly<Record<string, FieldNames>> = {
  DynamicTable: { "@colnames": "colnames", ":VectorData": "columns", id: "id" },
  AlignedDynamicTable: { ":DynamicTable": "category_tables", "@categories": null },
  SimpleMultiContainer: { ":Data": "containers", ":Container": "containers" },
  TimeSeries: {
    "data@unit": "unit",
    "data@resolution": "resolution",
    "data@conversion": "conversion",
    "data@offset": "offset",
    "data@continuity": "continuity",
    "timestamps@unit": "timestamps_unit",
    "timestamps@interval": "interval",
    "starting_time@unit": "starting_time_unit",
    "starting_time@rate": "rate",
    sync: null,
  },
  ImageSeries: { "external_file@starting_frame": "starting_frame" },
  ElectricalSeries: { "channel_conversion@axis": null },
  VoltageClampSeries: /* @__PURE__ */ Object.fromEntries(CLAMP_FIELDS.map((name) => [`${name}@unit`, null])),
  ProcessingModule: { ":NWBDataInterface": "data_interfaces", ":DynamicTable": "data_interfaces" },
  EventDetection: { "times@unit": null },
  ScratchData: { "@notes": "description" },
  IntracellularRecordingsTable: {
    electrodes: "category_tables",
    stimuli: "category_tables",
    responses: "category_tables",
  },
  PlaneSegmentation: { "reference_images/:ImageSeries": "reference_images" },
  ImagingPlane: {
    "manifold@unit": "unit",
    "manifold@conversion": "conversion",
    "origin_coords@unit": "origin_coords_unit",
    "grid_spacing@unit": "grid_spacing_unit",
    ":OpticalChannel": "optical_channel",
  },
  NWBFile: {
    "@nwb_version": null,
    "acquisition/:NWBDataInterface": "acquisition",
    "acquisition/:DynamicTable": "acquisition",
    "analysis/:NWBContainer": "analysis",
    "analysis/:DynamicTable": "analysis",
    "scratch/:ScratchData": "scratch",
    "scratch/:NWBContainer": "scratch",
    "scratch/:DynamicTable": "scratch",
    "processing/:ProcessingModule": "processing",
    "stimulus/presentation/:TimeSeries": "stimulus",
    "stimulus/presentation/:NWBDataInterface": "stimulus",
    "stimulus/presentation/:DynamicTable": "stimulus",
    "stimulus/templates/:TimeSeries": "stimulus_template",
    "stimulus/templates/:Images": "stimulus_template",
    "intervals/epochs": "epochs",
    "intervals/trials": "trials",
    "intervals/invalid_times": "invalid_times",
    "intervals/:TimeIntervals": "intervals",
    .../* @__PURE__ */ Object.fromEntries(GENERAL.map((name) => [`general/${name}`, name])),
    "general/source_script@file_name": "source_script_file_name",
    "general/stimulus": "stimulus_notes",
    "general/:LabMetaData": "lab_meta_data",
    "general/devices/:Device": "devices",
    "general/extracellular_ephys/:ElectrodeGroup": "electrode_groups",
    "general/extracellular_ephys/electrodes": "electrodes",
    "general/intracellular_ephys/filtering": "icephys_filtering",
    "general/intracellular_ephys/:IntracellularElectrode": "icephys_electrodes",
    "general/intracellular_ephys/sweep_table": "sweep_table",
    "general/intracellular_ephys/intracellular_recordings": "intracellular_recordings",
    "general/intracellular_ephys/simultaneous_recordings": "icephys_simultaneous_recordings",
    "general/intracellular_ephys/sequential_recordings": "icephys_sequential_recordings",
    "general/intracellular_ephys/repetitions": "icephys_repetitions",
    "general/intracellular_ephys/experimental_conditions": "icephys_experimental_conditions",
    "general/optogenetics/:OptogeneticStimulusSite": "ogen_sites",
    "general/optophysiology/:ImagingPlane": "imaging_planes",
  },
};

/** Fields that hold several containers as a list, not by name. */
export const LISTS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "DynamicTable columns",
  "ImagingPlane optical_channel",
  "PlaneSegmentation reference_images",
]);

/** Fields of a table that are attributes of some of its columns: type → column → attribute → field. */
const COLUMN_ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, FieldNames>>>> = {
  Units: {
    spike_times: { resolution: "resolution" },
    waveform_mean: { sampling_rate: "waveform_rate", unit: "waveform_unit" },
    waveform_sd: { sampling_rate: "waveform_rate", unit: "waveform_unit" },
  },
};

/** Options that PyNWB's classes have and the schema has no place for: kept in memory, and not written. */
const UNSTORED: Readonly<Record<string, readonly string[]>> = {
  ImageSeries: ["bits_per_pixel"],
  SpatialSeries: ["bounds"],
};

/** The name that a type of the hierarchy (nearest first) gives to a path; undefined: by the rule. */
export function declaredFieldName(hierarchy: readonly string[], path: string): string | null | undefined {
  for (const type of hierarchy) {
    const names = Object.hasOwn(OWN_NAMES, type) ? OWN_NAMES[type] : undefined;
    if (names !== undefined && Object.hasOwn(names, path)) return names[path];
  }
  return undefined;
}

/** The fields that attributes of a table's column stand for, by attribute. */
export function columnAttributes(hierarchy: readonly string[], column: string): FieldNames | undefined {
  for (const type of hierarchy) {
    const columns = Object.hasOwn(COLUMN_ATTRIBUTES, type) ? COLUMN_ATTRIBUTES[type] : undefined;
    if (columns !== undefined && Object.hasOwn(columns, column)) return columns[column];
  }
  return undefined;
}

/** Is the field one that no file holds? */
export function isUnstored(hierarchy: readonly string[], name: string): boolean {
  return hierarchy.some((type) => Object.hasOwn(UNSTORED, type) && UNSTORED[type]?.includes(name) === true);
}

/** Fields without a place of their own: attributes of columns, and what is in memory only. */
export function placelessFields(hierarchy: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const type of hierarchy) {
    for (const name of Object.hasOwn(UNSTORED, type) ? (UNSTORED[type] ?? []) : []) names.add(name);
    const columns = Object.hasOwn(COLUMN_ATTRIBUTES, type) ? COLUMN_ATTRIBUTES[type] : undefined;
    for (const attributes of Object.values(columns ?? {})) {
      for (const name of Object.values(attributes)) if (name !== null) names.add(name);
    }
  }
  return names;
}
