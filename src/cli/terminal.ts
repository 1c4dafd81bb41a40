/** What a command prints to. */

/** Standard output and standard error, as far as commands use them. */
export interface Terminal {
  /** One line of the result. */
  out(line: string): void;
  /** One line about the work. */
  err(line: string): void;
  /** Replaces the last text written by `status`; ends with `err`. */
  status(text: string): void;
  /** Standard error is watched by somebody. */
  readonly interactive: boolean;
  /** Aborted when the user interrupts the command. */
  readonly signal: AbortSignal;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text from a file made safe for a terminal: control characters, line ends and bidi overrides are escaped. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Text of a file, in quotes when it has spaces or is empty. */
export function shownName(name: string): string {
  const safe = printable(name);
  return safe === "" || /[\s"]/.test(safe) ? `"${safe.replaceAll('"', '\\"')}"` : safe;
}
