/**
 * Addresses of multi and split files. Their members start at addresses that no number holds (multiples of 2^64 / 6); here
 * each has a window of numbers instead, the one that the driver gave it.
 */

/** Where a member's addresses begin: in the file, and in numbers. */
export interface MemberWindow {
  readonly start: bigint;
  readonly offset: number;
}

/** Bytes of a window. */
const WINDOW = 2n ** 50n;

/** The address that a number stands for. @param windows in ascending order of their offsets. */
export function storedAddress(number: number, windows: readonly MemberWindow[]): bigint {
  let found: MemberWindow = { start: 0n, offset: 0 };
  for (const window of windows) if (window.offset <= number) found = window;
  return found.start + BigInt(number - found.offset);
}

/** The number of an address; undefined when it lies behind every window. @param windows in ascending order of their starts. */
export function windowAddress(address: bigint, windows: readonly MemberWindow[]): number | undefined {
  let found: MemberWindow | undefined;
  for (const window of windows) if (window.start <= address) found = window;
  if (found === undefined || address - found.start >= WINDOW) return undefined;
  return found.offset + Number(address - found.start);
}
