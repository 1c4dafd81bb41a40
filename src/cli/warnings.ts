/** What is odd and tolerated, on standard error. */
import type { Hdf5Warning } from "../index.js";
import { printable, type Terminal } from "./terminal.js";

export function warningsOn(terminal: Terminal): (warning: Hdf5Warning) => void {
  return ({ message, path }) => {
    const where = path === undefined || path === "" ? "" : `${printable(path)}: `;
    terminal.err(`warning: ${where}${printable(message)}`);
  };
}
