/**
 * What the spec of a type means for its class: the fields, where each lies in the file, and which spec belongs to which
 * field. Reading, writing and constructors all go by this.
 */
import { fieldNameOfType, memberName } from "../names.js";
import type { ResolvedSpec, SpecCatalog } from "../spec/catalog.js";
import {
  type AttributeSpec,
  canonicalDtype,
  type DatasetSpec,
  type Dtype,
  type GroupSpec,
  isCompoundDtype,
  isMany,
  isReferenceDtype,
  isRequired,
  type LinkSpec,
  type Quantity,
  type SpecValue,
} from "../spec/types.js";
import { declaredFieldName, LISTS, placelessFields } from "./field-names.js";

/**
 * What a field holds: one value, several texts, a date, dates, plain values of an attribute, an array that is read by
 * slices, one container, containers by name, a list of containers.
 */
export type FieldForm = "value" | "texts" | "date" | "dates" | "values" | "array" | "object" | "objects" | "list";

export type FieldSpec = AttributeSpec | DatasetSpec | GroupSpec | LinkSpec;

/** One place in the file where a field, or part of its containers, is stored. */
export interface FieldPlace {
  readonly spec: FieldSpec;
  /** Names of the members from the type's own object to the holder of this one. */
  readonly holder: readonly string[];
}

/** A field of a type. */
export interface FieldPlan {
  /** The schema's name, as PyNWB has it. */
  readonly name: string;
  /** The option of the constructor, and the getter. */
  readonly option: string;
  readonly form: FieldForm;
  readonly required: boolean;
  /** The value is always this one. */
  readonly constant: SpecValue | undefined;
  readonly defaultValue: SpecValue | undefined;
  /** The field of the dataset that this attribute lies on: without that there is no attribute. */
  readonly owner: string | undefined;
  /** Types of the containers it may hold; empty for other forms. */
  readonly types: readonly string[];
  /** The name a container must have here. */
  readonly fixedName: string | undefined;
  readonly doc: string;
  readonly places: readonly FieldPlace[];
}

export interface TypePlan {
  readonly type: string;
  readonly namespace: string;
  readonly hierarchy: readonly string[];
  readonly catalog: SpecCatalog;
  readonly spec: ResolvedSpec;
  readonly fields: ReadonlyMap<string, FieldPlan>;
  /** The field by the name of its option. */
  readonly options: ReadonlyMap<string, FieldPlan>;
  /** The field at a place inside `spec`, by `placeKey`: one spec object may stand at several places. */
  readonly fieldAt: ReadonlyMap<string, string>;
}

/** What tells the places inside a type apart. */
export function placeKey(holder: readonly string[], spec: FieldSpec): string {
  const path = holder.join("/");
  if (spec.kind === "attribute") return `${path}@${spec.name}`;
  if (spec.name !== undefined) return `${path}/${spec.name}`;
  return `${path}/:${spec.kind === "link" ? spec.targetType : (spec.typeDef ?? spec.typeInc)}`;
}

/** The field that a spec at a place stands for. */
export function fieldAt(plan: TypePlan, holder: readonly string[], spec: FieldSpec): FieldPlan | undefined {
  const name = plan.fieldAt.get(placeKey(holder, spec));
  return name === undefined ? undefined : plan.fields.get(name);
}

const PLANS = /* @__PURE__ */ new WeakMap<SpecCatalog, Map<string, TypePlan>>();

/** The plan of a type; the same object for every call. @throws NwbError when the catalogue does not have the type. */
export function typePlan(catalog: SpecCatalog, type: string, namespace: string): TypePlan {
  const plans = PLANS.get(catalog) ?? new Map<string, TypePlan>();
  PLANS.set(catalog, plans);
  const key = `${namespace}\n${type}`;
  const known = plans.get(key);
  if (known !== undefined) return known;
  const plan = new Planner(catalog, catalog.resolved(type, namespace)).plan();
  plans.set(key, plan);
  return plan;
}

/** Is the type this one or a subtype of it? */
export function isType(plan: TypePlan, ancestor: string): boolean {
  return plan.hierarchy.includes(ancestor);
}

/** Untyped groups within each other; schemas in use have four. */
const MAX_DEPTH = 32;

const NO_PLACE: Omit<FieldPlan, "name" | "option" | "doc"> = {
  form: "value",
  required: false,
  constant: undefined,
  defaultValue: undefined,
  owner: undefined,
  types: [],
  fixedName: undefined,
  places: [],
};

interface Holder {
  /** Path in the notation of the declared names. */
  readonly path: string;
  readonly names: readonly string[];
  readonly required: boolean;
  /** The field of the dataset whose attributes are planned. */
  readonly owner: string | undefined;
}

class Planner {
  readonly #catalog: SpecCatalog;
  readonly #spec: ResolvedSpec;
  readonly #fields = new Map<string, FieldPlan>();
  readonly #fieldAt = new Map<string, string>();

  constructor(catalog: SpecCatalog, spec: ResolvedSpec) {
    this.#catalog = catalog;
    this.#spec = spec;
  }

  plan(): TypePlan {
    const spec = this.#spec;
    const top: Holder = { path: "", names: [], required: true, owner: undefined };
    this.#attributes(spec.attributes, top);
    if (spec.kind === "group") this.#group(spec, top, 0);
    else this.#content(spec);
    this.#placeless();
    const options = new Map<string, FieldPlan>();
    for (const field of this.#fields.values()) if (!options.has(field.option)) options.set(field.option, field);
    const { type, namespace, hierarchy } = spec;
    return {
      type,
      namespace,
      hierarchy,
      catalog: this.#catalog,
      spec,
      fields: this.#fields,
      options,
      fieldAt: this.#fieldAt,
    };
  }

  #group(spec: GroupSpec, at: Holder, depth: number): void {
    if (depth > MAX_DEPTH) return;
    for (const member of spec.datasets) this.#member(member, at, depth);
    for (const member of spec.groups) this.#member(member, at, depth);
    for (const link of spec.links) this.#containers(link, link.targetType, link.name, link.quantity, at);
  }

  #member(member: DatasetSpec | GroupSpec, at: Holder, depth: number): void {
    const type = member.typeDef ?? member.typeInc;
    const { name } = member;
    if (type !== undefined) this.#containers(member, type, name, member.quantity, at);
    if (type !== undefined || name === undefined) return;
    const path = joined(at.path, name);
    const declared = declaredFieldName(this.#spec.hierarchy, path);
    if (declared === null) return;
    const required = at.required && isRequired(member.quantity);
    const names = [...at.names, name];
    const inside: Holder = { path, names, required, owner: undefined };
    if (member.kind === "group") {
      this.#attributes(member.attributes, inside);
      this.#group(member, inside, depth + 1);
      return;
    }
    const field = declared ?? names.join("__");
    this.#add(field, member, at, {
      form: datasetForm(member, field),
      required,
      constant: member.value,
      defaultValue: member.defaultValue,
    });
    this.#attributes(member.attributes, { ...inside, owner: field });
  }

  #attributes(specs: readonly AttributeSpec[], at: Holder): void {
    for (const spec of specs) {
      const declared = declaredFieldName(this.#spec.hierarchy, `${at.path}@${spec.name}`);
      if (declared === null) continue;
      const reference = isReferenceDtype(spec.dtype);
      this.#add(declared ?? [...at.names, spec.name].join("__"), spec, at, {
        form: reference ? "object" : attributeForm(spec),
        required: at.required && spec.required,
        constant: spec.value,
        defaultValue: spec.defaultValue,
        owner: at.owner,
        types: reference && isReferenceDtype(spec.dtype) ? [spec.dtype.targetType] : [],
      });
    }
  }

  /** The content of a dataset type. */
  #content(spec: ResolvedSpec): void {
    if (spec.kind !== "dataset") return;
    const at: Holder = { path: "", names: [], required: true, owner: undefined };
    this.#add("data", spec, at, { form: "array", required: spec.value === undefined, constant: spec.value });
  }

  /** A member, or members, that are containers themselves. */
  #containers(
    spec: DatasetSpec | GroupSpec | LinkSpec,
    type: string,
    name: string | undefined,
    quantity: Quantity,
    at: Holder,
  ): void {
    const { hierarchy, namespace } = this.#spec;
    const isColumn = hierarchy.includes("DynamicTable") && this.#catalog.isSubtype(type, "VectorData", namespace);
    const path = isColumn && at.names.length === 0 ? ":VectorData" : joined(at.path, name ?? `:${type}`);
    const declared = declaredFieldName(hierarchy, path);
    if (declared === null) return;
    const many = isMany(quantity) || isColumn;
    const plain = fieldNameOfType(type);
    const last = name ?? (many && !plain.endsWith("s") ? `${plain}s` : plain);
    const field = declared ?? [...at.names, last].join("__");
    const isList = hierarchy.some((each) => LISTS.has(`${each} ${field}`));
    const several = many || field === "category_tables";
    this.#add(field, spec, at, {
      form: isList ? "list" : several ? "objects" : "object",
      required: !isColumn && at.required && isRequired(quantity),
      types: [type],
      fixedName: several || spec.kind === "link" ? undefined : name,
    });
  }

  /** Fields that the spec has no place for. */
  #placeless(): void {
    for (const name of placelessFields(this.#spec.hierarchy)) {
      if (this.#fields.has(name)) continue;
      const doc = "Attribute of columns of the table, or kept in memory only.";
      this.#fields.set(name, { ...NO_PLACE, name, option: memberName(name), doc });
    }
  }

  #add(
    name: string,
    spec: FieldSpec,
    at: Holder,
    rest: Pick<FieldPlan, "form" | "required"> & Partial<FieldPlan>,
  ): void {
    this.#fieldAt.set(placeKey(at.names, spec), name);
    const place: FieldPlace = { spec, holder: at.names };
    const known = this.#fields.get(name);
    if (known === undefined) {
      const about = { name, option: memberName(name), doc: spec.doc, places: [place] };
      const plan: FieldPlan = { ...NO_PLACE, ...rest, ...about };
      this.#fields.set(name, plan);
      return;
    }
    this.#fields.set(name, {
      ...known,
      required: known.required && rest.required,
      types: [...new Set([...known.types, ...(rest.types ?? [])])],
      places: [...known.places, place],
    });
  }
}

function joined(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}

function isTextual(dtype: Dtype | undefined): boolean {
  if (dtype === undefined || isCompoundDtype(dtype) || isReferenceDtype(dtype)) return false;
  const canonical = canonicalDtype(dtype);
  return canonical === "text" || canonical === "ascii";
}

function isDateDtype(dtype: Dtype | undefined): boolean {
  return typeof dtype === "string" && canonicalDtype(dtype) === "isodatetime";
}

function datasetForm(spec: DatasetSpec, field: string): FieldForm {
  const scalar = spec.shape === undefined && spec.dims === undefined;
  if (isDateDtype(spec.dtype)) return scalar ? "date" : "dates";
  if (scalar) return "value";
  // The samples of a series are read by slices, even when they are texts.
  return isTextual(spec.dtype) && field !== "data" ? "texts" : "array";
}

function attributeForm(spec: AttributeSpec): FieldForm {
  const scalar = spec.shape === undefined && spec.dims === undefined;
  if (isDateDtype(spec.dtype)) return scalar ? "date" : "dates";
  if (scalar) return "value";
  return isTextual(spec.dtype) ? "texts" : "values";
}
