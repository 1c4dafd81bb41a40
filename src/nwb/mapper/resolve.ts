/** Where links and references of builders lead: in the file itself, or into another one. */
import { type AbstractContainer, describeContainer } from "../containers/container.js";
import { isContainer, type StoredFile, stateOf } from "../containers/state.js";
import { NwbError } from "../errors.js";
import type { Manager } from "../manager.js";
import type { FieldPlan } from "../schema/type-plan.js";
import { linkTarget } from "../stored-file.js";
import {
  type Builder,
  type DatasetBuilder,
  type GroupBuilder,
  type LinkBuilder,
  pathOfBuilder,
  type Target,
} from "./builders.js";
import { holdsReferences, plainType, referencedContainers } from "./referenced-containers.js";

/** A link by name. */
export type ResolvedLink =
  | { readonly kind: "soft"; readonly target: string }
  | { readonly kind: "external"; readonly file: string; readonly target: string };

export class Resolver {
  readonly #target: StoredFile;
  readonly #manager: Manager;
  readonly #exportFrom: StoredFile | undefined;
  readonly #built: ReadonlyMap<AbstractContainer, GroupBuilder | DatasetBuilder>;
  readonly #links = new Map<LinkBuilder, ResolvedLink>();
  readonly #problems: string[] = [];

  constructor(
    target: StoredFile,
    manager: Manager,
    built: ReadonlyMap<AbstractContainer, GroupBuilder | DatasetBuilder>,
    exportFrom?: StoredFile | undefined,
  ) {
    this.#exportFrom = exportFrom;
    this.#target = target;
    this.#manager = manager;
    this.#built = built;
  }

  /**
   * Looks up every link and reference. What is referred to, and linked from another file, is made by `makeHere`.
   * @throws NwbError with all that lead nowhere, or out of the file.
   */
  async resolve(root: GroupBuilder, makeHere: (link: LinkBuilder) => Builder | undefined): Promise<void> {
    await this.#settleReferences(root, makeHere);
    const pending: Builder[] = [root];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (at.kind === "link") await this.#resolveLink(at);
      else for (const [where, container] of referred(at)) this.#checkReference(at, where, container);
      if (at.kind === "group") pending.push(...at.members.values());
      if (at.kind === "dataset") this.#checkCopied(at);
    }
    if (this.#problems.length === 0) return;
    const shown = this.#problems.slice(0, 50);
    if (this.#problems.length > shown.length) shown.push(`and ${this.#problems.length - shown.length} more`);
    throw new NwbError(`the file cannot be written:${shown.map((line) => `\n  ${line}`).join("")}`, {
      code: "unwritable",
    });
  }

  /** References cannot leave a file: what they mean is made in the new one when a link to it stands there. */
  async #settleReferences(root: GroupBuilder, makeHere: (link: LinkBuilder) => Builder | undefined): Promise<void> {
    const links = new Map<AbstractContainer, LinkBuilder>();
    const wanted = new Set<AbstractContainer>();
    const pending: Builder[] = [root];
    while (pending.length > 0) {
      for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
        if (at.kind === "link") {
          if (at.to.kind === "target" && at.to.target.field === undefined) links.set(at.to.target.container, at);
          continue;
        }
        if (at.kind === "dataset") await this.#findContainers(at);
        for (const [, container] of referred(at)) if (this.#pathInFile(container) === undefined) wanted.add(container);
        if (at.kind === "group") pending.push(...at.members.values());
      }
      for (const container of wanted) {
        const link = links.get(container);
        const made = link === undefined ? undefined : makeHere(link);
        if (made === undefined) continue;
        wanted.delete(container);
        pending.push(made);
      }
    }
  }

  link(link: LinkBuilder): ResolvedLink {
    const found = this.#links.get(link);
    if (found !== undefined) return found;
    throw new NwbError(`link ${pathOfBuilder(link)} was not resolved`, { code: "state" });
  }

  /** The path of a container in the file. */
  pathOf(container: AbstractContainer): string {
    const path = this.#pathInFile(container);
    if (path !== undefined) return path;
    throw new NwbError(`${describeContainer(container)} is not in the file`, { code: "state" });
  }

  #pathInFile(container: AbstractContainer): string | undefined {
    const builder = this.#built.get(container);
    if (builder !== undefined) return pathOfBuilder(builder);
    const { place } = stateOf(container);
    return place?.file === this.#target ? place.path : undefined;
  }

  async #resolveLink(link: LinkBuilder): Promise<void> {
    const { to } = link;
    if (to.kind === "dataset") {
      const { dataset } = to;
      const path = dataset.path ?? (await dataset.file.pathOf(dataset));
      if (path === undefined) this.#problem(link, "leads to a dataset that has no path in its file");
      else if (dataset.file === this.#target.file) this.#links.set(link, { kind: "soft", target: path });
      else this.#external(link, this.#manager.storedFile(dataset.file), path);
      return;
    }
    const inside = this.#pathInFile(to.target.container);
    if (inside !== undefined) {
      this.#links.set(link, { kind: "soft", target: inside + fieldPath(to.target) });
      return;
    }
    const { place } = stateOf(to.target.container);
    if (place === undefined) {
      this.#problem(
        link,
        `leads to ${describeContainer(to.target.container)}, which is in no file: add it to this one`,
      );
    } else this.#external(link, place.file, place.path + fieldPath(to.target));
  }

  #external(link: LinkBuilder, file: StoredFile, path: string): void {
    if (!file.linkable) this.#problem(link, `leads to ${file.source}, which cannot be linked to`);
    else if (file.key === this.#target.key) this.#problem(link, "leads to the file that is about to be replaced");
    else this.#links.set(link, { kind: "external", file: linkTarget(this.#target, file), target: path });
  }

  #problem(builder: Builder, finding: string): void {
    this.#problems.push(`${pathOfBuilder(builder)} ${finding}`);
  }

  /** References that are copied from another file mean containers, which have other addresses in the new one. */
  async #findContainers(builder: DatasetBuilder): Promise<void> {
    const { content } = builder;
    if (content.kind !== "copy" || !holdsReferences(content.dataset.datatype)) return;
    const { dataset } = content;
    // What is exported or copied was perhaps read by another manager.
    const holder = builder.container ?? builder.owner;
    const candidates = [this.#exportFrom, holder === undefined ? undefined : stateOf(holder).place?.file];
    const known = candidates.find((each) => each?.file === dataset.file);
    const { containers } = known ?? this.#manager.storedFile(dataset.file);
    const found = await referencedContainers(dataset, (address) => containers.get(address));
    if (found === undefined) {
      this.#problem(builder, "is copied from another file, and holds references to what is no container");
      return;
    }
    builder.content = { kind: "references", data: found, shape: dataset.shape, datatype: plainType(dataset.datatype) };
  }

  #checkCopied(builder: DatasetBuilder): void {
    const { content } = builder;
    if (content.kind !== "copy" || content.dataset.file === this.#target.file) return;
    if (!holdsReferences(content.dataset.datatype)) return;
    this.#problem(builder, "is copied from another file, and holds references to objects of that file");
  }

  #checkReference(builder: Builder, where: string, container: AbstractContainer): void {
    if (this.#pathInFile(container) !== undefined) return;
    const { place } = stateOf(container);
    const elsewhere =
      place === undefined ? "is in no file" : `is in ${place.file.source}, and references cannot leave a file`;
    this.#problem(builder, `refers (${where}) to ${describeContainer(container)}, which ${elsewhere}`);
  }
}

/** The containers that a group or dataset refers to, and where. */
function* referred(builder: GroupBuilder | DatasetBuilder): Generator<readonly [string, AbstractContainer]> {
  for (const [name, content] of builder.attributes) {
    if (content.kind === "reference") yield [`attribute ${name}`, content.target.container];
  }
  if (builder.kind !== "dataset") return;
  const { content, origin } = builder;
  if (content.kind === "references") yield* containersOf(content.data);
  if (content.kind === "rows" && origin !== undefined && "rows" in origin) yield* containersOf(origin.rows);
}

function* containersOf(data: unknown): Generator<readonly [string, AbstractContainer]> {
  if (isContainer(data)) yield ["data", data as AbstractContainer];
  else if (Array.isArray(data)) for (const each of data) yield* containersOf(each);
  else if (typeof data === "object" && data !== null && !ArrayBuffer.isView(data)) {
    for (const each of Object.values(data)) if (isContainer(each)) yield ["data", each as AbstractContainer];
  }
}

/** The part of the path from a container to one of its fields. */
function fieldPath({ container, field }: Target): string {
  if (field === undefined) return "";
  const plan: FieldPlan | undefined = stateOf(container).plan.fields.get(field);
  const place = plan?.places[0];
  return place === undefined ? "" : `/${[...place.holder, place.spec.name ?? ""].join("/")}`;
}
