/** Files that exist whole or not at all. */
import { temporaryBeside } from "#platform";

/**
 * Calls `write` with the path of an empty file beside `target`, and puts that file in the target's place when it returns.
 * When it throws, the file is removed and the target is as it was.
 */
export async function writeWhole(target: string, write: (path: string) => Promise<void>): Promise<void> {
  const temporary = await temporaryBeside(target);
  try {
    await write(temporary.path);
    await temporary.commit();
  } catch (thrown) {
    await temporary.discard();
    throw thrown;
  }
}
