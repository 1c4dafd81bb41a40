/** Managers: which namespaces are known, and which containers stand for which objects of which files. */
import type { Hdf5File } from "../index.js";
import type { AbstractContainer, NwbClass } from "./containers/container.js";
import { NWBFile } from "./containers/nwb-file.js";
import type { StoredFile } from "./containers/state.js";
import { type ContainerClass, TypeClasses } from "./dynamic-class.js";
import { NwbError } from "./errors.js";
import { bundledCatalog } from "./schema/bundled.js";
import { SpecCatalog } from "./spec/catalog.js";
import type { NamespaceSpec } from "./spec/types.js";
import { newStoredFile } from "./stored-file.js";

/** A set of types that belong together. */
export interface Namespace {
  readonly name: string;
  readonly version: string;
  /** Names of the namespaces it builds on. */
  readonly dependencies: readonly string[];
}

/**
 * Shared between files, it lets containers of one file become links in another: pass the same manager to each `open`.
 */
export interface BuildManager {
  readonly namespaces: readonly Namespace[];
  /** The class of a type. @throws NwbError when no known namespace has it. */
  getClass(neurodataType: string, namespace: string): NwbClass<AbstractContainer>;
}

const SPECS = /* @__PURE__ */ new WeakMap<Namespace, NamespaceSpec>();

/** A namespace as users see it. */
export function publicNamespace(spec: NamespaceSpec): Namespace {
  const dependencies = spec.schema.flatMap((entry) => (entry.kind === "namespace" ? [entry.namespace] : []));
  const namespace: Namespace = { name: spec.name, version: spec.version, dependencies };
  SPECS.set(namespace, spec);
  return namespace;
}

/** Of more namespaces than any file in use has, not all are tried one by one. */
const MANY = 32;

/** Types known above the layer of classes. */
const SPECIAL: ReadonlyMap<string, unknown> = /* @__PURE__ */ new Map<string, unknown>([["NWBFile", NWBFile]]);

export class Manager implements BuildManager {
  #catalog: SpecCatalog;
  #classes: TypeClasses;
  readonly #files = new Map<string, StoredFile>();
  readonly #byHandle = new WeakMap<Hdf5File, StoredFile>();

  constructor(extensions: readonly NamespaceSpec[]) {
    this.#catalog = extensions.length === 0 ? bundledCatalog() : extendedCatalog(bundledCatalog(), extensions);
    this.#classes = new TypeClasses(this.#catalog, SPECIAL);
  }

  get namespaces(): readonly Namespace[] {
    return this.#catalog.namespaces.map(publicNamespace);
  }

  get catalog(): SpecCatalog {
    return this.#catalog;
  }

  getClass(neurodataType: string, namespace: string): NwbClass<AbstractContainer> {
    return this.classOf(neurodataType, namespace);
  }

  /** @throws NwbError when no known namespace has the type. */
  classOf(neurodataType: string, namespace: string): ContainerClass {
    return this.#classes.get(neurodataType, namespace);
  }

  /** Make namespaces known; those of a name that is known already are left out. */
  add(namespaces: readonly NamespaceSpec[]): void {
    const fresh = namespaces.filter(({ name }) => this.#catalog.namespace(name) === undefined);
    if (fresh.length === 0) return;
    this.#catalog = extendedCatalog(this.#catalog, fresh);
    this.#classes = new TypeClasses(this.#catalog, SPECIAL, this.#classes);
  }

  /**
   * As `add`, without those that cannot be: they include what is not there, or themselves.
   * @returns why, for each of these.
   */
  addSound(namespaces: readonly NamespaceSpec[]): NwbError[] {
    const attempt = (some: readonly NamespaceSpec[]): NwbError | undefined => {
      try {
        this.add(some);
        return undefined;
      } catch (error) {
        if (!(error instanceof NwbError)) throw error;
        return error;
      }
    };
    const error = attempt(namespaces);
    if (error === undefined) return [];
    if (namespaces.length > MANY) return [error];
    // One by one, as long as one of them finds what it includes.
    let rest = namespaces.map((namespace) => ({ namespace, error }));
    for (let before = rest.length + 1; rest.length < before; ) {
      before = rest.length;
      rest = rest.flatMap(({ namespace }) => {
        const problem = attempt([namespace]);
        return problem === undefined ? [] : [{ namespace, error: problem }];
      });
    }
    return rest.map((one) => one.error);
  }

  /** The file behind a handle. While one opening of a path lives, others have the same containers. */
  storedFile(file: Hdf5File, source?: string | undefined): StoredFile {
    const known = this.#byHandle.get(file);
    if (known !== undefined) return known;
    const fresh = newStoredFile(file, source);
    const same = this.#files.get(fresh.key);
    if (same !== undefined && !same.file.closed) {
      this.#byHandle.set(file, same);
      return same;
    }
    this.#files.set(fresh.key, fresh);
    this.#byHandle.set(file, fresh);
    return fresh;
  }

  /** A file that is written anew: nothing read from that path before is in it. */
  newFile(file: Hdf5File, source?: string | undefined): StoredFile {
    const fresh = newStoredFile(file, source);
    this.#files.set(fresh.key, fresh);
    this.#byHandle.set(file, fresh);
    return fresh;
  }
}

function extendedCatalog(catalog: SpecCatalog, fresh: readonly NamespaceSpec[]): SpecCatalog {
  return new SpecCatalog([...catalog.namespaces, ...fresh]);
}

/**
 * A manager with the bundled namespaces and extensions.
 * @throws NwbError when an extension depends on a namespace that is not there.
 */
export function getManager(options: { readonly extensions?: readonly Namespace[] | undefined } = {}): BuildManager {
  return new Manager((options.extensions ?? []).map(specOf));
}

/** @throws NwbError for a namespace that was not loaded by this library. */
export function specOf(namespace: Namespace): NamespaceSpec {
  const spec = SPECS.get(namespace);
  if (spec !== undefined) return spec;
  throw new NwbError(`namespace ${JSON.stringify(namespace.name)} was not loaded by loadNamespaces`, {
    code: "argument",
    location: namespace.name,
  });
}

/** The manager behind its face. @throws NwbError for anything that getManager did not make. */
export function managerOf(manager: BuildManager | undefined, extensions: readonly Namespace[]): Manager {
  const specs = extensions.map(specOf);
  if (manager === undefined) return new Manager(specs);
  if (!(manager instanceof Manager)) throw new NwbError("the manager was not made by getManager", { code: "argument" });
  manager.add(specs);
  return manager;
}

let bundled: Manager | undefined;

/**
 * The class of a type, e.g. to narrow by in `get…`.
 * @throws NwbError when no namespace of the manager (by default: no bundled one) has it.
 * @example const lfp = module.get("LFP", getClass("LFP", "core"));
 */
export function getClass(
  neurodataType: string,
  namespace: string,
  manager?: BuildManager,
): NwbClass<AbstractContainer> {
  bundled ??= new Manager([]);
  return (manager ?? bundled).getClass(neurodataType, namespace);
}
