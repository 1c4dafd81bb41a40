/**
 * The specification language of HDMF as plain readonly objects: what a namespace declares about its types.
 * Names, dtypes and shapes are kept as they are written in the schema; what a spec leaves open is absent here.
 */

/** How many members of a kind there may be: exactly n, at most one, any number, at least one. */
export type Quantity = number | "?" | "*" | "+";

/** Lengths of the dimensions; `null` is any length. */
export type Shape = readonly (number | null)[];

/** One allowed shape, or a list of alternatives. Absent: a scalar or any array. */
export type ShapeSpec = Shape | readonly Shape[];

/** Names of the dimensions, in the same form as the shape; without effect in the file. */
export type DimsSpec = readonly (string | null)[] | readonly (readonly (string | null)[])[];

/** The names of primary data types, with their synonyms. */
export type PrimaryDtype =
  | "float"
  | "float32"
  | "double"
  | "float64"
  | "long"
  | "int64"
  | "int"
  | "int32"
  | "short"
  | "int16"
  | "int8"
  | "uint"
  | "uint64"
  | "uint32"
  | "uint16"
  | "uint8"
  | "bool"
  | "text"
  | "utf"
  | "utf8"
  | "utf-8"
  | "ascii"
  | "bytes"
  | "isodatetime"
  | "datetime"
  | "date"
  | "object"
  | "region"
  | "numeric";

/** A reference to an object (or a region of a dataset) of the given type or of a subtype of it. */
export interface ReferenceDtype {
  readonly targetType: string;
  readonly reftype: "object" | "region";
}

/** One field of a compound data type. */
export interface CompoundField {
  readonly name: string;
  readonly doc: string;
  readonly dtype: PrimaryDtype | ReferenceDtype;
}

/** A primary data type by name, a reference, or the fields of a compound, in order. */
export type Dtype = PrimaryDtype | ReferenceDtype | readonly CompoundField[];

/** A fixed or default value as JSON knows it. */
export type SpecValue = string | number | boolean | readonly SpecValue[];

export interface AttributeSpec {
  readonly kind: "attribute";
  readonly name: string;
  readonly doc: string;
  readonly dtype: PrimaryDtype | ReferenceDtype;
  readonly shape?: ShapeSpec;
  readonly dims?: DimsSpec;
  readonly required: boolean;
  /** Fixed: always written with this value. */
  readonly value?: SpecValue;
  /** Written when no other value is given. */
  readonly defaultValue?: SpecValue;
}

/** What groups and datasets have in common. */
interface StorageSpec {
  /** The type this spec defines. */
  readonly typeDef?: string;
  /** The type this spec extends (with `typeDef`) or is an instance of (without). */
  readonly typeInc?: string;
  /** Fixed name in the file. */
  readonly name?: string;
  /** Name in the file when the user gives none. */
  readonly defaultName?: string;
  readonly doc: string;
  readonly quantity: Quantity;
  /** Whether a link may stand in its place. */
  readonly linkable: boolean;
  readonly attributes: readonly AttributeSpec[];
}

export interface DatasetSpec extends StorageSpec {
  readonly kind: "dataset";
  readonly dtype?: Dtype;
  readonly shape?: ShapeSpec;
  readonly dims?: DimsSpec;
  readonly value?: SpecValue;
  readonly defaultValue?: SpecValue;
}

export interface GroupSpec extends StorageSpec {
  readonly kind: "group";
  readonly datasets: readonly DatasetSpec[];
  readonly groups: readonly GroupSpec[];
  readonly links: readonly LinkSpec[];
}

export interface LinkSpec {
  readonly kind: "link";
  readonly name?: string;
  readonly targetType: string;
  readonly quantity: Quantity;
  readonly doc: string;
}

/** A spec that can define a type. */
export type TypeSpec = GroupSpec | DatasetSpec;

/** A member of a group that has a place in the file of its own. */
export type MemberSpec = GroupSpec | DatasetSpec | LinkSpec;

/** The types declared in one source of a namespace, in order of declaration. */
export interface SourceSpec {
  /** Name without file extension, e.g. `nwb.base`. */
  readonly name: string;
  readonly datasets: readonly DatasetSpec[];
  readonly groups: readonly GroupSpec[];
}

/** One entry of a namespace's `schema` list; `types` names the only types taken from it. */
export type SchemaEntry =
  | { readonly kind: "namespace"; readonly namespace: string; readonly types?: readonly string[] }
  | { readonly kind: "source"; readonly source: string; readonly types?: readonly string[] };

export interface NamespaceSpec {
  readonly name: string;
  /** `"unversioned"` when the schema gives none. */
  readonly version: string;
  readonly fullName?: string;
  readonly doc: string;
  readonly author: readonly string[];
  readonly contact: readonly string[];
  /** Dependencies and sources in the order they are loaded. */
  readonly schema: readonly SchemaEntry[];
  /** The sources that `schema` names. */
  readonly sources: readonly SourceSpec[];
}

/** One name for each primary data type. */
export type CanonicalDtype =
  | "float32"
  | "float64"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "bool"
  | "text"
  | "ascii"
  | "isodatetime"
  | "object"
  | "region"
  | "numeric";

const CANONICAL: Readonly<Record<PrimaryDtype, CanonicalDtype>> = {
  float: "float32",
  float32: "float32",
  double: "float64",
  float64: "float64",
  long: "int64",
  int64: "int64",
  int: "int32",
  int32: "int32",
  short: "int16",
  int16: "int16",
  int8: "int8",
  uint: "uint32",
  uint64: "uint64",
  uint32: "uint32",
  uint16: "uint16",
  uint8: "uint8",
  bool: "bool",
  text: "text",
  utf: "text",
  utf8: "text",
  "utf-8": "text",
  ascii: "ascii",
  bytes: "ascii",
  isodatetime: "isodatetime",
  datetime: "isodatetime",
  date: "isodatetime",
  object: "object",
  region: "region",
  numeric: "numeric",
};

/** The one name of a primary data type: `float` → `float32`, `utf8` → `text`, `date` → `isodatetime`. */
export function canonicalDtype(dtype: PrimaryDtype): CanonicalDtype {
  return CANONICAL[dtype];
}

/** Whether a text is the name of a primary data type. */
export function isPrimaryDtype(name: string): name is PrimaryDtype {
  return Object.hasOwn(CANONICAL, name);
}

export function isReferenceDtype(dtype: Dtype): dtype is ReferenceDtype {
  return typeof dtype === "object" && !Array.isArray(dtype);
}

export function isCompoundDtype(dtype: Dtype): dtype is readonly CompoundField[] {
  return Array.isArray(dtype);
}

/** Whether at least one member must be there. */
export function isRequired(quantity: Quantity): boolean {
  return quantity !== "?" && quantity !== "*" && quantity !== 0;
}

/** Whether there may be more than one member. */
export function isMany(quantity: Quantity): boolean {
  return quantity === "*" || quantity === "+" || (typeof quantity === "number" && quantity > 1);
}

/** The allowed shapes as a list of alternatives; `undefined` when any shape will do. */
export function shapeAlternatives(shape: ShapeSpec | undefined): readonly Shape[] | undefined {
  if (shape === undefined) return undefined;
  return isShapeList(shape) ? shape : [shape];
}

function isShapeList(shape: ShapeSpec): shape is readonly Shape[] {
  return Array.isArray(shape[0]);
}
