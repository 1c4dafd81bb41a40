/** Data and attributes of copied objects, moved in stored form. */
import { holdsAddresses } from "../datatypes/datatype-facts.js";
import type { HeapSink } from "../datatypes/encode.js";
import { storedAddressIn } from "../format/context.js";
import { elementCount, roundedCount, shapeOf } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import { reading } from "../model/calls.js";
import { type ChunkedLayout, chunkTable } from "../model/chunk-table.js";
import { heapObjects } from "../model/global-heaps.js";
import { loadAttributes } from "../model/load-attributes.js";
import { contiguousPlace, isStored, readChunkRaw, readStored } from "../model/raw-data.js";
import type { ChunkEntry, DatasetState, FileState, ObjectState } from "../model/state.js";
import { translateElements } from "../model/translate.js";
import type { Turn } from "../model/turn.js";
import { product } from "../selection/resolved.js";
import { resolveSelection, type SelectionInput } from "../selection/selection.js";
import { inListOrder } from "./listing.js";
import type { CopyOptions } from "./options.js";

/** An object and its copy. */
export interface CopiedObject {
  readonly source: ObjectState;
  readonly made: ObjectState;
}

/** Bytes of elements moved at once. */
const BLOCK_BYTES = 8 * 2 ** 20;

/** Where the copies of one file's objects lie. */
export type Addresses = (file: FileState) => (address: number) => number | undefined;

/**
 * Copy data and attributes.
 * @param addresses what references of a file become.
 * @param typeFor the datatype of a copy.
 */
export async function copyContents(
  turn: Turn,
  objects: readonly CopiedObject[],
  addresses: Addresses,
  typeFor: (source: ObjectState, datatype: Datatype) => Promise<Datatype>,
  options: CopyOptions,
): Promise<void> {
  const { signal, onProgress } = options;
  const total = objects.reduce((sum, { source }) => sum + storedBytes(source), 0);
  let done = 0;
  for (const { source, made: target } of objects) {
    signal?.throwIfAborted();
    await copyAttributes(turn, source, target, addresses, typeFor);
    if (source.dataset === undefined) continue;
    let copied = 0;
    await copyData(turn, source, target, addresses, options, (bytes) => {
      copied += bytes;
      onProgress?.({ done: done + copied, total });
    });
    // What was never stored is done with the rest.
    done += storedBytes(source);
    if (copied < storedBytes(source)) onProgress?.({ done, total });
  }
}

/** Bytes of all elements. */
function storedBytes({ dataset }: ObjectState): number {
  return dataset === undefined ? 0 : roundedCount(dataset.dataspace) * dataset.datatype.size;
}

async function copyAttributes(
  turn: Turn,
  source: ObjectState,
  target: ObjectState,
  addresses: Addresses,
  typeFor: (source: ObjectState, datatype: Datatype) => Promise<Datatype>,
): Promise<void> {
  const slots = await turn.read(source.file, () => loadAttributes(source));
  const attributes = [...slots.values()].map((slot) => {
    if ("error" in slot) throw slot.error;
    return slot;
  });
  const order = source.attributeOrder === "none" ? "name" : "creation";
  for (const attribute of inListOrder(attributes, order, source.attributeOrder, "attributes")) {
    const { name, nameBytes, charset, datatype, dataspace, data, creationOrder } = attribute;
    const count = elementCount(dataspace);
    const stored = await typeFor(source, datatype);
    const encode = await translation(turn, source.file, target.file, data, count, datatype, stored, addresses);
    await turn.write((writer) =>
      writer.setStoredAttribute(target, {
        name,
        nameBytes,
        charset,
        datatype: stored,
        dataspace,
        creationOrder,
        encode,
      }),
    );
  }
}

async function copyData(
  turn: Turn,
  source: ObjectState,
  target: ObjectState,
  addresses: Addresses,
  { signal }: CopyOptions,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { datatype, dataspace } = source.dataset as DatasetState; // the caller looked
  const stored = (target.dataset as DatasetState).datatype;
  const shape = shapeOf(dataspace);
  const copyBox = async (selection: SelectionInput | undefined): Promise<void> => {
    signal?.throwIfAborted();
    const resolved = resolveSelection(selection, shape);
    const bytes = await turn.read(source.file, () => readStored(source, resolved, { signal }), { signal });
    const encode = await translation(
      turn,
      source.file,
      target.file,
      bytes,
      resolved.count,
      datatype,
      stored,
      addresses,
    );
    await turn.write((writer) => writer.writeStored(target, encode, selection, {}));
    onBytes(resolved.count * datatype.size);
  };
  if (canMoveChunks(source, target)) return moveChunks(turn, source, target, signal, onBytes, copyBox);
  for await (const selection of storedBoxes(source, turn)) await copyBox(selection);
}

/** Are chunks the same in both files, filtered as they are? Whether their filters are known does not matter then. */
function canMoveChunks(source: ObjectState, target: ObjectState): boolean {
  const from = source.dataset as DatasetState;
  const to = target.dataset as DatasetState;
  if (from.layout.kind !== "chunked" || to.layout.kind !== "chunked" || from.filters.length === 0) return false;
  if (holdsAddresses(from.datatype)) return false;
  return to.filters === from.filters && to.layout.chunkShape.join() === from.layout.chunkShape.join();
}

/** Stored once, as they are: filters that round would round what was stored without them. */
async function moveChunks(
  turn: Turn,
  source: ObjectState,
  target: ObjectState,
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
  copyBox: (selection: SelectionInput) => Promise<void>,
): Promise<void> {
  const { dataspace, layout, filters, datatype } = source.dataset as DatasetState;
  const { chunkShape, partialEdgeChunksUnfiltered } = layout as ChunkedLayout; // the caller looked
  const shape = shapeOf(dataspace);
  const origin = shape.map(() => 0);
  const table = chunkTable(source);
  for (const chunk of await turn.read(source.file, () => table.within(origin, shape))) {
    signal?.throwIfAborted();
    const { offset } = chunk;
    if (table.pending(offset) !== undefined) {
      // Written and not stored yet.
      for (const [low, high] of chunksOf([chunk], chunkShape, shape)) await copyBox(between(low, high));
      continue;
    }
    if (!isStored(chunk)) continue;
    const bytes = await turn.read(source.file, () => readChunkRaw(source, chunk, signal), { signal });
    const partial = offset.some((from, d) => from + (chunkShape[d] ?? 0) > (shape[d] ?? 0));
    const filterMask = partial && partialEdgeChunksUnfiltered ? 2 ** filters.length - 1 : chunk.filterMask;
    await turn.write((writer) => writer.putChunk(target, { offset, bytes, filterMask }));
    onBytes(product(offset.map((at, d) => Math.min(chunkShape[d] ?? 1, (shape[d] ?? 0) - at))) * datatype.size);
  }
}

/** How elements get their form in the target file; what they lead to in heaps is loaded now. */
export async function translation(
  turn: Turn,
  from: FileState,
  to: FileState,
  asStored: Uint8Array,
  count: number,
  datatype: Datatype,
  stored: Datatype,
  addresses: Addresses,
): Promise<(heaps: HeapSink) => Uint8Array> {
  const borrowed: (() => void)[] = [];
  const { bytes, heap } = await turn
    .read(from, async () => {
      const numbered =
        from.context.windows === undefined
          ? asStored
          : await (await import("../model/multi-elements.js")).numberedElements(
              from,
              asStored,
              datatype,
              count,
              borrowed,
            );
      // Then what they lead to is in memory.
      return { bytes: numbered, heap: await heapObjects(from, numbered, datatype, count) };
    })
    .finally(() => {
      for (const release of borrowed) release();
    });
  const widths = { from: from.context.sizeOfOffsets, to: to.context.sizeOfOffsets };
  const storedAddress = storedAddressIn(to.context);
  return (sink) =>
    translateElements(bytes, count, datatype, stored, {
      ...widths,
      heap,
      sink,
      address: addresses(from),
      storedAddress,
    });
}

/** What is stored of a dataset, in boxes of whole chunks and of a bounded size. */
export async function* storedBoxes(
  object: ObjectState,
  turn: Pick<Turn, "read"> = { read: reading },
): AsyncGenerator<SelectionInput | undefined> {
  const { dataspace, datatype, layout } = object.dataset as DatasetState;
  const shape = shapeOf(dataspace);
  if (roundedCount(dataspace) === 0 || isAbsent(object)) return;
  if (shape.length === 0) {
    yield undefined;
    return;
  }
  const chunkShape = layout.kind === "chunked" ? layout.chunkShape : shape.map(() => 1);
  const step = boxShape(shape, chunkShape, datatype.size);
  if (layout.kind !== "chunked") {
    for (const [low, high] of boxes(shape, step)) yield between(low, high);
    return;
  }
  const table = chunkTable(object);
  const stored = await turn.read(object.file, () =>
    table.within(
      shape.map(() => 0),
      shape,
    ),
  );
  // Few chunks in a wide extent are looked at one by one, many in boxes.
  const isSparse = stored.length < product(shape.map((length, d) => Math.ceil(length / (step[d] ?? 1))));
  for (const [low, high] of isSparse ? chunksOf(stored, chunkShape, shape) : boxes(shape, step)) {
    const entries = isSparse ? [] : await turn.read(object.file, () => table.within(low, high));
    const chunks = product(low.map((from, d) => Math.ceil(((high[d] ?? 0) - from) / (chunkShape[d] ?? 1))));
    if (isSparse || entries.length === chunks) yield between(low, high);
    else for (const [from, to] of chunksOf(entries, chunkShape, shape)) yield between(from, to);
  }
}

function* chunksOf(
  entries: readonly ChunkEntry[],
  chunkShape: readonly number[],
  shape: readonly number[],
): Iterable<[low: readonly number[], high: number[]]> {
  for (const { offset } of entries) {
    yield [offset, offset.map((from, d) => Math.min(from + (chunkShape[d] ?? 1), shape[d] ?? 0))];
  }
}

/** Is nothing of contiguous data stored? */
export function isAbsent(object: ObjectState): boolean {
  const { layout, externalFiles } = object.dataset as DatasetState;
  return layout.kind === "contiguous" && externalFiles === undefined && contiguousPlace(object).address === undefined;
}

function between(low: readonly number[], high: readonly number[]): SelectionInput {
  return low.map((from, d) => [from, high[d] ?? 0] as const);
}

/** Chunks side by side, the last dimensions whole before the first ones grow. */
function boxShape(shape: readonly number[], chunkShape: readonly number[], elementSize: number): number[] {
  const step = [...chunkShape];
  let bytes = product(step) * elementSize;
  for (let d = shape.length - 1; d >= 0; d--) {
    const chunk = chunkShape[d] ?? 1;
    const chunks = Math.ceil((shape[d] ?? 1) / chunk);
    const fitting = Math.max(1, Math.min(chunks, Math.floor(BLOCK_BYTES / bytes)));
    step[d] = chunk * fitting;
    bytes *= fitting;
    if (fitting < chunks) break;
  }
  return step;
}

function* boxes(shape: readonly number[], step: readonly number[]): Iterable<[low: number[], high: number[]]> {
  const low = shape.map(() => 0);
  for (;;) {
    yield [[...low], low.map((from, d) => Math.min(from + (step[d] ?? 1), shape[d] ?? 0))];
    let d = shape.length - 1;
    for (; d >= 0; d--) {
      low[d] = (low[d] ?? 0) + (step[d] ?? 1);
      if ((low[d] ?? 0) < (shape[d] ?? 0)) break;
      low[d] = 0;
    }
    if (d < 0) return;
  }
}
