/**
 * Values in the stored form of the file that is written: with what only the file knows, and the objects that references
 * lead to.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { hasHeapReferences } from "../datatypes/datatype-facts.js";
import type { DatatypeInput } from "../datatypes/datatype-input.js";
import { datatypeOf, withAddressSize } from "../datatypes/datatype-input.js";
import { type EncodeOptions, encodeElements, type HeapSink } from "../datatypes/encode.js";
import type { Reference, WriteData } from "../datatypes/values.js";
import { Hdf5UsageError, quote } from "../errors.js";
import { shapeOf } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import { encodeRegionObject, encodeRevisedObject } from "../model/heap-references.js";
import { loadObject } from "../model/load-object.js";
import type { FileState } from "../model/state.js";
import type { WriteSession } from "./write-session.js";

/** A first encoding, from which only the references are learnt. */
const NOWHERE: HeapSink = { put: () => ({ collection: 0, index: 0 }) };

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
): Promise<{ readonly bytes: Uint8Array; readonly shape: readonly number[] }> {
  const ranks = hasHeapReferences(datatype) ? await ranksOf(session.file, data, datatype, shape) : undefined;
  return encodeElements(
    data,
    datatype,
    shape,
    session.heaps,
    optionsFor(session.file, (address) => ranks?.get(address)),
  );
}

function optionsFor(file: FileState, rankOf: (address: number) => number | undefined): EncodeOptions {
  const { sizeOfOffsets } = file.context;
  return {
    sizeOfOffsets,
    fileName: file.name,
    region: (reference) => {
      const out = new ByteWriter();
      encodeRegionObject(out, reference, sizeOfOffsets);
      return out.bytes();
    },
    revised: (reference) => {
      const out = new ByteWriter();
      encodeRevisedObject(out, reference, sizeOfOffsets, rankFor(reference, rankOf));
      return out.bytes();
    },
  };
}

/** A region keeps the rank of its dataset; "all" and "none" do not say it. */
function rankFor(reference: Reference, rankOf: (address: number) => number | undefined): number {
  if (reference.kind !== "region-reference") return 0;
  const rank = reference.selection.rank ?? (reference.file === undefined ? rankOf(reference.address) : undefined);
  if (rank !== undefined) return rank;
  throw new Hdf5UsageError(
    "data",
    "refers to all of a dataset of unknown rank in another file",
    "a selection with a rank",
  );
}

/** Ranks of the datasets of which revised references take all. */
async function ranksOf(
  file: FileState,
  data: WriteData,
  datatype: Datatype,
  shape: readonly number[] | undefined,
): Promise<ReadonlyMap<number, number>> {
  const ranks = new Map<number, number>();
  const note = (address: number): number => {
    ranks.set(address, 0);
    return 0;
  };
  encodeElements(data, datatype, shape, NOWHERE, optionsFor(file, note));
  for (const address of ranks.keys()) {
    const { kind, dataset } = await loadObject(file, address);
    if (dataset === undefined) throw new Hdf5UsageError("data", `has a region of a ${kind}`, "regions of datasets");
    ranks.set(address, shapeOf(dataset.dataspace).length);
  }
  return ranks;
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
