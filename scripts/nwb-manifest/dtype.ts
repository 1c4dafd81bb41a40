/** Datatypes in the words of an NWB manifest. Byte order is no part of them. */
import { type Datatype, isComplex } from "../../src/index.js";

/** Anything that a manifest holds. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export function dtypeOf(datatype: Datatype): Json {
  switch (datatype.kind) {
    case "integer":
      return `${datatype.signed ? "int" : "uint"}${datatype.size * 8}`;
    case "float":
      return `float${datatype.size * 8}`;
    case "enum":
      if (datatype.boolean) return "bool";
      return { enum: Object.fromEntries(datatype.members.map(({ name, value }) => [name, Number(value)])) };
    case "string":
      return "text";
    case "reference":
      return datatype.to === "region" ? "regref" : "objref";
    case "compound":
      return { compound: datatype.members.map((member) => [member.name, dtypeOf(member.datatype)]) };
    case "complex":
      return { compound: ["r", "i"].map((name) => [name, dtypeOf(datatype.base)]) };
    case "array":
      return { array: [dtypeOf(datatype.base), datatype.shape] };
    case "vlen":
      return { vlen: dtypeOf(datatype.base) };
    default:
      return { [datatype.kind]: datatype.size };
  }
}

/** `utf8` or `ascii`, with the length of fixed strings; undefined for other datatypes. */
export function stringOf(datatype: Datatype): string | undefined {
  if (datatype.kind !== "string") return undefined;
  const charset = datatype.charset === "utf-8" ? "utf8" : "ascii";
  return datatype.length === "variable" ? charset : `${charset}[${datatype.length}]`;
}

/** Are numbers stored with their highest byte first? Compounds have no order of their own, complex numbers have. */
export function isBigEndian(datatype: Datatype): boolean {
  switch (datatype.kind) {
    case "integer":
    case "bitfield":
    case "float":
      return datatype.order === "be" && datatype.size > 1;
    case "enum":
    case "array":
    case "complex":
      return isBigEndian(datatype.base);
    case "compound":
      return isComplex(datatype) && datatype.members.every((member) => isBigEndian(member.datatype));
    default:
      return false;
  }
}
