/** Which types each namespace sees: those of its sources and those of the namespaces it includes. */
import { NwbError } from "../errors.js";
import { typeOf } from "./inherit.js";
import type { Dtype, GroupSpec, NamespaceSpec, TypeSpec } from "./types.js";
import { isCompoundDtype, isReferenceDtype } from "./types.js";

/** A type and where it is defined. */
export interface TypeDefinition {
  readonly type: string;
  readonly namespace: string;
  readonly source: string;
  readonly spec: TypeSpec;
}

type View = ReadonlyMap<string, TypeDefinition>;

/** A chain of dependencies is as long as the list at most; hostile files could make it deep. */
const MAX_NAMESPACES = 1000;

/**
 * The view of each namespace, by its name.
 * @throws NwbError when a dependency is missing or leads back to itself, or a type is defined twice in a namespace.
 */
export function viewsOf(namespaces: readonly NamespaceSpec[]): ReadonlyMap<string, View> {
  if (namespaces.length > MAX_NAMESPACES) {
    throw new NwbError(`${namespaces.length} namespaces, at most ${MAX_NAMESPACES}`, { code: "limit" });
  }
  const byName = new Map(namespaces.map((namespace) => [namespace.name, namespace]));
  const views = new Map<string, View>();
  const open = new Set<string>();
  const visit = (namespace: NamespaceSpec): View => {
    const known = views.get(namespace.name);
    if (known !== undefined) return known;
    if (open.has(namespace.name)) {
      throw new NwbError(`namespace ${JSON.stringify(namespace.name)} includes itself`, {
        code: "spec-cycle",
        location: namespace.name,
      });
    }
    open.add(namespace.name);
    const view = buildView(namespace, (name) => {
      const dependency = byName.get(name);
      if (dependency !== undefined) return visit(dependency);
      const finding = `namespace ${JSON.stringify(namespace.name)} includes ${JSON.stringify(name)}, which is not there`;
      throw new NwbError(finding, { code: "missing-namespace", location: namespace.name });
    });
    open.delete(namespace.name);
    views.set(namespace.name, view);
    return view;
  };
  for (const namespace of namespaces) visit(namespace);
  return views;
}

/** Entries of the schema in order; a type of the namespace itself hides an included one of the same name. */
function buildView(namespace: NamespaceSpec, viewOf: (name: string) => View): View {
  const own = ownTypes(namespace);
  const view = new Map<string, TypeDefinition>();
  for (const entry of namespace.schema) {
    const wanted = entry.types === undefined ? undefined : new Set(entry.types);
    if (entry.kind === "namespace") {
      const included = viewOf(entry.namespace);
      for (const definition of wanted === undefined ? included.values() : closure(wanted, included)) {
        if (!view.has(definition.type)) view.set(definition.type, definition);
      }
      continue;
    }
    for (const definition of own.get(entry.source) ?? []) {
      if (wanted !== undefined && !wanted.has(definition.type)) continue;
      if (view.get(definition.type)?.namespace === namespace.name) {
        throw new NwbError(`type ${JSON.stringify(definition.type)} is defined twice`, {
          code: "spec",
          neurodataType: definition.type,
          location: `${namespace.name}/${definition.source}`,
        });
      }
      view.set(definition.type, definition);
    }
  }
  return view;
}

/** The types that each source defines, datasets before groups; definitions inside others follow the outer one. */
function ownTypes(namespace: NamespaceSpec): ReadonlyMap<string, readonly TypeDefinition[]> {
  const found = new Map<string, readonly TypeDefinition[]>();
  for (const source of namespace.sources) {
    const definitions: TypeDefinition[] = [];
    const collect = (spec: TypeSpec): void => {
      const { typeDef: type } = spec;
      if (type !== undefined) definitions.push({ type, namespace: namespace.name, source: source.name, spec });
      if (spec.kind === "group") for (const member of [...spec.datasets, ...spec.groups]) collect(member);
    };
    for (const spec of [...source.datasets, ...source.groups]) collect(spec);
    found.set(source.name, definitions);
  }
  return found;
}

/** The wanted types and all that they extend, hold, link or refer to. */
function closure(wanted: Iterable<string>, from: View): readonly TypeDefinition[] {
  const pending = [...wanted];
  const found = new Map<string, TypeDefinition>();
  for (let type = pending.pop(); type !== undefined; type = pending.pop()) {
    const definition = from.get(type);
    if (definition === undefined || found.has(type)) continue;
    found.set(type, definition);
    for (const needed of needs(definition.spec)) pending.push(needed);
  }
  return [...from.values()].filter(({ type }) => found.has(type));
}

/** Types that a spec names, those of its members included. */
function needs(spec: TypeSpec): string[] {
  const dtypes = [...(spec.kind === "dataset" ? [spec.dtype] : []), ...spec.attributes.map(({ dtype }) => dtype)];
  const own = [spec.typeInc, spec.typeDef, ...dtypes.flatMap(targets)];
  const members = spec.kind === "group" ? membersNeed(spec) : [];
  return [...own.filter((type) => type !== undefined), ...members];
}

function membersNeed({ datasets, groups, links }: GroupSpec): string[] {
  const linked = links.map(typeOf).filter((type) => type !== undefined);
  return [...[...datasets, ...groups].flatMap(needs), ...linked];
}

function targets(dtype: Dtype | undefined): readonly string[] {
  if (dtype === undefined) return [];
  if (isCompoundDtype(dtype)) return dtype.flatMap((field) => targets(field.dtype));
  return isReferenceDtype(dtype) ? [dtype.targetType] : [];
}
