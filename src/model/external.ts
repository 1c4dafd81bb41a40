/** What may be opened outside a file, and the other files that were. Design: safety policy. */
import { dirname, openInside, openInsideToWrite, pathOfUrl, relative, resolve } from "#platform";
import { type Driver, isWritable, type WritableDriver } from "../drivers/driver.js";
import { Hdf5LimitError, Hdf5PolicyError, Hdf5StateError, isHdf5Error } from "../errors.js";
import { openFileState } from "./open-file.js";
import type { FileState } from "./state.js";

/** What wants to be opened, and by what. */
export interface ExternalContext {
  readonly kind: "link" | "raw-data" | "virtual-source";
  /** Name of the file that holds the link. */
  readonly file: string;
  /** Path of the link or dataset in it. */
  readonly path: string;
  /** Said when it shall be written: then a WritableDriver is wanted. */
  readonly mode?: "r+" | undefined;
}

/**
 * What may be opened outside the file: nothing (`"deny"`), files of one directory by relative names (Node, Deno, Bun),
 * or whatever a function gives (`undefined`: not allowed).
 */
export type ExternalPolicy =
  | "deny"
  | { readonly dir: string | URL }
  | ((target: string, context: ExternalContext) => Driver | undefined | Promise<Driver | undefined>);

/** Files that one open file may open besides. */
const MAX_FILES = 64;

/**
 * The HDF5 file that an external link names, opened for reading and kept until the first file is closed.
 * @returns undefined when the policy allows it and there is no such file.
 * @throws Hdf5PolicyError when the policy does not allow it; what opening throws when it is no HDF5 file.
 */
export async function openExternal(
  file: FileState,
  target: string,
  link: { readonly kind: ExternalContext["kind"]; readonly path: string },
): Promise<FileState | undefined> {
  const { byTarget } = file.externals;
  const targets = byTarget.get(file) ?? new Map<string, Promise<FileState | undefined>>();
  byTarget.set(file, targets);
  const known = targets.get(target);
  const state = await known;
  if (state !== undefined && !state.closed) return used(state, link.kind);
  // Somebody who waited too may have begun.
  const begun = targets.get(target);
  if (begun !== undefined && begun !== known) return begun.then((other) => other && used(other, link.kind));
  const opening = openNew(file, target, { ...link, file: file.name });
  targets.set(target, opening);
  // What failed may be there the next time.
  const forget = (): void => void targets.delete(target);
  opening.then((opened) => (opened === undefined ? forget() : undefined), forget);
  return opening;
}

/** Note that a file is used again, and that it stays open when it is more than a source of data. */
function used(state: FileState, kind: ExternalContext["kind"]): FileState {
  const { sources } = state.externals;
  const busy = sources.get(state);
  if (busy === undefined) return state;
  sources.delete(state);
  // Last in order of use.
  if (kind === "virtual-source") sources.set(state, busy);
  return state;
}

/** Run a call that needs a file which may be open for its data alone: it is not closed meanwhile. */
export async function whileOpen<T>(state: FileState, call: () => Promise<T>): Promise<T> {
  const { sources } = state.externals;
  const count = (by: number): void => {
    const busy = sources.get(state);
    if (busy !== undefined) sources.set(state, busy + by);
  };
  count(1);
  try {
    return await call();
  } finally {
    count(-1);
  }
}

/** Close the file used longest ago of those that are open for their data alone and in no use; false: there is none. */
async function closeOneSource({ sources, opened, byTarget }: FileState["externals"]): Promise<boolean> {
  for (const [state, busy] of sources) {
    if (busy > 0) continue;
    sources.delete(state);
    opened.delete(state);
    byTarget.delete(state);
    state.closed = true;
    state.decoded.clear();
    await state.driver.close?.();
    return true;
  }
  return false;
}

async function openNew(file: FileState, target: string, context: ExternalContext): Promise<FileState | undefined> {
  const { external } = file.options;
  if (external === "deny") {
    throw new Hdf5PolicyError(target, "lies outside the file, and the option external is deny", place(context));
  }
  const { opened: others } = file.externals;
  while (others.size >= MAX_FILES) {
    if (await closeOneSource(file.externals)) continue;
    throw new Hdf5LimitError("externalHops", others.size + 1, MAX_FILES, "files opened through external links");
  }
  const opened = await openDriver(file, target, context);
  if (opened === undefined) return undefined;
  const { driver, folder } = opened;
  const name = driver.name ?? target;
  for (const other of others) {
    // Two links to one file give one file, so that objects reached through both are the same.
    if (folder === undefined || other.closed || other.name !== name) continue;
    await driver.close?.();
    return used(other, context.kind);
  }
  try {
    const state = await openFileState(
      driver,
      { ...file.options, mode: "r", limits: file.limits, filters: file.filters },
      { name, folder, local: folder !== undefined, externals: file.externals },
    );
    others.add(state);
    // Nobody has handles of what is opened for its data alone: it may be closed when others are needed.
    if (context.kind === "virtual-source") file.externals.sources.set(state, 0);
    return state;
  } catch (error) {
    await driver.close?.();
    throw error;
  }
}

/**
 * A file of raw data, opened for reading; not kept.
 * @returns undefined when the policy allows it and there is no such file.
 * @throws Hdf5PolicyError when the policy does not allow it.
 */
export async function openRawFile(
  file: FileState,
  target: string,
  path: string | undefined,
): Promise<Driver | undefined> {
  const context = { kind: "raw-data", path: path ?? "", file: file.name } as const;
  if (file.options.external === "deny") {
    throw new Hdf5PolicyError(target, "holds the raw data, and the option external is deny", place(context));
  }
  return (await openDriver(file, target, context))?.driver;
}

/**
 * A file that data of this one lie in, opened to be written; not kept. A missing file of raw data is made, as libhdf5 does.
 * @returns undefined when the policy allows it and there is no such file.
 * @throws Hdf5PolicyError when the policy does not allow it, or the file is this one; Hdf5StateError "read-only" when
 * what the policy gives cannot be written.
 */
export async function openToWrite(
  file: FileState,
  target: string,
  kind: "raw-data" | "virtual-source",
  path: string | undefined,
): Promise<{ readonly driver: WritableDriver; readonly folder: string | undefined } | undefined> {
  const context = { kind, path: path ?? "", file: file.name, mode: "r+" } as const;
  if (file.options.external === "deny") {
    throw new Hdf5PolicyError(target, "holds data, and the option external is deny", place(context));
  }
  const opened = await openDriver(file, target, context);
  if (opened === undefined) return undefined;
  const { driver, folder } = opened;
  if (isWritable(driver)) return { driver, folder };
  await driver.close?.();
  throw new Hdf5StateError("read-only", `${target}, which holds data, cannot be written`, place(context));
}

interface OpenedDriver {
  readonly driver: Driver;
  readonly folder: string | undefined;
}

async function openDriver(
  file: FileState,
  target: string,
  context: ExternalContext,
): Promise<OpenedDriver | undefined> {
  const { external } = file.options;
  if (typeof external === "function") {
    const driver = await external(target, context);
    if (driver !== undefined) return { driver, folder: undefined };
    throw new Hdf5PolicyError(target, "is not allowed by the function given as external", place(context));
  }
  if (external === "deny") return undefined;
  const dir = external.dir instanceof URL ? pathOfUrl(external.dir) : external.dir;
  const bases = file.folder !== undefined && isBelow(dir, file.folder) ? [file.folder, dir] : [dir];
  const except = file.folder === undefined ? undefined : file.name;
  for (const base of bases) {
    try {
      const toWrite = context.mode === "r+";
      const driver = toWrite
        ? await openInsideToWrite(dir, target, base, { except })
        : await openInside(dir, target, base);
      return { driver, folder: driver.name === undefined ? undefined : dirname(driver.name) };
    } catch (error) {
      if (isHdf5Error(error, "driver") && (error.status === "ENOENT" || error.status === "ENOTDIR")) continue;
      throw policyError(error, target, context);
    }
  }
  if (context.mode !== "r+" || context.kind !== "raw-data") return undefined;
  try {
    const driver = await openInsideToWrite(dir, target, bases[0], { create: true, except });
    return { driver, folder: undefined };
  } catch (error) {
    throw policyError(error, target, context);
  }
}

/** With the place that leads out of the file. */
function policyError(error: unknown, target: string, context: ExternalContext): unknown {
  if (!isHdf5Error(error, "policy")) return error;
  return new Hdf5PolicyError(target, error.message, { ...place(context), cause: error });
}

/** By name; `openInside` checks by what is really there. */
function isBelow(dir: string, folder: string): boolean {
  const way = relative(resolve(dir), resolve(folder));
  return way === "" || !/^(\.\.([/\\]|$)|[/\\]|[A-Za-z]:)/.test(way);
}

function place(context: ExternalContext): { readonly file: string; readonly path: string } {
  return { file: context.file, path: context.path };
}
