/// <reference lib="esnext.disposable" preserve="true" />
/**
 * `h5ts/testing`: files, damaged files and media that fail, for tests of whatever reads or writes HDF5.
 *
 * The arbitraries need fast-check, an optional peer dependency. Like `h5ts/format`, what is here may change with any version.
 */
export { recording } from "../drivers/index.js";
export { dataspace, datatype } from "./datatypes.js";
export { type Faults, faulty } from "./faulty.js";
export { type FileMap, type MappedData, type MappedField, type MappedStructure, mapFile } from "./file-map.js";
export { type ArbitraryFile, file } from "./files.js";
export { applyEdits, type Edit, type Mutation, mutate, mutator } from "./mutate.js";
export { selectionOf } from "./selections.js";
export { type Content, content, name, storage, type TreeNode, tree } from "./tree.js";
export { writeTree } from "./write-tree.js";
