/** Which type a class stands for. */
import { bundledCatalog } from "../schema/bundled.js";
import { type TypePlan, typePlan } from "../schema/type-plan.js";
import type { SpecCatalog } from "../spec/catalog.js";

/** What the classes of types say about themselves. */
export interface TypedClass {
  readonly neurodataType: string;
  readonly namespace: string;
}

const CATALOGS = /* @__PURE__ */ new WeakMap<object, SpecCatalog>();

/** Says that a class was made for a type of this catalogue. */
export function setClassCatalog(type: object, catalog: SpecCatalog): void {
  CATALOGS.set(type, catalog);
}

/** The catalogue of a class: that of the nearest class it extends that was made from one; else the bundled one. */
export function classCatalog(type: object): SpecCatalog {
  for (let at: object | null = type; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const catalog = CATALOGS.get(at);
    if (catalog !== undefined) return catalog;
  }
  return bundledCatalog();
}

/** The plan of a class; a subclass that users write is of its parent's type. */
export function classPlan(type: object & TypedClass): TypePlan {
  return typePlan(classCatalog(type), type.neurodataType, type.namespace);
}

type Resolver = (type: string, namespace: string) => object | undefined;

const RESOLVERS = /* @__PURE__ */ new WeakMap<SpecCatalog, Resolver>();

/** Says where the classes of a catalogue's types come from. */
export function setClassResolver(catalog: SpecCatalog, resolver: Resolver): void {
  RESOLVERS.set(catalog, resolver);
}

/** The class of a type; undefined before any class was made for the catalogue. */
export function classOf(catalog: SpecCatalog, type: string, namespace: string): object | undefined {
  return RESOLVERS.get(catalog)?.(type, namespace);
}
