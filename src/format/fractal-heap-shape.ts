/**
 * The doubling table of a fractal heap: which block of which size holds an offset. Spec: File Format 3.0, III.G.
 *
 * Rows 0 and 1 have blocks of the starting size, each later row blocks of twice the size of the one before, `width`
 * blocks per row. Rows up to the largest direct block hold direct blocks; each entry of a later row is an indirect block,
 * a smaller table of the same form that covers as many bytes as its entry is large.
 */
import type { FormatContext } from "./context.js";
import type { PipelineFilter } from "./messages/filter-pipeline.js";
import { CHECKSUM_SIZE } from "./metadata-checksum.js";

/** What of a heap's header decides where its objects lie. */
export interface FractalHeapForm {
  readonly idLength: number;
  /** What direct blocks and huge objects pass through; empty: nothing. */
  readonly filters: readonly PipelineFilter[];
  readonly checksumsDirectBlocks: boolean;
  readonly maxManagedSize: number;
  readonly tableWidth: number;
  readonly startingBlockSize: number;
  readonly maxDirectBlockSize: number;
  /** The heap's address space has 2 to this power bytes. */
  readonly maxHeapBits: number;
}

/** Place of an offset in a table. */
export interface TablePlace {
  readonly row: number;
  readonly column: number;
  /** Where the entry's block starts, relative to the table. */
  readonly start: number;
}

export class DoublingTable {
  /** Width of an offset in the heap. */
  readonly offsetWidth: number;
  /** Width of the length of an object in a heap id. */
  readonly lengthWidth: number;
  /** Rows whose blocks are direct blocks. */
  readonly directRows: number;
  /** Rows that a root indirect block may have. */
  readonly maxRows: number;
  /** Bytes before the objects of a direct block. */
  readonly directOverhead: number;
  readonly #form: FractalHeapForm;
  readonly #ctx: FormatContext;

  constructor(form: FractalHeapForm, ctx: FormatContext) {
    const { maxHeapBits, maxDirectBlockSize, maxManagedSize, startingBlockSize, tableWidth } = form;
    this.#form = form;
    this.#ctx = ctx;
    this.offsetWidth = Math.ceil(maxHeapBits / 8);
    const sizeWidth = Math.ceil(Math.log2(maxDirectBlockSize) / 8);
    this.lengthWidth = Math.min(sizeWidth, Math.floor(Math.log2(Math.max(maxManagedSize, 1)) / 8) + 1);
    this.directRows = Math.log2(maxDirectBlockSize / startingBlockSize) + 2;
    this.maxRows = maxHeapBits - Math.log2(startingBlockSize) - Math.log2(tableWidth) + 1;
    this.directOverhead = 5 + ctx.sizeOfOffsets + this.offsetWidth + (form.checksumsDirectBlocks ? CHECKSUM_SIZE : 0);
  }

  get width(): number {
    return this.#form.tableWidth;
  }

  blockSize(row: number): number {
    return this.#form.startingBlockSize * 2 ** Math.max(0, row - 1);
  }

  /** Where a row starts; of the row after the last one: the space of the table. */
  rowStart(row: number): number {
    return row === 0 ? 0 : this.#form.tableWidth * this.blockSize(row);
  }

  /** Rows of an indirect block that stands in a row. */
  rowsBelow(row: number): number {
    return row - Math.log2(this.#form.tableWidth);
  }

  locate(offset: number): TablePlace {
    let row = 0;
    while (offset >= this.rowStart(row + 1)) row++;
    const size = this.blockSize(row);
    const column = Math.floor((offset - this.rowStart(row)) / size);
    return { row, column, start: this.rowStart(row) + column * size };
  }

  /** Bytes of an indirect block. */
  indirectSize(rows: number): number {
    const { sizeOfOffsets, sizeOfLengths } = this.#ctx;
    const { tableWidth, filters } = this.#form;
    const filteredRows = filters.length === 0 ? 0 : Math.min(rows, this.directRows);
    const children = rows * tableWidth * sizeOfOffsets + filteredRows * tableWidth * (sizeOfLengths + 4);
    return 5 + sizeOfOffsets + this.offsetWidth + children + CHECKSUM_SIZE;
  }

  /** Room for objects in all direct blocks of a table, those not made yet included. */
  capacity(rows: number): number {
    let sum = 0;
    const entries: number[] = [];
    for (let row = 0; row < rows; row++) {
      // Of a row of indirect blocks: what the rows of one of them hold together.
      const entry =
        row < this.directRows
          ? this.blockSize(row) - this.directOverhead
          : entries.slice(0, this.rowsBelow(row)).reduce((total, each) => total + each * this.#form.tableWidth, 0);
      entries.push(entry);
      sum += entry * this.#form.tableWidth;
    }
    return sum;
  }
}
