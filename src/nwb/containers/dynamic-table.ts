/** Tables stored by columns. Schema: hdmf-common 1.8.0, table. */
import { NwbError } from "../errors.js";
import { suggestion } from "../names.js";
import { describeContainer } from "./container.js";
import { NWBDataInterface } from "./nwb-container.js";
import { type PredefinedColumn, predefinedColumns } from "./predefined-columns.js";
import { StoredParts, stateOf } from "./state.js";
import { checkEntry, isUnread, makeColumns, tableError, tableParts } from "./table-columns.js";
import { DynamicTableRegion, innermost, outermost } from "./table-region.js";
import type { ColumnOptions, DynamicTableOptions, RowOptions, TableLink, TableRow } from "./table-types.js";
import { ElementIdentifiers, grow, type VectorData } from "./vector-data.js";

/** Rows read at a time. */
const BLOCK = 1000;

/**
 * A table stored by columns, to which any column can be added.
 * @example
 * const table = new DynamicTable({ name: "stimuli", description: "what was shown" });
 * table.addColumn({ name: "angle", description: "orientation, in degrees" });
 * table.addRow({ angle: 45 });
 */
export class DynamicTable extends NWBDataInterface {
  static override readonly neurodataType: string = "DynamicTable";
  static override readonly namespace: string = "hdmf-common";

  /** @throws NwbError when columns have different lengths, a name twice, or no target. */
  constructor(options: DynamicTableOptions) {
    super(tableParts(options));
    if (options instanceof StoredParts) return;
    addRequiredColumns(this);
    for (const [name, table] of Object.entries(options.targetTables ?? {})) this.#target(name, table);
  }

  get description(): string {
    return String(stateOf(this).fields.get("description") ?? "");
  }

  /** Names of the columns in their order, without their indices. */
  get colnames(): readonly string[] {
    return (stateOf(this).fields.get("colnames") as readonly string[] | undefined) ?? [];
  }

  /** All columns, indices before what they index. */
  get columns(): readonly VectorData[] {
    return (stateOf(this).fields.get("columns") as readonly VectorData[] | undefined) ?? [];
  }

  /** The identifiers of the rows. */
  get id(): ElementIdentifiers {
    const id = stateOf(this).fields.get("id");
    if (id instanceof ElementIdentifiers) return id;
    throw new NwbError(`${describeContainer(this)} has no id column`, {
      code: "no-id",
      neurodataType: this.neurodataType,
    });
  }

  /** Number of rows. */
  get length(): number {
    return this.id.length;
  }

  /** Is there a column, or an index of one, of that name? */
  has(name: string): boolean {
    return this.columns.some((column) => column.name === name);
  }

  /**
   * A column by its name; of a column of lists its outermost index, whose rows are the lists.
   * @throws NwbError when there is none.
   */
  get(name: string): VectorData {
    const found = this.columns.find((column) => column.name === name);
    if (found === undefined) throw this.#noColumn(name);
    return this.colnames.includes(name) ? outermost(found, this.columns) : found;
  }

  /**
   * Add a column, with as many entries as the table has rows.
   * @throws NwbError when the name is taken or the number of rows differs.
   */
  addColumn(options: ColumnOptions): void {
    const { name } = options;
    if (this.has(name)) throw tableError(this, `has a column ${JSON.stringify(name)} already`, "exists", name);
    const columns = makeColumns(
      this,
      options,
      predefinedColumns(this).find((each) => each.name === name),
    );
    const rows = columns[0] as VectorData; // at least the column itself
    if (!isUnread(rows) && rows.length !== this.length) {
      throw tableError(
        this,
        `has ${this.length} rows, and column ${JSON.stringify(name)} ${rows.length}`,
        "length",
        name,
      );
    }
    this.#append(name, columns);
  }

  /**
   * Add a row: one value per column. Optional columns that the schema declares are made by the first row.
   * @throws NwbError when a column is missing or unknown (with the nearest name), or a value does not fit; the table is
   * then as before.
   */
  addRow(row: TableRow, options: RowOptions = {}): void {
    const given = Object.entries(row).filter(([, value]) => value !== undefined && value !== null);
    const values = new Map<string, unknown>(given);
    const fresh = this.#newColumns(values);
    const missing = this.colnames.filter((name) => !values.has(name));
    if (missing.length > 0) {
      throw tableError(
        this,
        `row lacks ${missing.map((name) => JSON.stringify(name)).join(", ")}`,
        "missing-column",
        missing[0],
      );
    }
    const id = options.id ?? this.length;
    this.#checkId(id, options.enforceUniqueId ?? false);
    const columns = this.colnames.map((name) => this.get(name));
    for (const column of columns)
      checkEntry(this, column, values.get(column.name.replace(/(_index)+$/, "")) ?? values.get(column.name), options);
    for (const { name, description } of fresh) this.addColumn({ name, description });
    for (const name of this.colnames) this.get(name).addRow(values.get(name));
    grow(this.id).add(id);
    this.id.setModified();
    this.setModified();
  }

  /** A column of row numbers that stands for some rows of this table. @throws NwbError when there is no such row. */
  createRegion(options: {
    readonly name: string;
    readonly region: readonly number[];
    readonly description: string;
  }): DynamicTableRegion {
    const { name, region, description } = options;
    const wrong = region.find((i) => !(Number.isSafeInteger(i) && i >= 0 && i < this.length));
    if (wrong !== undefined)
      throw tableError(this, `has ${this.length} rows, and the region asks for row ${wrong}`, "range");
    return new DynamicTableRegion({ name, description, data: [...region], table: this });
  }

  /** One row; a column of row numbers gives the rows meant. @throws NwbError when there is no such row. */
  async row(i: number): Promise<TableRow> {
    const row: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const name of this.colnames) row[name] = await this.get(name).row(i);
    return row;
  }

  /** Rows in order, read in blocks. */
  async *rows(
    options: {
      readonly start?: number | undefined;
      readonly stop?: number | undefined;
      readonly exclude?: readonly string[] | undefined;
    } = {},
  ): AsyncIterable<TableRow> {
    const { start = 0, stop = this.length } = options;
    const names = this.#names(options.exclude);
    for (let from = start; from < stop; from += BLOCK) {
      const to = Math.min(stop, from + BLOCK);
      const columns = new Map<string, readonly unknown[]>();
      for (const name of names) columns.set(name, await this.get(name).rows(from, to));
      for (let i = 0; i < to - from; i++) {
        const row: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
        for (const [name, values] of columns) row[name] = values[i];
        yield row;
      }
    }
  }

  /** Numbers of the rows that pass a test. */
  async where(test: (row: TableRow) => boolean): Promise<number[]> {
    const found: number[] = [];
    let i = 0;
    for await (const row of this.rows()) {
      if (test(row)) found.push(i);
      i++;
    }
    return found;
  }

  /** All columns by name: typed arrays where numbers are stored, row numbers for columns that refer to a table. */
  async toColumns(
    options: { readonly exclude?: readonly string[] | undefined } = {},
  ): Promise<ReadonlyMap<string, unknown>> {
    const result = new Map<string, unknown>();
    for (const name of this.#names(options.exclude)) {
      const column = this.get(name);
      result.set(name, await (column instanceof DynamicTableRegion ? column.rowNumbers() : column.values()));
    }
    return result;
  }

  /** Names of the columns that refer to rows of a table. */
  getForeignColumns(): string[] {
    return this.columns.filter((column) => column instanceof DynamicTableRegion).map((column) => column.name);
  }

  hasForeignColumns(): boolean {
    return this.getForeignColumns().length > 0;
  }

  /** All tables that this one refers to, directly or through others. */
  getLinkedTables(): TableLink[] {
    const tables: DynamicTable[] = [this];
    const links: TableLink[] = [];
    for (let i = 0; i < tables.length; i++) {
      const sourceTable = tables[i] as DynamicTable; // i is below the length
      for (const column of sourceTable.columns) {
        if (!(column instanceof DynamicTableRegion)) continue;
        const targetTable = column.table;
        links.push({ sourceTable, sourceColumn: column, targetTable });
        if (!tables.includes(targetTable)) tables.push(targetTable);
      }
    }
    return links;
  }

  /** A table of the same type with the same columns: in another file they become links. */
  copy(): DynamicTable {
    const { plan, fields } = stateOf(this);
    const options: Record<string, unknown> = { name: this.name };
    for (const field of plan.fields.values()) {
      const value = fields.get(field.name);
      if (value !== undefined && field.constant === undefined) options[field.option] = value;
    }
    // Every class of tables takes the options that its fields are named by.
    const type = this.constructor as new (options: object) => DynamicTable;
    return new type(options);
  }

  #names(exclude: readonly string[] = []): string[] {
    for (const name of exclude) if (!this.colnames.includes(name)) throw this.#noColumn(name);
    return this.colnames.filter((name) => !exclude.includes(name));
  }

  #noColumn(name: string): NwbError {
    const hint = suggestion(
      name,
      this.columns.map((column) => column.name),
    );
    return tableError(this, `has no column ${JSON.stringify(name)}${hint}`, "no-column", name);
  }

  /** The declared columns that a row brings in. */
  #newColumns(values: ReadonlyMap<string, unknown>): PredefinedColumn[] {
    const declared = predefinedColumns(this);
    const fresh: PredefinedColumn[] = [];
    for (const name of values.keys()) {
      if (this.colnames.includes(name)) continue;
      const column = declared.find((each) => each.name === name);
      if (column === undefined) {
        const hint = suggestion(name, [...this.colnames, ...declared.map((each) => each.name)]);
        throw tableError(this, `has no column ${JSON.stringify(name)}${hint}`, "no-column", name);
      }
      if (this.length > 0) {
        throw tableError(
          this,
          `has rows without ${JSON.stringify(name)}; add the column with its data first`,
          "length",
          name,
        );
      }
      fresh.push(column);
    }
    return fresh;
  }

  #append(name: string, columns: readonly VectorData[]): void {
    const { fields } = stateOf(this);
    for (const column of columns) {
      const state = stateOf(column);
      if (state.parent === undefined) state.parent = this;
    }
    fields.set("columns", [...this.columns, ...columns]);
    fields.set("colnames", [...this.colnames, name]);
    this.setModified();
  }

  #checkId(id: number, unique: boolean): void {
    if (!Number.isSafeInteger(id)) throw tableError(this, `row has the id ${id}, expected an integer`, "id");
    if (unique && grow(this.id).rows.some((each) => Number(each) === id)) {
      throw tableError(this, `has a row with the id ${id} already`, "id");
    }
  }

  #target(name: string, table: DynamicTable): void {
    if (!this.has(name)) {
      const declared = predefinedColumns(this).find((each) => each.name === name);
      if (declared === undefined) throw this.#noColumn(name);
      this.addColumn({ name, description: declared.description, table });
    }
    const column = innermost(this.get(name));
    if (!(column instanceof DynamicTableRegion))
      throw tableError(this, `column ${JSON.stringify(name)} refers to no table`, "type", name);
    stateOf(column).fields.set("table", table);
  }
}

/** Makes the columns that the schema requires and the table lacks. */
export function addRequiredColumns(table: DynamicTable): void {
  for (const { name, description, required } of predefinedColumns(table)) {
    if (required && !table.colnames.includes(name)) table.addColumn({ name, description });
  }
}
