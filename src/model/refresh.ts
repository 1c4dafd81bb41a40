/** Seeing what somebody else has written since: a file that libhdf5 grows with SWMR. This module is loaded by `refresh`. */
import { CONSISTENCY_FLAG, decodeSuperblock } from "../format/superblock.js";
import { settle } from "../io/settle.js";
import { reloadDataset } from "./load-object.js";
import type { FileState, ObjectState } from "./state.js";
import { steadily } from "./steadily.js";

const SUPERBLOCK_BYTES = 256;

/**
 * Drop what is cached of the file, and read the dataset's header again; those of a virtual dataset's sources too. Raw data
 * and indexes are read when they are asked for, so they are of that time or later.
 * @param path of the dataset, for the policy about sources in other files.
 * @throws Hdf5ChecksumError when a block does not become whole.
 */
export async function refreshDataset(object: ObjectState, path: string | undefined): Promise<void> {
  await refreshOne(object);
  if (object.dataset?.layout.kind !== "virtual") return;
  const { loadVirtual, newTrail, sourcesOf } = await import("./virtual/index.js");
  const seen = new Set<ObjectState>([object]);
  const pending = [object];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const source of await sourcesOf(next, newTrail(0, path))) {
      if (seen.has(source)) continue;
      seen.add(source);
      await refreshOne(source);
      if (source.dataset?.layout.kind === "virtual") pending.push(source);
    }
  }
  await loadVirtual(object, newTrail(0, path));
}

async function refreshOne(object: ObjectState): Promise<void> {
  const { file } = object;
  // In a file open for writing, memory is the truth.
  if (file.writer !== undefined) return;
  await steadily(file, async () => {
    file.pager.invalidateAll();
    file.decoded.clear();
    file.heaps.clear();
    file.pager.setEnd(await currentEnd(file));
    await reloadDataset(object);
  });
}

/** Absolute end of the usable file. A writer with SWMR states the end before the file is that long, or after. */
async function currentEnd({ pager, superblock, driver, context, options }: FileState): Promise<number> {
  const { size } = driver;
  if (size !== undefined) pager.setEnd(size);
  const { signatureAddress } = superblock;
  const stated = await settle(pager, (source) =>
    decodeSuperblock(source.readUpTo(0, SUPERBLOCK_BYTES, "superblock"), signatureAddress, context.windows, options),
  );
  if (context.windows !== undefined && size !== undefined) return size;
  const end = stated.endOfFile + signatureAddress - stated.baseAddress;
  if (size === undefined) return end;
  return (stated.consistencyFlags & CONSISTENCY_FLAG.swmrAccess) !== 0 ? size : Math.min(size, end);
}
