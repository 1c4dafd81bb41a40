/**
 * Irregular hyperslabs: the union of boxes, as libhdf5 stores a selection that is no regular grid.
 * Boxes may come in any order; where they overlap, an element still counts once (H5S_SELECT_OR).
 */
import { Hdf5UnsupportedError } from "../errors.js";
import { type Block, product, rowMajorStrides } from "./resolved.js";

/** Comparisons spent on counting before a list of blocks is refused as too tangled; a tenth of a second or so. */
const MAX_WORK = 5_000_000;

/** A run of linear indices. */
export type Run = readonly [start: number, length: number];

/**
 * Elements in the union of the blocks.
 * @throws Hdf5UnsupportedError when counting would take more work than any sensible selection needs.
 */
export function blockCount(blocks: readonly Block[]): number {
  if (disjoint(blocks)) return blocks.reduce((sum, block) => sum + product(block.shape), 0);
  let work = 0;
  /** Elements of the union over the dimensions from d on: slab by slab between the blocks' borders. Depth is the rank. */
  const countFrom = (some: readonly Block[], d: number): number => {
    if (d === (some[0]?.start.length ?? 0)) return 1;
    const borders = [...new Set(some.flatMap((block) => [block.start[d] ?? 0, endOf(block, d)]))].sort((a, b) => a - b);
    let count = 0;
    for (let i = 1; i < borders.length; i++) {
      const [from, to] = [borders[i - 1] ?? 0, borders[i] ?? 0];
      work += some.length;
      if (work > MAX_WORK) throw tangled(blocks.length);
      const here = some.filter((block) => (block.start[d] ?? 0) <= from && endOf(block, d) >= to);
      if (here.length > 0) count += (to - from) * countFrom(here, d + 1);
    }
    return count;
  };
  return countFrom(blocks, 0);
}

/** Do no two blocks share an element? A sweep along the first dimension in which the blocks differ. */
function disjoint(blocks: readonly Block[]): boolean {
  const rank = blocks[0]?.start.length ?? 0;
  const axis = Math.max(0, sweepAxis(blocks, rank));
  const sorted = [...blocks].sort((a, b) => (a.start[axis] ?? 0) - (b.start[axis] ?? 0));
  let open: Block[] = [];
  let work = 0;
  for (const block of sorted) {
    const from = block.start[axis] ?? 0;
    const still: Block[] = [];
    for (const other of open) {
      if (endOf(other, axis) <= from) continue;
      if (overlap(block, other)) return false;
      still.push(other);
    }
    work += open.length;
    if (work > MAX_WORK) throw tangled(blocks.length);
    still.push(block);
    open = still;
  }
  return true;
}

/** The dimension with the most different starts: the sweep along it meets the fewest neighbours. */
function sweepAxis(blocks: readonly Block[], rank: number): number {
  let best = 0;
  let most = 0;
  for (let d = 0; d < rank; d++) {
    const starts = new Set(blocks.map((block) => block.start[d])).size;
    if (starts > most) [best, most] = [d, starts];
  }
  return best;
}

function overlap(a: Block, b: Block): boolean {
  return a.start.every((start, d) => start < endOf(b, d) && (b.start[d] ?? 0) < endOf(a, d));
}

function endOf(block: Block, d: number): number {
  return (block.start[d] ?? 0) + (block.shape[d] ?? 0);
}

function tangled(blocks: number): Hdf5UnsupportedError {
  return new Hdf5UnsupportedError(`a selection of ${blocks} blocks that overlap or interlock this much`);
}

/**
 * The regular hyperslab that the union of blocks is, if it is one: the product, over the dimensions, of equal runs
 * at equal distances. (What libhdf5 finds by comparing the branches of its span tree, H5S__hyper_rebuild.)
 * @param count elements in the union.
 */
export function regularBlocks(
  blocks: readonly Block[],
  count: number,
): { start: number[]; stride: number[]; count: number[]; block: number[] } | undefined {
  const rank = blocks[0]?.start.length ?? 0;
  const slab = { start: [] as number[], stride: [] as number[], count: [] as number[], block: [] as number[] };
  let elements = 1;
  for (let d = 0; d < rank; d++) {
    const runs = projection(blocks, d);
    const [first, second] = runs;
    if (first === undefined) return undefined;
    const [start, block] = first;
    const stride = second === undefined ? 1 : second[0] - start; // 1 for one block, as libhdf5 rebuilds it
    if (runs.some(([at, length], i) => length !== block || at !== start + i * stride)) return undefined;
    slab.start.push(start);
    slab.stride.push(stride);
    slab.count.push(runs.length);
    slab.block.push(block);
    elements *= runs.length * block;
  }
  // The union lies inside the product of its projections; equal counts make it the product.
  return elements === count ? slab : undefined;
}

/** The indices that the blocks touch in one dimension, as maximal runs. */
function projection(blocks: readonly Block[], d: number): Run[] {
  const sorted = blocks.map((block): Run => [block.start[d] ?? 0, block.shape[d] ?? 0]).sort((a, b) => a[0] - b[0]);
  return [...merged(sorted)];
}

/** Runs in ascending order of their starts, joined where they touch or overlap. */
export function* merged(runs: Iterable<Run>): Iterable<Run> {
  let from = -1;
  let to = -1;
  for (const [start, length] of runs) {
    if (length === 0) continue;
    if (from >= 0 && start <= to) {
      to = Math.max(to, start + length);
      continue;
    }
    if (from >= 0) yield [from, to - from];
    from = start;
    to = start + length;
  }
  if (from >= 0) yield [from, to - from];
}

/** The union of blocks as ascending, disjoint runs of linear indices. All blocks lie inside the extent. */
export function blockRuns(blocks: readonly Block[], extent: readonly number[]): Iterable<Run> {
  return merged(rowsInOrder(blocks, extent));
}

/** One block's rows, one after another. */
interface RowWalk {
  at: number;
  readonly length: number;
  readonly block: Block;
  readonly position: number[];
}

/** The rows of all blocks in ascending order of their starts: a merge by a binary heap of one walk per block. */
function* rowsInOrder(blocks: readonly Block[], extent: readonly number[]): Iterable<Run> {
  const strides = rowMajorStrides(extent);
  const last = extent.length - 1;
  const heap: RowWalk[] = [];
  for (const block of blocks) {
    if (block.shape.includes(0)) continue;
    const at = block.start.reduce((sum, start, d) => sum + start * (strides[d] ?? 0), 0);
    heap.push({ at, length: block.shape[last] ?? 1, block, position: new Array<number>(extent.length).fill(0) });
  }
  // Sorted by start, an array is a heap.
  heap.sort((a, b) => a.at - b.at);
  for (let top = heap[0]; top !== undefined; top = heap[0]) {
    yield [top.at, top.length];
    if (!nextRow(top, strides)) {
      const end = heap.pop();
      if (end === undefined || heap.length === 0) continue;
      heap[0] = end;
    }
    sink(heap);
  }
}

function nextRow(walk: RowWalk, strides: readonly number[]): boolean {
  const { block, position } = walk;
  for (let d = position.length - 2; d >= 0; d--) {
    const next = (position[d] ?? 0) + 1;
    if (next < (block.shape[d] ?? 0)) {
      position[d] = next;
      walk.at += strides[d] ?? 0;
      return true;
    }
    walk.at -= (position[d] ?? 0) * (strides[d] ?? 0);
    position[d] = 0;
  }
  return false;
}

/** Restore the heap after its first entry has grown. */
function sink(heap: RowWalk[]): void {
  const moving = heap[0];
  if (moving === undefined) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const left = heap[child];
    if (left === undefined) break;
    const right = heap[child + 1];
    let least = left;
    if (right !== undefined && right.at < left.at) {
      child++;
      least = right;
    }
    if (least.at >= moving.at) break;
    heap[at] = least;
    at = child;
  }
  heap[at] = moving;
}
