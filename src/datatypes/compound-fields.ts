/** Some members of a compound type, as `fields` asks for them. */
import { Hdf5UsageError, quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { complexAsCompound } from "./datatype-facts.js";
import { describe } from "./describe.js";
import { shown } from "./shown.js";

/**
 * A compound type reduced to some members at their places; of a complex number a compound of `r` and `i`. For others
 * than compounds `fields` must be empty: the type itself.
 * @throws Hdf5UsageError for a member that does not exist, or is named twice.
 */
export function fieldsOf(datatype: Datatype, fields: readonly string[]): Datatype {
  if (datatype.kind === "array" || datatype.kind === "vlen") {
    return Object.freeze({ ...datatype, base: fieldsOf(datatype.base, fields) });
  }
  const compound = datatype.kind === "complex" ? complexAsCompound(datatype) : datatype;
  if (compound.kind !== "compound") {
    if (fields.length === 0) return datatype;
    throw new Hdf5UsageError("fields", `are given for ${describe(datatype)}`, "a compound datatype");
  }
  const names = compound.members.map(({ name }) => name);
  const members = fields.map((field, i) => {
    const member = compound.members.find(({ name }) => name === field);
    if (member === undefined || fields.indexOf(field) !== i) {
      const finding = member === undefined ? "are no member" : "are named twice";
      throw new Hdf5UsageError("fields", `${quote(shown(field))} ${finding}`, `some of ${names.map(quote).join(", ")}`);
    }
    return member;
  });
  return Object.freeze({ ...compound, members: Object.freeze(members) });
}
