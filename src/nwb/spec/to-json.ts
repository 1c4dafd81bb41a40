/** Specs → the JSON texts that PyNWB stores in a file, with its keys and without what is default. */
import {
  type AttributeSpec,
  type CompoundField,
  canonicalDtype,
  type DatasetSpec,
  type Dtype,
  type GroupSpec,
  isCompoundDtype,
  isReferenceDtype,
  type LinkSpec,
  type NamespaceSpec,
  type SchemaEntry,
  type SourceSpec,
  type SpecValue,
  type TypeSpec,
} from "./types.js";

/** The texts of one namespace: that of its dataset `namespace`, and one per source by the name of its dataset. */
export interface NamespaceJson {
  readonly namespace: string;
  readonly sources: Map<string, string>;
}

/** A number that keeps its decimal point in the text, as Python needs it to see a float. */
interface Float {
  readonly float: number;
}

type Json = string | number | boolean | null | readonly Json[] | Float | ReadonlyMap<string, Json>;

/** Names of the keys that define and include types. */
interface TypeKeys {
  readonly def: string;
  readonly inc: string;
}

const HDMF_KEYS: TypeKeys = { def: "data_type_def", inc: "data_type_inc" };
const NWB_KEYS: TypeKeys = { def: "neurodata_type_def", inc: "neurodata_type_inc" };

/** The JSON texts of a namespace. */
export function namespaceToJson(namespace: NamespaceSpec): NamespaceJson {
  const keys = namespace.name.startsWith("hdmf-") ? HDMF_KEYS : NWB_KEYS;
  const typesKey = keys === HDMF_KEYS ? "data_types" : "neurodata_types";
  const about = members({
    doc: namespace.doc,
    schema: namespace.schema.map((entry) => schemaEntry(entry, typesKey)),
    name: namespace.name,
    full_name: namespace.fullName,
    version: namespace.version,
    author: namespace.author,
    contact: namespace.contact,
  });
  return {
    namespace: textOf(members({ namespaces: [about] })),
    sources: new Map(namespace.sources.map((source) => [source.name, textOf(sourceJson(source, keys))])),
  };
}

function schemaEntry(entry: SchemaEntry, typesKey: string): Json {
  const place = entry.kind === "namespace" ? { namespace: entry.namespace } : { source: entry.source };
  return members({ ...place, [typesKey]: entry.types });
}

function sourceJson({ datasets, groups }: SourceSpec, keys: TypeKeys): Json {
  return members({
    datasets: orAbsent(datasets.map((spec) => datasetJson(spec, keys))),
    groups: orAbsent(groups.map((spec) => groupJson(spec, keys))),
  });
}

function datasetJson(spec: DatasetSpec, keys: TypeKeys): Json {
  return members({
    shape: spec.shape,
    dims: spec.dims,
    dtype: spec.dtype === undefined ? undefined : dtypeJson(spec.dtype),
    value: valueJson(spec.value, spec.dtype),
    default_value: valueJson(spec.defaultValue, spec.dtype),
    ...storageJson(spec, keys),
  });
}

function groupJson(spec: GroupSpec, keys: TypeKeys): Json {
  return members({
    groups: orAbsent(spec.groups.map((member) => groupJson(member, keys))),
    datasets: orAbsent(spec.datasets.map((member) => datasetJson(member, keys))),
    links: orAbsent(spec.links.map(linkJson)),
    ...storageJson(spec, keys),
  });
}

function storageJson(spec: TypeSpec, keys: TypeKeys): Record<string, Json | undefined> {
  return {
    doc: spec.doc,
    name: spec.name,
    default_name: spec.defaultName,
    quantity: spec.quantity === 1 ? undefined : spec.quantity,
    linkable: spec.linkable ? undefined : false,
    [keys.inc]: spec.typeInc,
    [keys.def]: spec.typeDef,
    attributes: orAbsent(spec.attributes.map(attributeJson)),
  };
}

function attributeJson(spec: AttributeSpec): Json {
  return members({
    doc: spec.doc,
    name: spec.name,
    required: spec.required ? undefined : false,
    dtype: dtypeJson(spec.dtype),
    value: valueJson(spec.value, spec.dtype),
    default_value: valueJson(spec.defaultValue, spec.dtype),
    shape: spec.shape,
    dims: spec.dims,
  });
}

function linkJson({ doc, name, targetType, quantity }: LinkSpec): Json {
  return members({ doc, name, target_type: targetType, quantity: quantity === 1 ? undefined : quantity });
}

function dtypeJson(dtype: Dtype): Json {
  if (isCompoundDtype(dtype)) return dtype.map(fieldJson);
  if (isReferenceDtype(dtype)) return members({ target_type: dtype.targetType, reftype: dtype.reftype });
  return dtype;
}

function fieldJson({ doc, name, dtype }: CompoundField): Json {
  return members({ doc, name, dtype: dtypeJson(dtype) });
}

/** Numbers of a float type keep a decimal point. */
function valueJson(value: SpecValue | undefined, dtype: Dtype | undefined): Json | undefined {
  if (value === undefined || typeof dtype !== "string") return value;
  return canonicalDtype(dtype).startsWith("float") ? floatJson(value) : value;
}

function floatJson(value: SpecValue): Json {
  if (typeof value === "number") return { float: value };
  return Array.isArray(value) ? value.map(floatJson) : value;
}

/** An empty list is left out. */
function orAbsent(list: readonly Json[]): readonly Json[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** An object of those members that are there. */
function members(entries: Readonly<Record<string, Json | undefined>>): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) found.set(key, value);
  return found;
}

function textOf(value: Json): string {
  if (value instanceof Map)
    return `{${[...value].map(([key, each]) => `${JSON.stringify(key)}:${textOf(each)}`).join(",")}}`;
  if (Array.isArray(value)) return `[${value.map(textOf).join(",")}]`;
  if (isFloat(value))
    return Number.isInteger(value.float) && Math.abs(value.float) < 1e21 ? `${value.float}.0` : `${value.float}`;
  return JSON.stringify(value);
}

function isFloat(value: Json): value is Float {
  return typeof value === "object" && value !== null && "float" in value;
}
