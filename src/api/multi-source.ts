/** Split and multi files by the name that their members have in common. This module is loaded when one is opened. */
import { dirname, exists, resolve } from "#platform";
import { type MultiDriver, multiDriver, multiMembers, splitMembers } from "../drivers/multi.js";
import { Hdf5ExistsError, Hdf5UnsupportedError, Hdf5UsageError } from "../errors.js";
import type { MultiMembers } from "../format/messages/multi-members.js";
import { inFolder, type Members } from "./member-source.js";
import type { CreatedDriver, OpenedDriver } from "./source.js";

/**
 * The file says which members it has: they are opened anew with the names and starts found in it.
 * @throws Hdf5DriverError naming a member that is missing or too short; Hdf5PolicyError for names that lead elsewhere.
 */
export async function openMembers(
  { name, local, folder, open }: Members,
  mode: "r" | "r+",
  kind: "split" | "multi",
): Promise<OpenedDriver> {
  const { checkSizes, namedMembers, storedMembers } = await import("../model/multi-file.js");
  const usual = kind === "split" ? splitMembers(name) : multiMembers(name);
  const first = await multiDriver({ members: usual, open });
  const stored = await storedMembers(first).finally(() => first.close());
  if (stored === undefined) {
    const finding = `is "${kind}", and ${usual[0]?.name} says nothing of members`;
    throw new Hdf5UsageError("driver", finding, "a file written so");
  }
  const driver = await multiDriver({ members: namedMembers(stored, name), open, mode });
  try {
    checkSizes(driver, stored);
  } catch (error) {
    await driver.close();
    throw error;
  }
  return { driver, name, local, folder, family: undefined, owned: true };
}

/**
 * Make the members of a new file, or empty those that are there.
 * @throws Hdf5ExistsError when `exclusive` and one is there.
 */
export async function createMembers(name: string, exclusive: boolean, kind: "split" | "multi"): Promise<CreatedDriver> {
  const members = kind === "split" ? splitMembers(name) : multiMembers(name);
  const paths = members.map((member) => member.name);
  if (exclusive) {
    for (const path of paths) if (await exists(path)) throw new Hdf5ExistsError(path);
  }
  const driver = await multiDriver({ members, open: inFolder(name).open, mode: "create" });
  const folder = dirname(resolve(name));
  return { driver, name, local: true, folder, paths, members: newMembers(driver) };
}

/** Empty the members of a driver for a new file. @throws Hdf5UnsupportedError unless they are those that libhdf5 makes. */
export async function createInMembers(driver: MultiDriver, exclusive: boolean): Promise<CreatedDriver> {
  const members = newMembers(driver);
  const { name = "driver" } = driver;
  if (exclusive && driver.size !== 0) throw new Hdf5ExistsError(name);
  await driver.truncate(0);
  return { driver, name, local: driver.local ?? false, folder: undefined, paths: [], members };
}

/** Which member holds what: in split files global heaps are with the raw data (H5FDmulti.c: H5Pset_fapl_split). */
const MAPS = { split: [1, 1, 3, 3, 1, 1], multi: [0, 0, 0, 0, 0, 0] } as const;

/** What a new file says of the members that there are. */
function newMembers(driver: MultiDriver): MultiMembers {
  const names = driver.members.map((member) => member.name);
  for (const [map, usual] of [
    [MAPS.split, splitMembers("")],
    [MAPS.multi, multiMembers("")],
  ] as const) {
    const stem = names[0]?.slice(0, -(usual[0]?.name.length ?? 0));
    if (usual.length !== names.length || usual.some((member, i) => names[i] !== `${stem}${member.name}`)) continue;
    const members = driver.members.map(({ start }, i) => ({ start, end: 0, template: `%s${usual[i]?.name}` }));
    return { map, members };
  }
  throw new Hdf5UnsupportedError("creating files of other members than those of splitMembers and multiMembers");
}
