/** Split and multi files by the name that their members have in common. This module is loaded when one is opened. */
import { multiDriver, multiMembers, splitMembers } from "../drivers/multi.js";
import { Hdf5UnsupportedError, Hdf5UsageError } from "../errors.js";
import type { Members } from "./member-source.js";
import type { OpenedDriver } from "./source.js";

/**
 * The file says which members it has: they are opened anew with the names and starts found in it.
 * @throws Hdf5DriverError naming a member that is missing or too short; Hdf5PolicyError for names that lead elsewhere.
 */
export async function openMembers(
  { name, local, folder, open }: Members,
  mode: "r" | "r+",
  kind: "split" | "multi",
): Promise<OpenedDriver> {
  if (mode === "r+") throw new Hdf5UnsupportedError("editing split and multi files");
  const { checkSizes, namedMembers, storedMembers } = await import("../model/multi-file.js");
  const usual = kind === "split" ? splitMembers(name) : multiMembers(name);
  const first = await multiDriver({ members: usual, open });
  const stored = await storedMembers(first).finally(() => first.close());
  if (stored === undefined) {
    const finding = `is "${kind}", and ${usual[0]?.name} says nothing of members`;
    throw new Hdf5UsageError("driver", finding, "a file written so");
  }
  const driver = await multiDriver({ members: namedMembers(stored, name), open });
  try {
    checkSizes(driver, stored);
  } catch (error) {
    await driver.close();
    throw error;
  }
  return { driver, name, local, folder, family: undefined, owned: true };
}
