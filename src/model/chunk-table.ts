/** The chunks of a dataset by position, as the index in the file has them. */
import { readChunkIndex } from "../format/chunk-index/index.js";
import type { DataLayout } from "../format/messages/data-layout.js";
import { shapeOf } from "../format/messages/dataspace.js";
import { settle } from "../io/settle.js";
import type { ChunkEntry, ChunkTable, DatasetState, ObjectState } from "./state.js";

/** Entries of a whole index that are kept. */
const KEPT_ENTRIES = 100_000;

export type ChunkedLayout = Extract<DataLayout, { kind: "chunked" }>;

/** The table of a chunked dataset: the writer's where there is one, otherwise one that reads the index. */
export function chunkTable(object: ObjectState): ChunkTable {
  const dataset = object.dataset as DatasetState; // asked for datasets only
  dataset.chunks ??= new IndexTable(object, dataset.layout as ChunkedLayout);
  return dataset.chunks;
}

/** Every stored chunk, in row-major order of the offsets. */
export function allChunks(object: ObjectState): Promise<readonly ChunkEntry[]> {
  const shape = shapeOf((object.dataset as DatasetState).dataspace);
  return chunkTable(object).within(
    shape.map(() => 0),
    shape,
  );
}

class IndexTable implements ChunkTable {
  readonly #object: ObjectState;
  readonly #layout: ChunkedLayout;
  #all: readonly ChunkEntry[] | undefined;

  constructor(object: ObjectState, layout: ChunkedLayout) {
    this.#object = object;
    this.#layout = layout;
  }

  get storedBytes(): number | undefined {
    return this.#all?.reduce((sum, { size }) => sum + size, 0);
  }

  async within(low: readonly number[], high: readonly number[]): Promise<readonly ChunkEntry[]> {
    if (this.#all !== undefined) return touching(this.#all, this.#layout.chunkShape, low, high);
    const { file, dataset } = this.#object;
    const { dataspace, filters } = dataset as DatasetState; // made for datasets only
    const shape = shapeOf(dataspace);
    const maxShape = dataspace.kind === "simple" ? dataspace.maxShape : undefined;
    const extent = { shape, maxShape, filtered: filters.length > 0 };
    const whole = low.every((from) => from === 0) && high.every((to, d) => to === shape[d]);
    const entries = await settle(
      file.pager,
      (source) => readChunkIndex(source, this.#layout, file.context, extent, { low, high }, file.limits),
      { metadataBytes: file.limits.metadataBytes },
    );
    if (whole && entries.length <= KEPT_ENTRIES) this.#all = entries;
    return entries;
  }

  pending(): undefined {
    return undefined;
  }
}

/** The entries that touch a box. They are sorted by their offsets, so that the first dimension bounds the search. */
function touching(
  entries: readonly ChunkEntry[],
  chunkShape: readonly number[],
  low: readonly number[],
  high: readonly number[],
): readonly ChunkEntry[] {
  const from = firstAbove(entries, (low[0] ?? 0) - (chunkShape[0] ?? 1));
  const to = firstAbove(entries, (high[0] ?? 1) - 1);
  return entries
    .slice(from, to)
    .filter(({ offset }) => offset.every((at, d) => at < (high[d] ?? 0) && at + (chunkShape[d] ?? 0) > (low[d] ?? 0)));
}

/** Number of the first entry whose first offset is above a bound. */
function firstAbove(entries: readonly ChunkEntry[], bound: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.offset[0] ?? 0) > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}
