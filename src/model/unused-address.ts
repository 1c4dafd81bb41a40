/** Addresses for what readers shall find in memory and not in the file. */
import type { FileState } from "./state.js";

/** An address that no structure of the file has, nor anything in memory. */
export function unusedAddress({ context, pendingHeaps }: FileState): number {
  let address = Math.min(256 ** context.sizeOfOffsets, Number.MAX_SAFE_INTEGER) - 8;
  while (pendingHeaps.has(address)) address -= 8;
  return address;
}
