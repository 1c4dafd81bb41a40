/** The version-1 B-tree as a chunk index: what layout version 3 has. */
import type { Pager } from "../../io/pager.js";
import type { Limits } from "../../model/limits.js";
import type { Allocator } from "../allocator.js";
import { ChunkTree, type ChunkTreeShape } from "./btree-v1-tree.js";
import type { ChunkIndexWriter } from "./contract.js";

export async function loadBtreeV1(
  pager: Pager,
  limits: Limits,
  address: number | undefined,
  shape: ChunkTreeShape,
): Promise<ChunkIndexWriter> {
  const tree = await ChunkTree.load(pager, limits, address, shape);
  return {
    find: (offset) => tree.find(offset),
    entries: () => tree.entries(),
    within: (low, high) => tree.entriesBetween(low[0] ?? 0, high[0] ?? 1, shape.chunkShape[0] ?? 1),
    set: (chunk) => tree.set(chunk),
    delete: (offset) => tree.delete(offset),
    placeOf: () => undefined,
    flush: ({ allocator, commit }) => ({ kind: "btree-v1", address: tree.flush(allocator, commit) }),
    showsEarly: false,
    later: false,
    bringHome: () => tree.bringHome(),
    release: (allocator: Allocator) => tree.release(allocator),
  };
}
