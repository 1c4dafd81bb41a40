/** `NWBFile.copy`: everything stays where it is and becomes links, but tables are made anew. */

import type { Data as DataInput } from "../data/data.js";
import { HeldData, isDataset } from "../data/held-data.js";
import { DynamicTable } from "./dynamic-table.js";
import { containersIn } from "./fields.js";
import type { NWBFile } from "./nwb-file.js";
import { type ContainerState, stateOf } from "./state.js";
import { DynamicTableRegion } from "./table-region.js";
import { type VectorData, VectorIndex } from "./vector-data.js";

/** Members that are tables, or collections with tables among them. */
const TABLES = [
  "electrodes",
  "epochs",
  "trials",
  "units",
  "sweep_table",
  "invalid_times",
  "intervals",
  "scratch",
] as const;

/** Options of a file that links everything of another one. */
export function copyFile(file: NWBFile): Record<string, unknown> {
  const { plan, fields } = stateOf(file);
  const copies = new Map<object, DynamicTable>();
  for (const name of TABLES) {
    for (const each of containersIn(fields.get(name))) if (each instanceof DynamicTable) copies.set(each, each.copy());
  }
  for (const copy of copies.values()) repointColumns(copy, copies);
  const options: Record<string, unknown> = {};
  for (const field of plan.fields.values()) {
    const value = fields.get(field.name);
    if (value === undefined) continue;
    if (field.form === "objects") {
      options[field.option] = containersIn(value).map((each) => copies.get(each) ?? each);
    } else if (field.form === "object") options[field.option] = copies.get(value as object) ?? value;
    else options[field.option] = value;
  }
  return options;
}

/**
 * Columns that refer to rows of a table that was copied are made anew, to refer to the copy: their numbers are copied,
 * because the reference lies on the column itself. So are their indices, which refer to them.
 */
function repointColumns(table: DynamicTable, copies: ReadonlyMap<object, DynamicTable>): void {
  const renewed = new Map<VectorData, VectorData>();
  for (const column of table.columns) {
    if (!(column instanceof DynamicTableRegion)) continue;
    const target = stateOf(column).fields.get("table");
    const copy = target === undefined ? undefined : copies.get(target as object);
    if (copy === undefined) continue;
    const { name, description } = column;
    renewed.set(column, new DynamicTableRegion({ name, description, data: copied(column), table: copy }));
  }
  for (let last = -1; last !== renewed.size; ) {
    last = renewed.size;
    for (const column of table.columns) {
      if (!(column instanceof VectorIndex) || renewed.has(column)) continue;
      const target = renewed.get(column.target);
      if (target !== undefined) {
        renewed.set(column, new VectorIndex({ name: column.name, data: copied(column), target }));
      }
    }
  }
  if (renewed.size === 0) return;
  const state: ContainerState = stateOf(table);
  const columns = table.columns.map((column) => renewed.get(column) ?? column);
  for (const column of renewed.values()) stateOf(column).parent = table;
  state.fields.set("columns", columns);
}

function copied(column: VectorData): DataInput {
  const { data } = column;
  return isDataset(data) ? new HeldData({ kind: "dataset", dataset: data }, { linkData: false }) : data;
}
