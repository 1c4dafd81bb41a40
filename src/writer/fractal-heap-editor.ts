/**
 * A fractal heap while objects are added to it: the direct block that is filled, and all indirect blocks, in memory.
 * Design: writer-design, sections 0 and 3.2. Spec: III.G.
 *
 * Blocks name their header, so it stays: what changes is copied to fresh space, and the header is patched in the raise
 * epoch. Objects are only ever added behind those that are there; what no index names stays as it is, and counted.
 * Free space is not managed: libhdf5 makes a manager of its own when it frees or adds something.
 */

import { Hdf5UnsupportedError } from "../errors.js";
import { BTREE_V2_TYPE } from "../format/btree-v2.js";
import { type FormatContext, writeAddress, writeLength } from "../format/context.js";
import {
  type FractalHeapHeader,
  fractalHeapHeaderRange,
  type HeapBlock,
  type HugeRecord,
  hasDirectHugeIds,
} from "../format/fractal-heap.js";
import {
  closeDirectBlock,
  decodeHugeId,
  encodeFractalHeapHeader,
  encodeHugeId,
  encodeIndirectBlock,
  encodeManagedId,
  encodeTinyId,
  maxTinySize,
  type UnfilteredHeapHeader,
} from "../format/fractal-heap-encode.js";
import { DoublingTable, type FractalHeapForm } from "../format/fractal-heap-shape.js";
import { ALIGNMENT, type Allocator, roundUp } from "./allocator.js";
import { BtreeV2Editor, type BtreeV2Form } from "./btree-v2-editor.js";
import type { Commit } from "./commit.js";

/** A block, `offset` in the heap. Without an address: not in the file as it is here. */
interface DirectBlock {
  readonly kind: "direct";
  readonly offset: number;
  readonly size: number;
  readonly parent: IndirectBlock | undefined;
  address: number | undefined;
  /** Of the block that is filled, and of those not written yet. */
  bytes: Uint8Array | undefined;
}

interface IndirectBlock {
  readonly kind: "indirect";
  readonly offset: number;
  readonly parent: IndirectBlock | undefined;
  address: number | undefined;
  /** Row by row. */
  readonly children: (DirectBlock | IndirectBlock | undefined)[];
}

type Block = DirectBlock | IndirectBlock;

/** What a heap in the file holds, as far as an editor needs it. */
export interface StoredHeap {
  readonly address: number;
  readonly header: FractalHeapHeader;
  readonly blocks: HeapBlock | undefined;
  /** The direct block with the highest offset: its bytes, and where the last object in it ends that an index names. */
  readonly last: { readonly offset: number; readonly bytes: Uint8Array; readonly used: number } | undefined;
  readonly hugeTree: ConstructorParameters<typeof BtreeV2Editor<HugeRecord>>[2];
}

export class FractalHeapEditor {
  readonly #context: FormatContext;
  readonly #table: DoublingTable;
  /** What of the header never changes. */
  readonly form: FractalHeapForm;
  readonly #header: UnfilteredHeapHeader;
  #address: number | undefined;
  #root: Block | undefined;
  /** The block that is filled, and how far. */
  #open: DirectBlock | undefined;
  #used = 0;
  #changed = true;
  /** Blocks in the file that are not in the heap any more. */
  #gone: { readonly address: number; readonly size: number }[] = [];
  #huge: BtreeV2Editor<HugeRecord>;
  /** Keys of huge objects that no index names: since this flush, and since the one before. */
  #hugeGone: number[] = [];
  #hugeLater: number[] = [];

  private constructor(context: FormatContext, header: UnfilteredHeapHeader) {
    this.#context = context;
    this.#header = { ...header };
    this.form = { ...header, filters: [] };
    this.#table = new DoublingTable(this.form, context);
    this.#huge = new BtreeV2Editor(context, hugeForm(header, context));
  }

  /** An empty heap. */
  static create(context: FormatContext, form: FractalHeapForm): FractalHeapEditor {
    const none = { lastHugeKey: 0, hugeIdsWrapped: false, hugeBtreeAddress: undefined, hugeSize: 0, hugeObjects: 0 };
    return new FractalHeapEditor(context, {
      ...form,
      ...none,
      freeSpace: 0,
      freeSpaceManagerAddress: undefined,
      managedSpace: 0,
      allocatedSpace: 0,
      iteratorOffset: 0,
      managedObjects: 0,
      tinySize: 0,
      tinyObjects: 0,
      startingRows: 1,
      rootAddress: undefined,
      rootRows: 0,
    });
  }

  /** A heap without filters. */
  static load(context: FormatContext, stored: StoredHeap): FractalHeapEditor {
    const editor = new FractalHeapEditor(context, stored.header);
    editor.#changed = false;
    editor.#address = stored.address;
    const loaded = editor.#adopt(stored.blocks);
    editor.#root = loaded.root;
    editor.#open = loaded.last;
    if (stored.last !== undefined && loaded.last?.offset === stored.last.offset) {
      loaded.last.bytes = stored.last.bytes.slice();
      editor.#used = Math.max(stored.last.used, editor.#table.directOverhead);
    } else editor.#open = undefined;
    const end = loaded.last === undefined ? 0 : loaded.last.offset + loaded.last.size;
    const iteratorOffset = Math.max(stored.header.iteratorOffset, end);
    Object.assign(editor.#header, { iteratorOffset });
    editor.#huge = new BtreeV2Editor(context, hugeForm(stored.header, context), stored.hugeTree);
    return editor;
  }

  #adopt(blocks: HeapBlock | undefined): { root: Block | undefined; last: DirectBlock | undefined } {
    let last: DirectBlock | undefined;
    const adopt = (block: HeapBlock, parent: IndirectBlock | undefined): Block => {
      const { address, offset } = block;
      if (block.kind === "direct") {
        const direct: DirectBlock = { kind: "direct", offset, size: block.size, parent, address, bytes: undefined };
        if (last === undefined || offset > last.offset) last = direct;
        return direct;
      }
      const indirect: IndirectBlock = { kind: "indirect", offset, parent, address, children: [] };
      for (const child of block.children) indirect.children.push(child && adopt(child, indirect)); // as deep as the table
      return indirect;
    };
    const root = blocks && adopt(blocks, undefined);
    return { root, last };
  }

  /** Bytes of direct blocks. */
  get allocatedSpace(): number {
    return this.#header.allocatedSpace;
  }

  get table(): DoublingTable {
    return this.#table;
  }

  /** Something is left for the next flush. */
  get later(): boolean {
    return this.#hugeLater.length > 0;
  }

  /** Add an object; returns its id. Huge ones are written at once into the epoch of data. */
  insert(object: Uint8Array, allocator: Allocator, commit: Commit): Uint8Array {
    const { length } = object;
    if (length <= maxTinySize(this.form)) {
      const { tinyObjects, tinySize } = this.#header;
      this.#change({ tinyObjects: tinyObjects + 1, tinySize: tinySize + length });
      return encodeTinyId(object, this.form);
    }
    if (length > this.#header.maxManagedSize) {
      const address = allocator.raw(length);
      commit.data.push({ address, bytes: object });
      return this.adoptHuge({ address, length });
    }
    if (this.#open === undefined || this.#open.size - this.#used < length) this.#newBlock(length);
    const block = this.#open as DirectBlock; // just made, or found
    this.#touch(block);
    const at = this.#used;
    (block.bytes as Uint8Array).set(object, at); // of the block that is filled
    this.#used += length;
    const { managedObjects, freeSpace } = this.#header;
    this.#change({ managedObjects: managedObjects + 1, freeSpace: Math.max(0, freeSpace - length) });
    return encodeManagedId(block.offset + at, length, this.form, this.#table);
  }

  /** Name a huge object that lies in the file. */
  adoptHuge(place: { readonly address: number; readonly length: number }): Uint8Array {
    const { hugeIdsWrapped, hugeObjects, hugeSize, lastHugeKey = 0 } = this.#header;
    if (hugeIdsWrapped) throw new Hdf5UnsupportedError("more huge objects in a fractal heap than it has keys");
    const key = lastHugeKey + 1;
    const width = Math.min(8, this.#header.idLength - 1);
    const counted = { hugeObjects: hugeObjects + 1, hugeSize: hugeSize + place.length };
    const isDirect = hasDirectHugeIds(this.form, this.#context);
    if (isDirect) this.#change(counted);
    else this.#change({ ...counted, lastHugeKey: key, hugeIdsWrapped: key === 256 ** width - 1 });
    this.#huge.set([isDirect ? place.address : key, { ...place, filtered: undefined }]);
    return encodeHugeId(key, place, this.form, this.#context);
  }

  /** Where the huge object with this id lies; undefined: it is not huge. */
  hugePlace(id: Uint8Array): HugeRecord[1] | undefined {
    const key = decodeHugeId(id, this.form, this.#context);
    return key === undefined ? undefined : this.#huge.find((record) => record[0] - key)?.[1];
  }

  /** No index will name the object after this flush: a huge one is given up in the next. Others stay as they are. */
  remove(id: Uint8Array): void {
    const key = decodeHugeId(id, this.form, this.#context);
    if (key !== undefined) this.#hugeGone.push(key);
  }

  #change(fields: Partial<UnfilteredHeapHeader>): void {
    this.#changed = true;
    Object.assign(this.#header, fields);
  }

  /** The block is about to differ from what is in the file, and so do those above it. */
  #touch(from: Block): void {
    for (let block: Block | undefined = from; block !== undefined; block = block.parent) {
      if (block.address === undefined && block !== from) return;
      this.#drop(block);
      block.address = undefined;
    }
  }

  #drop(block: Block): void {
    if (block.address === undefined) return;
    this.#gone.push({ address: block.address, size: this.#sizeOf(block) });
  }

  /** The next direct block that holds an object of this length; smaller ones on the way are never made. */
  #newBlock(length: number): void {
    const { startingBlockSize, tableWidth } = this.#header;
    const { directOverhead, directRows, maxRows } = this.#table;
    if (this.#root === undefined && startingBlockSize - directOverhead >= length) {
      this.#root = this.#openBlock(0, startingBlockSize, undefined);
      this.#change({ managedSpace: startingBlockSize, freeSpace: startingBlockSize - directOverhead });
      return;
    }
    // With a root that is a direct block, that one is the first entry and the iterator has not begun.
    const first = this.#root?.kind === "direct" ? startingBlockSize : 0;
    let offset = Math.max(this.#header.iteratorOffset, first);
    let path: { readonly row: number; readonly entry: number }[];
    let size: number;
    for (;;) {
      path = [];
      for (let base = 0; ; ) {
        const { row, column, start } = this.#table.locate(offset - base);
        path.push({ row, entry: row * tableWidth + column });
        base += start;
        if (row < directRows) break; // tables get smaller
      }
      size = this.#table.blockSize(path.at(-1)?.row ?? 0);
      if (size - directOverhead >= length) break;
      offset += size;
    }
    const rows = (path[0]?.row ?? 0) + 1;
    if (rows > maxRows)
      throw new Hdf5UnsupportedError(`more than 2^${this.#header.maxHeapBits} bytes in a fractal heap`);
    let table = this.#rootTable(rows);
    for (const { row, entry } of path.slice(0, -1)) {
      let child = table.children[entry] as IndirectBlock | undefined; // by its row
      if (child === undefined) {
        const column = entry % tableWidth;
        const start = table.offset + this.#table.rowStart(row) + column * this.#table.blockSize(row);
        child = { kind: "indirect", offset: start, parent: table, address: undefined, children: [] };
        child.children.length = this.#table.rowsBelow(row) * tableWidth;
        child.children.fill(undefined);
        table.children[entry] = child;
        this.#touch(table);
      }
      table = child;
    }
    table.children[path.at(-1)?.entry ?? 0] = this.#openBlock(offset, size, table);
    this.#touch(table);
    this.#change({ iteratorOffset: offset + size });
  }

  #openBlock(offset: number, size: number, parent: IndirectBlock | undefined): DirectBlock {
    const block: DirectBlock = {
      kind: "direct",
      offset,
      size,
      parent,
      address: undefined,
      bytes: new Uint8Array(size),
    };
    // Of a full block the file has the bytes.
    if (this.#open?.address !== undefined) this.#open.bytes = undefined;
    this.#open = block;
    this.#used = this.#table.directOverhead;
    this.#change({ allocatedSpace: this.#header.allocatedSpace + size });
    return block;
  }

  /** The root as an indirect block with at least this many rows. */
  #rootTable(needed: number): IndirectBlock {
    const { tableWidth, freeSpace } = this.#header;
    const before = this.#root;
    let root: IndirectBlock;
    let rowsBefore = 0;
    if (before?.kind === "indirect") {
      root = before;
      rowsBefore = rowsOf(before, this.#table);
    } else {
      root = { kind: "indirect", offset: 0, parent: undefined, address: undefined, children: [] };
      // The block itself stays where it is: it does not name its parent.
      if (before !== undefined) root.children[0] = this.#moveBelow(before, root);
      this.#root = root;
    }
    if (needed <= rowsBefore) return root;
    const rows = Math.min(Math.max(needed, 2 * rowsBefore), this.#table.maxRows);
    this.#touch(root);
    for (let i = root.children.length; i < rows * tableWidth; i++) root.children.push(undefined);
    const room =
      before?.kind === "direct"
        ? this.#table.capacity(rows) - (before.size - this.#table.directOverhead)
        : this.#table.capacity(rows) - this.#table.capacity(rowsBefore);
    this.#change({ rootRows: rows, managedSpace: this.#table.rowStart(rows), freeSpace: freeSpace + room });
    return root;
  }

  #moveBelow(block: DirectBlock, parent: IndirectBlock): DirectBlock {
    const moved = { ...block, parent };
    if (this.#open === block) this.#open = moved;
    return moved;
  }

  /** Bytes of the blocks that the next flush places; of a new header twice, as it must not cross a sector. */
  get unplaced(): number {
    let size =
      this.#address === undefined ? 2 * roundUp(fractalHeapHeaderRange(0, this.#context).length, ALIGNMENT) : 0;
    const stack = this.#root === undefined ? [] : [this.#root];
    for (let block = stack.pop(); block !== undefined; block = stack.pop()) {
      if (block.address !== undefined) continue;
      size += roundUp(this.#sizeOf(block), ALIGNMENT);
      if (block.kind === "indirect") stack.push(...block.children.filter((child) => child !== undefined));
    }
    return size + this.#huge.unplaced;
  }

  #sizeOf(block: Block): number {
    return block.kind === "direct" ? block.size : this.#table.indirectSize(rowsOf(block, this.#table));
  }

  /** Write what has changed: blocks among the data, the header of a heap that is in the file among what is raised. */
  flush(allocator: Allocator, commit: Commit): number {
    for (const key of this.#hugeLater) this.#freeHuge(key, allocator);
    this.#hugeLater = this.#hugeGone;
    this.#hugeGone = [];
    const isNew = this.#address === undefined;
    if (!this.#changed && !isNew) return this.#address as number;
    this.#changed = false;
    for (const { address, size } of this.#gone) allocator.free(address, size, "metadata");
    this.#gone = [];
    const { length } = fractalHeapHeaderRange(0, this.#context);
    this.#address ??= allocator.metadata(length, { usage: "object-header", sectorSafe: true });
    this.#writeBlocks(this.#address, allocator, commit);
    Object.assign(this.#header, {
      rootAddress: this.#root?.address,
      hugeBtreeAddress: this.#huge.flush(allocator, commit),
      freeSpaceManagerAddress: undefined,
    });
    const bytes = encodeFractalHeapHeader(this.#header, this.#context);
    (isNew ? commit.data : commit.raise).push({ address: this.#address, bytes });
    return this.#address;
  }

  #freeHuge(key: number, allocator: Allocator): void {
    const place = this.#huge.find((record) => record[0] - key)?.[1];
    if (place === undefined) return;
    this.#huge.delete((record) => record[0] - key);
    const { hugeObjects, hugeSize } = this.#header;
    this.#change({ hugeObjects: Math.max(0, hugeObjects - 1), hugeSize: Math.max(0, hugeSize - place.length) });
    allocator.free(place.address, place.length, "raw");
  }

  /** Children before parents: an indirect block is met again once all below it have their addresses. */
  #writeBlocks(heap: number, allocator: Allocator, commit: Commit): void {
    const context = this.#context;
    const stack = this.#root === undefined ? [] : [{ block: this.#root, next: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { block } = top;
      if (block.address !== undefined) {
        stack.pop();
        continue;
      }
      if (block.kind === "indirect" && top.next < block.children.length) {
        const child = block.children[top.next++];
        if (child !== undefined && child.address === undefined) stack.push({ block: child, next: 0 });
        continue;
      }
      stack.pop();
      if (block.kind === "direct") {
        const bytes = block.bytes as Uint8Array; // kept while it is not written
        closeDirectBlock(bytes, heap, block.offset, this.form, this.#table, context);
        block.address = allocator.metadata(block.size, { usage: "local-heap", sectorSafe: false });
        // The one that is filled changes again, maybe before the medium has taken it.
        commit.data.push({ address: block.address, bytes: block === this.#open ? bytes.slice() : bytes });
        if (block !== this.#open) block.bytes = undefined;
      } else {
        const addresses = block.children.map((child) => child?.address);
        const bytes = encodeIndirectBlock(addresses, heap, block.offset, this.#table, context);
        block.address = allocator.metadata(bytes.length, { usage: "object-header", sectorSafe: false });
        commit.data.push({ address: block.address, bytes });
      }
    }
  }

  /** Give up the whole heap, but for huge objects that another one has taken over. */
  release(allocator: Allocator, keptHuge: ReadonlySet<number> = new Set()): void {
    const stack = this.#root === undefined ? [] : [this.#root];
    for (let block = stack.pop(); block !== undefined; block = stack.pop()) {
      this.#drop(block);
      if (block.kind === "indirect") stack.push(...block.children.filter((child) => child !== undefined));
    }
    for (const { address, size } of this.#gone) allocator.free(address, size, "metadata");
    this.#gone = [];
    for (const [, { address, length }] of this.#huge.entries()) {
      if (!keptHuge.has(address)) allocator.free(address, length, "raw");
    }
    this.#huge.release(allocator);
    const { length } = fractalHeapHeaderRange(0, this.#context);
    if (this.#address !== undefined) allocator.free(this.#address, length, "metadata");
    this.#address = undefined;
    this.#root = undefined;
    this.#open = undefined;
  }
}

function rowsOf(block: IndirectBlock, table: DoublingTable): number {
  return block.children.length / table.width;
}

/** Node size and percentages are libhdf5's (H5HF_HUGE_BT2_NODE_SIZE …). */
function hugeForm(header: FractalHeapForm | UnfilteredHeapHeader, context: FormatContext): BtreeV2Form<HugeRecord> {
  const direct = hasDirectHugeIds({ ...header, filters: [] }, context);
  const { sizeOfOffsets, sizeOfLengths } = context;
  return {
    type: direct ? BTREE_V2_TYPE.directHugeObjects : BTREE_V2_TYPE.hugeObjects,
    nodeSize: 512,
    recordSize: sizeOfOffsets + (direct ? 1 : 2) * sizeOfLengths,
    splitPercent: 100,
    mergePercent: 40,
    compare: (a, b) => a[0] - b[0],
    write: (out, [key, place]) => {
      writeAddress(out, place.address, context);
      writeLength(out, place.length, context);
      if (!direct) writeLength(out, key, context);
    },
  };
}
