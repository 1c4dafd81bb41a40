/** Files as containers know them: told apart by where they are, so that two openings of one path are the same. */
import { dirname, hasFileSystem, portable, relative, resolve } from "#platform";
import type { Hdf5File } from "../index.js";
import type { StoredFile } from "./containers/state.js";

let unnamed = 0;

/** What files are called that have no name. */
const NO_NAMES: ReadonlySet<string> = /* @__PURE__ */ new Set(["memory", "driver", "blob", "http"]);

/** @param source what the user called the file, when that is not the name of its driver. */
export function newStoredFile(file: Hdf5File, source: string = file.name): StoredFile {
  const linkable = isName(source);
  const isPath = linkable && hasFileSystem;
  const key = isPath ? `path ${resolve(source)}` : `open ${++unnamed}`;
  return { key, source: isPath ? resolve(source) : source, linkable, file, containers: new Map(), owners: new Map() };
}

/** Names of one file: no URL, no pattern of several members, nothing in memory. */
function isName(name: string): boolean {
  return !NO_NAMES.has(name) && !name.includes("%") && !/^[A-Za-z][A-Za-z0-9+.-]+:/.test(name);
}

/**
 * What a link in one file calls the other: relative to the folder of the linking file, with forward slashes. Where
 * there are no folders, it is the name of the handle or driver.
 */
export function linkTarget(from: StoredFile, to: StoredFile): string {
  if (!to.linkable) return to.source;
  return portable(hasFileSystem && from.linkable ? relative(dirname(from.source), to.source) : to.source);
}
