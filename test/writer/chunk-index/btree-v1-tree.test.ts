import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryDriver } from "../../../src/drivers/memory.js";
import { chunkNodeSize, decodeChunkNode } from "../../../src/format/btree-v1.js";
import { readChunkBtree } from "../../../src/format/chunk-index/btree-v1.js";
import type { FormatContext } from "../../../src/format/context.js";
import { Pager } from "../../../src/io/pager.js";
import { settle } from "../../../src/io/settle.js";
import { DEFAULT_LIMITS } from "../../../src/model/limits.js";
import { Allocator } from "../../../src/writer/allocator.js";
import { ChunkTree, compare } from "../../../src/writer/chunk-index/btree-v1-tree.js";
import { BlockDevice, Commit } from "../../../src/writer/commit.js";
import { Space } from "../../../src/writer/space.js";

const K = 2;
const context: FormatContext = {
  sizeOfOffsets: 8,
  sizeOfLengths: 8,
  baseAddress: 0,
  groupLeafK: 4,
  groupInternalK: 16,
  chunkInternalK: K,
};
const shape = { context, chunkShape: [10, 4], elementSize: 8 };
const extent = { chunkShape: shape.chunkShape, elementSize: 8, shape: [10_000, 4000], maxShape: [10_000, 4000] };

/** A tree on a file in memory, flushed as a commit does. */
function bench() {
  const driver = memoryDriver();
  const pager = new Pager(driver, { pageSize: 512 });
  const device = new BlockDevice(driver, pager, "process");
  const allocator = Allocator.of(new Space(48, true));
  return {
    pager,
    async flush(tree: ChunkTree): Promise<{ root: number | undefined; commit: Commit }> {
      const commit = new Commit();
      const root = tree.flush(allocator, commit);
      await device.resize(allocator.ends[0] as number);
      pager.setEnd(allocator.ends[0] as number);
      await device.writeAll(commit.data);
      await device.replace(commit.publish);
      allocator.flushed();
      return { root, commit };
    },
  };
}

/** Addresses of the nodes by level, from the root down, each level followed by its sibling fields. */
async function siblingsAgree(pager: Pager, root: number): Promise<void> {
  const size = chunkNodeSize(context, 2);
  const node = (address: number) =>
    settle(pager, (source) => decodeChunkNode(source.read(address, size, "node"), context, 2));
  for (let level = [root]; level.length > 0; ) {
    const nodes = await Promise.all(level.map(node));
    nodes.forEach((decoded, i) => {
      expect(decoded.left).toBe(level[i - 1]);
      expect(decoded.right).toBe(level[i + 1]);
    });
    nodes.slice(0, -1).forEach((decoded, i) => {
      expect(decoded.keys.at(-1)?.offset).toEqual(nodes[i + 1]?.keys[0]?.offset);
    });
    level = nodes[0]?.level === 0 ? [] : nodes.flatMap((decoded) => decoded.children);
  }
}

describe("the chunk B-tree while it is edited", () => {
  test("after any edits and flushes the stored tree holds the model's chunks, siblings and keys in order", async () => {
    const edit = fc.record({
      at: fc.tuple(fc.nat(30), fc.nat(5)),
      action: fc.constantFrom("set", "set", "set", "delete"),
      flush: fc.boolean(),
      reload: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 80 }), async (edits) => {
        const { pager, flush } = bench();
        let tree = new ChunkTree(shape);
        const model = new Map<string, { offset: number[]; address: number; size: number; filterMask: number }>();
        let n = 0;
        for (const { at, action, flush: now, reload } of [
          ...edits,
          { at: [0, 0], action: "set", flush: true, reload: true },
        ]) {
          const offset = [(at[0] as number) * 10, (at[1] as number) * 4];
          if (action === "set") {
            const chunk = { offset, address: 8 * ++n, size: n, filterMask: n % 3 };
            tree.set(chunk);
            model.set(offset.join(), chunk);
          } else expect(tree.delete(offset)).toBe(model.delete(offset.join()));
          expect(tree.count).toBe(model.size);
          if (!now) continue;
          const { root } = await flush(tree);
          const sorted = [...model.values()].sort((a, b) => compare(a.offset, b.offset));
          expect([...tree.entries()]).toEqual(sorted);
          if (root === undefined) {
            expect(model.size).toBe(0);
            continue;
          }
          const stored = await settle(pager, (source) =>
            readChunkBtree(source, root, context, extent, undefined, DEFAULT_LIMITS),
          );
          expect(stored).toEqual(sorted);
          await siblingsAgree(pager, root);
          if (reload) tree = await ChunkTree.load(pager, DEFAULT_LIMITS, root, shape);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("appending writes one path and the last leaf's neighbour, not the tree", async () => {
    const { flush } = bench();
    const tree = new ChunkTree(shape);
    for (let i = 0; i < 64; i++) tree.set({ offset: [i * 10, 0], address: 8 + i, size: 1, filterMask: 0 });
    await flush(tree);
    for (let i = 64; i < 80; i++) {
      tree.set({ offset: [i * 10, 0], address: 8 + i, size: 1, filterMask: 0 });
      const { commit } = await flush(tree);
      // Levels: 80 leaves' entries at 4 each take 3 levels; each may have a neighbour whose end key moved.
      expect(commit.data.length).toBeLessThanOrEqual(2 * 4);
      expect(commit.publish.every(({ bytes }) => bytes.length === 8)).toBe(true);
    }
  });

  test("a flush without edits writes nothing", async () => {
    const { flush } = bench();
    const tree = new ChunkTree(shape);
    for (let i = 0; i < 20; i++) tree.set({ offset: [i * 10, 0], address: 8 + i, size: 1, filterMask: 0 });
    const { root } = await flush(tree);
    const again = await flush(tree);
    expect(again.root).toBe(root);
    expect([...again.commit.data, ...again.commit.publish]).toEqual([]);
  });
});
