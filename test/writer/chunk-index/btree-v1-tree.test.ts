import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryDriver } from "../../../src/drivers/memory.js";
import { type ChunkNode, chunkNodeSize, decodeChunkNode } from "../../../src/format/btree-v1.js";
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
const shape = { context, chunkShape: [10, 4], elementSize: 8, maxExtent: 10_000 };
const OPEN = 10_000;
const extent = { chunkShape: shape.chunkShape, elementSize: 8, shape: [10_000, 4000], maxShape: [10_000, 4000] };

/** A tree on a file in memory, flushed as a commit does. What is free is filled with rubbish at once. */
function bench() {
  const driver = memoryDriver();
  const pager = new Pager(driver, { pageSize: 512 });
  const device = new BlockDevice(driver, pager, "process");
  const allocator = Allocator.of(new Space(48, true));
  const freed: [address: number, size: number][] = [];
  const free = allocator.free.bind(allocator);
  allocator.free = (address, size, kind) => {
    freed.push([address, size]);
    free(address, size, kind);
  };
  return {
    pager,
    async flush(tree: ChunkTree): Promise<{ root: number | undefined; commit: Commit }> {
      const commit = new Commit();
      const root = tree.flush(allocator, commit);
      // But for the address of the tree, only last keys are published: none larger than eight bytes.
      expect(commit.raise).toEqual([]);
      expect(commit.publish.every(({ bytes }) => bytes.length === 8)).toBe(true);
      await device.resize(allocator.ends[0] as number);
      pager.setEnd(allocator.ends[0] as number);
      await device.writeAll([...commit.data, ...commit.publish]);
      for (const [address, size] of freed.splice(0)) await device.write(address, new Uint8Array(size).fill(0xaa));
      allocator.flushed();
      return { root, commit };
    },
  };
}

/** A stored node. */
interface Stored {
  readonly address: number;
  readonly node: ChunkNode;
}

async function nodeAt(pager: Pager, address: number): Promise<ChunkNode> {
  const size = chunkNodeSize(context, 2);
  return settle(pager, (source) => decodeChunkNode(source.read(address, size, "node"), context, 2));
}

/** The nodes that a root leads to, level by level. */
async function storedLevels(pager: Pager, root: number): Promise<Stored[][]> {
  const levels: Stored[][] = [];
  for (let addresses = [root]; addresses.length > 0; ) {
    const level = await Promise.all(
      addresses.map(async (address) => ({ address, node: await nodeAt(pager, address) })),
    );
    levels.push(level);
    addresses = level[0]?.node.level === 0 ? [] : level.flatMap(({ node }) => node.children);
  }
  return levels;
}

/** Every node is named back by the neighbour that it names, or names a node of its level that is not in the tree. */
async function noneNamesAStranger(pager: Pager, root: number): Promise<void> {
  let mustOpen = false;
  const levels = await storedLevels(pager, root);
  for (const level of levels) {
    for (const [i, { address, node }] of level.entries()) {
      for (const [side, other, back] of [
        ["left", i - 1, "right"],
        ["right", i + 1, "left"],
      ] as const) {
        const named = node[side];
        if (named === undefined) continue;
        const live = level.find((candidate) => candidate.address === named);
        if (live === undefined) expect((await nodeAt(pager, named)).level).toBe(node.level);
        else {
          expect(live).toBe(level[other]);
          expect(live.node[back]).toBe(address);
        }
      }
    }
    for (const [i, { node, address }] of level.entries()) {
      const next = level[i + 1];
      const agree = node.right === next?.address && (next === undefined || next.node.left === address);
      mustOpen ||= !agree && next?.node.keys[0]?.offset[1] !== 0;
    }
  }
  // libhdf5 follows the addresses, from the first node to the right, to learn how large a tree is.
  for (const [first] of levels) {
    let [at, steps] = [first?.address, 0];
    for (; at !== undefined && steps < 1000; steps++) {
      const node: ChunkNode = await nodeAt(pager, at);
      expect(node.level).toBe(first?.node.level);
      at = node.right;
    }
    expect(steps).toBeLessThan(1000);
  }
  // Last keys that another writer may not find are open, all at once.
  for (const level of levels) {
    for (const [i, { node }] of level.entries()) {
      const end = node.keys.at(-1)?.offset;
      const begins = level[i + 1]?.node.keys[0]?.offset;
      if (mustOpen) expect(end?.[0]).toBe(OPEN);
      else if (begins !== undefined) expect(end).toEqual(begins);
      else expect(end?.[0]).toBeLessThan(OPEN);
    }
  }
}

/** All neighbours name each other. */
async function siblingsAgree(pager: Pager, root: number): Promise<void> {
  for (const level of await storedLevels(pager, root)) {
    level.forEach(({ node }, i) => {
      expect([node.left, node.right]).toEqual([level[i - 1]?.address, level[i + 1]?.address]);
      if (i > 0) expect(level[i - 1]?.node.keys.at(-1)?.offset).toEqual(node.keys[0]?.offset);
    });
  }
}

describe("the chunk B-tree while it is edited", () => {
  test("after any edits and flushes the stored tree holds the model's chunks, siblings and keys in order", async () => {
    const edit = fc.record({
      at: fc.tuple(fc.nat(30), fc.nat(5)),
      action: fc.constantFrom("set", "set", "set", "delete"),
      flush: fc.boolean(),
      reload: fc.boolean(),
      close: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 80 }), async (edits) => {
        const { pager, flush } = bench();
        let tree = new ChunkTree(shape);
        const model = new Map<string, { offset: number[]; address: number; size: number; filterMask: number }>();
        let n = 0;
        for (const { at, action, flush: now, reload, close } of [
          ...edits,
          { at: [0, 0], action: "set", flush: true, reload: true, close: true },
        ]) {
          const offset = [(at[0] as number) * 10, (at[1] as number) * 4];
          if (action === "set") {
            const chunk = { offset, address: 8 * ++n, size: n, filterMask: n % 3 };
            tree.set(chunk);
            model.set(offset.join(), chunk);
          } else expect(tree.delete(offset)).toBe(model.delete(offset.join()));
          expect(tree.count).toBe(model.size);
          if (!now) continue;
          let { root } = await flush(tree);
          if (root !== undefined) await noneNamesAStranger(pager, root);
          while (close && tree.bringHome()) {
            root = (await flush(tree)).root;
            await noneNamesAStranger(pager, root as number); // it had one before
          }
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
          if (close) await siblingsAgree(pager, root);
          if (reload) tree = await ChunkTree.load(pager, DEFAULT_LIMITS, root, shape);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("appending writes one path, the last leaf's neighbour, and one node that goes home in each level, not the tree", async () => {
    const { flush } = bench();
    const tree = new ChunkTree(shape);
    for (let i = 0; i < 64; i++) tree.set({ offset: [i * 10, 0], address: 8 + i, size: 1, filterMask: 0 });
    await flush(tree);
    for (let i = 64; i < 80; i++) {
      tree.set({ offset: [i * 10, 0], address: 8 + i, size: 1, filterMask: 0 });
      const { commit } = await flush(tree);
      // Levels: 80 leaves' entries at 4 each take 3 levels; each may have a neighbour whose end key moved.
      expect(commit.data.length).toBeLessThanOrEqual(2 * 4);
    }
  });

  test("the home of a node that has left stays while another home leads there", async () => {
    const { pager, flush } = bench();
    const tree = new ChunkTree(shape);
    const chunk = (i: number, size: number) => ({ offset: [i * 10, 0], address: 8 + i, size, filterMask: 0 });
    for (let i = 0; i < 40; i++) tree.set(chunk(i, 1));
    await flush(tree);
    // Leaves hold four chunks: the third one leaves home, then the fourth is emptied.
    tree.set(chunk(9, 2));
    await flush(tree);
    for (let i = 12; i < 16; i++) tree.delete([i * 10, 0]);
    for (let i = 0; i < 6; i++) {
      const { root } = await flush(tree);
      await noneNamesAStranger(pager, root as number); // it holds chunks
      tree.set(chunk(9, 3 + i));
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
