/** Lists of links and attributes in the order asked for. */
import { Hdf5UsageError, isHdf5Error, oneOf } from "../errors.js";
import type { LinkMessage } from "../format/messages/link.js";
import { byName } from "../model/names.js";
import type { Link, Unresolved } from "./types.js";

/** Sort by name or creation. @throws Hdf5UsageError when creation order is asked for and not kept. */
export function inListOrder<T extends { readonly nameBytes: Uint8Array; readonly creationOrder: number | undefined }>(
  items: Iterable<T>,
  order: "name" | "creation" | undefined,
  kept: "none" | "tracked" | "indexed",
  what: string,
): T[] {
  if (oneOf("order", order, ["name", "creation"]) !== "creation") return byName(items);
  if (kept === "none") {
    throw new Hdf5UsageError("order", `is "creation", and the creation order of ${what} is not kept`, '"name"');
  }
  return [...items].sort((a, b) => (a.creationOrder ?? 0) - (b.creationOrder ?? 0));
}

/** A link as users see it. */
export function publicLink(link: LinkMessage): Link {
  const { name, charset, creationOrder } = link;
  const base = { name, charset, creationOrder };
  switch (link.kind) {
    case "hard":
      return { ...base, kind: "hard", address: link.address };
    case "soft":
      return { ...base, kind: "soft", target: link.target };
    case "external":
      return { ...base, kind: "external", file: link.file, target: link.target };
    case "user":
      return { ...base, kind: "user", linkClass: link.linkClass, value: new Uint8Array(link.value) };
  }
}

/**
 * What stands in a listing for something that cannot be had.
 * @throws the error itself when it says nothing of that one thing: the file was closed, the call cancelled.
 */
export function unresolved(error: unknown, name: string, link: Link | undefined): Unresolved {
  if (!isHdf5Error(error) || error.code === "state") throw error;
  return { kind: "unresolved", name, link, error };
}
