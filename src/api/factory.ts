/** Makes the handles of files and objects. One file has one handle; objects get a new one each time they are asked for. */
import type { FileState, ObjectState } from "../model/state.js";
import { DatasetHandle } from "./dataset.js";
import { values } from "./element-source.js";
import { type FileExtras, FileHandle } from "./file.js";
import { GroupHandle } from "./group.js";
import type { HandleFactory } from "./handles.js";
import { NamedDatatypeHandle } from "./named-datatype.js";
import type { Hdf5File } from "./types.js";

const files = /* @__PURE__ */ new WeakMap<FileState, Hdf5File>();

export const HANDLES: HandleFactory = {
  file: (state) => fileHandle(state),
  objectAtOnce(reached) {
    const { object } = reached;
    if (object.kind === "group") return new GroupHandle(reached, HANDLES);
    if (object.kind === "datatype") return new NamedDatatypeHandle(reached, HANDLES);
    const fill = values.loaded?.fillAtOnce(object);
    return fill && new DatasetHandle(reached, HANDLES, fill);
  },
  async object(reached) {
    const { object } = reached;
    const made = HANDLES.objectAtOnce(reached);
    if (made !== undefined) return made;
    const { fillOutcome, loadSources, sizeChunks } = await values.load();
    await sizeChunks(object);
    await loadSources(reached);
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
