/**
 * The JSON texts in a file → specs. Reads both pairs of type keys (`neurodata_type_*`, `data_type_*`), leaves out keys
 * it does not know, and takes `null` for absent. What cannot be understood is an NwbError that names the source.
 */
import { NwbError } from "../errors.js";
import { type Found, fail, items, parseText, type RecordFound, record, text, textOr } from "./json-value.js";
import { parseAttribute, parseDims, parseDtype, parseQuantity, parseShape, parseValue } from "./parse-parts.js";
import type { DatasetSpec, GroupSpec, LinkSpec, NamespaceSpec, SchemaEntry, SourceSpec, TypeSpec } from "./types.js";

/** Groups within groups; schemas in use have five at most. */
const MAX_DEPTH = 64;

/**
 * The namespaces in a cached `namespace` text.
 * @param sourceText gives the text of a source by the name that the namespace's `schema` lists.
 * @throws NwbError when a text is no JSON, a source is missing, or a spec cannot be understood.
 */
export function namespaceFromJson(
  namespaceText: string,
  sourceText: (name: string) => string | undefined,
): NamespaceSpec[] {
  const all = record(parseText(namespaceText, "namespace"));
  return items(all, "namespaces").map((each) => parseNamespace(record(each), sourceText));
}

function parseNamespace(found: RecordFound, sourceText: (name: string) => string | undefined): NamespaceSpec {
  const name = text(found, "name");
  const schema = items(found, "schema").map(parseSchemaEntry);
  const sources = new Map<string, SourceSpec>();
  for (const entry of schema) {
    if (entry.kind !== "source" || sources.has(entry.source)) continue;
    const content = sourceText(entry.source);
    if (content === undefined) {
      throw new NwbError(`namespace ${JSON.stringify(name)}: source ${JSON.stringify(entry.source)} is missing`, {
        code: "missing-source",
        location: `${name}/${entry.source}`,
      });
    }
    sources.set(entry.source, parseSource(entry.source, content, `${name}/${entry.source}`));
  }
  const fullName = textOr(found, "full_name", undefined);
  const version = found.get("version");
  return {
    name,
    version: typeof version === "number" ? String(version) : (textOr(found, "version", undefined) ?? "unversioned"),
    ...(fullName === undefined ? {} : { fullName }),
    doc: textOr(found, "doc", ""),
    author: textList(found, "author"),
    contact: textList(found, "contact"),
    schema,
    sources: [...sources.values()],
  };
}

function parseSchemaEntry(found: Found): SchemaEntry {
  const entry = record(found);
  const listed = ["neurodata_types", "data_types"].find((key) => entry.get(key) !== undefined);
  const types = listed === undefined ? {} : { types: textList(entry, listed) };
  const source = textOr(entry, "source", undefined);
  if (source !== undefined) return { kind: "source", source: source.replace(/\.ya?ml$/, ""), ...types };
  return { kind: "namespace", namespace: text(entry, "namespace"), ...types };
}

/** One text or a list of texts. */
function textList(found: RecordFound, key: string): string[] {
  const value = found.get(key);
  if (value === undefined) return [];
  if (typeof value === "string") return [value];
  return items(found, key).map(({ value: each, where }) => {
    if (typeof each !== "string") fail(where, "is not a text");
    return each;
  });
}

function parseSource(name: string, content: string, where: string): SourceSpec {
  const source = record(parseText(content, where));
  const defined = <T extends TypeSpec>(spec: T, place: string): T => {
    if (spec.typeDef === undefined) fail(place, "defines no type");
    return spec;
  };
  return {
    name,
    datasets: items(source, "datasets").map((found) => defined(parseDataset(found), found.where)),
    groups: items(source, "groups").map((found) => defined(parseGroup(found, 0), found.where)),
  };
}

function parseDataset(found: Found): DatasetSpec {
  const spec = record(found);
  const dtype = parseDtype(spec.at("dtype"));
  const shape = parseShape(spec.at("shape"));
  const dims = parseDims(spec.at("dims"));
  return {
    kind: "dataset",
    ...parseStorage(spec),
    ...(dtype === undefined ? {} : { dtype }),
    ...(shape === undefined ? {} : { shape }),
    ...(dims === undefined ? {} : { dims }),
    ...parseContent(spec),
  };
}

function parseGroup(found: Found, depth: number): GroupSpec {
  if (depth > MAX_DEPTH) fail(found.where, `lies in more than ${MAX_DEPTH} groups`);
  const spec = record(found);
  return {
    kind: "group",
    ...parseStorage(spec),
    datasets: items(spec, "datasets").map(parseDataset),
    groups: items(spec, "groups").map((member) => parseGroup(member, depth + 1)),
    links: items(spec, "links").map(parseLink),
  };
}

function parseStorage(spec: RecordFound): Omit<GroupSpec, "kind" | "datasets" | "groups" | "links"> {
  const typeDef = textOr(spec, "neurodata_type_def", textOr(spec, "data_type_def", undefined));
  const typeInc = textOr(spec, "neurodata_type_inc", textOr(spec, "data_type_inc", undefined));
  const name = textOr(spec, "name", undefined);
  const defaultName = textOr(spec, "default_name", undefined);
  if (typeDef === undefined && typeInc === undefined && name === undefined)
    fail(spec.where, "has neither name nor type");
  return {
    ...(typeDef === undefined ? {} : { typeDef }),
    ...(typeInc === undefined ? {} : { typeInc }),
    ...(name === undefined ? {} : { name }),
    ...(defaultName === undefined || name !== undefined ? {} : { defaultName }),
    doc: textOr(spec, "doc", ""),
    quantity: parseQuantity(spec.at("quantity")),
    linkable: spec.get("linkable") !== false,
    attributes: items(spec, "attributes").map(parseAttribute),
  };
}

function parseLink(found: Found): LinkSpec {
  const spec = record(found);
  const name = textOr(spec, "name", undefined);
  return {
    kind: "link",
    ...(name === undefined ? {} : { name }),
    targetType: text(spec, "target_type"),
    quantity: parseQuantity(spec.at("quantity")),
    doc: textOr(spec, "doc", ""),
  };
}

function parseContent(spec: RecordFound): Pick<DatasetSpec, "value" | "defaultValue"> {
  const value = parseValue(spec.at("value"));
  const defaultValue = parseValue(spec.at("default_value"));
  return { ...(value === undefined ? {} : { value }), ...(defaultValue === undefined ? {} : { defaultValue }) };
}
