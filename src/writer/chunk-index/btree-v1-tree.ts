/**
 * A dataset's version-1 B-tree of chunks while it is edited: nodes in memory, changed ones copied to fresh space at
 * each flush, up to the root. Design: writer-design, sections 0 (fact 2) and 3.1. Spec: III.A.1.
 *
 * The last key of a node is its right neighbour's first key. When the C library takes chunks out of that neighbour's
 * front, it raises the key, which it finds by the sibling addresses; to a node whose last key is too small it adds chunks
 * in a way that hides some of the neighbour's. So while a node lies away from home, all last keys are open: above every
 * chunk. Not where all neighbours begin with a row: their first chunks go last.
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
import type { FormatContext } from "../../format/context.js";
import type { Pager } from "../../io/pager.js";
import { settle } from "../../io/settle.js";
import type { Limits } from "../../model/limits.js";
import type { Allocator } from "../allocator.js";
import type { BlockWrite, Commit } from "../commit.js";
import { namedBy, type PlacedNode, placedAt, SiblingHomes, unplaced } from "../sibling-homes.js";
import type { StoredChunk } from "./contract.js";

interface Common extends PlacedNode {
  /** The last key, to notice when it changes; its last number is the offset in the element. */
  endKey: readonly number[] | undefined;
  /** It is stored as an open one. */
  isOpen: boolean;
}

interface Leaf extends Common {
  readonly level: 0;
  items: StoredChunk[];
}

interface Branch extends Common {
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
  /** Extent up to which the slowest dimension may grow; `Infinity`: it is unlimited. */
  readonly maxExtent: number;
}

export class ChunkTree {
  readonly #shape: ChunkTreeShape;
  readonly #capacity: number;
  readonly #homes: SiblingHomes;
  #root: Node | undefined;
  #count = 0;

  constructor(shape: ChunkTreeShape) {
    this.#shape = shape;
    this.#capacity = 2 * shape.context.chunkInternalK;
    this.#homes = new SiblingHomes(chunkNodeSize(shape.context, shape.chunkShape.length));
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
      tree.#homes.found(nodes);
      // As a flush that was cut leaves it.
      if (nodes.some(({ endKey }) => endKey?.[0] === tree.#openEnd)) tree.#homes.lookAtAll();
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
    let at = lowerBound(node.items, chunk.offset);
    const present = node.items[at];
    if (present !== undefined && compare(present.offset, chunk.offset) === 0) {
      node.items[at] = chunk;
      return;
    }
    this.#count++;
    const atEnd = rightmost && at === node.items.length;
    node.items.splice(at, 0, chunk);
    let split: Node | undefined = this.#splitFull(node, at, atEnd);
    while (split !== undefined) {
      const parent = path.pop();
      if (parent === undefined) {
        const old: Node = this.#root as Node; // set above
        this.#root = { ...emptyNode(), level: old.level + 1, items: [old, split] };
        return;
      }
      parent.node.items.splice(parent.at + 1, 0, split);
      at = at < node.items.length ? parent.at : parent.at + 1;
      node = parent.node;
      split = this.#splitFull(node, at, atEnd);
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
        this.#homes.drop(step.node.items[step.at] as Node);
        step.node.items.splice(step.at, 1);
      }
      emptied = step.node.items.length === 0;
    }
    if (emptied && this.#root !== undefined) {
      this.#homes.drop(this.#root);
      this.#root = undefined;
    }
    return true;
  }

  /** Give up the whole tree. */
  release(allocator: Allocator): void {
    this.#homes.release(this.#levels().flat(), allocator);
    this.#root = undefined;
  }

  /** Nothing has changed since the last flush. */
  #isFlushed = false;

  /** Levels of the tree, leaves first. */
  #levels(): Node[][] {
    const levels: Node[][] = this.#root === undefined ? [] : [[this.#root]];
    for (let nodes = levels[0]; nodes?.[0] !== undefined && !isLeaf(nodes[0]); ) {
      nodes = nodes.flatMap((node) => (isLeaf(node) ? [] : node.items));
      levels.unshift(nodes);
    }
    return levels;
  }

  /** Have nodes that lie away from home written again; false: there are none. */
  bringHome(): boolean {
    const found = this.#homes.bringHome(this.#levels());
    if (found) this.#isFlushed = false;
    return found;
  }

  /** Write what has changed, changed nodes and their parents, to places that nothing live names. Returns the root's address. */
  flush(allocator: Allocator, commit: Commit): number | undefined {
    if (this.#isFlushed) return this.#root?.address;
    this.#isFlushed = true;
    const levels = this.#levels();
    this.#homes.begin(childrenOfChanged(levels), allocator);
    for (const nodes of levels) {
      nodes.forEach((node, i) => {
        if (node.changed) return;
        const next = nodes[i + 1];
        const ends = !this.#homes.concerns(undefined, next) || this.#endsBefore(node, next);
        node.changed = !ends || (!isLeaf(node) && node.items.some(isChanged));
      });
      this.#homes.place(nodes, allocator);
    }
    this.#homes.end(levels, allocator);
    const isOpen = this.#isOpen(levels);
    for (const nodes of levels) {
      for (let i = 0; i < nodes.length; i++) this.#write(nodes[i] as Node, nodes[i + 1], isOpen, commit);
    }
    return this.#root?.address;
  }

  #write(node: Node, next: Node | undefined, isOpen: boolean, commit: Commit): void {
    const wasOpen = node.isOpen;
    node.isOpen = isOpen;
    if (node.changed) {
      node.changed = false;
      node.endKey = next === undefined ? this.#pastEnd(node) : [...firstOffset(next), 0];
      commit.data.push({ address: node.address as number, bytes: this.#encode(node) }); // it was given a place
    } else if (wasOpen !== isOpen) commit.publish.push(this.#firstOfEndKey(node));
  }

  /** Is a node's last key that of its right neighbour, or behind all? */
  #endsBefore(node: Node, next: Node | undefined): boolean {
    const { endKey } = node;
    if (endKey === undefined) return false;
    if (next === undefined) return compare(this.#pastEnd(node), endKey) === 0;
    const first = firstOffset(next);
    return endKey[first.length] === 0 && compare(first, endKey) === 0;
  }

  /** Must last keys be open? */
  #isOpen(levels: readonly (readonly Node[])[]): boolean {
    return levels.some((nodes) => {
      let leftIsAway = false;
      return nodes.some((node, i) => {
        const isAway = node.awaySince !== undefined;
        const together = !isAway && !leftIsAway;
        leftIsAway = isAway;
        return i > 0 && !together && !beginsRow(firstOffset(node));
      });
    });
  }

  #encode(node: Node): Uint8Array {
    const { context, chunkShape } = this.#shape;
    const { level } = node;
    const { left, right } = namedBy(node);
    const keys: ChunkKey[] = isLeaf(node)
      ? node.items.map(({ size, filterMask, offset }) => ({ size, filterMask, offset: [...offset] }))
      : node.items.map((child) => firstKey(child));
    const endKey = node.endKey as readonly number[]; // it has one since it was placed
    const end = [node.isOpen ? this.#openEnd : (endKey[0] as number), ...endKey.slice(1, -1)];
    keys.push({ size: 0, filterMask: 0, offset: end, elementOffset: endKey.at(-1) });
    const children = isLeaf(node)
      ? node.items.map((chunk) => chunk.address)
      : node.items.map((child) => child.address as number);
    const stored: ChunkNode = { level, left, right, keys, children };
    const out = new ByteWriter(chunkNodeSize(context, chunkShape.length));
    encodeChunkNode(out, stored, context);
    return out.bytes();
  }

  /** The first offset of an open key: a multiple of the chunk's extent, as the library wants it. */
  get #openEnd(): number {
    const { chunkShape, maxExtent } = this.#shape;
    const extent = chunkShape[0] ?? 1;
    const end = Math.ceil(maxExtent / extent) * extent;
    return end <= Number.MAX_SAFE_INTEGER ? end : Number.MAX_SAFE_INTEGER - (Number.MAX_SAFE_INTEGER % extent);
  }

  /** The first offset of a node's last key, to be written in its place. */
  #firstOfEndKey(node: Node): BlockWrite {
    const { context, chunkShape } = this.#shape;
    const { sizeOfOffsets } = context;
    const children = node.items.length;
    const key = 8 + 8 * (chunkShape.length + 1);
    const first = node.isOpen ? this.#openEnd : (node.endKey?.[0] as number); // every node has a last key
    return {
      address: (node.address as number) + 8 + 2 * sizeOfOffsets + children * (key + sizeOfOffsets) + 8,
      bytes: ByteWriter.encoded((out) => out.u64(first)),
    };
  }

  /** The key behind the last chunk: one chunk further in every dimension, and one element in the element. */
  #pastEnd(node: Node): number[] {
    const { chunkShape, elementSize } = this.#shape;
    return [...lastOffset(node).map((offset, d) => offset + (chunkShape[d] ?? 1)), elementSize];
  }

  /**
   * A full node's second half; only the newest item, or its row, when it was appended at the tree's end. The smaller half
   * is where an item came last: others in its order find room there. With K of 1 each of them would add a level otherwise.
   */
  #splitFull(node: Node, cameLast: number, atEnd: boolean): Node | undefined {
    if (node.items.length <= this.#capacity) return undefined;
    const half = node.items.length >> 1;
    const offsets = isLeaf(node) ? node.items.map(({ offset }) => offset) : node.items.map(firstOffset);
    const row = offsets.map(beginsRow).lastIndexOf(true);
    const middle = cameLast < half ? half : node.items.length - half;
    const from = !atEnd ? middle : row > half ? row : this.#capacity;
    return isLeaf(node)
      ? { ...emptyLeaf(), items: node.items.splice(from) }
      : { ...emptyNode(), level: node.level, items: node.items.splice(from) };
  }
}

function emptyNode(): Common {
  return { ...unplaced(), endKey: undefined, isOpen: false };
}

function emptyLeaf(): Leaf {
  return { ...emptyNode(), level: 0, items: [] };
}

function nodeOf(stored: ChunkNode, address: number): Node {
  const last = stored.keys.at(-1);
  const endKey = last === undefined ? undefined : [...last.offset, last.elementOffset ?? 0];
  const common = { ...placedAt(address, stored.left, stored.right), endKey, isOpen: false };
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

function isChanged({ changed }: Node): boolean {
  return changed;
}

function* childrenOfChanged(levels: readonly (readonly Node[])[]): Generator<readonly Node[]> {
  for (const nodes of levels.slice(1)) for (const node of nodes) if (node.changed && !isLeaf(node)) yield node.items;
}

/** Is the chunk the first of those with its offset in the slowest dimension? */
function beginsRow(offset: readonly number[]): boolean {
  return offset.every((along, d) => d === 0 || along === 0);
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
