/**
 * Version 2 B-tree: index of dense links and attributes, of huge heap objects, and of chunks (layout version 4 and 5).
 * Spec: File Format 3.0, III.A.2. Reads version 0 of each block; every block is checksummed.
 *
 *   header:    "BTHD" | version u8 | type u8 | node size u32 | record size u16 | depth u16 | split % u8 | merge % u8
 *              | root address O | records in root u16 | records in tree L | checksum u32
 *   internal:  "BTIN" | version u8 | type u8 | record × n | child pointer × (n + 1) | checksum u32
 *   leaf:      "BTLF" | version u8 | type u8 | record × n | checksum u32
 *   pointer:   address O | records in the child | records in the child's subtree (absent above leaves)
 *
 * How many records a node holds stands in its parent. The widths of the two counts follow from what fits into a node:
 * the first is sized by a full *leaf*, whatever the level, the second by a full subtree (H5B2hdr.c: H5B2__hdr_init).
 */
import type { Cursor } from "../bytes/cursor.js";
import { Hdf5FormatError, Hdf5LimitError } from "../errors.js";
import type { ByteRange, ByteSource } from "./byte-source.js";
import { type FormatContext, readAddress, readDefinedAddress, readLength } from "./context.js";
import { needTogether } from "./gather-misses.js";
import { CHECKSUM_SIZE, verifyMetadataChecksum } from "./metadata-checksum.js";
import { type TreeLimits, VisitedNodes } from "./visited-nodes.js";

const HEADER = "v2 B-tree header";
const INTERNAL = "v2 B-tree internal node";
const LEAF = "v2 B-tree leaf node";
/** Signature, version and type. */
const NODE_PREFIX = 6;

/** Record types, by the name of what they index. */
export const BTREE_V2_TYPE = {
  hugeObjects: 1, // H5B2_FHEAP_HUGE_INDIR_ID
  filteredHugeObjects: 2, // H5B2_FHEAP_HUGE_FILT_INDIR_ID
  directHugeObjects: 3, // H5B2_FHEAP_HUGE_DIR_ID
  filteredDirectHugeObjects: 4, // H5B2_FHEAP_HUGE_FILT_DIR_ID
  linkNames: 5, // H5B2_GRP_DENSE_NAME_ID
  linkCreationOrder: 6, // H5B2_GRP_DENSE_CORDER_ID
  sharedMessages: 7, // H5B2_SOHM_INDEX_ID
  attributeNames: 8, // H5B2_ATTR_DENSE_NAME_ID
  attributeCreationOrder: 9, // H5B2_ATTR_DENSE_CORDER_ID
  chunks: 10, // H5B2_CDSET_ID
  filteredChunks: 11, // H5B2_CDSET_FILT_ID
} as const;

/** The header of a tree, and what follows from it. */
export interface BtreeV2Header {
  readonly type: number;
  readonly nodeSize: number;
  readonly recordSize: number;
  /** Levels of internal nodes above the leaves. */
  readonly depth: number;
  readonly splitPercent: number;
  readonly mergePercent: number;
  /** Undefined while the tree is empty. */
  readonly rootAddress: number | undefined;
  readonly rootRecords: number;
  readonly totalRecords: number;
  /** Per level above the leaves (0 = leaf): most records of a node, and the width of the count of a subtree. */
  readonly levels: readonly NodeLevel[];
  /** Width of the count of one node's records. */
  readonly recordCountWidth: number;
}

export interface NodeLevel {
  readonly maxRecords: number;
  readonly subtreeCountWidth: number;
}

/** Where a header lies. */
export function btreeV2HeaderRange(address: number, ctx: FormatContext): ByteRange {
  return { address, length: 22 + ctx.sizeOfOffsets + ctx.sizeOfLengths };
}

/** Bytes needed for numbers up to this one. */
function widthOf(largest: number): number {
  let width = 1; // H5VM_limit_enc_size
  for (let rest = largest; rest >= 256; rest = Math.floor(rest / 256)) width++;
  return width;
}

/** What nodes of each level hold, up to the root's. */
export function btreeV2Levels(
  nodeSize: number,
  recordSize: number,
  depth: number,
  ctx: FormatContext,
): Pick<BtreeV2Header, "levels" | "recordCountWidth"> & {
  readonly problem: { readonly field: string; readonly finding: string } | undefined;
} {
  const levels: NodeLevel[] = [];
  let recordCountWidth = 1;
  let subtree = 0;
  for (let level = 0; level <= depth; level++) {
    const below = levels[level - 1];
    const pointer = below ? ctx.sizeOfOffsets + recordCountWidth + below.subtreeCountWidth : 0;
    const maxRecords = Math.floor((nodeSize - NODE_PREFIX - CHECKSUM_SIZE - pointer) / (recordSize + pointer));
    if (maxRecords < 1) {
      const finding = `of ${nodeSize} holds no record of ${recordSize} bytes at level ${level}`;
      return { levels, recordCountWidth, problem: { field: "node size", finding } };
    }
    if (level === 0) recordCountWidth = widthOf(maxRecords);
    subtree = level === 0 ? maxRecords : (maxRecords + 1) * subtree + maxRecords;
    if (!Number.isSafeInteger(subtree)) {
      const finding = `of ${depth} makes room for more than 2^53 records`;
      return { levels, recordCountWidth, problem: { field: "depth", finding } };
    }
    levels.push({ maxRecords, subtreeCountWidth: level === 0 ? 0 : widthOf(subtree) });
  }
  return { levels, recordCountWidth, problem: undefined };
}

export function decodeBtreeV2Header(cur: Cursor, ctx: FormatContext, limits: TreeLimits): BtreeV2Header {
  cur.signature("BTHD");
  verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, ctx);
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const type = cur.u8("type");
  const nodeSize = cur.u32("node size");
  const recordSize = cur.u16("record size");
  const depth = cur.u16("depth");
  const splitPercent = cur.u8("split percent");
  const mergePercent = cur.u8("merge percent");
  const rootAddress = readAddress(cur, ctx, "root node address");
  const rootRecords = cur.u16("number of records in root node");
  const totalRecords = readLength(cur, ctx, "total number of records");
  if (depth >= limits.treeDepth) {
    throw new Hdf5LimitError("treeDepth", depth + 1, limits.treeDepth, "levels of a v2 B-tree");
  }
  if (recordSize === 0) cur.fail("record size", "is 0");
  if (rootAddress === undefined && (rootRecords > 0 || totalRecords > 0)) {
    cur.fail("root node address", `is undefined, but the tree has ${totalRecords} records`);
  }

  const { levels, recordCountWidth, problem } = btreeV2Levels(nodeSize, recordSize, depth, ctx);
  if (problem !== undefined) cur.fail(problem.field, problem.finding);
  return {
    type,
    nodeSize,
    recordSize,
    depth,
    splitPercent,
    mergePercent,
    rootAddress,
    rootRecords,
    totalRecords,
    levels,
    recordCountWidth,
  };
}

/** @throws Hdf5FormatError when the tree is of another type than the structure that points to it needs. */
export function readBtreeV2Header(
  source: ByteSource,
  address: number,
  ctx: FormatContext,
  limits: TreeLimits,
  expectedType: number,
): BtreeV2Header {
  const header = source.memo(HEADER, address, () => {
    const { length } = btreeV2HeaderRange(address, ctx);
    return decodeBtreeV2Header(source.read(address, length, HEADER), ctx, limits);
  });
  if (header.type !== expectedType) {
    const where = { structure: HEADER, address, offset: 5, field: "type" };
    throw new Hdf5FormatError(where, `is ${header.type}, expected ${expectedType}`);
  }
  return header;
}

/** A child as its parent names it. `after` and `before` are the parent's records around it. */
interface NodePointer<T> {
  readonly address: number;
  readonly records: number;
  readonly subtreeRecords: number;
  readonly after: T | undefined;
  readonly before: T | undefined;
}

interface Node<T> {
  readonly records: readonly T[];
  readonly children: readonly NodePointer<T>[];
}

/** Options of a walk. */
export interface BtreeV2Walk<T> {
  /** Shall the subtree between two records be visited? Absent: all are, and the number of records is checked. */
  readonly visits?: ((after: T | undefined, before: T | undefined) => boolean) | undefined;
  /** Ranges that the caller will need anyway, loaded in the same rounds. */
  readonly alongside?: (() => readonly ByteRange[]) | undefined;
}

/**
 * The records of a tree, in order. One round trip for the header and one per level.
 * @param decodeRecord called with the cursor at a record; reads at most `recordSize` bytes.
 * @throws Hdf5FormatError for a cycle, a wrong type, and record counts that disagree; Hdf5ChecksumError.
 */
export function readBtreeV2<T>(
  source: ByteSource,
  address: number,
  ctx: FormatContext,
  limits: TreeLimits,
  decodeRecord: (cur: Cursor, recordSize: number) => T,
  expectedType: number,
  options: BtreeV2Walk<T> = {},
): T[] {
  const { visits, alongside = () => [] } = options;
  needTogether(source, [btreeV2HeaderRange(address, ctx)], alongside);
  const header = readBtreeV2Header(source, address, ctx, limits, expectedType);
  if (header.rootAddress === undefined) return [];

  const root: NodePointer<T> = {
    address: header.rootAddress,
    records: header.rootRecords,
    subtreeRecords: header.totalRecords,
    after: undefined,
    before: undefined,
  };
  const visited = new VisitedNodes("v2 B-tree node", NODE_PREFIX + CHECKSUM_SIZE, source.end);
  const nodes = new Map<NodePointer<T>, Node<T>>();
  let pointers: readonly NodePointer<T>[] = [root];
  for (let level = header.depth; level >= 0 && pointers.length > 0; level--) {
    for (const pointer of pointers) visited.add(pointer.address);
    needTogether(
      source,
      pointers.map((pointer) => nodeRange(pointer, header, level, ctx)),
      alongside,
    );
    const below: NodePointer<T>[] = [];
    for (const pointer of pointers) {
      const node = readNode(source, pointer, header, level, ctx, decodeRecord);
      nodes.set(pointer, node);
      for (const child of node.children) {
        if (visits === undefined || visits(child.after, child.before)) below.push(child);
      }
    }
    pointers = below;
  }
  const records = inOrder(root, nodes);
  if (visits === undefined && records.length !== header.totalRecords) {
    throw new Hdf5FormatError(
      { structure: HEADER, address, field: "total number of records" },
      `is ${header.totalRecords}, the nodes hold ${records.length}`,
    );
  }
  return records;
}

function nodeRange(pointer: NodePointer<unknown>, header: BtreeV2Header, level: number, ctx: FormatContext): ByteRange {
  const below = header.levels[level - 1];
  const children = below
    ? (pointer.records + 1) * (ctx.sizeOfOffsets + header.recordCountWidth + below.subtreeCountWidth)
    : 0;
  const length = NODE_PREFIX + pointer.records * header.recordSize + children + CHECKSUM_SIZE;
  return { address: pointer.address, length };
}

function readNode<T>(
  source: ByteSource,
  pointer: NodePointer<T>,
  header: BtreeV2Header,
  level: number,
  ctx: FormatContext,
  decodeRecord: (cur: Cursor, recordSize: number) => T,
): Node<T> {
  const structure = level === 0 ? LEAF : INTERNAL;
  return source.memo(structure, pointer.address, () => {
    const { maxRecords } = header.levels[level] as NodeLevel; // the walk starts at header.depth
    const isRoot = pointer.after === undefined && pointer.before === undefined;
    const least = isRoot && level === 0 ? 0 : 1;
    if (pointer.records > maxRecords || pointer.records < least) {
      throw new Hdf5FormatError(
        { structure, address: pointer.address, field: "number of records" },
        `is ${pointer.records} in its parent, expected ${least} to ${maxRecords}`,
      );
    }
    const { address, length } = nodeRange(pointer, header, level, ctx);
    const node = decodeNode(source.read(address, length, structure), header, level, ctx, pointer, decodeRecord);
    const subtree = node.children.reduce((sum, child) => sum + child.subtreeRecords, node.records.length);
    if (subtree !== pointer.subtreeRecords) {
      throw new Hdf5FormatError(
        { structure, address, field: "total number of records" },
        `in the subtree is ${subtree}, its parent says ${pointer.subtreeRecords}`,
      );
    }
    return node;
  });
}

function decodeNode<T>(
  cur: Cursor,
  header: BtreeV2Header,
  level: number,
  ctx: FormatContext,
  pointer: NodePointer<T>,
  decodeRecord: (cur: Cursor, recordSize: number) => T,
): Node<T> {
  cur.signature(level === 0 ? "BTLF" : "BTIN");
  verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, ctx);
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const type = cur.u8("type");
  if (type !== header.type) cur.fail("type", `is ${type}, the header's is ${header.type}`);
  const records: T[] = [];
  for (let i = 0; i < pointer.records; i++) {
    const end = cur.position + header.recordSize;
    records.push(decodeRecord(cur, header.recordSize));
    if (cur.position > end) cur.fail("record", `is longer than the ${header.recordSize} bytes of the header`);
    cur.seek(end);
  }
  const below = header.levels[level - 1];
  const children: NodePointer<T>[] = [];
  for (let i = 0; below !== undefined && i <= pointer.records; i++) {
    const address = readDefinedAddress(cur, ctx, "child node address");
    const count = cur.uint(header.recordCountWidth, "number of records in child node");
    const subtree = level > 1 ? cur.uint(below.subtreeCountWidth, "total number of records in child node") : count;
    children.push({
      address,
      records: count,
      subtreeRecords: subtree,
      after: records[i - 1] ?? pointer.after,
      before: records[i] ?? pointer.before,
    });
  }
  return { records, children };
}

/** Each child's records stand before the record to its right. A stack, not recursion: one entry per level. */
function inOrder<T>(root: NodePointer<T>, nodes: ReadonlyMap<NodePointer<T>, Node<T>>): T[] {
  const records: T[] = [];
  const stack: { readonly node: Node<T>; next: number }[] = [];
  const enter = (pointer: NodePointer<T> | undefined): void => {
    const node = pointer && nodes.get(pointer);
    if (node !== undefined) stack.push({ node, next: 0 });
  };
  enter(root);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { node } = top;
    if (node.children.length === 0) {
      for (const record of node.records) records.push(record);
      stack.pop();
      continue;
    }
    // Entered with next = i: child i is to be walked now, after record i − 1.
    const i = top.next++;
    if (i > 0 && i <= node.records.length) records.push(node.records[i - 1] as T); // one more child than records
    if (i < node.children.length) enter(node.children[i]);
    else stack.pop();
  }
  return records;
}

/** A node with all that is below it, for a writer. */
export interface BtreeV2Node<T> {
  readonly address: number;
  readonly level: number;
  readonly records: readonly T[];
  readonly children: readonly BtreeV2Node<T>[];
}

/** The whole tree, node by node; `root` undefined while it is empty. One round trip for the header and one per level. */
export function readBtreeV2Tree<T>(
  source: ByteSource,
  address: number,
  ctx: FormatContext,
  limits: TreeLimits,
  decodeRecord: (cur: Cursor, recordSize: number) => T,
  expectedType: number,
): { readonly header: BtreeV2Header; readonly root: BtreeV2Node<T> | undefined } {
  const header = readBtreeV2Header(source, address, ctx, limits, expectedType);
  if (header.rootAddress === undefined) return { header, root: undefined };
  interface Open extends BtreeV2Node<T> {
    readonly records: T[];
    readonly children: Open[];
  }
  const root: Open = { address: header.rootAddress, level: header.depth, records: [], children: [] };
  let visits: { readonly node: Open; readonly pointer: NodePointer<T> }[] = [
    {
      node: root,
      pointer: {
        address: header.rootAddress,
        records: header.rootRecords,
        subtreeRecords: header.totalRecords,
        after: undefined,
        before: undefined,
      },
    },
  ];
  const visited = new VisitedNodes("v2 B-tree node", NODE_PREFIX + CHECKSUM_SIZE, source.end);
  for (let level = header.depth; level >= 0; level--) {
    for (const { pointer } of visits) visited.add(pointer.address);
    source.need(visits.map(({ pointer }) => nodeRange(pointer, header, level, ctx)));
    const below: typeof visits = [];
    for (const { node, pointer } of visits) {
      const read = readNode(source, pointer, header, level, ctx, decodeRecord);
      for (const record of read.records) node.records.push(record);
      for (const child of read.children) {
        const open: Open = { address: child.address, level: level - 1, records: [], children: [] };
        node.children.push(open);
        below.push({ node: open, pointer: child });
      }
    }
    visits = below;
  }
  return { header, root };
}
