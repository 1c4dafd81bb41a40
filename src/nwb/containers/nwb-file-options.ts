/** What an NWB file is made of. */
import type { NwbDateInput } from "../dates.js";
import type { AbstractContainer } from "./container.js";
import type { DynamicTable } from "./dynamic-table.js";
import type { Device, NWBContainer, NWBDataInterface, Subject } from "./nwb-container.js";
import type { ProcessingModule } from "./processing-module.js";

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
