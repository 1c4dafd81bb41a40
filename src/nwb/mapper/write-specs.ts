/** The namespaces, cached in a file under `/specifications`. */
import type { Group, Hdf5File } from "../../index.js";
import type { SpecCatalog } from "../spec/catalog.js";
import { namespaceToJson } from "../spec/json.js";

const ROOT = "specifications";

/** Writes what the file does not have yet, and says at the root where it is. */
export async function writeSpecifications(file: Hdf5File, catalog: SpecCatalog): Promise<void> {
  const root = await groupAt(file.root, ROOT);
  for (const namespace of catalog.namespaces) {
    const versions = await groupAt(root, namespace.name);
    if (await versions.has(namespace.version)) continue;
    const group = await versions.createGroup(namespace.version);
    const { namespace: text, sources } = namespaceToJson(namespace);
    for (const [name, source] of sources) await group.createDataset(name, { data: source });
    await group.createDataset("namespace", { data: text });
  }
  if (!(await file.root.attrs.has(".specloc"))) await file.root.attrs.set(".specloc", root.reference);
}

async function groupAt(parent: Group, name: string): Promise<Group> {
  return (await parent.has(name)) ? parent.group(name) : parent.createGroup(name);
}
