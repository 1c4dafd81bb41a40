/**
 * Committed datatypes that datasets and attributes are of. Each of these counts like a link to the type (H5Oattribute.c:
 * H5O__attr_link; H5Dint.c: H5D__update_oh_info): where it is not counted, the type goes with its name.
 */
import { sameDatatype } from "../datatypes/datatype-facts.js";
import { Hdf5UsageError, isHdf5Error } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { loadAttributes } from "../model/load-attributes.js";
import { loadObject } from "../model/load-object.js";
import type { AttributeSlot, ObjectState } from "../model/state.js";
import type { WriteSession } from "./write-session.js";

/**
 * The type that something new is of, ready to be counted; undefined where it is not committed.
 * @throws Hdf5UsageError when it is not committed to this file.
 */
export async function committedType(session: WriteSession, datatype: Datatype): Promise<ObjectState | undefined> {
  if (datatype.committed === undefined) return undefined;
  const { address, file } = datatype.committed;
  const isElsewhere = file !== undefined && file !== session.file.name;
  const type = isElsewhere ? undefined : await readable(session, address);
  // Only the address tells: that of another file's type may be one of anything here.
  if (type?.datatype === undefined || !sameDatatype(type.datatype, datatype)) {
    throw new Hdf5UsageError(
      "datatype",
      "is committed to another file",
      "a type of this file, or a copy without `committed`",
    );
  }
  await session.edit(type);
  return type;
}

/** The committed type of an attribute. */
export function committedOf(slot: AttributeSlot | undefined): Datatype["committed"] {
  return slot === undefined || "error" in slot ? undefined : slot.datatype.committed;
}

/**
 * An attribute is no longer of its type. The last that is counted stays: it may be the type's name, and the attribute of
 * a writer that did not count it.
 */
export async function attributeLeft(session: WriteSession, committed: Datatype["committed"]): Promise<void> {
  const type = committed && (await readable(session, committed.address));
  if (type === undefined || type.deleted || type.kind !== "datatype" || type.linkCount <= 1) return;
  type.linkCount--;
  await session.edit(type);
}

/** An object goes with its attributes. What of them cannot be read is counted for good. */
export async function attributesLeft(session: WriteSession, object: ObjectState): Promise<void> {
  let slots: Iterable<AttributeSlot>;
  try {
    slots = (await loadAttributes(object)).values();
  } catch (error) {
    if (!isHdf5Error(error, "format")) throw error;
    return;
  }
  for (const slot of slots) await attributeLeft(session, committedOf(slot));
}

/** An object of the file; undefined: it is damaged, or none. */
export async function readable(session: WriteSession, address: number): Promise<ObjectState | undefined> {
  try {
    return await loadObject(session.file, address);
  } catch (error) {
    if (!isHdf5Error(error, "format")) throw error;
    return undefined;
  }
}
