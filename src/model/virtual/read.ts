/** Reading a virtual dataset: each mapping that meets the selection gives its part, the rest is the fill value. */
import { sameDatatype } from "../../datatypes/datatype-facts.js";
import { Hdf5LimitError, Hdf5UnsupportedError } from "../../errors.js";
import { shapeOf } from "../../format/messages/dataspace.js";
import { touchedBox } from "../../selection/chunk-plan.js";
import type { ResolvedSelection } from "../../selection/resolved.js";
import { whileOpen } from "../external.js";
import { fillBytes, repeat } from "../fill.js";
import { readStored, type StoredOptions } from "../raw-data.js";
import type { DatasetState, ObjectState } from "../state.js";
import { isPlain } from "../translate.js";
import { borrowElements, hasReferences } from "./borrowed-heaps.js";
import {
  bindBlock,
  bindSides,
  blockMapping,
  blockSide,
  isNumbered,
  type Side,
  type SourceRead,
  sideOf,
  unlimitedDimension,
} from "./bound-mapping.js";
import { converter } from "./convert.js";
import { loadVirtual } from "./extent.js";
import type { VirtualMapping } from "./mapping-block.js";
import { pairedGrids, readGrids } from "./read-grids.js";
import { readPieces } from "./read-pieces.js";
import { charge, deeper, newTrail, openSource, type Trail } from "./sources.js";
import { mappingsOf } from "./state.js";

/**
 * Put the elements of a selection into `out`, which is zeroed.
 * @param outer undefined when this is the dataset that was asked for.
 * @throws Hdf5PolicyError when a source that has a part of the selection may not be opened.
 */
export async function readVirtual(
  object: ObjectState,
  selection: ResolvedSelection,
  out: Uint8Array,
  options: StoredOptions,
): Promise<void> {
  const outer = options.trail ?? newTrail(out.length, options.path);
  await loadVirtual(object, outer);
  const trail = deeper(outer, object);
  const dataset = object.dataset as DatasetState; // asked for datasets only
  repeat(fillBytes(object), out);
  const box = touchedBox(selection);
  if (box === undefined) return;
  for (const { mapping, bind } of mappingsWithin(dataset, box)) {
    options.signal?.throwIfAborted();
    await readMapping(object, mapping, selection, out, { ...options, trail }, bind);
  }
}

/** The mapping to one source. */
export interface SourceMapping {
  readonly mapping: VirtualMapping;
  /** Both sides, once the source's extent is known. */
  readonly bind: (sourceExtent: readonly number[]) => { virtual: Side; source: Side };
}

/** The mappings that may have a part of a box, one for each source. */
export function* mappingsWithin(dataset: DatasetState, box: Box): Iterable<SourceMapping> {
  const extent = shapeOf(dataset.dataspace);
  for (const mapping of mappingsOf(dataset)) {
    if (!isNumbered(mapping)) {
      if (!meets(sideOf(mapping.virtual, extent), box)) continue;
      const bind: SourceMapping["bind"] = (sourceExtent) => bindSides(mapping, extent, sourceExtent);
      yield { mapping: blockMapping(mapping, 0), bind };
      continue;
    }
    for (const block of blocksWithin(mapping, box)) {
      if (!meets(blockSide(mapping.virtual, block, extent), box)) continue;
      const one = blockMapping(mapping, block);
      yield { mapping: one, bind: (sourceExtent) => bindBlock(one, block, extent, sourceExtent) };
    }
  }
}

/** Numbered sources that one read may look for: a made-up extent could have any number of them missing. */
const MAX_BLOCKS = 1_000_000;

interface Box {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Numbers of the blocks that a box reaches. */
function* blocksWithin({ virtual }: VirtualMapping, box: Box): Iterable<number> {
  const d = unlimitedDimension(virtual);
  const [start = 0, stride = 1, size = 1] = [
    virtual.regular?.start[d],
    virtual.regular?.stride[d],
    virtual.regular?.block[d],
  ];
  const first = Math.max(0, Math.floor(((box.low[d] ?? 0) - start - size) / stride));
  for (let block = first; start + block * stride < (box.high[d] ?? 0); block++) {
    if (block - first >= MAX_BLOCKS) {
      throw new Hdf5LimitError("externalHops", block - first + 1, MAX_BLOCKS, "numbered sources of one read");
    }
    yield block;
  }
}

/** Do the smallest boxes around both meet? */
function meets(side: Side, { low, high }: Box): boolean {
  if (side.count === 0) return false;
  if (side.kind === "blocks") {
    return side.blocks.some(({ start, shape }) =>
      start.every((from, d) => from < (high[d] ?? 0) && from + (shape[d] ?? 0) > (low[d] ?? 0)),
    );
  }
  return side.dims.every((dim, d) => {
    const end = dim.start + (Math.ceil(dim.length / dim.block) - 1) * dim.step + dim.block;
    return dim.start < (high[d] ?? 0) && end > (low[d] ?? 0);
  });
}

async function readMapping(
  object: ObjectState,
  { file, dataset }: VirtualMapping,
  selection: ResolvedSelection,
  out: Uint8Array,
  options: StoredOptions & { readonly trail: Trail },
  bind: SourceMapping["bind"],
): Promise<void> {
  const source = await openSource(object, file, dataset, options.trail);
  if (source === undefined) {
    object.file.warn("virtual-source-missing", `${file}:${dataset} is missing; fill value in its place`, options.path);
    return;
  }
  await whileOpen(source.file, async () => {
    const state = source.dataset as DatasetState; // sources are datasets
    if (state.layout.kind === "virtual") await loadVirtual(source, options.trail);
    const sides = bind(shapeOf(state.dataspace));
    const part: SourceRead = {
      ...sides,
      elementSize: (object.dataset as DatasetState).datatype.size,
      read: sourceReader(object, source, options),
      chunkShape: state.layout.kind === "chunked" ? state.layout.chunkShape : undefined,
    };
    const grids = pairedGrids(selection, part);
    if (grids !== undefined) await readGrids(grids, part, out);
    else await readPieces(selection, part, out);
  });
}

/** Reads elements of the source, as the virtual dataset's datatype has them. */
function sourceReader(
  object: ObjectState,
  source: ObjectState,
  options: StoredOptions & { readonly trail: Trail },
): SourceRead["read"] {
  const from = (source.dataset as DatasetState).datatype;
  const to = (object.dataset as DatasetState).datatype;
  const same = sameDatatype(from, to);
  const inHeaps = !(isPlain(from) && isPlain(to));
  const elsewhere = inHeaps && object.file !== source.file;
  if (inHeaps && (!same || (elsewhere && (options.borrowed === undefined || hasReferences(from))))) {
    throw new Hdf5UnsupportedError(
      "virtual datasets of references in other files, or of variable-length elements to be converted",
    );
  }
  if (elsewhere) {
    return async (selection, into) => {
      charge(options.trail, Math.max(64, selection.count * from.size));
      const how = { signal: options.signal, path: options.path, trail: options.trail, borrowed: options.borrowed };
      const bytes = await readStored(source, selection, { ...how, maxBytes: Number.POSITIVE_INFINITY });
      return borrowElements(source.file, object.file, bytes, selection.count, from, options, into);
    };
  }
  const convert = same ? undefined : converter(from, to);
  return async (selection, into) => {
    charge(options.trail, Math.max(64, selection.count * from.size));
    const how = {
      signal: options.signal,
      path: options.path,
      trail: options.trail,
      borrowed: options.borrowed,
      maxBytes: Number.POSITIVE_INFINITY,
    };
    if (convert === undefined) return readStored(source, selection, { ...how, into });
    const bytes = convert(await readStored(source, selection, how), selection.count);
    if (into === undefined) return bytes;
    into.set(bytes);
    return into;
  };
}
