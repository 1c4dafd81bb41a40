/** The root of a file. Schema: core 2.7.0, nwb.file. */

import type { Data as DataInput } from "../data/data.js";
import { classFor } from "../dynamic-class.js";
import { NwbError } from "../errors.js";
import type { GroupSpec } from "../spec/types.js";
import type { AbstractContainer, NwbClass } from "./container.js";
import { copyFile } from "./copy-file.js";
import { addRequiredColumns, type DynamicTable } from "./dynamic-table.js";
import { setField } from "./fields.js";
import { FileMembers } from "./file-members.js";
import { addRecording, type IntracellularRecording, newRecordingsTable } from "./icephys-recording.js";
import { intervalRow } from "./interval-row.js";
import { getMember, members } from "./member-access.js";
import type { NWBFileOptions } from "./nwb-file-options.js";
import { setMemberSpec } from "./predefined-columns.js";
import { isContainer, StoredParts, stateOf } from "./state.js";
import { type DynamicTableRegion, innermost } from "./table-region.js";
import type { ColumnOptions, RowOptions, TableRow } from "./table-types.js";

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
    super(
      options instanceof StoredParts ? options : (fileOptions(options) as NWBFileOptions & { readonly name: string }),
    );
  }

  /** Data kept for the moment. */
  get scratch(): ReadonlyMap<string, AbstractContainer> {
    return members(this, "scratch");
  }

  /** All containers of the file by their object ids. */
  get objects(): ReadonlyMap<string, AbstractContainer> {
    const found = new Map<string, AbstractContainer>();
    const pending: AbstractContainer[] = [this];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (found.has(at.objectId)) continue;
      found.set(at.objectId, at);
      pending.push(...at.children);
    }
    return found;
  }

  /** Needs `location` and `group`; `group_name` is that of the group. Ids must differ. */
  addElectrode(row: TableRow, options: RowOptions = {}): void {
    const { group } = row;
    const name = isContainer(group) ? { group_name: stateOf(group).name } : {};
    this.#table("electrodes").addRow({ ...name, ...row }, { enforceUniqueId: true, ...options });
  }

  addEpoch(row: { readonly start_time: number; readonly stop_time: number } & TableRow, options?: RowOptions): void {
    this.#addInterval("epochs", row, options);
  }

  addTrial(row: { readonly start_time: number; readonly stop_time: number } & TableRow, options?: RowOptions): void {
    this.#addInterval("trials", row, options);
  }

  addInvalidTimeInterval(
    row: { readonly start_time: number; readonly stop_time: number } & TableRow,
    options?: RowOptions,
  ): void {
    this.#addInterval("invalid_times", row, options);
  }

  addUnit(row: TableRow, options?: RowOptions): void {
    const table = this.#table("units");
    table.addRow(row, options);
    const { electrodes } = this;
    if (electrodes === undefined || !table.has("electrodes")) return;
    // The electrodes of units are rows of the file's table, unless something else was said.
    const { fields } = stateOf(innermost(table.get("electrodes")));
    if (!fields.has("table")) fields.set("table", electrodes);
  }

  addElectrodeColumn(options: ColumnOptions): void {
    this.#table("electrodes").addColumn(options);
  }

  addEpochColumn(options: ColumnOptions): void {
    this.#table("epochs").addColumn(options);
  }

  addTrialColumn(options: ColumnOptions): void {
    this.#table("trials").addColumn(options);
  }

  addInvalidTimesColumn(options: ColumnOptions): void {
    this.#table("invalid_times").addColumn(options);
  }

  addUnitColumn(options: ColumnOptions): void {
    this.#table("units").addColumn(options);
  }

  /** @throws NwbError when the file has an electrode table already. */
  setElectrodeTable(table: DynamicTable): void {
    if (this.electrodes !== undefined) throw this.#error("has an electrode table already", "exists", "electrodes");
    this.#set("electrodes", table);
  }

  /** A column for a series, standing for some rows of the electrode table. @throws NwbError when there are no such rows. */
  createElectrodeTableRegion(options: {
    readonly region: readonly number[];
    readonly description: string;
    readonly name?: string | undefined;
  }): DynamicTableRegion {
    const { electrodes } = this;
    if (electrodes === undefined) throw this.#error("has no electrodes yet; add them first", "no-member", "electrodes");
    const { name = "electrodes", region, description } = options;
    return electrodes.createRegion({ name, region, description });
  }

  /** Keep a container, or data with a name and a description. */
  addScratch(
    data: AbstractContainer | DataInput,
    options: {
      readonly name?: string | undefined;
      readonly notes?: string | undefined;
      readonly description?: string | undefined;
    } = {},
  ): void {
    if (isContainer(data)) {
      this.addTo("scratch", data as AbstractContainer);
      return;
    }
    const { name, notes, description = notes } = options;
    if (name === undefined || description === undefined) {
      throw this.#error("scratch data need a name and a description", "argument", "scratch");
    }
    this.addTo("scratch", new (classFor(this, "ScratchData"))({ name, description, data }));
  }

  getScratch(name?: string): AbstractContainer;
  getScratch<T extends AbstractContainer>(name: string | undefined, type: NwbClass<T>): T;
  getScratch(name?: string, type?: NwbClass<AbstractContainer>): AbstractContainer {
    return getMember(this, "scratch", name, type);
  }

  /** The table of single intracellular recordings; made if absent. */
  getIntracellularRecordings(): DynamicTable {
    const known = this.intracellularRecordings;
    if (known !== undefined) return known;
    const table = newRecordingsTable(this);
    this.#set("intracellular_recordings", table);
    return table;
  }

  getIcephysSimultaneousRecordings(): DynamicTable {
    return this.#icephys("icephys_simultaneous_recordings");
  }

  getIcephysSequentialRecordings(): DynamicTable {
    return this.#icephys("icephys_sequential_recordings");
  }

  getIcephysRepetitions(): DynamicTable {
    return this.#icephys("icephys_repetitions");
  }

  getIcephysExperimentalConditions(): DynamicTable {
    return this.#icephys("icephys_experimental_conditions");
  }

  /** The topmost level of intracellular recordings that the file has. */
  getIcephysMetaParentTable(): DynamicTable | undefined {
    return (
      this.icephysExperimentalConditions ??
      this.icephysRepetitions ??
      this.icephysSequentialRecordings ??
      this.icephysSimultaneousRecordings ??
      this.intracellularRecordings
    );
  }

  /**
   * Add a recording: its electrode, stimulus and response; what the file does not hold yet is added to it.
   * @returns the number of the row.
   */
  addIntracellularRecording(recording: IntracellularRecording, row: TableRow = {}): number {
    const { electrode, stimulus, response } = recording;
    const names = [...this.stimulus.keys(), ...this.stimulusTemplate.keys()];
    if (stimulus !== undefined && !names.includes(stimulus.name)) this.addStimulus(stimulus);
    if (response !== undefined && !this.acquisition.has(response.name)) this.addAcquisition(response);
    if (electrode !== undefined && !this.icephysElectrodes.has(electrode.name)) this.addIcephysElectrode(electrode);
    return addRecording(this.getIntracellularRecordings(), recording, row);
  }

  addIcephysSimultaneousRecording(row: TableRow, options?: RowOptions): number {
    return this.#addLevel("icephys_simultaneous_recordings", row, options);
  }

  addIcephysSequentialRecording(row: TableRow, options?: RowOptions): number {
    return this.#addLevel("icephys_sequential_recordings", row, options);
  }

  addIcephysRepetition(row: TableRow, options?: RowOptions): number {
    return this.#addLevel("icephys_repetitions", row, options);
  }

  addIcephysExperimentalCondition(row: TableRow, options?: RowOptions): number {
    return this.#addLevel("icephys_experimental_conditions", row, options);
  }

  /**
   * A shallow copy, to be written to another file: the containers become links into the file of the original. Tables
   * are made anew with linked columns, so that their references can be to objects of the new file.
   */
  copy(): NWBFile {
    return new NWBFile(copyFile(this) as unknown as NWBFileOptions);
  }

  protected override noteSweep(series: AbstractContainer): void {
    const sweep = stateOf(series).fields.get("sweep_number");
    if (sweep !== undefined) this.#table("sweep_table").addRow({ series: [series], sweep_number: sweep });
  }

  #set(name: string, value: AbstractContainer): void {
    const field = stateOf(this).plan.fields.get(name);
    if (field !== undefined) setField(this, field, value);
    this.setModified();
  }

  /** A table of the file; made if absent. */
  #table(name: keyof typeof TABLES): DynamicTable {
    const known = stateOf(this).fields.get(name);
    const [type, tableName, description] = TABLES[name];
    // The types of these members are tables.
    const table = (known ?? new (classFor(this, type))({ name: tableName, description })) as DynamicTable;
    const spec = stateOf(this).plan.fields.get(name)?.places[0]?.spec;
    if (spec?.kind === "group") setMemberSpec(table, spec satisfies GroupSpec);
    if (known === undefined) {
      addRequiredColumns(table);
      this.#set(name, table);
    }
    return table;
  }

  #addInterval(name: "epochs" | "trials" | "invalid_times", row: TableRow, options?: RowOptions): void {
    const table = this.#table(name);
    table.addRow(intervalRow(table, row), options);
  }

  #icephys(name: IcephysLevel): DynamicTable {
    const known = stateOf(this).fields.get(name);
    if (isContainer(known)) return known as DynamicTable; // the type of the member is a table
    const [type, column, below] = ICEPHYS_LEVELS[name];
    const target = below === "intracellular_recordings" ? this.getIntracellularRecordings() : this.#icephys(below);
    const table = new (classFor(this, type))({ targetTables: { [column]: target } }) as DynamicTable;
    this.#set(name, table);
    return table;
  }

  #addLevel(name: IcephysLevel, row: TableRow, options?: RowOptions): number {
    const table = this.#icephys(name);
    table.addRow(row, options);
    return table.length - 1;
  }

  #error(finding: string, code: string, field: string): NwbError {
    return new NwbError(`NWBFile ${finding}`, { code, neurodataType: "NWBFile", field });
  }
}

/** The options with the dates that are given when nothing is said. */
function fileOptions(options: NWBFileOptions): NWBFileOptions {
  const { sessionStartTime, timestampsReferenceTime, fileCreateDate, sourceScript, sourceScriptFileName } = options;
  if (sourceScriptFileName !== undefined && sourceScript === undefined) {
    throw new NwbError("NWBFile sourceScriptFileName goes with sourceScript, which is missing", {
      code: "missing-option",
      neurodataType: "NWBFile",
      field: "source_script",
    });
  }
  return {
    ...options,
    fileCreateDate: fileCreateDate ?? new Date(),
    timestampsReferenceTime: timestampsReferenceTime ?? sessionStartTime,
  };
}
