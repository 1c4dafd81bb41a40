/** Families of files by the pattern of their members' names. */
import { dirname, exists, openPath, resolve } from "#platform";
import type { Driver } from "../drivers/driver.js";
import { familyDriver, memberName } from "../drivers/family.js";
import { Hdf5ExistsError, Hdf5UsageError, isHdf5Error } from "../errors.js";
import { statedMemberSize } from "../model/family-info.js";
import type { CreatedDriver, OpenedDriver, Spread } from "./source.js";

/** Open or make a member; undefined: there is none of that name. */
export function openMember(name: string, mode: "r" | "r+" | "create"): Promise<Driver | undefined> {
  return missingIsUndefined(() => openPath(name, mode === "create" ? "w" : mode));
}

async function missingIsUndefined<T>(open: () => Promise<T>): Promise<T | undefined> {
  try {
    return await open();
  } catch (error) {
    if (isHdf5Error(error, "driver") && error.status === "ENOENT") return undefined;
    throw error;
  }
}

/** The member size is in the file; member 0, read as a family of its own size, tells it. */
export async function openFamily(pattern: string, mode: "r" | "r+", { memberSize }: Spread): Promise<OpenedDriver> {
  const stated = memberSize ?? (await probeMemberSize(pattern));
  const options = { pattern, open: openMember, mode };
  const family = await familyDriver({ ...options, memberSize: stated, mode });
  return { driver: family, name: pattern, local: true, folder: dirname(resolve(pattern)), family, owned: true };
}

async function probeMemberSize(pattern: string): Promise<number | undefined> {
  const first = await openPath(memberName(pattern, 0), "r");
  try {
    // A file that keeps no driver information has members of member 0's size.
    return (await statedMemberSize(first)) ?? first.size;
  } finally {
    await first.close?.();
  }
}

export async function createFamily(
  pattern: string,
  exclusive: boolean,
  { memberSize }: Spread,
): Promise<CreatedDriver> {
  if (memberSize === undefined || !Number.isSafeInteger(memberSize) || memberSize < 1) {
    throw new Hdf5UsageError("memberSize", `is ${String(memberSize)}`, "the bytes of one member");
  }
  const path = memberName(pattern, 0);
  if (exclusive && (await exists(path))) throw new Hdf5ExistsError(path);
  const driver = await familyDriver({ pattern, memberSize, open: openMember, mode: "create" });
  return { driver, name: pattern, local: true, folder: dirname(resolve(pattern)), path, memberSize };
}
