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
  /** Addresses of its neighbours, as they are stored. */
  left: number | undefined;
  right: number | undefined;
}

/** A flush of the tree. */
export interface Placing {
  readonly allocator: Allocator;
  /** Of a node, in bytes. */
  readonly size: number;
  /** Which flush this is. */
  readonly flush: number;
  /** Nodes that left home in the flush before go back already. */
  readonly closing: boolean;
}

/** Readers that hold old addresses have one flush more before anything is written there. */
const FLUSHES_AWAY = 2;

/** A node that is nowhere yet. */
export function unplaced(): PlacedNode {
  return { address: undefined, home: undefined, awaySince: undefined, left: undefined, right: undefined };
}

/** A node as it was found. */
export function placedAt(address: number, left: number | undefined, right: number | undefined): PlacedNode {
  return { address, home: address, awaySince: undefined, left, right };
}

/**
 * Give places to the nodes of a level that are new or change, and to those that name others than their neighbours.
 * @returns which nodes must be written, each with its sibling addresses.
 */
export function placeLevel<N extends PlacedNode>(
  nodes: readonly N[],
  changes: (node: N, i: number) => boolean,
  placing: Placing,
): boolean[] {
  const { allocator, size, flush } = placing;
  const place = (): number => allocator.metadata(size, { usage: "btree", sectorSafe: false });
  const only = nodes.length === 1 ? nodes[0] : undefined;
  if (only !== undefined) {
    const moves = only.address === undefined || namesOthers(only, undefined, undefined) || changes(only, 0);
    if (moves) {
      freePlaces(only, size, allocator);
      Object.assign(only, placedAt(place(), undefined, undefined));
    }
    return [moves];
  }
  for (const node of nodes) node.home ??= place();
  const moves = nodes.map(
    (node, i) =>
      node.address === undefined || changes(node, i) || namesOthers(node, nodes[i - 1]?.home, nodes[i + 1]?.home),
  );
  nodes.forEach((node, i) => {
    if (!moves[i]) return;
    const { address, awaySince } = node;
    if (awaySince !== undefined) allocator.free(address as number, size, "metadata"); // what is away lies somewhere
    const goesHome = address === undefined || mayGoHome(node, placing);
    node.address = goesHome ? node.home : place();
    node.awaySince = goesHome ? undefined : (awaySince ?? flush);
    node.left = goesHome ? nodes[i - 1]?.home : undefined;
    node.right = goesHome ? nodes[i + 1]?.home : undefined;
  });
  return moves;
}

function namesOthers(node: PlacedNode, left: number | undefined, right: number | undefined): boolean {
  return node.awaySince === undefined && (node.left !== left || node.right !== right);
}

function mayGoHome({ awaySince }: PlacedNode, { flush, closing }: Omit<Placing, "allocator" | "size">): boolean {
  return awaySince !== undefined && flush - awaySince >= (closing ? 1 : FLUSHES_AWAY);
}

/** The first of these nodes that could go home and is not written anyway: so that few stay away. */
export function oneToBringHome<N extends PlacedNode & { readonly changed: boolean }>(
  nodes: readonly N[],
  flush: number,
): N | undefined {
  return nodes.find((node) => !node.changed && mayGoHome(node, { flush, closing: false }));
}

/** Does the node name no neighbours, though its level has others? */
export function isAway(node: PlacedNode, level: readonly PlacedNode[]): boolean {
  return node.awaySince !== undefined && level.length > 1;
}

/** A node has left the tree: with the coming flush none names its places. */
export function freePlaces({ address, home }: PlacedNode, size: number, allocator: Allocator): void {
  if (address !== undefined) allocator.free(address, size, "metadata");
  if (home !== undefined && home !== address) allocator.free(home, size, "metadata");
}
