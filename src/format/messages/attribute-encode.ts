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

/** An attribute to be written. */
export interface NewAttribute extends Omit<Attribute, "nameBytes" | "creationOrder"> {
  /** Absent: the name is ASCII. */
  readonly nameBytes?: Uint8Array | undefined;
}

/**
 * Write an attribute; a committed datatype by the address of the object that holds it. The elements come last.
 * @throws Hdf5UsageError when a part does not fit its size field.
 */
export function encodeAttribute(out: ByteWriter, attribute: NewAttribute, ctx: FormatContext): void {
  const { name, nameBytes, charset, datatype, dataspace, data } = attribute;
  const { committed } = datatype;
  const type =
    committed === undefined
      ? encodedDatatype(datatype, ctx)
      : ByteWriter.encoded((part) => encodeSharedMessage(part, { kind: "committed", address: committed.address }, ctx));
  const expected = elementCount(dataspace) * datatype.size;
  if (data.length !== expected) throw new Hdf5UsageError("data", `are ${data.length} bytes`, `${expected}`);
  // H5A__set_version: shared parts came with version 2, character sets with version 3.
  const version = ctx.oldest !== true || charset !== "ascii" ? 3 : committed === undefined ? 1 : 2;
  const nameSize = (nameBytes ?? name).length + 1;
  const start = out.length;
  out.u8(version).u8(committed === undefined ? 0 : SHARED_DATATYPE);
  out.u16(sized("name", nameSize)).u16(sized("datatype", type.length)).u16(0);
  if (version === 3) out.u8(charset === "ascii" ? 0 : 1);
  if (nameBytes === undefined) out.ascii(name);
  else out.put(nameBytes);
  out.u8(0).zeros(padding(version, nameSize));
  out.put(type).zeros(padding(version, type.length));
  const before = out.length;
  encodeDataspace(out, dataspace, ctx);
  const spaceSize = out.length - before;
  out.patch16(start + SPACE_SIZE_AT, sized("dataspace", spaceSize));
  out.zeros(padding(version, spaceSize)).put(data);
}

/** Where the size of the dataspace stands. */
const SPACE_SIZE_AT = 6;

function padding(version: number, length: number): number {
  return version === 1 ? (8 - (length % 8)) % 8 : 0;
}

function sized(part: string, length: number): number {
  if (length <= 0xffff) return length;
  throw new Hdf5UsageError(part, `of an attribute takes ${length} bytes`, "at most 65,535");
}
