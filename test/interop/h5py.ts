/** h5py as an oracle: a file read by Debian's libhdf5. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const PYTHON = "/usr/bin/python3";

/** Is h5py there? Says so aloud when it is not. */
export function h5pyPresent(): boolean {
  try {
    execFileSync(PYTHON, ["-c", "import h5py"], { stdio: "ignore" });
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.warn("LEFT OUT: tests against h5py; python3-h5py is not installed");
    return false;
  }
}

/** Run one of the scripts of this folder. */
export function python(script: string, ...args: string[]): string {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return execFileSync(PYTHON, [path, ...args], { encoding: "utf8", maxBuffer: 2 ** 28 });
}

/** One link of a group, as h5py sees it. */
export interface StockEntry {
  readonly soft?: string;
  readonly external?: [string, string];
  readonly attrs?: Record<string, unknown>;
  readonly refcount?: number;
  readonly links?: Record<string, StockEntry>;
  readonly shape?: number[] | null;
  readonly chunks?: number[] | null;
  readonly maxshape?: (number | null)[] | null;
  readonly filters?: number[];
  readonly value?: unknown;
}

/** What h5py finds in a file. */
export function stockTree(
  path: string,
  memberSize?: number,
): { attrs: Record<string, unknown>; links: Record<string, StockEntry> } {
  const text = python("h5py_tree.py", path, ...(memberSize === undefined ? [] : [String(memberSize)]));
  return JSON.parse(text.replace(/\bNaN\b|-?\bInfinity\b/g, '"$&"')) as ReturnType<typeof stockTree>;
}
