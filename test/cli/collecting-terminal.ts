import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../src/cli/run.js";
import type { Terminal } from "../../src/cli/terminal.js";

/** What a command line printed, and its exit status. */
export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  readonly progress: readonly string[];
}

/** Runs a command line with a terminal that collects what is printed. */
export async function h5ts(
  args: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const progress: string[] = [];
  const terminal: Terminal = {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    status: (text) => progress.push(text),
    interactive: false,
    signal,
  };
  const status = await run(args, terminal);
  return { status, out: out.join("\n"), err: err.join("\n"), progress };
}

/** A folder of its own for one test; removed with `await using`. */
export class TestFolder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "h5ts-test-"));

  file(name: string): string {
    return join(this.path, name);
  }

  /** Names of everything in the folder. */
  names(): string[] {
    return readdirSync(this.path).sort();
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
