/** Arguments of commands: parsed by node:util, with errors that say what was expected. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { Hdf5UsageError } from "../index.js";

/** Options of a command, by name without dashes. */
export type OptionTable = NonNullable<ParseArgsConfig["options"]>;

/** Arguments after parsing. */
export interface ParsedArguments {
  readonly flags: ReadonlySet<string>;
  readonly texts: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
}

/** @throws Hdf5UsageError for options that the command does not have. */
export function parseArguments(args: readonly string[], options: OptionTable): ParsedArguments {
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    // The parser's first sentence names the option; its advice about "--" follows.
    const finding = thrown.message.split(". ")[0] ?? thrown.message;
    throw new Hdf5UsageError("arguments", `are not understood: ${finding}`, "what --help lists", { cause: thrown });
  }
  const flags = new Set<string>();
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries(parsed.values)) {
    if (value === true) flags.add(name);
    else if (typeof value === "string") texts.set(name, value);
  }
  return { flags, texts, positionals: parsed.positionals };
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ["k", 2 ** 10],
  ["kib", 2 ** 10],
  ["kb", 1e3],
  ["m", 2 ** 20],
  ["mib", 2 ** 20],
  ["mb", 1e6],
  ["g", 2 ** 30],
  ["gib", 2 ** 30],
  ["gb", 1e9],
  ["t", 2 ** 40],
  ["tib", 2 ** 40],
  ["tb", 1e12],
]);

/** `1MiB`, `512k`, `1000000` → bytes. KiB, MiB, GiB, TiB and k, m, g, t count in 1024, kB, MB, GB, TB in 1000. */
export function parseSize(option: string, text: string): number {
  const match = /^(\d+)\s*([a-z]*)$/i.exec(text.trim());
  const unit = UNITS.get(match?.[2]?.toLowerCase() ?? "?");
  const size = unit === undefined ? Number.NaN : Number(match?.[1]) * unit;
  if (!Number.isSafeInteger(size) || size <= 0) {
    throw new Hdf5UsageError(option, `is ${JSON.stringify(text)}`, "a size such as 1MiB, 512KiB or 1000000");
  }
  return size;
}

/** Bytes as people write them. */
export function sizeText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ""}`;
}
