/**
 * Copying an object with all that is below it, within a file or between files. First the tree is planned and its
 * objects are made, then data and attributes follow, when every reference knows where its target's copy lies.
 */

import type { WriteData } from "../datatypes/values.js";
import { Hdf5UnsupportedError, Hdf5UsageError, isHdf5Error } from "../errors.js";
import { shapeOf } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { LinkMessage } from "../format/messages/link.js";
import { reading } from "../model/calls.js";
import { loadLinks } from "../model/load-links.js";
import { followLink, type Reached } from "../model/paths.js";
import type { DatasetState, FileState, ObjectState } from "../model/state.js";
import { translatedType } from "../model/translate.js";
import type { DatasetSpec } from "../model/writer-contract.js";
import { type CopiedObject, copyContents } from "./copy-contents.js";
import { HANDLES } from "./factory.js";
import { stateOf } from "./handles.js";
import { inListOrder } from "./listing.js";
import type { CopyOptions } from "./options.js";
import type { Dataset, Group, Hdf5Object } from "./types.js";

/** `copy` of whole-file.ts. */
export async function copyObject(object: Hdf5Object, group: Group, path: string, options: CopyOptions): Promise<void> {
  const { links = "preserve", signal } = options;
  if (links !== "preserve" && links !== "resolve") {
    throw new Hdf5UsageError("links", `is ${JSON.stringify(links)}`, '"preserve" or "resolve"');
  }
  signal?.throwIfAborted();
  const source = { object: stateOf(object, "object"), path: object.path };
  const copier = new Copier(stateOf(group, "group").file, options);
  const root = copier.add(source, undefined, path);
  await copier.plan(root);
  // Once the top is made, it is this call's to remove.
  await copier.make(root, group);
  try {
    await copier.makeAll();
    await copier.fill();
  } catch (error) {
    // Why copying failed says more than why it cannot be undone.
    await group.delete(path).catch((failure: unknown) => {
      if (!isHdf5Error(failure)) throw failure;
    });
    throw error;
  }
}

/** One link of the copy: a new object, another link to one, or a link by name. */
interface Node {
  readonly parent: Node | undefined;
  readonly name: string;
  readonly depth: number;
  readonly source: Reached | undefined;
  /** The node whose object this one is a further hard link to. */
  readonly alias: Node | undefined;
  /** A soft or external link that is kept. */
  readonly link: LinkMessage | undefined;
  made: Hdf5Object | undefined;
}

class Copier {
  readonly #target: FileState;
  readonly #options: CopyOptions;
  /** In the order they are made. */
  readonly #nodes: Node[] = [];
  readonly #byAddress = new Map<FileState, Map<number, Node>>();

  constructor(target: FileState, options: CopyOptions) {
    this.#target = target;
    this.#options = options;
  }

  add(source: Reached, parent: Node | undefined, name: string): Node {
    const depth = parent === undefined ? 0 : parent.depth + 1;
    const { file, address } = source.object;
    const first = this.#planned(file, address);
    const node: Node = { parent, name, depth, source, alias: first, link: undefined, made: undefined };
    if (first === undefined) {
      const addresses = this.#byAddress.get(file) ?? new Map<number, Node>();
      this.#byAddress.set(file, addresses);
      addresses.set(address, node);
    }
    this.#nodes.push(node);
    return node;
  }

  /** The node of an object. */
  #planned(file: FileState, address: number): Node | undefined {
    return this.#byAddress.get(file)?.get(address);
  }

  /** Everything that hangs below a node, depth first. Only what is there now: the copy itself is none of it. */
  async plan(root: Node): Promise<void> {
    const stack = [root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      this.#options.signal?.throwIfAborted();
      const { source, alias, depth } = node;
      if (source?.object.kind !== "group" || alias !== undefined) continue;
      if (this.#options.shallow && depth >= 1) continue;
      const below: Node[] = [];
      for (const link of await this.#linksOf(source.object)) {
        const child = await this.#planLink(node, source, link);
        if (child.source !== undefined) below.push(child);
      }
      stack.push(...below.reverse());
    }
  }

  async #linksOf(group: ObjectState): Promise<LinkMessage[]> {
    const order = group.linkOrder === "none" ? "name" : "creation";
    return reading(group.file, async () =>
      inListOrder((await loadLinks(group)).values(), order, group.linkOrder, "links"),
    );
  }

  async #planLink(parent: Node, group: Reached, link: LinkMessage): Promise<Node> {
    if (link.kind === "hard") return this.add(await this.#follow(group, link), parent, link.name);
    if (link.kind === "user") throw new Hdf5UnsupportedError("copying user-defined links", { path: group.path });
    if (this.#options.links === "resolve") {
      try {
        return this.add(await this.#follow(group, link), parent, link.name);
      } catch (error) {
        // A link that leads nowhere is copied as it is.
        if (!isHdf5Error(error, "link") || error.reason !== "dangling") throw error;
      }
    }
    const depth = parent.depth + 1;
    const node: Node = { parent, name: link.name, depth, source: undefined, alias: undefined, link, made: undefined };
    this.#nodes.push(node);
    return node;
  }

  #follow(group: Reached, link: LinkMessage): Promise<Reached> {
    return reading(group.object.file, () => followLink(group, link), { path: group.path });
  }

  /** Make what is planned, parents first. */
  async makeAll(): Promise<void> {
    for (const node of this.#nodes) {
      this.#options.signal?.throwIfAborted();
      await this.make(node, undefined);
    }
  }

  /** Make one node, and before it what it cannot be without. */
  async make(node: Node, top: Group | undefined): Promise<Hdf5Object | undefined> {
    if (node.made !== undefined) return node.made;
    const chain: Node[] = [];
    for (let at: Node | undefined = node; at !== undefined && at.made === undefined; at = at.parent) chain.push(at);
    for (const each of chain.reverse()) {
      // Above the first of the chain everything is made; a parent is a group.
      const parent = (each.parent?.made ?? top) as Group;
      each.made = await this.#makeIn(parent, each);
    }
    return node.made;
  }

  async #makeIn(parent: Group, node: Node): Promise<Hdf5Object | undefined> {
    const { name, source, alias, link } = node;
    if (link?.kind === "soft") await parent.createSoftLink(name, link.target);
    if (link?.kind === "external") await parent.createExternalLink(name, link.file, link.target);
    if (source === undefined) return undefined;
    if (alias !== undefined) {
      const object = (await this.make(alias, undefined)) as Hdf5Object; // nodes with objects make them
      await parent.createHardLink(name, object);
      return object;
    }
    const made = await this.#makeObject(parent, name, source.object);
    if (made.kind !== "group" && source.object.comment !== undefined) await made.setComment(source.object.comment);
    return made;
  }

  async #makeObject(parent: Group, name: string, source: ObjectState): Promise<Hdf5Object> {
    switch (source.kind) {
      case "group": {
        const trackOrder = source.linkOrder !== "none" || source.attributeOrder !== "none";
        return parent.createGroup(name, { trackOrder, comment: source.comment });
      }
      case "datatype":
        // A state of kind "datatype" has one.
        return parent.commit(name, { ...this.#stored(source, source.datatype as Datatype), committed: undefined });
      case "dataset":
        return parent.createDataset(name, await this.#spec(source));
    }
  }

  /** The datatype as the target stores it. */
  #stored(source: ObjectState, datatype: Datatype): Datatype {
    return translatedType(datatype, source.file.context.sizeOfOffsets, this.#target.context.sizeOfOffsets);
  }

  /** The datatype of a copy: committed where the committed one is copied too, or lies in the same file. */
  async #typeFor(source: ObjectState, datatype: Datatype): Promise<Datatype> {
    const stored = this.#stored(source, datatype);
    if (datatype.committed === undefined) return stored;
    const node = this.#planned(source.file, datatype.committed.address);
    const made = node === undefined ? undefined : await this.make(node, undefined);
    if (made !== undefined) return { ...stored, committed: made.reference };
    return source.file === this.#target ? datatype : { ...stored, committed: undefined };
  }

  async #spec(source: ObjectState): Promise<DatasetSpec> {
    const { dataspace, datatype, layout, filters, fill } = source.dataset as DatasetState; // a state of kind "dataset"
    const stored = await this.#typeFor(source, datatype);
    if (dataspace.kind === "null") return { data: null, datatype: stored };
    const shape = shapeOf(dataspace);
    const maxShape = dataspace.kind === "simple" ? dataspace.maxShape : undefined;
    const { writeTime, allocTime } = fill;
    // Raw data in other files are copied too; what can grow gets chunks then.
    const fixed = filters.length === 0 && (maxShape?.every((extent, d) => extent === shape[d]) ?? true);
    return {
      datatype: stored,
      shape,
      maxShape,
      chunkShape: layout.kind === "chunked" ? layout.chunkShape : undefined,
      filters: filters.length > 0 ? filters : undefined,
      layout: layout.kind === "chunked" || layout.kind === "compact" ? layout.kind : fixed ? "contiguous" : undefined,
      fillValue: fill.status === "user" ? await this.#fillValue(source) : undefined,
      fill: { writeTime, allocTime },
    };
  }

  async #fillValue(source: ObjectState): Promise<WriteData> {
    const dataset = (await reading(source.file, () => HANDLES.object({ object: source, path: undefined }))) as Dataset;
    // A value that was read can be written to its datatype.
    return dataset.fillValue as WriteData;
  }

  /** Fill what was made: data, attributes. */
  async fill(): Promise<void> {
    const copied: CopiedObject[] = [];
    for (const { source, alias, made } of this.#nodes) {
      if (source !== undefined && alias === undefined && made !== undefined)
        copied.push({ source: source.object, made });
    }
    const addresses = (file: FileState): ((address: number) => number | undefined) => {
      return (address) => {
        const made = this.#planned(file, address)?.made;
        if (made !== undefined) return made.address;
        return file === this.#target ? address : undefined;
      };
    };
    await copyContents(copied, addresses, (source, datatype) => this.#typeFor(source, datatype), this.#options);
  }
}
