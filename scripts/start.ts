/**
 * The main job on real input: `npm start` records two streams of this machine into two NWB files, `npm start -- A B`
 * takes two NWB files of yours. Both are linked into one session, which is split, joined and exported; trees are printed.
 */
import { constants } from "node:fs";
import { copyFile, mkdir, readdir, rm, stat } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { run } from "../src/cli/run.js";
import type { Terminal } from "../src/cli/terminal.js";
import { H5DataIO, NWBFile, NWBHDF5IO, TimeSeries } from "../src/nwb/index.js";
import { MEMORY, PROCESSORS, record, type Stream } from "./record.js";

const OUT = "out";
const SECONDS = 2;

const terminal: Terminal = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  status: (text) => process.stderr.write(`${text}\n`),
  interactive: false,
  signal: new AbortController().signal,
};

/** Runs one command of the command line, after showing it. */
async function h5ts(...args: readonly string[]): Promise<void> {
  process.stdout.write(`\n$ npx h5ts ${args.join(" ")}\n`);
  const status = await run(args, terminal);
  if (status !== 0) throw new Error(`h5ts ${args[0] ?? ""} ended with status ${status}`);
}

/** Records one stream into a file of its own; the rows go to the file while they are sampled. */
async function recordInto(path: string, stream: Stream, startTime: Date): Promise<void> {
  const timestamps: number[] = [];
  const rows = record(stream, { seconds: SECONDS, everyMs: 5, blockRows: 50 }, timestamps);
  const columns = stream.columns.length;
  // The clock is known when the recording has ended: the series is written with an empty clock, which is filled then.
  const nwbfile = new NWBFile({
    sessionDescription: `recording of ${stream.name}`,
    identifier: stream.name,
    sessionStartTime: startTime,
  });
  const clock = new H5DataIO({ shape: [0], maxShape: [null], datatype: "float64", chunkShape: [1024] });
  const data = new H5DataIO({ data: rows, maxShape: [null, columns], chunkShape: [256, columns], compression: true });
  nwbfile.addAcquisition(
    new TimeSeries({
      name: stream.name,
      description: `${stream.description} (${stream.columns.join(", ")})`,
      unit: stream.unit,
      data,
      timestamps: clock,
    }),
  );
  await using io = await NWBHDF5IO.open(path, { mode: "w" });
  await io.write(nwbfile);
  await clock.dataset.append(timestamps);
  process.stdout.write(`recorded ${timestamps.length} rows of ${columns} into ${path}\n`);
}

async function recordStreams(): Promise<readonly [string, string]> {
  process.stdout.write(`recording memory and processors of this machine for ${SECONDS} s …\n`);
  const paths = [join(OUT, "memory.nwb"), join(OUT, "processors.nwb")] as const;
  const now = new Date();
  await Promise.all([recordInto(paths[0], MEMORY, now), recordInto(paths[1], PROCESSORS, now)]);
  return paths;
}

/** Copies the user's files into the output folder: links lead to files beside the session or below it. */
async function takeFiles(a: string, b: string): Promise<readonly [string, string]> {
  const same = basename(a) === basename(b);
  const take = async (path: string, prefix: string): Promise<string> => {
    const target = join(OUT, `${same ? prefix : ""}${basename(path)}`);
    if (resolve(target) !== resolve(path)) await copyFile(path, target, constants.COPYFILE_FICLONE);
    return target;
  };
  return [await take(a, "a_"), await take(b, "b_")];
}

/** Members of an earlier run would be taken for members of the new family. */
async function removeMembers(): Promise<void> {
  for (const name of await readdir(OUT)) if (/^part_\d{5}\.nwb$/.test(name)) await rm(join(OUT, name));
}

async function sizeOf(path: string): Promise<string> {
  return `${((await stat(path)).size / 1024).toFixed(0)} KiB`;
}

async function main(given: readonly string[]): Promise<void> {
  if (given.length !== 0 && given.length !== 2) throw new Error("usage: npm start [-- A.nwb B.nwb]");
  await mkdir(OUT, { recursive: true });
  await removeMembers();
  const [first, second] = given;
  const [a, b] = first !== undefined && second !== undefined ? await takeFiles(first, second) : await recordStreams();
  const session = join(OUT, "session.nwb");
  const single = join(OUT, "single.nwb");
  const pattern = join(OUT, "part_%05d.nwb");
  const joined = join(OUT, "joined.nwb");

  await h5ts("nwb", "link", "--out", session, a, b);
  await h5ts("ls", "-r", session);
  await h5ts("nwb", "export", "--out", single, session);
  await h5ts("ls", "-r", single);
  await h5ts("split", "--member-size", "64KiB", single, pattern);
  await h5ts("ls", pattern);
  await h5ts("join", pattern, joined);

  const shown = (path: string): string => relative(".", path);
  process.stdout.write(`
What to look at, in ${OUT}/:
  ${basename(session)}  ${await sizeOf(session)}: two external links, to ${shown(a)} and ${shown(b)}; no data
  ${basename(single)}  ${await sizeOf(single)}: the same with all data inside
  ${basename(pattern)}: the single file as a family; h5py.File(pattern, driver="family", memb_size=65536) opens it
  ${basename(joined)}  ${await sizeOf(joined)}: the family put together again
h5dump, h5py and PyNWB open every one of them.
`);
}

await main(process.argv.slice(2));
