/**
 * Chunks by version 1 B-tree: layout versions 1 to 3. The nodes are in ../btree-v1.ts.
 * Spec: File Format 3.0, III.A.1. Keys are chunk offsets in row-major order; a child of an inner node holds the chunks
 * from its left key up to, and without, the right one.
 *
 * The offset within the element takes part in the order: libhdf5 closes a tree with a key one chunk beyond the first
 * chunk it inserted, in every dimension and one element further (H5Dbtree.c: H5D__btree_new_node), and the chunk at
 * just that offset may come later. Then the last two keys differ in the element's dimension only.
 */
import { Hdf5FormatError } from "../../errors.js";
import { type ChunkKey, type ChunkNode, checkLevel, chunkNodeSize, decodeChunkNode } from "../btree-v1.js";
import type { ByteSource } from "../byte-source.js";
import type { FormatContext } from "../context.js";
import { type TreeLimits, VisitedNodes } from "../visited-nodes.js";
import {
  type ChunkBox,
  type ChunkExtent,
  type ChunkRecord,
  checkWithinMaxShape,
  chunkTouches,
  compareOffsets,
  positionsIn,
  rangeTouches,
} from "./chunk-record.js";

const NODE = "chunk B-tree node";

interface Visit {
  readonly address: number;
  /** Keys of the parent around this node; undefined for the root. */
  readonly from: ChunkKey | undefined;
  readonly until: ChunkKey | undefined;
}

/**
 * The chunks of a dataset in row-major order, or those that touch `box`. One round trip per level.
 * @throws Hdf5FormatError for a cycle, a wrong level, and keys that are unaligned, out of order, repeated or beyond the
 *   maximum extent: each of them would hide a chunk or show it at the wrong place.
 */
export function readChunkBtree(
  source: ByteSource,
  address: number,
  ctx: FormatContext,
  dataset: ChunkExtent,
  box: ChunkBox | undefined,
  limits: TreeLimits,
): ChunkRecord[] {
  const { chunkShape } = dataset;
  const rank = chunkShape.length;
  const length = chunkNodeSize(ctx, rank);
  const inBox = box && positionsIn(box, chunkShape);
  if (box !== undefined && inBox === undefined) return [];
  const positions = inBox && { first: [...inBox.first, 0], last: [...inBox.last, 0] };
  const grid = [...chunkShape, dataset.elementSize];
  const position = (place: readonly number[]): number[] => place.map((at, d) => at / (grid[d] as number)); // same rank
  const visited = new VisitedNodes(NODE, length, source.end);
  const records: ChunkRecord[] = [];
  let visits: readonly Visit[] = [{ address, from: undefined, until: undefined }];
  let expected: number | undefined;
  for (;;) {
    for (const visit of visits) visited.add(visit.address);
    source.need(visits.map((visit) => ({ address: visit.address, length })));
    const below: Visit[] = [];
    let level = 0;
    for (const visit of visits) {
      const node = source.memo(NODE, visit.address, () =>
        checkKeys(decodeChunkNode(source.read(visit.address, length, NODE), ctx, rank), visit.address, chunkShape),
      );
      level = node.level;
      checkLevel(NODE, visit.address, level, expected, limits);
      checkRange(node, visit);
      node.children.forEach((child, i) => {
        const key = node.keys[i];
        const next = node.keys[i + 1];
        if (key === undefined || next === undefined) return; // decoded with one more key than children
        if (level > 0) {
          if (positions === undefined || rangeTouches(position(place(key)), position(place(next)), positions)) {
            below.push({ address: child, from: key, until: next });
          }
        } else if (box === undefined || chunkTouches(key.offset, chunkShape, box)) {
          checkWithinMaxShape(key.offset, dataset, NODE, visit.address);
          records.push({ offset: key.offset, address: child, size: key.size, filterMask: key.filterMask });
        }
      });
    }
    if (level === 0 || below.length === 0) return records;
    expected = level - 1;
    visits = below;
  }
}

/** Offset in the dataset, then in the element: what keys are ordered by. */
function place(key: ChunkKey): readonly number[] {
  return [...key.offset, key.elementOffset ?? 0];
}

/** Left keys must lie on the chunk grid and rise; the last key only closes the range. */
function checkKeys(node: ChunkNode, address: number, chunkShape: readonly number[]): ChunkNode {
  for (let i = 0; i < node.children.length; i++) {
    const key = node.keys[i];
    const next = node.keys[i + 1];
    if (key === undefined || next === undefined) continue; // decoded with one more key than children
    if (key.elementOffset !== undefined || key.offset.some((at, d) => at % (chunkShape[d] as number) !== 0)) {
      fail(address, `${text(key)} is no multiple of the chunk shape [${chunkShape.join(", ")}]`);
    }
    if (compareOffsets(place(key), place(next)) >= 0) fail(address, `${text(next)} does not come after ${text(key)}`);
  }
  return node;
}

function checkRange({ keys }: ChunkNode, { address, from, until }: Visit): void {
  const first = keys[0];
  const last = keys.at(-2);
  if (from === undefined || until === undefined) return;
  if (first === undefined || last === undefined) fail(address, "is missing: the node has no entries");
  if (compareOffsets(place(first), place(from)) < 0 || compareOffsets(place(last), place(until)) >= 0) {
    fail(address, `range ${text(first)} to ${text(last)} leaves its parent's, ${text(from)} to ${text(until)}`);
  }
}

function text(key: ChunkKey): string {
  return `[${place(key).join(", ")}]`;
}

function fail(address: number, finding: string): never {
  throw new Hdf5FormatError({ structure: NODE, address, field: "chunk offset" }, finding);
}
