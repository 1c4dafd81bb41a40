/**
 * Where the nodes of a version-1 B-tree lie while the tree is edited. Their sibling addresses and the address of the tree
 * are never one write, so that no live node may ever have to be patched:
 *
 * - Each node has a home. Its neighbours name that, wherever the node lies.
 * - A node that changes leaves home: its copy names no neighbours. At home stays what was there, a node of that level,
 *   and nothing else is ever written there. Later, and before the file is closed, it is written at home again.
 * - So a node at home and its neighbour name each other, or it names a place where none lives. Removing and splitting
 *   nodes, as libhdf5 does it, is right with either; a live node that is named and does not know it would be left with
 *   the address of freed space.
 * - What such a place names is followed too (`H5B.c`, `H5B_get_info`): the home of a node that has left the tree stays
 *   until no home names it.
 *
 * Spec: III.A.1. Design: writer-design, section 0 (fact 2), which patches instead; spec-notes/writer.md says why not.
 */
import type { Allocator } from "./allocator.js";

/** A node as its level sees it. */
export interface PlacedNode {
  /** Where it lies; undefined: nowhere yet. */
  address: number | undefined;
  /** Where its neighbours expect it; undefined: not yet known. */
  home: number | undefined;
  /** The flush in which it left home; undefined: it lies there. */
  awaySince: number | undefined;
  /** Addresses of its neighbours, as they are stored at home. */
  left: number | undefined;
  right: number | undefined;
  /** It is to be written. */
  changed: boolean;
}

/** Readers that hold old addresses have one flush more before anything is written there. */
const FLUSHES_AWAY = 2;

/** A node that is nowhere yet. */
export function unplaced(): PlacedNode {
  return {
    address: undefined,
    home: undefined,
    awaySince: undefined,
    left: undefined,
    right: undefined,
    changed: true,
  };
}

/** A node as it was found. */
export function placedAt(address: number, left: number | undefined, right: number | undefined): PlacedNode {
  return { address, home: address, awaySince: undefined, left, right, changed: false };
}

/** What a node says of its neighbours where it lies. */
export function namedBy(node: PlacedNode): { left: number | undefined; right: number | undefined } {
  return node.awaySince === undefined ? node : { left: undefined, right: undefined };
}

function namesOthers(node: PlacedNode, left: PlacedNode | undefined, right: PlacedNode | undefined): boolean {
  return node.awaySince === undefined && (node.left !== left?.home || node.right !== right?.home);
}

/** The places of a tree's nodes. */
export class SiblingHomes {
  /** Of a node, in bytes. */
  readonly #size: number;
  #flush = 0;
  /** Nodes that left home in the flush before go back already. */
  #closing = false;
  /** Homes of nodes that are not in the tree any more. */
  #departed: PlacedNode[] = [];
  /** A writer stopped in this tree: places that are not known may name homes. */
  #mayBeNamed = false;
  /** Nodes that left the tree since the last flush. */
  #departing: PlacedNode[] = [];
  /** Nodes may have other neighbours, though neither they nor these change. */
  #mayDiffer = false;

  constructor(size: number) {
    this.#size = size;
  }

  /** Look at a level as it was found. */
  found(nodes: readonly PlacedNode[]): void {
    this.#mayBeNamed ||= nodes.some((node, i) => namesOthers(node, nodes[i - 1], nodes[i + 1]));
    this.#mayDiffer ||= this.#mayBeNamed;
  }

  /** The next flush shall look at all nodes. */
  lookAtAll(): void {
    this.#mayDiffer = true;
  }

  /** A node has left the tree. */
  drop(node: PlacedNode): void {
    this.#departing.push(node);
    this.#mayDiffer = true;
  }

  /** Must a node be looked at, that does not change: can its neighbours be others than before? */
  concerns(left: PlacedNode | undefined, right: PlacedNode | undefined): boolean {
    return this.#mayDiffer || left?.changed === true || right?.changed === true;
  }

  /**
   * Begin a flush.
   * @param changed children, where these are nodes, of nodes that change.
   */
  begin(changed: Iterable<readonly PlacedNode[]>, allocator: Allocator): void {
    this.#flush++;
    for (const { address, home, ...node } of this.#departing) {
      if (address !== undefined && address !== home) allocator.free(address, this.#size, "metadata");
      if (home !== undefined) this.#departed.push({ address: undefined, home, ...node });
    }
    this.#departing = [];
    // One of those that are not written anyway, so that few stay away.
    for (const children of changed) {
      const one = children.find((node) => !node.changed && this.#mayGoHome(node));
      if (one !== undefined) one.changed = true;
    }
  }

  #mayGoHome({ awaySince }: PlacedNode): boolean {
    return awaySince !== undefined && this.#flush - awaySince >= (this.#closing ? 1 : FLUSHES_AWAY);
  }

  /**
   * Give places to the nodes of a level that are new or change, and to those that name others than their neighbours.
   * These are marked as changed: they must be written.
   */
  place(nodes: readonly PlacedNode[], allocator: Allocator): void {
    const [only] = nodes;
    if (nodes.length === 1 && only !== undefined) {
      if (only.address !== undefined && !only.changed && !namesOthers(only, undefined, undefined)) return;
      const { address, home } = only;
      if (address !== undefined && address !== home) allocator.free(address, this.#size, "metadata");
      if (home !== undefined && this.#departed.length === 0) allocator.free(home, this.#size, "metadata");
      else if (home !== undefined) this.#departed.push({ ...only });
      Object.assign(only, placedAt(this.#space(allocator), undefined, undefined), { changed: true });
      return;
    }
    for (const node of nodes) if (node.changed) node.home ??= this.#space(allocator);
    nodes.forEach((node, i) => {
      const [left, right] = [nodes[i - 1], nodes[i + 1]];
      if (!node.changed && this.concerns(left, right) && namesOthers(node, left, right)) node.changed = true;
    });
    nodes.forEach((node, i) => {
      if (node.changed) this.#move(node, nodes[i - 1], nodes[i + 1], allocator);
    });
  }

  #move(node: PlacedNode, left: PlacedNode | undefined, right: PlacedNode | undefined, allocator: Allocator): void {
    const { address, awaySince } = node;
    if (awaySince !== undefined) allocator.free(address as number, this.#size, "metadata"); // away, it lies somewhere
    if (address !== undefined && !this.#mayGoHome(node)) {
      node.address = this.#space(allocator);
      node.awaySince ??= this.#flush;
      return;
    }
    node.address = node.home;
    node.awaySince = undefined;
    node.left = left?.home;
    node.right = right?.home;
  }

  #space(allocator: Allocator): number {
    return allocator.metadata(this.#size, { usage: "btree", sectorSafe: false });
  }

  /** All levels have their places: homes of nodes that left the tree are free when nothing leads there. */
  end(levels: readonly (readonly PlacedNode[])[], allocator: Allocator): void {
    this.#closing = false;
    this.#mayDiffer = false;
    if (this.#departed.length === 0) return;
    if (this.#mayBeNamed && levels.some((nodes) => nodes.some((node) => isAway(node, nodes)))) return;
    this.#mayBeNamed = false;
    const named = new Set(levels.flatMap((nodes) => nodes.flatMap(({ left, right }) => [left, right])));
    for (let more = true; more; ) {
      more = false;
      for (const { home, left, right } of this.#departed) {
        if (!named.has(home) || (named.has(left) && named.has(right))) continue;
        named.add(left).add(right);
        more = true;
      }
    }
    for (const { home } of this.#departed) {
      if (home !== undefined && !named.has(home)) allocator.free(home, this.#size, "metadata");
    }
    this.#departed = this.#departed.filter(({ home }) => named.has(home));
  }

  /** Mark nodes that lie away, so that the next flush writes them at home; false: all are there. */
  bringHome(levels: Iterable<readonly PlacedNode[]>): boolean {
    this.#closing = false;
    for (const nodes of levels) {
      for (const node of nodes) {
        if (!isAway(node, nodes)) continue;
        node.changed = true;
        this.#closing = true;
      }
    }
    return this.#closing;
  }

  /** The whole tree is given up. */
  release(nodes: Iterable<PlacedNode>, allocator: Allocator): void {
    for (const { address, home } of [...nodes, ...this.#departing, ...this.#departed]) {
      if (address !== undefined) allocator.free(address, this.#size, "metadata");
      if (home !== undefined && home !== address) allocator.free(home, this.#size, "metadata");
    }
    this.#departing = [];
    this.#departed = [];
  }
}

/** Does the node name no neighbours, though its level has others? */
function isAway(node: PlacedNode, level: readonly PlacedNode[]): boolean {
  return node.awaySince !== undefined && level.length > 1;
}
