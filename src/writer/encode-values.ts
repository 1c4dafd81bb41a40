/**
 * Values in the stored form of the file that is written: with what only the file knows, and the objects that references
 * lead to.
 */
import { hasHeapReferences } from "../datatypes/datatype-facts.js";
import { type DatatypeInput, datatypeOf, withAddressSize } from "../datatypes/datatype-input.js";
import { encodeElements } from "../datatypes/encode.js";
import type { WriteData } from "../datatypes/values.js";
import { Hdf5UsageError, quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { WriteSession } from "./write-session.js";

/** Stored elements, and their shape. */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly shape: readonly number[];
}

/**
 * Encode data as elements of a datatype of the file.
 * @param shape of the elements; undefined: that of the data.
 * @throws what `encodeElements` throws, before anything is put into the heap.
 */
export async function encodeValues(
  session: WriteSession,
  data: WriteData,
  datatype: Datatype,
  shape: readonly number[] | undefined,
): Promise<Encoded> {
  const encoded = encodedAtOnce(session, data, datatype, shape);
  if (encoded !== undefined) return encoded;
  const options = await (await import("./seldom.js")).referenceOptions(session.file, data, datatype, shape);
  return encodeElements(data, datatype, shape, session.heaps, options);
}

/** As `encodeValues`, for elements that name no objects whose headers had to be looked at. */
export function encodedAtOnce(
  session: WriteSession,
  data: WriteData,
  datatype: Datatype,
  shape: readonly number[] | undefined,
): Encoded | undefined {
  if (hasHeapReferences(datatype)) return undefined;
  return encodeElements(data, datatype, shape, session.heaps, session.encoding);
}

/**
 * The datatype that a new object gets: elements that hold addresses are laid out for those of the file.
 * @throws Hdf5UsageError when the format that was asked for does not have it.
 */
export function newType(session: WriteSession, input: DatatypeInput): Datatype {
  const given = datatypeOf(input);
  if (given.committed !== undefined) return given;
  const datatype = withAddressSize(given, session.context.sizeOfOffsets);
  if (!session.complexNumbers && hasComplex(datatype)) {
    throw new Hdf5UsageError(
      "datatype",
      "is a complex number of class 11, which HDF5 before 2.0 cannot read",
      `${quote("complex64")} or ${quote("complex128")}, or libver: ${quote("latest")}`,
    );
  }
  return datatype;
}

function hasComplex(datatype: Datatype): boolean {
  switch (datatype.kind) {
    case "complex":
      return true;
    case "array":
    case "vlen":
      return hasComplex(datatype.base);
    case "compound":
      return datatype.members.some((member) => hasComplex(member.datatype));
    default:
      return false;
  }
}
