/** Options of constructors → fields: checked against the schema, with its constants and defaults. */

import type { Data } from "../data/data.js";
import { isIterable } from "../data/data-chunk-iterator.js";
import { H5DataIO } from "../data/h5-data-io.js";
import { asSource, isArraySource } from "../data/held-data.js";
import { givenDate } from "../dates.js";
import { NwbError } from "../errors.js";
import { suggestion } from "../names.js";
import type { FieldPlan, TypePlan } from "../schema/type-plan.js";
import { canonicalDtype, type Dtype, isCompoundDtype, isReferenceDtype } from "../spec/types.js";
import { type ContainerState, isContainer, stateOf } from "./state.js";

/** Attributes that have their default even when the dataset they lie on is absent. */
const ALWAYS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "ImagingPlane unit",
  "ImagingPlane conversion",
  "ImagingPlane origin_coords_unit",
  "ImagingPlane grid_spacing_unit",
  "Subject age__reference",
]);

/** What is required in a file, and may be said after construction. */
const LATER: ReadonlySet<string> = /* @__PURE__ */ new Set(["DynamicTableRegion table", "EnumData elements"]);

/** Fields that PyNWB keeps as attributes of its classes, not among `fields`. */
const NOT_PUBLIC: ReadonlyMap<string, readonly string[]> = /* @__PURE__ */ new Map([
  ["Image", ["resolution", "description"]],
  ["ScratchData", ["description"]],
  ["IndexSeries", ["indexed_images"]],
  ["CSRMatrix", ["shape", "data", "indices", "indptr"]],
]);

/** Types whose collection is there even when nothing is in it. */
const COLLECTIONS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "BehavioralEpochs",
  "BehavioralEvents",
  "BehavioralTimeSeries",
  "CompassDirection",
  "DfOverF",
  "EventWaveform",
  "EyeTracking",
  "FilteredEphys",
  "Fluorescence",
  "ImageSegmentation",
  "LFP",
  "MotionCorrection",
  "Position",
  "PupilTracking",
  "SimpleMultiContainer",
]);

/** What PyNWB's classes say of themselves, whatever the file says. */
const OWN_TEXTS: ReadonlyMap<string, string> = /* @__PURE__ */ new Map(
  [
    ["IntracellularElectrodesTable", "electrode"],
    ["IntracellularStimuliTable", "stimulus"],
    ["IntracellularResponsesTable", "response"],
  ].map(([type, what]) => [type as string, `Table for storing intracellular ${what} related metadata`] as const),
);

/** The fields that users see. */
export function publicFields({ plan, fields }: ContainerState): ReadonlyMap<string, unknown> {
  const hidden = plan.hierarchy.flatMap((type) => NOT_PUBLIC.get(type) ?? []);
  if (hidden.length === 0) return fields;
  return new Map([...fields].filter(([name]) => !hidden.includes(name)));
}

/**
 * Fills the fields of a new container.
 * @param given by the names of options.
 */
export function initialFields(container: object, plan: TypePlan, given: ReadonlyMap<string, unknown>): void {
  for (const option of given.keys()) {
    if (plan.options.has(option)) continue;
    throw new NwbError(
      `${plan.type} has no option ${JSON.stringify(option)}${suggestion(option, plan.options.keys())}`,
      {
        code: "unknown-option",
        neurodataType: plan.type,
        field: option,
      },
    );
  }
  const { fields } = stateOf(container);
  for (const field of plan.fields.values()) {
    const value = given.get(field.option) ?? undefined;
    if (value !== undefined) {
      checkConstant(plan, field, value);
      setField(container, field, value);
    }
  }
  fillDefaults(container);
  for (const field of plan.fields.values()) {
    const isDue = field.required && field.form !== "objects" && !LATER.has(`${plan.type} ${field.name}`);
    if (isDue && !fields.has(field.name) && hasOwner(field, fields))
      throw fieldError(plan, field, "is missing", "missing-option");
  }
}

/** Puts in what the schema fixes, and the defaults of attributes. */
export function fillDefaults(container: object): void {
  const { plan, fields } = stateOf(container);
  const text = OWN_TEXTS.get(plan.type);
  if (text !== undefined) fields.set("description", text);
  for (const field of plan.fields.values()) {
    if (fields.has(field.name)) continue;
    if (!hasOwner(field, fields) && !ALWAYS.has(`${plan.type} ${field.name}`)) continue;
    const isAttribute = field.places.some(({ spec }) => spec.kind === "attribute");
    const known = field.constant ?? (isAttribute ? field.defaultValue : undefined);
    if (known !== undefined) setField(container, field, known);
    else if (field.form === "objects" && COLLECTIONS.has(plan.type)) fields.set(field.name, new Map());
  }
}

/** Is there a dataset for the attribute to lie on? */
function hasOwner(field: FieldPlan, fields: ReadonlyMap<string, unknown>): boolean {
  return field.owner === undefined || fields.has(field.owner);
}

function checkConstant(plan: TypePlan, field: FieldPlan, value: unknown): void {
  if (field.constant === undefined || value === field.constant) return;
  throw fieldError(
    plan,
    field,
    `is ${JSON.stringify(field.constant)} by the schema, and ${shown(value)} was given`,
    "constant",
  );
}

/** Gives a field a value that a user stated. @throws NwbError when it is not what the schema asks for. */
export function setField(container: object, field: FieldPlan, value: unknown): void {
  const { plan, fields } = stateOf(container);
  fields.set(field.name, fieldValue(container, plan, field, value));
}

function fieldValue(container: object, plan: TypePlan, field: FieldPlan, value: unknown): unknown {
  switch (field.form) {
    case "value":
      return plainValue(plan, field, value);
    case "texts":
      return isArraySource(value) || value instanceof H5DataIO ? asSource(value as Data) : texts(plan, field, value);
    case "date":
      return givenDate(value, { neurodataType: plan.type, field: field.name });
    case "dates":
      return (Array.isArray(value) ? value : [value]).map((each) =>
        givenDate(each, { neurodataType: plan.type, field: field.name }),
      );
    case "values":
      return isIterable(value) ? [...(value as Iterable<unknown>)] : [value];
    case "array":
      return isContainer(value)
        ? seriesAsData(plan, field, value)
        : located(plan, field, () => asSource(value as Data));
    case "object":
      return adopted(container, plan, field, value);
    case "objects":
      return byName(container, plan, field, value);
    case "list":
      return containersOf(value).map((each) => adopted(container, plan, field, each));
    default:
      return field.form satisfies never;
  }
}

function located<T>(plan: TypePlan, field: FieldPlan, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof NwbError)) throw error;
    throw fieldError(plan, field, error.message, error.code, error);
  }
}

/** Another series in the place of data: its data are linked. */
function seriesAsData(plan: TypePlan, field: FieldPlan, value: object): object {
  const isSeries = stateOf(value).plan.hierarchy.includes("TimeSeries");
  if (isSeries && plan.hierarchy.includes("TimeSeries")) return value;
  throw fieldError(plan, field, `is a ${stateOf(value).plan.type}, expected data`, "type");
}

function plainValue(plan: TypePlan, field: FieldPlan, value: unknown): unknown {
  const dtype = dtypeOf(field);
  if (dtype === undefined) return isPlain(value) ? value : located(plan, field, () => asSource(value as Data));
  if (isCompoundDtype(dtype) || isReferenceDtype(dtype)) return value;
  const kind = typeof value;
  const canonical = canonicalDtype(dtype);
  const fits =
    canonical === "text" || canonical === "ascii"
      ? kind === "string"
      : canonical === "bool"
        ? kind === "boolean"
        : kind === "number" || kind === "bigint";
  if (fits) return value;
  // Files of older versions hold lists of one where there is one value now.
  if (Array.isArray(value) && value.length === 1) return plainValue(plan, field, value[0]);
  throw fieldError(plan, field, `is ${shown(value)}, expected ${canonical}`, "type");
}

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

export function dtypeOf(field: FieldPlan): Dtype | undefined {
  const spec = field.places[0]?.spec;
  return spec !== undefined && (spec.kind === "attribute" || spec.kind === "dataset") ? spec.dtype : undefined;
}

function texts(plan: TypePlan, field: FieldPlan, value: unknown): readonly string[] {
  const list = typeof value === "string" ? [value] : isIterable(value) ? [...(value as Iterable<unknown>)] : [value];
  const wrong = list.find((each) => typeof each !== "string");
  if (wrong !== undefined) throw fieldError(plan, field, `holds ${shown(wrong)}, expected text`, "type");
  return list as string[];
}

function byName(container: object, plan: TypePlan, field: FieldPlan, value: unknown): Map<string, object> {
  const members = new Map<string, object>();
  for (const each of containersOf(value)) {
    const member = adopted(container, plan, field, each);
    const { name } = stateOf(member);
    if (members.has(name))
      throw fieldError(plan, field, `holds two containers of the name ${JSON.stringify(name)}`, "exists");
    members.set(name, member);
  }
  return members;
}

function containersOf(value: unknown): readonly unknown[] {
  if (value instanceof Map) return [...value.values()];
  return Array.isArray(value) ? value : [value];
}

/** The value as a container of a type that the field may hold; it belongs to this one unless it belongs to another. */
function adopted(container: object, plan: TypePlan, field: FieldPlan, value: unknown): object {
  if (!isContainer(value))
    throw fieldError(plan, field, `is ${shown(value)}, expected a ${field.types.join(" or ")}`, "type");
  checkMember(plan, field, value);
  const owns = field.places.some(({ spec }) => spec.kind === "group" || spec.kind === "dataset");
  const state = stateOf(value);
  if (owns && state.parent === undefined && value !== container) state.parent = container;
  return value;
}

/** @throws NwbError when a container of this type or name has no place in the field. */
export function checkMember(plan: TypePlan, field: FieldPlan, member: object): void {
  const { plan: own, name } = stateOf(member);
  if (!field.types.some((type) => own.hierarchy.includes(type))) {
    throw fieldError(plan, field, `takes ${field.types.join(", ")}, not a ${own.type}`, "type");
  }
  if (field.fixedName !== undefined && name !== field.fixedName) {
    throw fieldError(
      plan,
      field,
      `must have the name ${JSON.stringify(field.fixedName)}, not ${JSON.stringify(name)}`,
      "name",
    );
  }
}

/** Adds a container to a field that holds several. @throws NwbError when the name is taken or the type does not fit. */
export function addMember(container: object, fieldName: string, member: unknown): void {
  const { plan, fields } = stateOf(container);
  const field = knownField(plan, fieldName);
  const adoptedMember = adopted(container, plan, field, member);
  const { name } = stateOf(adoptedMember);
  const known = fields.get(fieldName);
  if (field.form === "list") {
    fields.set(fieldName, [...((known as object[] | undefined) ?? []), adoptedMember]);
    return;
  }
  const members = known instanceof Map ? (known as Map<string, object>) : new Map<string, object>();
  if (members.has(name)) {
    throw fieldError(
      plan,
      field,
      `has a ${stateOf(members.get(name) as object).plan.type} ${JSON.stringify(name)} already`,
      "exists",
    );
  }
  members.set(name, adoptedMember);
  fields.set(fieldName, members);
}

/** @throws NwbError when the type has no such field. */
export function knownField(plan: TypePlan, name: string): FieldPlan {
  const field = plan.fields.get(name);
  if (field !== undefined) return field;
  throw new NwbError(`${plan.type} has no field ${JSON.stringify(name)}${suggestion(name, plan.fields.keys())}`, {
    code: "no-field",
    neurodataType: plan.type,
    field: name,
  });
}

/** The containers in a field's value. */
export function containersIn(value: unknown): readonly object[] {
  if (isContainer(value)) return [value];
  if (value instanceof Map) return [...value.values()].filter(isContainer);
  return Array.isArray(value) ? value.filter(isContainer) : [];
}

/** The containers whose parent this one is. */
export function childrenOf(container: object): object[] {
  const found = new Set<object>();
  for (const value of stateOf(container).fields.values()) {
    for (const each of containersIn(value)) if (stateOf(each).parent === container) found.add(each);
  }
  return [...found];
}

export function fieldError(plan: TypePlan, field: FieldPlan, finding: string, code: string, cause?: unknown): NwbError {
  const place = { code, neurodataType: plan.type, field: field.name, cause };
  return new NwbError(`${plan.type} ${field.option}: ${finding}`, place);
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (isContainer(value)) return `a ${stateOf(value).plan.type}`;
  if (typeof value !== "object" || value === null) return `${typeof value} ${String(value)}`;
  return Array.isArray(value) ? "an array" : `a ${Object.prototype.toString.call(value).slice(8, -1)}`;
}
