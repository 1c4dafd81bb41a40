/**
 * The extent of a virtual dataset with unlimited mappings: the sources' extents decide it, in libhdf5's default view
 * (H5D_VDS_LAST_AVAILABLE, printf gap 0). H5Dvirtual.c: H5D__virtual_set_extent_unlim.
 */
import { Hdf5LimitError, isHdf5Error } from "../../errors.js";
import { shapeOf } from "../../format/messages/dataspace.js";
import type { BlockSelection, DataSelection, RegularHyperslab } from "../../selection/selection.js";
import { whileOpen } from "../external.js";
import type { DatasetState, ObjectState } from "../state.js";
import { blockMapping, isNumbered, sideOf, unlimitedDimension } from "./bound-mapping.js";
import type { VirtualMapping } from "./mapping-block.js";
import { deeper, openSource, type Trail } from "./sources.js";
import { loadMappings, mappingsOf } from "./state.js";

/** Numbered sources looked for; a function given as policy could have one for every number. */
const MAX_BLOCKS = 1_000_000;

/**
 * Load the mappings and set the extent, once for each object. A source that may not be opened, or is damaged, leaves
 * the extent that the file states: reading says why.
 */
export async function loadVirtual(object: ObjectState, outer: Trail): Promise<void> {
  const dataset = object.dataset as DatasetState; // asked for datasets only
  await loadMappings(object);
  if (dataset.extentKnown || isHdf5Error(dataset.mappings)) return;
  const trail = deeper(outer, object);
  const mappings = mappingsOf(dataset);
  const { dataspace } = dataset;
  if (dataspace.kind === "simple" && mappings.some(({ virtual }) => unlimitedDimension(virtual) >= 0)) {
    const shape = await currentExtent(object, mappings, trail);
    dataset.dataspace = { ...dataspace, shape };
  }
  dataset.extentKnown = true;
}

/** The sources that are there and may be opened. */
export async function sourcesOf(object: ObjectState, trail: Trail): Promise<ObjectState[]> {
  await loadMappings(object);
  const { mappings } = object.dataset as DatasetState; // asked for datasets only
  const found: ObjectState[] = [];
  if (mappings === undefined || isHdf5Error(mappings)) return found;
  for (const mapping of mappings) {
    for (let block = 0; ; block++) {
      const { file, dataset } = blockMapping(mapping, block);
      const source = await openSource(object, file, dataset, trail).catch((error: unknown) => {
        if (!isHdf5Error(error)) throw error;
        return undefined;
      });
      if (source !== undefined) found.push(source);
      if (source === undefined || !isNumbered(mapping)) break;
    }
  }
  return found;
}

async function currentExtent(
  object: ObjectState,
  mappings: readonly VirtualMapping[],
  trail: Trail,
): Promise<readonly number[]> {
  const stated = shapeOf((object.dataset as DatasetState).dataspace);
  const found = new Map<number, number>();
  for (const mapping of mappings) {
    const d = unlimitedDimension(mapping.virtual);
    if (d < 0) continue;
    const end = await endOf(object, mapping, d, stated[d] ?? 0, trail);
    found.set(d, Math.max(found.get(d) ?? 0, end));
  }
  return stated.map((length, d) => {
    const end = found.get(d);
    return end === undefined ? length : Math.max(end, leastLength(mappings, d));
  });
}

/** Where a mapping ends in its unlimited dimension; where the file says it ends, when that cannot be had. */
async function endOf(
  object: ObjectState,
  mapping: VirtualMapping,
  d: number,
  stated: number,
  trail: Trail,
): Promise<number> {
  try {
    const slices = isNumbered(mapping)
      ? (await countBlocks(object, mapping, trail)) * ((mapping.virtual.regular as RegularHyperslab).block[d] ?? 0)
      : await sourceSlices(object, mapping, trail);
    return endOfSlices(mapping.virtual.regular as RegularHyperslab, d, slices);
  } catch (error) {
    if (!isHdf5Error(error)) throw error;
    object.file.warn("virtual-extent", `the extent of a source cannot be had: ${error.message}`, trail.path);
    return stated;
  }
}

/** Numbered sources from 0 on, up to the first that is missing. */
async function countBlocks(object: ObjectState, mapping: VirtualMapping, trail: Trail): Promise<number> {
  for (let block = 0; block < MAX_BLOCKS; block++) {
    const { file, dataset } = blockMapping(mapping, block);
    if ((await openSource(object, file, dataset, trail)) === undefined) return block;
  }
  throw new Hdf5LimitError("externalHops", MAX_BLOCKS + 1, MAX_BLOCKS, "numbered sources of a virtual dataset");
}

/** Indices that a source has in the unlimited dimension of its selection. */
async function sourceSlices(object: ObjectState, mapping: VirtualMapping, trail: Trail): Promise<number> {
  const { file, dataset, source } = blockMapping(mapping, 0);
  const other = await openSource(object, file, dataset, trail);
  if (other === undefined) return 0;
  const state = other.dataset as DatasetState; // sources are datasets
  if (state.layout.kind === "virtual") await whileOpen(other.file, () => loadVirtual(other, trail));
  const side = sideOf(source, shapeOf(state.dataspace));
  return side.kind === "grid" ? (side.dims[unlimitedDimension(source)]?.length ?? 0) : 0;
}

/** H5Shyper.c: H5S__hyper_get_clip_extent_real, without the space behind a last whole block. */
function endOfSlices({ start, stride, block }: RegularHyperslab, d: number, slices: number): number {
  const [from = 0, step = 1, size = 1] = [start[d], stride[d], block[d]];
  if (slices === 0) return 0;
  if (size === Infinity || size === step) return from + slices;
  const whole = Math.floor(slices / size);
  const rest = slices - whole * size;
  return rest > 0 ? from + whole * step + rest : from + (whole - 1) * step + size;
}

/** What the limited mappings, and the limited dimensions of the others, need. H5D_virtual_update_min_dims. */
function leastLength(mappings: readonly VirtualMapping[], d: number): number {
  return mappings.reduce((most, { virtual }) => Math.max(most, limitedEnd(virtual, d)), 0);
}

function limitedEnd(virtual: DataSelection, d: number): number {
  if (virtual.kind !== "hyperslab" || unlimitedDimension(virtual) === d) return 0;
  if (virtual.regular === undefined) {
    return (virtual as BlockSelection).blocks.reduce(
      (most, { start, shape }) => Math.max(most, (start[d] ?? 0) + (shape[d] ?? 0)),
      0,
    );
  }
  const { start, stride, count, block } = virtual.regular;
  return (start[d] ?? 0) + ((count[d] ?? 1) - 1) * (stride[d] ?? 1) + (block[d] ?? 1);
}
