/** Comparing specs by their facts: everything but the documentation. */
import type { NamespaceJson } from "../../../src/nwb/spec/json.js";

type Json = string | number | boolean | null | readonly Json[] | JsonObject;
type JsonObject = { readonly [key: string]: Json };

/** A copy of a spec (or of anything made of plain objects and lists) without the `doc` members. */
export function stripDocs<T>(spec: T): T;
export function stripDocs(spec: unknown): unknown {
  if (Array.isArray(spec)) return spec.map((each: unknown) => stripDocs(each));
  if (typeof spec !== "object" || spec === null) return spec;
  const kept = Object.entries(spec).filter(([key, value]) => key !== "doc" && value !== undefined);
  return Object.fromEntries(kept.map(([key, value]) => [key, stripDocs(value as unknown)]));
}

/** One line for every fact in which two specs differ; documentation does not count, the order of members does. */
export function compareFacts(a: unknown, b: unknown): string[] {
  return differences("", stripDocs(a), stripDocs(b));
}

function differences(path: string, a: unknown, b: unknown): string[] {
  if (Array.isArray(a) && Array.isArray(b)) return listDifferences(path, a, b);
  if (isObject(a) && isObject(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].flatMap((key) => differences(`${path}.${key}`, a[key], b[key]));
  }
  return Object.is(a, b) ? [] : [`${path}: ${JSON.stringify(a)} ≠ ${JSON.stringify(b)}`];
}

/** Lists of named things are compared name by name, then by order; other lists entry by entry. */
function listDifferences(path: string, a: readonly unknown[], b: readonly unknown[]): string[] {
  const [inA, inB] = [a.map(labelOf), b.map(labelOf)];
  if (inA.includes(undefined) || inB.includes(undefined)) {
    return Array.from({ length: Math.max(a.length, b.length) }).flatMap((_, index) =>
      differences(`${path}[${index}]`, a[index], b[index]),
    );
  }
  const missing = inA.filter((label) => !inB.includes(label)).map((label) => `${path}: ${label} only in the first`);
  const surplus = inB.filter((label) => !inA.includes(label)).map((label) => `${path}: ${label} only in the second`);
  const same = inA.join() === inB.join() || missing.length + surplus.length > 0;
  const order = same ? [] : [`${path}: order ${inA.join()} ≠ ${inB.join()}`];
  const shared = inA.flatMap((label, index) => {
    const other = inB.indexOf(label);
    return other < 0 ? [] : differences(`${path}/${label}`, a[index], b[other]);
  });
  return [...missing, ...surplus, ...order, ...shared];
}

function labelOf(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const found = [value.name, value.typeDef, value.typeInc, value.targetType].find((each) => typeof each === "string");
  return found as string | undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const MEMBERS = [
  ["datasets", "dataset"],
  ["groups", "group"],
  ["links", "link"],
] as const;

const NOT_FACTS = new Set(["doc", "attributes", ...MEMBERS.map(([key]) => key)]);

/** The facts in the JSON texts of a namespace as lines, in the form that facts-from-nwb.py describes. */
export function factLines({ namespace, sources }: NamespaceJson): string[] {
  const [about = {}] = objects(parse(namespace), "namespaces");
  const lines = [`namespace namespace ${String(about.name)} ${factsOf(about)}`];
  for (const entry of objects(about, "schema")) {
    if (entry.source === undefined) continue;
    const name = String(entry.source);
    const source = parse(sources.get(name) ?? "{}");
    for (const [key, kind] of MEMBERS) {
      for (const spec of objects(source, key)) lines.push(...specLines(name, kind, typeOf(spec), spec));
    }
  }
  return lines;
}

function specLines(source: string, kind: string, path: string, spec: JsonObject): string[] {
  const lines = [`${source} ${kind} ${path} ${factsOf(spec)}`];
  for (const each of objects(spec, "attributes")) {
    lines.push(`${source} attribute ${path}@${String(each.name)} ${factsOf(each)}`);
  }
  if (Array.isArray(spec.dtype)) {
    for (const each of objects(spec, "dtype")) {
      lines.push(`${source} field ${path}#${String(each.name)} ${factsOf(each)}`);
    }
  }
  for (const [key, memberKind] of MEMBERS) {
    for (const member of objects(spec, key)) {
      lines.push(...specLines(source, memberKind, `${path}/${member.name ?? `:${typeOf(member)}`}`, member));
    }
  }
  return lines;
}

/** A line of a facts file with its JSON in the form of `factLines`: keys sorted, numbers as JavaScript writes them. */
export function normalLine(line: string): string {
  const start = line.indexOf("{");
  return `${line.slice(0, start)}${JSON.stringify(sorted(parse(line.slice(start))))}`;
}

function factsOf(spec: JsonObject): string {
  const facts = Object.entries(spec).filter(([key]) => !NOT_FACTS.has(key));
  const plain = facts.map(([key, value]): [string, Json] =>
    key === "dtype" && Array.isArray(value) ? [key, "compound"] : [key, value],
  );
  return JSON.stringify(sorted(Object.fromEntries(plain)));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map((each: Json) => sorted(each));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}

const TYPE_KEYS = [
  "neurodata_type_def",
  "data_type_def",
  "neurodata_type_inc",
  "data_type_inc",
  "target_type",
] as const;

function typeOf(spec: JsonObject): string {
  return String(TYPE_KEYS.map((key) => spec[key]).find((type) => type !== undefined));
}

function objects(owner: JsonObject, key: string): readonly JsonObject[] {
  return (owner[key] ?? []) as readonly JsonObject[];
}

function parse(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}
