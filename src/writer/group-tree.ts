/**
 * The v1 B-tree of an old-style group while it is edited: symbol table nodes and B-tree nodes in memory, changed ones
 * copied to fresh space at each flush, up to the top. The group's root node lies above the top: see old-group.ts.
 * Design: writer-design, section 3.3. Spec: III.A.1, III.B.
 *
 * Keys are offsets of names: the key behind a child is the child's last name. The left key of a node is that of the empty
 * name, not of its left neighbour's last one: names come to a node by the keys above it, and whoever takes the last name
 * out of the neighbour need not know the node. Nodes of other writers that stay get that left key in their place.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { Hdf5FormatError, Hdf5LimitError } from "../errors.js";
import { decodeGroupNode, encodeGroupNode, type GroupNode, groupNodeSize } from "../format/btree-v1.js";
import { type FormatContext, writeLength } from "../format/context.js";
import type { LocalHeap } from "../format/local-heap.js";
import { compareBytes } from "../format/messages/link.js";
import {
  decodeSymbolTableNode,
  encodeSymbolTableNode,
  type SymbolTableEntry,
  symbolTableNodeRange,
} from "../format/symbol-table-node.js";
import type { Pager } from "../io/pager.js";
import { settle } from "../io/settle.js";
import type { Limits } from "../model/limits.js";
import type { Allocator } from "./allocator.js";
import type { Commit } from "./commit.js";
import {
  freePlaces,
  isAway,
  oneToBringHome,
  type PlacedNode,
  type Placing,
  placedAt,
  placeLevel,
  unplaced,
} from "./sibling-homes.js";

/** One link with its name. */
export interface NamedEntry extends SymbolTableEntry {
  readonly nameBytes: Uint8Array;
}

/** A symbol table node: one level below the B-tree's lowest. It names no neighbours. */
interface Leaf {
  readonly level: -1;
  address: number | undefined;
  changed: boolean;
  items: NamedEntry[];
}

interface Branch extends PlacedNode {
  readonly level: number;
  changed: boolean;
  /** Left key as it is stored. */
  startKey: number;
  items: Node[];
}

type Node = Leaf | Branch;

function isLeaf(node: Node): node is Leaf {
  return node.level === -1;
}

function isBranch(node: Node): node is Branch {
  return !isLeaf(node);
}

/** Where the tree begins, for the root node. */
export interface TreeTop {
  readonly address: number;
  /** Of the root node above it. */
  readonly level: number;
  readonly lastKey: number;
}

export class GroupTree {
  readonly #context: FormatContext;
  #top: Node | undefined;
  #gone: Node[] = [];
  #flushes = 0;
  /** The coming flush brings nodes home. */
  #closing = false;

  constructor(context: FormatContext) {
    this.#context = context;
  }

  /**
   * Load the tree of a group whose root node lies at an address. A root of one child is none of the tree: its child is
   * the top. Any other root is the top, without a place of its own: with the first change it is copied.
   * @throws Hdf5FormatError when it is damaged.
   */
  static async load(
    pager: Pager,
    limits: Limits,
    rootAddress: number,
    names: LocalHeap,
    context: FormatContext,
  ): Promise<GroupTree> {
    const tree = new GroupTree(context);
    const budget = { metadataBytes: limits.metadataBytes };
    const size = groupNodeSize(context);
    const read = (addresses: readonly number[]): Promise<GroupNode[]> =>
      settle(
        pager,
        (source) => {
          source.need(addresses.map((address) => ({ address, length: size })));
          return addresses.map((at) => decodeGroupNode(source.read(at, size, "group B-tree node"), context));
        },
        budget,
      );
    const [root] = await read([rootAddress]);
    if (root === undefined || root.children.length === 0) return tree;
    if (root.level >= limits.treeDepth) {
      throw new Hdf5LimitError("treeDepth", root.level, limits.treeDepth, "group B-tree");
    }
    const visited = new Set<number>([rootAddress]);
    const top = branchOf(root, undefined);
    let parents: Branch[] = [top];
    for (let level = root.level - 1; level >= -1; level--) {
      const addresses = parents.flatMap((parent) => childAddresses(parent));
      for (const address of addresses) {
        if (visited.has(address))
          throw new Hdf5FormatError({ structure: "group B-tree node", address }, "is reached twice");
        visited.add(address);
      }
      const below: Node[] =
        level === -1
          ? await readLeaves(pager, addresses, names, context, budget)
          : (await read(addresses)).map((node, i) => branchOf(checked(node, level, addresses[i]), addresses[i]));
      let next = 0;
      for (const parent of parents) parent.items = parent.items.map(() => below[next++] as Node);
      parents = below.filter(isBranch);
    }
    tree.#top = root.children.length === 1 ? top.items[0] : top;
    return tree;
  }

  /** All links, in name order. */
  *entries(): Iterable<NamedEntry> {
    const stack: Node[] = this.#top === undefined ? [] : [this.#top];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (isLeaf(node)) yield* node.items;
      else for (let i = node.items.length - 1; i >= 0; i--) stack.push(node.items[i] as Node);
    }
  }

  find(nameBytes: Uint8Array): NamedEntry | undefined {
    let node = this.#top;
    while (node !== undefined && !isLeaf(node)) node = node.items[childFor(node, nameBytes)];
    return node?.items.find((entry) => compareBytes(entry.nameBytes, nameBytes) === 0);
  }

  /** Add a link, or put it in the place of the one with its name. */
  set(entry: NamedEntry): void {
    if (this.#top === undefined) this.#top = newLeaf([]);
    const path: { node: Branch; at: number }[] = [];
    let node: Node = this.#top;
    while (!isLeaf(node)) {
      node.changed = true;
      const at = childFor(node, entry.nameBytes);
      path.push({ node, at });
      node = node.items[at] as Node;
    }
    node.changed = true;
    const at = node.items.findIndex(({ nameBytes }) => compareBytes(nameBytes, entry.nameBytes) >= 0);
    const present = node.items[at];
    if (present !== undefined && compareBytes(present.nameBytes, entry.nameBytes) === 0) {
      node.items[at] = entry;
      return;
    }
    node.items.splice(at < 0 ? node.items.length : at, 0, entry);
    let split: Node | undefined = this.#splitFull(node);
    while (split !== undefined) {
      const parent = path.pop();
      if (parent === undefined) {
        const old: Node = this.#top as Node; // set above
        this.#top = newBranch(old.level + 1, [old, split]);
        return;
      }
      parent.node.items.splice(parent.at + 1, 0, split);
      split = this.#splitFull(parent.node);
    }
  }

  /** A full node's second half. */
  #splitFull(node: Node): Node | undefined {
    const { groupLeafK, groupInternalK } = this.#context;
    if (node.items.length <= 2 * (isLeaf(node) ? groupLeafK : groupInternalK)) return undefined;
    const from = node.items.length >> 1;
    return isLeaf(node) ? newLeaf(node.items.splice(from)) : newBranch(node.level, node.items.splice(from));
  }

  /** Remove a link; false when there is none. */
  delete(nameBytes: Uint8Array): boolean {
    const path: { node: Branch; at: number }[] = [];
    let node = this.#top;
    while (node !== undefined && !isLeaf(node)) {
      const at = childFor(node, nameBytes);
      path.push({ node, at });
      node = node.items[at];
    }
    const at = node?.items.findIndex((entry) => compareBytes(entry.nameBytes, nameBytes) === 0) ?? -1;
    if (node === undefined || at < 0) return false;
    node.items.splice(at, 1);
    node.changed = true;
    let emptied: Node | undefined = node.items.length === 0 ? node : undefined;
    for (let step = path.pop(); step !== undefined; step = path.pop()) {
      step.node.changed = true;
      if (emptied !== undefined) {
        this.#dropped(emptied);
        step.node.items.splice(step.at, 1);
      }
      emptied = step.node.items.length === 0 ? step.node : undefined;
    }
    if (emptied !== undefined) {
      this.#dropped(emptied);
      this.#top = undefined;
    }
    return true;
  }

  #dropped(node: Node): void {
    this.#gone.push(node);
  }

  #freeGone(allocator: Allocator): void {
    for (const node of this.#gone) {
      if (!isLeaf(node)) freePlaces(node, groupNodeSize(this.#context), allocator);
      else if (node.address !== undefined) allocator.free(node.address, this.#leafSize, "metadata");
    }
    this.#gone = [];
  }

  get #leafSize(): number {
    return symbolTableNodeRange(0, this.#context).length;
  }

  /** Nodes level by level, from the top. */
  *#levels(): Generator<Node[]> {
    for (let nodes: Node[] = this.#top === undefined ? [] : [this.#top]; nodes.length > 0; ) {
      yield nodes;
      nodes = nodes.flatMap((node) => (isLeaf(node) ? [] : node.items));
    }
  }

  /** Have nodes that lie away from home written again; false: there are none. */
  bringHome(): boolean {
    const away = [...this.#levels()].flatMap((nodes) => {
      const level = nodes.filter(isBranch);
      return level.filter((node) => isAway(node, level));
    });
    for (const node of away) node.changed = true;
    this.#closing = away.length > 0;
    return this.#closing;
  }

  /** Write what has changed; returns where the tree begins. */
  flush(allocator: Allocator, commit: Commit): TreeTop | undefined {
    while (this.#top !== undefined && !isLeaf(this.#top) && this.#top.items.length === 1) {
      this.#dropped(this.#top);
      this.#top = this.#top.items[0];
    }
    this.#freeGone(allocator);
    if (this.#top === undefined) return undefined;
    const placing = {
      allocator,
      size: groupNodeSize(this.#context),
      flush: this.#flushes++,
      closing: this.#closing,
    };
    this.#closing = false;
    let moved: ReadonlySet<Node> = new Set();
    const levels = [...this.#levels()].reverse();
    for (const node of levels.flat()) {
      const left =
        isLeaf(node) || !node.changed ? undefined : oneToBringHome(node.items.filter(isBranch), placing.flush);
      if (left !== undefined) left.changed = true;
    }
    for (const nodes of levels) {
      const branches = nodes.filter(isBranch);
      moved =
        branches.length > 0
          ? this.#flushLevel(branches, moved, placing, commit)
          : this.#flushLeaves(nodes.filter(isLeaf), allocator, commit);
    }
    const { address, level } = this.#top;
    return { address: address as number, level: level + 1, lastKey: lastEntry(this.#top).nameOffset };
  }

  #flushLeaves(nodes: readonly Leaf[], allocator: Allocator, commit: Commit): ReadonlySet<Node> {
    const moved = nodes.filter((node) => node.changed || node.address === undefined);
    const size = this.#leafSize;
    for (const node of moved) {
      if (node.address !== undefined) allocator.free(node.address, size, "metadata");
      node.address = allocator.metadata(size, { usage: "btree", sectorSafe: false });
      commit.data.push({ address: node.address, bytes: this.#encodeLeaf(node) });
      node.changed = false;
    }
    return new Set(moved);
  }

  /** @param below nodes of the level below that were copied in this flush. */
  #flushLevel(nodes: readonly Branch[], below: ReadonlySet<Node>, placing: Placing, commit: Commit): ReadonlySet<Node> {
    const isStale = (node: Branch): boolean => node.changed || node.items.some((child) => below.has(child));
    const moved = placeLevel(nodes, isStale, placing);
    nodes.forEach((node, i) => {
      const address = node.address as number; // every node has one by now
      if (moved[i]) {
        node.startKey = EMPTY_NAME;
        node.changed = false;
        commit.data.push({ address, bytes: this.#encode(node) });
      } else if (nodes.length > 1 && node.startKey !== EMPTY_NAME) {
        node.startKey = EMPTY_NAME;
        const bytes = ByteWriter.encoded((out) => writeLength(out, EMPTY_NAME, this.#context));
        commit.publish.push({ address: address + 8 + 2 * this.#context.sizeOfOffsets, bytes });
      }
    });
    return new Set(nodes.filter((_, i) => moved[i]));
  }

  #encodeLeaf(node: Leaf): Uint8Array {
    const out = new ByteWriter(this.#leafSize);
    encodeSymbolTableNode(out, node.items, this.#context);
    return out.bytes();
  }

  #encode(node: Branch): Uint8Array {
    const { level, left, right } = node;
    const keys = [node.startKey, ...node.items.map((child) => lastEntry(child).nameOffset)];
    const children = node.items.map((child) => child.address as number); // the level below has been placed
    const out = new ByteWriter(groupNodeSize(this.#context));
    encodeGroupNode(out, { level, left, right, keys, children }, this.#context);
    return out.bytes();
  }

  /** The group is gone, or has its links in messages. */
  release(allocator: Allocator): void {
    const stack: Node[] = this.#top === undefined ? [] : [this.#top];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      this.#dropped(node);
      if (!isLeaf(node)) stack.push(...node.items);
    }
    this.#freeGone(allocator);
    this.#top = undefined;
  }
}

/** Offset of the name before all others, with which the names of a local heap begin. */
const EMPTY_NAME = 0;

function newLeaf(items: NamedEntry[]): Leaf {
  return { level: -1, address: undefined, changed: true, items };
}

function newBranch(level: number, items: Node[]): Branch {
  return { ...unplaced(), level, changed: true, startKey: EMPTY_NAME, items };
}

/** Children are put in when their level has been read; until then their addresses stand for them. */
function branchOf(stored: GroupNode, address: number | undefined): Branch {
  const items = stored.children.map((child) => ({ ...newLeaf([]), address: child }));
  const { level, left, right, keys } = stored;
  const place = address === undefined ? unplaced() : placedAt(address, left, right);
  return { ...place, level, changed: false, startKey: keys[0] ?? EMPTY_NAME, items };
}

function childAddresses(branch: Branch): number[] {
  return branch.items.map(({ address }) => address as number); // of a node just decoded
}

function checked(node: GroupNode, level: number, address: number | undefined): GroupNode {
  const where = { structure: "group B-tree node", address };
  if (node.level !== level) throw new Hdf5FormatError(where, `has level ${node.level}, expected ${level}`);
  if (node.children.length === 0) throw new Hdf5FormatError(where, "has no children");
  return node;
}

async function readLeaves(
  pager: Pager,
  addresses: readonly number[],
  names: LocalHeap,
  context: FormatContext,
  budget: { readonly metadataBytes: number },
): Promise<Leaf[]> {
  return await settle(
    pager,
    (source) => {
      source.need(addresses.map((address) => symbolTableNodeRange(address, context)));
      return addresses.map((address) => {
        const { length } = symbolTableNodeRange(address, context);
        const stored = decodeSymbolTableNode(source.read(address, length, "symbol table node"), context);
        const items = stored.map((entry) => ({ ...entry, nameBytes: names.name(entry.nameOffset).slice() }));
        if (items.length === 0)
          throw new Hdf5FormatError({ structure: "symbol table node", address }, "has no symbols");
        items.forEach((entry, i) => {
          const before = items[i - 1];
          if (before !== undefined && compareBytes(before.nameBytes, entry.nameBytes) >= 0)
            throw new Hdf5FormatError({ structure: "symbol table node", address }, "is not in the order of its names");
        });
        return { ...newLeaf(items), address, changed: false };
      });
    },
    budget,
  );
}

function lastEntry(node: Node): NamedEntry {
  let last = node;
  while (!isLeaf(last)) last = last.items.at(-1) as Node; // no node in the tree is empty
  return last.items.at(-1) as NamedEntry;
}

/** The first child whose last name is not before this one; the last child when there is none. */
function childFor(branch: Branch, nameBytes: Uint8Array): number {
  let low = 0;
  let high = branch.items.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBytes(lastEntry(branch.items[middle] as Node).nameBytes, nameBytes) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
