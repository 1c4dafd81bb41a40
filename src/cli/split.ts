/** `h5ts split --member-size SIZE FILE PATTERN`: one file into a family of files. */
import { Hdf5UsageError } from "../index.js";
import { split } from "../tools/index.js";
import type { Command } from "./command.js";
import { isFamilyPattern } from "./family-pattern.js";
import { progressOn } from "./progress.js";
import { shownName } from "./terminal.js";
import { parseSize, sizeText } from "./usage.js";

export const splitCommand: Command = {
  help: `usage: h5ts split --member-size SIZE FILE PATTERN

Copies FILE into members of SIZE bytes (the last one may be shorter), readable by libhdf5's
family driver: h5py.File(PATTERN, driver="family", memb_size=SIZE).

  --member-size SIZE   such as 1MiB, 512KiB, 2GiB or 1000000
  --progress           show progress even when standard error is no terminal
  PATTERN              with one %d or %05d for the number of the member, such as out_%05d.h5

Members that exist are replaced when all new ones are complete. No other file is opened.`,
  options: { "member-size": { type: "string" }, progress: { type: "boolean" } },
  async run({ flags, texts, positionals }, terminal) {
    const [source, pattern, ...more] = positionals;
    if (source === undefined || pattern === undefined || more.length > 0) {
      throw new Hdf5UsageError("arguments", `name ${positionals.length} files`, "a file and a pattern");
    }
    const size = texts.get("member-size");
    if (size === undefined) throw new Hdf5UsageError("--member-size", "is missing", "a size such as 1MiB");
    const memberSize = parseSize("--member-size", size);
    if (!isFamilyPattern(pattern)) {
      throw new Hdf5UsageError("pattern", `is ${JSON.stringify(pattern)}`, "a name with %d, such as out_%05d.h5");
    }
    const onProgress = progressOn(terminal, "split", flags.has("progress"));
    const members = await split(source, pattern, { memberSize, onProgress, signal: terminal.signal });
    terminal.out(`${shownName(pattern)}: ${members.length} members of ${sizeText(memberSize)}`);
  },
};
