/** Makes the handles of files and objects. One file has one handle; objects get a new one each time they are asked for. */
import { isHdf5Error } from "../errors.js";
import { shapeOf } from "../format/messages/dataspace.js";
import { allChunks } from "../model/chunk-table.js";
import { fillBytes } from "../model/raw-data.js";
import type { DatasetState, FileState, ObjectState } from "../model/state.js";
import { product } from "../selection/resolved.js";
import { DatasetHandle, type FillOutcome } from "./dataset.js";
import { elementValue } from "./elements.js";
import { type FileExtras, FileHandle } from "./file.js";
import { GroupHandle } from "./group.js";
import type { HandleFactory } from "./handles.js";
import { NamedDatatypeHandle } from "./named-datatype.js";
import type { Hdf5File } from "./types.js";

const files = /* @__PURE__ */ new WeakMap<FileState, Hdf5File>();

/** Chunk positions of datasets whose index is read when they are opened, so that their storage size is known: */
const NEAR_CHUNKS = 16_384;
/** … of files that lie elsewhere, where every read costs. */
const DISTANT_CHUNKS = 64;

export const HANDLES: HandleFactory = {
  file: (state) => fileHandle(state),
  async object(reached) {
    const { object } = reached;
    if (object.kind === "group") return new GroupHandle(reached, HANDLES);
    if (object.kind === "datatype") return new NamedDatatypeHandle(reached, HANDLES);
    await sizeChunks(object);
    return new DatasetHandle(reached, HANDLES, await fillOutcome(object));
  },
};

/** The handle of an open file, whose root group is loaded. */
export function fileHandle(state: FileState, extras?: FileExtras): Hdf5File {
  let file = files.get(state);
  if (file === undefined) {
    const root = state.objects.get(state.superblock.rootAddress) as ObjectState; // loaded when the file was opened
    file = new FileHandle(state, new GroupHandle({ object: root, path: "/" }, HANDLES), HANDLES, extras);
    files.set(state, file);
  }
  return file;
}

/** Read a chunk index that is small or near. One that is damaged hides neither the dataset nor its sound chunks. */
async function sizeChunks(object: ObjectState): Promise<void> {
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

async function fillOutcome(object: ObjectState): Promise<FillOutcome> {
  const { fill, datatype } = object.dataset as DatasetState;
  if (fill.status === "undefined") return { value: undefined };
  try {
    return { value: await elementValue(object.file, fillBytes(object) ?? new Uint8Array(datatype.size), datatype) };
  } catch (error) {
    if (!isHdf5Error(error)) throw error;
    return { error };
  }
}
