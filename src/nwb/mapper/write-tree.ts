/** A planned tree → a file. Data are moved in stored form; references are rewritten when every object is there. */
import {
  type Attribute,
  type Attributes,
  copy,
  type Group,
  type Hdf5File,
  type Hdf5Object,
  type ObjectReference,
  type OnProgress,
  type Value,
} from "../../index.js";
import { holdsReferences, plainType } from "./referenced-containers.js";
import { withReferences } from "./stored-references.js";
import type { TreeNode, TreePlan } from "./tree-plan.js";

export interface TreeJob {
  readonly plan: TreePlan;
  readonly file: Hdf5File;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function writeTree({ plan, file, onProgress, signal }: TreeJob): Promise<void> {
  const nodes = [...plan.nodes];
  const total = nodes.reduce((sum, node) => sum + bytesOf(node), 0);
  let done = 0;
  for (const node of nodes) {
    signal?.throwIfAborted();
    if (node.path === "/" || node.kind === "alias") continue;
    const report: OnProgress = (progress) => onProgress?.({ done: done + progress.done, total });
    await makeNode(file.root, node, report, signal);
    done += bytesOf(node);
    if (node.kind === "dataset") onProgress?.({ done, total });
  }
  for (const node of nodes) {
    if (node.kind === "alias") await file.root.createHardLink(node.path, await file.get(node.of));
  }
  for (const node of nodes) {
    signal?.throwIfAborted();
    if (node.kind === "group" && node.object !== undefined) {
      await copyAttributes(plan, node.object, node.object.attrs, await file.group(node.path), file);
    } else if (node.kind === "dataset") await renewReferences(plan, node.object, node.path, file);
  }
}

function bytesOf(node: TreeNode): number {
  return node.kind === "dataset" ? node.object.count * node.object.datatype.size : 0;
}

async function makeNode(
  root: Group,
  node: TreeNode,
  onProgress: OnProgress,
  signal: AbortSignal | undefined,
): Promise<void> {
  switch (node.kind) {
    case "group": {
      const comment = node.object?.comment;
      await root.createGroup(node.path, comment === undefined ? {} : { comment });
      return;
    }
    case "dataset":
    case "datatype":
      await copy(node.object, root, node.path, { onProgress, signal });
      return;
    case "soft":
      await root.createSoftLink(node.path, node.target);
      return;
    case "external":
      await root.createExternalLink(node.path, node.file, node.target);
      return;
    case "alias":
      return;
    default:
      node satisfies never;
  }
}

async function copyAttributes(
  plan: TreePlan,
  source: Hdf5Object,
  attributes: Attributes,
  target: Hdf5Object,
  file: Hdf5File,
): Promise<void> {
  for await (const [name, attribute] of attributes.entries()) {
    if (attribute.kind !== "attribute") throw attribute.error;
    const value = await attribute.value();
    const datatype = plainType(attribute.datatype);
    const isReference = holdsReferences(datatype);
    const data = isReference ? await renewed(plan, source.file, file, value) : (value as NewData);
    await setRenewed(target, name, attribute, data);
  }
}

/** The copy of a dataset has null where its references lead out of it. */
async function renewReferences(
  plan: TreePlan,
  source: Extract<TreeNode, { kind: "dataset" }>["object"],
  path: string,
  file: Hdf5File,
): Promise<void> {
  const target = await file.dataset(path);
  if (holdsReferences(source.datatype) && source.count > 0) {
    await target.write(await renewed(plan, source.file, file, await source.value()));
  }
  for await (const [name, attribute] of source.attrs.entries()) {
    if (attribute.kind !== "attribute" || !holdsReferences(attribute.datatype)) continue;
    const data = await renewed(plan, source.file, file, await attribute.value());
    await setRenewed(target, name, attribute, data);
  }
}

/** Set an attribute as it was in the source, with other references. */
async function setRenewed(target: Hdf5Object, name: string, attribute: Attribute, data: NewData): Promise<void> {
  const datatype = plainType(attribute.datatype);
  const { dataspace, shape } = attribute;
  // One reference that leads nowhere is null too, and so would be a null dataspace.
  const values = data === null && dataspace.kind === "scalar" ? [null] : data;
  await target.attrs.set(name, values, { datatype, shape });
}

type NewData = Parameters<Attributes["set"]>[1];

async function renewed(plan: TreePlan, from: Hdf5File, to: Hdf5File, value: Value): Promise<NewData> {
  const found = new Map<number, ObjectReference>();
  const collect: ObjectReference[] = [];
  withReferences(value, (reference) => {
    collect.push(reference);
    return reference;
  });
  for (const { address } of collect) {
    const path = plan.placeOf(from, address);
    if (path !== undefined && !found.has(address)) found.set(address, (await to.get(path)).reference);
  }
  return withReferences(value, ({ address }) => found.get(address) ?? null);
}
