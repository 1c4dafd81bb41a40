/**
 * Copying an object with all that is below it, within a file or between files. First the tree is planned and its
 * objects are made, then data and attributes follow, when every reference knows where its target's copy lies.
 */

import { holdsAddresses } from "../datatypes/datatype-facts.js";
import type { HeapSink } from "../datatypes/encode.js";
import type { ObjectReference } from "../datatypes/values.js";
import { Hdf5FormatError, isHdf5Error, oneOf } from "../errors.js";
import { shapeOf } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { LinkMessage } from "../format/messages/link.js";
import { assertPresent } from "../model/calls.js";
import { loadLinks } from "../model/load-links.js";
import { followLink, type Reached } from "../model/paths.js";
import type { DatasetState, FileState, ObjectState } from "../model/state.js";
import { NOWHERE, translatedType } from "../model/translate.js";
import { inTurn, type Turn } from "../model/turn.js";
import type { DatasetSpec, KeptTraits } from "../model/writer-contract.js";
import { type Addresses, type CopiedObject, copyContents, translation } from "./copy-contents.js";
import { stateOf } from "./handles.js";
import { inListOrder } from "./listing.js";
import { loadSources } from "./opened-dataset.js";
import type { CopyOptions } from "./options.js";
import type { Group } from "./types.js";

/** `copy` of whole-file.ts, in its turn. */
export async function copyObject(
  turn: Turn,
  source: Reached,
  group: ObjectState,
  path: string,
  options: CopyOptions,
): Promise<void> {
  oneOf("links", options.links, ["preserve", "resolve"]);
  options.signal?.throwIfAborted();
  assertPresent(source.object);
  assertPresent(group);
  const copier = new Copier(turn, group.file, options);
  const root = copier.add(source, undefined, path);
  await copier.plan(root);
  // Once the top is made, it is this call's to remove.
  await copier.make(root, group);
  try {
    await copier.makeAll();
    await copier.fill();
  } catch (error) {
    // Why copying failed says more than why it cannot be undone.
    group.file.linksRevision++;
    await turn
      .write((writer) => writer.unlink(group, path))
      .catch((failure: unknown) => {
        if (!isHdf5Error(failure)) throw failure;
      });
    throw error;
  }
}

/** What `copyFile` may change, and what it tells. */
export interface FileCopyOptions extends CopyOptions {
  /** What a dataset becomes. */
  readonly reshape?: ((spec: DatasetSpec, source: ObjectState) => DatasetSpec) | undefined;
}

/** An object of a file that was copied, its first path, and the address of its copy. */
export interface CopiedPair {
  readonly source: ObjectState;
  readonly path: string;
  readonly address: number;
}

/**
 * Copy the content of a whole file into a new one, whose root group is empty.
 * @returns every object with its copy.
 * @throws Hdf5UnsupportedError naming what cannot be kept; whatever reading the source throws.
 */
export function copyFile(source: Group, target: Group, options: FileCopyOptions): Promise<CopiedPair[]> {
  const from = { object: stateOf(source, "object"), path: "/" };
  const to = stateOf(target, "group");
  return inTurn(to.file, from.object.file, async (turn) => {
    const copier = new Copier(turn, to.file, options, NOWHERE);
    const root = copier.add(from, undefined, "");
    root.made = to;
    await copier.plan(root);
    const { comment } = from.object;
    if (comment !== undefined) await turn.write((writer) => writer.setComment(to, comment));
    await copier.makeAll();
    await copier.fill();
    return copier.pairs();
  });
}

/** One link of the copy: a new object, another link to one, or a link by name. */
interface Node {
  readonly parent: Node | undefined;
  readonly name: string;
  readonly depth: number;
  readonly source: Reached | undefined;
  /** The node whose object this one is a further hard link to. */
  readonly alias: Node | undefined;
  /** The link of the source; none for the top. */
  readonly link: LinkMessage | undefined;
  made: ObjectState | undefined;
  /** Where its copy will lie, when something refers to it before it is made. */
  address: number | undefined;
}

/**
 * The name under which a copy is made. One that is no UTF-8 shows U+FFFD in place of some bytes, as others may that
 * differ in them: until the link has its bytes, these are told by their codes.
 */
function nameToMake({ name, nameBytes }: LinkMessage): string {
  return name.includes("\ufffd") ? `${name} ${nameBytes.join(".")}` : name;
}

class Copier {
  readonly #turn: Turn;
  readonly #target: FileState;
  readonly #options: FileCopyOptions;
  readonly #beyond: number | undefined;
  /** In the order they are made. */
  readonly #nodes: Node[] = [];
  /** Copies of datatypes that are committed and have no name, by the address of the original. */
  readonly #anonymous = new Map<number, ObjectReference>();
  /** Nodes whose copies are not complete yet. */
  readonly #making = new Set<Node>();
  readonly #byAddress = new Map<FileState, Map<number, Node>>();

  /** @param beyond where references lead whose target is not copied; undefined: they become null. */
  constructor(turn: Turn, target: FileState, options: FileCopyOptions, beyond?: number) {
    this.#turn = turn;
    this.#target = target;
    this.#options = options;
    this.#beyond = beyond;
  }

  add(source: Reached, parent: Node | undefined, name: string, link?: LinkMessage): Node {
    const depth = parent === undefined ? 0 : parent.depth + 1;
    const { file, address } = source.object;
    const first = this.#planned(file, address);
    const node: Node = { parent, name, depth, source, alias: first, link, made: undefined, address: undefined };
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
    return this.#turn.read(group.file, async () =>
      inListOrder((await loadLinks(group)).values(), order, group.linkOrder, "links"),
    );
  }

  async #planLink(parent: Node, group: Reached, link: LinkMessage): Promise<Node> {
    const name = nameToMake(link);
    if (link.kind === "hard") return this.add(await this.#follow(group, link), parent, name, link);
    if (this.#options.links === "resolve" && link.kind !== "user") {
      try {
        return this.add(await this.#follow(group, link), parent, name, link);
      } catch (error) {
        // A link that leads nowhere is copied as it is.
        if (!isHdf5Error(error, "link") || error.reason !== "dangling") throw error;
      }
    }
    const depth = parent.depth + 1;
    const node: Node = {
      parent,
      name: link.name,
      depth,
      source: undefined,
      alias: undefined,
      link,
      made: undefined,
      address: undefined,
    };
    this.#nodes.push(node);
    return node;
  }

  #follow(group: Reached, link: LinkMessage): Promise<Reached> {
    return this.#turn.read(group.object.file, () => followLink(group, link), undefined, group.path);
  }

  /** Make what is planned, parents first. */
  async makeAll(): Promise<void> {
    for (const node of this.#nodes) {
      this.#options.signal?.throwIfAborted();
      await this.make(node, undefined);
    }
  }

  /** Make one node, and before it what it cannot be without. */
  async make(node: Node, top: ObjectState | undefined): Promise<ObjectState | undefined> {
    if (node.made !== undefined) return node.made;
    const chain: Node[] = [];
    for (let at: Node | undefined = node; at !== undefined && at.made === undefined; at = at.parent) chain.push(at);
    for (const each of chain.reverse()) {
      // Above the first of the chain everything is made; a parent is a group.
      const parent = (each.parent?.made ?? top) as ObjectState;
      this.#making.add(each);
      each.made = await this.#makeIn(parent, each);
      this.#making.delete(each);
      if (each.link !== undefined && each.source !== undefined) await this.#mark(parent, each.name, each.link);
    }
    return node.made;
  }

  async #makeIn(parent: ObjectState, node: Node): Promise<ObjectState | undefined> {
    const { name, source, alias, link } = node;
    this.#target.linksRevision++;
    if (source === undefined) {
      if (link !== undefined) await this.#turn.write((writer) => writer.putLink(parent, link));
      return undefined;
    }
    if (alias !== undefined) {
      const object = (await this.make(alias, undefined)) as ObjectState; // nodes with objects make them
      await this.#turn.write((writer) => writer.createLink(parent, name, { kind: "hard", object }));
      return object;
    }
    const { comment } = source.object;
    const made = await this.#makeObject(parent, name, source);
    if (made.kind !== "group" && comment !== undefined)
      await this.#turn.write((writer) => writer.setComment(made, comment));
    return made;
  }

  /** Names that are ASCII may be marked as either, and numbers in the order of creation may have gaps. */
  async #mark(parent: ObjectState, made: string, link: LinkMessage): Promise<void> {
    const { name, nameBytes, charset, creationOrder } = link;
    const isAscii = nameBytes.length === name.length;
    const stored = made === name ? undefined : { name, nameBytes };
    if (charset === (isAscii ? "ascii" : "utf-8") && creationOrder === undefined && stored === undefined) return;
    const marks = { charset, creationOrder, stored };
    await this.#turn.write((writer) => writer.markLink(parent, made, marks));
  }

  async #makeObject(at: ObjectState, name: string, reached: Reached): Promise<ObjectState> {
    const source = reached.object;
    const { attributeOrder, comment } = source;
    switch (source.kind) {
      case "group": {
        const orders = { links: source.linkOrder, attributes: attributeOrder };
        return this.#turn.write((writer) => writer.createGroup(at, name, { orders, comment }));
      }
      case "datatype": {
        // A state of kind "datatype" has one.
        const datatype = { ...this.#stored(source, source.datatype as Datatype), committed: undefined };
        return this.#turn.write((writer) => writer.commitDatatype(at, name, datatype, attributeOrder));
      }
      case "dataset": {
        const spec = await this.#spec(reached);
        const { filters } = source.dataset as DatasetState; // a state of kind "dataset"
        const pipeline = spec.filters === filters ? filters : undefined;
        const fill = await this.#keptFill(source);
        // Its fill value may have led to others whose fill values lead here.
        const { address } = this.#planned(source.file, source.address) as Node; // planned before it is made
        const kept = { attributeOrder, pipeline, address, ...fill };
        return this.#turn.write((writer) => writer.createDataset(at, name, spec, kept));
      }
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
    if (made !== undefined) return { ...stored, committed: referenceTo(made.address) };
    if (source.file === this.#target) return datatype;
    if (this.#options.reshape === undefined) return { ...stored, committed: undefined };
    return { ...stored, committed: await this.#nameless(datatype.committed.address, stored) };
  }

  /** The copy of a committed datatype that no path leads to. */
  async #nameless(address: number, stored: Datatype): Promise<ObjectReference> {
    const known = this.#anonymous.get(address);
    if (known !== undefined) return known;
    const root = this.#target.objects.get(this.#target.superblock.rootAddress) as ObjectState; // loaded with the file
    const type = { ...stored, committed: undefined };
    const made = await this.#turn.write((writer) => writer.commitDatatype(root, undefined, type));
    const reference = referenceTo(made.address);
    this.#anonymous.set(address, reference);
    return reference;
  }

  async #spec(reached: Reached): Promise<DatasetSpec> {
    const source = reached.object;
    // The extent of a virtual dataset is that of its sources.
    await this.#turn.read(source.file, () => loadSources(reached));
    const { dataspace, datatype, layout, filters } = source.dataset as DatasetState; // a state of kind "dataset"
    const stored = await this.#typeFor(source, datatype);
    if (dataspace.kind === "null") {
      return { data: null, datatype: stored, layout: layout.kind === "compact" ? "compact" : undefined };
    }
    const shape = shapeOf(dataspace);
    const maxShape = dataspace.kind === "simple" ? dataspace.maxShape : undefined;
    // Raw data in other files are copied too; what can grow gets chunks then.
    const fixed = filters.length === 0 && (maxShape?.every((extent, d) => extent === shape[d]) ?? true);
    const spec: DatasetSpec = {
      datatype: stored,
      shape,
      maxShape,
      chunkShape: layout.kind === "chunked" ? layout.chunkShape : undefined,
      filters: filters.length > 0 ? filters : undefined,
      layout: layout.kind === "chunked" || layout.kind === "compact" ? layout.kind : fixed ? "contiguous" : undefined,
    };
    return this.#options.reshape?.(spec, source) ?? spec;
  }

  /** The fill value as it is stored: what it leads to in heaps is copied, references lead to the copies. */
  async #keptFill(source: ObjectState): Promise<Pick<KeptTraits, "fill" | "encodeFill">> {
    const { fill, datatype } = source.dataset as DatasetState; // a state of kind "dataset"
    const { bytes } = fill;
    if (bytes === undefined || !holdsAddresses(datatype)) return { fill };
    if (bytes.length !== datatype.size) {
      throw new Hdf5FormatError(
        { structure: "fill value message", address: source.address },
        `holds ${bytes.length} bytes, an element takes ${datatype.size}`,
      );
    }
    const stored = this.#stored(source, datatype);
    const translated = (addresses: Addresses): Promise<(heaps: HeapSink) => Uint8Array> =>
      translation(this.#turn, source.file, this.#target, bytes, 1, datatype, stored, addresses);
    const wanted = new Set<number>();
    const note = (address: number): undefined => void wanted.add(address);
    (await translated(() => note))({ put: () => ({ collection: 0, index: 0 }) });
    for (const address of wanted) {
      const node = this.#planned(source.file, address);
      if (node === undefined) continue;
      // Fill values that refer to each other in a circle.
      if (this.#making.has(node)) node.address ??= await this.#turn.write((writer) => writer.reserveObject());
      else await this.make(node, undefined);
    }
    return { fill, encodeFill: await translated(this.#addresses) };
  }

  /** What references of a file become: the copies' addresses; in the file itself, what is not copied stays. */
  readonly #addresses: Addresses = (file) => (address) => {
    const node = this.#planned(file, address);
    const made = node?.made?.address ?? node?.address;
    if (made !== undefined) return made;
    return file === this.#target ? address : this.#beyond;
  };

  /** Every object and its copy. */
  pairs(): CopiedPair[] {
    return this.#nodes.flatMap(({ source, alias, made }) => {
      if (source === undefined || alias !== undefined || made === undefined) return [];
      return [{ source: source.object, path: source.path ?? "", address: made.address }];
    });
  }

  /** Fill what was made: data, attributes. */
  async fill(): Promise<void> {
    const copied: CopiedObject[] = [];
    for (const { source, alias, made } of this.#nodes) {
      if (source !== undefined && alias === undefined && made !== undefined)
        copied.push({ source: source.object, made });
    }
    const typeFor = (source: ObjectState, datatype: Datatype): Promise<Datatype> => this.#typeFor(source, datatype);
    await copyContents(this.#turn, copied, this.#addresses, typeFor, this.#options);
  }
}

function referenceTo(address: number): ObjectReference {
  return { kind: "object-reference", address, file: undefined };
}
