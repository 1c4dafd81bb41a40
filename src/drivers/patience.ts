/** How long one attempt may wait for a medium that says nothing. */

export interface Patience {
  /** Aborted when the time is over, or with the signal around it. */
  readonly signal: AbortSignal;
  /** Something came: the time begins anew. */
  renew(): void;
  /** Was it the time that ended the attempt? */
  isOver(): boolean;
  /** The attempt has ended. */
  end(): void;
}

/** @param milliseconds between two signs of life; 0: any time. */
export function patienceOf(milliseconds: number, around: AbortSignal): Patience {
  const controller = new AbortController();
  let over = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const abort = (): void => controller.abort(around.reason);
  if (around.aborted) abort();
  around.addEventListener("abort", abort, { once: true });
  const end = (): void => {
    clearTimeout(timer);
    around.removeEventListener("abort", abort);
  };
  const renew = (): void => {
    clearTimeout(timer);
    if (milliseconds === 0 || milliseconds === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(() => {
      over = true;
      controller.abort();
    }, milliseconds);
  };
  renew();
  return { signal: controller.signal, renew, isOver: () => over, end };
}
