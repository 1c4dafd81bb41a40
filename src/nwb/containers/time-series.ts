/** Samples over time. Schema: core 2.7.0, nwb.base. */
import type { ArraySource, NdArray, NumericArrays, ReadResult, SelectionInput } from "../../index.js";
import type { Data } from "../data/data.js";
import { HeldData, isArraySource } from "../data/held-data.js";
import { NwbError } from "../errors.js";
import { describeContainer } from "./container.js";
import { NWBDataInterface } from "./nwb-container.js";
import { firstAtOrAfter, regularTimes } from "./sample-times.js";
import { inUnits } from "./series-units.js";
import { StoredParts, stateOf } from "./state.js";

export interface TimeSeriesOptions {
  readonly name: string;
  /** The samples, time first; or a series whose samples are linked. */
  readonly data: Data | TimeSeries;
  /** Unit of the samples after conversion. */
  readonly unit: string;
  /** Time of each sample, in seconds; or a series whose times are linked. Instead of `rate`. */
  readonly timestamps?: Data | TimeSeries | undefined;
  /** Time of the first sample, in seconds; 0 by default. With `rate` only. */
  readonly startingTime?: number | undefined;
  /** Samples per second. Instead of `timestamps`. */
  readonly rate?: number | undefined;
  /** Smallest meaningful difference, in units; -1 (unknown) by default. */
  readonly resolution?: number | undefined;
  /** Factor from samples to units; 1 by default. */
  readonly conversion?: number | undefined;
  /** Added after the factor; 0 by default. */
  readonly offset?: number | undefined;
  readonly comments?: string | undefined;
  readonly description?: string | undefined;
  /** A label per sample. */
  readonly control?: Data | undefined;
  readonly controlDescription?: readonly string[] | undefined;
  readonly continuity?: "continuous" | "instantaneous" | "step" | undefined;
}

/** What the schema asks for and PyNWB gives when nothing is said. */
export const SERIES_DEFAULTS = {
  resolution: -1,
  conversion: 1,
  offset: 0,
  comments: "no comments",
  description: "no description",
} as const;

const CONTINUITY: readonly unknown[] = ["continuous", "instantaneous", "step"];

/**
 * Samples of a quantity over time: with a time for each (`timestamps`), or evenly spaced (`startingTime` and `rate`).
 * @example new TimeSeries({ name: "speed", data: new Float32Array(1000), unit: "m/s", rate: 100 })
 */
export class TimeSeries extends NWBDataInterface {
  static override readonly neurodataType: string = "TimeSeries";

  /** @throws NwbError when both or neither of timestamps and rate are given, or an option is missing or wrong. */
  constructor(options: TimeSeriesOptions) {
    super(options instanceof StoredParts ? options : seriesOptions(new.target.neurodataType, options));
    if (options instanceof StoredParts) return;
    linkBack(this, "data", "data_link");
    linkBack(this, "timestamps", "timestamp_link");
  }

  /** The samples; those of another series when they are linked. */
  get data(): ArraySource {
    const data = this.#array("data");
    if (data !== undefined) return data;
    throw new NwbError(`${describeContainer(this)} has no data`, {
      code: "no-data",
      neurodataType: this.neurodataType,
    });
  }

  get unit(): string {
    return String(stateOf(this).fields.get("unit") ?? "unknown");
  }

  /** Seconds from the file's timestamps_reference_time; undefined for evenly spaced samples. */
  get timestamps(): ArraySource | undefined {
    return this.#array("timestamps");
  }

  /** Seconds from the file's timestamps_reference_time. */
  get startingTime(): number | undefined {
    return this.#number("starting_time");
  }

  /** Hertz. */
  get rate(): number | undefined {
    return this.#number("rate");
  }

  get conversion(): number {
    return this.#number("conversion") ?? SERIES_DEFAULTS.conversion;
  }

  get offset(): number {
    return this.#number("offset") ?? SERIES_DEFAULTS.offset;
  }

  get resolution(): number {
    return this.#number("resolution") ?? SERIES_DEFAULTS.resolution;
  }

  get comments(): string {
    return String(stateOf(this).fields.get("comments") ?? SERIES_DEFAULTS.comments);
  }

  get description(): string {
    return String(stateOf(this).fields.get("description") ?? SERIES_DEFAULTS.description);
  }

  get control(): ArraySource | undefined {
    return this.#array("control");
  }

  get controlDescription(): readonly string[] | undefined {
    return stateOf(this).fields.get("control_description") as readonly string[] | undefined; // by the schema
  }

  get continuity(): string | undefined {
    return stateOf(this).fields.get("continuity") as string | undefined; // by the schema
  }

  /** The series that link these samples. */
  get dataLink(): readonly TimeSeries[] {
    return (stateOf(this).fields.get("data_link") as readonly TimeSeries[] | undefined) ?? [];
  }

  /** The series that link these times. */
  get timestampLink(): readonly TimeSeries[] {
    return (stateOf(this).fields.get("timestamp_link") as readonly TimeSeries[] | undefined) ?? [];
  }

  /** Number of samples; undefined for data that comes piece by piece, until it is written. */
  get numSamples(): number | undefined {
    for (const array of [this.data, this.timestamps]) {
      try {
        if (array !== undefined) return array.length;
      } catch (error) {
        if (!(error instanceof NwbError && error.code === "not-written")) throw error;
      }
    }
    return undefined;
  }

  /**
   * Times of samples, in seconds: stored, or computed from `startingTime` and `rate`.
   * @param selection of samples, by default all.
   */
  async getTimestamps(selection?: SelectionInput): Promise<NumericArrays["float64"]> {
    const { timestamps } = this;
    if (timestamps !== undefined) return (await timestamps.read(selection, { as: "float64" })).data;
    const all = { start: this.startingTime ?? 0, rate: this.#rate(), count: this.data.length };
    const range = simpleRange(selection, all.count);
    if (range !== undefined) return regularTimes(all, ...range);
    const values = regularTimes(all, 0, all.count);
    return (await new HeldData({ kind: "values", values }).read(selection, { as: "float64" })).data;
  }

  /** Samples × conversion (× that of the channel, where there is one) + offset. */
  async getDataInUnits(selection?: SelectionInput): Promise<NdArray<NumericArrays["float64"]>> {
    return inUnits(this.data, selection, {
      conversion: this.conversion,
      offset: this.offset,
      channels: this.#array("channel_conversion"),
    });
  }

  /** The samples with start ≤ time < stop, in seconds, and their times. */
  async timeSlice(
    start: number,
    stop: number,
  ): Promise<{ readonly data: ReadResult; readonly timestamps: NumericArrays["float64"] }> {
    const { timestamps } = this;
    const count = this.data.length;
    const place = async (time: number): Promise<number> => {
      if (timestamps !== undefined) return Math.min(count, await firstAtOrAfter(timestamps, time));
      const index = Math.ceil((time - (this.startingTime ?? 0)) * this.#rate() - 1e-9);
      return Math.max(0, Math.min(count, index));
    };
    const from = await place(start);
    const to = Math.max(from, await place(stop));
    return { data: await this.data.read([[from, to]]), timestamps: await this.getTimestamps([[from, to]]) };
  }

  #rate(): number {
    const { rate } = this;
    if (rate !== undefined) return rate;
    throw new NwbError(`${describeContainer(this)} has neither timestamps nor rate`, {
      code: "time",
      neurodataType: this.neurodataType,
      field: "rate",
    });
  }

  #number(name: string): number | undefined {
    const value = stateOf(this).fields.get(name);
    return value === undefined ? undefined : Number(value);
  }

  /** A chain of links ends at a series with data of its own. */
  #array(name: string): ArraySource | undefined {
    const seen = new Set<unknown>();
    let value: unknown = stateOf(this).fields.get(name);
    while (value instanceof TimeSeries) {
      if (seen.has(value)) {
        throw new NwbError(`${describeContainer(this)}: ${name} link each other in a circle`, { code: "cycle" });
      }
      seen.add(value);
      value = stateOf(value).fields.get(name);
    }
    return isArraySource(value) ? value : undefined;
  }
}

/** Notes in the series whose array is linked that this one links it. */
export function linkBack(series: TimeSeries, field: "data" | "timestamps", links: string): void {
  const target = stateOf(series).fields.get(field);
  if (!(target instanceof TimeSeries)) return;
  const { fields } = stateOf(target);
  const known = (fields.get(links) as readonly TimeSeries[] | undefined) ?? [];
  if (!known.includes(series)) fields.set(links, [...known, series]);
}

/** A whole or a plain range of samples. */
function simpleRange(selection: SelectionInput | undefined, count: number): [number, number] | undefined {
  if (selection === undefined) return [0, count];
  if (!Array.isArray(selection) || selection.length !== 1) return undefined;
  const [entry] = selection as readonly unknown[];
  if (entry === null) return [0, count];
  if (!Array.isArray(entry) || entry.length !== 2) return undefined;
  const [start, stop] = [entry[0] ?? 0, entry[1] ?? count] as [number, number];
  return start >= 0 && start <= stop && stop <= count ? [start, stop] : undefined;
}

type Given = TimeSeriesOptions & { readonly externalFile?: unknown };

/** The options with their defaults; the clock is checked. */
function seriesOptions(type: string, given: Given): TimeSeriesOptions {
  const { timestamps, rate, startingTime, continuity } = given;
  const fail = (field: string, finding: string): never => {
    const name = JSON.stringify(given.name);
    throw new NwbError(`${type} ${name}: ${finding}`, { code: "time", neurodataType: type, field });
  };
  if (timestamps !== undefined && rate !== undefined)
    fail("rate", "has both timestamps and rate, expected one of them");
  if (timestamps !== undefined && startingTime !== undefined) {
    fail("starting_time", "has both timestamps and startingTime, which goes with rate");
  }
  if (timestamps === undefined && rate === undefined) fail("timestamps", "has neither timestamps nor rate");
  if (rate !== undefined && !(rate >= 0 && rate < Infinity)) fail("rate", `has the rate ${rate}, expected one from 0`);
  if (startingTime !== undefined && !Number.isFinite(startingTime)) fail("starting_time", `starts at ${startingTime}`);
  if (continuity !== undefined && !CONTINUITY.includes(continuity)) {
    fail("continuity", `has the continuity ${JSON.stringify(continuity)}, expected ${CONTINUITY.join(", ")}`);
  }
  const stated = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null));
  return {
    ...SERIES_DEFAULTS,
    ...(rate === undefined ? {} : { startingTime: 0 }),
    ...(given.externalFile === undefined ? {} : externalDefaults()),
    ...(stated as unknown as TimeSeriesOptions),
  };
}

/** A series whose frames are in other files has no samples of its own. */
function externalDefaults(): object {
  const data = { data: new Uint8Array(0), shape: [0, 0, 0], stride: [0, 0, 1] };
  return { data, unit: "unknown", format: "external", startingFrame: [0] };
}
