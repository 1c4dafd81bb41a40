/**
 * A file → containers. What hangs in the tree by hard links is made first; then links, references and arrays that are
 * linked find the containers they mean, in this file or in others.
 */
import {
  type Attribute,
  type Dataset,
  type Group,
  type Hdf5Object,
  isHdf5Error,
  type Link,
  type ObjectReference,
} from "../../index.js";
import type { AbstractContainer } from "../containers/container.js";
import { NWBFile } from "../containers/nwb-file.js";
import { type StoredFile, StoredParts, stateOf } from "../containers/state.js";
import { NwbError } from "../errors.js";
import type { Manager } from "../manager.js";
import { type FieldPlan, fieldAt, type TypePlan, typePlan } from "../schema/type-plan.js";
import type { AttributeSpec, DatasetSpec, GroupSpec, LinkSpec } from "../spec/types.js";
import { finishContainer } from "./finish.js";
import { attributeValue, datasetValue } from "./read-value.js";
import { type StoredType, typeIn } from "./type-in.js";

/** Called for what is odd and tolerated. */
export type Warn = (code: string, message: string, path: string | undefined) => void;

/** Containers within each other; files in use have ten. */
const MAX_DEPTH = 64;

type Stored = Group | Dataset;

/** A group of the container: its own, or an untyped one inside. */
interface Within {
  readonly container: AbstractContainer;
  readonly specs: Members;
  /** Names on the way from the container's own group. */
  readonly holder: readonly string[];
  readonly path: string;
  readonly depth: number;
}

/** A soft or external link whose target is looked up when everything else is there. */
interface PendingLink extends Within {
  readonly group: Group;
  readonly name: string;
}

interface PendingReference {
  readonly container: AbstractContainer;
  readonly field: string;
  readonly reference: ObjectReference;
}

interface PendingArray {
  readonly container: AbstractContainer;
  readonly field: FieldPlan;
  readonly dataset: Dataset;
}

/** What may be in a group. */
type Members = Pick<GroupSpec, "datasets" | "groups" | "links">;

export class FileReader {
  readonly #manager: Manager;
  readonly #warn: Warn;
  readonly #signal: AbortSignal | undefined;
  readonly #made: AbstractContainer[] = [];
  readonly #links: PendingLink[] = [];
  readonly #references: PendingReference[] = [];
  readonly #arrays: PendingArray[] = [];

  constructor(manager: Manager, warn: Warn, signal?: AbortSignal | undefined) {
    this.#manager = manager;
    this.#warn = warn;
    this.#signal = signal;
  }

  /** @throws NwbError when the root is no NWBFile, or a required reference leads nowhere. */
  async read(file: StoredFile): Promise<NWBFile> {
    const { root } = file.file;
    const known = file.containers.get(root.address);
    if (known instanceof NWBFile) return known;
    const container = await this.#construct(root, "/", file, undefined, 0);
    if (!(container instanceof NWBFile)) {
      const found = await root.attrs.get("neurodata_type");
      throw new NwbError(
        `the root of ${file.source} is ${found === undefined ? "untyped" : `a ${String(found)}`}, expected an NWBFile`,
        {
          code: "no-nwb-file",
          location: "/",
        },
      );
    }
    await this.#settle();
    return container;
  }

  /** Everything that waits for other things. */
  async #settle(): Promise<void> {
    for (;;) {
      this.#signal?.throwIfAborted();
      const link = this.#links.shift();
      if (link !== undefined) {
        await this.#followLink(link);
        continue;
      }
      const reference = this.#references.shift();
      if (reference === undefined) break;
      await this.#followReference(reference);
    }
    for (const { container, field, dataset } of this.#arrays) this.#linkArray(container, field, dataset);
    for (const container of this.#made) await finishContainer(container, this.#warn);
  }

  /** The container of an object; undefined for one that has no known type. */
  async #construct(
    object: Stored,
    path: string,
    file: StoredFile,
    parent: AbstractContainer | undefined,
    depth: number,
  ): Promise<AbstractContainer | undefined> {
    const known = file.containers.get(object.address);
    // The map holds nothing but containers.
    if (known !== undefined) return known as AbstractContainer;
    if (depth > MAX_DEPTH) {
      throw new NwbError(`containers are nested more than ${MAX_DEPTH} deep`, { code: "limit", location: path });
    }
    const attributes = await this.#attributes(object, path);
    const type = await typeIn(attributes);
    const plan = type === undefined ? undefined : this.#planOf(object, type, path);
    if (plan === undefined) return undefined;
    const id = await attributes.get("object_id")?.value();
    const name = path === "/" ? "root" : path.slice(path.lastIndexOf("/") + 1);
    const place = { file, path, object };
    const Class = this.#manager.classOf(plan.type, plan.namespace);
    const container = new Class(
      new StoredParts(plan, type?.namespace, name, typeof id === "string" ? id : crypto.randomUUID(), place),
    );
    stateOf(container).parent = parent;
    file.containers.set(object.address, container);
    this.#made.push(container);
    await this.#readAttributes(container, attributes, [], plan.spec.attributes);
    if (object.kind === "dataset") stateOf(container).fields.set("data", object);
    else if (plan.spec.kind === "group") {
      await this.#readGroup(object, { container, specs: plan.spec, holder: [], path, depth });
    }
    return container;
  }

  async #attributes(object: Stored, path: string): Promise<Map<string, Attribute>> {
    const found = new Map<string, Attribute>();
    for await (const [name, attribute] of object.attrs.entries()) {
      if (attribute.kind === "attribute") found.set(name, attribute);
      else this.#warn("unreadable", `attribute ${JSON.stringify(name)}: ${attribute.error.message}`, path);
    }
    return found;
  }

  #planOf(object: Stored, type: StoredType, path: string): TypePlan | undefined {
    const { catalog } = this.#manager;
    const namespace =
      catalog.definition(type.name, type.namespace) === undefined ? catalog.namespaceOf(type.name) : type.namespace;
    if (namespace === undefined) {
      this.#warn(
        "unknown-type",
        `type ${JSON.stringify(type.name)} of namespace ${JSON.stringify(type.namespace)} is unknown; left out`,
        path,
      );
      return undefined;
    }
    const plan = typePlan(catalog, type.name, namespace);
    if (plan.spec.kind === object.kind) return plan;
    this.#warn("wrong-kind", `is a ${object.kind}, and type ${plan.type} a ${plan.spec.kind}; left out`, path);
    return undefined;
  }

  async #readAttributes(
    container: AbstractContainer,
    attributes: ReadonlyMap<string, Attribute>,
    holder: readonly string[],
    specs: readonly AttributeSpec[],
  ): Promise<void> {
    const { plan } = stateOf(container);
    for (const spec of specs) {
      const attribute = attributes.get(spec.name);
      const field = fieldAt(plan, holder, spec);
      if (attribute === undefined || field === undefined) continue;
      if (field.form === "object") await this.#noteReference(container, field, attribute);
      else this.#set(container, field, await attributeValue(attribute, field.form));
    }
  }

  async #noteReference(container: AbstractContainer, field: FieldPlan, attribute: Attribute): Promise<void> {
    const value = await attribute.value();
    const reference = Array.isArray(value) && value.length === 1 ? (value as readonly unknown[])[0] : value;
    if (!isObjectReference(reference)) {
      throw new NwbError(`attribute ${JSON.stringify(attribute.name)} holds no reference, or a null one`, {
        code: "reference",
        neurodataType: container.neurodataType,
        field: field.name,
        location: stateOf(container).place?.path,
      });
    }
    this.#references.push({ container, field: field.name, reference });
  }

  async #readGroup(group: Group, within: Within): Promise<void> {
    this.#signal?.throwIfAborted();
    const { path } = within;
    for (const link of await group.links()) {
      if (link.kind !== "hard") {
        this.#links.push({ ...within, group, name: link.name });
        continue;
      }
      const object = await this.#open(group, link, path);
      if (object !== undefined) await this.#readMember(object, link.name, within);
    }
  }

  async #open(group: Group, link: Link, path: string): Promise<Stored | undefined> {
    try {
      const object = await group.get(link.name);
      return object.kind === "datatype" ? undefined : object;
    } catch (error) {
      if (!isHdf5Error(error) || isHdf5Error(error, "state")) throw error;
      this.#warn("unreadable", `${JSON.stringify(link.name)} cannot be read: ${error.message}; left out`, path);
      return undefined;
    }
  }

  async #readMember(object: Stored, name: string, within: Within): Promise<void> {
    const { container, specs, holder, depth } = within;
    const path = within.path === "/" ? `/${name}` : `${within.path}/${name}`;
    const spec = namedMember(specs, object, name);
    if (spec !== undefined && spec.kind !== "link" && typeOfSpec(spec) === undefined) {
      if (spec.kind === "group" && object.kind === "group") {
        await this.#readUntyped(object, spec, { container, specs: spec, holder: [...holder, name], path, depth });
      }
      if (spec.kind === "dataset" && object.kind === "dataset") {
        await this.#readDataset(container, object, spec, holder);
        fileOf(container).owners.set(object.address, container);
      }
      return;
    }
    const member = await this.#construct(object, path, fileOf(container), container, depth + 1);
    if (member !== undefined) this.#place(member, name, object, within);
  }

  async #readUntyped(group: Group, spec: GroupSpec, within: Within): Promise<void> {
    const { container, holder, path, depth } = within;
    if (spec.attributes.length > 0) {
      await this.#readAttributes(container, await this.#attributes(group, path), holder, spec.attributes);
    }
    await this.#readGroup(group, { ...within, depth: depth + 1 });
  }

  /** A dataset without a type: a field, and its attributes. */
  async #readDataset(
    container: AbstractContainer,
    dataset: Dataset,
    spec: DatasetSpec,
    holder: readonly string[],
  ): Promise<FieldPlan | undefined> {
    const field = fieldAt(stateOf(container).plan, holder, spec);
    if (field === undefined) return undefined;
    this.#set(container, field, await datasetValue(dataset, field.form));
    if (spec.attributes.length > 0) {
      const attributes = await this.#attributes(dataset, dataset.path ?? "");
      await this.#readAttributes(container, attributes, [...holder, spec.name ?? ""], spec.attributes);
    }
    return field;
  }

  #set(container: AbstractContainer, field: FieldPlan, value: unknown): void {
    if (value !== undefined) stateOf(container).fields.set(field.name, value);
  }

  /** Puts a container into the fields that it has a place in. */
  #place(member: AbstractContainer, name: string, object: Stored, { container, specs, holder }: Within): void {
    const { plan } = stateOf(container);
    // As in PyNWB, what has a place by name is also among the others of its type.
    const places = [namedMember(specs, object, name), memberByType(specs, object, member)];
    const fields = places.map((spec) => (spec === undefined ? undefined : fieldAt(plan, holder, spec)));
    for (const field of new Set(fields)) if (field !== undefined) putInto(container, field, member);
  }

  async #followLink(link: PendingLink): Promise<void> {
    const { container, group, specs, holder, name } = link;
    let object: Hdf5Object;
    try {
      object = await group.get(name);
    } catch (error) {
      if (!isHdf5Error(error) || isHdf5Error(error, "state")) throw error;
      this.#warn("broken-link", `link ${JSON.stringify(name)} leads nowhere: ${error.message}; left out`, link.path);
      return;
    }
    if (object.kind === "datatype") return;
    const spec = namedMember(specs, object, name);
    if (spec?.kind === "dataset" && typeOfSpec(spec) === undefined && object.kind === "dataset") {
      const field = await this.#readDataset(container, object, spec, holder);
      if (field !== undefined) this.#arrays.push({ container, field, dataset: object });
      return;
    }
    const path = object.path ?? (await object.file.pathOf(object)) ?? "";
    if (spec?.kind === "group" && typeOfSpec(spec) === undefined && object.kind === "group") {
      const depth = link.depth + 1;
      if (depth > MAX_DEPTH) return;
      await this.#readUntyped(object, spec, { container, specs: spec, holder: [...holder, name], path, depth });
      return;
    }
    const member = await this.#construct(object, path, this.#manager.storedFile(object.file), container, 0);
    if (member !== undefined) this.#place(member, name, object, link);
  }

  /** A linked array that belongs to another series: the field is that series. */
  #linkArray(container: AbstractContainer, field: FieldPlan, dataset: Dataset): void {
    const owner = this.#manager.storedFile(dataset.file).owners.get(dataset.address);
    const isSeries = (each: object): boolean => stateOf(each).plan.hierarchy.includes("TimeSeries");
    if (owner === undefined || owner === container || !isSeries(owner) || !isSeries(container)) return;
    if (field.name === "data" || field.name === "timestamps") stateOf(container).fields.set(field.name, owner);
  }

  async #followReference({ container, field, reference }: PendingReference): Promise<void> {
    const { plan, fields } = stateOf(container);
    const file = fileOf(container);
    let target = file.containers.get(reference.address) as AbstractContainer | undefined;
    if (target === undefined) {
      const object = await this.#deref(container, field, reference);
      const path = object.kind === "datatype" ? undefined : await file.file.pathOf(object);
      if (object.kind !== "datatype" && path !== undefined)
        target = await this.#construct(object, path, file, undefined, 0);
    }
    if (target !== undefined) fields.set(plan.fields.get(field)?.name ?? field, target);
  }

  async #deref(container: AbstractContainer, field: string, reference: ObjectReference): Promise<Hdf5Object> {
    const { place, plan } = stateOf(container);
    try {
      return await fileOf(container).file.deref(reference);
    } catch (error) {
      if (!isHdf5Error(error)) throw error;
      throw new NwbError(`${plan.type} ${place?.path ?? ""}: the reference ${field} leads nowhere`, {
        code: "reference",
        neurodataType: plan.type,
        field,
        location: place?.path,
        cause: error,
      });
    }
  }
}

function putInto(container: AbstractContainer, field: FieldPlan, member: AbstractContainer): void {
  const { fields } = stateOf(container);
  const known = fields.get(field.name);
  if (field.form === "objects") {
    // As in PyNWB a linked container is known by its own name.
    const members = known instanceof Map ? (known as Map<string, unknown>) : new Map<string, unknown>();
    fields.set(field.name, members.set(member.name, member));
  } else if (field.form === "list") {
    const list = (known as readonly unknown[] | undefined) ?? [];
    if (!list.includes(member)) fields.set(field.name, [...list, member]);
  } else fields.set(field.name, member);
}

function fileOf(container: AbstractContainer): StoredFile {
  const { place } = stateOf(container);
  if (place !== undefined) return place.file;
  throw new NwbError(`${container.neurodataType} is in no file`, { code: "state" });
}

function isObjectReference(value: unknown): value is ObjectReference {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "object-reference";
}

function typeOfSpec(spec: DatasetSpec | GroupSpec): string | undefined {
  return spec.typeDef ?? spec.typeInc;
}

/** The member declared under a name, for an object of this kind. */
function namedMember(specs: Members, object: Stored, name: string): DatasetSpec | GroupSpec | LinkSpec | undefined {
  const own = object.kind === "group" ? specs.groups : specs.datasets;
  return own.find((spec) => spec.name === name) ?? specs.links.find((spec) => spec.name === name);
}

/** The first unnamed member whose type the container is of. */
function memberByType(
  specs: Members,
  object: Stored,
  member: AbstractContainer,
): DatasetSpec | GroupSpec | LinkSpec | undefined {
  const { hierarchy } = stateOf(member).plan;
  const own: readonly (DatasetSpec | GroupSpec)[] = object.kind === "group" ? specs.groups : specs.datasets;
  const fits = (type: string | undefined): boolean => type !== undefined && hierarchy.includes(type);
  return (
    own.find((spec) => spec.name === undefined && fits(typeOfSpec(spec))) ??
    specs.links.find((spec) => spec.name === undefined && fits(spec.targetType))
  );
}
