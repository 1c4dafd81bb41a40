/** Elements as they are stored. */
import { Hdf5UsageError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { type Column, CompoundColumns } from "./compound-columns.js";
import type { Decoding } from "./decode-options.js";
import { copyOf, handOut, sequenceBytes } from "./decode-strings.js";
import { gatherMember } from "./gather-members.js";
import { listOf, shaped } from "./shaped.js";
import type { ReadResult, VlenElement } from "./values.js";

/** Stored bytes. With `fields`: members one by one, and variable-length ones as what lies in the heap. */
export function rawElements(
  decoding: Decoding,
  bytes: Uint8Array,
  datatype: Datatype,
  shape: readonly number[],
): ReadResult {
  const { options } = decoding;
  if (options.as !== undefined || options.into !== undefined) {
    throw new Hdf5UsageError("raw", "is given beside as or into", "one of them");
  }
  if (options.fields === undefined) {
    return { kind: "bytes", ...shaped(handOut(decoding, bytes), shape, [datatype.size]) };
  }
  return rawColumn(decoding, bytes, datatype, shape);
}

function rawColumn(decoding: Decoding, bytes: Uint8Array, datatype: Datatype, shape: readonly number[]): ReadResult {
  const count = bytes.length / datatype.size;
  if (datatype.kind === "vlen" || (datatype.kind === "string" && datatype.length === "variable")) {
    const itemSize = datatype.kind === "vlen" ? datatype.base.size : 1;
    const data = listOf(count, (i) => {
      const object = sequenceBytes(decoding, bytes, i, datatype.size, itemSize);
      return copyOf(object, 0, object.length);
    });
    return { kind: "vlen", ...shaped<VlenElement[]>(data, shape, []) };
  }
  if (datatype.kind !== "compound") {
    return { kind: "bytes", ...shaped(handOut(decoding, bytes), shape, [datatype.size]) };
  }
  const columns = new Map<string, Column>();
  for (const { name, offset, datatype: member } of datatype.members) {
    const stored = gatherMember(bytes, datatype.size, offset, member.size);
    const result = rawColumn({ ...decoding, mayView: true }, stored, member, shape);
    const as: Column["as"] = (wanted) => {
      throw new Hdf5UsageError("as", `asks for ${wanted} of stored bytes`, "a read without raw");
    };
    const plain: Datatype = Object.freeze({ kind: "opaque", size: member.size, tag: "" });
    const shown = result.kind === "compound" ? member : plain;
    columns.set(name, { name, datatype: shown, result, as });
  }
  return { kind: "compound", ...shaped(new CompoundColumns(count, columns), shape, []) };
}
