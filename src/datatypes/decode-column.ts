/** Elements of one datatype that follow each other, to one result. Compounds go through here member by member. */
import { Hdf5UnsupportedError, Hdf5UsageError, Hdf5ValueError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { type Column, CompoundColumns } from "./compound-columns.js";
import { complexParts } from "./datatype-facts.js";
import { decodeNumbers, isNumeric, type NumberOptions } from "./decode-numbers.js";
import type { DecodeOptions, Decoding } from "./decode-options.js";
import { decodeReferences } from "./decode-references.js";
import { decodeStrings, handOut, sequenceBytes, stringBytes } from "./decode-strings.js";
import { describe } from "./describe.js";
import { gatherMember, gatherParts } from "./gather-members.js";
import { listOf, shaped } from "./shaped.js";
import type { ReadResult, VlenElement } from "./values.js";

/** The elements behind `shape`, `byFields`: complex numbers as compounds. */
export function decodeColumn(
  decoding: Decoding,
  bytes: Uint8Array,
  datatype: Datatype,
  shape: readonly number[],
  byFields: boolean,
  own: readonly number[] = [],
  perElement: number = 1,
): ReadResult {
  const count = bytes.length / datatype.size;
  if (isNumeric(datatype)) {
    const { kind, data } = decodeNumbers(bytes, datatype, count, numberOptions(decoding, perElement));
    return { kind, ...shaped(data, shape, own) } as ReadResult; // kind and data come together
  }
  switch (datatype.kind) {
    case "opaque":
    case "bitfield":
      return { kind: "bytes", ...shaped(handOut(decoding, bytes), shape, [...own, datatype.size]) };
    case "string":
      if (decoding.options.strings === "bytes") {
        const data = listOf(count, stringBytes(decoding, bytes, datatype));
        return { kind: "vlen", ...shaped<VlenElement[]>(data, shape, own) };
      }
      return { kind: "string", ...shaped(decodeStrings(decoding, bytes, datatype, count), shape, own) };
    case "reference": {
      const data = decodeReferences(bytes, datatype, count, decoding.heap, decoding.options);
      return { kind: "reference", ...shaped(data, shape, own) };
    }
    case "array": {
      const inner = perElement * (datatype.size / datatype.base.size);
      return decodeColumn(decoding, bytes, datatype.base, shape, byFields, [...own, ...datatype.shape], inner);
    }
    case "vlen":
      return { kind: "vlen", ...shaped(decodeSequences(decoding, bytes, datatype, byFields, perElement), shape, own) };
    default:
  }
  const parts = byFields ? undefined : complexParts(datatype);
  if (parts !== undefined) {
    const floats = gatherParts(bytes, datatype.size, parts);
    // Two parts, so twice as many numbers per element.
    const { kind, data } = decodeNumbers(floats, parts.part, 2 * count, numberOptions(decoding, 2 * perElement));
    return { kind, ...shaped(data, shape, [...own, 2]) } as ReadResult; // floats are of kind "number"
  }
  if (datatype.kind !== "compound") throw new Hdf5UnsupportedError(`elements of kind ${datatype.kind}`);
  const data = decodeCompounds(decoding, bytes, datatype, [...shape, ...own], perElement);
  return { kind: "compound", ...shaped(data, shape, own) };
}

function numberOptions({ options, mayView }: Decoding, perElement: number): NumberOptions {
  return { int64: options.int64, mayView, perElement };
}

function decodeSequences(
  decoding: Decoding,
  bytes: Uint8Array,
  datatype: Datatype & { readonly kind: "vlen" },
  byFields: boolean,
  perElement: number,
): VlenElement[] {
  const { base, size } = datatype;
  const inner: Decoding = { ...decoding, mayView: false };
  return listOf(bytes.length / size, (i) => {
    const items = sequenceBytes(decoding, bytes, i, size, base.size);
    try {
      // Flat: the shape is of no interest.
      return decodeColumn(inner, items, base, [items.length / base.size], byFields).data;
    } catch (error) {
      // The element of the outer data is what does not fit.
      if (error instanceof Hdf5ValueError)
        throw new Hdf5ValueError(Math.floor(i / perElement), error.message, { cause: error });
      throw error;
    }
  });
}

function decodeCompounds(
  decoding: Decoding,
  bytes: Uint8Array,
  datatype: Datatype & { readonly kind: "compound" },
  shape: readonly number[],
  perElement: number,
): CompoundColumns {
  const columns = new Map<string, Column>();
  for (const { name, offset, datatype: member } of datatype.members) {
    if (columns.has(name)) continue;
    const stored = gatherMember(bytes, datatype.size, offset, member.size);
    // What is gathered belongs to the column alone, unless it is decoded a second time.
    const result = decodeColumn({ ...decoding, mayView: true }, stored, member, shape, false, [], perElement);
    columns.set(name, { name, datatype: member, result, as: columnAs(decoding, stored, member, result, shape) });
  }
  return new CompoundColumns(bytes.length / datatype.size, columns);
}

/** A column as another type: from the stored bytes, because decoded ones may be rounded. */
function columnAs(
  decoding: Decoding,
  stored: Uint8Array,
  datatype: Datatype,
  result: ReadResult,
  shape: readonly number[],
): Column["as"] {
  if (result.kind === "string" || result.kind === "vlen" || result.kind === "reference") {
    // Nothing more is taken from the heap.
    return (as) => {
      if (as === "string" && result.kind === "string") return result;
      throw new Hdf5UsageError("as", `asks for ${as} of ${describe(datatype)}`, "what the column holds");
    };
  }
  const options: DecodeOptions = { ...decoding.options, into: undefined, fields: undefined };
  return (as) =>
    decoding.convert({ ...decoding, options: { ...options, as }, mayView: false }, stored, datatype, shape);
}
