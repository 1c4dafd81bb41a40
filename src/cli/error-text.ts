/** An error as one line: file, path, structure, address, finding, and what caused it. */
import { isHdf5Error } from "../index.js";
import { printable } from "./terminal.js";

/** The messages of an error and of its causes, without those that repeat what was said. */
function messages(error: unknown): string[] {
  const found: string[] = [];
  for (let at: unknown = error; at instanceof Error && found.length < 8; at = at.cause) {
    const { message } = at;
    if (message !== "" && !found.some((known) => known.includes(message))) found.push(message);
  }
  return found;
}

/** File and path that the error or one of its causes names; the innermost says it best. */
function places(error: unknown): { file: string | undefined; path: string | undefined } {
  let file: string | undefined;
  let path: string | undefined;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (!isHdf5Error(at)) continue;
    file = at.file ?? file;
    path = at.path ?? path;
  }
  return { file, path };
}

/** One line, safe for a terminal. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error));
  const { file, path } = places(error);
  const said = messages(error);
  const text = said.join(": ");
  const prefix = [file, path].filter((part) => part !== undefined && part !== "" && !text.includes(part));
  return printable([...prefix, text === "" ? error.name : text].join(": "));
}

/** The innermost finding alone, for a place that names file and path already. */
export function reasonText(error: unknown): string {
  return printable(messages(error).at(-1) ?? String(error));
}
