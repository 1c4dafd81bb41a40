/** Short functions in which the schemas are declared; they fill in what a declaration leaves out. */
import type {
  AttributeSpec,
  CompoundField,
  DatasetSpec,
  DimsSpec,
  Dtype,
  GroupSpec,
  LinkSpec,
  PrimaryDtype,
  Quantity,
  ReferenceDtype,
  ShapeSpec,
  SourceSpec,
  SpecValue,
} from "./types.js";

/** The extent of an array: `axes` names dimensions of any length, `shape` with `dims` says lengths too. */
interface Extent {
  readonly axes?: readonly string[] | readonly (readonly string[])[];
  readonly shape?: ShapeSpec;
  readonly dims?: DimsSpec;
}

interface Content {
  readonly value?: SpecValue;
  readonly defaultValue?: SpecValue;
}

interface AttributeOptions extends Extent, Content {
  /** False for an optional attribute; one with a default is always optional. */
  readonly required?: false;
}

interface StorageOptions {
  readonly name?: string;
  readonly defaultName?: string;
  /** The type that a named member is of. */
  readonly inc?: string;
  readonly quantity?: Quantity;
  readonly attributes?: readonly AttributeSpec[];
}

interface DatasetOptions extends StorageOptions, Extent, Content {
  readonly dtype?: Dtype;
}

interface GroupOptions extends StorageOptions {
  readonly datasets?: readonly DatasetSpec[];
  readonly groups?: readonly GroupSpec[];
  readonly links?: readonly LinkSpec[];
}

/** The types of one source. A function gives them, so that bundlers can drop a source that nobody uses. */
export function source(
  name: string,
  types: () => { readonly datasets?: readonly DatasetSpec[]; readonly groups?: readonly GroupSpec[] },
): SourceSpec {
  return { name, datasets: [], groups: [], ...types() };
}

/** A dataset type that extends `inc`. */
export function datasetType(
  typeDef: string,
  inc: string | undefined,
  doc: string,
  options: DatasetOptions = {},
): DatasetSpec {
  return { ...datasetSpec(doc, inc === undefined ? options : { ...options, inc }), typeDef };
}

/** A group type that extends `inc`. */
export function groupType(
  typeDef: string,
  inc: string | undefined,
  doc: string,
  options: GroupOptions = {},
): GroupSpec {
  return { ...groupSpec(doc, inc === undefined ? options : { ...options, inc }), typeDef };
}

/** A member dataset with a fixed name. */
export function dataset(name: string, doc: string, options: DatasetOptions = {}): DatasetSpec {
  return datasetSpec(doc, { ...options, name });
}

/** A member group with a fixed name. */
export function group(name: string, doc: string, options: GroupOptions = {}): GroupSpec {
  return groupSpec(doc, { ...options, name });
}

/** Member datasets of a type, under names of their own. */
export function datasetsOf(inc: string, quantity: Quantity, doc: string): DatasetSpec {
  return datasetSpec(doc, { inc, quantity });
}

/** Member groups of a type, under names of their own. */
export function groupsOf(inc: string, quantity: Quantity, doc: string): GroupSpec {
  return groupSpec(doc, { inc, quantity });
}

/** A link with a fixed name to an object of a type. */
export function link(name: string, targetType: string, doc: string, quantity: Quantity = 1): LinkSpec {
  return { kind: "link", name, targetType, quantity, doc };
}

export function attribute(
  name: string,
  dtype: PrimaryDtype | ReferenceDtype,
  doc: string,
  options: AttributeOptions = {},
): AttributeSpec {
  const required = options.required ?? options.defaultValue === undefined;
  return { kind: "attribute", name, doc, dtype, required, ...extent(options), ...content(options) };
}

/** One field of a compound data type. */
export function field(name: string, dtype: PrimaryDtype | ReferenceDtype, doc: string): CompoundField {
  return { name, doc, dtype };
}

/** A reference to an object of a type. */
export function ref(targetType: string): ReferenceDtype {
  return { targetType, reftype: "object" };
}

function datasetSpec(doc: string, options: DatasetOptions): DatasetSpec {
  const { dtype } = options;
  return {
    kind: "dataset",
    ...storage(doc, options),
    ...(dtype === undefined ? {} : { dtype }),
    ...extent(options),
    ...content(options),
  };
}

function groupSpec(doc: string, options: GroupOptions): GroupSpec {
  const { datasets = [], groups = [], links = [] } = options;
  return { kind: "group", ...storage(doc, options), datasets, groups, links };
}

function storage(
  doc: string,
  { name, defaultName, inc, quantity = 1, attributes = [] }: StorageOptions,
): Omit<GroupSpec, "kind" | "datasets" | "groups" | "links"> {
  return {
    ...(inc === undefined ? {} : { typeInc: inc }),
    ...(name === undefined ? {} : { name }),
    ...(defaultName === undefined ? {} : { defaultName }),
    doc,
    quantity,
    linkable: true,
    attributes,
  };
}

function extent({ axes, shape, dims }: Extent): { readonly shape?: ShapeSpec; readonly dims?: DimsSpec } {
  if (axes !== undefined) return { shape: anyLengths(axes), dims: axes };
  return { ...(shape === undefined ? {} : { shape }), ...(dims === undefined ? {} : { dims }) };
}

type Axes = NonNullable<Extent["axes"]>;

function anyLengths(axes: Axes): ShapeSpec {
  return isAlternatives(axes) ? axes.map((names) => names.map(() => null)) : axes.map(() => null);
}

function isAlternatives(axes: Axes): axes is readonly (readonly string[])[] {
  return Array.isArray(axes[0]);
}

function content({ value, defaultValue }: Content): Content {
  return { ...(value === undefined ? {} : { value }), ...(defaultValue === undefined ? {} : { defaultValue }) };
}
