/** A selection as runs of linear indices: how contiguous storage is read and written. */
import { blockRuns, type Run } from "./blocks.js";
import { type Dim, indexAt, type ResolvedSelection, rowMajorStrides } from "./resolved.js";

/**
 * The selected elements as runs of linear (row-major) indices, in selection order, each as long as possible: a run
 * goes on over a row's end where the next row follows. Lazy.
 * @param extent the shape that the selection was resolved for.
 */
export function linearRuns(selection: ResolvedSelection, extent: readonly number[]): Iterable<Run> {
  if (selection.count === 0) return [];
  switch (selection.kind) {
    case "none":
      return [];
    case "all":
      return [[0, selection.count]];
    case "grid":
      return joined(gridRuns(selection.dims, extent));
    case "points":
      return joined(pointRuns(selection.coordinates, extent));
    case "blocks":
      return blockRuns(selection.blocks, extent);
  }
}

/** Runs in any order, joined where one starts at the end of the one before. */
function* joined(runs: Iterable<Run>): Iterable<Run> {
  let from = -1;
  let to = -1;
  for (const [start, length] of runs) {
    if (start === to) {
      to += length;
      continue;
    }
    if (from >= 0) yield [from, to - from];
    from = start;
    to = start + length;
  }
  if (from >= 0) yield [from, to - from];
}

function* pointRuns(coordinates: readonly (readonly number[])[], extent: readonly number[]): Iterable<Run> {
  for (const point of coordinates) {
    let linear = 0;
    for (let d = 0; d < extent.length; d++) linear = linear * (extent[d] ?? 1) + (point[d] ?? 0);
    yield [linear, 1];
  }
}

function* gridRuns(dims: readonly Dim[], extent: readonly number[]): Iterable<Run> {
  const strides = rowMajorStrides(extent);
  // Trailing dimensions taken whole form one long element.
  let inner = dims.length - 1;
  while (inner > 0 && isWhole(dims[inner], extent[inner])) inner--;
  const dim = dims[inner];
  if (dim === undefined) return yield [0, 1]; // a scalar
  const width = strides[inner] ?? 1;
  const position = new Array<number>(inner).fill(0);
  for (;;) {
    let base = 0;
    for (let d = 0; d < inner; d++) base += indexAt(dims[d] as Dim, position[d] ?? 0) * (strides[d] ?? 0);
    for (let i = 0; i < dim.length; ) {
      const length = runLength(dim, i);
      yield [base + indexAt(dim, i) * width, length * width];
      i += length;
    }
    if (!advance(position, dims)) return;
  }
}

function isWhole(dim: Dim | undefined, extent: number | undefined): boolean {
  return dim !== undefined && dim.indices === undefined && dim.length === extent;
}

/** How many positions from this one on have indices that follow each other. */
export function runLength(dim: Dim, position: number): number {
  if (dim.indices === undefined) return Math.min(dim.block - (position % dim.block), dim.length - position);
  let length = 1;
  const first = dim.indices[position] ?? 0;
  while (position + length < dim.length && dim.indices[position + length] === first + length) length++;
  return length;
}

/** Step an odometer over the leading dimensions; false when it is through. */
function advance(position: number[], dims: readonly Dim[]): boolean {
  for (let d = position.length - 1; d >= 0; d--) {
    const next = (position[d] ?? 0) + 1;
    if (next < (dims[d]?.length ?? 0)) {
      position[d] = next;
      return true;
    }
    position[d] = 0;
  }
  return false;
}
