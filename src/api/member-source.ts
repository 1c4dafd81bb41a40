/** Where the members of a file spread over several lie: in a folder, or on a server. Loaded when such a file is opened. */
import { dirname, openPath, resolve } from "#platform";
import type { Driver } from "../drivers/driver.js";
import { Hdf5UsageError, isHdf5Error } from "../errors.js";
import { type OpenedDriver, pathOf, type Spread } from "./source.js";

/** The members of one file. */
export interface Members {
  /** The pattern of their names, or what their names have in common. */
  readonly name: string;
  readonly local: boolean;
  readonly folder: string | undefined;
  /** Open or make a member; undefined: there is none of that name. */
  open(name: string, mode: "r" | "r+" | "create"): Promise<Driver | undefined>;
}

/**
 * Open a family, split or multi file by the pattern or the common part of its members' names, which may be a URL.
 * @throws Hdf5UsageError for what is no such name, or cannot be written.
 */
export async function openSpread(source: unknown, mode: "r" | "r+", spread: Spread): Promise<OpenedDriver> {
  const members = membersOf(source, mode, spread);
  if (spread.driver === "split" || spread.driver === "multi") {
    return (await import("./multi-source.js")).openMembers(members, mode, spread.driver);
  }
  return (await import("./family-source.js")).openFamily(members, mode, spread.memberSize);
}

function membersOf(source: unknown, mode: "r" | "r+", spread: Spread): Members {
  const text = source instanceof URL ? source.href : source;
  if (typeof text === "string" && /^https?:/i.test(text)) {
    if (mode === "r+") throw new Hdf5UsageError("mode", 'is "r+", and the source is remote', '"r"');
    return onServer(text);
  }
  return inFolder(pathOf(source, spread));
}

/** Members that are named by paths. */
export function inFolder(name: string): Members {
  return { name, local: true, folder: dirname(resolve(name)), open: openMember };
}

async function openMember(name: string, mode: "r" | "r+" | "create"): Promise<Driver | undefined> {
  try {
    return await openPath(name, mode === "create" ? "w" : mode);
  } catch (error) {
    if (isHdf5Error(error, "driver") && error.status === "ENOENT") return undefined;
    throw error;
  }
}

/** Members that are named by URLs. What is asked behind `?` is asked of each; a pattern is in front of it. */
function onServer(url: string): Members {
  const [, name = "", query = ""] = /^([^?#]*)(\?[^#]*)?/.exec(url) ?? [];
  return {
    name,
    local: false,
    folder: undefined,
    // One that is not there shows when it is read (drivers/member-size.ts).
    open: async (member) => (await import("../drivers/http.js")).httpDriver(member + query),
  };
}
