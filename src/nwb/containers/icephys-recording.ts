/** Rows of the table of intracellular recordings: an electrode, its stimulus and its response, in three subtables. */
import { classFor } from "../dynamic-class.js";
import { NwbError } from "../errors.js";
import type { AbstractContainer } from "./container.js";
import type { DynamicTable } from "./dynamic-table.js";
import { addMember } from "./fields.js";
import { members } from "./member-access.js";
import type { NWBContainer } from "./nwb-container.js";
import type { TableRow } from "./table-types.js";
import type { TimeSeries } from "./time-series.js";

export interface IntracellularRecording {
  readonly electrode?: NWBContainer | undefined;
  readonly stimulus?: TimeSeries | undefined;
  /** First sample; 0 by default. */
  readonly stimulusStartIndex?: number | undefined;
  /** Number of samples; all after the first by default. */
  readonly stimulusIndexCount?: number | undefined;
  readonly stimulusTemplate?: TimeSeries | undefined;
  readonly stimulusTemplateStartIndex?: number | undefined;
  readonly stimulusTemplateIndexCount?: number | undefined;
  readonly response?: TimeSeries | undefined;
  readonly responseStartIndex?: number | undefined;
  readonly responseIndexCount?: number | undefined;
  /** More columns of the subtables. */
  readonly electrodeMetadata?: TableRow | undefined;
  readonly stimulusMetadata?: TableRow | undefined;
  readonly responseMetadata?: TableRow | undefined;
}

const SUBTABLES = ["IntracellularElectrodesTable", "IntracellularStimuliTable", "IntracellularResponsesTable"] as const;

/** The table with its three subtables. */
export function newRecordingsTable(container: AbstractContainer): DynamicTable {
  const table = new (classFor(container, "IntracellularRecordingsTable"))({});
  for (const type of SUBTABLES) addMember(table, "category_tables", new (classFor(container, type))({}));
  return table as DynamicTable; // by its type
}

/** @returns the number of the row. @throws NwbError when there is neither a stimulus nor a response. */
export function addRecording(table: DynamicTable, recording: IntracellularRecording, row: TableRow): number {
  const { electrode = electrodeOf(recording), stimulus, response, stimulusTemplate } = recording;
  const other = response ?? stimulus;
  if (electrode === undefined || other === undefined) {
    throw new NwbError("an intracellular recording needs an electrode, and a stimulus or a response", {
      code: "missing-option",
      neurodataType: table.neurodataType,
    });
  }
  const run = (
    series: TimeSeries | undefined,
    start: number | undefined,
    count: number | undefined,
    absent: TimeSeries,
  ): TableRow => {
    if (series === undefined) return { idx_start: -1, count: -1, timeseries: absent };
    const from = start ?? 0;
    return { idx_start: from, count: count ?? (series.numSamples ?? 0) - from, timeseries: series };
  };
  const tables = members<DynamicTable>(table, "category_tables");
  tables.get("electrodes")?.addRow({ ...recording.electrodeMetadata, electrode });
  tables.get("stimuli")?.addRow({
    ...recording.stimulusMetadata,
    stimulus: run(stimulus, recording.stimulusStartIndex, recording.stimulusIndexCount, response ?? other),
    ...(stimulusTemplate === undefined
      ? {}
      : {
          stimulus_template: run(
            stimulusTemplate,
            recording.stimulusTemplateStartIndex,
            recording.stimulusTemplateIndexCount,
            other,
          ),
        }),
  });
  tables.get("responses")?.addRow({
    ...recording.responseMetadata,
    response: run(response, recording.responseStartIndex, recording.responseIndexCount, stimulus ?? other),
  });
  table.addRow(row);
  return table.length - 1;
}

/** The electrode of the response or the stimulus, when it is not said. */
function electrodeOf({ response, stimulus }: IntracellularRecording): NWBContainer | undefined {
  for (const series of [response, stimulus]) {
    const electrode = series?.fields.get("electrode");
    if (electrode !== undefined) return electrode as NWBContainer; // by the schema of patch clamp series
  }
  return undefined;
}
