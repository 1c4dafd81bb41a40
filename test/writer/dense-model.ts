/** Soft links and attributes of a root group, in order of creation, and how they are stored. */
import { stateOf } from "../../src/api/handles.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { decodeAttributeInfo } from "../../src/format/messages/attribute-info.js";
import type { LinkInfo } from "../../src/format/messages/link-info.js";
import { decodeLinkInfo } from "../../src/format/messages/link-info.js";
import { MESSAGE } from "../../src/format/messages/message-types.js";
import { type Hdf5File, open } from "../../src/index.js";

/** As h5py_dense.py answers. */
export interface Listing {
  readonly links: Record<string, string>;
  readonly attributes: Record<string, number | string>;
  readonly counts: readonly [number, number];
  readonly linkOrder?: readonly string[];
  readonly attributeOrder?: readonly string[];
}

export class DenseModel {
  readonly links: Map<string, string> = new Map();
  readonly attributes: Map<string, number | string> = new Map();

  static of({ links, attributes, linkOrder, attributeOrder }: Listing): DenseModel {
    const model = new DenseModel();
    for (const name of linkOrder ?? Object.keys(links)) model.links.set(name, links[name] as string);
    for (const name of attributeOrder ?? Object.keys(attributes))
      model.attributes.set(name, attributes[name] as number);
    return model;
  }

  listing(ordered: boolean): Listing {
    const listing = {
      links: Object.fromEntries(this.links),
      attributes: Object.fromEntries(this.attributes),
      counts: [this.links.size, this.attributes.size] as const,
    };
    if (!ordered) return listing;
    return { ...listing, linkOrder: [...this.links.keys()], attributeOrder: [...this.attributes.keys()] };
  }

  async link(file: Hdf5File, name: string, target: string): Promise<void> {
    await file.root.createSoftLink(name, target);
    this.links.set(name, target);
  }

  async unlink(file: Hdf5File, name: string): Promise<void> {
    await file.root.delete(name);
    this.links.delete(name);
  }

  /** A replaced attribute is a new one. */
  async set(file: Hdf5File, name: string, value: number | Int32Array): Promise<void> {
    await file.root.attrs.set(name, value, { datatype: "int32" });
    this.attributes.delete(name);
    this.attributes.set(name, typeof value === "number" ? value : `${value.length} from ${value[0]}`);
  }

  async unset(file: Hdf5File, name: string): Promise<void> {
    await file.root.attrs.delete(name);
    this.attributes.delete(name);
  }
}

/** What we find; the order of creation, where it is kept. */
export async function ourListing(path: string, ordered: boolean): Promise<Listing> {
  await using file = await open(path);
  const model = new DenseModel();
  const order = ordered ? "creation" : "name";
  for (const link of await file.root.links({ order }))
    model.links.set(link.name, link.kind === "soft" ? link.target : link.kind);
  for (const name of await file.root.attrs.keys({ order })) {
    const value = await file.root.attrs.get(name);
    model.attributes.set(name, ArrayBuffer.isView(value) ? describe(value as Int32Array) : (value as number));
  }
  return model.listing(ordered);
}

function describe(value: Int32Array): string {
  return `${value.length} from ${value[0]}`;
}

/** How the root group of a file is stored. */
export interface RootStorage {
  /** Messages of the header. */
  readonly linkMessages: number;
  readonly attributeMessages: number;
  readonly links: LinkInfo | undefined;
  readonly attributes: LinkInfo | undefined;
}

export async function rootStorage(source: string | Uint8Array): Promise<RootStorage> {
  await using file = await open(source);
  const { header, file: state } = stateOf(file.root, "root");
  const messages = header?.messages ?? [];
  const bodyOf = (wanted: number): Cursor | undefined => {
    const message = messages.find(({ type }) => type === wanted);
    return message && new Cursor(message.body, "info message");
  };
  const links = bodyOf(MESSAGE.linkInfo);
  const attributes = bodyOf(MESSAGE.attributeInfo);
  return {
    linkMessages: messages.filter(({ type }) => type === MESSAGE.link).length,
    attributeMessages: messages.filter(({ type }) => type === MESSAGE.attribute).length,
    links: links && decodeLinkInfo(links, state.context),
    attributes: attributes && decodeAttributeInfo(attributes, state.context),
  };
}

/** In a heap? */
export async function isDense(path: string): Promise<{ readonly links: boolean; readonly attributes: boolean }> {
  const { links, attributes, linkMessages, attributeMessages } = await rootStorage(path);
  const dense = { links: links?.heapAddress !== undefined, attributes: attributes?.heapAddress !== undefined };
  if ((dense.links && linkMessages > 0) || (dense.attributes && attributeMessages > 0))
    throw new Error("messages beside a heap");
  return dense;
}
