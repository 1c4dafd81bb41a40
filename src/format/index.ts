/**
 * `h5ts/format`: codecs of the structures in an HDF5 file, for tools that look at bytes.
 *
 * **Unstable**: names and signatures change with any version. What users need is in `h5ts`.
 */
export { ByteWriter } from "../bytes/byte-writer.js";
export { fletcher32, lookup3 } from "../bytes/checksum.js";
export { Cursor } from "../bytes/cursor.js";
export * from "./attributes.js";
export * from "./btree-v1.js";
export * from "./btree-v2.js";
export * from "./byte-source.js";
export * from "./cache-image.js";
export * from "./chunk-index/array-element.js";
export * from "./chunk-index/btree-v1.js";
export * from "./chunk-index/btree-v2.js";
export * from "./chunk-index/chunk-record.js";
export * from "./chunk-index/extensible-array.js";
export * from "./chunk-index/fixed-array.js";
export * from "./chunk-index/implicit.js";
export * from "./chunk-index/index.js";
export * from "./chunk-index/single.js";
export * from "./context.js";
export * from "./dense-attributes.js";
export * from "./dense-links.js";
export * from "./fractal-heap.js";
export * from "./free-space-manager.js";
export * from "./global-heap.js";
export * from "./group-links.js";
export * from "./local-heap.js";
export * from "./messages/attribute.js";
export * from "./messages/attribute-info.js";
export * from "./messages/btree-k.js";
export * from "./messages/cache-image.js";
export * from "./messages/continuation.js";
export {
  type ChunkIndex,
  type DataLayout,
  decodeDataLayout,
} from "./messages/data-layout.js";
export { encodeDataLayout } from "./messages/data-layout-encode.js";
export * from "./messages/dataspace.js";
export * from "./messages/datatype.js";
export * from "./messages/driver-info.js";
export * from "./messages/external-files.js";
export * from "./messages/file-space-info.js";
export * from "./messages/fill-value.js";
export * from "./messages/filter-pipeline.js";
export * from "./messages/group-info.js";
export * from "./messages/link.js";
export * from "./messages/link-info.js";
export * from "./messages/message-types.js";
export * from "./messages/modification-time.js";
export * from "./messages/object-comment.js";
export * from "./messages/reference-count.js";
export * from "./messages/shared-message.js";
export * from "./messages/shared-message-table.js";
export * from "./messages/symbol-table.js";
export * from "./metadata-checksum.js";
export * from "./object-header.js";
export { denseStorage, newerChunkIndexes, type Rare } from "./rare.js";
export * from "./shared-message-table.js";
export * from "./superblock.js";
export * from "./symbol-table-node.js";
