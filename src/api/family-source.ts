/** Families of files by the pattern of their members' names. */
import { dirname, exists, resolve } from "#platform";
import { familyDriver, memberName } from "../drivers/family.js";
import { missing } from "../drivers/multi.js";
import { Hdf5ExistsError, Hdf5UsageError } from "../errors.js";
import { statedMemberSize } from "../model/family-info.js";
import { inFolder, type Members } from "./member-source.js";
import type { CreatedDriver, OpenedDriver, Spread } from "./source.js";

/** The member size is in the file; member 0, read as a family of its own size, tells it. */
export async function openFamily(
  { name, local, folder, open }: Members,
  mode: "r" | "r+",
  memberSize: number | undefined,
): Promise<OpenedDriver> {
  const stated = memberSize ?? (await probeMemberSize(name, open));
  const family = await familyDriver({ pattern: name, open, mode, memberSize: stated });
  return { driver: family, name, local, folder, family, owned: true };
}

async function probeMemberSize(pattern: string, open: Members["open"]): Promise<number | undefined> {
  const name = memberName(pattern, 0);
  const first = await open(name, "r");
  if (first === undefined) throw missing(name);
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
  const driver = await familyDriver({ pattern, memberSize, open: inFolder(pattern).open, mode: "create" });
  return { driver, name: pattern, local: true, folder: dirname(resolve(pattern)), paths: [path], memberSize };
}
