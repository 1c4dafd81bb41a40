/** What is found out about a dataset when its handle is made, since its properties cannot wait. */
import { Hdf5LimitError, isHdf5Error } from "../errors.js";
import { shapeOf } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import { allChunks } from "../model/chunk-table.js";
import { fillBytes } from "../model/fill.js";
import type { Reached } from "../model/paths.js";
import type { DatasetState, ObjectState } from "../model/state.js";
import { product } from "../selection/resolved.js";
import type { FillOutcome } from "./dataset.js";
import { elementValue } from "./elements.js";

/** Chunk positions of datasets whose index is read when they are opened, so that their storage size is known: */
const NEAR_CHUNKS = 16_384;
/** … of files that lie elsewhere, where every read costs. */
const DISTANT_CHUNKS = 64;

/** Read a chunk index that is small or near. One that is damaged hides neither the dataset nor its sound chunks. */
export async function sizeChunks(object: ObjectState): Promise<void> {
  const { layout, dataspace, chunks } = object.dataset as DatasetState;
  if (layout.kind !== "chunked" || chunks?.storedBytes !== undefined) return;
  const positions = product(shapeOf(dataspace).map((length, d) => Math.ceil(length / (layout.chunkShape[d] ?? 1))));
  if (positions > (object.file.local ? NEAR_CHUNKS : DISTANT_CHUNKS)) return;
  try {
    await allChunks(object);
  } catch (error) {
    if (!isHdf5Error(error)) throw error;
  }
}

/** Default fill values, as far as they are no objects that somebody could change. */
const defaults = /* @__PURE__ */ new WeakMap<Datatype, FillOutcome>();

/** The fill value of a dataset of which nothing has to be read, where it is known; undefined: it takes `fillOutcome`. */
export function fillAtOnce(object: ObjectState): FillOutcome | undefined {
  const { fill, datatype, layout } = object.dataset as DatasetState;
  const isPlain = layout.kind === "contiguous" || layout.kind === "compact";
  if (!isPlain || fill.status !== "default" || fill.bytes !== undefined) return undefined;
  return datatype.size > object.file.limits.valueElements ? undefined : defaults.get(datatype);
}

/** The fill value, or why it cannot be had. */
export async function fillOutcome(object: ObjectState): Promise<FillOutcome> {
  const { fill, datatype } = object.dataset as DatasetState;
  if (fill.status === "undefined") return { value: undefined };
  try {
    // Nothing in the file bounds the size of an element that is not there.
    const { valueElements } = object.file.limits;
    if (fill.bytes === undefined && datatype.size > valueElements) {
      throw new Hdf5LimitError("valueElements", datatype.size, valueElements, "bytes of a default fill value");
    }
    const bytes = fillBytes(object);
    const value = await elementValue(object.file, bytes ?? new Uint8Array(datatype.size), datatype);
    if (bytes === undefined && typeof value !== "object") defaults.set(datatype, { value });
    return { value };
  } catch (error) {
    if (!isHdf5Error(error)) throw error;
    return { error };
  }
}

/** A virtual dataset's mappings are part of its layout, and its sources may decide its extent. */
export async function loadSources({ object, path }: Reached): Promise<void> {
  if (object.dataset?.layout.kind !== "virtual") return;
  const { loadVirtual, newTrail } = await import("../model/virtual/index.js");
  await loadVirtual(object, newTrail(0, path));
}
