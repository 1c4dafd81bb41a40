/**
 * Writing to a virtual dataset: the elements go to its sources, in the same file or, under the policy, in others, which are
 * opened, written and closed again. All sources are looked up before anything is written. H5Dvirtual.c: H5D__virtual_write.
 */
import { sameDatatype } from "../datatypes/datatype-facts.js";
import type { HeapSink } from "../datatypes/encode.js";
import { joinedWrites } from "../drivers/joined-writes.js";
import { Hdf5UnsupportedError, Hdf5UsageError, isHdf5Error } from "../errors.js";
import { shapeOf } from "../format/messages/dataspace.js";
import { openToWrite } from "../model/external.js";
import { heapObjects } from "../model/global-heaps.js";
import { openFileState } from "../model/open-file.js";
import { resolvePath, rootOf } from "../model/paths.js";
import { refreshDataset } from "../model/refresh.js";
import type { DatasetState, ObjectState } from "../model/state.js";
import { isPlain, translatedType, translateElements } from "../model/translate.js";
import { hasReferences } from "../model/virtual/borrowed-heaps.js";
import { unlimitedDimension } from "../model/virtual/bound-mapping.js";
import { converter } from "../model/virtual/convert.js";
import { loadVirtual } from "../model/virtual/extent.js";
import type { VirtualMapping } from "../model/virtual/mapping-block.js";
import { mappingsWithin } from "../model/virtual/read.js";
import { type Piece, pieces, unionOf } from "../model/virtual/read-pieces.js";
import { deeper, newTrail, openSource, type Trail } from "../model/virtual/sources.js";
import { loadMappings, mappingsOf } from "../model/virtual/state.js";
import type { WriteCall } from "../model/writer-contract.js";
import { touchedBox } from "../selection/chunk-plan.js";
import type { ResolvedSelection } from "../selection/selection.js";
import type { WriteSession } from "./write-session.js";

/** What one source gets. */
interface Part {
  readonly mapping: VirtualMapping;
  readonly source: ObjectState;
  readonly selection: ResolvedSelection;
  /** Stored elements in the source's form; what they lead to goes into the heaps of its file. */
  readonly encode: (heaps: HeapSink) => Uint8Array;
}

/** Writes elements of one object of this file. */
type WriteHere = (
  object: ObjectState,
  bytes: Uint8Array,
  selection: ResolvedSelection,
  call: WriteCall,
) => Promise<void>;

/**
 * Write stored elements, in selection order.
 * @throws Hdf5UsageError when an element has no source; Hdf5PolicyError for a source that may not be opened.
 */
export async function writeVirtual(
  session: WriteSession,
  object: ObjectState,
  bytes: Uint8Array,
  selection: ResolvedSelection,
  call: WriteCall,
  writeHere: WriteHere,
): Promise<void> {
  const parts = await planParts(object, bytes, selection, newTrail(bytes.length, call.path));
  for (const part of parts.filter(({ source }) => source.file === session.file))
    await writeHere(part.source, part.encode(session.heaps), part.selection, call);
  const others = new Map<string, Part[]>();
  for (const part of parts) {
    if (part.source.file === session.file) continue;
    const { file } = part.mapping;
    others.set(file, [...(others.get(file) ?? []), part]);
  }
  for (const [file, list] of others) await writeElsewhere(session, file, list, call.path);
}

/** Sources that are virtual are followed to those that are not; in other files they are not. */
async function planParts(
  object: ObjectState,
  bytes: Uint8Array,
  selection: ResolvedSelection,
  outer: Trail,
): Promise<Part[]> {
  await loadVirtual(object, outer);
  const trail = deeper(outer, object);
  const dataset = object.dataset as DatasetState; // asked for datasets only
  const box = touchedBox(selection);
  if (box === undefined) return [];
  const covered = new Uint8Array(selection.count);
  const parts: Part[] = [];
  for (const { mapping, bind } of mappingsWithin(dataset, box)) {
    const source = await openSource(object, mapping.file, mapping.dataset, trail);
    if (source === undefined) continue;
    const { layout } = source.dataset as DatasetState; // sources are datasets
    if (layout.kind === "virtual") await loadVirtual(source, trail);
    const sides = bind(shapeOf((source.dataset as DatasetState).dataspace));
    const shared: Piece[] = [];
    for (const piece of pieces(selection, sides)) {
      covered.fill(1, piece.to, piece.to + piece.length);
      shared.push(piece);
    }
    if (shared.length === 0) continue;
    const union = unionOf(shared, sides.source.extent);
    const own = gathered(bytes, union.placed, union.selection.count, dataset.datatype.size);
    const encode = await conversion(object, source, own, union.selection.count);
    if (layout.kind !== "virtual") parts.push({ mapping, source, selection: union.selection, encode });
    else if (source.file === object.file)
      parts.push(...(await planParts(source, encode(NO_HEAPS), union.selection, trail)));
    else throw new Hdf5UnsupportedError("writing through virtual datasets of other files");
  }
  if (!covered.includes(0)) return parts;
  throw new Hdf5UsageError("selection", "holds elements that no source has", "elements of sources that are there");
}

/** The elements of a union of pieces, in its order. */
function gathered(
  bytes: Uint8Array,
  placed: readonly (Piece & { readonly place: number })[],
  count: number,
  size: number,
): Uint8Array {
  const out = new Uint8Array(count * size);
  for (const { place, to, length } of placed) out.set(bytes.subarray(to * size, (to + length) * size), place * size);
  return out;
}

/** Elements that stay in their file lead to what they led to: nothing is put into heaps. */
const NO_HEAPS: HeapSink = /* @__PURE__ */ Object.freeze({ put: () => ({ collection: 0, index: 0 }) });

/** Elements of the virtual dataset in the datatype of the source. What they lead to is loaded now. */
async function conversion(
  object: ObjectState,
  source: ObjectState,
  bytes: Uint8Array,
  count: number,
): Promise<(heaps: HeapSink) => Uint8Array> {
  const from = (object.dataset as DatasetState).datatype;
  const to = (source.dataset as DatasetState).datatype;
  if (isPlain(from) && isPlain(to)) {
    const made = sameDatatype(from, to) ? bytes : converter(from, to)(bytes, count);
    return () => made;
  }
  if (source.file === object.file && sameDatatype(from, to)) return () => bytes;
  const widths = { from: object.file.context.sizeOfOffsets, to: source.file.context.sizeOfOffsets };
  const isAlike = sameDatatype(translatedType(from, widths.from, widths.to), to);
  if (source.file === object.file || !isAlike || hasReferences(from)) {
    throw new Hdf5UnsupportedError(
      "writing references through a virtual dataset to other files, or variable-length elements to be converted",
    );
  }
  if (object.file.context.windows !== undefined || source.file.context.windows !== undefined) {
    throw new Hdf5UnsupportedError(
      "writing variable-length elements through virtual datasets of split and multi files",
    );
  }
  const heap = await heapObjects(object.file, bytes, from, count);
  const address = (): undefined => undefined; // there are no references
  return (sink) => translateElements(bytes, count, from, to, { ...widths, heap, sink, address });
}

/** Open a file of sources, write its parts, and close it. What has it open for reading sees them. */
async function writeElsewhere(
  session: WriteSession,
  name: string,
  parts: readonly Part[],
  path: string | undefined,
): Promise<void> {
  const { file } = session;
  const opened = await openToWrite(file, name, "virtual-source", path);
  if (opened === undefined) throw new Hdf5UsageError("selection", `has a source in ${name}, which is gone`, "a file");
  const { folder } = opened;
  const driver = joinedWrites(opened.driver);
  try {
    const settings = { ...file.options, mode: "r+", limits: file.limits, filters: file.filters } as const;
    const state = await openFileState(driver, settings, { name: driver.name ?? name, folder, local: true });
    const writer = await session.writerOf(state);
    try {
      for (const { mapping, encode, selection } of parts) {
        const { object } = await resolvePath(await rootOf(state), mapping.dataset);
        await writer.writeElements(object, encode, selection, { path: mapping.dataset });
      }
      await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  } catch (error) {
    if (isHdf5Error(error, "driver")) session.failedElsewhere = error;
    throw error;
  } finally {
    await driver.close?.();
  }
  for (const { source } of parts) await refreshDataset(source, path);
}

/** @throws Hdf5UsageError when the sources decide the extent of a virtual dataset. */
export async function assertOwnExtent(object: ObjectState): Promise<void> {
  await loadMappings(object);
  if (mappingsOf(object.dataset as DatasetState).every(({ virtual }) => unlimitedDimension(virtual) < 0)) return;
  throw new Hdf5UsageError("shape", "is that of the sources", "a dataset without unlimited mappings");
}
