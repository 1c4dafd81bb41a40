/** What references name in the heap: told to the encoder of values that hold some. Loaded when there are any. */
import { ByteWriter } from "../bytes/byte-writer.js";
import { type EncodeOptions, encodeElements, type HeapSink } from "../datatypes/encode.js";
import type { Reference, WriteData } from "../datatypes/values.js";
import { Hdf5UsageError } from "../errors.js";
import { storedAddressIn } from "../format/context.js";
import { shapeOf } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import { encodeRegionObject, encodeRevisedObject } from "../model/heap-references.js";
import { loadObject } from "../model/load-object.js";
import type { FileState } from "../model/state.js";

/** A first encoding, from which only the references are learnt. */
const NOWHERE: HeapSink = /* @__PURE__ */ Object.freeze({ put: () => ({ collection: 0, index: 0 }) });

/**
 * How data are encoded, after the ranks of the datasets of which revised references take all were looked up.
 * @throws what `encodeElements` throws for the data.
 */
export async function referenceOptions(
  file: FileState,
  data: WriteData,
  datatype: Datatype,
  shape: readonly number[] | undefined,
): Promise<EncodeOptions> {
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
  return optionsFor(file, (address) => ranks.get(address));
}

function optionsFor(file: FileState, rankOf: (address: number) => number | undefined): EncodeOptions {
  const { sizeOfOffsets, windows } = file.context;
  return {
    sizeOfOffsets,
    storedAddress: storedAddressIn(file.context),
    fileName: file.name,
    region: (reference) => {
      const out = new ByteWriter();
      encodeRegionObject(out, reference, sizeOfOffsets, windows);
      return out.bytes();
    },
    revised: (reference) => {
      const out = new ByteWriter();
      encodeRevisedObject(out, reference, sizeOfOffsets, rankFor(reference, rankOf), windows);
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
