/** Options that constructors fill in when they are not given, as PyNWB does. */
import { isContainer, stateOf } from "./state.js";

type Options = Readonly<Record<string, unknown>>;
type Defaults = Options | ((given: Options) => Options);

const EMPTY_SERIES: Options = { data: [], timestamps: [] };

const DEFAULTS: ReadonlyMap<string, Defaults> = /* @__PURE__ */ new Map<string, Defaults>([
  ["AnnotationSeries", EMPTY_SERIES],
  ["IntervalSeries", EMPTY_SERIES],
  ["PatchClampSeries", { stimulusDescription: "N/A" }],
  ["Images", { description: "no description" }],
  ["ImagingPlane", { description: "no description" }],
  ["TimeIntervals", { description: "experimental intervals" }],
  ["TimeSeriesReferenceVectorData", { description: "runs of samples of time series" }],
  ["CSRMatrix", { name: "csr_matrix" }],
  ["SweepTable", { name: "sweep_table", description: "sweeps and the series recorded in them" }],
  ["IntracellularElectrodesTable", { name: "electrodes" }],
  ["IntracellularStimuliTable", { name: "stimuli" }],
  ["IntracellularResponsesTable", { name: "responses" }],
  ["CorrectedImageStack", { name: "CorrectedImageStack" }],
  ["AbstractFeatureSeries", { data: [] }],
  [
    "SimultaneousRecordingsTable",
    level("recordings made at the same time", "intracellularRecordingsTable", "recordings"),
  ],
  [
    "SequentialRecordingsTable",
    level("simultaneous recordings of one sequence", "simultaneousRecordingsTable", "simultaneous_recordings"),
  ],
  ["RepetitionsTable", level("sequences run together", "sequentialRecordingsTable", "sequential_recordings")],
  ["ExperimentalConditionsTable", level("repetitions under the same condition", "repetitionsTable", "repetitions")],
  ["AlignedDynamicTable", alignedDefaults],
  ["Units", unitsDefaults],
  ["ScratchData", scratchDefaults],
  ["PlaneSegmentation", planeDefaults],
]);

/** The options of a type with its own defaults. */
export function withDefaults(type: string, given: object): object {
  const defaults = DEFAULTS.get(type);
  if (defaults === undefined) return given;
  const options = given as Options;
  if (typeof defaults === "function") return defaults(options);
  const absent = Object.entries(defaults).filter(([name]) => options[name] === undefined || options[name] === null);
  // Series without samples get both arrays or none: times may be given as a rate.
  if (type.endsWith("Series") && options.rate !== undefined)
    return { data: [], ...options, ...pick(absent, "stimulusDescription") };
  return { ...options, ...Object.fromEntries(absent) };
}

/** A level of intracellular recordings: an option names the table of the level below, whose rows a column holds. */
function level(description: string, option: string, column: string): Defaults {
  return ({ [option]: below, targetTables, ...given }) => {
    const targets = below === undefined ? targetTables : { ...(targetTables as object), [column]: below };
    return { description, ...given, ...(targets === undefined ? {} : { targetTables: targets }) };
  };
}

function pick(entries: readonly (readonly [string, unknown])[], name: string): Options {
  return Object.fromEntries(entries.filter(([each]) => each === name));
}

/** The electrode table is the target of the column `electrodes`. */
function unitsDefaults({ electrodeTable, targetTables, ...given }: Options): Options {
  const targets =
    electrodeTable === undefined ? targetTables : { ...(targetTables as object), electrodes: electrodeTable };
  return {
    description: "sorted units",
    waveformUnit: "volts",
    ...given,
    ...(targets === undefined ? {} : { targetTables: targets }),
  };
}

/** `categories` puts the subtables in order. */
function alignedDefaults({ categories, ...given }: Options): Options {
  const { categoryTables } = given;
  if (!Array.isArray(categories) || !Array.isArray(categoryTables)) return given;
  const rank = (table: unknown): number => (isContainer(table) ? categories.indexOf(stateOf(table).name) : -1);
  return { ...given, categoryTables: [...(categoryTables as unknown[])].sort((a, b) => rank(a) - rank(b)) };
}

function scratchDefaults({ notes, ...given }: Options): Options {
  return { description: notes ?? "", ...given };
}

function planeDefaults(given: Options): Options {
  const { imagingPlane } = given;
  return isContainer(imagingPlane) ? { name: stateOf(imagingPlane).name, ...given } : given;
}
