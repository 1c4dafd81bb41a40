import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5FormatError, Hdf5LimitError, Hdf5TruncatedError, isHdf5Error } from "../../src/errors.js";
import {
  type ChunkNode,
  chunkNodeSize,
  decodeChunkNode,
  decodeGroupNode,
  encodeChunkNode,
  encodeGroupNode,
  type GroupNode,
  groupNodeSize,
  readGroupBtree,
} from "../../src/format/btree-v1.js";
import type { FormatContext } from "../../src/format/context.js";
import { PagedSource, walkEverywhere } from "./paged-source.js";
import { fixtureBytes } from "./walker-fixtures.js";

const CONTEXT: FormatContext = {
  sizeOfOffsets: 8,
  sizeOfLengths: 8,
  baseAddress: 0,
  groupLeafK: 4,
  groupInternalK: 16,
  chunkInternalK: 32,
};
const LIMITS = { treeDepth: 64 };

/** A file that starts with nothing but group nodes: `fanOut[0]` children of the root, and so on; leaves name symbol nodes. */
function groupTree(
  ctx: FormatContext,
  fanOut: readonly number[],
): { bytes: Uint8Array; root: number; leaves: number[] } {
  const size = groupNodeSize(ctx);
  const nodes: Uint8Array[] = [];
  const leaves: number[] = [];
  let nextLeaf = 0;
  const build = (depth: number): number => {
    const children: number[] = [];
    const level = fanOut.length - 1 - depth;
    for (let i = 0; i < (fanOut[depth] ?? 0); i++) {
      if (level > 0) children.push(build(depth + 1));
      else {
        children.push(1_000_000 + 1000 * nextLeaf++);
        leaves.push(children[i] as number);
      }
    }
    const out = new ByteWriter();
    encodeGroupNode(out, { level, keys: Array(children.length + 1).fill(0), children }, ctx);
    nodes.push(out.bytes());
    return 64 + (nodes.length - 1) * size;
  };
  const root = build(0);
  const bytes = new Uint8Array(Math.max(64 + nodes.length * size, 1_000_000 + 1000 * nextLeaf));
  for (const [i, node] of nodes.entries()) bytes.set(node, 64 + i * size);
  return { bytes, root, leaves };
}

describe("the walk over a group's B-tree", () => {
  test.each([[[4]], [[3, 4]], [[2, 3, 4]], [[1, 2, 2, 3]]])(
    "gives the same addresses cold, warm and in memory at every page size, in one round trip per level (fan-out %j)",
    (fanOut) => {
      const ctx = { ...CONTEXT, groupInternalK: 2 };
      const { bytes, root, leaves } = groupTree(ctx, fanOut);
      const { result, rounds } = walkEverywhere(
        bytes,
        (source) => readGroupBtree(source, root, ctx, LIMITS),
        (actual, expected) => expect(actual).toEqual(expected),
      );
      expect(result).toEqual(leaves);
      for (const [pageSize, count] of rounds) {
        if (pageSize <= 64) expect(count).toBe(fanOut.length);
        else expect(count).toBeLessThanOrEqual(fanOut.length);
      }
    },
  );

  test("takes 3 round trips for 529 nodes and decodes each of them once", () => {
    const { bytes, root, leaves } = groupTree(CONTEXT, [16, 32, 2]);
    const source = new PagedSource(bytes, 64);
    expect(source.settle((from) => readGroupBtree(from, root, CONTEXT, LIMITS))).toEqual(leaves);
    expect(source.rounds).toBe(3);
    expect(source.decoded).toEqual(new Map([["group B-tree node", 529]]));
  });

  test("asks for what the caller needs anyway in the same rounds", () => {
    const { bytes, root } = groupTree(CONTEXT, [2, 2]);
    const source = new PagedSource(bytes, 64);
    const segment = { address: 900_000, length: 500 };
    source.settle((from) => {
      readGroupBtree(from, root, CONTEXT, LIMITS, [segment]);
      return from.read(segment.address, segment.length, "local heap data segment").bytes;
    });
    expect(source.rounds).toBe(2);
  });

  test("of an empty group finds nothing", () => {
    const { bytes, root } = groupTree(CONTEXT, [0]);
    expect(new PagedSource(bytes, 64).settle((from) => readGroupBtree(from, root, CONTEXT, LIMITS))).toEqual([]);
  });

  describe("refuses", () => {
    const size = groupNodeSize(CONTEXT);
    const file = (...nodes: GroupNode[]): Uint8Array => {
      const out = new ByteWriter();
      for (const node of nodes) encodeGroupNode(out, node, CONTEXT);
      return out.zeros(10_000).bytes();
    };
    const walk = (bytes: Uint8Array): unknown =>
      new PagedSource(bytes, 16).settle((from) => readGroupBtree(from, 0, CONTEXT, LIMITS));

    test("a node that is its own child", () => {
      expect(() => walk(file({ level: 1, keys: [0, 0], children: [0] }))).toThrow(Hdf5FormatError);
    });

    test("a child shared by two parents, before its subtree is walked twice", () => {
      const level = (at: number, level: number): GroupNode => ({ level, keys: [0, 0, 0], children: [at, at] });
      expect(() => walk(file(level(size, 2), level(2 * size, 1)))).toThrow(/twice/);
    });

    test("a child whose level does not fall by one", () => {
      const nodes = [
        { level: 2, keys: [0, 0], children: [size] },
        { level: 0, keys: [0, 0], children: [5000] },
      ];
      expect(() => walk(file(...nodes))).toThrow(/level is 0, expected 1/);
    });

    test("an empty node below the root", () => {
      const nodes = [
        { level: 1, keys: [0, 0], children: [size] },
        { level: 0, keys: [], children: [] },
      ];
      expect(() => walk(file(...nodes))).toThrow(/entries used is 0/);
    });

    test("a root above the depth budget", () => {
      expect(() => walk(file({ level: 255, keys: [0, 0], children: [size] }))).toThrow(Hdf5LimitError);
    });

    test("a child beyond the end of the file", () => {
      expect(() => walk(file({ level: 1, keys: [0, 0], children: [2 ** 40] }))).toThrow(Hdf5TruncatedError);
    });

    test("more children than the file's K allows", () => {
      const bytes = file({ level: 0, keys: [0, 0], children: [5000] });
      bytes[6] = 0xff;
      expect(() => walk(bytes)).toThrow(/entries used is 255, at most 32/);
    });

    test("more nodes than fit into the file, though each is another address", () => {
      // Every address of this file holds the start of a node: "TREE" nodes that overlap and name the next bytes.
      const bytes = file({ level: 1, keys: Array(33).fill(0), children: Array.from({ length: 32 }, (_, i) => i + 1) });
      expect(() => walk(bytes)).toThrow(Hdf5FormatError);
    });
  });
});

describe("nodes", () => {
  const hex = (text: string): Uint8Array =>
    Uint8Array.from(text.replaceAll(/[^0-9a-f]/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

  /**
   * From test/corpus/walkers/chunks-v1.h5 (libhdf5 1.10.8, K = 2): the only leaf of "odd last key", a dataset of chunks of
   * 2 × 2 4-byte integers of which [0, 0] was written, then [2, 2]. The two entries not in use follow as zeros.
   */
  const CHUNK_LEAF = hex(`
    54 52 45 45  01  00  02 00  ff ff ff ff ff ff ff ff  ff ff ff ff ff ff ff ff
    10 00 00 00  00 00 00 00  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  bc 12 00 00 00 00 00 00
    10 00 00 00  00 00 00 00  02 00 00 00 00 00 00 00  02 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  cc 12 00 00 00 00 00 00
    00 00 00 00  00 00 00 00  02 00 00 00 00 00 00 00  02 00 00 00 00 00 00 00  04 00 00 00 00 00 00 00`);

  test("of a chunk index of libhdf5 give their fields, and are written again to the same bytes", () => {
    const ctx = { ...CONTEXT, chunkInternalK: 2 };
    const key = (size: number, offset: number[]) => ({ size, filterMask: 0, offset });
    const node = decodeChunkNode(new Cursor(CHUNK_LEAF, "node"), ctx, 2);
    expect(node).toEqual({
      level: 0,
      left: undefined,
      right: undefined,
      keys: [key(16, [0, 0]), key(16, [2, 2]), { ...key(0, [2, 2]), elementOffset: 4 }],
      children: [4796, 4812],
    });
    const out = new ByteWriter();
    encodeChunkNode(out, node, ctx);
    expect(out.bytes().subarray(0, CHUNK_LEAF.length)).toEqual(CHUNK_LEAF);
    expect(
      out
        .bytes()
        .subarray(CHUNK_LEAF.length)
        .every((byte) => byte === 0),
    ).toBe(true);
  });

  test("of groups of libhdf5 are written again to the same bytes, as far as they are in use", () => {
    const ctx = { ...CONTEXT, groupLeafK: 2, groupInternalK: 2 };
    const bytes = fixtureBytes("old-group.h5");
    const text = new TextDecoder("latin1").decode(bytes);
    let nodes = 0;
    for (let at = text.indexOf("TREE"); at >= 0; at = text.indexOf("TREE", at + 1)) {
      const node = decodeGroupNode(new Cursor(bytes.subarray(at, at + groupNodeSize(ctx)), "node"), ctx);
      const out = new ByteWriter();
      encodeGroupNode(out, node, ctx);
      const used = 24 + node.children.length * 8 + node.keys.length * 8;
      expect(out.bytes().subarray(0, used)).toEqual(bytes.subarray(at, at + used));
      nodes++;
    }
    expect(nodes).toBeGreaterThan(50);
  });

  const sizes = fc.constantFrom(2, 4, 8);

  test("of a chunk index keep every field through encode and decode", () => {
    const key = (rank: number) =>
      fc.record(
        {
          size: fc.nat(0xffffffff),
          filterMask: fc.nat(0xffffffff),
          offset: fc.array(fc.nat(2 ** 53 - 1), { minLength: rank, maxLength: rank }),
          elementOffset: fc.integer({ min: 1, max: 16 }),
        },
        { requiredKeys: ["size", "filterMask", "offset"] },
      );
    const node = fc
      .record({ rank: fc.integer({ min: 1, max: 32 }), count: fc.integer({ min: 1, max: 8 }), level: fc.nat(255) })
      .chain(({ rank, count, level }) =>
        fc.record({
          level: fc.constant(level),
          left: fc.option(fc.nat(60000), { nil: undefined }),
          right: fc.option(fc.nat(60000), { nil: undefined }),
          keys: fc.array(key(rank), { minLength: count + 1, maxLength: count + 1 }),
          children: fc.array(fc.nat(60000), { minLength: count, maxLength: count }),
        }),
      );
    fc.assert(
      fc.property(node, sizes, sizes, (value: ChunkNode, sizeOfOffsets, sizeOfLengths) => {
        const ctx = { ...CONTEXT, sizeOfOffsets, sizeOfLengths, chunkInternalK: 4 };
        const rank = value.keys[0]?.offset.length ?? 0;
        const out = new ByteWriter();
        encodeChunkNode(out, value, ctx);
        expect(out.length).toBe(chunkNodeSize(ctx, rank));
        expect(decodeChunkNode(new Cursor(out.bytes(), "node"), ctx, rank)).toEqual(value);
      }),
    );
  });

  test("of a group keep every field through encode and decode", () => {
    const node = fc.integer({ min: 1, max: 8 }).chain((count) =>
      fc.record({
        level: fc.nat(255),
        left: fc.option(fc.nat(60000), { nil: undefined }),
        right: fc.option(fc.nat(60000), { nil: undefined }),
        keys: fc.array(fc.nat(60000), { minLength: count + 1, maxLength: count + 1 }),
        children: fc.array(fc.nat(60000), { minLength: count, maxLength: count }),
      }),
    );
    fc.assert(
      fc.property(node, sizes, sizes, (value, sizeOfOffsets, sizeOfLengths) => {
        const ctx = { ...CONTEXT, sizeOfOffsets, sizeOfLengths, groupInternalK: 4 };
        const out = new ByteWriter();
        encodeGroupNode(out, value, ctx);
        expect(out.length).toBe(groupNodeSize(ctx));
        expect(decodeGroupNode(new Cursor(out.bytes(), "node"), ctx)).toEqual(value);
      }),
    );
  });

  test("made of arbitrary bytes give a node or an error of ours", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (tail, group) => {
        const bytes = new Uint8Array(8 + tail.length);
        bytes.set([0x54, 0x52, 0x45, 0x45, group ? 0 : 1]);
        bytes.set(tail, 5);
        try {
          if (group) decodeGroupNode(new Cursor(bytes, "node"), CONTEXT);
          else decodeChunkNode(new Cursor(bytes, "node"), CONTEXT, 2);
        } catch (thrown) {
          expect(isHdf5Error(thrown)).toBe(true);
        }
      }),
    );
  });
});
