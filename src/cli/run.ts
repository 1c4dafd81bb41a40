/** The command line: finds the command, prints help or one error line, gives the exit status. */
import { isHdf5Error } from "../index.js";
import type { Command } from "./command.js";
import { errorText } from "./error-text.js";
import type { Terminal } from "./terminal.js";
import { parseArguments } from "./usage.js";

/** Exit statuses. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** A command that is loaded when it is called. */
interface Entry {
  /** The words that call it. */
  readonly words: readonly string[];
  readonly summary: string;
  load(): Promise<Command>;
}

const COMMANDS: readonly Entry[] = [
  { words: ["ls"], summary: "list what is in a file", load: async () => (await import("./ls.js")).ls },
  {
    words: ["split"],
    summary: "divide a file into a family of files",
    load: async () => (await import("./split.js")).splitCommand,
  },
  {
    words: ["join"],
    summary: "put a family of files together into one file",
    load: async () => (await import("./join.js")).joinCommand,
  },
  {
    words: ["repack"],
    summary: "write a file anew, with other filters, chunks or format if asked for",
    load: async () => (await import("./repack.js")).repackCommand,
  },
  {
    words: ["nwb", "link"],
    summary: "make an NWB file that links the streams of other NWB files",
    load: async () => (await import("./nwb-link.js")).nwbLink,
  },
  {
    words: ["nwb", "export"],
    summary: "make one self-contained NWB file of a file with links",
    load: async () => (await import("./nwb-export.js")).nwbExport,
  },
];

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ words }) => words.join(" ").length));
  const list = COMMANDS.map(({ words, summary }) => `  ${words.join(" ").padEnd(width)}   ${summary}`);
  return `usage: h5ts COMMAND ...\n\n${list.join("\n")}\n\nh5ts COMMAND --help says more.`;
}

function findCommand(args: readonly string[]): { entry: Entry; rest: readonly string[] } | undefined {
  const entry = COMMANDS.find(({ words }) => words.every((word, index) => args[index] === word));
  return entry === undefined ? undefined : { entry, rest: args.slice(entry.words.length) };
}

/**
 * Runs one command line. Never throws: a failure is one line on standard error and a status other than 0:
 * 1 when the work failed, 2 when the arguments are wrong, 130 when it was interrupted.
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const found = findCommand(args);
  if (found === undefined) {
    const asked = args.length === 0 || args.includes("--help") || args.includes("-h") || args[0] === "help";
    if (asked && args.length > 0) {
      terminal.out(overview());
      return EXIT.ok;
    }
    terminal.err(
      args.length === 0 ? overview() : `h5ts: no command ${JSON.stringify(args.join(" "))}; h5ts --help lists them`,
    );
    return EXIT.usage;
  }
  const { entry, rest } = found;
  const name = `h5ts ${entry.words.join(" ")}`;
  try {
    const command = await entry.load();
    if (rest.includes("--help") || rest.includes("-h")) {
      terminal.out(command.help);
      return EXIT.ok;
    }
    await command.run(parseArguments(rest, command.options), terminal);
    return EXIT.ok;
  } catch (thrown) {
    if (terminal.signal.aborted) {
      terminal.err(`${name}: interrupted`);
      return EXIT.interrupted;
    }
    terminal.err(`${name}: ${errorText(thrown)}`);
    return isHdf5Error(thrown, "usage") ? EXIT.usage : EXIT.failed;
  }
}
