/** Editing of groups: finding places for new objects, links, unlinking, moving. Design: writer-design, section 3.2. */
import { checkOptions, Hdf5ExistsError, Hdf5UsageError } from "../errors.js";
import { type LinkMessage, linkKey, makeLink } from "../format/messages/link.js";
import { loadLinks } from "../model/load-links.js";
import { loadObject } from "../model/load-object.js";
import { nameKey } from "../model/names.js";
import { followLink, linkAt, rootOf, splitPath } from "../model/paths.js";
import type { Soon } from "../model/soon.js";
import type { ObjectState } from "../model/state.js";
import type { LinkMarks, LinkTarget, Writer } from "../model/writer-contract.js";
import { checkLinkName, checkTarget } from "./names.js";
import type { ObjectRecord } from "./object-record.js";
import { releaseObject } from "./release.js";
import { commentBytes, type WriteSession } from "./write-session.js";

const NONE: readonly string[] = [];

/** Where a new link goes: a group that exists, groups to be made below it, and the name. */
export interface Place {
  readonly parent: ObjectState;
  readonly missing: readonly string[];
  readonly name: string;
}

/**
 * The place that a path names; nothing is changed.
 * @throws Hdf5ExistsError when it is taken; Hdf5UsageError when the path leads through something that is no group.
 */
export async function findPlace(session: WriteSession, at: ObjectState, path: string): Promise<Place> {
  if (typeof path !== "string") throw new Hdf5UsageError("path", "is not a string", "a path");
  const { absolute, parts: all } = splitPath(path);
  const parts = all.slice(0, -1);
  const name = all.at(-1);
  if (name === undefined) throw new Hdf5ExistsError(path === "" ? "." : path);
  for (const part of [...parts, name]) checkLinkName(part);
  let parent = absolute ? (await rootOf(session.file)).object : at;
  for (let i = 0; i <= parts.length; i++) {
    if (parent.kind !== "group") {
      throw new Hdf5UsageError(
        "path",
        `leads through a ${parent.kind} (${JSON.stringify(parts[i - 1])})`,
        "groups on the way",
      );
    }
    const links = await loadLinks(parent);
    const part = parts[i];
    if (part === undefined) break;
    const link = links.get(nameKey(part));
    if (link === undefined) {
      await session.edit(parent);
      return { parent, missing: parts.slice(i), name };
    }
    parent = (await followLink({ object: parent, path: undefined }, link)).object;
  }
  if ((await loadLinks(parent)).has(nameKey(name))) throw new Hdf5ExistsError(path);
  await session.edit(parent);
  return { parent, missing: [], name };
}

/** As `findPlace`, where the path is a name and its group is loaded. */
export function placeAtOnce(session: WriteSession, at: ObjectState, path: string): Place | undefined {
  const isName = typeof path === "string" && path !== "" && path !== "." && !path.includes("/");
  if (!isName || at.kind !== "group" || at.links === undefined) return undefined;
  checkLinkName(path);
  if (at.links.has(nameKey(path))) throw new Hdf5ExistsError(path);
  return session.known(at) && { parent: at, missing: NONE, name: path };
}

/** Make the groups that are missing on the way; returns the last one. */
export function makeParents(session: WriteSession, place: Place): ObjectState {
  let parent = place.parent;
  for (const part of place.missing) {
    const group = session.newGroup({ trackOrder: session.trackOrder });
    addHardLink(session, parent, part, group);
    parent = group;
  }
  return parent;
}

/** Add a link to an object, whose count rises. Both were edited: places are looked for in groups that are. */
export function addHardLink(session: WriteSession, parent: ObjectState, name: string, object: ObjectState): void {
  session.known(object);
  addLink(session, parent, makeLink(name, { kind: "hard", address: object.address }));
  object.linkCount++;
}

function addLink(session: WriteSession, parent: ObjectState, link: LinkMessage): void {
  const record = session.known(parent) as ObjectRecord; // it was edited, and its links were loaded with it
  const links = parent.links as Map<string, LinkMessage>;
  const creationOrder = record.takeLinkIndex(link.creationOrder);
  const ordered = creationOrder === link.creationOrder ? link : { ...link, creationOrder };
  links.set(linkKey(link.nameBytes), ordered);
  record.setLink(ordered);
}

/** A new group at a path. */
export function createGroup(
  session: WriteSession,
  at: ObjectState,
  path: string,
  options: Parameters<Writer["createGroup"]>[2] = {},
): Soon<ObjectState> {
  checkOptions(options);
  if (options.comment !== undefined) commentBytes(options.comment); // refused before groups on the way are made
  const place = placeAtOnce(session, at, path);
  if (place !== undefined) return groupIn(session, place, options);
  return findPlace(session, at, path).then((found) => groupIn(session, found, options));
}

function groupIn(
  session: WriteSession,
  place: Place,
  options: NonNullable<Parameters<Writer["createGroup"]>[2]>,
): ObjectState {
  const parent = makeParents(session, place);
  const { trackOrder = session.trackOrder, orders, comment } = options;
  const group = session.newGroup({ trackOrder, orders });
  if (comment !== undefined) session.setComment(group, session.known(group) as ObjectRecord, comment); // it is new
  addHardLink(session, parent, place.name, group);
  return group;
}

/** A new link of any kind at a path. */
export async function createLink(
  session: WriteSession,
  at: ObjectState,
  path: string,
  target: LinkTarget,
): Promise<void> {
  if (target.kind === "hard") {
    if (target.object.file !== session.file) {
      throw new Hdf5UsageError("object", "lies in another file", "an object of this file; use an external link");
    }
    await session.edit(target.object);
    const place = placeAtOnce(session, at, path) ?? (await findPlace(session, at, path));
    addHardLink(session, makeParents(session, place), place.name, target.object);
    return;
  }
  checkTarget("target", target.target);
  if (target.kind === "external") checkTarget("file", target.file);
  const place = placeAtOnce(session, at, path) ?? (await findPlace(session, at, path));
  addLink(session, makeParents(session, place), makeLink(place.name, target));
}

/** Add a link that is no hard one, as another file has it. @throws Hdf5ExistsError when its name is taken. */
export async function putLink(session: WriteSession, parent: ObjectState, link: LinkMessage): Promise<void> {
  await session.edit(parent);
  if ((await loadLinks(parent)).has(linkKey(link.nameBytes))) throw new Hdf5ExistsError(link.name);
  addLink(session, parent, link);
}

/** Mark a link as another file has it; groups of old files keep neither character set nor order. */
export async function markLink(session: WriteSession, at: ObjectState, name: string, marks: LinkMarks): Promise<void> {
  const { parent, link } = await findLink(at, name);
  const record = await session.edit(parent);
  const { charset, creationOrder, stored } = marks;
  const order = creationOrder === undefined ? link.creationOrder : record.takeLinkIndex(creationOrder);
  if (link.charset === charset && link.creationOrder === order && stored === undefined) return;
  const marked = { ...link, ...stored, charset, creationOrder: order };
  const links = await loadLinks(parent);
  if (stored !== undefined) {
    links.delete(linkKey(link.nameBytes));
    record.deleteLink(link.nameBytes);
  }
  links.set(linkKey(marked.nameBytes), marked);
  record.setLink(marked);
}

/** The group that holds a link, and the link. */
async function findLink(at: ObjectState, path: string): Promise<{ parent: ObjectState; link: LinkMessage }> {
  if (typeof path === "string" && splitPath(path).parts.length === 0) {
    throw new Hdf5UsageError("path", `${JSON.stringify(path)} names no link`, "the path of a link");
  }
  const { parent, link } = await linkAt({ object: at, path: undefined }, path);
  return { parent: parent.object, link };
}

async function removeLink(session: WriteSession, parent: ObjectState, link: LinkMessage): Promise<void> {
  const record = await session.edit(parent);
  (await loadLinks(parent)).delete(linkKey(link.nameBytes));
  record.deleteLink(link.nameBytes);
}

/** Take a name away; an object without names is given up. */
export async function unlink(session: WriteSession, at: ObjectState, path: string): Promise<void> {
  const { parent, link } = await findLink(at, path);
  await session.edit(parent);
  if (link.kind !== "hard") return removeLink(session, parent, link);
  const object = await loadObject(session.file, link.address);
  await session.edit(object);
  await removeLink(session, parent, link);
  object.linkCount--;
  if (object.linkCount <= 0) await releaseObject(session, object);
}

/**
 * Give a link another name or place. Where order is kept it comes last, as in libhdf5: its number may be given in the
 * other group. Between two groups both names show for a moment after a crash, never none.
 */
export async function move(session: WriteSession, at: ObjectState, from: string, to: string): Promise<void> {
  const { parent: source, link } = await findLink(at, from);
  const place = await findPlace(session, at, to);
  const crosses = place.missing.length > 0 || place.parent !== source;
  if (link.kind === "hard" && crosses) {
    const object = await loadObject(session.file, link.address);
    await refuseCycle(session, object, place);
  }
  const sourceRecord = await session.edit(source);
  if (crosses) {
    const targetRecord = await session.edit(place.parent);
    if (session.publishAgain.has(targetRecord) || session.movedInto.has(sourceRecord)) await session.flush();
  }
  const target = makeParents(session, place);
  const targetRecord = await session.edit(target);
  const moved = { ...link, ...nameOf(place.name), creationOrder: undefined };
  addLink(session, target, moved);
  await removeLink(session, source, link);
  if (!crosses) return;
  if (link.kind === "hard") {
    const object = await loadObject(session.file, link.address);
    (await session.edit(object)).pulse();
  }
  session.movedInto.add(targetRecord);
  session.publishAgain.add(await session.edit(source));
}

function nameOf(name: string): Pick<LinkMessage, "name" | "nameBytes" | "charset"> {
  const { nameBytes, charset } = makeLink(name, { kind: "soft", target: "." });
  return { name, nameBytes, charset };
}

/** A group must not be moved below itself: nothing would lead to it any more. */
async function refuseCycle(session: WriteSession, object: ObjectState, place: Place): Promise<void> {
  if (object.kind !== "group") return;
  const seen = new Set<ObjectState>([object]);
  const stack = [object];
  for (let group = stack.pop(); group !== undefined; group = stack.pop()) {
    if (group === place.parent)
      throw new Hdf5UsageError("to", "lies inside the group that is moved", "a place outside");
    for (const link of (await loadLinks(group)).values()) {
      if (link.kind !== "hard") continue;
      const child = await loadObject(session.file, link.address);
      if (child.kind !== "group" || seen.has(child)) continue;
      seen.add(child);
      stack.push(child);
    }
  }
}
