/** The root of all NWB classes: name, identity, parent and the fields that the schema declares. */
import type { Attribute, Dataset, Group } from "../../index.js";
import { isHdf5Error } from "../../index.js";
import { NwbError } from "../errors.js";
import type { TypePlan } from "../schema/type-plan.js";
import { classPlan } from "./class-plan.js";
import { childrenOf, initialFields, publicFields } from "./fields.js";
import { type ContainerState, isContainer, StoredParts, setState, stateOf } from "./state.js";
import { summary } from "./summary.js";

/** A class of containers, as `get…` and `getClass` take and give it. */
export type NwbClass<T extends AbstractContainer> = abstract new (...args: never[]) => T;

/**
 * What all containers have. Containers are made by their constructors or read from a file; either way `fields` holds
 * their content by the schema's own names.
 */
export abstract class AbstractContainer {
  /** The type's name in its schema. */
  static readonly neurodataType: string = "Container";
  /** The namespace that defines the type. */
  static readonly namespace: string = "hdmf-common";

  /**
   * @param options by the names of the constructor's options; subclasses say which.
   * @throws NwbError when a required option is missing, or one is unknown or not what the schema asks for.
   */
  constructor(options: object) {
    if (options instanceof StoredParts) {
      setState(this, { ...options, parent: undefined, modified: false, fields: new Map() });
      return;
    }
    const plan = classPlan(new.target);
    const given = new Map<string, unknown>(Object.entries(options));
    const name = containerName(plan, given.get("name"));
    given.delete("name");
    const fields = new Map<string, unknown>();
    const state: ContainerState = {
      plan,
      namespace: undefined,
      name,
      objectId: crypto.randomUUID(),
      parent: undefined,
      modified: true,
      place: undefined,
      fields,
    };
    setState(this, state);
    initialFields(this, plan, given);
  }

  get name(): string {
    return stateOf(this).name;
  }

  /** A UUID (version 4) that stays with the container, also in copies of its file. */
  get objectId(): string {
    return stateOf(this).objectId;
  }

  get neurodataType(): string {
    return stateOf(this).plan.type;
  }

  get namespace(): string {
    const { plan, namespace } = stateOf(this);
    return namespace ?? plan.namespace;
  }

  /** The container that this one belongs to; in other containers it is linked. */
  get parent(): AbstractContainer | undefined {
    // Only containers become parents.
    return stateOf(this).parent as AbstractContainer | undefined;
  }

  /** The containers that belong to this one. */
  get children(): readonly AbstractContainer[] {
    return childrenOf(this) as AbstractContainer[];
  }

  /** The file it was read from or last written to; undefined for one that is in memory only. */
  get containerSource(): string | undefined {
    return stateOf(this).place?.file.source;
  }

  /** Is there something that the file does not have yet? */
  get modified(): boolean {
    return stateOf(this).modified;
  }

  /** All content by the schema's names, without what is absent: what PyNWB has in `fields`. */
  get fields(): ReadonlyMap<string, unknown> {
    return publicFields(stateOf(this));
  }

  /**
   * The HDF5 object behind the container, or behind one of its fields; undefined for what the file does not hold.
   * @throws NwbError when there is no such field; Hdf5StateError when the file is closed.
   */
  async stored(field?: string): Promise<Group | Dataset | Attribute | undefined> {
    const { place, plan } = stateOf(this);
    if (field === undefined || place === undefined) return place?.object;
    const known = plan.fields.get(field) ?? plan.options.get(field);
    if (known === undefined) throw noField(plan, field);
    for (const { spec, holder } of known.places) {
      if (spec.name === undefined) continue;
      const object = holder.length === 0 ? place.object : await memberAt(place.object, holder);
      if (object === undefined) continue;
      if (spec.kind === "dataset" && known.name === "data" && place.object.kind === "dataset") return place.object;
      if (spec.kind === "attribute") {
        if (await object.attrs.has(spec.name)) return object.attrs.attribute(spec.name);
        continue;
      }
      const member = await memberAt(object, [spec.name]);
      if (member !== undefined) return member;
    }
    return known.name === "data" && place.object.kind === "dataset" ? place.object : undefined;
  }

  /**
   * The nearest ancestor, or the nearest of a type.
   * @throws NwbError when there is none.
   */
  getAncestor(neurodataType?: string): AbstractContainer {
    for (let at = this.parent; at !== undefined; at = at.parent) {
      if (neurodataType === undefined || stateOf(at).plan.hierarchy.includes(neurodataType)) return at;
    }
    throw new NwbError(`${this.neurodataType} ${JSON.stringify(this.name)} is in no ${neurodataType ?? "container"}`, {
      code: "no-ancestor",
      neurodataType: this.neurodataType,
    });
  }

  /** Say that the file does not have all of it (with its ancestors), or has. */
  setModified(modified = true): void {
    stateOf(this).modified = modified;
    if (!modified) return;
    for (let at = this.parent; at !== undefined; at = at.parent) stateOf(at).modified = true;
  }

  /** A new identity: for a container that is exported as something else. */
  generateNewId(options: { readonly recurse?: boolean | undefined } = {}): void {
    stateOf(this).objectId = crypto.randomUUID();
    this.setModified();
    if (options.recurse ?? true) for (const child of this.children) child.generateNewId();
  }

  /** A readable summary of several lines. */
  toString(): string {
    return summary(this);
  }
}

/** Where a container is for messages. */
export function describeContainer(container: AbstractContainer): string {
  return `${container.neurodataType} ${JSON.stringify(container.name)}`;
}

function noField(plan: TypePlan, field: string): NwbError {
  return new NwbError(`${plan.type} has no field ${JSON.stringify(field)}`, {
    code: "no-field",
    neurodataType: plan.type,
    field,
  });
}

async function memberAt(object: Group | Dataset, names: readonly string[]): Promise<Group | Dataset | undefined> {
  let at: Group | Dataset = object;
  for (const name of names) {
    if (at.kind !== "group") return undefined;
    try {
      const next = await at.find(name);
      if (next === undefined || next.kind === "datatype") return undefined;
      at = next;
    } catch (error) {
      if (!isHdf5Error(error, "policy")) throw error;
      return undefined;
    }
  }
  return at;
}

function containerName(plan: TypePlan, given: unknown): string {
  const fixed = plan.spec.name;
  const fail = (finding: string): never => {
    throw new NwbError(`${plan.type}: name ${finding}`, { code: "name", neurodataType: plan.type, field: "name" });
  };
  if (fixed !== undefined) {
    if (given !== undefined && given !== fixed)
      fail(`is ${JSON.stringify(given)}, and the schema fixes ${JSON.stringify(fixed)}`);
    return fixed;
  }
  const name = given ?? plan.spec.defaultName;
  if (typeof name !== "string") return fail(name === undefined ? "is missing" : "is no text");
  if (name === "" || name === "." || name.includes("/") || name.includes("\0")) {
    return fail(`is ${JSON.stringify(name)}; it must be a text without "/" that is not empty`);
  }
  return name;
}

/** Narrows a value to a container of a class. */
export function isInstance<T extends AbstractContainer>(value: unknown, type: NwbClass<T>): value is T {
  return isContainer(value) && value instanceof type;
}
