/** A family of files into one file. */
import { temporaryBeside } from "#platform";
import { isWritable, type WritableDriver } from "../drivers/driver.js";
import { checkOptions, Hdf5UsageError } from "../errors.js";
import { toSingle } from "./driver-information.js";
import { type CopyWatch, copyEdited } from "./edited-copy.js";
import { withSource } from "./opened-source.js";

/** Options of `join`. */
export interface JoinOptions extends CopyWatch {
  /** The size the members must have; by default what the family says of itself. */
  readonly memberSize?: number | undefined;
}

/**
 * Put a family together into one plain HDF5 file. What says that it is a family is taken out; all other bytes are those
 * of the members, so that a file that was split is the same again.
 * @param pattern names of the members: `"part_%05d.h5"`.
 * @param target path of the file, which is written beside its place and renamed when it is complete; or a driver.
 * @throws Hdf5DriverError naming a member that is missing or has the wrong size; Hdf5UsageError when `memberSize` is not
 * the family's; what `open` throws. No new file is left.
 * @example await join("part_%05d.h5", "session.h5");
 */
export async function join(pattern: string, target: string | WritableDriver, options: JoinOptions = {}): Promise<void> {
  checkOptions(options);
  const { memberSize, signal } = options;
  if (typeof target !== "string" && !isWritable(target)) {
    throw new Hdf5UsageError("target", "is no path and no driver that can be written", "a path or a WritableDriver");
  }
  await withSource(pattern, { driver: "family", memberSize }, signal, async (driver, file) => {
    const edit = await toSingle(file);
    const { endOfFile } = file.superblock;
    const copyTo = (out: WritableDriver): Promise<void> =>
      copyEdited(driver, endOfFile, edit, { from: 0, to: edit.size }, (at, bytes) => out.write(at, bytes), options);
    if (typeof target !== "string") {
      await target.truncate(0);
      await copyTo(target);
      await target.flush();
      return;
    }
    const temporary = await temporaryBeside(target);
    try {
      await copyTo(temporary.driver);
      signal?.throwIfAborted();
      await temporary.commit();
    } catch (error) {
      await temporary.discard();
      throw error;
    }
  });
}
