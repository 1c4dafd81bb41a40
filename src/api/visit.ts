/** Everything below a group: depth first, parents before children, each object once, in the order of the names. */
import { checkOptions, isHdf5Error, oneOf } from "../errors.js";
import type { LinkMessage } from "../format/messages/link.js";
import { HEADERS_AHEAD, readHeadersAhead } from "../model/ahead.js";
import { loadLinks } from "../model/load-links.js";
import { followLink, joinPath, type Reached } from "../model/paths.js";
import type { FileState } from "../model/state.js";
import { inListOrder, publicLink, unresolved } from "./listing.js";
import type { ObjectCore } from "./object-core.js";
import type { ListOptions } from "./options.js";
import type { Hdf5Object, Unresolved } from "./types.js";

export type VisitOptions = ListOptions & { readonly follow?: "hard" | "soft" | "all" | undefined };

/** A group whose links are being gone through. */
interface Level {
  readonly group: Reached;
  /** From the group where the visit began. */
  readonly path: string;
  readonly links: readonly LinkMessage[];
  next: number;
}

/** Objects met so far, by file. */
class Met {
  readonly #addresses = new Map<FileState, Set<number>>();

  /** Is the object met for the first time? */
  add({ object: { file, address } }: Reached): boolean {
    let addresses = this.#addresses.get(file);
    if (addresses === undefined) {
      addresses = new Set();
      this.#addresses.set(file, addresses);
    }
    if (addresses.has(address)) return false;
    addresses.add(address);
    return true;
  }

  /** Was a hard link's target met? Then nothing of it need be read. */
  has(file: FileState, link: LinkMessage): boolean {
    return link.kind === "hard" && this.#addresses.get(file)?.has(link.address) === true;
  }
}

export async function* visitFrom(
  core: ObjectCore,
  options: VisitOptions,
): AsyncGenerator<[path: string, object: Hdf5Object | Unresolved]> {
  checkOptions(options);
  oneOf("follow", options.follow, ["hard", "soft", "all"]);
  const done = core.state.file.pager.walk();
  try {
    yield* visit(core, options);
  } finally {
    done();
  }
}

async function* visit(
  core: ObjectCore,
  { order, follow = "hard", signal }: VisitOptions,
): AsyncGenerator<[path: string, object: Hdf5Object | Unresolved]> {
  const met = new Met();
  const levels: Level[] = [];
  met.add(core.reached);

  /** Go into a group; what stands for its links when they cannot be listed. */
  async function enter(group: Reached, path: string): Promise<Unresolved | undefined> {
    const { object } = group;
    try {
      const links = await core.read(
        async () => {
          // A group below that keeps no creation order is listed by name: only the one asked must keep it.
          const kept = object.linkOrder === "none" && path !== "" ? "name" : order;
          return inListOrder((await loadLinks(object)).values(), kept, object.linkOrder, "links");
        },
        { signal },
      );
      levels.push({ group, path, links, next: 0 });
      return undefined;
    } catch (error) {
      if (isHdf5Error(error, "usage")) throw error;
      return unresolved(error, "", undefined);
    }
  }

  const failed = await enter(core.reached, "");
  if (failed !== undefined) yield ["", failed];
  for (let level = levels[levels.length - 1]; level !== undefined; level = levels[levels.length - 1]) {
    const { group } = level;
    if (level.next % HEADERS_AHEAD === 0) {
      const soon = level.links.slice(level.next, level.next + HEADERS_AHEAD);
      await core.read(() => readHeadersAhead(group.object.file, soon, { walking: true, signal }), { signal });
    }
    const link = level.links[level.next++];
    if (link === undefined) {
      levels.pop();
      continue;
    }
    if (!follows(link, follow) || met.has(group.object.file, link)) continue;
    const path = level.path === "" ? link.name : `${level.path}/${link.name}`;
    let reached: Reached;
    let object: Hdf5Object;
    try {
      reached = await core.read(() => followLink(group, link), { signal }, joinPath(group.path, link.name));
      if (!met.add(reached)) continue;
      object = await core.read(() => core.factory.object(reached), { signal });
    } catch (error) {
      yield [path, unresolved(error, link.name, publicLink(link))];
      continue;
    }
    yield [path, object];
    if (object.kind !== "group") continue;
    const damaged = await enter(reached, path);
    if (damaged !== undefined) yield [path, damaged];
  }
}

function follows(link: LinkMessage, follow: "hard" | "soft" | "all"): boolean {
  if (link.kind === "hard") return true;
  return follow === "all" || (follow === "soft" && link.kind === "soft");
}
