/** A child process that reads files. One that hangs or dies is ended and replaced; the file it was at is known. */
import { type ChildProcess, fork } from "node:child_process";
import type { Answer, Task } from "./child.js";

/** What came of one file. */
export type Result =
  | {
      readonly kind: "answer";
      readonly answer: Answer /** The process had read others before. */;
      readonly used: boolean;
    }
  | { readonly kind: "hang" }
  | { readonly kind: "died"; readonly how: string };

/** A process that does not answer is ended after this time. */
const PATIENCE_MS = 20_000;
/** Memory of JavaScript objects; beyond it the process dies, and the file is known. */
const HEAP_MB = 512;

export class ReaderProcess {
  #child: ChildProcess | undefined;
  #reads = 0;

  async read(task: Task): Promise<Result> {
    if (this.#child === undefined) {
      const started = this.#start();
      const ready = await started;
      if (ready.kind !== "answer") return ready;
    }
    const used = this.#reads++ > 0;
    const result = await this.#answer(task);
    return result.kind === "answer" ? { ...result, used } : result;
  }

  /** End the process; the next file gets a fresh one. */
  end(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
    this.#reads = 0;
  }

  #start(): Promise<Result> {
    const file = new URL("./child.ts", import.meta.url);
    this.#child = fork(file, {
      execArgv: [...process.execArgv, `--max-old-space-size=${HEAP_MB}`],
      serialization: "json",
    });
    return this.#answer(undefined);
  }

  #answer(task: Task | undefined): Promise<Result> {
    const child = this.#child as ChildProcess; // started by read
    return new Promise((resolve) => {
      const finish = (result: Result): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        if (result.kind !== "answer") this.end();
        resolve(result);
      };
      const timer = setTimeout(() => finish({ kind: "hang" }), PATIENCE_MS);
      child.once("message", (answer: Answer) => finish({ kind: "answer", answer, used: false }));
      child.once("exit", (code, signal) => finish({ kind: "died", how: signal ?? `status ${code}` }));
      child.once("error", (error) => finish({ kind: "died", how: error.message }));
      if (task !== undefined) child.send(task);
    });
  }
}
