/** `h5ts join PATTERN FILE`: a family of files into one file. */
import { Hdf5UsageError } from "../index.js";
import { join } from "../tools/index.js";
import type { Command } from "./command.js";
import { isFamilyPattern } from "./family-pattern.js";
import { progressOn } from "./progress.js";
import { shownName } from "./terminal.js";
import { parseSize } from "./usage.js";

export const joinCommand: Command = {
  help: `usage: h5ts join [--member-size SIZE] PATTERN FILE

Copies all members of a family into one plain HDF5 file.

  --member-size SIZE   refuse a family of another member size; by default the size stored in it is taken
  --progress           show progress even when standard error is no terminal
  PATTERN              the names of the members, such as out_%05d.h5

FILE is written beside its place and renamed when it is complete. No other file is opened.`,
  options: { "member-size": { type: "string" }, progress: { type: "boolean" } },
  async run({ flags, texts, positionals }, terminal) {
    const [pattern, target, ...more] = positionals;
    if (pattern === undefined || target === undefined || more.length > 0) {
      throw new Hdf5UsageError("arguments", `name ${positionals.length} files`, "a pattern and a file");
    }
    if (!isFamilyPattern(pattern)) {
      throw new Hdf5UsageError("pattern", `is ${JSON.stringify(pattern)}`, "a name with %d, such as out_%05d.h5");
    }
    const size = texts.get("member-size");
    const memberSize = size === undefined ? undefined : parseSize("--member-size", size);
    const onProgress = progressOn(terminal, "join", flags.has("progress"));
    await join(pattern, target, { memberSize, onProgress, signal: terminal.signal });
    terminal.out(shownName(target));
  },
};
