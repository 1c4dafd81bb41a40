/** Is a datatype object consistent? Asked of what users build, and of what files say before elements are decoded. */
import { Hdf5FormatError, Hdf5UsageError } from "../errors.js";
import type { Datatype, MemberName } from "../format/messages/datatype.js";
import { isPredefined } from "./predefined.js";
import { shown } from "./shown.js";

const MAX_SIZE = 2 ** 32 - 1; // a 4-byte field of the datatype message
const MAX_DEPTH = 64;
const MAX_RANK = 32; // H5S_MAX_RANK
const MAX_TAG = 255;
const MAX_MEMBERS = 65_535; // a 2-byte field

type Of<K extends Datatype["kind"]> = Extract<Datatype, { readonly kind: K }>;

const sound = /* @__PURE__ */ new WeakSet<Datatype>();

/**
 * A deeply frozen datatype, equal to the one given.
 * @throws Hdf5UsageError saying what is inconsistent.
 */
export function checkedDatatype(datatype: Datatype): Datatype {
  if (isPredefined(datatype) || (sound.has(datatype) && Object.isFrozen(datatype))) return datatype;
  const fault = faultOf(datatype, 0) ?? writingFault(datatype);
  if (fault !== undefined) throw new Hdf5UsageError("datatype", fault, "a consistent Datatype");
  const frozen = frozenCopy(datatype);
  sound.add(frozen);
  return frozen;
}

/** @throws Hdf5FormatError when the datatype of stored elements is inconsistent. */
export function assertSound(datatype: Datatype): void {
  if (sound.has(datatype)) return;
  const fault = faultOf(datatype, 0);
  if (fault !== undefined) throw new Hdf5FormatError({ structure: "datatype message" }, fault);
  if (Object.isFrozen(datatype)) sound.add(datatype);
}

function isCount(value: unknown, from: number, to: number): boolean {
  return Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
}

function faultOf(datatype: Datatype, depth: number): string | undefined {
  if (typeof datatype !== "object" || datatype === null) return `is ${shown(datatype)}`;
  if (depth > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} deep`;
  if (!isCount(datatype.size, 1, MAX_SIZE))
    return `of kind ${shown(datatype.kind)} has the size ${shown(datatype.size)}`;
  switch (datatype.kind) {
    case "integer":
      if (typeof datatype.signed !== "boolean") return "integer does not say whether it is signed";
      return bitsFault(datatype) ?? paddingFault(datatype, 2);
    case "bitfield":
      return bitsFault(datatype) ?? paddingFault(datatype, 2);
    case "time":
      return bitsFault({ ...datatype, offset: 0 });
    case "float":
      return floatFault(datatype) ?? paddingFault(datatype, 3);
    case "string":
      return stringFault(datatype);
    case "opaque":
      return opaqueFault(datatype);
    case "reference":
      return referenceFault(datatype);
    case "complex":
      return datatype.base?.kind === "float" && datatype.size === 2 * datatype.base.size
        ? faultOf(datatype.base, depth + 1)
        : "complex number is not two floats of its base";
    case "enum":
      return enumFault(datatype, depth);
    case "compound":
      return compoundFault(datatype, depth);
    case "array":
      return arrayFault(datatype, depth);
    case "vlen":
      if (!isCount(datatype.size, 8, 24)) return `variable-length type has the size ${datatype.size}`;
      return faultOf(datatype.base, depth + 1);
    default:
      return `has the unknown kind ${shown((datatype as { kind: unknown }).kind)}`;
  }
}

function bitsFault(bits: {
  kind: string;
  size: number;
  order: string;
  precision: number;
  offset: number;
}): string | undefined {
  const { kind, size, precision, offset } = bits;
  if (bits.order !== "le" && bits.order !== "be") return `${kind} has the byte order ${shown(bits.order)}`;
  if (isCount(precision, 1, size * 8) && isCount(offset, 0, size * 8 - precision)) return undefined;
  return `${kind} of ${size} bytes has bits [${shown(offset)}, ${shown(offset)} + ${shown(precision)})`;
}

function paddingFault({ kind, padding }: Of<"integer" | "bitfield" | "float">, length: number): string | undefined {
  const bits: unknown = padding;
  if (Array.isArray(bits) && bits.length === length && bits.every((bit) => bit === 0 || bit === 1)) return undefined;
  return `${kind} has the padding ${shown(bits)}`;
}

function floatFault(float: Of<"float">): string | undefined {
  const { size, sign, exponent, mantissa } = float;
  if (float.order === "vax") {
    if (size % 2 !== 0) return `float in VAX order has the size ${size}`;
    const fault = bitsFault({ ...float, order: "le" });
    if (fault !== undefined) return fault;
  } else {
    const fault = bitsFault(float);
    if (fault !== undefined) return fault;
  }
  if (!Array.isArray(exponent) || !Array.isArray(mantissa)) return "float has no exponent or mantissa";
  const end = size * 8;
  const inside = (position: number, width: number): boolean =>
    isCount(position, 0, end - 1) && isCount(width, 1, end - position);
  if (!inside(sign, 1)) return `float has its sign at bit ${shown(sign)}`;
  if (!inside(exponent[0], exponent[1])) return `float has its exponent at bits ${shown(exponent)}`;
  if (!inside(mantissa[0], mantissa[1])) return `float has its mantissa at bits ${shown(mantissa)}`;
  if (!isCount(float.bias, 0, MAX_SIZE)) return `float has the bias ${shown(float.bias)}`;
  const overlap = (a: number, m: number, b: number, n: number): boolean => a < b + n && b < a + m;
  if (
    overlap(sign, 1, exponent[0], exponent[1]) ||
    overlap(sign, 1, mantissa[0], mantissa[1]) ||
    overlap(exponent[0], exponent[1], mantissa[0], mantissa[1])
  ) {
    return "float has parts that overlap";
  }
  if (float.normalization !== "none" && float.normalization !== "msb-set" && float.normalization !== "implied") {
    return `float has the normalization ${shown(float.normalization)}`;
  }
  return undefined;
}

function stringFault({ size, length, padding, charset }: Of<"string">): string | undefined {
  if (length === "variable" ? !isCount(size, 8, 24) : length !== size) {
    return `string of length ${shown(length)} has the size ${size}`;
  }
  if (padding !== "null-terminated" && padding !== "null-padded" && padding !== "space-padded") {
    return `string has the padding ${shown(padding)}`;
  }
  return charset === "ascii" || charset === "utf-8" ? undefined : `string has the character set ${shown(charset)}`;
}

function opaqueFault({ tag, tagLatin1 }: Of<"opaque">): string | undefined {
  if (typeof tag !== "string") return "opaque type has no tag";
  return (tagLatin1 ?? new TextEncoder().encode(tag)).length > MAX_TAG
    ? `opaque type has a tag of more than ${MAX_TAG} bytes`
    : undefined;
}

function referenceFault({ size, to, revised }: Of<"reference">): string | undefined {
  if (to !== "object" && to !== "region" && to !== "attribute") return `reference is to ${shown(to)}`;
  if (typeof revised !== "boolean") return "reference does not say whether it is of the revised kind";
  if (!revised && to === "attribute") return "reference to an attribute is not of the revised kind";
  return !revised && to === "region" && size <= 4 ? `region reference has the size ${size}` : undefined;
}

function enumFault({ size, base, members }: Of<"enum">, depth: number): string | undefined {
  if (base?.kind !== "integer" || base.size !== size) return "enumeration is not over an integer type of its size";
  const fault = faultOf(base, depth + 1);
  if (fault !== undefined) return fault;
  if (!Array.isArray(members)) return "enumeration has no members";
  const low = base.signed ? -(2n ** BigInt(base.precision - 1)) : 0n;
  const high = 2n ** BigInt(base.precision - (base.signed ? 1 : 0)) - 1n;
  for (const member of members) {
    const { name, value } = Object(member) as (typeof members)[number]; // whatever it is
    if (typeof name !== "string") return "enumeration has a member without a name";
    if (typeof value !== "bigint" && !Number.isSafeInteger(value))
      return `member ${JSON.stringify(name)} is ${shown(value)}`;
    const exact = BigInt(value);
    if (exact < low || exact > high) return `member ${JSON.stringify(name)} is ${value}, which its base cannot hold`;
  }
  return undefined;
}

function compoundFault({ size, members }: Of<"compound">, depth: number): string | undefined {
  if (!Array.isArray(members)) return "compound has no members";
  for (const member of members) {
    const { name, offset, datatype } = Object(member) as (typeof members)[number]; // whatever it is
    if (typeof name !== "string") return "compound has a member without a name";
    const fault = faultOf(datatype, depth + 1);
    if (fault !== undefined) return fault;
    if (!isCount(offset, 0, size - datatype.size)) {
      return `member ${JSON.stringify(name)} lies outside its compound of ${size} bytes`;
    }
  }
  return undefined;
}

function arrayFault({ size, base, shape }: Of<"array">, depth: number): string | undefined {
  const fault = faultOf(base, depth + 1);
  if (fault !== undefined) return fault;
  if (!Array.isArray(shape) || !isCount(shape.length, 1, MAX_RANK)) return "array has no dimensions";
  let product = base.size;
  for (const n of shape) {
    if (!isCount(n, 1, MAX_SIZE)) return `array has a dimension of ${shown(n)}`;
    product *= n;
  }
  return product === size
    ? undefined
    : `array of shape [${shape.join(", ")}] has the size ${size}, expected ${product}`;
}

/** What libhdf5 refuses to make, although files can hold it. */
function writingFault(datatype: Datatype): string | undefined {
  switch (datatype.kind) {
    case "enum": {
      const { members } = datatype;
      if (new Set(members.map(({ value }) => BigInt(value))).size < members.length)
        return "enumeration has a value twice";
      return namesFault("enumeration", members);
    }
    case "compound": {
      let end = 0;
      for (const { name, offset, datatype: member } of [...datatype.members].sort((a, b) => a.offset - b.offset)) {
        if (offset < end) return `member ${JSON.stringify(name)} overlaps another one`;
        end = offset + member.size;
      }
      const fault = namesFault("compound", datatype.members);
      return datatype.members.reduce((found, member) => found ?? writingFault(member.datatype), fault);
    }
    case "array":
    case "vlen":
      return writingFault(datatype.base);
    case "opaque":
      return HALF.test(datatype.tag) ? "opaque type has a tag with half of a surrogate pair" : undefined;
    default:
      return undefined;
  }
}

/** Half of a surrogate pair, which UTF-8 does not have. */
const HALF = /[\ud800-\udfff]/u;

function namesFault(kind: string, members: readonly MemberName[]): string | undefined {
  if (members.length === 0) return `${kind} has no members`;
  if (members.length > MAX_MEMBERS) return `${kind} has ${members.length} members, at most ${MAX_MEMBERS}`;
  if (members.some(({ name }) => name === "" || name.includes("\0"))) {
    return `${kind} has a member whose name is empty or holds NUL`;
  }
  if (members.some(({ name }) => HALF.test(name))) return `${kind} has a name with half of a surrogate pair`;
  // Names are never empty and hold no NUL.
  const keys = new Set(members.map(({ name, nameLatin1 }) => (nameLatin1 === undefined ? name : `\0${nameLatin1}`)));
  return keys.size < members.length ? `${kind} has a name twice` : undefined;
}

/** h5py's boolean: any other enumeration is one of names. */
export function isBooleanEnum(base: Datatype, members: Of<"enum">["members"]): boolean {
  const values = new Map(members.map(({ name, value }) => [name, value]));
  return base.size === 1 && members.length === 2 && values.get("FALSE") === 0 && values.get("TRUE") === 1;
}

function nameOf({ name, nameLatin1 }: MemberName): MemberName {
  return nameLatin1 === undefined ? { name } : { name, nameLatin1 };
}

function frozenCopy(datatype: Datatype): Datatype {
  const { committed } = datatype;
  const shared = committed === undefined ? undefined : { committed: Object.freeze({ ...committed }) };
  const { committed: _, ...own } = datatype;
  switch (own.kind) {
    case "integer":
    case "bitfield":
      return Object.freeze({ ...own, ...shared, padding: Object.freeze([...own.padding] as const) });
    case "float":
      return Object.freeze({
        ...own,
        ...shared,
        exponent: Object.freeze([...own.exponent] as const),
        mantissa: Object.freeze([...own.mantissa] as const),
        padding: Object.freeze([...own.padding] as const),
      });
    case "enum": {
      const members = Object.freeze(
        own.members.map((member) => Object.freeze({ ...nameOf(member), value: member.value })),
      );
      return Object.freeze({
        ...own,
        ...shared,
        base: frozenCopy(own.base),
        members,
        boolean: isBooleanEnum(own.base, members),
      });
    }
    case "compound": {
      const members = own.members.map((member) =>
        Object.freeze({ ...nameOf(member), offset: member.offset, datatype: frozenCopy(member.datatype) }),
      );
      return Object.freeze({ ...own, ...shared, members: Object.freeze(members) });
    }
    case "array":
      return Object.freeze({ ...own, ...shared, base: frozenCopy(own.base), shape: Object.freeze([...own.shape]) });
    case "vlen":
    case "complex":
      return Object.freeze({ ...own, ...shared, base: frozenCopy(own.base) });
    default:
      return Object.freeze({ ...own, ...shared });
  }
}
