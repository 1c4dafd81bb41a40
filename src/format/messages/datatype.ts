/**
 * Datatype message (type 0x0003): what the bytes of one element mean. Spec: IV.A.2.d (4.0 for versions 4 and 5).
 * Reads versions 1–5 and all classes. datatype-encode.ts writes it: what reads files loads without that.
 *
 *   class and version u8 (low, high half) | class bits u24 | size u32 | properties by class:
 *   0 integer, 4 bitfield   bit offset u16 | precision u16
 *   1 float                 bit offset u16 | precision u16 | exponent u8, u8 | mantissa u8, u8 | exponent bias u32
 *   2 time                  precision u16
 *   3 string, 7 reference   none
 *   5 opaque                tag, a multiple of 8 bytes
 *   6 compound              per member: name | offset | [version 1: array dimensions 28] | datatype
 *   8 enumeration           base datatype | names | values
 *   9 variable length       base datatype
 *   10 array                rank u8 | [reserved 3] | size × rank u32 | [permutation × rank u32] | base datatype ([]: version < 3)
 *   11 complex              base datatype
 */
import type { Cursor } from "../../bytes/cursor.js";
import { Hdf5LimitError, Hdf5UnsupportedError } from "../../errors.js";
import { decodeText, lostBytes } from "../text.js";

/** A reference to an object of a file, by the address of its header relative to the base address. */
export interface ObjectReference {
  readonly kind: "object-reference";
  readonly address: number;
  /** Name of the file the object lies in, when it is another one. */
  readonly file: string | undefined;
}

/** Where the value's bits lie in an element's bytes. */
export interface BitLayout {
  readonly order: "le" | "be";
  /** Bits of the value. */
  readonly precision: number;
  /** Bit at which the value starts. */
  readonly offset: number;
  readonly padding: readonly [low: 0 | 1, high: 0 | 1];
}

export type StringPadding = "null-terminated" | "null-padded" | "space-padded";

/** A datatype as stored: a plain frozen object. `size` is the bytes of one element in the file. */
export type Datatype = { readonly size: number; readonly committed?: ObjectReference | undefined } & (
  | (BitLayout & { readonly kind: "integer"; readonly signed: boolean })
  | (BitLayout & { readonly kind: "bitfield" })
  | {
      readonly kind: "float";
      readonly order: "le" | "be" | "vax";
      readonly precision: number;
      readonly offset: number;
      /** Bit position of the sign. */
      readonly sign: number;
      readonly exponent: readonly [position: number, size: number];
      readonly mantissa: readonly [position: number, size: number];
      readonly bias: number;
      readonly normalization: "none" | "msb-set" | "implied";
      readonly padding: readonly [low: 0 | 1, high: 0 | 1, internal: 0 | 1];
    }
  | { readonly kind: "time"; readonly order: "le" | "be"; readonly precision: number }
  | {
      readonly kind: "opaque";
      readonly tag: string;
      /** As `nameLatin1` of members, below. */
      readonly tagLatin1?: string | undefined;
    }
  | { readonly kind: "complex"; readonly base: Datatype }
  | {
      readonly kind: "string";
      readonly length: number | "variable";
      readonly padding: StringPadding;
      readonly charset: "ascii" | "utf-8";
    }
  | { readonly kind: "reference"; readonly to: "object" | "region" | "attribute"; readonly revised: boolean }
  | {
      readonly kind: "enum";
      readonly base: Datatype;
      /** Values are numbers where a number holds them exactly. */
      readonly members: readonly {
        readonly name: string;
        /** Only where the name is no UTF-8, so that `name` shows U+FFFD: its bytes, as the characters of these codes. */
        readonly nameLatin1?: string | undefined;
        readonly value: number | bigint;
      }[];
      /** h5py's boolean: FALSE = 0, TRUE = 1 over int8. */
      readonly boolean: boolean;
    }
  | {
      readonly kind: "compound";
      readonly members: readonly {
        readonly name: string;
        /** As that of members of enumerations. */
        readonly nameLatin1?: string | undefined;
        readonly offset: number;
        readonly datatype: Datatype;
      }[];
    }
  | { readonly kind: "array"; readonly base: Datatype; readonly shape: readonly number[] }
  | { readonly kind: "vlen"; readonly base: Datatype }
);

/** Name of a member of a compound or an enumeration. */
export type MemberName = Pick<Kind<"enum">["members"][number], "name" | "nameLatin1">;

export type Kind<K extends Datatype["kind"]> = Extract<Datatype, { readonly kind: K }>;

const DEFAULT_DEPTH = 32;
const MAX_RANK = 32; // H5S_MAX_RANK
export const CLASS = {
  integer: 0, // H5T_INTEGER
  float: 1, // H5T_FLOAT
  time: 2, // H5T_TIME
  string: 3, // H5T_STRING
  bitfield: 4, // H5T_BITFIELD
  opaque: 5, // H5T_OPAQUE
  compound: 6, // H5T_COMPOUND
  reference: 7, // H5T_REFERENCE
  enum: 8, // H5T_ENUM
  vlen: 9, // H5T_VLEN
  array: 10, // H5T_ARRAY
  complex: 11, // H5T_COMPLEX
} as const;
export const PADDINGS = ["null-terminated", "null-padded", "space-padded"] as const; // H5T_str_t
export const CHARSETS = ["ascii", "utf-8"] as const; // H5T_cset_t
export const NORMALIZATIONS = ["none", "msb-set", "implied"] as const; // H5T_norm_t
/** By stored number; those from 2 on came with version 4 of the message. */
export const REFERENCES = [
  { to: "object", revised: false }, // H5R_OBJECT1
  { to: "region", revised: false }, // H5R_DATASET_REGION1
  { to: "object", revised: true }, // H5R_OBJECT2
  { to: "region", revised: true }, // H5R_DATASET_REGION2
  { to: "attribute", revised: true }, // H5R_ATTR
] as const;
export const REFERENCE_ENCODING = 1; // H5R_ENCODE_VERSION
/** Variable length: of elements, or a string. */
export const SEQUENCE = 0;
export const STRING = 1; // H5T_vlen_type_t
export const VAX_BIT = 0x40;
/** Bytes of a version-1 member's dimensionality, permutation and sizes. */
export const MEMBER_SHAPE_1 = 28;

/** The base type that libhdf5 gives to strings of variable length: H5T_NATIVE_UCHAR. */
export const CHARACTER: Datatype = {
  kind: "integer",
  size: 1,
  order: "le",
  precision: 8,
  offset: 0,
  padding: [0, 0],
  signed: false,
};

/** Options of decoding. */
export interface DatatypeLimits {
  /** Types within types. */
  readonly datatypeDepth: number;
}

/** What every class shares, and the cursor behind it. */
interface Head {
  readonly cur: Cursor;
  readonly version: number;
  readonly bits: number;
  readonly size: number;
  /** Decode a type within this one. */
  readonly inner: () => Datatype;
}

/**
 * The datatype at the cursor; bytes behind it are left.
 * @throws Hdf5FormatError when a field contradicts another or the size; Hdf5LimitError beyond `datatypeDepth`.
 */
export function decodeDatatype(cur: Cursor, limits: DatatypeLimits = { datatypeDepth: DEFAULT_DEPTH }): Datatype {
  return decodeAt(cur, 1, limits.datatypeDepth);
}

function decodeAt(cur: Cursor, depth: number, allowed: number): Datatype {
  if (depth > allowed) throw new Hdf5LimitError("datatypeDepth", depth, allowed, "datatypes within datatypes");
  const first = cur.u8("class and version");
  const version = first >> 4;
  if (version < 1 || version > 5) cur.fail("version", `is ${version}, expected 1 to 5`);
  const bits = cur.u24("class bits");
  const size = cur.u32("size");
  if (size === 0) cur.fail("size", "is 0");
  const head = { cur, version, bits, size, inner: () => decodeAt(cur, depth + 1, allowed) };
  return Object.freeze(decodeClass(first & 0x0f, head));
}

function decodeClass(number: number, head: Head): Datatype {
  const { cur, bits, size, inner } = head;
  switch (number) {
    case CLASS.integer:
      return { kind: "integer", size, signed: (bits & 8) !== 0, ...decodeBits(head) };
    case CLASS.bitfield:
      return { kind: "bitfield", size, ...decodeBits(head) };
    case CLASS.float:
      return decodeFloat(head);
    case CLASS.time: {
      const precision = cur.u16("bit precision");
      if (precision > size * 8) cur.fail("bit precision", `is ${precision} in ${size} bytes`);
      return { kind: "time", size, order: orderOf(bits), precision };
    }
    case CLASS.string:
      return { kind: "string", size, length: size, ...textOf(cur, bits & 0x0f, (bits >> 4) & 0x0f) };
    case CLASS.opaque: {
      const tag = cur.take(bits & 0xff, "tag");
      const end = tag.indexOf(0);
      const bytes = end < 0 ? tag : tag.subarray(0, end);
      const text = decodeText(bytes);
      const tagLatin1 = lostBytes(bytes, text);
      return { kind: "opaque", size, tag: text, ...(tagLatin1 === undefined ? {} : { tagLatin1 }) };
    }
    case CLASS.compound:
      return decodeCompound(head);
    case CLASS.reference:
      return decodeReference(head);
    case CLASS.enum:
      return decodeEnum(head);
    case CLASS.vlen:
      return decodeVlen(head);
    case CLASS.array:
      return decodeArray(head);
    case CLASS.complex: {
      const form = (bits >> 1) & 3;
      if ((bits & 1) === 0 || form !== 0)
        throw new Hdf5UnsupportedError("complex numbers that are not pairs of one float");
      const base = inner();
      if (base.kind !== "float" || base.size * 2 !== size)
        cur.fail("base type", "of a complex number is not half of it");
      return { kind: "complex", size, base };
    }
    default:
      return cur.fail("class", `is ${number}, at most ${CLASS.complex}`);
  }
}

function orderOf(bits: number): "le" | "be" {
  return (bits & 1) === 0 ? "le" : "be";
}

function bit(bits: number, position: number): 0 | 1 {
  return ((bits >> position) & 1) === 0 ? 0 : 1;
}

function decodeExtent({ cur, size }: Head): { readonly offset: number; readonly precision: number } {
  const offset = cur.u16("bit offset");
  const precision = cur.u16("bit precision");
  if (precision === 0) cur.fail("bit precision", "is 0");
  if (offset + precision > size * 8) {
    cur.fail("bit precision", `is ${precision} from bit ${offset} on, in ${size} bytes`);
  }
  return { offset, precision };
}

function decodeBits(head: Head): BitLayout {
  const { bits } = head;
  const padding = Object.freeze([bit(bits, 1), bit(bits, 2)] as const);
  return { order: orderOf(bits), ...decodeExtent(head), padding };
}

function decodeFloat(head: Head): Datatype {
  const { cur, version, bits, size } = head;
  const vax = version >= 3 && (bits & VAX_BIT) !== 0;
  if (vax && (bits & 1) === 0) cur.fail("byte order", "is a reserved one");
  const norm = (bits >> 4) & 3;
  const normalization = NORMALIZATIONS[norm] ?? cur.fail("mantissa normalization", `is ${norm}, at most 2`);
  const sign = (bits >> 8) & 0xff;
  const extent = decodeExtent(head);
  const exponent = decodeField(head, "exponent");
  const mantissa = decodeField(head, "mantissa");
  if (sign >= size * 8) cur.fail("sign location", `is bit ${sign} of ${size} bytes`);
  const bias = cur.u32("exponent bias");
  const padding = Object.freeze([bit(bits, 1), bit(bits, 2), bit(bits, 3)] as const);
  const order = vax ? "vax" : orderOf(bits);
  return { kind: "float", size, order, ...extent, sign, exponent, mantissa, bias, normalization, padding };
}

function decodeField({ cur, size }: Head, name: string): readonly [number, number] {
  const position = cur.u8(`${name} location`);
  const bits = cur.u8(`${name} size`);
  if (bits === 0) cur.fail(`${name} size`, "is 0");
  if (position + bits > size * 8) cur.fail(`${name} size`, `is ${bits} from bit ${position} on, in ${size} bytes`);
  return Object.freeze([position, bits] as const);
}

function textOf(cur: Cursor, padding: number, set: number): Pick<Kind<"string">, "padding" | "charset"> {
  return {
    padding: PADDINGS[padding] ?? cur.fail("padding type", `is ${padding}, which is reserved`),
    charset: CHARSETS[set] ?? cur.fail("character set", `is ${set}, which is reserved`),
  };
}

/** A name ended by NUL; before version 3 padded to a multiple of 8. */
function decodeName({ cur, version }: Head): MemberName {
  const start = cur.position;
  const bytes = cur.untilNul("member name");
  const rest = (cur.position - start) % 8;
  if (version < 3 && rest !== 0) cur.skip(8 - rest);
  const name = decodeText(bytes);
  const nameLatin1 = lostBytes(bytes, name);
  return nameLatin1 === undefined ? { name } : { name, nameLatin1 };
}

function decodeCompound(head: Head): Datatype {
  const { cur, version, bits, size, inner } = head;
  const count = bits & 0xffff;
  if (count === 0) cur.fail("number of members", "is 0");
  const offsetWidth = version >= 3 ? bytesFor(size) : 4;
  const members: Kind<"compound">["members"][number][] = [];
  for (let i = 0; i < count; i++) {
    const name = decodeName(head);
    const offset = cur.uint(offsetWidth, "member offset");
    const shape = version === 1 ? decodeMemberShape(cur) : [];
    const element = inner();
    const datatype = shape.length === 0 ? element : arrayOf(cur, element, shape);
    if (offset + datatype.size > size) {
      cur.fail("member offset", `is ${offset} for ${datatype.size} bytes in a compound of ${size}`);
    }
    members.push(Object.freeze({ ...name, offset, datatype }));
  }
  checkDisjoint(cur, members);
  return { kind: "compound", size, members: Object.freeze(members) };
}

/** Version 1 has no class for arrays: members have up to four dimensions. */
function decodeMemberShape(cur: Cursor): number[] {
  const rank = cur.u8("dimensionality");
  if (rank > 4) cur.fail("dimensionality", `is ${rank}, at most 4`);
  cur.skip(3 + 4 + 4); // reserved, permutation, reserved
  const sizes = Array.from({ length: 4 }, () => cur.u32("dimension size"));
  return sizes.slice(0, rank);
}

/** As libhdf5: overlapping members mean damage (H5Odtype.c: "member overlaps with previous member"). */
function checkDisjoint(cur: Cursor, members: Kind<"compound">["members"]): void {
  const sorted = [...members].sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, datatype } of sorted) {
    if (offset < end) cur.fail("member offset", `is ${offset}, inside another member`);
    end = offset + datatype.size;
  }
}

/** @throws Hdf5FormatError when the shape is empty or has no elements, or too many. */
function arrayOf(cur: Cursor, base: Datatype, shape: readonly number[]): Datatype {
  const size = shape.reduce((product, length) => product * length, base.size);
  if (size === 0 || size > 0xffff_ffff) cur.fail("dimension size", `makes an array of ${size} bytes`);
  return Object.freeze({ kind: "array", size, base, shape: Object.freeze([...shape]) });
}

function decodeArray({ cur, version, size, inner }: Head): Datatype {
  const rank = cur.u8("dimensionality");
  if (rank === 0 || rank > MAX_RANK) cur.fail("dimensionality", `is ${rank}, expected 1 to ${MAX_RANK}`);
  if (version < 3) cur.skip(3);
  const shape = Array.from({ length: rank }, () => cur.u32("dimension size"));
  if (version < 3) cur.skip(4 * rank); // permutation
  const array = arrayOf(cur, inner(), shape);
  if (array.size !== size) cur.fail("size", `is ${size}, the elements take ${array.size}`);
  return array;
}

function decodeReference({ cur, version, bits, size }: Head): Datatype {
  const type = bits & 0x0f;
  const reference = REFERENCES[type] ?? cur.fail("reference type", `is ${type}, at most 4`);
  if (reference.revised) {
    if (version < 4) cur.fail("reference type", `is ${type} in version ${version}, at most 1`);
    const encoding = (bits >> 4) & 0x0f;
    if (encoding !== REFERENCE_ENCODING) throw new Hdf5UnsupportedError(`references of encoding version ${encoding}`);
  }
  return { kind: "reference", size, ...reference };
}

function decodeEnum(head: Head): Datatype {
  const { cur, bits, size, inner } = head;
  const count = bits & 0xffff;
  const base = inner();
  if (base.kind !== "integer") return cur.fail("base type", `is of kind ${base.kind}, expected integer`);
  if (base.size !== size) cur.fail("size", `is ${size}, the base type has ${base.size}`);
  const names: MemberName[] = [];
  for (let i = 0; i < count; i++) names.push(decodeName(head));
  const members = names.map((name) =>
    Object.freeze({ ...name, value: decodeInteger(cur.take(size, "member value"), base) }),
  );
  return { kind: "enum", size, base, members: Object.freeze(members), boolean: isBoolean(base, members) };
}

function isBoolean(base: Kind<"integer">, members: Kind<"enum">["members"]): boolean {
  const values = new Map(members.map(({ name, value }) => [name, value]));
  return base.size === 1 && members.length === 2 && values.get("FALSE") === 0 && values.get("TRUE") === 1;
}

function decodeVlen({ cur, bits, size, inner }: Head): Datatype {
  const type = bits & 0x0f;
  if (type !== SEQUENCE && type !== STRING) cur.fail("type", `is ${type}, expected 0 or 1`);
  // Length, heap collection address and object index: 4 + O + 4.
  if (![10, 12, 16, 24, 40].includes(size)) cur.fail("size", `is ${size}, expected 8 more than an address`);
  const text = type === STRING ? textOf(cur, (bits >> 4) & 0x0f, (bits >> 8) & 0x0f) : undefined;
  const base = inner(); // of a string: one character, of whatever type
  return text === undefined ? { kind: "vlen", size, base } : { kind: "string", size, length: "variable", ...text };
}

/** The value of an integer's bits [offset, offset + precision). */
function decodeInteger(bytes: Uint8Array, { order, offset, precision, signed }: Kind<"integer">): number | bigint {
  let value = 0n;
  for (let i = 0; i < bytes.length; i++) {
    value = (value << 8n) | BigInt(bytes[order === "be" ? i : bytes.length - 1 - i] as number); // within the bytes
  }
  value >>= BigInt(offset);
  value = signed ? BigInt.asIntN(precision, value) : BigInt.asUintN(precision, value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Bytes that hold the value (H5VM_limit_enc_size). */
export function bytesFor(value: number): number {
  return value < 2 ** 8 ? 1 : value < 2 ** 16 ? 2 : value < 2 ** 24 ? 3 : 4;
}
