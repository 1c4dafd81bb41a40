/** The parts that specs are made of, from JSON: data types, extents, quantities, values, attributes. */
import { type Found, fail, list, record, text, textOr } from "./json-value.js";
import {
  type AttributeSpec,
  type CompoundField,
  type DimsSpec,
  type Dtype,
  isPrimaryDtype,
  type PrimaryDtype,
  type Quantity,
  type ReferenceDtype,
  type Shape,
  type ShapeSpec,
  type SpecValue,
} from "./types.js";

const QUANTITIES: ReadonlyMap<unknown, Quantity> = /* @__PURE__ */ new Map<unknown, Quantity>([
  [undefined, 1],
  ["?", "?"],
  ["zero_or_one", "?"],
  ["*", "*"],
  ["zero_or_many", "*"],
  ["+", "+"],
  ["one_or_many", "+"],
]);

/** Lists within lists of a fixed or default value. */
const MAX_VALUE_DEPTH = 32;

export function parseQuantity({ value, where }: Found): Quantity {
  const known = QUANTITIES.get(value);
  if (known !== undefined) return known;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return fail(where, "is no quantity");
}

export function parseDtype(found: Found): Dtype | undefined {
  if (found.value === undefined) return undefined;
  return Array.isArray(found.value) ? list(found).map(parseField) : parseSimpleDtype(found);
}

function parseField(found: Found): CompoundField {
  const field = record(found);
  return { name: text(field, "name"), doc: textOr(field, "doc", ""), dtype: parseSimpleDtype(field.at("dtype")) };
}

function parseSimpleDtype(found: Found): PrimaryDtype | ReferenceDtype {
  const { value, where } = found;
  if (typeof value === "string") return isPrimaryDtype(value) ? value : fail(where, "is no known data type");
  const reference = record(found);
  const reftype = textOr(reference, "reftype", "object");
  return { targetType: text(reference, "target_type"), reftype: reftype === "region" ? "region" : "object" };
}

export function parseAttribute(found: Found): AttributeSpec {
  const spec = record(found);
  const shape = parseShape(spec.at("shape"));
  const dims = parseDims(spec.at("dims"));
  const value = parseValue(spec.at("value"));
  const defaultValue = parseValue(spec.at("default_value"));
  const required = spec.get("required");
  return {
    kind: "attribute",
    name: text(spec, "name"),
    doc: textOr(spec, "doc", ""),
    dtype: parseSimpleDtype(spec.at("dtype")),
    required: typeof required === "boolean" ? required : defaultValue === undefined,
    ...(shape === undefined ? {} : { shape }),
    ...(dims === undefined ? {} : { dims }),
    ...(value === undefined ? {} : { value }),
    ...(defaultValue === undefined ? {} : { defaultValue }),
  };
}

/** A list of lengths, or a list of such lists. */
export function parseShape(found: Found): ShapeSpec | undefined {
  if (found.value === undefined) return undefined;
  const entries = list(found);
  return entries.some(({ value }) => Array.isArray(value)) ? entries.map(lengths) : lengths(found);
}

function lengths(found: Found): Shape {
  return list(found).map(({ value, where }) => {
    if (value === undefined) return null;
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : fail(where, "is no length");
  });
}

/** A list of names, or a list of such lists. */
export function parseDims(found: Found): DimsSpec | undefined {
  if (found.value === undefined) return undefined;
  const entries = list(found);
  return entries.some(({ value }) => Array.isArray(value)) ? entries.map(names) : names(found);
}

function names(found: Found): (string | null)[] {
  return list(found).map(({ value, where }) => {
    if (value === undefined) return null;
    return typeof value === "string" ? value : fail(where, "is no name of a dimension");
  });
}

export function parseValue(found: Found, depth = 0): SpecValue | undefined {
  const { value, where } = found;
  if (value === undefined || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return value;
  }
  if (!Array.isArray(value) || depth > MAX_VALUE_DEPTH) return fail(where, "is no value of an attribute or dataset");
  return list(found).map((each) => parseValue(each, depth + 1) ?? fail(each.where, "is null"));
}
