/**
 * Program order on one file: calls take effect in the order they were made, awaited or not.
 * Exclusive calls (writes) run one after another; shared calls (reads) wait for the exclusive calls made before
 * them and overlap each other.
 */

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

  /** Run after all calls made before, and before all calls made later. */
  exclusive<T>(call: () => Promise<T>): Promise<T> {
    const before = [this.#exclusive, ...this.#shared];
    this.#shared = new Set();
    this.#waiting++;
    const run = Promise.all(before).then(call);
    this.#exclusive = run.then(ignore, ignore).then(() => {
      this.#waiting--;
    });
    return run;
  }

  /** Settles when every call made so far has ended, whatever became of it. */
  async idle(): Promise<void> {
    await Promise.all([this.#exclusive, ...this.#shared]);
  }
}

function ignore(): void {}
