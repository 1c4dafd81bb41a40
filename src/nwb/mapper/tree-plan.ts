/**
 * What an exported file will hold: every object of the source by its path, and, when links are resolved, what they lead
 * to in other files, with everything that this needs there.
 */
import type { Dataset, Group, Hdf5File, Hdf5Object, Link, NamedDatatype, ObjectReference } from "../../index.js";
import { isHdf5Error } from "../../index.js";
import type { StoredFile } from "../containers/state.js";
import { NwbError } from "../errors.js";
import type { Manager } from "../manager.js";
import { linkTarget } from "../stored-file.js";
import type { Warn } from "./read-file.js";
import { holdsReferences } from "./referenced-containers.js";
import { referencesOf } from "./stored-references.js";

export type TreeNode =
  | { readonly kind: "group"; readonly path: string; readonly object: Group | undefined }
  | { readonly kind: "dataset"; readonly path: string; readonly object: Dataset }
  | { readonly kind: "datatype"; readonly path: string; readonly object: NamedDatatype }
  /** A further hard link. */
  | { readonly kind: "alias"; readonly path: string; readonly of: string }
  | { readonly kind: "soft"; readonly path: string; readonly target: string }
  | { readonly kind: "external"; readonly path: string; readonly file: string; readonly target: string };

export interface TreeRules {
  readonly source: StoredFile;
  readonly target: StoredFile;
  readonly manager: Manager;
  readonly warn: Warn;
  readonly links: "preserve" | "relative" | "resolve";
  /** Paths that are left out with all below them. */
  readonly without: ReadonlySet<string>;
  readonly signal?: AbortSignal | undefined;
}

/** Objects that one export looks at; more is no NWB file. */
const MAX_OBJECTS = 1_000_000;

export class TreePlan {
  readonly #rules: TreeRules;
  readonly #nodes = new Map<string, TreeNode>();
  readonly #places = new Map<Hdf5File, Map<number, string>>();
  readonly #problems: string[] = [];
  /** Objects of other files that something here leads to. */
  readonly #needed: { readonly object: Hdf5Object; readonly by: string }[] = [];

  constructor(rules: TreeRules) {
    this.#rules = rules;
  }

  /** Parents come before what is in them. */
  get nodes(): Iterable<TreeNode> {
    return this.#nodes.values();
  }

  /** The path in the new file of an object of an old one. */
  placeOf(file: Hdf5File, address: number): string | undefined {
    return this.#places.get(file)?.get(address);
  }

  /** @throws NwbError with everything that cannot be in one file. */
  async make(): Promise<void> {
    await this.#object(this.#rules.source.file.root, "/");
    for (let next = this.#needed.shift(); next !== undefined; next = this.#needed.shift()) {
      await this.#need(next.object, next.by);
    }
    if (this.#problems.length === 0) return;
    const lines = this.#problems.slice(0, 50).map((problem) => `\n  ${problem}`);
    throw new NwbError(`the file cannot be exported:${lines.join("")}`, { code: "unwritable" });
  }

  /** An object and all below it. */
  async #object(top: Hdf5Object, topPath: string): Promise<void> {
    const pending: (readonly [Hdf5Object, string])[] = [[top, topPath]];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      this.#rules.signal?.throwIfAborted();
      const [object, path] = next;
      const known = this.placeOf(object.file, object.address);
      if (known !== undefined) {
        this.#add({ kind: "alias", path, of: known });
        continue;
      }
      this.#place(object, path);
      await this.#references(object, path);
      if (object.kind !== "group") continue;
      const below: (readonly [Hdf5Object, string])[] = [];
      for (const link of await object.links()) {
        const member = await this.#link(object, link, path === "/" ? `/${link.name}` : `${path}/${link.name}`);
        if (member !== undefined) below.push(member);
      }
      pending.push(...below.reverse());
    }
  }

  #place(object: Hdf5Object, path: string): void {
    const addresses = this.#places.get(object.file) ?? new Map<number, string>();
    this.#places.set(object.file, addresses);
    addresses.set(object.address, path);
    if (object.kind === "group") this.#add({ kind: "group", path, object });
    else if (object.kind === "dataset") this.#add({ kind: "dataset", path, object });
    else this.#add({ kind: "datatype", path, object });
  }

  #add(node: TreeNode): void {
    if (this.#nodes.size >= MAX_OBJECTS) {
      throw new NwbError(`the file has more than ${MAX_OBJECTS} objects`, { code: "limit" });
    }
    const known = this.#nodes.get(node.path);
    // A group that was made for something needed takes its attributes now.
    if (known !== undefined && !(known.kind === "group" && known.object === undefined)) {
      this.#problems.push(`${node.path} is taken by another object`);
      return;
    }
    this.#nodes.set(node.path, node);
  }

  /** What becomes of a link; the object when it is to be copied. */
  async #link(group: Group, link: Link, path: string): Promise<readonly [Hdf5Object, string] | undefined> {
    if (this.#rules.without.has(path)) return undefined;
    switch (link.kind) {
      case "hard":
        return [await group.get(link.name), path];
      case "soft":
        await this.#soft(group, link.name, link.target, path);
        return undefined;
      case "external":
        return this.#external(group, link, path);
      case "user":
        this.#problems.push(`${path} is a user-defined link`);
        return undefined;
      default:
        return link satisfies never;
    }
  }

  /** In the exported file soft links stay as they are; in others what they lead to must come along. */
  async #soft(group: Group, name: string, target: string, path: string): Promise<void> {
    if (group.file === this.#rules.source.file) {
      this.#add({ kind: "soft", path, target });
      return;
    }
    const object = await this.#find(group, name, path);
    if (object === undefined) return;
    const at = this.placeOf(object.file, object.address) ?? object.path ?? (await object.file.pathOf(object));
    if (at === undefined) return;
    this.#needed.push({ object, by: path });
    this.#add({ kind: "soft", path, target: at });
  }

  async #external(
    group: Group,
    link: Extract<Link, { kind: "external" }>,
    path: string,
  ): Promise<readonly [Hdf5Object, string] | undefined> {
    const { links, source, target, manager } = this.#rules;
    if (links !== "resolve") {
      const object = links === "relative" ? await this.#find(group, link.name, path) : undefined;
      const file = object === undefined ? link.file : linkTarget(target, manager.storedFile(object.file));
      this.#add({ kind: "external", path, file, target: link.target });
      return undefined;
    }
    let object: Hdf5Object;
    try {
      object = await group.get(link.name);
    } catch (error) {
      if (!isHdf5Error(error) || isHdf5Error(error, "state")) throw error;
      this.#problems.push(`${path} leads nowhere: ${error.message}`);
      return undefined;
    }
    const known = this.placeOf(object.file, object.address);
    if (known === undefined && object.file !== source.file) return [object, path];
    const inside = known ?? object.path;
    if (inside !== undefined) this.#add({ kind: "soft", path, target: inside });
    return undefined;
  }

  async #find(group: Group, name: string, path: string): Promise<Hdf5Object | undefined> {
    try {
      return await group.get(name);
    } catch (error) {
      if (!isHdf5Error(error) || isHdf5Error(error, "state")) throw error;
      this.#rules.warn("broken-link", `leads nowhere: ${error.message}`, path);
      return undefined;
    }
  }

  /** What an object of another file refers to must come along too. */
  async #references(object: Hdf5Object, path: string): Promise<void> {
    if (object.file === this.#rules.source.file) return;
    if (object.kind === "datatype") return;
    const found: ObjectReference[] = [];
    for await (const [, attribute] of object.attrs.entries()) {
      if (attribute.kind === "attribute" && holdsReferences(attribute.datatype)) {
        found.push(...referencesOf(await attribute.value()));
      }
    }
    if (object.kind === "dataset" && holdsReferences(object.datatype))
      found.push(...referencesOf(await object.value()));
    const seen = new Set<number>();
    for (const reference of found) {
      if (seen.has(reference.address)) continue;
      seen.add(reference.address);
      this.#needed.push({ object: await object.file.deref(reference), by: path });
    }
  }

  /** Puts an object where it is in its own file, with the groups above it. */
  async #need(object: Hdf5Object, by: string): Promise<void> {
    if (this.placeOf(object.file, object.address) !== undefined) return;
    const path = object.path ?? (await object.file.pathOf(object));
    if (path === undefined || path === "/") {
      this.#problems.push(
        `${by} leads to ${path === "/" ? "the root" : "an object without a path"} of ${object.file.name}`,
      );
      return;
    }
    if (this.#nodes.has(path)) {
      this.#problems.push(`${by} needs ${path} of ${object.file.name}, and another object has that path`);
      return;
    }
    const names = path.split("/").slice(1, -1);
    for (let i = 1; i <= names.length; i++) {
      const above = `/${names.slice(0, i).join("/")}`;
      if (!this.#nodes.has(above)) this.#add({ kind: "group", path: above, object: undefined });
    }
    await this.#object(object, path);
  }
}
