/** Version 2 B-trees of any depth up to two levels of internal nodes, over records of any size. */
import fc from "fast-check";
import type { ByteWriter } from "../../src/bytes/byte-writer.js";
import {
  BTREE_V2_TYPE,
  btreeV2Levels,
  type NodeLevel,
  readBtreeV2,
  readBtreeV2Tree,
} from "../../src/format/btree-v2.js";
import { type ChildPointer, encodeBtreeV2Header, encodeBtreeV2Node } from "../../src/format/btree-v2-encode.js";
import type { FormatContext } from "../../src/format/context.js";
import { FileLayout, type WalkCase, walkCase } from "./file-layout.js";
import { context } from "./messages.js";

const LIMITS = { treeDepth: 64 };
const DEPTH = 2;
/** Leaves of three records and more can be made of any number of them. */
const LEAST_LEAF = 3;

/** How records are spread over nodes. */
export interface BtreeV2Form {
  readonly nodeSize: number;
  /** Choices among what is possible. */
  readonly picks: readonly number[];
}

/** Nodes with room for a few records of this size, in trees that hold up to `most` of them. */
export function btreeV2Form(ctx: FormatContext, recordSize: number, most: number): fc.Arbitrary<BtreeV2Form> {
  let smallest = 11;
  for (; ; smallest++) {
    const { problem, levels } = btreeV2Levels(smallest, recordSize, DEPTH, ctx);
    if (problem !== undefined || (levels[0]?.maxRecords ?? 0) < LEAST_LEAF) continue;
    if ((capacities(levels)[DEPTH]?.most ?? 0) >= most) break;
  }
  return fc.record({
    nodeSize: fc.nat(2 * recordSize + 20).map((more) => smallest + more),
    picks: fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 }),
  });
}

interface Range {
  readonly least: number;
  readonly most: number;
}

/** Fewest and most records below a node that is not the root, by level. */
function capacities(levels: readonly NodeLevel[]): Range[] {
  const all: Range[] = [];
  for (const { maxRecords } of levels) {
    const below = all.at(-1);
    if (below === undefined) all.push({ least: 1, most: maxRecords });
    else all.push({ least: 1 + 2 * below.least, most: maxRecords + (maxRecords + 1) * below.most });
  }
  return all;
}

/** A tree in the file. */
export interface LaidBtreeV2 {
  readonly address: number;
  /** Levels of nodes; 0: the tree is empty. */
  readonly levels: number;
  readonly nodes: number;
}

/** Put a tree of these records, which are encoded and in order, into a file. */
export function layBtreeV2(
  layout: FileLayout,
  ctx: FormatContext,
  type: number,
  { nodeSize, picks }: BtreeV2Form,
  recordSize: number,
  records: readonly Uint8Array[],
): LaidBtreeV2 {
  const { levels } = btreeV2Levels(nodeSize, recordSize, DEPTH, ctx);
  const ranges = capacities(levels);
  const count = records.length;
  const possible = ranges.flatMap(({ least, most }, level) => (least <= count && count <= most ? [level] : []));
  if (count > 0 && possible.length === 0) throw new Error(`${count} records do not fit`);
  const pick = (i: number, list: readonly number[]): number =>
    list[(picks[i % picks.length] ?? 0) % list.length] as number;
  const depth = count === 0 ? 0 : pick(0, possible);
  const form = { type, nodeSize, ...btreeV2Levels(nodeSize, recordSize, depth, ctx) };
  let nodes = 0;

  const build = (part: readonly Uint8Array[], level: number): ChildPointer => {
    const own: Uint8Array[] = [];
    const children: ChildPointer[] = [];
    if (level === 0) own.push(...part);
    else {
      const { least, most } = ranges[level - 1] as Range; // one range per level
      const { maxRecords } = levels[level] as NodeLevel;
      const fits = Array.from({ length: maxRecords }, (_, i) => i + 1).filter(
        (n) => n + (n + 1) * least <= part.length && part.length <= n + (n + 1) * most,
      );
      const between = pick(level, fits);
      const below = part.length - between;
      let from = 0;
      for (let i = 0; i <= between; i++) {
        const share = Math.floor(below / (between + 1)) + (i < below % (between + 1) ? 1 : 0);
        children.push(build(part.slice(from, from + share), level - 1));
        if (i < between) own.push(part[from + share] as Uint8Array);
        from += share + 1;
      }
    }
    nodes++;
    const put = (out: ByteWriter, record: Uint8Array): void => void out.put(record);
    const bytes = encodeBtreeV2Node(form, level, own, children, put, ctx);
    const pointer = ctx.sizeOfOffsets + form.recordCountWidth + (levels[level - 1]?.subtreeCountWidth ?? 0);
    const used = 10 + own.length * recordSize + children.length * pointer;
    const name = level === 0 ? "v2 B-tree leaf node" : "v2 B-tree internal node";
    const address = layout.add(name, bytes.subarray(0, used), "last");
    return { address, records: own.length, subtreeRecords: part.length };
  };

  const root = count === 0 ? undefined : build(records, depth);
  const header = {
    type,
    nodeSize,
    recordSize,
    depth,
    splitPercent: 100,
    mergePercent: 40,
    rootAddress: root?.address,
    rootRecords: root?.records ?? 0,
    totalRecords: count,
  };
  const address = layout.add("v2 B-tree header", encodeBtreeV2Header(header, ctx), "last");
  return { address, levels: root === undefined ? 0 : depth + 1, nodes };
}

/** A tree of records without meaning, read whole; in order, or node by node. */
export const btreeV2Walk: fc.Arbitrary<WalkCase> = fc
  .tuple(context, fc.integer({ min: 1, max: 40 }), fc.constantFrom(...Object.values(BTREE_V2_TYPE)), fc.boolean())
  .chain(([ctx, recordSize, type, byNodes]) => {
    const record = fc.uint8Array({ minLength: recordSize, maxLength: recordSize });
    const some = fc.array(record, { maxLength: 30 });
    return fc.tuple(btreeV2Form(ctx, recordSize, 30), some).map(([form, records]) => {
      const layout = new FileLayout();
      const { address, levels, nodes } = layBtreeV2(layout, ctx, type, form, recordSize, records);
      const take = (cur: { take(length: number): Uint8Array }): Uint8Array => cur.take(recordSize);
      const rounds = 1 + levels;
      if (!byNodes) {
        const read = (source: Parameters<WalkCase["read"]>[0]): Uint8Array[] =>
          readBtreeV2(source, address, ctx, LIMITS, take, type);
        return walkCase(layout, { read, expected: records, rounds });
      }
      return walkCase(layout, {
        read: (source) => {
          const { root } = readBtreeV2Tree(source, address, ctx, LIMITS, take, type);
          const count = (node: typeof root): number =>
            node === undefined ? 0 : node.children.reduce((sum, child) => sum + count(child), 1);
          const inOrder = (node: typeof root): Uint8Array[] => {
            if (node === undefined) return [];
            if (node.children.length === 0) return [...node.records];
            return node.children.flatMap((child, i) => [...inOrder(child), ...node.records.slice(i, i + 1)]);
          };
          return { nodes: count(root), records: inOrder(root) };
        },
        expected: { nodes, records },
        rounds,
      });
    });
  });
