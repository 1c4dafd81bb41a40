/** The writer: reached from `create`, and from `open` only by one dynamic import. */
import { Hdf5UnsupportedError } from "../errors.js";
import { MESSAGE } from "../format/messages/message-types.js";
import { readObjectHeader } from "../format/object-header.js";
import { settle } from "../io/settle.js";
import type { FileState } from "../model/state.js";
import { FileWriter } from "./file-writer.js";
import type { NewFileOptions } from "./new-file.js";

export { type NewFileOptions, newSuperblock } from "./new-file.js";

/** How a writer is attached. */
export interface AttachOptions {
  readonly durability: "process" | "power";
  /** Given for a file that is being made. */
  readonly create?: NewFileOptions | undefined;
}

/**
 * Give an open file its writer. With `create`, the root group's state is made too; nothing is written before the
 * first flush.
 * @throws Hdf5StateError when the driver cannot be written; Hdf5UnsupportedError when the file cannot be edited.
 */
export async function attachWriter(file: FileState, options: AttachOptions): Promise<void> {
  await refuseManagedSpace(file);
  file.writer = new FileWriter(file, options);
}

/**
 * A free-space manager that is kept in the file would hand out what we write as free space to the next writer; pages
 * would be broken. Neither is edited.
 */
async function refuseManagedSpace(file: FileState): Promise<void> {
  const { extensionAddress } = file.superblock;
  if (extensionAddress === undefined || file.objects.size === 0) return;
  const header = await settle(file.pager, (source) =>
    readObjectHeader(source, extensionAddress, file.context, file.limits, {
      verifyChecksums: file.options.verifyChecksums,
    }),
  );
  if (header.messages.some(({ type }) => type === MESSAGE.cacheImage)) {
    // What is written at the home of an entry would be covered by it again.
    throw new Hdf5UnsupportedError("editing files with a metadata cache image", { file: file.name });
  }
  if (header.messages.some(({ type }) => type === MESSAGE.fileSpaceInfo)) {
    throw new Hdf5UnsupportedError("editing files with persistent free-space managers or paged file space", {
      file: file.name,
    });
  }
}
