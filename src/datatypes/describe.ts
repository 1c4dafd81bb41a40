/** Datatypes in a few words, for errors. */
import { quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { isComplex } from "./datatype-facts.js";

/** A few words for errors. */
export function describe(datatype: Datatype): string {
  switch (datatype.kind) {
    case "compound":
      return isComplex(datatype)
        ? "complex numbers"
        : `compound elements (${datatype.members.map(({ name }) => quote(name)).join(", ")})`;
    case "complex":
      return "complex numbers";
    case "array":
      return `arrays of ${describe(datatype.base)}`;
    case "vlen":
      return `variable-length sequences of ${describe(datatype.base)}`;
    case "string":
      return "strings";
    case "reference":
      return `${datatype.to} references`;
    case "enum":
      return datatype.boolean ? "booleans" : "an enumeration";
    case "opaque":
      return "opaque bytes";
    case "bitfield":
      return "bitfields";
    case "time":
      return "times";
    default:
      return `${datatype.kind}s`;
  }
}
