/**
 * Program order on one file: calls take effect in the order they were made, awaited or not.
 * Exclusive calls (writes) run one after another; shared calls (reads) wait for the exclusive calls made before
 * them and overlap each other.
 */
import type { Soon } from "./soon.js";

export class CallQueue {
  /** Settles when every exclusive call made so far has ended. */
  #exclusive: Promise<unknown> = Promise.resolve();
  /** Shared calls made since the last exclusive one. */
  #shared = new Set<Promise<unknown>>();
  /** Exclusive calls that have not ended. */
  #waiting = 0;

  /** Run after all exclusive calls made before. */
  shared<T>(call: () => Promise<T>): Promise<T> {
    const run = this.#waiting === 0 ? call() : this.#exclusive.then(call);
    const settled = run.then(ignore, ignore);
    this.#shared.add(settled);
    void settled.then(() => this.#shared.delete(settled));
    return run;
  }

  /**
   * Run after all calls made before, and before all calls made later. With none before it begins at once, and what it
   * has not to wait for is done when this returns.
   */
  exclusive<T>(call: () => Soon<T>): Soon<T> {
    const idle = this.#waiting === 0 && this.#shared.size === 0;
    if (idle) return this.#begin(call);
    const before = [this.#exclusive, ...this.#shared];
    this.#shared = new Set();
    this.#waiting++;
    return this.#until(Promise.all(before).then(call));
  }

  #begin<T>(call: () => Soon<T>): Soon<T> {
    // What it calls itself comes after it.
    this.#waiting++;
    let run: Soon<T>;
    try {
      run = call();
    } catch (error) {
      this.#waiting--;
      throw error;
    }
    if (run instanceof Promise) return this.#until(run);
    this.#waiting--;
    return run;
  }

  #until<T>(run: Promise<T>): Promise<T> {
    const ended = (): void => {
      this.#waiting--;
    };
    this.#exclusive = run.then(ended, ended);
    return run;
  }

  /** Settles when every call made so far has ended, whatever became of it. */
  async idle(): Promise<void> {
    await Promise.all([this.#exclusive, ...this.#shared]);
  }
}

function ignore(): void {}
