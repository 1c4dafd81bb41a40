/** Elements that come in the stored form of this file: copies of what another file holds. */
import type { HeapSink } from "../datatypes/encode.js";
import { shapeOf } from "../format/messages/dataspace.js";
import { linkKey } from "../format/messages/link.js";
import type { DatasetState, ObjectState } from "../model/state.js";
import type { StoredAttribute, StoredChunkBytes, WriteCall } from "../model/writer-contract.js";
import { resolveSelection, type SelectionInput } from "../selection/selection.js";
import { putAttribute } from "./attributes.js";
import { ChunkStore } from "./chunk-store.js";
import { encodeAttributeBody } from "./member-sources.js";
import { writeElements } from "./raw-write.js";
import type { WriteSession } from "./write-session.js";
import { WrittenAttribute } from "./written-attribute.js";

/** Write stored elements into a selection of a dataset. */
export async function writeStoredElements(
  session: WriteSession,
  object: ObjectState,
  encode: (heaps: HeapSink) => Uint8Array,
  input: SelectionInput | undefined,
  options: WriteCall = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  const { dataspace } = object.dataset as DatasetState; // asked for datasets only
  const selection = resolveSelection(input, shapeOf(dataspace), { forWrite: true });
  await writeElements(session, object, encode(session.heaps), selection, {
    onProgress: options.onProgress,
    path: options.path,
  });
}

/** Store a chunk as it is. */
export async function putChunk(session: WriteSession, object: ObjectState, chunk: StoredChunkBytes): Promise<void> {
  await session.edit(object);
  await (await ChunkStore.of(session, object)).put(chunk);
}

/** Set an attribute whose elements are in stored form. */
export async function setStoredAttribute(
  session: WriteSession,
  object: ObjectState,
  { encode, ...described }: StoredAttribute,
): Promise<void> {
  const record = await session.edit(object);
  const data = encode(session.heaps);
  const body = encodeAttributeBody({ ...described, data }, session.context, record.holdsLargeAttributes);
  const attribute = { ...described, creationOrder: described.creationOrder };
  await putAttribute(session, object, record, new WrittenAttribute(linkKey(described.nameBytes), attribute, body));
}
