/** Paths of objects by address: the first one by hard links in visit order. One walk answers all later questions. */
import { isHdf5Error } from "../errors.js";
import type { LinkMessage } from "../format/messages/link.js";
import { loadLinks } from "../model/load-links.js";
import { loadObject } from "../model/load-object.js";
import { byName } from "../model/names.js";
import type { FileState } from "../model/state.js";

/** What one walk found, and the state of the links it found it in. */
interface PathIndex {
  readonly revision: number;
  readonly paths: Promise<ReadonlyMap<number, string>>;
}

const indexes = /* @__PURE__ */ new WeakMap<FileState, PathIndex>();

/** Paths of all objects that hard links reach, by address. */
export function pathIndex(file: FileState): Promise<ReadonlyMap<number, string>> {
  const known = indexes.get(file);
  if (known !== undefined && known.revision === file.linksRevision) return known.paths;
  const paths = walk(file);
  indexes.set(file, { revision: file.linksRevision, paths });
  paths.catch(() => indexes.delete(file));
  return paths;
}

async function walk(file: FileState): Promise<ReadonlyMap<number, string>> {
  const done = file.pager.walk();
  try {
    return await pathsOf(file);
  } finally {
    done();
  }
}

async function pathsOf(file: FileState): Promise<ReadonlyMap<number, string>> {
  const { rootAddress } = file.superblock;
  const paths = new Map<number, string>([[rootAddress, "/"]]);
  const levels = [{ path: "", links: await linksOf(file, rootAddress), next: 0 }];
  for (let level = levels[levels.length - 1]; level !== undefined; level = levels[levels.length - 1]) {
    const link = level.links[level.next++];
    if (link === undefined) {
      levels.pop();
      continue;
    }
    if (link.kind !== "hard" || paths.has(link.address)) continue;
    const path = `${level.path}/${link.name}`;
    // What cannot be read has a path all the same.
    paths.set(link.address, path);
    const links = await linksOf(file, link.address);
    if (links.length > 0) levels.push({ path, links, next: 0 });
  }
  return paths;
}

/** The links of a group in visit order; none of anything else, and of what is damaged. */
async function linksOf(file: FileState, address: number): Promise<readonly LinkMessage[]> {
  try {
    const object = await loadObject(file, address);
    return object.kind === "group" ? byName((await loadLinks(object)).values()) : [];
  } catch (error) {
    if (!isHdf5Error(error) || error.code === "driver") throw error;
    return [];
  }
}
