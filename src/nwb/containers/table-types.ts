/** What tables take and give. */
import type { Data as DataInput } from "../data/data.js";
import type { NwbClass } from "./container.js";
import type { DynamicTable } from "./dynamic-table.js";
import type { DynamicTableRegion } from "./table-region.js";
import type { ColumnData, ElementIdentifiers, VectorData, VectorIndex } from "./vector-data.js";

/** A row: values by the names of columns, which are never renamed. */
export type TableRow = { readonly [column: string]: unknown };

export interface ColumnOptions {
  readonly name: string;
  readonly description: string;
  /** One entry per row; with `index`, lists (or with an index given, the entries of all lists in sequence). */
  readonly data?: ColumnData | undefined;
  /** The column holds row numbers of a table. */
  readonly table?: boolean | DynamicTable | undefined;
  /** `true`: rows are lists; a number: lists of lists …; data: the ends of the lists in `data`. */
  readonly index?: boolean | number | DataInput | VectorIndex | undefined;
  /** The column holds numbers of elements from a fixed set. */
  readonly enum?: boolean | readonly string[] | undefined;
  readonly colCls?: NwbClass<VectorData> | undefined;
  readonly checkRagged?: boolean | undefined;
}

export interface RowOptions {
  /** Identifier of the row; by default its number. */
  readonly id?: number | undefined;
  /** Refuse an id that another row in memory has. */
  readonly enforceUniqueId?: boolean | undefined;
  /** Refuse a value whose shape differs from the row before; true by default. */
  readonly checkRagged?: boolean | undefined;
}

export interface DynamicTableOptions {
  readonly name: string;
  readonly description: string;
  readonly id?: DataInput | ElementIdentifiers | undefined;
  readonly columns?: readonly VectorData[] | undefined;
  /** Order of the columns, without their indices; by default that of `columns`. */
  readonly colnames?: readonly string[] | undefined;
  /** For columns of row numbers: the table meant, by the column's name. */
  readonly targetTables?: Readonly<Record<string, DynamicTable>> | undefined;
}

/** A table that a column of another one refers to. */
export interface TableLink {
  readonly sourceTable: DynamicTable;
  readonly sourceColumn: DynamicTableRegion;
  readonly targetTable: DynamicTable;
}
