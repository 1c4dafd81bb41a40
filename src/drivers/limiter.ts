/** A few things at once, the others in the order they came. */
export type Limiter = <T>(work: () => Promise<T>, signal?: AbortSignal | undefined) => Promise<T>;

/**
 * Runs at most `width` at once. One that is aborted while it waits is never begun.
 * @throws (rejects with) the signal's reason, or what the work throws.
 */
export function limiter(width: number): Limiter {
  let running = 0;
  const waiting = new Set<() => void>();

  function leave(): void {
    running--;
    for (const next of waiting) {
      waiting.delete(next);
      next();
      return;
    }
  }

  function enter(signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        waiting.delete(begin);
        reject(signal?.reason);
      };
      const begin = (): void => {
        signal?.removeEventListener("abort", abort);
        running++;
        resolve();
      };
      signal?.addEventListener("abort", abort, { once: true });
      waiting.add(begin);
    });
  }

  return async (work, signal) => {
    signal?.throwIfAborted();
    if (running < width) running++;
    else await enter(signal);
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
