/** Elements that come in the stored form of this file: copies of what another file holds. */
import { ByteWriter } from "../bytes/byte-writer.js";
import type { HeapSink } from "../datatypes/encode.js";
import { Hdf5UnsupportedError, quote } from "../errors.js";
import { type Attribute, encodeAttribute } from "../format/messages/attribute.js";
import { shapeOf } from "../format/messages/dataspace.js";
import type { DatasetState, ObjectState } from "../model/state.js";
import type { StoredAttribute, WriteOptions } from "../model/writer-contract.js";
import { resolveSelection, type SelectionInput } from "../selection/selection.js";
import { addAttribute } from "./attributes.js";
import { MAX_MESSAGE } from "./object-record.js";
import { writeElements } from "./raw-write.js";
import type { WriteSession } from "./write-session.js";

/** Write stored elements into a selection of a dataset. */
export async function writeStoredElements(
  session: WriteSession,
  object: ObjectState,
  encode: (heaps: HeapSink) => Uint8Array,
  input: SelectionInput | undefined,
  options: WriteOptions = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  const { dataspace } = object.dataset as DatasetState; // asked for datasets only
  const selection = resolveSelection(input, shapeOf(dataspace), { forWrite: true });
  await writeElements(session, object, encode(session.heaps), selection, { onProgress: options.onProgress });
}

/** Set an attribute whose elements are in stored form. */
export async function setStoredAttribute(
  session: WriteSession,
  object: ObjectState,
  { encode, ...described }: StoredAttribute,
): Promise<void> {
  const record = await session.edit(object);
  const data = encode(session.heaps);
  const attribute: Attribute = { ...described, data, creationOrder: undefined };
  const out = new ByteWriter(64 + data.length);
  encodeAttribute(out, attribute, session.context);
  const body = out.bytes();
  if (body.length > MAX_MESSAGE) {
    throw new Hdf5UnsupportedError(
      `attributes of more than 64 KiB (${quote(described.name)} takes ${body.length} bytes)`,
    );
  }
  addAttribute(object, record, { attribute, body });
}
