/** `h5ts nwb link --out SESSION A B …`: one NWB file that links the streams recorded into other files. */
import { dirname, relative, resolve, sep } from "node:path";
import { allFilters } from "../filters/index.js";
import { Hdf5UsageError } from "../index.js";
import { type AbstractContainer, getManager, NWBFile, NWBHDF5IO } from "../nwb/index.js";
import { type Command, TRUST } from "./command.js";
import { refuseInput } from "./outputs.js";
import { progressOn } from "./progress.js";
import { shownName, type Terminal } from "./terminal.js";
import { warningsOn } from "./warnings.js";
import { writeWhole } from "./write-whole.js";

/** One stream to be linked, and the file it was found in. */
interface Stream {
  readonly file: string;
  readonly container: AbstractContainer;
}

/** What is collected by name: the place in the new file, and how to put a stream there. */
interface Place {
  readonly title: string;
  streams(nwbfile: NWBFile): Iterable<AbstractContainer>;
  add(session: NWBFile, container: AbstractContainer): void;
}

const ACQUISITION: Place = {
  title: "acquisition",
  streams: (nwbfile) => nwbfile.acquisition.values(),
  add: (session, container) => session.addAcquisition(container as never),
};

const OTHERS: readonly Place[] = [
  {
    title: "stimulus",
    streams: (nwbfile) => nwbfile.stimulus.values(),
    add: (session, container) => session.addStimulus(container as never),
  },
  {
    title: "stimulus template",
    streams: (nwbfile) => nwbfile.stimulusTemplate.values(),
    add: (session, container) => session.addStimulusTemplate(container as never),
  },
  {
    title: "processing module",
    streams: (nwbfile) => nwbfile.processing.values(),
    add: (session, container) => session.addProcessingModule(container as never),
  },
];

/** The streams of all files at one place. @throws Hdf5UsageError when two files use the same name. */
function collect(place: Place, files: readonly { path: string; nwbfile: NWBFile }[]): Stream[] {
  const byName = new Map<string, Stream>();
  for (const { path, nwbfile } of files) {
    for (const container of place.streams(nwbfile)) {
      const other = byName.get(container.name);
      if (other !== undefined) {
        const name = JSON.stringify(container.name);
        throw new Hdf5UsageError(
          "files",
          `${JSON.stringify(other.file)} and ${JSON.stringify(path)} both have the ${place.title} ${name}`,
          "different names, since a link bears the name of its target",
        );
      }
      byName.set(container.name, { file: path, container });
    }
  }
  return [...byName.values()];
}

/** Links that climb out of the session's folder are refused by readers that trust this folder only. */
function noteOutside(out: string, paths: readonly string[], terminal: Terminal): void {
  const outside = paths.filter((path) => {
    const way = relative(dirname(resolve(out)), resolve(path));
    return way === ".." || way.startsWith(`..${sep}`);
  });
  if (outside.length === 0) return;
  terminal.err(
    `note: ${outside.map(shownName).join(", ")} ${outside.length === 1 ? "lies" : "lie"} outside the folder of ` +
      `${shownName(out)}; programs that follow links within that folder only will not open ${outside.length === 1 ? "it" : "them"}`,
  );
}

/** The open inputs; they stay open until the links are written. */
class Inputs implements AsyncDisposable {
  readonly #open: NWBHDF5IO[] = [];

  add(io: NWBHDF5IO): NWBHDF5IO {
    this.#open.push(io);
    return io;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const io of this.#open.reverse()) await io.close();
  }
}

export const nwbLink: Command = {
  help: `usage: h5ts nwb link --out SESSION [--all] FILE...

Makes the NWB file SESSION, in which every acquisition of the files is an external link, relative
to SESSION. No data are copied; the files must stay where they are, relative to each other.

  -o, --out SESSION           the file to make; replaced when it exists
  -a, --all                   also stimuli, stimulus templates and processing modules
  --session-description TEXT  by default the names of the files
  --identifier TEXT           by default the identifiers of the files, joined by "+"
  --session-start-time TIME   ISO 8601 with offset; by default the earliest of the files
  --progress                  show progress even when standard error is no terminal

${TRUST}`,
  options: {
    out: { type: "string", short: "o" },
    all: { type: "boolean", short: "a" },
    "session-description": { type: "string" },
    identifier: { type: "string" },
    "session-start-time": { type: "string" },
    progress: { type: "boolean" },
  },
  async run({ flags, texts, positionals: paths }, terminal) {
    const out = texts.get("out");
    if (out === undefined) throw new Hdf5UsageError("--out", "is missing", "the name of the file to make");
    if (paths.length === 0) throw new Hdf5UsageError("arguments", "name no file", "the NWB files to link");
    await refuseInput(out, paths);

    const { signal } = terminal;
    const manager = getManager();
    const onWarning = warningsOn(terminal);
    await using inputs = new Inputs();
    const files: { path: string; nwbfile: NWBFile }[] = [];
    for (const path of paths) {
      const io = inputs.add(await NWBHDF5IO.open(path, { mode: "r", filters: allFilters, manager, signal, onWarning }));
      files.push({ path, nwbfile: await io.read() });
    }
    const places = flags.has("all") ? [ACQUISITION, ...OTHERS] : [ACQUISITION];
    const links = places.map((place) => ({ place, streams: collect(place, files) }));
    const count = links.reduce((sum, { streams }) => sum + streams.length, 0);
    if (count === 0)
      throw new Hdf5UsageError(
        "files",
        "hold nothing to link",
        flags.has("all") ? "NWB files with data" : "acquisitions (or --all)",
      );

    const dates = files.map(({ nwbfile }) => nwbfile.sessionStartTime);
    const earliest = dates.reduce((first, date) => (date.toDate() < first.toDate() ? date : first));
    const session = new NWBFile({
      sessionDescription: texts.get("session-description") ?? `links to ${paths.join(", ")}`,
      identifier: texts.get("identifier") ?? files.map(({ nwbfile }) => nwbfile.identifier).join("+"),
      sessionStartTime: texts.get("session-start-time") ?? earliest,
    });
    for (const { place, streams } of links) for (const { container } of streams) place.add(session, container);

    const onProgress = progressOn(terminal, "link", flags.has("progress"));
    await writeWhole(out, async (path) => {
      await using io = await NWBHDF5IO.open(path, { mode: "w", filters: allFilters, manager, signal, onWarning });
      await io.write(session, { linkData: true, onProgress, signal });
    });
    for (const { place, streams } of links) {
      for (const { file, container } of streams) {
        terminal.out(`${place.title} ${shownName(container.name)} -> ${shownName(file)}`);
      }
    }
    noteOutside(out, paths, terminal);
  },
};
