/** How columns made for writing are recognised: their members are encoded as given, not as they would be read. */
import type { CompoundData, WriteData } from "./values.js";

/** Holds the members as given. */
export const RAW_COLUMNS: unique symbol = /* @__PURE__ */ Symbol("columns");

/** Compound data that were made of columns to be written. */
export interface WithRawColumns {
  readonly [RAW_COLUMNS]: ReadonlyMap<string, WriteData>;
}

/** The members as given; undefined for compound data that were read. */
export function rawColumns(data: CompoundData): ReadonlyMap<string, WriteData> | undefined {
  return RAW_COLUMNS in data ? (data as CompoundData & WithRawColumns)[RAW_COLUMNS] : undefined;
}
