/**
 * The v1 B-tree of an old-style group while it is edited: symbol table nodes and B-tree nodes in memory, changed ones
 * copied to fresh space at each flush, up to the top. The group's root node lies above the top: see old-group.ts.
 * Design: writer-design, section 3.3. Spec: III.A.1, III.B.
 *
 * Keys are offsets of names: the left key of a node is the last name of its left neighbour (0, the empty name, in the
 * first one), the key behind a child is the child's last name. A neighbour whose left key changes is copied too.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { Hdf5FormatError, Hdf5LimitError } from "../errors.js";
import { decodeGroupNode, encodeGroupNode, type GroupNode, groupNodeSize } from "../format/btree-v1.js";
import { type FormatContext, writeAddress } from "../format/context.js";
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

/** One link with its name. */
export interface NamedEntry extends SymbolTableEntry {
  readonly nameBytes: Uint8Array;
}

interface Common {
  address: number | undefined;
  changed: boolean;
  /** Left key as last written. */
  startKey: number | undefined;
  left: number | undefined;
  right: number | undefined;
}

/** A symbol table node: one level below the B-tree's lowest. */
interface Leaf extends Common {
  readonly level: -1;
  items: NamedEntry[];
}

interface Branch extends Common {
  readonly level: number;
  items: Node[];
}

type Node = Leaf | Branch;

function isLeaf(node: Node): node is Leaf {
  return node.level === -1;
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
  #gone: { readonly address: number; readonly leaf: boolean }[] = [];

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
    const levels: Node[][] = [];
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
      levels.push(below);
      parents = below.filter((node): node is Branch => !isLeaf(node));
    }
    for (const nodes of levels) rememberKeys(nodes);
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
    if (this.#top === undefined) this.#top = { ...fresh(), level: -1, items: [] };
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
        this.#top = { ...fresh(), level: old.level + 1, items: [old, split] };
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
    return isLeaf(node)
      ? { ...fresh(), level: -1, items: node.items.splice(from) }
      : { ...fresh(), level: node.level, items: node.items.splice(from) };
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
    if (node.address !== undefined) this.#gone.push({ address: node.address, leaf: isLeaf(node) });
  }

  #sizeOf(leaf: boolean): number {
    return leaf ? symbolTableNodeRange(0, this.#context).length : groupNodeSize(this.#context);
  }

  /** Write what has changed; returns where the tree begins. */
  flush(allocator: Allocator, commit: Commit): TreeTop | undefined {
    while (this.#top !== undefined && !isLeaf(this.#top) && this.#top.items.length === 1) {
      this.#dropped(this.#top);
      this.#top = this.#top.items[0];
    }
    for (const { address, leaf } of this.#gone) allocator.free(address, this.#sizeOf(leaf), "metadata");
    this.#gone = [];
    if (this.#top === undefined) return undefined;
    const levels: Node[][] = [[this.#top]];
    for (let nodes = levels[0] as Node[]; nodes[0] !== undefined && !isLeaf(nodes[0]); ) {
      nodes = nodes.flatMap((node) => (isLeaf(node) ? [] : node.items));
      levels.unshift(nodes);
    }
    for (const nodes of levels) this.#flushLevel(nodes, allocator, commit);
    const { address, level } = this.#top;
    return { address: address as number, level: level + 1, lastKey: lastEntry(this.#top).nameOffset };
  }

  #flushLevel(nodes: readonly Node[], allocator: Allocator, commit: Commit): void {
    const startKeys = nodes.map((_, i) => (i === 0 ? 0 : lastEntry(nodes[i - 1] as Node).nameOffset));
    const moved = nodes.map((node, i) => {
      const below = !isLeaf(node) && node.items.some((child) => this.#moved.has(child));
      const stale =
        node.changed || node.address === undefined || below || (!isLeaf(node) && node.startKey !== startKeys[i]);
      if (!stale) return false;
      const size = this.#sizeOf(isLeaf(node));
      if (node.address !== undefined) allocator.free(node.address, size, "metadata");
      node.address = allocator.metadata(size, { usage: "btree", sectorSafe: false });
      return true;
    });
    this.#moved = new Set(nodes.filter((_, i) => moved[i]));
    nodes.forEach((node, i) => {
      const address = node.address as number; // every node has one by now
      node.startKey = startKeys[i];
      if (isLeaf(node)) {
        if (moved[i]) commit.data.push({ address, bytes: this.#encodeLeaf(node) });
        node.changed = false;
        return;
      }
      const left = nodes[i - 1]?.address;
      const right = nodes[i + 1]?.address;
      if (moved[i]) {
        commit.data.push({ address, bytes: this.#encode(node, left, right) });
        node.changed = false;
      } else {
        const { sizeOfOffsets } = this.#context;
        if (node.left !== left) commit.publish.push({ address: address + 8, bytes: this.#addressBytes(left) });
        if (node.right !== right)
          commit.publish.push({ address: address + 8 + sizeOfOffsets, bytes: this.#addressBytes(right) });
      }
      node.left = left;
      node.right = right;
    });
  }

  /** Nodes of the level below that were copied in this flush. */
  #moved: ReadonlySet<Node> = new Set();

  #encodeLeaf(node: Leaf): Uint8Array {
    const out = new ByteWriter(this.#sizeOf(true));
    encodeSymbolTableNode(out, node.items, this.#context);
    return out.bytes();
  }

  #encode(node: Branch, left: number | undefined, right: number | undefined): Uint8Array {
    const keys = [node.startKey ?? 0, ...node.items.map((child) => lastEntry(child).nameOffset)];
    const children = node.items.map((child) => child.address as number);
    const out = new ByteWriter(this.#sizeOf(false));
    encodeGroupNode(out, { level: node.level, left, right, keys, children }, this.#context);
    return out.bytes();
  }

  #addressBytes(address: number | undefined): Uint8Array {
    const out = new ByteWriter(8);
    writeAddress(out, address, this.#context);
    return out.bytes();
  }

  /** The group is gone, or has its links in messages. */
  release(allocator: Allocator): void {
    const stack: Node[] = this.#top === undefined ? [] : [this.#top];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      this.#dropped(node);
      if (!isLeaf(node)) stack.push(...node.items);
    }
    for (const { address, leaf } of this.#gone) allocator.free(address, this.#sizeOf(leaf), "metadata");
    this.#gone = [];
    this.#top = undefined;
  }
}

function fresh(): Common {
  return { address: undefined, changed: true, startKey: undefined, left: undefined, right: undefined };
}

/** Children are put in when their level has been read; until then their addresses stand for them. */
function branchOf(stored: GroupNode, address: number | undefined): Branch {
  const items = stored.children.map((child) => ({ ...fresh(), level: -1 as const, items: [], address: child }));
  const { level, left, right } = stored;
  return { level, items, address, changed: false, startKey: 0, left, right };
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
        return { ...fresh(), level: -1 as const, items, address, changed: false };
      });
    },
    budget,
  );
}

/** Left keys as they follow from the names: stored ones may differ where the other writer removed names. */
function rememberKeys(nodes: readonly Node[]): void {
  nodes.forEach((node, i) => {
    const before = nodes[i - 1];
    node.startKey = before === undefined ? 0 : lastEntry(before).nameOffset;
  });
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
