/** Data of a field → the content of a dataset: values, references, streams, copies or links. */
import type { ArraySource, Dataset, DatatypeInput, WriteData } from "../../index.js";
import { isContainer } from "../containers/state.js";
import { asText, compoundDatatype, datatypeFor } from "../data/conversion.js";
import { describe, type ElementKind, isCompoundData, isNdArray } from "../data/describe.js";
import { GrownData, listOf } from "../data/grown-data.js";
import { HeldData, isDataset, type StorageOptions } from "../data/held-data.js";
import { NwbError } from "../errors.js";
import { canonicalDtype, type Dtype, isCompoundDtype, isReferenceDtype } from "../spec/types.js";
import type { DatasetContent } from "./builders.js";

/** The content of a dataset to be, with its wishes; or a dataset to link to. */
export type Planned =
  | {
      readonly kind: "content";
      readonly content: DatasetContent;
      readonly storage: StorageOptions;
      readonly origin: HeldData | GrownData | undefined;
    }
  | { readonly kind: "link"; readonly dataset: Dataset };

export interface ContentRules {
  /** The dtype that the schema asks for. */
  readonly dtype: Dtype | undefined;
  /** The datatype to use whatever the schema asks for. */
  readonly datatype?: DatatypeInput | undefined;
  /** Is a dataset of a file linked when nothing else is said about it? */
  links(dataset: Dataset): boolean;
  /** Is the dataset in the file that is written? */
  isThere(dataset: Dataset): boolean;
}

/** @throws NwbError when the data are not what the schema asks for. */
export function planContent(source: ArraySource, rules: ContentRules): Planned {
  if (isDataset(source)) return planDataset(source, rules.links(source), {}, undefined);
  if (source instanceof GrownData) return planGrown(source, rules);
  if (!(source instanceof HeldData)) {
    throw new NwbError("is data of a kind that cannot be written", { code: "data" });
  }
  const { content, storage } = source;
  switch (content.kind) {
    case "dataset":
      return planDataset(content.dataset, storage.linkData ?? rules.links(content.dataset), storage, source);
    case "stream":
      return {
        kind: "content",
        content: { kind: "stream", held: source, dtype: rules.dtype },
        storage,
        origin: source,
      };
    case "empty": {
      const { shape = [0], datatype = "float64" } = storage;
      return { kind: "content", content: { kind: "empty", shape, datatype }, storage, origin: source };
    }
    case "values":
      return planned(valuesContent(content.values, rules.datatype ?? storage.datatype, rules.dtype), storage, source);
    default:
      return content satisfies never;
  }
}

function planned(content: DatasetContent, storage: StorageOptions, origin: HeldData | GrownData): Planned {
  return { kind: "content", content, storage, origin };
}

function planDataset(dataset: Dataset, link: boolean, storage: StorageOptions, origin: HeldData | undefined): Planned {
  if (link) return { kind: "link", dataset };
  return { kind: "content", content: { kind: "copy", dataset }, storage, origin };
}

function planGrown(source: GrownData, rules: ContentRules): Planned {
  const { base, rows, origin } = source;
  const storage = origin?.storage ?? {};
  const stored = source.stored ?? (base === undefined ? undefined : { dataset: base, rows: 0 });
  if (stored !== undefined && rules.isThere(stored.dataset)) {
    const content = { kind: "rows", base: stored.dataset, from: stored.rows, isThere: true } as const;
    return planned(content, storage, source);
  }
  if (base !== undefined) return planned({ kind: "rows", base, from: 0, isThere: false }, storage, source);
  return planned(valuesContent(rows, rules.datatype ?? storage.datatype, rules.dtype), storage, source);
}

/** Values in memory as the content of a dataset or attribute. */
export function valuesContent(
  values: unknown,
  datatype: DatatypeInput | undefined,
  dtype: Dtype | undefined,
): Extract<DatasetContent, { kind: "values" | "references" }> {
  if (dtype !== undefined && isCompoundDtype(dtype)) return compoundContent(values, datatype, dtype);
  const { kind, shape } = describe(values);
  const wanted = datatype ?? datatypeFor(kind, dtype);
  if (kind === "container" || (kind === "null" && wanted === "object-reference")) {
    return { kind: "references", data: values, shape, datatype: wanted ?? "object-reference" };
  }
  // Described above: nothing but what can be written.
  return { kind: "values", data: asWritten(values, kind, dtype) as WriteData, datatype: wanted };
}

function asWritten(values: unknown, kind: ElementKind | undefined, dtype: Dtype | undefined): unknown {
  if (kind === undefined || kind === "string" || typeof dtype !== "string") return values;
  const canonical = canonicalDtype(dtype);
  return canonical === "text" || canonical === "ascii" || canonical === "isodatetime" ? asText(values) : values;
}

/** Rows of a compound that the schema declares, given as objects or as lists of members. */
function compoundContent(
  values: unknown,
  datatype: DatatypeInput | undefined,
  dtype: Extract<Dtype, readonly unknown[]>,
): Extract<DatasetContent, { kind: "values" | "references" }> {
  const type = datatype ?? compoundDatatype(dtype);
  if (isCompoundData(values)) return { kind: "values", data: values, datatype: type };
  const names = dtype.map(({ name }) => name);
  const isScalar = !Array.isArray(values) && !ArrayBuffer.isView(values) && !isNdArray(values);
  const rows = isScalar ? [compoundRow(values, names)] : listOf(values).map((row) => compoundRow(row, names));
  const shape = isScalar ? [] : [rows.length];
  const data = isScalar ? rows[0] : rows;
  if (dtype.some((field) => isReferenceDtype(field.dtype))) return { kind: "references", data, shape, datatype: type };
  return { kind: "values", data: data as WriteData, datatype: type }; // members are checked when they are encoded
}

function compoundRow(row: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  const list = ArrayBuffer.isView(row) ? [...(row as Float64Array)] : row;
  if (Array.isArray(list)) {
    if (list.length === names.length) return Object.fromEntries(names.map((name, i) => [name, list[i]]));
  } else if (typeof list === "object" && list !== null && !isContainer(list)) {
    const members: Record<string, unknown> = isMap(list) ? Object.fromEntries(list) : { ...(list as object) };
    if (names.every((name) => name in members)) return Object.fromEntries(names.map((name) => [name, members[name]]));
  }
  throw new NwbError(`has a row that does not hold ${names.join(", ")}`, { code: "type" });
}

function isMap(value: object): value is ReadonlyMap<string, unknown> {
  return value instanceof Map;
}
