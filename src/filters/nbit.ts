/**
 * N-bit (filter 5): what is stored of a datatype. Spec: IV.A.2.l; H5Znbit.c: H5Z__set_local_nbit.
 * The client data values describe the datatype, since the codec sees nothing else:
 *
 *   number of values | 1 if nothing is packed | elements in a chunk | description of the element
 *   number:    1, size, order (0 LE, 1 BE), precision, offset
 *   array:     2, size, description of the base
 *   compound:  3, size, number of members | per member: offset, description
 *   other:     4, size    all bits are kept; no description where it is the element itself
 */
import { Hdf5UsageError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { FilterName } from "./fault.js";

/** How errors call the filter. */
export const NBIT_NAME: FilterName = /* @__PURE__ */ Object.freeze({ id: 5, name: "nbit" }); // H5Z_FILTER_NBIT

/** Classes of a description. */
export const NBIT_CLASS = { number: 1, array: 2, compound: 3, other: 4 } as const; // H5Z_NBIT_ATOMIC …

const MAX_VALUES = 4096; // H5Z_NBIT_MAX_NPARMS

/**
 * The client data values for a dataset.
 * @throws Hdf5UsageError for a datatype that cannot be described: numbers in VAX order, or too many members.
 */
export function configureNbit(
  _values: readonly number[],
  dataset: { readonly datatype: Datatype; readonly chunkShape: readonly number[] },
): readonly number[] {
  const { datatype, chunkShape } = dataset;
  // Of other datatypes than these nothing is said at the top (H5Z__set_local_nbit).
  const description = ["integer", "float", "array", "compound"].includes(datatype.kind) ? describe(datatype) : [];
  if (description.length + 3 > MAX_VALUES) {
    throw new Hdf5UsageError("filters", `needs ${description.length + 3} values for n-bit`, `at most ${MAX_VALUES}`);
  }
  const elements = chunkShape.reduce((product, extent) => product * extent, 1);
  return [description.length + 3, isPacked(datatype) ? 0 : 1, elements, ...description];
}

/** Has the datatype bits that are not stored? */
function isPacked(datatype: Datatype): boolean {
  switch (datatype.kind) {
    case "integer":
    case "float":
      return datatype.precision !== datatype.size * 8 || datatype.offset !== 0;
    case "array":
      return isPacked(datatype.base);
    case "compound":
      return datatype.members.some((member) => isPacked(member.datatype));
    default:
      return false;
  }
}

function describe(datatype: Datatype): number[] {
  const { size } = datatype;
  switch (datatype.kind) {
    case "integer":
    case "float": {
      if (datatype.order === "vax") throw new Hdf5UsageError("filters", "has n-bit for a VAX float", "no n-bit");
      return [NBIT_CLASS.number, size, datatype.order === "be" ? 1 : 0, datatype.precision, datatype.offset];
    }
    case "array":
      return [NBIT_CLASS.array, size, ...describe(datatype.base)];
    case "compound":
      return [
        NBIT_CLASS.compound,
        size,
        datatype.members.length,
        ...datatype.members.flatMap((member) => [member.offset, ...describe(member.datatype)]),
      ];
    default:
      return [NBIT_CLASS.other, size];
  }
}
