/** Seeing what somebody else has written since: a file that libhdf5 grows with SWMR. This module is loaded by `refresh`. */
import { isHdf5Error } from "../errors.js";
import { CONSISTENCY_FLAG, decodeSuperblock } from "../format/superblock.js";
import { settle } from "../io/settle.js";
import { reloadDataset } from "./load-object.js";
import type { FileState, ObjectState } from "./state.js";

const SUPERBLOCK_BYTES = 256;
/** A block may be read while half of it is written. libhdf5 tries 100 times (H5F_SWMR_METADATA_READ_ATTEMPTS). */
const ATTEMPTS = 100;

/**
 * Drop what is cached of the file, and read the dataset's header again. Raw data and indexes are read when they are asked
 * for, so they are of that time or later.
 * @throws Hdf5ChecksumError when a block does not become whole.
 */
export async function refreshDataset(object: ObjectState): Promise<void> {
  const { file } = object;
  for (let attempt = 1; ; attempt++) {
    file.pager.invalidateAll();
    file.decoded.clear();
    file.heaps.clear();
    try {
      file.pager.setEnd(await currentEnd(file));
      return await reloadDataset(object);
    } catch (error) {
      const torn = isHdf5Error(error, "checksum") || isHdf5Error(error, "truncated");
      if (!torn || !file.wasNotClosed || attempt >= ATTEMPTS) throw error;
    }
  }
}

/** Absolute end of the usable file. A writer with SWMR states the end before the file is that long, or after. */
async function currentEnd({ pager, superblock, driver }: FileState): Promise<number> {
  const { size } = driver;
  if (size !== undefined) pager.setEnd(size);
  const { signatureAddress } = superblock;
  const stated = await settle(pager, (source) =>
    decodeSuperblock(source.readUpTo(0, SUPERBLOCK_BYTES, "superblock"), signatureAddress),
  );
  const end = stated.endOfFile + signatureAddress - stated.baseAddress;
  if (size === undefined) return end;
  return (stated.consistencyFlags & CONSISTENCY_FLAG.swmrAccess) !== 0 ? size : Math.min(size, end);
}
