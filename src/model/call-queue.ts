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
    const idle = this.#waiting === 0 && this.#shared.size === 0;
    const before = idle ? [] : [this.#exclusive, ...this.#shared];
    if (!idle) this.#shared = new Set();
    this.#waiting++;
    const run = idle ? started(call) : Promise.all(before).then(call);
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

/** A call that begins at once; what it throws is its promise's. */
function started<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call();
  } catch (error) {
    return Promise.reject(error);
  }
}

function ignore(): void {}
