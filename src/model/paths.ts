/**
 * Paths: names joined by `/`. A leading `/` starts at the root; empty parts and `.` are skipped; `..` is an ordinary
 * name. Names are compared byte by byte.
 */
import { Hdf5LimitError, Hdf5LinkError, Hdf5NotFoundError, isHdf5Error } from "../errors.js";
import { type LinkMessage, linkKey } from "../format/messages/link.js";
import { loadLinks } from "./load-links.js";
import { loadObject } from "./load-object.js";
import { nameKey } from "./names.js";
import type { FileState, ObjectState } from "./state.js";

/** The parts of a path, and whether it starts at the root. */
export interface SplitPath {
  readonly absolute: boolean;
  readonly parts: readonly string[];
}

export function splitPath(path: string): SplitPath {
  if (!path.includes("/")) return { absolute: false, parts: path === "" || path === "." ? [] : [path] };
  return { absolute: path.startsWith("/"), parts: path.split("/").filter((part) => part !== "" && part !== ".") };
}

/** A path below another; the path of a group reached without one is unknown, and so is everything below it. */
export function joinPath(base: string | undefined, ...parts: readonly string[]): string | undefined {
  if (base === undefined) return undefined;
  if (parts.length === 0) return base;
  return `${base === "/" ? "" : base}/${parts.join("/")}`;
}

/** An object and how it was reached. */
export interface Reached {
  readonly object: ObjectState;
  /** Path in the object's own file; undefined below an object that was reached by a reference. */
  readonly path: string | undefined;
}

/** Links followed so far on the way to one object. */
interface Hops {
  soft: number;
  external: number;
  /** Links being followed now, outermost first. */
  readonly active: { readonly group: ObjectState; readonly name: string }[];
}

/**
 * The object at a path from a group; hard, soft and external links are followed.
 * @param at the starting point, with its own path if known.
 * @throws Hdf5NotFoundError; Hdf5LinkError; Hdf5PolicyError; Hdf5LimitError beyond the hops allowed.
 */
export function resolvePath(at: Reached, path: string): Promise<Reached> {
  return walk(at, path, { soft: 0, external: 0, active: [] });
}

/** The object that a link of a group leads to. */
export function followLink(at: Reached, link: LinkMessage): Promise<Reached> {
  return follow(at, link, { soft: 0, external: 0, active: [] });
}

/**
 * The group that holds the last link of a path, and that link.
 * @throws Hdf5NotFoundError when there is no such link; as `resolvePath` on the way.
 */
export async function linkAt(at: Reached, path: string): Promise<{ parent: Reached; link: LinkMessage }> {
  const { absolute, parts } = splitPath(path);
  const name = parts[parts.length - 1];
  if (name === undefined) throw new Hdf5NotFoundError(path, "", { file: at.object.file.name });
  const start = absolute ? await rootOf(at.object.file) : at;
  const parent = await walkParts(start, parts.slice(0, -1), { soft: 0, external: 0, active: [] }, path);
  const link = await linkOf(parent, name, path, parts.slice(0, -1));
  return { parent, link };
}

/** The root group, with its path. */
export async function rootOf(file: FileState): Promise<Reached> {
  return { object: await loadObject(file, file.superblock.rootAddress), path: "/" };
}

async function walk(at: Reached, path: string, hops: Hops): Promise<Reached> {
  const { absolute, parts } = splitPath(path);
  return walkParts(absolute ? await rootOf(at.object.file) : at, parts, hops, path);
}

async function walkParts(start: Reached, parts: readonly string[], hops: Hops, path: string): Promise<Reached> {
  let here = start;
  for (const [i, part] of parts.entries()) {
    const link = await linkOf(here, part, path, parts.slice(0, i));
    here = await follow(here, link, hops);
  }
  return here;
}

async function linkOf(at: Reached, name: string, path: string, found: readonly string[]): Promise<LinkMessage> {
  const { object } = at;
  const link = object.kind === "group" ? (await loadLinks(object)).get(nameKey(name)) : undefined;
  if (link !== undefined) return link;
  const exists = `${path.startsWith("/") ? "/" : ""}${found.join("/")}`;
  throw new Hdf5NotFoundError(path, exists, { file: object.file.name });
}

async function follow(at: Reached, link: LinkMessage, hops: Hops): Promise<Reached> {
  const { file } = at.object;
  const path = joinPath(at.path, link.name);
  switch (link.kind) {
    case "hard":
      return { object: await loadObject(file, link.address), path };
    case "soft": {
      const reached = await followText(at, link, link.target, hops, () => walk(at, link.target, hops));
      // Reached within this file, the object has the path that was asked for.
      return reached.object.file === file ? { object: reached.object, path } : reached;
    }
    case "external": {
      const target = `${link.file}:${link.target}`;
      return followText(at, link, target, hops, async () => {
        hops.external++;
        if (hops.external > file.limits.externalHops) {
          throw new Hdf5LimitError(
            "externalHops",
            hops.external,
            file.limits.externalHops,
            "external links of one path",
          );
        }
        const { openExternal } = await import("./external.js");
        const other = await openExternal(file, link.file, { kind: "link", path: path ?? link.name });
        if (other === undefined) throw new Hdf5LinkError("dangling", target, { file: file.name, path });
        return walk(await rootOf(other), link.target, hops);
      });
    }
    case "user":
      throw new Hdf5LinkError("user-defined", `link class ${link.linkClass}`, { file: file.name, path });
  }
}

/** Follow a link that names its target, counting hops and noticing circles. */
async function followText(
  at: Reached,
  link: LinkMessage,
  target: string,
  hops: Hops,
  go: () => Promise<Reached>,
): Promise<Reached> {
  const { object: group } = at;
  const { file } = group;
  const context = { file: file.name, path: joinPath(at.path, link.name) ?? link.name };
  const name = linkKey(link.nameBytes);
  if (hops.active.some((other) => other.group === group && other.name === name)) {
    throw new Hdf5LinkError("cycle", target, context);
  }
  if (link.kind === "soft") {
    hops.soft++;
    if (hops.soft > file.limits.softLinkHops) {
      throw new Hdf5LimitError("softLinkHops", hops.soft, file.limits.softLinkHops, "soft links of one path", context);
    }
  }
  hops.active.push({ group, name });
  try {
    return await go();
  } catch (error) {
    if (!isHdf5Error(error, "not-found")) throw error;
    throw new Hdf5LinkError("dangling", target, { ...context, cause: error });
  } finally {
    hops.active.pop();
  }
}
