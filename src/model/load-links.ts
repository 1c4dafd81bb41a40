/** The links of a group, listed once. */
import { readLinks } from "../format/group-links.js";
import { type LinkMessage, linkKey } from "../format/messages/link.js";
import { settle } from "../io/settle.js";
import type { ObjectState } from "./state.js";

const loading = /* @__PURE__ */ new WeakMap<ObjectState, Promise<Map<string, LinkMessage>>>();

/**
 * Links by name (`linkKey`), in the order found.
 * @throws Hdf5FormatError when a structure of the group is damaged: a part of the links is not the links.
 */
export function loadLinks(group: ObjectState): Promise<Map<string, LinkMessage>> {
  if (group.links !== undefined) return Promise.resolve(group.links);
  let load = loading.get(group);
  if (load === undefined) {
    load = read(group);
    loading.set(group, load);
    const done = (): void => void loading.delete(group);
    load.then(done, done);
  }
  return load;
}

async function read(group: ObjectState): Promise<Map<string, LinkMessage>> {
  const { file, header } = group;
  if (header === undefined) return new Map();
  const { links } = await settle(file.pager, (source) => readLinks(source, header, file.context, file.limits), {
    metadataBytes: file.limits.metadataBytes,
  });
  const byName = new Map<string, LinkMessage>();
  for (const link of links) {
    const key = linkKey(link.nameBytes);
    // Of two links with one name, libhdf5 finds the first.
    if (!byName.has(key)) byName.set(key, link);
  }
  group.links = byName;
  return byName;
}
