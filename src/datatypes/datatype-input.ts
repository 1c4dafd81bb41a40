/** Datatypes by name and by construction. Every datatype made here is laid out as the C library's predefined ones. */
import type { NumericName } from "../bytes/typed-arrays.js";
import { checkOptions, Hdf5UsageError } from "../errors.js";
import type { Datatype, ObjectReference, StringPadding } from "../format/messages/datatype.js";
import { checkedDatatype } from "./datatype-check.js";
import { predefinedType, revisedSize, VLEN_SIZE } from "./predefined.js";
import { shown } from "./shown.js";

export type { Datatype, StringPadding } from "../format/messages/datatype.js";
export { isComplex, sameDatatype } from "./datatype-facts.js";

/** Datatypes that have a name. */
export type DatatypeName =
  | NumericName
  | "float16"
  | "bfloat16"
  | "bool"
  | "string"
  | "ascii"
  | "complex64"
  | "complex128"
  | "object-reference"
  | "region-reference";

/** A committed datatype, as far as a datatype is asked of it. */
export interface CommittedDatatype {
  readonly kind: "datatype";
  readonly datatype: Datatype;
  readonly reference: ObjectReference;
}

/** What can be given where a datatype is asked for. */
export type DatatypeInput = Datatype | DatatypeName | `${NumericName | "float16"}be` | CommittedDatatype;

/**
 * The datatype meant: by name, by a committed datatype, or as it is. The result is frozen.
 * @throws Hdf5UsageError for a name that is none, or an object that is no consistent datatype.
 * @example datatypeOf("int16be").size; // 2
 */
export function datatypeOf(input: DatatypeInput): Datatype {
  if (typeof input === "string") {
    const found = predefinedType(input);
    if (found !== undefined) return found;
    throw new Hdf5UsageError(
      "datatype",
      `is ${JSON.stringify(input)}`,
      'a datatype or its name, such as "float64" or "int16be"',
    );
  }
  if (typeof input !== "object" || input === null || typeof input.kind !== "string") {
    throw new Hdf5UsageError("datatype", `is ${shown(input)}`, "a datatype or its name");
  }
  if (input.kind !== "datatype") return checkedDatatype(input);
  const { address } = input.reference;
  return checkedDatatype({
    ...input.datatype,
    committed: { kind: "object-reference", address, file: undefined },
  });
}

/**
 * A string type. A length counts bytes of the stored text, padding included.
 * @throws Hdf5UsageError unless the length is a whole number from 1 on.
 */
export function stringType(
  length: number | "variable",
  options: { readonly padding?: StringPadding | undefined; readonly charset?: "ascii" | "utf-8" | undefined } = {},
): Datatype {
  checkOptions(options);
  if (length !== "variable" && !(Number.isInteger(length) && length >= 1 && length < 2 ** 31)) {
    throw new Hdf5UsageError("length", `is ${shown(length)}`, 'whole bytes from 1 on, or "variable"');
  }
  const padding = options.padding ?? (length === "variable" ? "null-terminated" : "null-padded");
  const size = length === "variable" ? VLEN_SIZE : length;
  return checkedDatatype({ kind: "string", size, length, padding, charset: options.charset ?? "utf-8" });
}

function entriesOf<T>(members: Readonly<Record<string, T>> | ReadonlyMap<string, T>): [string, T][] {
  if (typeof members !== "object" || members === null) {
    throw new Hdf5UsageError("members", `are ${shown(members)}`, "an object or a Map of members by name");
  }
  const entries: [string, T][] = members instanceof Map ? [...members] : Object.entries(members);
  if (entries.length === 0) throw new Hdf5UsageError("members", "are none", "at least one member");
  return entries;
}

/**
 * A compound type of members in their order, packed, or with `aligned` as a C compiler lays them out.
 * @throws Hdf5UsageError when there are no members.
 */
export function compoundType(
  members: Readonly<Record<string, DatatypeInput>> | ReadonlyMap<string, DatatypeInput>,
  options: { readonly aligned?: boolean | undefined } = {},
): Datatype {
  const entries = entriesOf(members);
  checkOptions(options);
  let offset = 0;
  let widest = 1;
  const laidOut = entries.map(([name, input]) => {
    checkMemberName(name);
    const datatype = datatypeOf(input);
    const alignment = options.aligned === true ? alignmentOf(datatype) : 1;
    widest = Math.max(widest, alignment);
    offset = Math.ceil(offset / alignment) * alignment;
    const member = { name, offset, datatype };
    offset += datatype.size;
    return member;
  });
  return checkedDatatype({ kind: "compound", size: Math.ceil(offset / widest) * widest, members: laidOut });
}

function alignmentOf(datatype: Datatype): number {
  switch (datatype.kind) {
    case "compound":
      return datatype.members.reduce((widest, member) => Math.max(widest, alignmentOf(member.datatype)), 1);
    case "array":
    case "enum":
    case "complex":
      return alignmentOf(datatype.base);
    case "opaque":
      return 1;
    case "string":
      return datatype.length === "variable" ? 8 : 1;
    default:
      return [1, 2, 4, 8].includes(datatype.size) ? datatype.size : 8;
  }
}

function checkMemberName(name: string): void {
  if (typeof name !== "string" || name === "" || name.includes("\0"))
    throw new Hdf5UsageError("members", `has the name ${JSON.stringify(name)}`, "names without NUL");
}

/**
 * An enumeration. Without a base: int8, or the narrowest signed integer that holds the values.
 * @throws Hdf5UsageError when a value does not fit, or two members have one name or value.
 */
export function enumType(
  members: Readonly<Record<string, number | bigint>> | ReadonlyMap<string, number | bigint>,
  base?: DatatypeInput,
): Datatype {
  const entries = entriesOf(members);
  const exact = entries.map(([name, value]) => {
    checkMemberName(name);
    if (typeof value === "bigint") return value;
    if (Number.isSafeInteger(value)) return BigInt(value);
    throw new Hdf5UsageError(`members[${JSON.stringify(name)}]`, `is ${shown(value)}`, "a whole number");
  });
  if (new Set(exact).size !== exact.length) throw new Hdf5UsageError("members", "share a value", "different values");
  const fits = (bits: number, signed: boolean): boolean =>
    exact.every((v) => (signed ? BigInt.asIntN(bits, v) === v : BigInt.asUintN(bits, v) === v));
  const chosen =
    base === undefined
      ? datatypeOf(
          ([8, 16, 32] as const)
            .map((bits) => ({ bits, name: `int${bits}` as const }))
            .find(({ bits }) => fits(bits, true))?.name ?? "int64",
        )
      : datatypeOf(base);
  if (chosen.kind !== "integer") throw new Hdf5UsageError("base", `is of kind ${chosen.kind}`, "an integer type");
  if (!fits(chosen.precision, chosen.signed)) {
    throw new Hdf5UsageError(
      "members",
      "do not fit the base",
      `values of ${chosen.signed ? "a signed" : "an unsigned"} ${chosen.precision}-bit integer`,
    );
  }
  const stored = entries.map(([name], i) => {
    const value = exact[i] as bigint; // one for each entry
    const number = Number(value);
    return { name, value: Number.isSafeInteger(number) ? number : value };
  });
  return checkedDatatype({ kind: "enum", size: chosen.size, base: chosen, members: stored, boolean: false });
}

/** An array type: each element is a whole array of this shape. @throws Hdf5UsageError unless the shape has 1 to 32 extents from 1 on. */
export function arrayType(base: DatatypeInput, shape: readonly number[]): Datatype {
  if (!Array.isArray(shape)) throw new Hdf5UsageError("shape", "is no list", "1 to 32 whole numbers from 1 on");
  if (shape.length < 1 || shape.length > 32 || !shape.every((n) => Number.isInteger(n) && n >= 1)) {
    throw new Hdf5UsageError("shape", `is [${shape.join(", ")}]`, "1 to 32 whole numbers from 1 on");
  }
  const element = datatypeOf(base);
  const size = shape.reduce((product, n) => product * n, element.size);
  if (size >= 2 ** 32) throw new Hdf5UsageError("shape", `makes elements of ${size} bytes`, "less than 4 GiB");
  return checkedDatatype({ kind: "array", size, base: element, shape });
}

/** Sequences of any length. */
export function vlenType(base: DatatypeInput): Datatype {
  return checkedDatatype({ kind: "vlen", size: VLEN_SIZE, base: datatypeOf(base) });
}

/** Bytes that HDF5 does not interpret; the tag says what they are. @throws Hdf5UsageError for a size below 1 or a long tag. */
export function opaqueType(size: number, tag = ""): Datatype {
  if (!(Number.isInteger(size) && size >= 1 && size < 2 ** 32)) {
    throw new Hdf5UsageError("size", `is ${shown(size)}`, "whole bytes from 1 on");
  }
  if (new TextEncoder().encode(tag).length > 255) throw new Hdf5UsageError("tag", "is too long", "at most 255 bytes");
  return checkedDatatype({ kind: "opaque", size, tag });
}

/**
 * The same type in a file whose addresses have another width: variable-length elements hold addresses, and all that
 * contains them is laid out anew, packed. Old references keep their size (H5R_OBJ_REF_BUF_SIZE is 8 in every file),
 * revised ones have that of a heap ID.
 * @param sizeOfOffsets bytes of an address in the file.
 */
export function withAddressSize(datatype: Datatype, sizeOfOffsets: number): Datatype {
  const size = 8 + sizeOfOffsets;
  switch (datatype.kind) {
    case "string":
      if (datatype.length !== "variable" || datatype.size === size) return datatype;
      return checkedDatatype({ ...datatype, size });
    case "vlen": {
      const base = withAddressSize(datatype.base, sizeOfOffsets);
      return size === datatype.size && base === datatype.base
        ? datatype
        : checkedDatatype({ kind: "vlen", size, base });
    }
    case "reference": {
      const revised = revisedSize(sizeOfOffsets);
      return datatype.revised && datatype.size !== revised ? checkedDatatype({ ...datatype, size: revised }) : datatype;
    }
    case "array": {
      const base = withAddressSize(datatype.base, sizeOfOffsets);
      return base === datatype.base ? datatype : arrayType(base, datatype.shape);
    }
    case "compound": {
      let end = 0;
      const members = datatype.members.map((member) => {
        const offset = end;
        const own = withAddressSize(member.datatype, sizeOfOffsets);
        end += own.size;
        return { ...member, offset, datatype: own };
      });
      const same = members.every((member, i) => member.datatype === datatype.members[i]?.datatype);
      return same ? datatype : checkedDatatype({ kind: "compound", size: end, members });
    }
    default:
      return datatype;
  }
}
