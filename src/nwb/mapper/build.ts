/**
 * Containers → builders, by the specs of their types. Nothing is written here: whatever cannot be stored is found
 * before the file is touched.
 */
import type { ArraySource, DatatypeInput, Group, Hdf5File } from "../../index.js";
import { type AbstractContainer, describeContainer } from "../containers/container.js";
import { containersIn } from "../containers/fields.js";
import { isContainer, type StoredFile, stateOf } from "../containers/state.js";
import { DynamicTableRegion } from "../containers/table-region.js";
import { VectorData, VectorIndex } from "../containers/vector-data.js";
import { GrownData } from "../data/grown-data.js";
import { isArraySource } from "../data/held-data.js";
import { isDate } from "../dates.js";
import { NwbError } from "../errors.js";
import { columnAttributes, isUnstored } from "../schema/field-names.js";
import { fieldAt, type TypePlan } from "../schema/type-plan.js";
import type { SpecCatalog } from "../spec/catalog.js";
import {
  type AttributeSpec,
  type DatasetSpec,
  type Dtype,
  type GroupSpec,
  isReferenceDtype,
  isRequired,
  type LinkSpec,
} from "../spec/types.js";
import type { AttributeContent, Builder, DatasetBuilder, GroupBuilder, LinkBuilder, LinkPlace } from "./builders.js";
import { type ContentRules, planContent, valuesContent } from "./content.js";
import type { Warn } from "./read-file.js";
import { holdsReferences } from "./referenced-containers.js";

export interface BuildRules {
  readonly target: StoredFile;
  readonly linkData: boolean;
  /** Make everything anew that belongs to the file, wherever it is stored; data of this file are copied. */
  readonly exportFrom?: StoredFile | undefined;
  /** Nothing outside the new file is linked. */
  readonly resolve?: boolean | undefined;
  /** What tells files apart. */
  keyOf(file: Hdf5File): string;
  readonly warn: Warn;
}

export interface BuildResult {
  readonly root: GroupBuilder;
  readonly built: ReadonlyMap<AbstractContainer, GroupBuilder | DatasetBuilder>;
}

/** What kinds of members a group may have. */
type MemberSpec = DatasetSpec | GroupSpec | LinkSpec;

export class FileBuild {
  readonly #rules: BuildRules;
  readonly #built = new Map<AbstractContainer, GroupBuilder | DatasetBuilder>();
  readonly #problems: string[] = [];
  readonly #links: LinkBuilder[] = [];

  constructor(rules: BuildRules) {
    this.#rules = rules;
  }

  /** @throws NwbError naming everything that cannot be stored. */
  build(nwbfile: AbstractContainer): BuildResult {
    const root = this.#group(nwbfile, "", undefined, undefined);
    if (this.#rules.resolve === true) this.#resolveLinks();
    this.fail();
    return { root, built: this.#built };
  }

  /** Where the types of everything that is written or linked are declared. */
  get catalogs(): ReadonlySet<SpecCatalog> {
    const linked = this.#links.flatMap(({ to }) => (to.kind === "target" ? [to.target.container] : []));
    return new Set([...this.#built.keys(), ...linked].map((container) => stateOf(container).plan.catalog));
  }

  /** Puts what is linked, and is in no other place of the new file, where the link would be. */
  #resolveLinks(): void {
    // Building what is linked may bring in more links.
    for (const link of this.#links) this.makeHere(link);
  }

  /** Puts what a link leads to in its place, unless it has another one in the new file. */
  makeHere({ to, orElse, name, parent }: LinkBuilder): Builder | undefined {
    if (to.kind !== "target" || this.#built.has(to.target.container) || orElse === undefined) return undefined;
    const made = this.#attempt(to.target.container, name, orElse);
    if (made !== undefined) parent.members.set(name, made);
    return made;
  }

  /** Adds to what is found wrong. */
  problem(container: AbstractContainer, finding: string): void {
    this.#problems.push(`${describeContainer(container)}: ${finding}`);
  }

  /** @throws NwbError when anything is wrong. */
  fail(): void {
    if (this.#problems.length === 0) return;
    const shown = this.#problems.slice(0, 50).map((problem) => `\n  ${problem}`);
    if (this.#problems.length > shown.length) shown.push(`\n  and ${this.#problems.length - shown.length} more`);
    throw new NwbError(`the file cannot be written:${shown.join("")}`, { code: "unwritable" });
  }

  /** Is the container stored in the file that is written? */
  #isThere(container: AbstractContainer): boolean {
    return stateOf(container).place?.file === this.#rules.target;
  }

  #group(
    container: AbstractContainer,
    name: string,
    parent: GroupBuilder | undefined,
    memberSpec: GroupSpec | undefined,
  ): GroupBuilder {
    const { plan, place } = stateOf(container);
    const existing = this.#isThere(container) ? (place?.object as Group) : undefined;
    const builder: GroupBuilder = {
      kind: "group",
      name,
      parent,
      attributes: new Map(),
      members: new Map(),
      container,
      existing,
    };
    this.#built.set(container, builder);
    this.#typeAttributes(builder, container);
    this.#attributes(builder, container, [], withMember(plan.spec.attributes, memberSpec?.attributes));
    if (plan.spec.kind === "group") this.#members(builder, container, plan, [], plan.spec);
    for (const name of stateOf(container).fields.keys()) {
      if (!isUnstored(plan.hierarchy, name)) continue;
      this.#rules.warn("not-stored", `the schema of ${plan.type} has no place for ${name}`, container.name);
    }
    return builder;
  }

  #typeAttributes(builder: GroupBuilder | DatasetBuilder, container: AbstractContainer): void {
    const { plan } = stateOf(container);
    const texts = { namespace: plan.namespace, neurodata_type: plan.type, object_id: container.objectId };
    for (const [name, data] of Object.entries(texts)) {
      builder.attributes.set(name, { kind: "value", data, datatype: "string" });
    }
  }

  #members(
    builder: GroupBuilder,
    container: AbstractContainer,
    plan: TypePlan,
    holder: readonly string[],
    spec: GroupSpec,
  ): void {
    const taken = new Set<AbstractContainer>();
    const specs: readonly MemberSpec[] = [...spec.datasets, ...spec.groups, ...spec.links];
    for (const isNamed of [true, false]) {
      for (const member of specs) {
        if ((member.name !== undefined) !== isNamed) continue;
        if (member.kind !== "link" && member.typeDef === undefined && member.typeInc === undefined) {
          this.#untyped(builder, container, plan, holder, member);
        } else this.#typed(builder, container, plan, holder, member, taken);
      }
    }
  }

  #untyped(
    builder: GroupBuilder,
    container: AbstractContainer,
    plan: TypePlan,
    holder: readonly string[],
    spec: DatasetSpec | GroupSpec,
  ): void {
    const { name } = spec;
    if (name === undefined) return;
    if (spec.kind === "dataset") {
      this.#field(builder, container, plan, holder, spec);
      return;
    }
    const inner: GroupBuilder = {
      kind: "group",
      name,
      parent: builder,
      attributes: new Map(),
      members: new Map(),
      container: undefined,
      existing: undefined,
    };
    this.#attributes(inner, container, [...holder, name], spec.attributes);
    this.#members(inner, container, plan, [...holder, name], spec);
    const isEmpty = inner.members.size === 0 && inner.attributes.size === 0;
    if (!isEmpty || isRequired(spec.quantity)) builder.members.set(name, inner);
  }

  /** A dataset without a type. */
  #field(
    builder: GroupBuilder,
    container: AbstractContainer,
    plan: TypePlan,
    holder: readonly string[],
    spec: DatasetSpec,
  ): void {
    const field = fieldAt(plan, holder, spec);
    const value = field === undefined ? undefined : stateOf(container).fields.get(field.name);
    const name = spec.name as string; // untyped members have names
    if (field === undefined || value === undefined) {
      const isMissing = field !== undefined && isRequired(spec.quantity) && builder.existing === undefined;
      if (isMissing)
        this.#rules.warn("missing", `${plan.type} lacks ${field.name}, which the schema requires`, container.name);
      return;
    }
    // What is in the file stays as it is.
    if (builder.existing !== undefined) return;
    const made = this.#attempt(container, field.name, () =>
      this.#fieldBuilder(builder, container, name, value, spec.dtype),
    );
    if (made === undefined) return;
    builder.members.set(name, made);
    if (made.kind === "dataset") this.#attributes(made, container, [...holder, name], spec.attributes);
  }

  #fieldBuilder(
    parent: GroupBuilder,
    container: AbstractContainer,
    name: string,
    value: unknown,
    dtype: Dtype | undefined,
  ): DatasetBuilder | LinkBuilder {
    if (isContainer(value)) {
      const target = { container: lastSeries(value as AbstractContainer, name), field: name };
      const data = stateOf(target.container).fields.get(name);
      const orElse = (): Builder => this.#fieldBuilder(parent, container, name, data, dtype);
      return this.#note({ kind: "link", name, parent, to: { kind: "target", target }, orElse });
    }
    const rest = {
      kind: "dataset",
      name,
      parent,
      attributes: new Map(),
      container: undefined,
      owner: container,
    } as const;
    if (!isArraySource(value)) {
      const content = valuesContent(plainValues(value), undefined, dtype);
      return { ...rest, content, storage: {}, origin: undefined };
    }
    return this.#source(rest, value, dtype, undefined);
  }

  /** Data behind the face of a dataset: written, copied, or linked. */
  #source(
    rest: Pick<DatasetBuilder, "kind" | "name" | "parent" | "attributes" | "container" | "owner">,
    source: ArraySource,
    dtype: Dtype | undefined,
    datatype: DatatypeInput | undefined,
  ): DatasetBuilder | LinkBuilder {
    const planned = planContent(source, this.#contentRules(dtype, datatype));
    if (planned.kind === "content") {
      const { content, storage, origin } = planned;
      return { ...rest, content, storage, origin };
    }
    return { kind: "link", name: rest.name, parent: rest.parent, to: { kind: "dataset", dataset: planned.dataset } };
  }

  #contentRules(dtype: Dtype | undefined, datatype: DatatypeInput | undefined): ContentRules {
    const { target, linkData, exportFrom, resolve, keyOf } = this.#rules;
    return {
      dtype,
      datatype,
      isThere: (dataset) => dataset.file === target.file,
      links: (dataset) => {
        if (dataset.file === target.file) return true;
        // An older file of the same name is about to be replaced, and a file that is exported is copied.
        const isSame = keyOf(dataset.file) === target.key || dataset.file === exportFrom?.file;
        return linkData && resolve !== true && !isSame;
      },
    };
  }

  /** Members that are containers themselves, or links to them. */
  #typed(
    builder: GroupBuilder,
    container: AbstractContainer,
    plan: TypePlan,
    holder: readonly string[],
    spec: MemberSpec,
    taken: Set<AbstractContainer>,
  ): void {
    const field = fieldAt(plan, holder, spec);
    if (field === undefined) return;
    // Fields hold containers only.
    const all = containersIn(stateOf(container).fields.get(field.name)) as readonly AbstractContainer[];
    const type = spec.kind === "link" ? spec.targetType : (spec.typeDef ?? spec.typeInc);
    let count = 0;
    for (const member of all) {
      const state = stateOf(member);
      const fitsName = spec.name === undefined || field.form === "object" || state.name === spec.name;
      if (taken.has(member) || !fitsName || !state.plan.hierarchy.includes(type ?? "")) continue;
      taken.add(member);
      count++;
      const name = spec.name ?? state.name;
      if (builder.members.has(name)) {
        this.problem(container, `two members have the name ${JSON.stringify(name)}`);
        continue;
      }
      const made = this.#attempt(container, field.name, () => this.#member(builder, container, member, name, spec));
      if (made !== undefined) builder.members.set(name, made);
    }
    if (count === 0 && isRequired(spec.quantity) && builder.existing === undefined && field.form !== "list") {
      this.#rules.warn("missing", `${plan.type} lacks ${field.name}, which the schema requires`, container.name);
    }
  }

  #member(
    builder: GroupBuilder,
    container: AbstractContainer,
    member: AbstractContainer,
    name: string,
    spec: MemberSpec,
  ): Builder | undefined {
    const { place, plan } = stateOf(member);
    // What is exported is made anew wherever it is stored.
    const isOutside = place !== undefined && !this.#isThere(member) && this.#rules.exportFrom === undefined;
    const isReferring = isOutside && spec.kind !== "link" && isReferringColumn(member);
    const isOwn = spec.kind !== "link" && (member.parent === container || isReferring);
    const isElsewhere = isOutside && !isReferring;
    const make = (): Builder =>
      plan.spec.kind === "dataset"
        ? this.#dataset(builder, member, name, spec.kind === "dataset" ? spec : undefined)
        : this.#group(member, name, builder, spec.kind === "group" ? spec : undefined);
    if (!isOwn || isElsewhere || this.#built.has(member)) {
      const to: LinkPlace = { kind: "target", target: { container: member } };
      return this.#note({ kind: "link", name, parent: builder, to, orElse: make });
    }
    return this.#isThere(member) && !member.modified ? undefined : make();
  }

  #note(link: LinkBuilder): LinkBuilder {
    this.#links.push(link);
    return link;
  }

  #dataset(
    parent: GroupBuilder,
    container: AbstractContainer,
    name: string,
    memberSpec: DatasetSpec | undefined,
  ): Builder {
    const { plan, fields } = stateOf(container);
    const own = plan.spec.kind === "dataset" ? plan.spec : undefined;
    const data = fields.get("data");
    if (!isArraySource(data)) throw new NwbError("has no data", { code: "no-data" });
    const rest = { kind: "dataset", name, parent, attributes: new Map(), container, owner: undefined } as const;
    const dtype = memberSpec?.dtype ?? own?.dtype;
    const source = this.#source(rest, data, dtype, indexDatatype(container));
    let made = source;
    if (source.kind === "link") {
      // The type lies on the dataset itself, so that its data cannot be linked alone.
      const dataset = (source.to as Extract<LinkPlace, { kind: "dataset" }>).dataset;
      made = { ...rest, content: { kind: "copy", dataset }, storage: {}, origin: undefined };
      if (this.#isThere(container))
        made = { ...made, content: { kind: "rows", base: dataset, from: 0, isThere: true } };
    }
    if (made.kind !== "dataset") return made;
    this.#built.set(container, made);
    if (this.#isThere(container)) return made;
    this.#typeAttributes(made, container);
    this.#attributes(made, container, [], withMember(own?.attributes ?? [], memberSpec?.attributes));
    return made;
  }

  #attributes(
    builder: GroupBuilder | DatasetBuilder,
    container: AbstractContainer,
    holder: readonly string[],
    specs: readonly AttributeSpec[],
  ): void {
    for (const spec of specs) {
      const content = this.#attempt(container, spec.name, () => this.#attribute(container, holder, spec));
      if (content !== undefined) builder.attributes.set(spec.name, content);
    }
  }

  #attribute(
    container: AbstractContainer,
    holder: readonly string[],
    spec: AttributeSpec,
  ): AttributeContent | undefined {
    const { plan, fields } = stateOf(container);
    const field = fieldAt(plan, holder, spec);
    const value =
      spec.value ??
      (field === undefined ? undefined : fields.get(field.name)) ??
      derivedAttribute(container, holder, spec) ??
      spec.defaultValue;
    if (value === undefined) {
      if (isReferenceDtype(spec.dtype) && spec.required) throw new NwbError("is missing", { code: "missing" });
      if (spec.required) {
        const name = [...holder, spec.name].join("/");
        this.#rules.warn("missing", `${plan.type} lacks ${name}, which the schema requires`, container.name);
      }
      return undefined;
    }
    if (isReferenceDtype(spec.dtype)) {
      if (!isContainer(value)) throw new NwbError("is no container", { code: "type" });
      return { kind: "reference", target: { container: value as AbstractContainer } };
    }
    const { kind, data, datatype } = valuesContent(plainValues(value), undefined, spec.dtype);
    if (kind === "references") throw new NwbError("holds containers", { code: "type" });
    return { kind: "value", data, datatype };
  }

  /** Runs a step; what is wrong with the data is noted, and the rest goes on. */
  #attempt<T>(container: AbstractContainer, field: string, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof NwbError)) throw error;
      this.problem(container, `${field} ${error.message}`);
      return undefined;
    }
  }
}

/** The specs of a type, and what its place adds; what both declare is the type's. */
function withMember(
  own: readonly AttributeSpec[],
  member: readonly AttributeSpec[] | undefined,
): readonly AttributeSpec[] {
  if (member === undefined) return own;
  return [...own, ...member.filter(({ name }) => !own.some((each) => each.name === name))];
}

/** Attributes that are made from other fields. */
function derivedAttribute(container: AbstractContainer, holder: readonly string[], { name }: AttributeSpec): unknown {
  const { plan, fields } = stateOf(container);
  if (holder.length > 0) return undefined;
  if (name === "categories" && plan.hierarchy.includes("AlignedDynamicTable")) {
    const tables = fields.get("category_tables");
    return tables instanceof Map ? [...tables.keys()] : [];
  }
  const { parent } = container;
  if (parent === undefined) return undefined;
  const field = columnAttributes(stateOf(parent).plan.hierarchy, container.name)?.[name];
  return typeof field === "string" ? stateOf(parent).fields.get(field) : undefined;
}

/** Values of fields as data. */
function plainValues(value: unknown): unknown {
  if (isDate(value)) return value.text;
  return Array.isArray(value) ? value.map((each) => (isDate(each) ? each.text : each)) : value;
}

/** The smallest unsigned integers that can count the entries of the target. */
function indexDatatype(container: AbstractContainer): DatatypeInput | undefined {
  if (!(container instanceof VectorIndex)) return undefined;
  const { length } = container.target;
  return length < 2 ** 8 ? "uint8" : length < 2 ** 16 ? "uint16" : length < 2 ** 32 ? "uint32" : "uint64";
}

/**
 * Columns of references mean objects of their own file: with their table they are made anew, and so are their indices,
 * which refer to them.
 */
function isReferringColumn(container: AbstractContainer): boolean {
  const chain = new Set<AbstractContainer>();
  let at = container;
  for (; at instanceof VectorIndex && !chain.has(at); at = at.target) chain.add(at);
  if (!(at instanceof VectorData) || at instanceof DynamicTableRegion) return false;
  const { data } = at;
  return isArraySource(data) && !(data instanceof GrownData) && holdsReferences(data.datatype);
}

/** The series at the end of a chain of links. */
function lastSeries(series: AbstractContainer, field: string): AbstractContainer {
  const seen = new Set([series]);
  let at = series;
  for (;;) {
    const next = stateOf(at).fields.get(field);
    if (!isContainer(next)) return at;
    at = next as AbstractContainer;
    if (seen.has(at)) throw new NwbError("is linked in a circle", { code: "cycle" });
    seen.add(at);
  }
}
