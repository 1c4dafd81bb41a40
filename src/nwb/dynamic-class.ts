/** Classes made from the catalogue: one per type, with the constructor, getters and methods that its spec implies. */
import { classOf, setClassCatalog, setClassResolver } from "./containers/class-plan.js";
import { AbstractContainer, type NwbClass } from "./containers/container.js";
import { DynamicTable } from "./containers/dynamic-table.js";
import { addMember } from "./containers/fields.js";
import { getMember, members } from "./containers/member-access.js";
import { Device, NWBContainer, NWBDataInterface, Subject } from "./containers/nwb-container.js";
import { ProcessingModule } from "./containers/processing-module.js";
import { StoredParts, stateOf } from "./containers/state.js";
import { DynamicTableRegion } from "./containers/table-region.js";
import { TimeSeries } from "./containers/time-series.js";
import { withDefaults } from "./containers/type-defaults.js";
import { typeMethods } from "./containers/type-methods.js";
import { Data, ElementIdentifiers, EnumData, NWBData, VectorData, VectorIndex } from "./containers/vector-data.js";
import { memberName } from "./names.js";
import { bundledCatalog } from "./schema/bundled.js";
import { type FieldPlan, typePlan } from "./schema/type-plan.js";
import type { SpecCatalog } from "./spec/catalog.js";

/** A class whose constructor takes one options object, or what was read from a file. */
export interface ContainerClass {
  new (options: object): AbstractContainer;
  readonly prototype: AbstractContainer;
  readonly neurodataType: string;
  readonly namespace: string;
}

/** The classes that are written out; every other type gets one made for it. */
const TYPED: ReadonlyMap<string, unknown> = /* @__PURE__ */ new Map<string, unknown>([
  ["Data", Data],
  ["VectorData", VectorData],
  ["VectorIndex", VectorIndex],
  ["ElementIdentifiers", ElementIdentifiers],
  ["DynamicTableRegion", DynamicTableRegion],
  ["EnumData", EnumData],
  ["DynamicTable", DynamicTable],
  ["NWBData", NWBData],
  ["NWBContainer", NWBContainer],
  ["NWBDataInterface", NWBDataInterface],
  ["TimeSeries", TimeSeries],
  ["ProcessingModule", ProcessingModule],
  ["Device", Device],
  ["Subject", Subject],
]);

/** Names of add, create and get of collections, where PyNWB's differ from the field's. */
const MEMBER_NAMES: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ["time_series", "Timeseries"],
  ["plane_segmentations", "PlaneSegmentation"],
  ["corrected_image_stacks", "CorrectedImageStack"],
  ["images", "Image"],
]);

/** The classes of the types of a catalogue. */
export class TypeClasses {
  readonly #catalog: SpecCatalog;
  readonly #classes = new Map<string, ContainerClass>();
  readonly #special: ReadonlyMap<string, unknown>;
  readonly #before: TypeClasses | undefined;

  /**
   * @param special classes of types that are known above this layer.
   * @param before classes made from a part of this catalogue: they stay what they are.
   */
  constructor(
    catalog: SpecCatalog,
    special: ReadonlyMap<string, unknown> = new Map(),
    before?: TypeClasses | undefined,
  ) {
    this.#catalog = catalog;
    this.#special = special;
    this.#before = before;
    if (catalog !== bundledCatalog()) setClassResolver(catalog, (type, namespace) => this.get(type, namespace));
  }

  /** @throws NwbError when the catalogue does not have the type. */
  get(type: string, namespace: string): ContainerClass {
    const { namespace: definedIn } = typePlan(this.#catalog, type, namespace);
    const key = `${definedIn}\n${type}`;
    const known = this.#classes.get(key);
    if (known !== undefined) return known;
    const made = this.#known(type, definedIn) ?? this.#written(type, definedIn) ?? this.#make(type, definedIn);
    this.#classes.set(key, made);
    return made;
  }

  #known(type: string, namespace: string): ContainerClass | undefined {
    return this.#before?.has(type, namespace) === true ? this.#before.get(type, namespace) : undefined;
  }

  /** Does the catalogue define the type in this namespace? */
  has(type: string, namespace: string): boolean {
    return this.#catalog.definition(type, namespace)?.namespace === namespace;
  }

  /** A class that is written out, or made from the catalogue that this one extends. */
  #written(type: string, namespace: string): ContainerClass | undefined {
    if (bundledCatalog().definition(type, namespace)?.namespace !== namespace) return undefined;
    const found = TYPED.get(type) ?? this.#special.get(type);
    // The maps hold classes of containers.
    if (found !== undefined) return found as ContainerClass;
    return this === core ? undefined : coreClass(type);
  }

  #make(type: string, namespace: string): ContainerClass {
    const plan = typePlan(this.#catalog, type, namespace);
    const parentType = plan.hierarchy[1];
    // The base class is abstract to users; here it is extended.
    const Parent = (parentType === undefined ? AbstractContainer : this.get(parentType, namespace)) as ContainerClass;
    const Made = {
      [type]: class extends Parent {
        static override readonly neurodataType: string = type;
        static override readonly namespace: string = namespace;

        constructor(options: object) {
          super(options instanceof StoredParts ? options : withDefaults(type, options));
        }
      },
    }[type] as ContainerClass;
    setClassCatalog(Made, this.#catalog);
    for (const field of plan.fields.values()) {
      addGetter(Made, field);
      if (field.form === "objects" && !(memberGetter(field) in Made.prototype))
        this.#addCollection(Made, field, namespace);
    }
    for (const [name, method] of Object.entries(typeMethods(type))) define(Made, name, method);
    return Made;
  }

  /** add…, create… and get… of a field that holds containers by name. */
  #addCollection(made: ContainerClass, field: FieldPlan, namespace: string): void {
    const classes = this;
    const suffix = memberSuffix(field);
    define(made, `add${suffix}`, function (this: AbstractContainer, given: unknown) {
      for (const each of Array.isArray(given) ? given : [given]) addMember(this, field.name, each);
      this.setModified();
    });
    define(
      made,
      memberGetter(field),
      function (this: AbstractContainer, name?: string, type?: NwbClass<AbstractContainer>) {
        return getMember(this, field.name, name, type);
      },
    );
    const [type] = field.types;
    if (type === undefined || suffix === "") return;
    define(made, `create${suffix}`, function (this: AbstractContainer, options: object) {
      const created = new (classes.get(type, namespace))(options);
      addMember(this, field.name, created);
      this.setModified();
      return created;
    });
  }
}

function memberSuffix(field: FieldPlan): string {
  if (field.name === "containers") return "";
  return MEMBER_NAMES.get(field.name) ?? memberName(`_${field.name}`);
}

function memberGetter(field: FieldPlan): string {
  return `get${memberSuffix(field)}`;
}

/** A getter by the field's option name; a name that is taken is reached through `fields` only. */
function addGetter(made: ContainerClass, field: FieldPlan): void {
  if (field.option in made.prototype) return;
  Object.defineProperty(made.prototype, field.option, {
    configurable: true,
    get(this: AbstractContainer): unknown {
      if (field.form === "objects") return members(this, field.name);
      return stateOf(this).fields.get(field.name) ?? (field.form === "list" ? [] : undefined);
    },
  });
}

function define(made: ContainerClass, name: string, value: unknown): void {
  if (Object.hasOwn(made.prototype, name)) return;
  Object.defineProperty(made.prototype, name, { value, configurable: true, writable: true });
}

let core: TypeClasses | undefined;

/**
 * The class of a type of the bundled namespaces.
 * @throws NwbError when there is no such type.
 */
export function coreClass(type: string): ContainerClass {
  const catalog = bundledCatalog();
  if (core === undefined) {
    const classes = new TypeClasses(catalog);
    setClassResolver(catalog, (name, namespace) => classes.get(name, namespace));
    core = classes;
  }
  return core.get(type, catalog.namespaceOf(type) ?? "core");
}

/** The class that a container's own catalogue has for a type. */
export function classFor(container: AbstractContainer, type: string): ContainerClass {
  const { plan } = stateOf(container);
  // What resolvers give are classes of containers.
  return (classOf(plan.catalog, type, plan.namespace) as ContainerClass | undefined) ?? coreClass(type);
}
