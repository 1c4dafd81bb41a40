/**
 * Encodes the datatype message (type 0x0003); datatype.ts has its form. Writes what libhdf5 writes for the low bound 1.8
 * (H5O_dtype_ver_bounds, H5T.c: H5T__upgrade_version): version 3 for compounds, arrays and enumerations, 1 for the rest,
 * and more only where the type needs it: 3 for VAX order, 4 for revised references, 5 for complex numbers, and as much
 * for what holds such a type. Where the context asks for the oldest, compounds and enumerations are version 1, arrays and
 * what holds them 2.
 */
import { ByteWriter } from "../../bytes/byte-writer.js";
import { Hdf5UsageError } from "../../errors.js";
import type { VersionChoice } from "../context.js";
import { decodeText, encodeText } from "../text.js";
import {
  type BitLayout,
  bytesFor,
  CHARACTER,
  CHARSETS,
  CLASS,
  type Datatype,
  type Kind,
  MEMBER_SHAPE_1,
  type MemberName,
  NORMALIZATIONS,
  PADDINGS,
  REFERENCE_ENCODING,
  REFERENCES,
  SEQUENCE,
  STRING,
  VAX_BIT,
} from "./datatype.js";

function encodeInteger(out: ByteWriter, value: number | bigint, base: Kind<"integer">): void {
  let rest = BigInt.asUintN(base.precision, BigInt(value)) << BigInt(base.offset);
  const bytes = new Uint8Array(base.size);
  for (let i = 0; i < bytes.length; i++, rest >>= 8n) {
    bytes[base.order === "be" ? bytes.length - 1 - i : i] = Number(rest & 0xffn);
  }
  out.put(bytes);
}

/** The version the type is written with. Arrays came with version 2, packed names with version 3. */
function versionOf(datatype: Datatype, oldest: boolean): number {
  const least = oldest ? 1 : 3;
  switch (datatype.kind) {
    case "compound":
      return datatype.members.reduce((version, member) => Math.max(version, versionOf(member.datatype, oldest)), least);
    case "array":
      return Math.max(2, least, versionOf(datatype.base, oldest));
    case "enum":
      return Math.max(least, versionOf(datatype.base, oldest));
    case "vlen":
      return versionOf(datatype.base, oldest);
    case "complex":
      return 5;
    case "reference":
      return datatype.revised ? 4 : 1;
    case "float":
      return datatype.order === "vax" ? 3 : 1;
    default:
      return 1;
  }
}

/** Encodings of types that cannot change: most attributes of a file have one of a few types. */
const encodings = /* @__PURE__ */ new WeakMap<Datatype, Uint8Array>();
const oldestEncodings = /* @__PURE__ */ new WeakMap<Datatype, Uint8Array>();

/**
 * The message of the type itself, whether or not it is committed; not to be changed.
 * @throws Hdf5UsageError when a field does not fit: more than 65,535 members, a tag of more than 248 bytes.
 */
export function encodedDatatype(datatype: Datatype, versions: VersionChoice = {}): Uint8Array {
  const known = versions.oldest === true ? oldestEncodings : encodings;
  const before = known.get(datatype);
  if (before !== undefined) return before;
  const bytes = ByteWriter.encoded((out) => encodeDatatype(out, datatype, versions));
  if (Object.isFrozen(datatype)) known.set(datatype, bytes);
  return bytes;
}

/** Write the same. */
export function encodeDatatype(out: ByteWriter, datatype: Datatype, versions: VersionChoice = {}): void {
  const { size } = datatype;
  const version = versionOf(datatype, versions.oldest === true);
  const properties = new ByteWriter();
  const [number, bits] = encodeClass(properties, datatype, version, versions);
  out
    .u8(number | (version << 4))
    .u24(bits)
    .u32(size)
    .put(properties.written());
}

/** Write the properties. @returns class number and class bits. */
function encodeClass(
  out: ByteWriter,
  datatype: Datatype,
  version: number,
  versions: VersionChoice,
): readonly [number: number, bits: number] {
  switch (datatype.kind) {
    case "integer":
      out.u16(datatype.offset).u16(datatype.precision);
      return [CLASS.integer, layoutBits(datatype) | (datatype.signed ? 8 : 0)];
    case "bitfield":
      out.u16(datatype.offset).u16(datatype.precision);
      return [CLASS.bitfield, layoutBits(datatype)];
    case "float":
      return [CLASS.float, encodeFloat(out, datatype)];
    case "time":
      out.u16(datatype.precision);
      return [CLASS.time, datatype.order === "be" ? 1 : 0];
    case "string": {
      const padding = PADDINGS.indexOf(datatype.padding);
      const set = CHARSETS.indexOf(datatype.charset);
      if (datatype.length !== "variable") return [CLASS.string, padding | (set << 4)];
      encodeDatatype(out, CHARACTER);
      return [CLASS.vlen, STRING | (padding << 4) | (set << 8)];
    }
    case "opaque": {
      const tag = bytesOfText(datatype.tag, datatype.tagLatin1);
      const length = Math.ceil(tag.length / 8) * 8;
      if (length > 248) throw new Hdf5UsageError("tag", `takes ${tag.length} bytes`, "at most 248"); // H5T_OPAQUE_TAG_MAX
      out.put(tag).zeros(length - tag.length);
      return [CLASS.opaque, length];
    }
    case "compound": {
      const width = version < 3 ? 4 : bytesFor(datatype.size);
      for (const member of datatype.members) {
        encodeName(out, member, version);
        out.uint(member.offset, width);
        if (version === 1) out.zeros(MEMBER_SHAPE_1);
        encodeDatatype(out, member.datatype, versions);
      }
      return [CLASS.compound, memberCount(datatype.members)];
    }
    case "reference": {
      const type = REFERENCES.findIndex(({ to, revised }) => to === datatype.to && revised === datatype.revised);
      if (type < 0) throw new Hdf5UsageError("datatype", "is an old reference to an attribute", "a revised one");
      return [CLASS.reference, type | (datatype.revised ? REFERENCE_ENCODING << 4 : 0)];
    }
    case "enum": {
      const { base, members } = datatype;
      encodeDatatype(out, base, versions);
      if (base.kind !== "integer") throw new Hdf5UsageError("base", `is of kind ${base.kind}`, "an integer type");
      for (const member of members) encodeName(out, member, version);
      for (const { value } of members) encodeInteger(out, value, base);
      return [CLASS.enum, memberCount(members)];
    }
    case "vlen":
      encodeDatatype(out, datatype.base, versions);
      return [CLASS.vlen, SEQUENCE];
    case "array":
      out.u8(datatype.shape.length);
      if (version < 3) out.zeros(3);
      for (const length of datatype.shape) out.u32(length);
      if (version < 3) for (const d of datatype.shape.keys()) out.u32(d); // permutation
      encodeDatatype(out, datatype.base, versions);
      return [CLASS.array, 0];
    case "complex":
      encodeDatatype(out, datatype.base);
      return [CLASS.complex, 1];
    default:
      return datatype satisfies never;
  }
}

function layoutBits({ order, padding: [low, high] }: BitLayout): number {
  return (order === "be" ? 1 : 0) | (low << 1) | (high << 2);
}

function encodeFloat(out: ByteWriter, datatype: Kind<"float">): number {
  const { order, exponent, mantissa, sign, normalization } = datatype;
  const [low, high, internal] = datatype.padding;
  out.u16(datatype.offset).u16(datatype.precision);
  out.u8(exponent[0]).u8(exponent[1]).u8(mantissa[0]).u8(mantissa[1]).u32(datatype.bias);
  const orderBits = { le: 0, be: 1, vax: VAX_BIT | 1 }[order];
  const padding = (low << 1) | (high << 2) | (internal << 3);
  return orderBits | padding | (NORMALIZATIONS.indexOf(normalization) << 4) | (sign << 8);
}

function encodeName(out: ByteWriter, { name, nameLatin1 }: MemberName, version: number): void {
  if (name.includes("\0")) throw new Hdf5UsageError("member name", "holds a NUL", "a name without NUL");
  const bytes = bytesOfText(name, nameLatin1);
  out.put(bytes).u8(0);
  if (version < 3) out.zeros((8 - ((bytes.length + 1) % 8)) % 8);
}

function memberCount(members: readonly unknown[]): number {
  if (members.length > 0xffff) throw new Hdf5UsageError("members", `are ${members.length}`, "at most 65,535");
  return members.length;
}

/** The bytes of a text and of what it lost. What was lost of another text does not count. */
function bytesOfText(text: string, lost: string | undefined): Uint8Array {
  const bytes = lost === undefined ? undefined : Uint8Array.from(lost, (character) => character.charCodeAt(0));
  return bytes !== undefined && decodeText(bytes) === text ? bytes : encodeText(text);
}
