/** Writes an arbitrary tree through the public API. */
import { type DatasetSpec, deflate, type Group } from "../index.js";
import type { Content, TreeNode } from "./tree.js";

function specOf(content: Content, storage: string): DatasetSpec {
  const { data, datatype } = content;
  const scalar = !Array.isArray(data) && !ArrayBuffer.isView(data);
  const base = { data, datatype };
  if (scalar) return storage === "compact" ? { ...base, layout: "compact" } : base;
  switch (storage) {
    case "compact":
      return { ...base, layout: "compact" };
    case "chunked":
      return { ...base, chunkShape: [2], maxShape: [null] };
    case "deflate":
      return { ...base, filters: [deflate(6)], maxShape: [null] };
    case "shuffle+deflate":
      return { ...base, filters: ["shuffle", deflate(1)], chunkShape: [3], maxShape: [null] };
    case "fletcher32":
      return { ...base, filters: ["fletcher32"], chunkShape: [1] };
    case "growing":
      return { ...base, maxShape: [null] };
    default:
      return base;
  }
}

/** Write the content of a group. */
export async function writeTree(group: Group, node: TreeNode & { kind: "group" }): Promise<void> {
  for (const [name, value] of node.attrs) await group.attrs.set(name, value.data, { datatype: value.datatype });
  for (const [name, child] of node.children) {
    if (child.kind === "group") await writeTree(await group.createGroup(name), child);
    else {
      const dataset = await group.createDataset(name, specOf(child.content, child.storage));
      for (const [attr, value] of child.attrs) await dataset.attrs.set(attr, value.data, { datatype: value.datatype });
    }
  }
}
