/** Reading what somebody else may be writing at the moment: a block that is not whole is looked at again. */
import { isHdf5Error } from "../errors.js";
import type { FileState } from "./state.js";

/** A block may be read while half of it is written. As libhdf5's H5F_SWMR_METADATA_READ_ATTEMPTS. */
const ATTEMPTS = 100;
/** Longest wait between two attempts, in milliseconds; two seconds for all. */
const LONGEST_WAIT = 20;

/**
 * Run a step of reading; again when a block is not whole and the consistency flags say that a writer has the file open.
 * @throws Hdf5ChecksumError, Hdf5TruncatedError when it does not become whole.
 */
export async function steadily<T>(file: FileState, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const torn = isHdf5Error(error, "checksum") || isHdf5Error(error, "truncated");
      if (!torn || !file.wasNotClosed || attempt >= ATTEMPTS) throw error;
      file.pager.invalidateAll();
      lookAtEnd(file);
      await new Promise((resolve) => setTimeout(resolve, Math.min(attempt, LONGEST_WAIT)));
    }
  }
}

/** Take the medium's size for the end of the file, where a writer has it open. */
export function lookAtEnd({ pager, driver, wasNotClosed }: FileState): void {
  const { size } = driver;
  if (wasNotClosed && size !== undefined) pager.setEnd(size);
}
