/** What an NWB file says of its session: texts, dates, the subject, and its tables. */
import type { NwbDate } from "../dates.js";
import type { DynamicTable } from "./dynamic-table.js";
import { NWBDataInterface, type Subject } from "./nwb-container.js";
import { stateOf } from "./state.js";

/** The single fields of a file. The mapper and the constructor put into them what their types here say. */
export abstract class FileMetadata extends NWBDataInterface {
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

  get experimentDescription(): string | undefined {
    return this.#value("experiment_description") as string | undefined;
  }

  get sessionId(): string | undefined {
    return this.#value("session_id") as string | undefined;
  }

  get institution(): string | undefined {
    return this.#value("institution") as string | undefined;
  }

  get notes(): string | undefined {
    return this.#value("notes") as string | undefined;
  }

  get pharmacology(): string | undefined {
    return this.#value("pharmacology") as string | undefined;
  }

  get protocol(): string | undefined {
    return this.#value("protocol") as string | undefined;
  }

  get slices(): string | undefined {
    return this.#value("slices") as string | undefined;
  }

  get sourceScript(): string | undefined {
    return this.#value("source_script") as string | undefined;
  }

  get sourceScriptFileName(): string | undefined {
    return this.#value("source_script_file_name") as string | undefined;
  }

  get dataCollection(): string | undefined {
    return this.#value("data_collection") as string | undefined;
  }

  get surgery(): string | undefined {
    return this.#value("surgery") as string | undefined;
  }

  get virus(): string | undefined {
    return this.#value("virus") as string | undefined;
  }

  get stimulusNotes(): string | undefined {
    return this.#value("stimulus_notes") as string | undefined;
  }

  get lab(): string | undefined {
    return this.#value("lab") as string | undefined;
  }

  get icephysFiltering(): string | undefined {
    return this.#value("icephys_filtering") as string | undefined;
  }

  get experimenter(): readonly string[] | undefined {
    return this.#value("experimenter") as readonly string[] | undefined;
  }

  get keywords(): readonly string[] | undefined {
    return this.#value("keywords") as readonly string[] | undefined;
  }

  get relatedPublications(): readonly string[] | undefined {
    return this.#value("related_publications") as readonly string[] | undefined;
  }

  get electrodes(): DynamicTable | undefined {
    return this.#value("electrodes") as DynamicTable | undefined;
  }

  get epochs(): DynamicTable | undefined {
    return this.#value("epochs") as DynamicTable | undefined;
  }

  get trials(): DynamicTable | undefined {
    return this.#value("trials") as DynamicTable | undefined;
  }

  get invalidTimes(): DynamicTable | undefined {
    return this.#value("invalid_times") as DynamicTable | undefined;
  }

  get units(): DynamicTable | undefined {
    return this.#value("units") as DynamicTable | undefined;
  }

  get sweepTable(): DynamicTable | undefined {
    return this.#value("sweep_table") as DynamicTable | undefined;
  }

  get intracellularRecordings(): DynamicTable | undefined {
    return this.#value("intracellular_recordings") as DynamicTable | undefined;
  }

  get icephysSimultaneousRecordings(): DynamicTable | undefined {
    return this.#value("icephys_simultaneous_recordings") as DynamicTable | undefined;
  }

  get icephysSequentialRecordings(): DynamicTable | undefined {
    return this.#value("icephys_sequential_recordings") as DynamicTable | undefined;
  }

  get icephysRepetitions(): DynamicTable | undefined {
    return this.#value("icephys_repetitions") as DynamicTable | undefined;
  }

  get icephysExperimentalConditions(): DynamicTable | undefined {
    return this.#value("icephys_experimental_conditions") as DynamicTable | undefined;
  }

  get subject(): Subject | undefined {
    return this.#value("subject") as Subject | undefined;
  }

  #value(name: string): unknown {
    return stateOf(this).fields.get(name);
  }
}
