/** What a container that was read still needs when all others are there, and the spec does not say. */
import type { Attribute } from "../../index.js";
import type { AbstractContainer } from "../containers/container.js";
import { fillDefaults } from "../containers/fields.js";
import { stateOf } from "../containers/state.js";
import { linkBack, SERIES_DEFAULTS, TimeSeries } from "../containers/time-series.js";
import { EnumData, VectorData, VectorIndex } from "../containers/vector-data.js";
import { HeldData } from "../data/held-data.js";
import { columnAttributes } from "../schema/field-names.js";
import type { Warn } from "./read-file.js";
import { attributeValue } from "./read-value.js";

export async function finishContainer(container: AbstractContainer, warn: Warn): Promise<void> {
  const { hierarchy } = stateOf(container).plan;
  if (container instanceof TimeSeries) finishSeries(container);
  if (hierarchy.includes("DynamicTable")) await finishTable(container, warn);
  if (hierarchy.includes("AlignedDynamicTable")) await orderCategories(container);
  fillDefaults(container);
}

/** Series of old files may lack what PyNWB fills in. */
function finishSeries(series: TimeSeries): void {
  const { fields } = stateOf(series);
  for (const [name, value] of Object.entries(SERIES_DEFAULTS)) if (!fields.has(name)) fields.set(name, value);
  if (!fields.has("data")) {
    const shape = series.neurodataType === "TimeSeries" ? [0] : [0, 0, 0];
    const values = { data: new Uint8Array(0), shape, stride: shape.map(() => 1) };
    fields.set("data", new HeldData({ kind: "values", values }));
  }
  if (!fields.has("unit")) fields.set("unit", "unknown");
  linkBack(series, "data", "data_link");
  linkBack(series, "timestamps", "timestamp_link");
}

async function finishTable(table: AbstractContainer, warn: Warn): Promise<void> {
  const { fields, plan, place } = stateOf(table);
  const found = (fields.get("columns") as readonly VectorData[] | undefined) ?? [];
  const stated = (fields.get("colnames") as readonly string[] | undefined) ?? [];
  // PyNWB writes no names for a table without rows.
  const colnames = stated.length > 0 ? stated : namesOf(found);
  const ordered: VectorData[] = [];
  for (const name of colnames) {
    const column = found.find((each) => each.name === name);
    if (column === undefined)
      warn("missing-column", `column ${JSON.stringify(name)} is named, and not there`, place?.path);
    else ordered.push(...withIndices(column, found));
  }
  fields.set("columns", ordered);
  fields.set(
    "colnames",
    colnames.filter((name) => ordered.some((each) => each.name === name)),
  );
  for (const column of ordered) {
    for (const [name, field] of Object.entries(columnAttributes(plan.hierarchy, column.name) ?? {})) {
      const stored = await column.stored();
      if (stored === undefined || stored.kind === "attribute" || field === null || fields.has(field)) continue;
      if (!(await stored.attrs.has(name))) continue;
      const attribute: Attribute = await stored.attrs.attribute(name);
      const value = await attributeValue(attribute, "value");
      if (value !== undefined) fields.set(field, value);
    }
  }
  if (plan.hierarchy.includes("Units") && !fields.has("waveform_unit")) fields.set("waveform_unit", "volts");
}

/** The subtables in the order that the file gives them. */
async function orderCategories(table: AbstractContainer): Promise<void> {
  const { fields } = stateOf(table);
  const tables = fields.get("category_tables");
  const stored = await table.stored();
  if (!(tables instanceof Map) || stored === undefined || stored.kind === "attribute") return;
  const order = (await stored.attrs.get("categories", { as: "strings" })) ?? [];
  const names = [
    ...order.filter((name) => tables.has(name)),
    ...[...tables.keys()].filter((name) => !order.includes(name)),
  ];
  fields.set("category_tables", new Map(names.map((name) => [name, tables.get(name)])));
}

function namesOf(columns: readonly VectorData[]): readonly string[] {
  const elements = new Set<unknown>();
  for (const each of columns) if (each instanceof EnumData) elements.add(stateOf(each).fields.get("elements"));
  return columns.filter((each) => !(each instanceof VectorIndex) && !elements.has(each)).map((each) => each.name);
}

/** Indices from the outermost on, then the column, then the elements of an EnumData. */
function withIndices(column: VectorData, all: readonly VectorData[]): VectorData[] {
  const chain = [column];
  for (;;) {
    const [top] = chain;
    const above = all.find((each) => each instanceof VectorIndex && stateOf(each).fields.get("target") === top);
    if (above === undefined || chain.includes(above)) break;
    chain.unshift(above);
  }
  const elements = column instanceof EnumData ? stateOf(column).fields.get("elements") : undefined;
  return elements instanceof VectorData ? [...chain, elements] : chain;
}
