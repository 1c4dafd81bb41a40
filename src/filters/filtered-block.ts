/** Metadata that pass through filters: blocks of fractal heaps (spec: III.G), which few files have. */
import { filterRegistry } from "./core.js";
import type { Filter, FilterInfo } from "./filter.js";
import { decodeChunk } from "./pipeline.js";

/** The `size` bytes of a block. @throws as `decodeChunk`. */
export function decodeBlock(
  bytes: Uint8Array,
  filters: readonly FilterInfo[],
  filterMask: number,
  added: readonly Filter[],
  size: number,
  options: { readonly signal: AbortSignal | undefined; readonly verifyChecksums: boolean },
): Promise<Uint8Array> {
  const context = { elementSize: 1, chunkBytes: size, ...options };
  return decodeChunk(bytes, filters, filterMask, filterRegistry(added), context);
}
