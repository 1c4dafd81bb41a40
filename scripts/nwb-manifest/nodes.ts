/** The part `nodes` of a manifest: what lies in the file itself, by the HDF5 layer alone. */
import type { Attribute, Attributes, Dataset, FilterInfo, Group, Hdf5File, Hdf5Object, Link } from "../../src/index.js";
import { describeSource } from "./array.js";
import { orError } from "./difference.js";
import { isBigEndian, type Json, stringOf } from "./dtype.js";

type Node = { [key: string]: Json };

/** What a data set may have beyond its data. */
interface Storage {
  readonly maxshape?: Json;
  readonly chunks?: Json;
  readonly filters?: Json;
}

const FILTER_NAMES: ReadonlyMap<number, string> = new Map([
  [1, "deflate"],
  [2, "shuffle"],
  [3, "fletcher32"],
  [4, "szip"],
  [5, "nbit"],
  [6, "scaleoffset"],
  [32000, "lzf"],
]);

/** Where the cached specifications lie. */
const SPECIFICATIONS = "/specifications";

/** Every path but those of the cached specifications; links are not followed. */
export async function describeNodes(file: Hdf5File): Promise<Node> {
  const nodes: Node = { "/": await describeObject(file.root) };
  const first = new Map<number, string>([[file.root.address, "/"]]);
  const pending: [path: string, group: Group][] = [["", file.root]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [above, group] = next;
    for (const link of await group.links()) {
      const path = `${above}/${link.name}`;
      if (path === SPECIFICATIONS) continue;
      if (link.kind !== "hard") {
        nodes[path] = await describeLink(group, link);
        continue;
      }
      const known = first.get(link.address);
      if (known !== undefined) {
        nodes[path] = { kind: "hard", same_as: known };
        continue;
      }
      first.set(link.address, path);
      const object = await group.get(link.name);
      nodes[path] = await describeObject(object);
      if (object.kind === "group") pending.push([path, object]);
    }
  }
  return nodes;
}

/** Namespaces that are cached, with their versions. */
export async function cachedNamespaces(file: Hdf5File): Promise<Json> {
  const found: { [name: string]: Json } = {};
  if (!(await file.has(SPECIFICATIONS))) return found;
  const specifications = await file.group(SPECIFICATIONS);
  for (const name of await specifications.keys()) found[name] = await (await specifications.group(name)).keys();
  return found;
}

async function describeLink(group: Group, link: Exclude<Link, { kind: "hard" }>): Promise<Json> {
  if (link.kind === "user") return { kind: "user", class: link.linkClass };
  const resolves = (await group.find(link.name)) !== undefined;
  if (link.kind === "soft") return { kind: "soft", target: link.target, resolves };
  return { kind: "external", file: link.file, target: link.target, resolves };
}

async function describeObject(object: Hdf5Object): Promise<Json> {
  const attrs = await describeAttributes(object.attrs, object.file);
  if (object.kind !== "dataset") return { kind: object.kind, attrs };
  return { kind: "dataset", attrs, ...(await describeDataset(object)) };
}

async function describeDataset(dataset: Dataset): Promise<Node> {
  const { shape, maxShape, chunkShape, filters } = dataset;
  const isResizable = shape.some((extent, i) => maxShape[i] !== extent);
  const storage: Storage = {
    ...(isResizable ? { maxshape: maxShape.map((extent) => (extent === Infinity ? null : extent)) } : {}),
    ...(chunkShape === undefined ? {} : { chunks: chunkShape }),
    ...(filters.length === 0 ? {} : { filters: filters.map(filterName) }),
  };
  return { ...(await describeData(dataset, dataset.file)), ...storage };
}

function filterName({ id, name }: FilterInfo): string {
  return FILTER_NAMES.get(id) ?? name ?? String(id);
}

async function describeAttributes(attrs: Attributes, file: Hdf5File): Promise<Node> {
  const described: Node = {};
  for await (const [name, attribute] of attrs.entries()) {
    if (name === ".specloc") continue;
    described[name] =
      attribute.kind === "unresolved" ? { error: attribute.error.message } : await describeData(attribute, file);
  }
  return described;
}

/** Data that cannot be read have an `error` in their place. */
async function describeData(data: Dataset | Attribute, file: Hdf5File): Promise<Node> {
  const string = stringOf(data.datatype);
  return {
    ...((await orError(() => describeSource(data, file))) as Node),
    ...(string === undefined ? {} : { string }),
    ...(isBigEndian(data.datatype) ? { big_endian: true } : {}),
  };
}
