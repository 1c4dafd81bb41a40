/** What a command is. */
import type { Terminal } from "./terminal.js";
import type { OptionTable, ParsedArguments } from "./usage.js";

/** One command of the command line. */
export interface Command {
  /** The text of `--help`. */
  readonly help: string;
  readonly options: OptionTable;
  /** @throws Hdf5Error, NwbError. What it writes exists whole or not at all. */
  run(args: ParsedArguments, terminal: Terminal): Promise<void>;
}

/** Part of the help of every command that opens files by path. */
export const TRUST: string =
  "A file named on the command line may open other files of its own directory (and below)\n" +
  "that its external links name, and no others.";
