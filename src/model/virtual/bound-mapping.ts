/**
 * A mapping with its unlimited parts cut to the extents that are there: the n-th element of the one selection is the
 * n-th of the other. H5Dvirtual.c: H5D__virtual_init_all, H5D__virtual_pre_io. spec-notes/virtual-datasets.md.
 */
import { Hdf5FormatError, Hdf5UnsupportedError } from "../../errors.js";
import type { RegularDim } from "../../selection/intersect.js";
import { type Block, product, type ResolvedSelection } from "../../selection/resolved.js";
import type { BlockSelection, DataSelection, RegularHyperslab } from "../../selection/selection.js";
import type { VirtualMapping } from "./mapping-block.js";
import { hasBlockNumber, sourceName } from "./source-name.js";

/** One side of a mapping, in an extent: dimension by dimension, or the union of boxes. */
export type Side = { readonly extent: readonly number[]; readonly count: number } & (
  | { readonly kind: "grid"; readonly dims: readonly RegularDim[] }
  | { readonly kind: "blocks"; readonly blocks: readonly Block[] }
);

/** Part of a source to be put into the result. */
export interface SourceRead {
  readonly virtual: Side;
  readonly source: Side;
  readonly elementSize: number;
  /** Bytes of elements of the source, as the virtual dataset has them; into `into` where that is given. */
  readonly read: (selection: ResolvedSelection, into?: Uint8Array | undefined) => Promise<Uint8Array>;
  /** Shape of what the source is stored in, for cutting reads. */
  readonly chunkShape: readonly number[] | undefined;
}

/** The dimension in which a selection has no end; −1: none. */
export function unlimitedDimension({ regular }: DataSelection): number {
  if (regular === undefined) return -1;
  return regular.start.findIndex((_, d) => regular.count[d] === Infinity || regular.block[d] === Infinity);
}

/** Do the names of this mapping's sources hold block numbers? Then its virtual selection has one block per source. */
export function isNumbered(mapping: VirtualMapping): boolean {
  return hasBlockNumber(mapping.file) || hasBlockNumber(mapping.dataset);
}

/** What must hold for a mapping to be one. @throws Hdf5FormatError, Hdf5UnsupportedError. */
export function checkMapping(mapping: VirtualMapping): void {
  const { source, virtual } = mapping;
  if (source.kind === "points" || virtual.kind === "points") {
    throw new Hdf5UnsupportedError("virtual dataset mappings of points");
  }
  const [from, to] = [unlimitedDimension(source), unlimitedDimension(virtual)];
  const numbered = isNumbered(mapping);
  if (to < 0 && from >= 0) fail("has an unlimited source selection and a limited virtual one");
  if (to >= 0 && from < 0 && !numbered) fail("has an unlimited virtual selection, and no block number in its names");
  if (numbered && (to < 0 || from >= 0)) fail("has block numbers in its names, and no unlimited virtual selection");
  if (numbered && virtual.regular?.count[to] !== Infinity)
    fail("has block numbers in its names, and one endless block");
}

function fail(finding: string): never {
  throw new Hdf5FormatError({ structure: "virtual dataset mapping" }, finding);
}

/** A selection in an extent; what is unlimited ends with the extent, all else is taken as it is stored. */
export function sideOf(selection: DataSelection, extent: readonly number[]): Side {
  if (selection.kind === "none") return { kind: "grid", extent, dims: extent.map(() => run(0, 0)), count: 0 };
  if (selection.kind === "all")
    return grid(
      extent,
      extent.map((length) => run(0, length)),
    );
  if (selection.rank !== extent.length) fail(`has a selection of rank ${selection.rank} in rank ${extent.length}`);
  if (selection.regular === undefined) {
    const { blocks, count } = selection as BlockSelection; // the other kinds are done
    return { kind: "blocks", extent, blocks, count };
  }
  return grid(extent, regularDims(selection.regular, extent));
}

function grid(extent: readonly number[], dims: readonly RegularDim[]): Side {
  return { kind: "grid", extent, dims, count: product(dims.map(({ length }) => length)) };
}

function run(start: number, length: number): RegularDim {
  return { start, step: Math.max(1, length), count: length === 0 ? 0 : 1, block: Math.max(1, length), length };
}

function regularDims(slab: RegularHyperslab, extent: readonly number[]): RegularDim[] {
  return extent.map((end, d) => {
    const [start = 0, step = 1, count = 0, block = 0] = [slab.start[d], slab.stride[d], slab.count[d], slab.block[d]];
    const room = Math.max(0, end - start);
    if (block === Infinity) return run(start, room);
    if (count === Infinity) {
      const blocks = Math.ceil(room / step);
      const length = Math.max(0, (blocks - 1) * block + Math.min(block, room - (blocks - 1) * step));
      return step === block ? run(start, length) : { start, step, count: blocks, block, length };
    }
    if (count === 0 || block === 0) return run(0, 0);
    return count === 1 || step === block
      ? run(start, count * block)
      : { start, step, count, block, length: count * block };
  });
}

/** A side with only the first `length` indices of one dimension. */
function cut(side: Side, d: number, length: number): Side {
  if (side.kind !== "grid") return side;
  const dims = side.dims.map((dim, i) =>
    i === d && length < dim.length ? { ...dim, length, count: Math.ceil(length / dim.block) } : dim,
  );
  return grid(side.extent, dims);
}

/** Both sides of a mapping without block numbers, equally long. @throws Hdf5FormatError when they cannot be. */
export function bindSides(
  { virtual, source }: VirtualMapping,
  extent: readonly number[],
  sourceExtent: readonly number[],
): { virtual: Side; source: Side } {
  const [to, from] = [unlimitedDimension(virtual), unlimitedDimension(source)];
  const here = sideOf(virtual, extent);
  const there = sideOf(source, sourceExtent);
  if (to < 0 || from < 0) return paired(here, there);
  const length = Math.min(lengthOf(here, to), lengthOf(there, from));
  return paired(cut(here, to, length), cut(there, from, length));
}

function lengthOf(side: Side, d: number): number {
  return side.kind === "grid" ? (side.dims[d]?.length ?? 0) : 0;
}

function paired(virtual: Side, source: Side): { virtual: Side; source: Side } {
  if (virtual.count !== source.count) {
    fail(`selects ${source.count} elements of its source for ${virtual.count} of its own`);
  }
  for (const [d, end] of source.extent.entries()) {
    const reach =
      source.kind === "grid"
        ? reachOf(source.dims[d])
        : source.blocks.reduce((most, { start, shape }) => Math.max(most, (start[d] ?? 0) + (shape[d] ?? 0)), 0);
    if (source.count > 0 && reach > end)
      fail(`reaches to ${reach} in dimension ${d} of its source, which ends at ${end}`);
  }
  return { virtual, source };
}

function reachOf(dim: RegularDim | undefined): number {
  if (dim === undefined || dim.length === 0) return 0;
  const blocks = Math.ceil(dim.length / dim.block);
  return dim.start + (blocks - 1) * dim.step + (dim.length - (blocks - 1) * dim.block);
}

/** The mapping of one block's source; of any block when the names hold no number. */
export function blockMapping(mapping: VirtualMapping, block: number): VirtualMapping {
  const { file, dataset, source, virtual } = mapping;
  return { file: sourceName(file, block), dataset: sourceName(dataset, block), source, virtual };
}

/** Both sides for one block of a mapping with block numbers. */
export function bindBlock(
  { virtual, source }: VirtualMapping,
  block: number,
  extent: readonly number[],
  sourceExtent: readonly number[],
): { virtual: Side; source: Side } {
  return paired(blockSide(virtual, block, extent), sideOf(source, sourceExtent));
}

/** One block of an unlimited selection. */
export function blockSide(virtual: DataSelection, block: number, extent: readonly number[]): Side {
  const slab = virtual.regular as RegularHyperslab; // checked: unlimited in its count
  const d = unlimitedDimension(virtual);
  const start = slab.start.map((from, i) => (i === d ? from + block * (slab.stride[i] ?? 1) : from));
  const count = slab.count.map((blocks, i) => (i === d ? 1 : blocks));
  return grid(extent, regularDims({ ...slab, start, count }, extent));
}
