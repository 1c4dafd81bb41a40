/**
 * Encodes the attribute message (type 0x000C); attribute.ts has its form. Version 3 (H5O_attr_ver_bounds, V18), or the
 * first that can hold it where the context asks for the oldest.
 */
import { ByteWriter } from "../../bytes/byte-writer.js";
import { Hdf5UsageError } from "../../errors.js";
import type { FormatContext } from "../context.js";
import { type Attribute, SHARED_DATATYPE } from "./attribute.js";
import { elementCount, encodeDataspace } from "./dataspace.js";
import { encodedDatatype } from "./datatype-encode.js";
import { encodeSharedMessage } from "./shared-message.js";

/**
 * Write an attribute; a committed datatype by the address of the object that holds it.
 * @throws Hdf5UsageError when a part does not fit its size field.
 */
export function encodeAttribute(out: ByteWriter, attribute: Attribute, ctx: FormatContext): void {
  const { nameBytes, charset, datatype, dataspace, data } = attribute;
  const { committed } = datatype;
  const type =
    committed === undefined
      ? encodedDatatype(datatype, ctx)
      : ByteWriter.encoded((part) => encodeSharedMessage(part, { kind: "committed", address: committed.address }, ctx));
  const space = ByteWriter.encoded((part) => encodeDataspace(part, dataspace, ctx));
  const expected = elementCount(dataspace) * datatype.size;
  if (data.length !== expected) throw new Hdf5UsageError("data", `are ${data.length} bytes`, `${expected}`);
  // H5A__set_version: shared parts came with version 2, character sets with version 3.
  const version = ctx.oldest !== true || charset !== "ascii" ? 3 : committed === undefined ? 1 : 2;
  out.u8(version).u8(committed === undefined ? 0 : SHARED_DATATYPE);
  out
    .u16(sized("name", nameBytes.length + 1))
    .u16(sized("datatype", type.length))
    .u16(sized("dataspace", space.length));
  if (version === 3) out.u8(charset === "ascii" ? 0 : 1);
  const part = (length: number): number => (version === 1 ? (8 - (length % 8)) % 8 : 0);
  out
    .put(nameBytes)
    .u8(0)
    .zeros(part(nameBytes.length + 1));
  out.put(type).zeros(part(type.length));
  out.put(space).zeros(part(space.length)).put(data);
}

function sized(part: string, length: number): number {
  if (length <= 0xffff) return length;
  throw new Hdf5UsageError(part, `of an attribute takes ${length} bytes`, "at most 65,535");
}
