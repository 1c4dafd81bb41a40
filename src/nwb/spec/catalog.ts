/**
 * All types of a set of namespaces: lookup, inheritance, and specs with everything inherited merged in.
 *
 * Each namespace sees its own types and those of the namespaces it includes (all of them, or the named ones with the
 * types these need). A type's parents are looked up in the view of the namespace that defines it.
 */
import { NwbError } from "../errors.js";
import { refineDataset, refineGroup } from "./inherit.js";
import { type TypeDefinition, viewsOf } from "./registry.js";
import type { DatasetSpec, GroupSpec, NamespaceSpec, TypeSpec } from "./types.js";

export type { TypeDefinition } from "./registry.js";

/** What a resolved spec says about its type beside the merged members. */
interface Resolved {
  /** The type's name. */
  readonly type: string;
  /** The namespace that defines it. */
  readonly namespace: string;
  /** The type and its ancestors, the type first. */
  readonly hierarchy: readonly string[];
}

/** A group type with the members of all its ancestors. */
export interface ResolvedGroupSpec extends GroupSpec, Resolved {}

/** A dataset type with dtype, shape, dims, values and attributes of all its ancestors. */
export interface ResolvedDatasetSpec extends DatasetSpec, Resolved {}

export type ResolvedSpec = ResolvedGroupSpec | ResolvedDatasetSpec;

/** No hierarchy in use is deeper than ten; a longer one is a damaged or hostile schema. */
const MAX_HIERARCHY = 128;

export class SpecCatalog {
  /** The namespaces, in the order given; of several with one name the first. */
  readonly namespaces: readonly NamespaceSpec[];
  /** Namespaces left out because one of the same name comes before them. */
  readonly shadowed: readonly NamespaceSpec[];
  readonly #views: ReadonlyMap<string, ReadonlyMap<string, TypeDefinition>>;
  /** Every type under the first namespace that defines it. */
  readonly #defined: ReadonlyMap<string, TypeDefinition>;
  readonly #ancestors = new Map<TypeDefinition, readonly TypeDefinition[] | NwbError>();
  readonly #resolved = new Map<TypeDefinition, ResolvedSpec>();
  readonly #instances = new WeakMap<TypeSpec, Map<TypeDefinition, TypeSpec>>();

  /** @throws NwbError when a dependency is missing or leads back to itself, or a type is defined twice in a namespace. */
  constructor(namespaces: readonly NamespaceSpec[]) {
    const used = new Map<string, NamespaceSpec>();
    const shadowed: NamespaceSpec[] = [];
    for (const namespace of namespaces) {
      if (used.has(namespace.name)) shadowed.push(namespace);
      else used.set(namespace.name, namespace);
    }
    this.namespaces = [...used.values()];
    this.shadowed = shadowed;
    this.#views = viewsOf(this.namespaces);
    const defined = new Map<string, TypeDefinition>();
    for (const { name } of this.namespaces) {
      for (const [type, definition] of this.#views.get(name) ?? []) {
        if (definition.namespace === name && !defined.has(type)) defined.set(type, definition);
      }
    }
    this.#defined = defined;
  }

  /** The namespace of that name. */
  namespace(name: string): NamespaceSpec | undefined {
    return this.namespaces.find((namespace) => namespace.name === name);
  }

  /** Names of the types that the namespace sees (its own and included ones), or of all types. */
  types(namespace?: string | undefined): readonly string[] {
    const view = namespace === undefined ? this.#defined : this.#views.get(namespace);
    return [...(view?.keys() ?? [])];
  }

  /**
   * Where and how a type is defined.
   * @param namespace look in the view of this namespace; without it, the first namespace that defines the type counts.
   */
  definition(type: string, namespace?: string | undefined): TypeDefinition | undefined {
    return namespace === undefined ? this.#defined.get(type) : this.#views.get(namespace)?.get(type);
  }

  /** The type's spec as declared, without what it inherits. */
  get(type: string, namespace?: string | undefined): TypeSpec | undefined {
    return this.definition(type, namespace)?.spec;
  }

  /** The namespace that defines the type. */
  namespaceOf(type: string, namespace?: string | undefined): string | undefined {
    return this.definition(type, namespace)?.namespace;
  }

  /** Whether `type` is `ancestor` or inherits from it; false for a type that is not in the catalogue. */
  isSubtype(type: string, ancestor: string, namespace?: string | undefined): boolean {
    const definition = this.definition(type, namespace);
    if (definition === undefined) return false;
    return this.#chain(definition).some((each) => each.type === ancestor);
  }

  /** All types that inherit from `type`, itself not included, in order of declaration. Types with unknown parents are left out. */
  subtypes(type: string, namespace?: string | undefined): readonly string[] {
    return this.types(namespace).filter((name) => {
      const definition = this.definition(name, namespace);
      if (definition === undefined || name === type) return false;
      const chain = this.#findChain(definition);
      return !(chain instanceof NwbError) && chain.some((each) => each.type === type);
    });
  }

  /**
   * The type and its ancestors, the type first.
   * @throws NwbError when the type or one of its ancestors is unknown, or the inheritance is a cycle.
   */
  hierarchy(type: string, namespace?: string | undefined): readonly string[] {
    return this.#chain(this.#known(type, namespace)).map((each) => each.type);
  }

  /**
   * The type's spec with everything inherited merged in. The same object for every call.
   * `name`, `defaultName`, `quantity` and `doc` are the type's own: a subtype does not inherit them.
   * @throws NwbError as `hierarchy`, and when a group type extends a dataset type or the reverse.
   */
  resolved(type: string, namespace?: string | undefined): ResolvedSpec {
    const definition = this.#known(type, namespace);
    let found = this.#resolved.get(definition);
    if (found === undefined) {
      found = this.#merge(definition);
      this.#resolved.set(definition, found);
    }
    return found;
  }

  /**
   * A member of a resolved spec with everything that its own type says merged in; untyped members come back as they are.
   * @param namespace the namespace of the type the member belongs to.
   * @throws NwbError as `resolved`.
   */
  instance<T extends TypeSpec>(member: T, namespace?: string | undefined): T;
  instance(member: TypeSpec, namespace?: string | undefined): TypeSpec {
    const type = member.typeDef ?? member.typeInc;
    if (type === undefined) return member;
    const definition = this.#known(type, namespace);
    const known = this.#instances.get(member) ?? new Map<TypeDefinition, TypeSpec>();
    this.#instances.set(member, known);
    let found = known.get(definition);
    if (found === undefined) {
      found = refine(member, this.resolved(type, namespace), type);
      known.set(definition, found);
    }
    return found;
  }

  #known(type: string, namespace: string | undefined): TypeDefinition {
    const definition = this.definition(type, namespace);
    if (definition !== undefined) return definition;
    const where = namespace === undefined ? "any namespace" : `namespace ${JSON.stringify(namespace)}`;
    throw new NwbError(`type ${JSON.stringify(type)} is not in ${where}`, {
      code: "unknown-type",
      neurodataType: type,
    });
  }

  #chain(definition: TypeDefinition): readonly TypeDefinition[] {
    const found = this.#findChain(definition);
    if (found instanceof NwbError) throw found;
    return found;
  }

  /** The definitions from the type to its root, or what is wrong with them. */
  #findChain(definition: TypeDefinition): readonly TypeDefinition[] | NwbError {
    const known = this.#ancestors.get(definition);
    if (known !== undefined) return known;
    const result = this.#walk(definition);
    this.#ancestors.set(definition, result);
    return result;
  }

  #walk(definition: TypeDefinition): readonly TypeDefinition[] | NwbError {
    const chain = new Set([definition]);
    let at = definition;
    while (at.spec.typeInc !== undefined) {
      const parent = JSON.stringify(at.spec.typeInc);
      const next = this.definition(at.spec.typeInc, at.namespace);
      if (next === undefined) return broken("unknown-type", definition, `extends ${parent}, which is unknown`);
      if (chain.has(next)) return broken("spec-cycle", definition, `inherits from itself through ${parent}`);
      if (next.spec.kind !== at.spec.kind) {
        return broken("spec", definition, `is a ${at.spec.kind} and extends the ${next.spec.kind} ${parent}`);
      }
      if (chain.size >= MAX_HIERARCHY) return broken("limit", definition, `has more than ${MAX_HIERARCHY} ancestors`);
      chain.add(next);
      at = next;
    }
    return [...chain];
  }

  #merge(definition: TypeDefinition): ResolvedSpec {
    const chain = this.#chain(definition);
    const about = { type: definition.type, namespace: definition.namespace, hierarchy: chain.map((each) => each.type) };
    const spec = chain.reduceRight<TypeSpec | undefined>(
      (base, { type, spec }) => (base === undefined ? spec : refine(spec, base, type)),
      undefined,
    );
    return { ...(spec ?? definition.spec), ...about };
  }
}

/** The spec over its base of the same kind. */
function refine(own: TypeSpec, base: TypeSpec, type: string): TypeSpec {
  if (own.kind === "group" && base.kind === "group") return refineGroup(own, base);
  if (own.kind === "dataset" && base.kind === "dataset") return refineDataset(own, base);
  throw new NwbError(`${own.kind} ${own.name ?? ""} is given the ${base.kind} type ${JSON.stringify(type)}`, {
    code: "spec",
    neurodataType: type,
  });
}

function broken(code: string, { type, namespace, source }: TypeDefinition, finding: string): NwbError {
  const options = { code, neurodataType: type, location: `${namespace}/${source}` };
  return new NwbError(`type ${JSON.stringify(type)} ${finding}`, options);
}
