/**
 * Version 1 B-tree: index of old-style groups (node type 0) and of chunks (node type 1).
 * Spec: File Format 3.0, III.A.1. No checksum. A tree is as deep as its root's level says; leaves have level 0.
 *
 *   node:       "TREE" | node type u8 | node level u8 | entries used u16 | left sibling O | right sibling O
 *               | key 0 | child 0 (O) | key 1 | child 1 | … | key n        (room for 2K children and 2K + 1 keys)
 *   group key:  offset of a name in the group's local heap, L
 *   chunk key:  stored size u32 | filter mask u32 | offset u64 × (rank + 1), the last one in the element's bytes
 *
 * Key i is at most (groups: below) what child i holds, key n is at least (chunks: above) all of it. A chunk leaf's key
 * i *describes* child i: it is the chunk's size, mask and offset; the node's last key only closes the range.
 */
import type { ByteWriter } from "../bytes/byte-writer.js";
import type { Cursor } from "../bytes/cursor.js";
import { Hdf5FormatError, Hdf5LimitError, Hdf5UsageError } from "../errors.js";
import type { ByteRange, ByteSource } from "./byte-source.js";
import {
  type FormatContext,
  readAddress,
  readDefinedAddress,
  readLength,
  writeAddress,
  writeLength,
} from "./context.js";
import { needTogether } from "./gather-misses.js";
import { symbolTableNodeRange } from "./symbol-table-node.js";
import { type TreeLimits, VisitedNodes } from "./visited-nodes.js";

const GROUP_NODE = "group B-tree node";

/** What nodes of both types have. */
export interface BtreeNode<Key> {
  readonly level: number;
  readonly left?: number | undefined;
  readonly right?: number | undefined;
  /** One more than children. */
  readonly keys: readonly Key[];
  /** Addresses of nodes one level below; on level 0, of symbol table nodes or chunks. */
  readonly children: readonly number[];
}

/** A node of a group's tree. Keys are offsets of names in the local heap. */
export type GroupNode = BtreeNode<number>;

/** Size, filter mask and place of a chunk. */
export interface ChunkKey {
  /** Stored bytes, after filters. */
  readonly size: number;
  /** Bit i set: filter i of the pipeline was not applied. */
  readonly filterMask: number;
  /** In elements, one entry per dimension. */
  readonly offset: readonly number[];
  /** Offset within the element, in bytes: 0 (absent) for chunks; libhdf5 puts the element size into the last key of a tree. */
  readonly elementOffset?: number | undefined;
}

/** A node of a chunk index. */
export type ChunkNode = BtreeNode<ChunkKey>;

interface Shape<Key> {
  readonly type: number;
  readonly maxChildren: number;
  readonly decodeKey: (cur: Cursor) => Key;
}

function decodeNode<Key>(cur: Cursor, ctx: FormatContext, shape: Shape<Key>): BtreeNode<Key> {
  cur.signature("TREE");
  const type = cur.u8("node type");
  if (type !== shape.type) cur.fail("node type", `is ${type}, expected ${shape.type}`);
  const level = cur.u8("node level");
  const count = cur.u16("entries used");
  if (count > shape.maxChildren) cur.fail("entries used", `is ${count}, at most ${shape.maxChildren}`);
  const left = readAddress(cur, ctx, "left sibling address");
  const right = readAddress(cur, ctx, "right sibling address");
  const keys: Key[] = [];
  const children: number[] = [];
  for (let i = 0; i < count; i++) {
    keys.push(shape.decodeKey(cur));
    children.push(readDefinedAddress(cur, ctx, "child address"));
  }
  if (count > 0) keys.push(shape.decodeKey(cur));
  return { level, left, right, keys, children };
}

function encodeNode<Key>(
  out: ByteWriter,
  node: BtreeNode<Key>,
  ctx: FormatContext,
  shape: { readonly type: number; readonly maxChildren: number; readonly size: number },
  encodeKey: (key: Key) => void,
): void {
  const { keys, children } = node;
  if (children.length > shape.maxChildren) {
    throw new Hdf5UsageError("children", `are ${children.length}`, `at most ${shape.maxChildren}`);
  }
  if (keys.length !== children.length + 1 && keys.length + children.length > 0) {
    throw new Hdf5UsageError("keys", `are ${keys.length}`, `${children.length + 1}, one more than children`);
  }
  const end = out.length + shape.size;
  out.ascii("TREE").u8(shape.type).u8(node.level).u16(children.length);
  writeAddress(out, node.left, ctx);
  writeAddress(out, node.right, ctx);
  keys.forEach((key, i) => {
    encodeKey(key);
    if (i < children.length) writeAddress(out, children[i], ctx);
  });
  out.zeros(end - out.length);
}

function nodeSize(ctx: FormatContext, maxChildren: number, keySize: number): number {
  return 8 + 2 * ctx.sizeOfOffsets + maxChildren * ctx.sizeOfOffsets + (maxChildren + 1) * keySize;
}

/** Bytes of a node of a group's tree. */
export function groupNodeSize(ctx: FormatContext): number {
  return nodeSize(ctx, 2 * ctx.groupInternalK, ctx.sizeOfLengths);
}

export function decodeGroupNode(cur: Cursor, ctx: FormatContext): GroupNode {
  const decodeKey = (at: Cursor): number => readLength(at, ctx, "key");
  return decodeNode(cur, ctx, { type: 0, maxChildren: 2 * ctx.groupInternalK, decodeKey });
}

/** A whole node; room not in use is zeros. */
export function encodeGroupNode(out: ByteWriter, node: GroupNode, ctx: FormatContext): void {
  const shape = { type: 0, maxChildren: 2 * ctx.groupInternalK, size: groupNodeSize(ctx) };
  encodeNode(out, node, ctx, shape, (key) => writeLength(out, key, ctx));
}

/** Bytes of a node of a chunk index over `rank` dimensions. */
export function chunkNodeSize(ctx: FormatContext, rank: number): number {
  return nodeSize(ctx, 2 * ctx.chunkInternalK, 8 + 8 * (rank + 1));
}

export function decodeChunkNode(cur: Cursor, ctx: FormatContext, rank: number): ChunkNode {
  const decodeKey = (at: Cursor): ChunkKey => {
    const size = at.u32("chunk size");
    const filterMask = at.u32("filter mask");
    const offset: number[] = [];
    for (let d = 0; d < rank; d++) offset.push(at.u64("chunk offset"));
    const elementOffset = at.u64("chunk offset in the element");
    return elementOffset === 0 ? { size, filterMask, offset } : { size, filterMask, offset, elementOffset };
  };
  return decodeNode(cur, ctx, { type: 1, maxChildren: 2 * ctx.chunkInternalK, decodeKey });
}

/** A whole node; room not in use is zeros. The rank is that of the keys, so at least one child is needed. */
export function encodeChunkNode(out: ByteWriter, node: ChunkNode, ctx: FormatContext): void {
  const rank = node.keys[0]?.offset.length;
  if (rank === undefined) throw new Hdf5UsageError("keys", "are none", "at least one child and two keys");
  const shape = { type: 1, maxChildren: 2 * ctx.chunkInternalK, size: chunkNodeSize(ctx, rank) };
  encodeNode(out, node, ctx, shape, (key) => {
    out.u32(key.size).u32(key.filterMask);
    for (const along of key.offset) out.u64(along);
    out.u64(key.elementOffset ?? 0);
  });
}

/**
 * The level of a node against what its parent says: the root's own bounds the walk, below it falls by one.
 * @throws Hdf5LimitError for a root that is too high, Hdf5FormatError for a wrong level.
 */
export function checkLevel(
  structure: string,
  address: number,
  level: number,
  expected: number | undefined,
  limits: TreeLimits,
): void {
  if (expected === undefined) {
    if (level >= limits.treeDepth) {
      throw new Hdf5LimitError("treeDepth", level + 1, limits.treeDepth, `levels below a ${structure}`);
    }
  } else if (level !== expected) {
    const where = { structure, address, offset: 5, field: "node level" };
    throw new Hdf5FormatError(where, `is ${level}, expected ${expected}, one below its parent's`);
  }
}

/**
 * Addresses of a group's symbol table nodes, in name order. One round trip per level.
 * @param alongside ranges that the caller will need anyway (the local heap's segment), loaded in the same rounds.
 * @throws Hdf5FormatError for a cycle, a shared child, a wrong level or an empty node below the root.
 */
export function readGroupBtree(
  source: ByteSource,
  address: number,
  ctx: FormatContext,
  limits: TreeLimits,
  alongside: readonly ByteRange[] = [],
): readonly number[] {
  const length = groupNodeSize(ctx);
  const visited = new VisitedNodes(GROUP_NODE, length, source.end);
  let addresses: readonly number[] = [address];
  let expected: number | undefined;
  for (;;) {
    for (const at of addresses) visited.add(at);
    needTogether(
      source,
      addresses.map((at) => ({ address: at, length })),
      () => alongside,
    );
    const below: number[] = [];
    let level = 0;
    for (const at of addresses) {
      const node = source.memo(GROUP_NODE, at, () => decodeGroupNode(source.read(at, length, GROUP_NODE), ctx));
      level = node.level;
      checkLevel(GROUP_NODE, at, level, expected, limits);
      if (node.children.length === 0 && (expected !== undefined || level > 0)) {
        throw new Hdf5FormatError({ structure: GROUP_NODE, address: at, offset: 6, field: "entries used" }, "is 0");
      }
      for (const child of node.children) below.push(child);
    }
    if (level === 0) {
      const leaves = new VisitedNodes("symbol table node", symbolTableNodeRange(0, ctx).length, source.end);
      for (const child of below) leaves.add(child);
      return below;
    }
    expected = level - 1;
    addresses = below;
  }
}
