/** The writer: reached from `create`, and from `open` only by one dynamic import. */
import type { FileState } from "../model/state.js";
import { FileWriter } from "./file-writer.js";
import type { NewFileOptions } from "./new-file.js";

export { joinedWrites } from "../drivers/joined-writes.js";
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
  file.writer = await FileWriter.of(file, options);
}
