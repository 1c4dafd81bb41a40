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
import { namedBy, type PlacedNode, placedAt, SiblingHomes, unplaced } from "./sibling-homes.js";

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
  readonly #homes: SiblingHomes;
  /** Leaves that left the tree. */
  #gone: Leaf[] = [];

  constructor(context: FormatContext) {
    this.#context = context;
    this.#homes = new SiblingHomes(groupNodeSize(context));
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
      tree.#homes.found(parents);
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
    const next = node.items.findIndex(({ nameBytes }) => compareBytes(nameBytes, entry.nameBytes) >= 0);
    const present = node.items[next];
    if (present !== undefined && compareBytes(present.nameBytes, entry.nameBytes) === 0) {
      node.items[next] = entry;
      return;
    }
    let at = next < 0 ? node.items.length : next;
    node.items.splice(at, 0, entry);
    let split: Node | undefined = this.#splitFull(node, at);
    while (split !== undefined) {
      const parent = path.pop();
      if (parent === undefined) {
        const old: Node = this.#top as Node; // set above
        this.#top = newBranch(old.level + 1, [old, split]);
        return;
      }
      parent.node.items.splice(parent.at + 1, 0, split);
      at = at < node.items.length ? parent.at : parent.at + 1;
      node = parent.node;
      split = this.#splitFull(node, at);
    }
  }

  /**
   * A full node's second half. The smaller half is where an item came last: others in its order find room there. With K
   * of 1 each of them would add a level otherwise.
   */
  #splitFull(node: Node, cameLast: number): Node | undefined {
    const { groupLeafK, groupInternalK } = this.#context;
    if (node.items.length <= 2 * (isLeaf(node) ? groupLeafK : groupInternalK)) return undefined;
    const half = node.items.length >> 1;
    const from = cameLast < half ? half : node.items.length - half;
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
    if (isLeaf(node)) this.#gone.push(node);
    else this.#homes.drop(node);
  }

  #freeGone(allocator: Allocator): void {
    for (const { address } of this.#gone) {
      if (address !== undefined) allocator.free(address, this.#leafSize, "metadata");
    }
    this.#gone = [];
  }

  get #leafSize(): number {
    return symbolTableNodeRange(0, this.#context).length;
  }

  /** Levels of the tree, the lowest B-tree nodes first, and the leaves below them. */
  #levels(): { branches: Branch[][]; leaves: Leaf[] } {
    const branches: Branch[][] = [];
    let nodes: Node[] = this.#top === undefined ? [] : [this.#top];
    for (let level = nodes.filter(isBranch); level.length > 0; level = nodes.filter(isBranch)) {
      branches.unshift(level);
      nodes = level.flatMap(({ items }) => items);
    }
    return { branches, leaves: nodes.filter(isLeaf) };
  }

  /** Have nodes that lie away from home written again; false: there are none. */
  bringHome(): boolean {
    return this.#homes.bringHome(this.#levels().branches);
  }

  /** Write what has changed; returns where the tree begins. */
  flush(allocator: Allocator, commit: Commit): TreeTop | undefined {
    while (this.#top !== undefined && !isLeaf(this.#top) && this.#top.items.length === 1) {
      this.#dropped(this.#top);
      this.#top = this.#top.items[0];
    }
    this.#freeGone(allocator);
    const { branches, leaves } = this.#levels();
    this.#homes.begin(childrenOfChanged(branches), allocator);
    for (const leaf of leaves) if (leaf.changed) this.#placeLeaf(leaf, allocator);
    for (const nodes of branches) {
      for (const node of nodes) node.changed ||= node.items.some(({ changed }) => changed);
      this.#homes.place(nodes, allocator);
    }
    this.#homes.end(branches, allocator);
    for (const leaf of leaves) this.#writeLeaf(leaf, commit);
    for (const nodes of branches) for (const node of nodes) this.#write(node, nodes.length === 1, commit);
    if (this.#top === undefined) return undefined;
    const { address, level } = this.#top;
    return { address: address as number, level: level + 1, lastKey: lastEntry(this.#top).nameOffset };
  }

  #placeLeaf(leaf: Leaf, allocator: Allocator): void {
    const size = this.#leafSize;
    if (leaf.address !== undefined) allocator.free(leaf.address, size, "metadata");
    leaf.address = allocator.metadata(size, { usage: "btree", sectorSafe: false });
  }

  #writeLeaf(leaf: Leaf, commit: Commit): void {
    if (!leaf.changed) return;
    leaf.changed = false;
    commit.data.push({ address: leaf.address as number, bytes: this.#encodeLeaf(leaf) }); // it was given a place
  }

  #write(node: Branch, isOnly: boolean, commit: Commit): void {
    const address = node.address as number; // it was given a place
    if (node.changed) {
      node.changed = false;
      node.startKey = EMPTY_NAME;
      commit.data.push({ address, bytes: this.#encode(node) });
    } else if (!isOnly && node.startKey !== EMPTY_NAME) {
      node.startKey = EMPTY_NAME;
      const bytes = ByteWriter.encoded((out) => writeLength(out, EMPTY_NAME, this.#context));
      commit.publish.push({ address: address + 8 + 2 * this.#context.sizeOfOffsets, bytes });
    }
  }

  #encodeLeaf(node: Leaf): Uint8Array {
    const out = new ByteWriter(this.#leafSize);
    encodeSymbolTableNode(out, node.items, this.#context);
    return out.bytes();
  }

  #encode(node: Branch): Uint8Array {
    const { level } = node;
    const { left, right } = namedBy(node);
    const keys = [node.startKey, ...node.items.map((child) => lastEntry(child).nameOffset)];
    const children = node.items.map((child) => child.address as number); // the level below has been placed
    const out = new ByteWriter(groupNodeSize(this.#context));
    encodeGroupNode(out, { level, left, right, keys, children }, this.#context);
    return out.bytes();
  }

  /** The group is gone, or has its links in messages. */
  release(allocator: Allocator): void {
    const { branches, leaves } = this.#levels();
    this.#gone.push(...leaves);
    this.#freeGone(allocator);
    this.#homes.release(branches.flat(), allocator);
    this.#top = undefined;
  }
}

/** Offset of the name before all others, with which the names of a local heap begin. */
const EMPTY_NAME = 0;

function newLeaf(items: NamedEntry[]): Leaf {
  return { level: -1, address: undefined, changed: true, items };
}

function newBranch(level: number, items: Node[]): Branch {
  return { ...unplaced(), level, startKey: EMPTY_NAME, items };
}

/** Children are put in when their level has been read; until then their addresses stand for them. */
function branchOf(stored: GroupNode, address: number | undefined): Branch {
  const items = stored.children.map((child) => ({ ...newLeaf([]), address: child }));
  const { level, left, right, keys } = stored;
  const place = address === undefined ? unplaced() : placedAt(address, left, right);
  return { ...place, level, startKey: keys[0] ?? EMPTY_NAME, items };
}

function* childrenOfChanged(levels: readonly (readonly Branch[])[]): Generator<readonly Branch[]> {
  for (const nodes of levels) for (const node of nodes) if (node.changed) yield node.items.filter(isBranch);
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
