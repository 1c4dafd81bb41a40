/** `h5ts nwb export --out SINGLE SESSION`: an NWB file with everything its links lead to. */
import { allFilters } from "../filters/index.js";
import { Hdf5UsageError } from "../index.js";
import { NWBHDF5IO } from "../nwb/index.js";
import { type Command, TRUST } from "./command.js";
import { refuseInput } from "./outputs.js";
import { progressOn } from "./progress.js";
import { shownName } from "./terminal.js";
import { warningsOn } from "./warnings.js";
import { writeWhole } from "./write-whole.js";

const LINKS = ["resolve", "relative", "preserve"] as const;

export const nwbExport: Command = {
  help: `usage: h5ts nwb export --out SINGLE [--links resolve|relative|preserve] SESSION

Copies the NWB file SESSION with all data its external links lead to into the one file SINGLE.

  -o, --out SINGLE   the file to make; replaced when it exists
  --links KIND       resolve (default): copy what external links lead to; relative: keep the links,
                     relative to SINGLE; preserve: keep the links as they are
  --progress         show progress even when standard error is no terminal

SINGLE is written beside its place and renamed when it is complete.
${TRUST}`,
  options: { out: { type: "string", short: "o" }, links: { type: "string" }, progress: { type: "boolean" } },
  async run({ flags, texts, positionals }, terminal) {
    const out = texts.get("out");
    if (out === undefined) throw new Hdf5UsageError("--out", "is missing", "the name of the file to make");
    const [path, ...more] = positionals;
    if (path === undefined || more.length > 0) {
      throw new Hdf5UsageError("arguments", `name ${positionals.length} files`, "one NWB file");
    }
    const asked = texts.get("links") ?? "resolve";
    const links = LINKS.find((kind) => kind === asked);
    if (links === undefined) throw new Hdf5UsageError("--links", `is ${JSON.stringify(asked)}`, LINKS.join(", "));
    await refuseInput(out, [path]);

    const { signal } = terminal;
    const onProgress = progressOn(terminal, "export", flags.has("progress"));
    const onWarning = warningsOn(terminal);
    await using srcIO = await NWBHDF5IO.open(path, { mode: "r", filters: allFilters, signal, onWarning });
    await writeWhole(out, async (temporary) => {
      await using io = await NWBHDF5IO.open(temporary, { mode: "w", filters: allFilters, signal, onWarning });
      await io.export({ srcIO, links, onProgress, signal });
    });
    terminal.out(shownName(out));
  },
};
