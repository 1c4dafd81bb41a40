/** The root of a file. Schema: core 2.7.0, nwb.file. */
import type { NwbDate, NwbDateInput } from "../dates.js";
import { classFor } from "../dynamic-class.js";
import type { GroupSpec } from "../spec/types.js";
import type { Data as DataInput } from "../data/data.js";
import { NwbError } from "../errors.js";
import type { AbstractContainer, NwbClass } from "./container.js";
import { copyFile } from "./copy-file.js";
import { addRequiredColumns, type DynamicTable } from "./dynamic-table.js";
import { setField } from "./fields.js";
import { FileMembers } from "./file-members.js";
import { type IntracellularRecording, addRecording, newRecordingsTable } from "./icephys-recording.js";
import { intervalRow } from "./interval-row.js";
import { getMember, members } from "./member-access.js";
import type { Device, NWBContainer, NWBDataInterface, Subject } from "./nwb-container.js";
import { setMemberSpec } from "./predefined-columns.js";
import type { ProcessingModule } from "./processing-module.js";
import { isContainer, StoredParts, stateOf } from "./state.js";
import type { DynamicTableRegion } from "./table-region.js";
import type { ColumnOptions, RowOptions, TableRow } from "./table-types.js";

export interface NWBFileOptions {
  readonly sessionDescription: string;
  /** Text that no other file has. */
  readonly identifier: string;
  /** With time zone. */
  readonly sessionStartTime: NwbDateInput;
  readonly fileCreateDate?: NwbDateInput | readonly NwbDateInput[] | undefined;
  /** Time zero of all times in the file; by default the start of the session. */
  readonly timestampsReferenceTime?: NwbDateInput | undefined;
  readonly experimenter?: string | readonly string[] | undefined;
  readonly experimentDescription?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly institution?: string | undefined;
  readonly keywords?: readonly string[] | undefined;
  readonly notes?: string | undefined;
  readonly pharmacology?: string | undefined;
  readonly protocol?: string | undefined;
  readonly relatedPublications?: string | readonly string[] | undefined;
  readonly slices?: string | undefined;
  readonly sourceScript?: string | undefined;
  readonly sourceScriptFileName?: string | undefined;
  readonly dataCollection?: string | undefined;
  readonly surgery?: string | undefined;
  readonly virus?: string | undefined;
  readonly stimulusNotes?: string | undefined;
  readonly lab?: string | undefined;
  readonly acquisition?: readonly NWBDataInterface[] | undefined;
  readonly analysis?: readonly NWBContainer[] | undefined;
  readonly stimulus?: readonly NWBDataInterface[] | undefined;
  readonly stimulusTemplate?: readonly NWBDataInterface[] | undefined;
  readonly epochs?: DynamicTable | undefined;
  readonly trials?: DynamicTable | undefined;
  readonly invalidTimes?: DynamicTable | undefined;
  readonly intervals?: readonly DynamicTable[] | undefined;
  readonly units?: DynamicTable | undefined;
  readonly processing?: readonly ProcessingModule[] | undefined;
  readonly labMetaData?: readonly NWBContainer[] | undefined;
  readonly electrodes?: DynamicTable | undefined;
  readonly electrodeGroups?: readonly NWBContainer[] | undefined;
  readonly sweepTable?: DynamicTable | undefined;
  readonly imagingPlanes?: readonly NWBContainer[] | undefined;
  readonly ogenSites?: readonly NWBContainer[] | undefined;
  readonly devices?: readonly Device[] | undefined;
  readonly subject?: Subject | undefined;
  readonly scratch?: readonly AbstractContainer[] | undefined;
  readonly icephysElectrodes?: readonly NWBContainer[] | undefined;
  readonly icephysFiltering?: string | undefined;
  readonly intracellularRecordings?: DynamicTable | undefined;
  readonly icephysSimultaneousRecordings?: DynamicTable | undefined;
  readonly icephysSequentialRecordings?: DynamicTable | undefined;
  readonly icephysRepetitions?: DynamicTable | undefined;
  readonly icephysExperimentalConditions?: DynamicTable | undefined;
}

/** Tables that rows are added to before anybody made them: field → type, name, description. */
const TABLES = {
  electrodes: ["DynamicTable", "electrodes", "extracellular electrodes"],
  epochs: ["TimeIntervals", "epochs", "experimental epochs"],
  trials: ["TimeIntervals", "trials", "experimental trials"],
  invalid_times: ["TimeIntervals", "invalid_times", "times to be left out of analysis"],
  units: ["Units", "units", "sorted units"],
  sweep_table: ["SweepTable", "sweep_table", "sweeps and the series recorded in them"],
} as const;

/** The levels of intracellular recordings, each a table of row numbers of the one below. */
const ICEPHYS_LEVELS = {
  icephys_simultaneous_recordings: ["SimultaneousRecordingsTable", "recordings", "intracellular_recordings"],
  icephys_sequential_recordings: [
    "SequentialRecordingsTable",
    "simultaneous_recordings",
    "icephys_simultaneous_recordings",
  ],
  icephys_repetitions: ["RepetitionsTable", "sequential_recordings", "icephys_sequential_recordings"],
  icephys_experimental_conditions: ["ExperimentalConditionsTable", "repetitions", "icephys_repetitions"],
} as const;

type IcephysLevel = keyof typeof ICEPHYS_LEVELS;

type ColumnOfFile = ColumnOptions;

/**
 * One session of an experiment: its data and metadata, the root of a file.
 * @example
 * const nwbfile = new NWBFile({ sessionDescription: "a run", identifier: "m7-3", sessionStartTime: new Date() });
 * nwbfile.addAcquisition(new TimeSeries({ name: "speed", data: [1, 2, 3], unit: "m/s", rate: 10 }));
 */
export class NWBFile extends FileMembers {
  static override readonly neurodataType: string = "NWBFile";

  /** @throws NwbError when a required option is missing, a date is invalid, or a container has no place in a file. */
  constructor(options: NWBFileOptions) {
    super(options instanceof StoredParts ? options : (fileOptions(options) as NWBFileOptions & { readonly name: string }));
  }

  get sessionDescription(): string {
    return String(stateOf(this).fields.get("session_description") ?? "");
  }

  get identifier(): string {
    return String(stateOf(this).fields.get("identifier") ?? "");
  }

  get sessionStartTime(): NwbDate {
    return this.#value("session_start_time") as NwbDate; // required by the schema, checked by reader and constructor
  }

  get timestampsReferenceTime(): NwbDate {
    return (this.#value("timestamps_reference_time") as NwbDate | undefined) ?? this.sessionStartTime;
  }

  get fileCreateDate(): readonly NwbDate[] {
    return (this.#value("file_create_date") as readonly NwbDate[] | undefined) ?? [];
  }
