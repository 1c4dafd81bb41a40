/**
 * A dataset's version-1 B-tree of chunks while it is edited: nodes in memory, changed ones copied to fresh space at
 * each flush, up to the root. Design: writer-design, sections 0 (fact 2) and 3.1. Spec: III.A.1.
 *
 * Every key of a node is also its right neighbour's first key, so that the C library can insert anywhere.
 * Neighbours of copied nodes that stay get their sibling addresses patched: 8 bytes, without a checksum.
 */
import { ByteWriter } from "../../bytes/byte-writer.js";
import { Hdf5FormatError, Hdf5LimitError } from "../../errors.js";
import {
  type ChunkKey,
  type ChunkNode,
  chunkNodeSize,
  decodeChunkNode,
  encodeChunkNode,
} from "../../format/btree-v1.js";
import { type FormatContext, writeAddress } from "../../format/context.js";
import type { Pager } from "../../io/pager.js";
import { settle } from "../../io/settle.js";
import type { Limits } from "../../model/limits.js";
import type { Allocator } from "../allocator.js";
import type { Commit } from "../commit.js";
import type { StoredChunk } from "./contract.js";

interface Leaf {
  readonly level: 0;
  items: StoredChunk[];
  address: number | undefined;
  changed: boolean;
  /** The last key as last written, to notice when it changes; its last number is the offset in the element. */
  endKey: readonly number[] | undefined;
  left: number | undefined;
  right: number | undefined;
}

interface Branch extends Omit<Leaf, "level" | "items"> {
  readonly level: number;
  items: Node[];
}

type Node = Leaf | Branch;

function isLeaf(node: Node): node is Leaf {
  return node.level === 0;
}

/** What a tree must know of its dataset and file. */
export interface ChunkTreeShape {
  readonly context: FormatContext;
  readonly chunkShape: readonly number[];
  readonly elementSize: number;
}

export class ChunkTree {
  readonly #shape: ChunkTreeShape;
  readonly #capacity: number;
  #root: Node | undefined;
  #count = 0;

  constructor(shape: ChunkTreeShape) {
    this.#shape = shape;
    this.#capacity = 2 * shape.context.chunkInternalK;
  }

  /** Load the tree of an existing dataset. @throws Hdf5FormatError when it is damaged. */
  static async load(
    pager: Pager,
    limits: Limits,
    address: number | undefined,
    shape: ChunkTreeShape,
  ): Promise<ChunkTree> {
    const tree = new ChunkTree(shape);
    if (address === undefined) return tree;
    const size = chunkNodeSize(shape.context, shape.chunkShape.length);
    const visited = new Set<number>();
    let level: { address: number; node: Node | undefined }[] = [{ address, node: undefined }];
    let parents: Branch[] = [];
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > limits.treeDepth) throw new Hdf5LimitError("treeDepth", depth, limits.treeDepth, "chunk B-tree");
      for (const { address } of level) {
        if (visited.has(address)) {
          throw new Hdf5FormatError({ structure: "chunk B-tree node", address }, "is reached twice");
        }
        visited.add(address);
      }
      const addresses = level.map((entry) => entry.address);
      const decoded = await settle(
        pager,
        (source) => {
          source.need(addresses.map((at) => ({ address: at, length: size })));
          return addresses.map((at) =>
            decodeChunkNode(source.read(at, size, "chunk B-tree node"), shape.context, shape.chunkShape.length),
          );
        },
        { metadataBytes: limits.metadataBytes },
      );
      const nodes = decoded.map((stored, i) => nodeOf(stored, addresses[i] as number));
      const expected = parents[0]?.level;
      for (const node of nodes) {
        if (expected !== undefined && node.level !== expected - 1) {
          throw new Hdf5FormatError({ structure: "chunk B-tree node", address: node.address }, "has the wrong level");
        }
      }
      if (depth === 0) tree.#root = nodes[0];
      let next = 0;
      for (const parent of parents) {
        parent.items = parent.items.map(() => nodes[next++] as Node);
      }
      parents = nodes.filter((node): node is Branch => !isLeaf(node));
      level = decoded.flatMap((stored) =>
        stored.level === 0 ? [] : stored.children.map((at) => ({ address: at, node: undefined })),
      );
      for (const node of nodes) if (isLeaf(node)) tree.#count += node.items.length;
    }
    return tree;
  }

  /** Chunks stored. */
  get count(): number {
    return this.#count;
  }

  find(offset: readonly number[]): StoredChunk | undefined {
    let node = this.#root;
    while (node !== undefined && !isLeaf(node)) node = node.items[childFor(node, offset)];
    if (node === undefined) return undefined;
    const at = lowerBound(node.items, offset);
    const found = node.items[at];
    return found !== undefined && compare(found.offset, offset) === 0 ? found : undefined;
  }

  /** All chunks, in row-major order of their offsets. */
  *entries(): Iterable<StoredChunk> {
    const stack: Node[] = this.#root === undefined ? [] : [this.#root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (isLeaf(node)) yield* node.items;
      else for (let i = node.items.length - 1; i >= 0; i--) stack.push(node.items[i] as Node);
    }
  }

  /** Chunks that touch [low, high) in the first dimension, in row-major order of their offsets. */
  *entriesBetween(low: number, high: number, extent: number): Iterable<StoredChunk> {
    const stack: Node[] = this.#root === undefined ? [] : [this.#root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (isLeaf(node)) {
        for (const chunk of node.items) {
          const at = chunk.offset[0] ?? 0;
          if (at < high && at + extent > low) yield chunk;
        }
        continue;
      }
      for (let i = node.items.length - 1; i >= 0; i--) {
        const child = node.items[i] as Node;
        const next = node.items[i + 1];
        const starts = firstOffset(child)[0] ?? 0;
        const ends = next === undefined ? Number.POSITIVE_INFINITY : (firstOffset(next)[0] ?? 0);
        if (starts < high && ends + extent > low) stack.push(child);
      }
    }
  }

  /** Add a chunk, or put it in the place of the one with the same offset. */
  set(chunk: StoredChunk): void {
    this.#isFlushed = false;
    if (this.#root === undefined) this.#root = emptyLeaf();
    const path: { node: Branch; at: number }[] = [];
    let node: Node = this.#root;
    let rightmost = true;
    while (!isLeaf(node)) {
      node.changed = true;
      const at = childFor(node, chunk.offset);
      rightmost &&= at === node.items.length - 1;
      path.push({ node, at });
      node = node.items[at] as Node;
    }
    node.changed = true;
    const at = lowerBound(node.items, chunk.offset);
    const present = node.items[at];
    if (present !== undefined && compare(present.offset, chunk.offset) === 0) {
      node.items[at] = chunk;
      return;
    }
    this.#count++;
    const atEnd = rightmost && at === node.items.length;
    node.items.splice(at, 0, chunk);
    let split: Node | undefined = this.#splitFull(node, atEnd);
    while (split !== undefined) {
      const parent = path.pop();
      if (parent === undefined) {
        const old: Node = this.#root as Node; // set above
        this.#root = { ...emptyNode(), level: old.level + 1, items: [old, split] };
        return;
      }
      parent.node.items.splice(parent.at + 1, 0, split);
      split = this.#splitFull(parent.node, atEnd);
    }
  }

  /** Remove a chunk; false when there is none. */
  delete(offset: readonly number[]): boolean {
    const path: { node: Branch; at: number }[] = [];
    let node = this.#root;
    while (node !== undefined && !isLeaf(node)) {
      const at = childFor(node, offset);
      path.push({ node, at });
      node = node.items[at];
    }
    if (node === undefined) return false;
    const at = lowerBound(node.items, offset);
    const found = node.items[at];
    if (found === undefined || compare(found.offset, offset) !== 0) return false;
    node.items.splice(at, 1);
    node.changed = true;
    this.#isFlushed = false;
    this.#count--;
    let emptied = node.items.length === 0;
    for (let step = path.pop(); step !== undefined; step = path.pop()) {
      step.node.changed = true;
      if (emptied) {
        this.#dropped(step.node.items[step.at] as Node);
        step.node.items.splice(step.at, 1);
      }
      emptied = step.node.items.length === 0;
    }
    if (emptied && this.#root !== undefined) {
      this.#dropped(this.#root);
      this.#root = undefined;
    }
    return true;
  }

  /** Give up the whole tree. */
  release(allocator: Allocator): void {
    const size = chunkNodeSize(this.#shape.context, this.#shape.chunkShape.length);
    const stack: Node[] = this.#root === undefined ? [] : [this.#root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      this.#dropped(node);
      if (!isLeaf(node)) stack.push(...node.items);
    }
    this.#root = undefined;
    for (const address of this.#gone) allocator.free(address, size, "metadata");
    this.#gone = [];
  }

  #gone: number[] = [];
  /** Nothing has changed since the last flush. */
  #isFlushed = false;

  #dropped(node: Node): void {
    if (node.address !== undefined) this.#gone.push(node.address);
  }

  /**
   * Write what has changed: changed nodes and their parents to fresh space (data), sibling addresses of nodes that
   * stay (publish). Returns the root's address.
   */
  flush(allocator: Allocator, commit: Commit): number | undefined {
    if (this.#isFlushed) return this.#root?.address;
    this.#isFlushed = true;
    const { context, chunkShape } = this.#shape;
    const size = chunkNodeSize(context, chunkShape.length);
    for (const address of this.#gone) allocator.free(address, size, "metadata");
    this.#gone = [];
    if (this.#root === undefined) return undefined;
    const levels: Node[][] = [[this.#root]];
    for (let nodes = levels[0] as Node[]; nodes[0] !== undefined && !isLeaf(nodes[0]); ) {
      nodes = nodes.flatMap((node) => (isLeaf(node) ? [] : node.items));
      levels.unshift(nodes);
    }
    for (const nodes of levels) this.#flushLevel(nodes, size, allocator, commit);
    return this.#root.address;
  }

  #flushLevel(nodes: readonly Node[], size: number, allocator: Allocator, commit: Commit): void {
    const endKeys = nodes.map((node, i) =>
      i + 1 < nodes.length ? [...firstOffset(nodes[i + 1] as Node), 0] : this.#pastEnd(node),
    );
    const moved = nodes.map((node, i) => {
      const stale = node.changed || node.address === undefined || !sameKey(node.endKey, endKeys[i]);
      if (!stale) return false;
      if (node.address !== undefined) allocator.free(node.address, size, "metadata");
      node.address = allocator.metadata(size, { usage: "btree", sectorSafe: false });
      return true;
    });
    nodes.forEach((node, i) => {
      const left = nodes[i - 1]?.address;
      const right = nodes[i + 1]?.address;
      const address = node.address as number; // every node has one by now
      if (moved[i]) {
        const endKey = endKeys[i] as readonly number[];
        commit.data.push({ address, bytes: this.#encode(node, left, right, endKey) });
        node.endKey = endKey;
        node.changed = false;
      } else {
        const { sizeOfOffsets } = this.#shape.context;
        if (node.left !== left) commit.publish.push({ address: address + 8, bytes: this.#addressBytes(left) });
        if (node.right !== right)
          commit.publish.push({ address: address + 8 + sizeOfOffsets, bytes: this.#addressBytes(right) });
      }
      node.left = left;
      node.right = right;
    });
    // A parent holds addresses and end keys of its children.
    this.#markParents(nodes, moved);
  }

  #markParents(nodes: readonly Node[], moved: readonly boolean[]): void {
    const movedNodes = new Set(nodes.filter((_, i) => moved[i]));
    if (movedNodes.size === 0 || this.#root === undefined) return;
    const stack: Node[] = [this.#root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (isLeaf(node)) continue;
      const child = node.items[0] as Node;
      if (movedNodes.has(child) || node.items.some((item) => movedNodes.has(item))) node.changed = true;
      if (child.level > (nodes[0] as Node).level) stack.push(...node.items);
    }
  }

  #encode(node: Node, left: number | undefined, right: number | undefined, endKey: readonly number[]): Uint8Array {
    const { context } = this.#shape;
    const keys: ChunkKey[] = isLeaf(node)
      ? node.items.map(({ size, filterMask, offset }) => ({ size, filterMask, offset: [...offset] }))
      : node.items.map((child) => firstKey(child));
    keys.push({ size: 0, filterMask: 0, offset: endKey.slice(0, -1), elementOffset: endKey.at(-1) });
    const children = isLeaf(node)
      ? node.items.map((chunk) => chunk.address)
      : node.items.map((child) => child.address as number);
    const stored: ChunkNode = { level: node.level, left, right, keys, children };
    const out = new ByteWriter(chunkNodeSize(context, endKey.length - 1));
    encodeChunkNode(out, stored, context);
    return out.bytes();
  }

  /** The key behind the last chunk: one chunk further in every dimension, and one element in the element. */
  #pastEnd(node: Node): number[] {
    const { chunkShape, elementSize } = this.#shape;
    return [...lastOffset(node).map((offset, d) => offset + (chunkShape[d] ?? 1)), elementSize];
  }

  #addressBytes(address: number | undefined): Uint8Array {
    const out = new ByteWriter(8);
    writeAddress(out, address, this.#shape.context);
    return out.bytes();
  }

  /** A full node's second half; only the newest item when it was appended at the tree's end. */
  #splitFull(node: Node, atEnd: boolean): Node | undefined {
    if (node.items.length <= this.#capacity) return undefined;
    const from = atEnd ? this.#capacity : node.items.length >> 1;
    return isLeaf(node)
      ? { ...emptyLeaf(), items: node.items.splice(from) }
      : { ...emptyNode(), level: node.level, items: node.items.splice(from) };
  }
}

function emptyNode(): Omit<Leaf, "level" | "items"> {
  return { address: undefined, changed: true, endKey: undefined, left: undefined, right: undefined };
}

function emptyLeaf(): Leaf {
  return { ...emptyNode(), level: 0, items: [] };
}

function nodeOf(stored: ChunkNode, address: number): Node {
  const last = stored.keys.at(-1);
  const endKey = last === undefined ? undefined : [...last.offset, last.elementOffset ?? 0];
  const common = { address, changed: false, endKey, left: stored.left, right: stored.right };
  if (stored.level > 0) {
    // Children are put in when their level has been read; until then one place each.
    return { ...common, level: stored.level, items: stored.children.map(() => emptyLeaf()) };
  }
  const items = stored.children.map((chunk, i) => {
    const key = stored.keys[i] as ChunkKey; // a decoded node has one key more than children
    return { offset: key.offset, address: chunk, size: key.size, filterMask: key.filterMask };
  });
  return { ...common, level: 0, items };
}

function firstKey(node: Node): ChunkKey {
  let first = node;
  while (!isLeaf(first)) first = first.items[0] as Node; // no node in the tree is empty
  const chunk = first.items[0] as StoredChunk;
  return { size: chunk.size, filterMask: chunk.filterMask, offset: [...chunk.offset] };
}

function firstOffset(node: Node): readonly number[] {
  let first = node;
  while (!isLeaf(first)) first = first.items[0] as Node;
  return (first.items[0] as StoredChunk).offset;
}

function lastOffset(node: Node): readonly number[] {
  let last = node;
  while (!isLeaf(last)) last = last.items.at(-1) as Node;
  return (last.items.at(-1) as StoredChunk).offset;
}

/** The last child whose first offset is not above `offset`; the first child when all are. */
function childFor(node: Branch, offset: readonly number[]): number {
  let low = 0;
  let high = node.items.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (compare(firstOffset(node.items[middle] as Node), offset) <= 0) low = middle;
    else high = middle - 1;
  }
  return low;
}

function lowerBound(items: readonly StoredChunk[], offset: readonly number[]): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare((items[middle] as StoredChunk).offset, offset) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Row-major order of offsets. */
export function compare(a: readonly number[], b: readonly number[]): number {
  for (let d = 0; d < a.length; d++) {
    const difference = (a[d] as number) - (b[d] as number); // same rank
    if (difference !== 0) return difference;
  }
  return 0;
}

function sameKey(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  return a !== undefined && b !== undefined && compare(a, b) === 0;
}
