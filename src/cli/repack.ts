/** `h5ts repack IN OUT`: a file written anew. */
import { dirname } from "node:path";
import { allFilters, bitshuffle, lz4, lzf } from "../filters/index.js";
import { deflate, type FilterInput, Hdf5UsageError, scaleOffset } from "../index.js";
import { repack } from "../tools/index.js";
import type { Command } from "./command.js";
import { refuseInput } from "./outputs.js";
import { progressOn } from "./progress.js";
import { shownName } from "./terminal.js";

/** Codecs of plug-ins that can write. */
const CODECS = { lzf, lz4, bitshuffle } as const;
const FORMATS = ["earliest", "v108", "v110", "latest"] as const;

export const repackCommand: Command = {
  help: `usage: h5ts repack [--filter LIST] [--chunk SHAPE] [--libver FORMAT] IN OUT

Writes everything that is in IN into the new file OUT, without the space that editing left, reads
it again and compares.

  --filter LIST     filters of all datasets of 1 KiB and more, in order: shuffle, deflate or
                    deflate:LEVEL, fletcher32, nbit, scaleoffset, lzf, lz4, bitshuffle; none takes
                    filters away. Such as --filter shuffle,deflate:4
  --chunk SHAPE     chunk shape of all datasets of that rank, such as 1000x16; auto: guessed for all
  --libver FORMAT   earliest, v108 (default), v110 or latest
  --no-verify       do not read OUT again
  --progress        show progress even when standard error is no terminal

OUT is written beside its place and renamed when it is complete. External links are kept, not followed.`,
  options: {
    filter: { type: "string" },
    chunk: { type: "string" },
    libver: { type: "string" },
    "no-verify": { type: "boolean" },
    progress: { type: "boolean" },
  },
  async run({ flags, texts, positionals }, terminal) {
    const [source, target, ...more] = positionals;
    if (source === undefined || target === undefined || more.length > 0) {
      throw new Hdf5UsageError("arguments", `name ${positionals.length} files`, "a file and the file to make");
    }
    const asked = texts.get("libver") ?? "v108";
    const libver = FORMATS.find((format) => format === asked);
    if (libver === undefined) throw new Hdf5UsageError("--libver", `is ${JSON.stringify(asked)}`, FORMATS.join(", "));
    const pipeline = texts.has("filter") ? parseFilters(texts.get("filter") ?? "") : undefined;
    const chunkShape = texts.has("chunk") ? parseChunk(texts.get("chunk") ?? "") : undefined;
    await refuseInput(target, [source]);
    await repack(source, target, {
      libver,
      pipeline,
      filters: allFilters,
      chunkShape,
      verify: !flags.has("no-verify"),
      // Raw data and virtual sources beside the file are its own content.
      external: { dir: dirname(source) },
      onProgress: progressOn(terminal, "repack", flags.has("progress")),
      signal: terminal.signal,
    });
    terminal.out(shownName(target));
  },
};

function parseFilters(text: string): FilterInput[] {
  if (text === "none") return [];
  return text.split(",").map((part) => {
    const [name = "", level, ...rest] = part.trim().split(":");
    if (rest.length === 0 && name === "deflate") {
      const asked = level === undefined ? undefined : Number(level);
      if (asked === undefined || (Number.isInteger(asked) && asked >= 0 && asked <= 9)) return deflate(asked);
    }
    if (level === undefined && (name === "shuffle" || name === "fletcher32" || name === "nbit")) return name;
    if (level === undefined && name === "scaleoffset") return scaleOffset();
    if (level === undefined && Object.hasOwn(CODECS, name)) return CODECS[name as keyof typeof CODECS].spec();
    throw new Hdf5UsageError("--filter", `is ${JSON.stringify(text)}`, "names such as shuffle,deflate:4, or none");
  });
}

function parseChunk(text: string): readonly number[] | true {
  if (text === "auto") return true;
  const shape = text.split(/[x,]/).map((part) => (/^\d+$/.test(part.trim()) ? Number(part) : 0));
  if (shape.every((length) => length > 0 && Number.isSafeInteger(length))) return shape;
  throw new Hdf5UsageError("--chunk", `is ${JSON.stringify(text)}`, "a shape such as 1000x16, or auto");
}
