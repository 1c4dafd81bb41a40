/** Questions about datatypes. */
import type { Datatype, MemberName } from "../format/messages/datatype.js";

/**
 * Are two datatypes stored alike? Names and order of members count, `committed` does not.
 * @example sameDatatype(datatypeOf("int8"), file.datatype)
 */
export function sameDatatype(a: Datatype, b: Datatype): boolean {
  return a === b || samePart(a, b);
}

/** Compares plain datatype objects; `bits` of one-byte numbers have no order. */
function samePart(a: Datatype, b: Datatype): boolean {
  if (a.kind !== b.kind || a.size !== b.size) return false;
  switch (a.kind) {
    case "integer":
      return b.kind === "integer" && a.signed === b.signed && sameBits(a, b, a.size);
    case "bitfield":
      return b.kind === "bitfield" && sameBits(a, b, a.size);
    case "time":
      return b.kind === "time" && a.order === b.order && a.precision === b.precision;
    case "float":
      return (
        b.kind === "float" &&
        (a.size === 1 || a.order === b.order) &&
        a.precision === b.precision &&
        a.offset === b.offset &&
        a.sign === b.sign &&
        a.bias === b.bias &&
        a.normalization === b.normalization &&
        sameList(a.exponent, b.exponent) &&
        sameList(a.mantissa, b.mantissa) &&
        sameList(a.padding, b.padding)
      );
    case "opaque":
      return b.kind === "opaque" && a.tag === b.tag && a.tagLatin1 === b.tagLatin1;
    case "string":
      return b.kind === "string" && a.length === b.length && a.padding === b.padding && a.charset === b.charset;
    case "reference":
      return b.kind === "reference" && a.to === b.to && a.revised === b.revised;
    case "enum": {
      if (b.kind !== "enum" || a.members.length !== b.members.length || !sameDatatype(a.base, b.base)) return false;
      return a.members.every((member, i) => {
        const other = b.members[i];
        return other !== undefined && sameName(member, other) && BigInt(member.value) === BigInt(other.value);
      });
    }
    case "compound": {
      if (b.kind !== "compound" || a.members.length !== b.members.length) return false;
      return a.members.every((member, i) => {
        const other = b.members[i];
        if (other === undefined || !sameName(member, other) || member.offset !== other.offset) return false;
        return sameDatatype(member.datatype, other.datatype);
      });
    }
    case "array":
      return b.kind === "array" && sameList(a.shape, b.shape) && sameDatatype(a.base, b.base);
    case "vlen":
      return b.kind === "vlen" && sameDatatype(a.base, b.base);
    case "complex":
      return b.kind === "complex" && sameDatatype(a.base, b.base);
    default:
      a satisfies never;
      return false;
  }
}

function sameName(a: MemberName, b: MemberName): boolean {
  return a.name === b.name && a.nameLatin1 === b.nameLatin1;
}

type Bits = Extract<Datatype, { readonly kind: "bitfield" | "integer" }>;

function sameBits(a: Bits, b: Bits, size: number): boolean {
  const order = size === 1 || a.order === b.order;
  return order && a.precision === b.precision && a.offset === b.offset && sameList(a.padding, b.padding);
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** Is this a complex number: class 11, or h5py's compound of two equal floats `r` and `i`? */
export function isComplex(datatype: Datatype): boolean {
  return complexParts(datatype) !== undefined;
}

/** Where the parts of a complex number lie in an element; undefined: it is none. */
export function complexParts(
  datatype: Datatype,
):
  | { readonly part: Datatype & { readonly kind: "float" }; readonly real: number; readonly imaginary: number }
  | undefined {
  if (datatype.kind === "complex") {
    const { base } = datatype;
    return base.kind === "float" ? { part: base, real: 0, imaginary: base.size } : undefined;
  }
  if (datatype.kind !== "compound" || datatype.members.length !== 2) return undefined;
  const [r, i] = datatype.members;
  if (r?.name !== "r" || i?.name !== "i" || r.datatype.kind !== "float") return undefined;
  return sameDatatype(r.datatype, i.datatype) ? { part: r.datatype, real: r.offset, imaginary: i.offset } : undefined;
}

/** A complex number of class 11 as the compound that it is laid out like. */
export function complexAsCompound(
  datatype: Datatype & { readonly kind: "complex" },
): Datatype & { readonly kind: "compound" } {
  const { base, size } = datatype;
  const members = [
    { name: "r", offset: 0, datatype: base },
    { name: "i", offset: base.size, datatype: base },
  ];
  return { kind: "compound", size, members };
}

/** Do elements hold global heap IDs, so that what they mean lies in the heap? */
export function usesHeap(datatype: Datatype): boolean {
  switch (datatype.kind) {
    case "vlen":
      return true;
    case "string":
      return datatype.length === "variable";
    case "reference":
      return datatype.to !== "object" || datatype.revised;
    case "array":
      return usesHeap(datatype.base);
    case "compound":
      return datatype.members.some((member) => usesHeap(member.datatype));
    default:
      return false;
  }
}

/** Are there references among the elements, at any depth, whose target is told in the heap? */
export function hasHeapReferences(datatype: Datatype): boolean {
  switch (datatype.kind) {
    case "reference":
      return usesHeap(datatype);
    case "vlen":
    case "array":
      return hasHeapReferences(datatype.base);
    case "compound":
      return datatype.members.some((member) => hasHeapReferences(member.datatype));
    default:
      return false;
  }
}

/** Do elements of this type name places in the file: heaps, other objects? Otherwise their bytes are the value. */
export function holdsAddresses(datatype: Datatype): boolean {
  switch (datatype.kind) {
    case "vlen":
    case "reference":
      return true;
    case "string":
      return datatype.length === "variable";
    case "array":
      return holdsAddresses(datatype.base);
    case "compound":
      return datatype.members.some((member) => holdsAddresses(member.datatype));
    default:
      return false;
  }
}
