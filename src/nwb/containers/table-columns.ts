/** The columns that tables are made of: from options, from the schema's declarations, with their indices. */

import type { Data as DataInput } from "../data/data.js";
import { describe } from "../data/describe.js";
import { columnSource } from "../data/grown-data.js";
import { asSource } from "../data/held-data.js";
import { NwbError } from "../errors.js";
import { classOf } from "./class-plan.js";
import { type AbstractContainer, describeContainer } from "./container.js";
import { flattenRows } from "./flatten-rows.js";
import type { PredefinedColumn } from "./predefined-columns.js";
import { StoredParts, stateOf } from "./state.js";
import { DynamicTableRegion, outermost } from "./table-region.js";
import type { ColumnOptions, DynamicTableOptions, RowOptions } from "./table-types.js";
import { ElementIdentifiers, EnumData, grow, VectorData, VectorIndex } from "./vector-data.js";

export function tableError(table: AbstractContainer, finding: string, code: string, field?: string): NwbError {
  const { neurodataType } = table;
  return new NwbError(`${describeContainer(table)} ${finding}`, { code, neurodataType, field });
}

/** Is the length not known before it is written? */
export function isUnread(column: VectorData): boolean {
  try {
    return column.length < 0;
  } catch (error) {
    if (error instanceof NwbError && error.code === "not-written") return true;
    throw error;
  }
}

export function checkEntry(table: AbstractContainer, column: VectorData, value: unknown, options: RowOptions): void {
  if (column instanceof VectorIndex || options.checkRagged === false) return;
  const grown = grow(column);
  const previous = grown.rows.at(-1);
  if (previous === undefined) return;
  const [before, now] = [describe(previous), describe(value)];
  if (before.shape.length !== now.shape.length || before.shape.some((extent, i) => extent !== now.shape[i])) {
    throw tableError(
      table,
      `column ${JSON.stringify(column.name)} has entries of the shape [${before.shape.join(", ")}], not [${now.shape.join(", ")}]; lists need index: true`,
      "ragged",
      column.name,
    );
  }
}

/** Options of a table, with its ids and columns checked and put in order. */
export function tableParts(options: DynamicTableOptions): DynamicTableOptions {
  if (options instanceof StoredParts) return options;
  const { targetTables: _, columns = [], colnames, id, ...rest } = options;
  const names = columns.map((column) => column.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  const fail = (finding: string): never => {
    throw new NwbError(`DynamicTable ${JSON.stringify(rest.name)} ${finding}`, {
      code: "columns",
      neurodataType: "DynamicTable",
    });
  };
  if (twice !== undefined) fail(`is given two columns of the name ${JSON.stringify(twice)}`);
  if (colnames !== undefined && columns.length === 0 && colnames.length > 0) fail("is given colnames without columns");
  for (const column of columns) {
    if (column instanceof VectorIndex && !columns.includes(column.target)) {
      fail(`is given the index ${JSON.stringify(column.name)} without the column it indexes`);
    }
  }
  const order = colnames === undefined || colnames.length === 0 ? namesWithoutIndices(columns) : [...colnames];
  const ordered = order.flatMap((name) => {
    const column = columns.find((each) => each.name === name);
    return column === undefined
      ? fail(`names the column ${JSON.stringify(name)}, which is not given`)
      : withIndices(column, columns);
  });
  const lengths = order
    .map((name) => outermost(columns.find((each) => each.name === name) as VectorData, columns))
    .filter((column) => !isUnread(column))
    .map((column) => column.length);
  const [length = 0] = lengths;
  if (lengths.some((each) => each !== length)) fail(`is given columns of different lengths: ${lengths.join(", ")}`);
  return {
    ...rest,
    columns: ordered,
    colnames: order,
    id: identifiers(id, lengths.length === 0 ? undefined : length, fail),
  };
}

function identifiers(
  id: DynamicTableOptions["id"],
  length: number | undefined,
  fail: (finding: string) => never,
): ElementIdentifiers {
  const given =
    id instanceof ElementIdentifiers
      ? id
      : id === undefined
        ? undefined
        : new ElementIdentifiers({ name: "id", data: id });
  if (given === undefined || (given.length === 0 && (length ?? 0) > 0)) {
    return new ElementIdentifiers({ name: "id", data: columnSource(Array.from({ length: length ?? 0 }, (_, i) => i)) });
  }
  if (length !== undefined && given.length !== length) fail(`is given ${given.length} ids for ${length} rows`);
  return given;
}

function namesWithoutIndices(columns: readonly VectorData[]): string[] {
  const elements = new Set(columns.filter((each) => each instanceof EnumData).map((each) => each.elements));
  return columns.filter((each) => !(each instanceof VectorIndex) && !elements.has(each)).map((each) => each.name);
}

function withIndices(column: VectorData, columns: readonly VectorData[]): VectorData[] {
  const chain = [column];
  for (let at = column; ; ) {
    const above = columns.find((each) => each instanceof VectorIndex && each.target === at);
    if (above === undefined || chain.includes(above)) break;
    chain.unshift(above);
    at = above;
  }
  return column instanceof EnumData ? [...chain, column.elements] : chain;
}

/** The columns that `addColumn` adds: indices from the outermost on, then the column, then elements of an EnumData. */
export function makeColumns(
  table: AbstractContainer,
  options: ColumnOptions,
  declared: PredefinedColumn | undefined,
): readonly VectorData[] {
  const { name } = options;
  const fail = (finding: string): never => {
    throw tableError(table, `column ${JSON.stringify(name)} ${finding}`, "column", name);
  };
  const index = options.index ?? (declared !== undefined && declared.index > 0 ? declared.index : false);
  const depth = index === true ? 1 : typeof index === "number" ? index : 0;
  const made = depth > 0 && options.data !== undefined ? flattenRows(options.data, depth, fail) : undefined;
  const column = makeColumn(
    table,
    { ...options, ...(made === undefined ? {} : { data: made.entries }) },
    declared,
    fail,
  );
  const chain: VectorData[] = [column];
  if (index instanceof VectorIndex) chain.unshift(index);
  else if (depth > 0) {
    for (let level = 0; level < depth; level++) {
      const target = chain[0] as VectorData; // the chain starts with the column
      const data = made?.ends[depth - 1 - level] ?? [];
      chain.unshift(new VectorIndex({ name: `${target.name}_index`, data: columnSource(data), target }));
    }
  } else if (index !== false) {
    chain.unshift(new VectorIndex({ name: `${name}_index`, data: asSource(index as DataInput), target: column }));
  }
  return column instanceof EnumData ? [...chain, column.elements] : chain;
}

function makeColumn(
  table: AbstractContainer,
  options: ColumnOptions,
  declared: PredefinedColumn | undefined,
  fail: (finding: string) => never,
): VectorData {
  const { name, description, data, table: target, enum: elements } = options;
  if (target !== undefined && target !== false && elements !== undefined && elements !== false) {
    fail("cannot both refer to a table and hold elements of a set");
  }
  if ((target !== undefined && target !== false) || declared?.isRegion === true) {
    const region = { name, description, data: columnSource(data as DataInput | undefined) };
    return new DynamicTableRegion(typeof target === "object" ? { ...region, table: target } : region);
  }
  if (elements !== undefined && elements !== false) {
    return new EnumData({ name, description, data, elements: elements === true ? [] : elements });
  }
  const type = options.colCls ?? columnClass(table, declared);
  // A class of columns takes what VectorData takes.
  return new (type as new (options: object) => VectorData)({
    name,
    description,
    ...(data === undefined ? {} : { data }),
  });
}

/** The class of a declared column's type. */
function columnClass(table: AbstractContainer, declared: PredefinedColumn | undefined): object {
  if (declared === undefined) return VectorData;
  return classOf(stateOf(table).plan.catalog, declared.type, declared.namespace) ?? VectorData;
}
