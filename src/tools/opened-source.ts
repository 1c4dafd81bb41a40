/** A file opened for copying: its bytes, and what its superblock says. */

import type { Source } from "../api/options.js";
import { openSource, type Spread } from "../api/source.js";
import type { Driver } from "../drivers/driver.js";
import { undone } from "../io/undone.js";
import { located } from "../model/calls.js";
import { openFileState } from "../model/open-file.js";
import type { FileState } from "../model/state.js";

/** Calls `use` with the opened file, and closes it. */
export async function withSource<T>(
  source: Source,
  spread: Spread,
  signal: AbortSignal | undefined,
  use: (driver: Driver, file: FileState) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const { driver, name, local, folder, family, owned } = await openSource(source, "r", spread);
  try {
    const settings = { mode: "r", notClosed: "refuse" } as const;
    const sound = await undone(driver, "r");
    return await use(sound, await openFileState(sound, settings, { name, local, folder, spread: family, signal }));
  } catch (error) {
    throw located(error, name);
  } finally {
    if (owned) await driver.close?.();
  }
}
