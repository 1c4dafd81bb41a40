/** `h5ts ls [-r] FILE`: what is in a file, one line per link. */
import { dirname } from "node:path";
import { type Group, type Hdf5File, type Hdf5Object, Hdf5UsageError, isHdf5Error, type Link, open } from "../index.js";
import { type Command, TRUST } from "./command.js";
import { datasetText, datatypeText } from "./datatype-text.js";
import { reasonText } from "./error-text.js";
import { isFamilyPattern } from "./family-pattern.js";
import { printable, shownName, type Terminal } from "./terminal.js";
import { sizeText } from "./usage.js";
import { warningsOn } from "./warnings.js";

interface Listing {
  readonly terminal: Terminal;
  readonly recursive: boolean;
  /** Path by address of every group and dataset met, so that each is shown once. */
  readonly seen: Map<number, string>;
}

// Paths and indentation grow with depth: a chain of a million groups must not become a terabyte of text.
const MAX_DEPTH = 200;

const join = (path: string, name: string): string => (path === "/" ? `/${name}` : `${path}/${name}`);

/** The object's NWB or HDMF type, when it has one. */
async function neurodataType(object: Hdf5Object): Promise<string> {
  try {
    const type = await object.attrs.get("neurodata_type");
    return typeof type === "string" ? `  (${printable(type)})` : "";
  } catch (thrown) {
    // An attribute that cannot be read is no reason to leave the object out.
    if (!isHdf5Error(thrown)) throw thrown;
    return "";
  }
}

function kindText(object: Hdf5Object): string {
  if (object.kind === "group") return "group";
  if (object.kind === "datatype") return `datatype ${printable(datatypeText(object.datatype))}`;
  try {
    return printable(datasetText(object));
  } catch (thrown) {
    // A layout that is not supported, or damaged: the rest of the dataset is there.
    if (!isHdf5Error(thrown)) throw thrown;
    return `${printable(datatypeText(object.datatype))} [${object.shape.join(", ")}]  ! ${reasonText(thrown)}`;
  }
}

async function objectText(object: Hdf5Object): Promise<string> {
  return `${kindText(object)}${await neurodataType(object)}`;
}

/** Where a link leads, as text, and what is there. */
async function linkText(group: Group, link: Link & { kind: "soft" | "external" | "user" }): Promise<string> {
  if (link.kind === "user") return `user-defined link of class ${link.linkClass}, ${link.value.length} bytes`;
  const target =
    link.kind === "soft"
      ? `-> ${shownName(link.target)}  [soft link]`
      : `-> ${shownName(link.file)}:${shownName(link.target)}  [external link]`;
  try {
    return `${target}  ${await objectText(await group.get(link.name))}`;
  } catch (thrown) {
    if (!isHdf5Error(thrown)) throw thrown;
    const why = isHdf5Error(thrown, "link") && thrown.reason === "dangling" ? "leads nowhere" : reasonText(thrown);
    return `${target}  ! ${why}`;
  }
}

/** An array of lines to come instead of recursion: groups may be nested deeper than the call stack. */
interface Pending {
  readonly group: Group;
  readonly path: string;
  readonly depth: number;
  readonly links: readonly Link[];
  next: number;
}

async function enter(group: Group, path: string, depth: number, listing: Listing): Promise<Pending> {
  let links: readonly Link[] = [];
  try {
    links = await group.links({ signal: listing.terminal.signal });
  } catch (thrown) {
    if (!isHdf5Error(thrown)) throw thrown;
    listing.terminal.out(`${"  ".repeat(depth)}! ${reasonText(thrown)}`);
  }
  return { group, path, depth, links, next: 0 };
}

/** Prints one link, and gives what is to be entered below it. */
async function show(at: Pending, link: Link, listing: Listing): Promise<Pending | undefined> {
  const { terminal, seen, recursive } = listing;
  const indent = "  ".repeat(at.depth);
  const name = shownName(link.name);
  if (link.kind !== "hard") {
    terminal.out(`${indent}${name}  ${await linkText(at.group, link)}`);
    return undefined;
  }
  const path = join(at.path, link.name);
  const known = seen.get(link.address);
  if (known !== undefined) {
    terminal.out(`${indent}${name}  = ${shownName(known)}  [hard link]`);
    return undefined;
  }
  let object: Hdf5Object;
  try {
    object = await at.group.get(link.name);
  } catch (thrown) {
    if (!isHdf5Error(thrown)) throw thrown;
    terminal.out(`${indent}${name}  ! ${reasonText(thrown)}`);
    return undefined;
  }
  seen.set(link.address, path);
  const slash = object.kind === "group" ? "/" : "";
  terminal.out(`${indent}${name}${slash}  ${await objectText(object)}`);
  if (!recursive || object.kind !== "group") return undefined;
  if (at.depth >= MAX_DEPTH) {
    terminal.out(`${indent}  ! what lies deeper than ${MAX_DEPTH} groups is not shown`);
    return undefined;
  }
  return await enter(object, path, at.depth + 1, listing);
}

/** Prints the tree of a file. */
export async function printTree(file: Hdf5File, recursive: boolean, terminal: Terminal): Promise<void> {
  const { version, userBlockSize } = file.superblock;
  const size = file.size === undefined ? "" : `, ${sizeText(file.size)}`;
  const userBlock = userBlockSize === 0 ? "" : `, user block of ${sizeText(userBlockSize)}`;
  terminal.out(`${shownName(file.name)}  superblock ${version}${size}${userBlock}`);
  const listing: Listing = { terminal, recursive, seen: new Map([[file.root.address, "/"]]) };
  terminal.out(`/  ${await objectText(file.root)}`);
  const stack = [await enter(file.root, "/", 1, listing)];
  for (let at = stack.at(-1); at !== undefined; at = stack.at(-1)) {
    const link = at.links[at.next++];
    if (link === undefined) {
      stack.pop();
      continue;
    }
    terminal.signal.throwIfAborted();
    const below = await show(at, link, listing);
    if (below !== undefined) stack.push(below);
  }
  file.warnings.forEach(warningsOn(terminal));
}

export const ls: Command = {
  help: `usage: h5ts ls [-r] FILE

Lists the links of the root group: groups, datasets with datatype, shape, chunks and filters,
soft and external links with their targets and what is there.

  -r, --recursive   the whole tree
  FILE              an HDF5 file, or the pattern of a family, such as part_%05d.h5

${TRUST}`,
  options: { recursive: { type: "boolean", short: "r" } },
  async run({ flags, positionals }, terminal) {
    const [path, ...more] = positionals;
    if (path === undefined || more.length > 0) {
      throw new Hdf5UsageError("arguments", `name ${positionals.length} files`, "one file");
    }
    const family = isFamilyPattern(path) ? ({ driver: "family" } as const) : {};
    await using file = await open(path, { external: { dir: dirname(path) }, signal: terminal.signal, ...family });
    await printTree(file, flags.has("recursive"), terminal);
  },
};
