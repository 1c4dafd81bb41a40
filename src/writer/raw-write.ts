/** Writing elements into existing datasets, growing and shrinking them. Design: writer-design, section 3.1. */

import { holdsAddresses } from "../datatypes/datatype-facts.js";
import type { WriteData } from "../datatypes/values.js";
import { Hdf5LimitError, Hdf5UnsupportedError, Hdf5UsageError, refuse } from "../errors.js";
import type { DataLayout } from "../format/messages/data-layout.js";
import { roundedCount, shapeOf } from "../format/messages/dataspace.js";
import { MESSAGE } from "../format/messages/message-types.js";
import { readStored } from "../model/raw-data.js";
import type { DatasetState, ObjectState } from "../model/state.js";
import type { WriteCall } from "../model/writer-contract.js";
import { linearRuns } from "../selection/runs.js";
import { type ResolvedSelection, resolveSelection, type SelectionInput } from "../selection/selection.js";
import { checkList } from "./arguments.js";
import { fillWith } from "./chunk-bytes.js";
import { ChunkStore } from "./chunk-store.js";
import { encodeLayoutMessage, encodeSpaceMessage } from "./dataset-messages.js";
import { encodedAtOnce, encodeValues } from "./encode-values.js";
import type { WriteSession } from "./write-session.js";

const seldom = (): Promise<typeof import("./seldom.js")> => import("./seldom.js");

type ContiguousLayout = Extract<DataLayout, { kind: "contiguous" }>;

/** Blocks whose elements hold addresses are copied, not overwritten, up to this size. */
const COPIED_WHOLE = 16 * 2 ** 20;
/** New data up to this size lie in segments of raw data. */
const SMALL = 2048;
const FILL_BLOCK = 2 ** 20;
/** Short runs closer than this are written by way of the bytes between them. */
const JOIN_GAP = 4096;
const JOIN_SPAN = 2 ** 20;

/** Write values into a selection of a dataset. */
export async function writeValues(
  session: WriteSession,
  object: ObjectState,
  data: WriteData,
  input: SelectionInput | undefined,
  options: WriteCall = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  const dataset = datasetOf(object);
  const selection = resolveSelection(input, shapeOf(dataset.dataspace), { forWrite: true });
  const { bytes } =
    encodedAtOnce(session, data, dataset.datatype, selection.resultShape) ??
    (await encodeValues(session, data, dataset.datatype, selection.resultShape));
  await completed(options, (call) => writeElements(session, object, bytes, selection, call));
}

/** Once begun, a write is completed: signals are not looked at, and what `onProgress` throws is thrown at the end. */
async function completed({ onProgress, path }: WriteCall, write: (call: WriteCall) => Promise<void>): Promise<void> {
  if (onProgress === undefined) return write({ path });
  const thrown: unknown[] = [];
  const listening: WriteCall["onProgress"] = (progress) => {
    try {
      if (thrown.length === 0) onProgress(progress);
    } catch (error) {
      thrown.push(error);
    }
  };
  await write({ onProgress: listening, path });
  if (thrown.length > 0) throw thrown[0];
}

/** Write stored elements, in selection order. */
export async function writeElements(
  session: WriteSession,
  object: ObjectState,
  bytes: Uint8Array,
  selection: ResolvedSelection,
  options: WriteCall = {},
): Promise<void> {
  if (selection.count === 0) return;
  options.signal?.throwIfAborted();
  const dataset = datasetOf(object);
  const { layout } = dataset;
  switch (layout.kind) {
    case "chunked": {
      if (session.known(object) === undefined) await session.edit(object);
      const store = session.stores.get(object) ?? (await ChunkStore.of(session, object));
      return store.write(bytes, selection, options);
    }
    case "contiguous":
      if (dataset.externalFiles === undefined)
        await writeContiguous(session, object, dataset, layout, bytes, selection);
      else await (await seldom()).writeExternal(session, object, bytes, selection, options.path);
      break;
    case "compact": {
      const record = await session.edit(object);
      const data = layout.data.slice();
      copyRuns(bytes, selection, dataset, data);
      dataset.layout = { ...layout, data };
      record.set(MESSAGE.dataLayout, encodeLayoutMessage(dataset.layout, session.context));
      break;
    }
    case "virtual":
      await (await seldom()).writeVirtual(session, object, bytes, selection, options, (source, part, where, call) =>
        writeElements(session, source, part, where, { path: call.path }),
      );
      break;
    default:
      layout satisfies never;
  }
  options.onProgress?.({ done: bytes.length, total: bytes.length });
}

/** The data of a new dataset, where the medium takes them at once; false: nothing was done. */
export function writeNewAtOnce(session: WriteSession, object: ObjectState, bytes: Uint8Array): boolean {
  const dataset = datasetOf(object);
  const { layout, externalFiles } = dataset;
  const record = session.known(object);
  const isNew = layout.kind === "contiguous" && layout.address === undefined && externalFiles === undefined;
  if (!isNew || record === undefined || bytes.length === 0 || bytes.length > SMALL) return false;
  const address = session.allocator.raw(bytes.length);
  if (!session.device.take(address, bytes)) {
    session.allocator.giveBack(address, bytes.length, "raw");
    return false;
  }
  session.freshBlocks.add(address);
  dataset.layout = { ...layout, address, size: bytes.length };
  record.set(MESSAGE.dataLayout, encodeLayoutMessage(dataset.layout, session.context));
  return true;
}

async function writeContiguous(
  session: WriteSession,
  object: ObjectState,
  dataset: DatasetState,
  layout: ContiguousLayout,
  bytes: Uint8Array,
  selection: ResolvedSelection,
): Promise<void> {
  const { allocator, device } = session;
  const shape = shapeOf(dataset.dataspace);
  const size = sizeOfAll(dataset);
  const whole = selection.kind === "all";
  if (layout.address === undefined) {
    const record = session.known(object) ?? (await session.edit(object));
    const { address, held } = whole ? { address: allocator.raw(size), held: 0 } : allocator.rawAtEnd(size);
    if (whole) {
      if (!device.take(address, bytes)) await device.write(address, bytes);
    } else {
      await device.reach(address + size);
      await fillBlock(session, address, size, dataset.fill.bytes, held);
      await writeRuns(session, address, bytes, selection, shape, dataset.datatype.size);
    }
    session.freshBlocks.add(address);
    dataset.layout = { ...layout, address, size };
    record.set(MESSAGE.dataLayout, encodeLayoutMessage(dataset.layout, session.context));
    return;
  }
  const published = !session.freshBlocks.has(layout.address);
  if (published && holdsAddresses(dataset.datatype) && size <= COPIED_WHOLE) {
    const record = await session.edit(object);
    const copy = whole ? bytes : await readStored(object, resolveSelection(undefined, shape), {});
    if (!whole) copyRuns(bytes, selection, dataset, copy);
    const address = allocator.raw(size);
    await device.write(address, copy);
    allocator.free(layout.address, layout.size, "raw");
    session.freshBlocks.add(address);
    dataset.layout = { ...layout, address };
    record.set(MESSAGE.dataLayout, encodeLayoutMessage(dataset.layout, session.context));
    return;
  }
  await writeRuns(session, layout.address, bytes, selection, shape, dataset.datatype.size);
}

function sizeOfAll({ dataspace, datatype }: DatasetState): number {
  const size = roundedCount(dataspace) * datatype.size;
  if (Number.isSafeInteger(size)) return size;
  throw new Hdf5UnsupportedError("datasets of more than 2^53 − 1 bytes");
}

/** Give a contiguous dataset its space, filled, before anything is written to it. */
export async function allocateContiguous(session: WriteSession, object: ObjectState): Promise<void> {
  const dataset = datasetOf(object);
  const { layout, fill } = dataset;
  const size = sizeOfAll(dataset);
  if (layout.kind !== "contiguous" || layout.address !== undefined || size === 0) return;
  const { address, held } = session.allocator.rawAtEnd(size);
  await session.device.reach(address + size);
  if (fill.writeTime !== "never") await fillBlock(session, address, size, fill.bytes, held);
  session.freshBlocks.add(address);
  dataset.layout = { ...layout, address, size };
  const record = await session.edit(object);
  record.set(MESSAGE.dataLayout, encodeLayoutMessage(dataset.layout, session.context));
}

/**
 * Space at the end of the file is zero; other fill values are written out.
 * @param held first bytes that are not.
 */
async function fillBlock(
  session: WriteSession,
  address: number,
  size: number,
  fill: Uint8Array | undefined,
  held: number,
): Promise<void> {
  const value = fill?.some((byte) => byte !== 0) === true ? fill : undefined;
  const length = value === undefined ? held : size;
  const unit = value?.length ?? 1;
  const block = new Uint8Array(Math.min(length, Math.max(1, Math.floor(FILL_BLOCK / unit)) * unit));
  if (value !== undefined) fillWith(block, value);
  for (let done = 0; done < length; done += block.length) {
    await session.device.write(address + done, block.subarray(0, Math.min(block.length, length - done)));
  }
}

/** Write runs of elements in place: long ones as they are, short ones close to each other by way of what lies between. */
async function writeRuns(
  session: WriteSession,
  address: number,
  bytes: Uint8Array,
  selection: ResolvedSelection,
  shape: readonly number[],
  elementSize: number,
): Promise<void> {
  let window: { start: number; end: number; runs: (readonly [at: number, from: number, length: number])[] } | undefined;
  const flush = async (): Promise<void> => {
    if (window === undefined) return;
    const { start, end, runs } = window;
    const [only] = runs;
    if (runs.length === 1 && only !== undefined) {
      await session.device.write(address + start, bytes.subarray(only[1], only[1] + only[2]));
      return;
    }
    const base = session.file.pager.baseAddress;
    const span = new Uint8Array(end - start);
    span.set((await session.file.driver.read(base + address + start, span.length)).subarray(0, span.length));
    for (const [at, from, length] of runs) span.set(bytes.subarray(from, from + length), at - start);
    await session.device.write(address + start, span);
  };
  let from = 0;
  for (const [first, count] of linearRuns(selection, shape)) {
    const at = first * elementSize;
    const length = count * elementSize;
    const joins =
      window !== undefined &&
      at >= window.end &&
      at - window.end <= JOIN_GAP &&
      at + length - window.start <= JOIN_SPAN;
    if (!joins || window === undefined) {
      await flush();
      window = { start: at, end: at + length, runs: [] };
    }
    window.runs.push([at, from, length]);
    window.end = at + length;
    from += length;
  }
  await flush();
}

function copyRuns(bytes: Uint8Array, selection: ResolvedSelection, dataset: DatasetState, target: Uint8Array): void {
  const { size } = dataset.datatype;
  let from = 0;
  for (const [first, count] of linearRuns(selection, shapeOf(dataset.dataspace))) {
    target.set(bytes.subarray(from, from + count * size), first * size);
    from += count * size;
  }
}

/** Set a new extent. */
export async function resizeDataset(
  session: WriteSession,
  object: ObjectState,
  shape: readonly number[],
): Promise<void> {
  const dataset = datasetOf(object);
  const { dataspace, layout } = dataset;
  checkExtent("shape", shape);
  const isExternal = layout.kind === "contiguous" && dataset.externalFiles !== undefined;
  if (dataspace.kind !== "simple" || !(layout.kind === "chunked" || layout.kind === "virtual" || isExternal)) {
    throw new Hdf5UsageError("shape", "is for a dataset of fixed size", "a chunked dataset with maxShape");
  }
  if (shape.length !== dataspace.shape.length) {
    throw new Hdf5UsageError("shape", `has ${shape.length} dimensions`, `${dataspace.shape.length}`);
  }
  const maxShape = dataspace.maxShape ?? dataspace.shape;
  shape.forEach((extent, d) => {
    if (extent > (maxShape[d] as number)) {
      throw new Hdf5UsageError("shape", `asks for ${extent} in dimension ${d}`, `at most maxShape, ${maxShape[d]}`);
    }
  });
  if (shape.every((extent, d) => extent === dataspace.shape[d])) return;
  if (isExternal) (await seldom()).checkExternalRoom(dataset, shape);
  if (layout.kind === "virtual") await (await seldom()).assertOwnExtent(object);
  const resized = { ...dataspace, shape: [...shape], maxShape };
  const message = encodeSpaceMessage(resized, session.context); // what cannot be said is refused before anything changes
  const record = session.known(object) ?? (await session.edit(object));
  if (layout.kind === "chunked") {
    const store = session.stores.get(object) ?? (await ChunkStore.of(session, object));
    if (!store.resizesFreely(shape)) await store.resize(shape);
  }
  if (layout.kind === "contiguous") {
    dataset.layout = { ...layout, size: shape.reduce((product, extent) => product * extent, dataset.datatype.size) };
    record.set(MESSAGE.dataLayout, encodeLayoutMessage(dataset.layout, session.context));
  }
  // What was not stored while it was the extent has to be from now on.
  dataset.dataspace = resized;
  record.set(MESSAGE.dataspace, message);
}

/** Add whole rows along an axis. */
export async function appendRows(
  session: WriteSession,
  object: ObjectState,
  data: WriteData,
  axis: number,
  options: WriteCall = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  const dataset = datasetOf(object);
  const { dataspace } = dataset;
  if (dataspace.kind !== "simple")
    throw new Hdf5UsageError("dataset", `has a ${dataspace.kind} dataspace`, "rows to append to");
  const { shape } = dataspace;
  const maxShape = dataspace.maxShape ?? shape;
  if (!(Number.isInteger(axis) && axis >= 0 && axis < shape.length)) {
    refuse("axis", axis, `a dimension, 0 to ${shape.length - 1}`);
  }
  const encoded =
    encodedAtOnce(session, data, dataset.datatype, undefined) ??
    (await encodeValues(session, data, dataset.datatype, undefined));
  const count = encoded.bytes.length / dataset.datatype.size;
  const rowShape = shape.filter((_, d) => d !== axis);
  const rowCount = rowShape.reduce((product, n) => product * n, 1);
  const rows = rowCount === 0 ? 0 : count / rowCount;
  const given = encoded.shape;
  const shaped =
    given.length > 1 && given.length === shape.length && given.every((n, d) => d === axis || n === shape[d]);
  const oneRow = given.length > 1 && given.length === rowShape.length && given.every((n, d) => n === rowShape[d]);
  if (given.length > 1 && !shaped && !oneRow) {
    throw new Hdf5UsageError("data", `has shape [${given.join(", ")}]`, `rows of shape [${rowShape.join(", ")}]`);
  }
  if (!Number.isInteger(rows)) {
    throw new Hdf5UsageError("data", `has ${count} elements`, `a multiple of a row's ${rowCount}`);
  }
  if (rows === 0) return;
  const start = shape[axis] as number; // axis was checked
  if (start + rows > (maxShape[axis] as number)) {
    throw new Hdf5UsageError(
      "data",
      `needs ${start + rows} in dimension ${axis}`,
      `at most maxShape, ${maxShape[axis]}`,
    );
  }
  const grown = shape.map((extent, d) => (d === axis ? start + rows : extent));
  await resizeDataset(session, object, grown);
  const selection = resolveSelection(
    grown.map((extent, d) => (d === axis ? ([start, start + rows] as const) : ([0, extent] as const))),
    grown,
  );
  await completed(options, async (call) => {
    try {
      await writeElements(session, object, encoded.bytes, selection, call);
    } catch (error) {
      // What lies elsewhere may be refused, or fail alone: then there are no new rows.
      if (dataset.externalFiles !== undefined || dataset.layout.kind === "virtual")
        await resizeDataset(session, object, shape);
      throw error;
    }
  });
}

/** @throws Hdf5UsageError unless these are dimensions. */
export function checkExtent(argument: string, shape: readonly number[], unlimited = false): void {
  checkList(argument, shape);
  for (const extent of shape) {
    if (unlimited && extent === Number.POSITIVE_INFINITY) continue;
    if (!(Number.isSafeInteger(extent) && extent >= 0)) {
      throw new Hdf5UsageError(argument, `holds ${String(extent)}`, "whole numbers from 0 to 2^53 − 1");
    }
  }
  if (shape.length > 32) throw new Hdf5UsageError(argument, `has ${shape.length} dimensions`, "at most 32");
}

/** The dataset part of an object. */
export function datasetOf(object: ObjectState): DatasetState {
  if (object.dataset === undefined) throw new Hdf5UsageError("object", `is a ${object.kind}`, "a dataset");
  return object.dataset;
}

/** @throws Hdf5LimitError when a chunk is larger than the budget. */
export function checkChunkBytes(session: WriteSession, bytes: number): void {
  const allowed = session.file.limits.chunkBytes;
  if (bytes > allowed) throw new Hdf5LimitError("chunkBytes", bytes, allowed, "one chunk");
}
