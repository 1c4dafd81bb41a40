/** Columns that refer to rows of a table. Schema: hdmf-common 1.8.0, table. */
import type { Data as DataInput } from "../data/data.js";
import { NwbError } from "../errors.js";
import type { Rows } from "./column-values.js";
import { describeContainer } from "./container.js";
import type { DynamicTable } from "./dynamic-table.js";
import { isContainer, stateOf } from "./state.js";
import type { TableRow } from "./table-types.js";
import { VectorData, VectorIndex } from "./vector-data.js";

export interface DynamicTableRegionOptions {
  readonly name: string;
  readonly data: DataInput;
  readonly description: string;
  readonly table?: DynamicTable | undefined;
}

/** A column of row numbers (from 0) of a table. */
export class DynamicTableRegion extends VectorData {
  static override readonly neurodataType: string = "DynamicTableRegion";

  constructor(options: DynamicTableRegionOptions) {
    super(options);
  }

  /** The table whose rows are meant. @throws NwbError when it was never said. */
  get table(): DynamicTable {
    const table = stateOf(this).fields.get("table");
    // The constructor and the mapper put nothing but tables there.
    if (isContainer(table)) return table as DynamicTable;
    throw new NwbError(`${describeContainer(this)} has no table`, {
      code: "no-table",
      neurodataType: "DynamicTableRegion",
    });
  }

  /** The numbers of the rows. */
  async rowNumbers(start = 0, stop: number = this.length): Promise<Rows> {
    return super.values(start, stop);
  }

  /** The rows of the table, in which columns of row numbers stay numbers. */
  override async values(start = 0, stop: number = this.length): Promise<Rows> {
    const numbers = Array.from(await this.rowNumbers(start, stop), Number);
    const rows = new Map<number, TableRow>();
    for (const i of new Set(numbers)) rows.set(i, await flatRow(this.table, i));
    return numbers.map((i) => rows.get(i));
  }
}

async function flatRow(table: DynamicTable, i: number): Promise<TableRow> {
  const row: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const name of table.colnames) {
    const column = table.get(name);
    row[name] =
      column instanceof DynamicTableRegion ? (await column.rowNumbers(i, i + 1))[0] : await rowWithoutTables(column, i);
  }
  return row;
}

/** A list of row numbers is not followed either: a table may refer to itself. */
async function rowWithoutTables(column: VectorData, i: number): Promise<unknown> {
  const inner = innermost(column);
  if (!(column instanceof VectorIndex && inner instanceof DynamicTableRegion)) return column.row(i);
  if (column.target !== inner) return undefined;
  const ends = Array.from(
    await column.data.read([[Math.max(0, i - 1), i + 1]], { as: "float64" }).then(({ data }) => data),
  );
  const [from = 0, to = 0] = i === 0 ? [0, ends[0]] : ends;
  return Array.from(await inner.rowNumbers(from, to));
}

/** The column at the end of a chain of indices. */
export function innermost(column: VectorData): VectorData {
  let at = column;
  while (at instanceof VectorIndex) at = at.target;
  return at;
}

/** The outermost index of a column; the column itself when it has none. */
export function outermost(column: VectorData, columns: readonly VectorData[]): VectorData {
  let at = column;
  for (;;) {
    const above = columns.find((each) => each instanceof VectorIndex && each !== at && each.target === at);
    if (above === undefined) return at;
    at = above;
  }
}
