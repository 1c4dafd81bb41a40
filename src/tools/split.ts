/** One file into a family of files. */
import { exists, openPath, removeFile, renameFile } from "#platform";
import type { Source } from "../api/options.js";
import { memberName } from "../drivers/member-name.js";
import { checkOptions, Hdf5ExistsError, Hdf5UsageError } from "../errors.js";
import { toFamily } from "./driver-information.js";
import { type CopyWatch, copyEdited } from "./edited-copy.js";
import { withSource } from "./opened-source.js";

/** Options of `split`. */
export interface SplitOptions extends CopyWatch {
  /** Bytes of every member but the last, which may be shorter. */
  readonly memberSize: number;
}

/** Superblock and driver information must fit into what is read of member 0 alone. */
const MIN_MEMBER_SIZE = 1024;

/** A member written under another name until all are complete. */
interface NewMember {
  readonly temporary: string;
  readonly name: string;
}

/** A name beside the member's that nothing has. */
async function temporaryName(name: string): Promise<string> {
  const slash = Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1;
  for (let n = 0; ; n++) {
    const candidate = `${name.slice(0, slash)}.${name.slice(slash)}.${n}.tmp`;
    if (!(await exists(candidate))) return candidate;
  }
}

/**
 * Divide an HDF5 file into members that libhdf5's family driver reads, and `open` with `driver: "family"`.
 *
 * The bytes are those of the source; the member size is recorded in a block at its end. Bytes behind the end that the
 * superblock states are left out. Members that exist are replaced when all new ones are complete.
 * @param source what `open` takes: one plain HDF5 file.
 * @param pattern names of the members, with one `%d` or `%05d`: `"part_%05d.h5"`.
 * @returns the names of the members.
 * @throws Hdf5ExistsError when a file is there that would be read as a further member; Hdf5UsageError for a pattern or a
 * size that cannot be used, or a source that is a member of a family itself; what `open` throws. No new file is left.
 * @example await split("session.h5", "part_%05d.h5", { memberSize: 2 ** 30 });
 */
export async function split(source: Source, pattern: string, options: SplitOptions): Promise<string[]> {
  checkOptions(options);
  const { memberSize, signal } = options;
  memberName(pattern, 0);
  if (!Number.isSafeInteger(memberSize) || memberSize < MIN_MEMBER_SIZE) {
    throw new Hdf5UsageError("memberSize", `is ${String(memberSize)}`, `a number of bytes from ${MIN_MEMBER_SIZE} on`);
  }
  return await withSource(source, {}, signal, async (driver, file) => {
    const edit = await toFamily(file, memberSize);
    const count = Math.ceil(edit.size / memberSize);
    const further = memberName(pattern, count);
    // libhdf5 takes every file whose name comes next for a member.
    if (await exists(further)) throw new Hdf5ExistsError(further);
    const made: NewMember[] = [];
    try {
      for (let index = 0; index < count; index++) {
        const name = memberName(pattern, index);
        const temporary = await temporaryName(name);
        const member = await openPath(temporary, "wx");
        made.push({ temporary, name });
        try {
          const from = index * memberSize;
          const to = Math.min(from + memberSize, edit.size);
          const { endOfFile } = file.superblock;
          await copyEdited(
            driver,
            endOfFile,
            edit,
            { from, to },
            (at, bytes) => member.write(at - from, bytes),
            options,
          );
          await member.flush();
        } finally {
          await member.close?.();
        }
      }
      signal?.throwIfAborted();
      for (const { temporary, name } of made) await renameFile(temporary, name);
    } catch (error) {
      for (const { temporary } of made) await removeFile(temporary);
      throw error;
    }
    return made.map(({ name }) => name);
  });
}
