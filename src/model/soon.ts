/**
 * Answers that need not be waited for. Most calls that write find all they need in memory, and the system takes their
 * bytes at once: a promise for each step of them cost more than the steps (npm run bench:write).
 */

/** A value, or the promise of one where something has to be waited for. What goes wrong may be thrown at once. */
export type Soon<T> = T | Promise<T>;
