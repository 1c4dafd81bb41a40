/** Checks of output paths that commands share. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Hdf5UsageError } from "../index.js";

function sameFile(a: { dev: number; ino: number }, b: { dev: number; ino: number }): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.ino !== 0;
}

async function identity(path: string): Promise<{ dev: number; ino: number } | undefined> {
  try {
    return await stat(path);
  } catch (thrown) {
    // What is not there, or cannot be looked at, is no other name of an input.
    if (thrown instanceof Error && "code" in thrown) return undefined;
    throw thrown;
  }
}

/**
 * An output must not be one of the inputs: it would be replaced while it is read.
 * @throws Hdf5UsageError naming the file.
 */
export async function refuseInput(output: string, inputs: readonly string[]): Promise<void> {
  const target = await identity(output);
  for (const input of inputs) {
    const source = await identity(input);
    const same = target !== undefined && source !== undefined && sameFile(target, source);
    if (same || resolve(output) === resolve(input)) {
      throw new Hdf5UsageError("output", `${JSON.stringify(output)} is also an input`, "another file name");
    }
  }
}
