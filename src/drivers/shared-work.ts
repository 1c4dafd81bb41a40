/** One piece of work that several callers wait for, each of whom may give up without the others noticing. */

/** Work under way. */
export interface SharedWork<T> {
  /** Everybody who waited has given up: the result will not come. */
  readonly abandoned: boolean;
  /** Wait for the result. @throws (rejects with) what the work throws, or the signal's reason. */
  join(signal?: AbortSignal | undefined): Promise<T>;
}

/** Begin work. Its signal is aborted when the last one who waits for it has given up. */
export function sharedWork<T>(begin: (signal: AbortSignal) => Promise<T>): SharedWork<T> {
  const controller = new AbortController();
  const result = begin(controller.signal);
  result.catch(() => undefined); // those who wait are told
  let waiting = 0;
  return {
    get abandoned() {
      return controller.signal.aborted;
    },
    join(signal) {
      waiting++;
      if (signal === undefined) return result;
      return new Promise<T>((resolve, reject) => {
        const abort = (): void => {
          reject(signal.reason);
          if (--waiting === 0) controller.abort(signal.reason);
        };
        if (signal.aborted) {
          abort();
          return;
        }
        signal.addEventListener("abort", abort, { once: true });
        const done = (): void => signal.removeEventListener("abort", abort);
        result.then(done, done);
        result.then(resolve, reject);
      });
    },
  };
}
