/**
 * A version-2 B-tree while it is edited: nodes in memory, changed ones copied to fresh space at each flush, up to the
 * header. Design: writer-design, section 3.1. Spec: III.A.2.
 *
 * libhdf5 relies on every node but the root holding at least its merge count of records (H5B2int.c,
 * H5B2__remove_internal merges at just that count), so nodes are split in half, filled from full neighbours, and
 * joined when they get below.
 */
import type { ByteWriter } from "../bytes/byte-writer.js";
import { type BtreeV2Node, btreeV2HeaderRange, btreeV2Levels, type NodeLevel } from "../format/btree-v2.js";
import { encodeBtreeV2Header, encodeBtreeV2Node } from "../format/btree-v2-encode.js";
import type { FormatContext } from "../format/context.js";
import { ALIGNMENT, type Allocator, roundUp } from "./allocator.js";
import type { Commit } from "./commit.js";

/** What a tree holds. */
export interface BtreeV2Form<T> {
  readonly type: number;
  readonly nodeSize: number;
  readonly recordSize: number;
  readonly splitPercent: number;
  readonly mergePercent: number;
  readonly compare: (a: T, b: T) => number;
  /** Writes `recordSize` bytes. */
  readonly write: (out: ByteWriter, record: T) => void;
}

interface Node<T> {
  readonly level: number;
  readonly records: T[];
  /** One more than records; none in a leaf. */
  readonly children: Node<T>[];
  /** Undefined: not in the file as it is here. */
  address: number | undefined;
  /** Records of the node and of all below it, as last written. */
  total: number;
}

/** A node and the number of the child through which the way leads on. */
interface Step<T> {
  readonly node: Node<T>;
  readonly at: number;
}

/** Levels that the arithmetic is done for: more than 2^53 records need. */
const DEEPEST = 24;

export class BtreeV2Editor<T> {
  readonly #context: FormatContext;
  readonly #form: BtreeV2Form<T>;
  readonly #levels: readonly NodeLevel[];
  readonly #recordCountWidth: number;
  #root: Node<T> | undefined;
  #header: number | undefined;
  #changed = false;
  /** Nodes that are in the file and not in the tree any more. */
  #gone: number[] = [];

  constructor(
    context: FormatContext,
    form: BtreeV2Form<T>,
    stored?: { header: number; root: BtreeV2Node<T> | undefined },
  ) {
    this.#context = context;
    this.#form = form;
    const { levels, recordCountWidth } = btreeV2Levels(form.nodeSize, form.recordSize, DEEPEST, context);
    this.#levels = levels;
    this.#recordCountWidth = recordCountWidth;
    this.#header = stored?.header;
    this.#root = stored?.root && editable(stored.root);
  }

  /** @param order negative: the record lies before what is looked for. */
  find(order: (record: T) => number): T | undefined {
    for (let node = this.#root; node !== undefined; ) {
      const { records, children }: Node<T> = node;
      const at = firstNotBefore(records, order);
      const record = records[at];
      if (record !== undefined && order(record) === 0) return record;
      node = children[at];
    }
    return undefined;
  }

  /** In order; subtrees between two records are left out where `visits` says so. */
  *entries(visits: (after: T | undefined, before: T | undefined) => boolean = () => true): Iterable<T> {
    if (this.#root === undefined) return;
    const stack: { node: Node<T>; next: number; after: T | undefined; before: T | undefined }[] = [];
    stack.push({ node: this.#root, next: 0, after: undefined, before: undefined });
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { node, next, after, before } = top;
      if (node.level === 0) {
        yield* node.records;
        stack.pop();
        continue;
      }
      top.next++;
      const previous = node.records[next - 1];
      if (next > 0 && previous !== undefined) yield previous;
      const child = node.children[next];
      if (child === undefined) {
        stack.pop();
        continue;
      }
      const from = previous ?? after;
      const until = node.records[next] ?? before;
      if (visits(from, until)) stack.push({ node: child, next: 0, after: from, before: until });
    }
  }

  /** Add a record, or put it in the place of an equal one. */
  set(record: T): void {
    this.#changed = true;
    const order = (other: T): number => this.#form.compare(other, record);
    this.#root ??= { level: 0, records: [], children: [], address: undefined, total: 0 };
    const path: Step<T>[] = [];
    let node = this.#root;
    for (;;) {
      this.#touch(node);
      const at = firstNotBefore(node.records, order);
      const present = node.records[at];
      if (present !== undefined && order(present) === 0) {
        node.records[at] = record;
        return;
      }
      if (node.level === 0) {
        node.records.splice(at, 0, record);
        break;
      }
      path.push({ node, at });
      node = node.children[at] as Node<T>;
    }
    while (node.records.length > this.#most(node)) {
      const parent = path.pop();
      if (parent === undefined) {
        const root: Node<T> = { level: node.level + 1, records: [], children: [node], address: undefined, total: 0 };
        this.#split(root, 0);
        this.#root = root;
        return;
      }
      if (!this.#fillNeighbour(parent)) this.#split(parent.node, parent.at);
      node = parent.node;
    }
  }

  /** Remove the record that compares equal; false when there is none. */
  delete(order: (record: T) => number): boolean {
    if (this.find(order) === undefined) return false;
    this.#changed = true;
    const path: Step<T>[] = [];
    let node = this.#root as Node<T>; // something was found in it
    for (;;) {
      this.#touch(node);
      const at = firstNotBefore(node.records, order);
      const found = node.records[at];
      const here = found !== undefined && order(found) === 0;
      if (node.level === 0) {
        node.records.splice(at, 1);
        break;
      }
      path.push({ node, at });
      const child = node.children[at] as Node<T>;
      if (here) {
        // Its predecessor, the last record of the subtree before it, takes its place.
        node.records[at] = this.#takeLast(child, path);
        node = path.pop()?.node as Node<T>; // the leaf it was taken from
        break;
      }
      node = child;
    }
    this.#refill(node, path);
    return true;
  }

  /** Remove the last record below a node; the way there, leaf included, is added to the path. */
  #takeLast(from: Node<T>, path: Step<T>[]): T {
    let node = from;
    this.#touch(node);
    while (node.level > 0) {
      path.push({ node, at: node.children.length - 1 });
      node = node.children.at(-1) as Node<T>;
      this.#touch(node);
    }
    path.push({ node, at: 0 });
    return node.records.pop() as T; // no node is empty
  }

  /** Join or fill nodes that have become too empty, up to the root. */
  #refill(start: Node<T>, path: Step<T>[]): void {
    let node = start;
    for (let parent = path.pop(); parent !== undefined; parent = path.pop()) {
      if (node.records.length >= this.#least(node)) return;
      const { children } = parent.node;
      const left = children[parent.at - 1];
      const right = children[parent.at + 1];
      if (left !== undefined && left.records.length > this.#least(left)) {
        this.#shift(parent.node, parent.at - 1, -((left.records.length - node.records.length + 1) >> 1));
      } else if (right !== undefined && right.records.length > this.#least(right)) {
        this.#shift(parent.node, parent.at, (right.records.length - node.records.length + 1) >> 1);
      } else this.#join(parent.node, left === undefined ? parent.at : parent.at - 1);
      node = parent.node;
    }
    const root = this.#root as Node<T>;
    if (root.records.length > 0) return;
    this.#drop(root);
    this.#root = root.children[0];
  }

  /** A child with too many records gives some to a neighbour with room. Appending so fills nodes before it splits them. */
  #fillNeighbour({ node: parent, at }: Step<T>): boolean {
    const child = parent.children[at] as Node<T>;
    const most = this.#most(child);
    const spare = child.records.length - Math.ceil(most / 2);
    const left = parent.children[at - 1];
    if (left !== undefined && left.records.length < most) {
      this.#shift(parent, at - 1, Math.min(most - left.records.length, spare));
      return true;
    }
    const right = parent.children[at + 1];
    if (right === undefined || right.records.length >= most) return false;
    this.#shift(parent, at, -Math.min(most - right.records.length, spare));
    return true;
  }

  /** Move records over record `at` of a parent: to the left child when positive, to the right when negative. */
  #shift(parent: Node<T>, at: number, count: number): void {
    const left = parent.children[at] as Node<T>;
    const right = parent.children[at + 1] as Node<T>;
    this.#touch(left);
    this.#touch(right);
    for (let i = 0; i < count; i++) {
      left.records.push(parent.records[at] as T);
      parent.records[at] = right.records.shift() as T;
      if (right.level > 0) left.children.push(right.children.shift() as Node<T>);
    }
    for (let i = 0; i > count; i--) {
      right.records.unshift(parent.records[at] as T);
      parent.records[at] = left.records.pop() as T;
      if (left.level > 0) right.children.unshift(left.children.pop() as Node<T>);
    }
  }

  #split(parent: Node<T>, at: number): void {
    const left = parent.children[at] as Node<T>;
    const middle = left.records.length >> 1;
    const records = left.records.splice(middle + 1);
    const between = left.records.pop() as T; // the middle one
    const children = left.children.splice(middle + 1);
    parent.records.splice(at, 0, between);
    parent.children.splice(at + 1, 0, { level: left.level, records, children, address: undefined, total: 0 });
  }

  /** Children `at` and `at + 1` become one. */
  #join(parent: Node<T>, at: number): void {
    const left = parent.children[at] as Node<T>;
    const right = parent.children[at + 1] as Node<T>;
    this.#touch(left);
    left.records.push(parent.records[at] as T, ...right.records);
    left.children.push(...right.children);
    this.#drop(right);
    parent.records.splice(at, 1);
    parent.children.splice(at + 1, 1);
  }

  #most(node: Node<T>): number {
    return (this.#levels[node.level] as NodeLevel).maxRecords;
  }

  #least(node: Node<T>): number {
    return Math.max(1, Math.floor((this.#most(node) * this.#form.mergePercent) / 100));
  }

  /** The node is about to differ from what is in the file. */
  #touch(node: Node<T>): void {
    this.#drop(node);
    node.address = undefined;
  }

  #drop(node: Node<T>): void {
    if (node.address !== undefined) this.#gone.push(node.address);
  }

  /** Bytes of the blocks that the next flush places. */
  get unplaced(): number {
    if (!this.#changed || this.#root === undefined) return 0;
    let size = roundUp(btreeV2HeaderRange(0, this.#context).length, ALIGNMENT);
    // Above a node that is not in the file none is.
    const stack = [this.#root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (node.address !== undefined) continue;
      size += roundUp(this.#form.nodeSize, ALIGNMENT);
      stack.push(...node.children);
    }
    return size;
  }

  /** Write what has changed; returns the header's address, undefined when the tree is empty. */
  flush(allocator: Allocator, commit: Commit): number | undefined {
    if (!this.#changed) return this.#header;
    this.#changed = false;
    this.#free(allocator);
    if (this.#root === undefined) return undefined;
    const { type, nodeSize, recordSize, splitPercent, mergePercent, write } = this.#form;
    const shape = { type, nodeSize, levels: this.#levels, recordCountWidth: this.#recordCountWidth };
    // Children before parents: a node left open is written once all below it are.
    const stack: { node: Node<T>; next: number }[] = [{ node: this.#root, next: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { node } = top;
      const child = node.children[top.next++];
      if (child !== undefined) {
        if (child.address === undefined) stack.push({ node: child, next: 0 });
        continue;
      }
      stack.pop();
      node.total = node.children.reduce((sum, { total }) => sum + total, node.records.length);
      const pointers = node.children.map(({ address, records, total }) => ({
        address: address as number, // written just now, or before
        records: records.length,
        subtreeRecords: total,
      }));
      node.address = allocator.metadata(nodeSize, { usage: "btree", sectorSafe: false });
      const bytes = encodeBtreeV2Node(shape, node.level, node.records, pointers, write, this.#context);
      commit.data.push({ address: node.address, bytes });
    }
    const header = {
      type,
      nodeSize,
      recordSize,
      depth: this.#root.level,
      splitPercent,
      mergePercent,
      rootAddress: this.#root.address,
      rootRecords: this.#root.records.length,
      totalRecords: this.#root.total,
    };
    const bytes = encodeBtreeV2Header(header, this.#context);
    this.#header = allocator.metadata(bytes.length, { usage: "btree", sectorSafe: false });
    commit.data.push({ address: this.#header, bytes });
    return this.#header;
  }

  /** Header and nodes that are not needed any more. */
  #free(allocator: Allocator): void {
    const { nodeSize } = this.#form;
    for (const address of this.#gone) allocator.free(address, nodeSize, "metadata");
    this.#gone = [];
    if (this.#header !== undefined) {
      allocator.free(this.#header, btreeV2HeaderRange(0, this.#context).length, "metadata");
    }
    this.#header = undefined;
  }

  /** Give up the whole tree. */
  release(allocator: Allocator): void {
    const stack = this.#root === undefined ? [] : [this.#root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      this.#drop(node);
      stack.push(...node.children);
    }
    this.#root = undefined;
    this.#free(allocator);
  }
}

function editable<T>(stored: BtreeV2Node<T>): Node<T> {
  const copy = ({ address, level, records }: BtreeV2Node<T>): Node<T> => ({
    level,
    records: [...records],
    children: [],
    address,
    total: records.length,
  });
  const root = copy(stored);
  const made: Node<T>[] = [];
  const stack: [BtreeV2Node<T>, Node<T>][] = [[stored, root]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [from, to] = next;
    made.push(to);
    for (const child of from.children) {
      const node = copy(child);
      to.children.push(node);
      stack.push([child, node]);
    }
  }
  // Every node comes after its parent here.
  for (const node of made.reverse()) node.total += node.children.reduce((sum, { total }) => sum + total, 0);
  return root;
}

function firstNotBefore<T>(records: readonly T[], order: (record: T) => number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(records[middle] as T) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
