/** Functions that go through whole files or trees. The code behind is loaded by their first call. */
import { checkOptions } from "../errors.js";
import { inTurn } from "../model/turn.js";
import { stateOf } from "./handles.js";
import type { CopyOptions } from "./options.js";
import type { Finding, Group, Hdf5File, Hdf5Object } from "./types.js";

/**
 * Copy an object to a path in a group, of the same file or of another one. Attributes, comments, filters, chunk
 * shapes, fill values and creation order are kept; hard links within what is copied stay hard links; references and
 * committed datatypes lead to the copies of what they led to. A reference to what is not copied stays as it is within
 * one file, and becomes null in another one. Data are moved in blocks, as they are stored; those of external files and of
 * virtual datasets become the copy's own. Times of objects are not kept.
 * It takes its place in the order of calls of both files at once: calls made later wait until it has ended.
 * @param path where the copy goes, from `group`; missing groups on the way are made.
 * @throws Hdf5ExistsError when the path is taken; Hdf5StateError "read-only"; whatever reading the source throws. What
 * was begun is removed then.
 */
export async function copy(object: Hdf5Object, group: Group, path: string, options: CopyOptions = {}): Promise<void> {
  const source = stateOf(object, "object");
  const target = stateOf(group, "group");
  checkOptions(options);
  await inTurn(target.file, source.file, async (turn) => {
    const { copyObject } = await import("./copy.js");
    await copyObject(turn, { object: source, path: object.path }, target, path, options);
  });
}

/**
 * Walk the whole file by its hard links and report what is damaged or leads nowhere. Objects that no link reaches are
 * not seen; with `data` every chunk is read and decoded.
 * @throws `options.signal.reason` when aborted; Hdf5StateError when the file is closed; Hdf5DriverError when the medium fails.
 * @example for await (const finding of check(file, { data: true })) console.error(finding.message);
 */
export async function* check(
  file: Hdf5File,
  options: { readonly data?: boolean | undefined; readonly signal?: AbortSignal | undefined } = {},
): AsyncIterable<Finding> {
  yield* (await import("./check.js")).checkFile(file, options);
}
