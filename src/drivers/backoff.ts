/** How long to wait before the next attempt, and waiting that a signal ends. */

/** Longest wait before an attempt, whatever a server asks for. */
const MAX_WAIT = 60_000;

/**
 * Milliseconds before attempt `attempt` (1 is the first repeat): doubled each time, with up to a quarter more by
 * chance, so that many clients do not come back together; what the medium asked for when that is longer.
 */
export function waitBefore(attempt: number, first: number, asked: number | undefined): number {
  const doubled = first * 2 ** (attempt - 1) * (1 + Math.random() / 4);
  return Math.min(MAX_WAIT, Math.max(doubled, asked ?? 0));
}

/** Wait. @throws (rejects with) the signal's reason as soon as it is aborted. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    signal?.throwIfAborted();
    const end = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", end, { once: true });
  });
}
