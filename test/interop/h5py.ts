/** h5py as an oracle: a file read by Debian's libhdf5. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const PYTHON = "/usr/bin/python3";

let present: boolean | undefined;

/** Is h5py there? Says so aloud when it is not. */
export function h5pyPresent(): boolean {
  if (present !== undefined) return present;
  try {
    execFileSync(PYTHON, ["-c", "import h5py"], { stdio: "ignore" });
    present = true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.warn("LEFT OUT: tests against h5py; python3-h5py is not installed");
    present = false;
  }
  return present;
}

/**
 * The process of forks.py that this process has, started when it is first needed. Its pipes are named ones, since Node
 * waits for an answer only of a file; it ends when this process does.
 */
class Forks {
  readonly #requests: number;
  readonly #answers: number;

  constructor() {
    if (!h5pyPresent()) throw new Error("no h5py");
    const folder = mkdtempSync(join(tmpdir(), "h5ts-forks-"));
    const pipes = [join(folder, "requests"), join(folder, "answers")] as const;
    execFileSync("mkfifo", pipes);
    const script = fileURLToPath(new URL("forks.py", import.meta.url));
    spawn(PYTHON, [script, ...pipes], { stdio: ["ignore", "inherit", "inherit"] }).unref();
    this.#requests = openSync(pipes[0], "w");
    this.#answers = openSync(pipes[1], "r");
    rmSync(folder, { recursive: true });
  }

  #read(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; ) {
      const count = readSync(this.#answers, bytes, at, length - at, null);
      if (count === 0) throw new Error("h5py has ended");
      at += count;
    }
    return bytes;
  }

  #line(): string {
    let line = "";
    for (;;) {
      const character = this.#read(1).toString("latin1");
      if (character === "\n") return line;
      line += character;
    }
  }

  ask(request: { script: string } | { code: string }, args: readonly string[], cwd: string | undefined): string {
    writeSync(this.#requests, `${JSON.stringify({ ...request, args, cwd })}\n`);
    const [status, outputLength, errorLength] = JSON.parse(this.#line()) as [number, number, number];
    const output = this.#read(outputLength).toString("utf8");
    const errors = this.#read(errorLength).toString("utf8");
    if (status !== 0) throw new Error(`the script ended with status ${status}: ${errors}`);
    return output;
  }
}

let forks: Forks | undefined;

/** Run one of the scripts of this folder; what it prints. @throws Error with what it says when its status is not 0. */
export function python(script: string, ...args: readonly string[]): string {
  forks ??= new Forks();
  return forks.ask({ script: fileURLToPath(new URL(script, import.meta.url)) }, args, undefined);
}

/** Run what `python3 -c` would, in the folder `cwd`; what it prints. @throws as `python`. */
export function pythonCode(code: string, args: readonly string[], cwd?: string): string {
  forks ??= new Forks();
  return forks.ask({ code }, args, cwd);
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
