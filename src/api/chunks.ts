/** Raw data as they are stored: chunk by chunk, filters not undone. */
import type { Bytes } from "../bytes/typed-arrays.js";
import { Hdf5UsageError, refuse } from "../errors.js";
import { filterRegistry } from "../filters/core.js";
import { encodeChunk } from "../filters/pipeline.js";
import { shapeOf } from "../format/messages/dataspace.js";
import { type ChunkedLayout, chunkTable } from "../model/chunk-table.js";
import { chunkLength, contiguousPlace, isStored, readChunkRaw, readStored } from "../model/raw-data.js";
import type { ChunkEntry, DatasetState, FileState, ObjectState } from "../model/state.js";
import { type ChunkPart, planChunks } from "../selection/chunk-plan.js";
import { resolveSelection, type SelectionInput } from "../selection/selection.js";
import type { ObjectCore } from "./object-core.js";
import { storageSize } from "./storage-size.js";
import type { ChunkInfo } from "./types.js";

/** Chunks looked up in the index at once. */
const BATCH = 1024;

/** The chunks that a selection touches, in row-major order; one for contiguous and compact data. */
export async function* listChunks(core: ObjectCore, input: SelectionInput | undefined): AsyncGenerator<ChunkInfo> {
  const { state } = core;
  const dataset = state.dataset as DatasetState; // asked for datasets only
  const shape = shapeOf(dataset.dataspace);
  const selection = resolveSelection(input, shape);
  if (selection.count === 0) return;
  const { layout } = dataset;
  if (layout.kind !== "chunked") {
    yield await core.read(async () => wholeData(state));
    return;
  }
  for (const parts of batches(planChunks(selection, layout.chunkShape, shape), BATCH)) {
    yield* await core.read(() => lookUp(state, layout, parts));
  }
}

/** One chunk's bytes as stored; none of a chunk that is not stored. */
export async function readStoredChunk(
  object: ObjectState,
  offset: readonly number[],
  how: { readonly signal: AbortSignal | undefined; readonly path: string | undefined },
): Promise<ChunkInfo & { readonly bytes: Bytes }> {
  const dataset = object.dataset as DatasetState; // asked for datasets only
  const { layout } = dataset;
  const shape = shapeOf(dataset.dataspace);
  checkOffset(offset, shape, layout.kind === "chunked" ? layout.chunkShape : shape);
  if (layout.kind !== "chunked") return readWhole(object, how);
  const { signal } = how;
  const table = chunkTable(object);
  const pending = table.pending(offset);
  if (pending !== undefined) {
    // Not stored yet: as the next flush will store it.
    const { datatype, filters } = dataset;
    const context = { elementSize: datatype.size, chunkBytes: chunkLength(object), offset, signal };
    const { bytes, filterMask } = await encodeChunk(pending, filters, filterRegistry(object.file.filters), context);
    return { offset: [...offset], address: undefined, size: bytes.length, filterMask, bytes: new Uint8Array(bytes) };
  }
  const found = await table.within(
    offset,
    offset.map((at) => at + 1),
  );
  const entry = found[0];
  if (!isStored(entry)) return { ...chunkInfo(object.file, offset, undefined), bytes: new Uint8Array(0) };
  const bytes = await readChunkRaw(object, entry, signal);
  return { ...chunkInfo(object.file, offset, entry), bytes: new Uint8Array(bytes) };
}

async function lookUp(object: ObjectState, layout: ChunkedLayout, parts: readonly ChunkPart[]): Promise<ChunkInfo[]> {
  const rank = layout.chunkShape.length;
  const low = new Array<number>(rank).fill(Number.POSITIVE_INFINITY);
  const high = new Array<number>(rank).fill(0);
  for (const { offset } of parts) {
    for (let d = 0; d < rank; d++) {
      low[d] = Math.min(low[d] ?? 0, offset[d] ?? 0);
      high[d] = Math.max(high[d] ?? 0, (offset[d] ?? 0) + 1);
    }
  }
  const entries = new Map<string, ChunkEntry>();
  for (const entry of await chunkTable(object).within(low, high)) entries.set(entry.offset.join(), entry);
  return parts.map(({ offset }) => chunkInfo(object.file, offset, entries.get(offset.join())));
}

function chunkInfo(file: FileState, offset: readonly number[], entry: ChunkEntry | undefined): ChunkInfo {
  if (!isStored(entry)) return { offset: [...offset], address: undefined, size: 0, filterMask: 0 };
  const { address, size, filterMask } = entry;
  return { offset: [...offset], address: address + file.pager.baseAddress, size, filterMask };
}

/** Contiguous or compact data as one chunk. */
function wholeData(object: ObjectState): ChunkInfo {
  const { layout, dataspace, externalFiles } = object.dataset as DatasetState;
  const offset = shapeOf(dataspace).map(() => 0);
  // What lies in other files has no address in this one.
  if (externalFiles !== undefined) {
    return { offset, address: undefined, size: storageSize(object.dataset as DatasetState), filterMask: 0 };
  }
  const { address, length } =
    layout.kind === "compact"
      ? { address: compactAddress(object, layout.data), length: layout.data.length }
      : contiguousPlace(object);
  if (address === undefined) return { offset, address, size: 0, filterMask: 0 };
  return { offset, address: address + object.file.pager.baseAddress, size: length, filterMask: 0 };
}

async function readWhole(
  object: ObjectState,
  how: { readonly signal: AbortSignal | undefined; readonly path: string | undefined },
): Promise<ChunkInfo & { readonly bytes: Bytes }> {
  const chunk = wholeData(object);
  const { layout } = object.dataset as DatasetState;
  if (layout.kind === "compact") return { ...chunk, bytes: new Uint8Array(layout.data) };
  if (chunk.address === undefined && chunk.size === 0) return { ...chunk, bytes: new Uint8Array(0) };
  const all = resolveSelection(undefined, shapeOf((object.dataset as DatasetState).dataspace));
  return { ...chunk, bytes: await readStored(object, all, how) };
}

/** Compact data lie in the header, whose messages keep their addresses. */
function compactAddress({ header }: ObjectState, data: Uint8Array): number | undefined {
  for (const { body, address } of header?.messages ?? []) {
    const at = data.byteOffset - body.byteOffset;
    if (body.buffer === data.buffer && at >= 0 && at + data.length <= body.length) return address + at;
  }
  return undefined;
}

function checkOffset(offset: readonly number[], shape: readonly number[], chunkShape: readonly number[]): void {
  const expected = "the offset of a chunk's first element, inside the extent";
  if (!Array.isArray(offset)) refuse("offset", offset, expected);
  if (offset.length !== shape.length) {
    throw new Hdf5UsageError("offset", `has ${offset.length} entries, the rank is ${shape.length}`, expected);
  }
  const wrong = offset.findIndex(
    (at, d) => !Number.isSafeInteger(at) || at < 0 || at >= (shape[d] ?? 0) || at % (chunkShape[d] ?? 1) !== 0,
  );
  if (wrong >= 0) throw new Hdf5UsageError(`offset[${wrong}]`, `is ${String(offset[wrong])}`, expected);
}

function* batches<T>(items: Iterable<T>, length: number): Iterable<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < length) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
