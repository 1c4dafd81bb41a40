/**
 * The names of one old-style group while it is edited: a local heap whose prefix stays where it is.
 * Design: writer-design, section 3.3. Spec: III.D.
 *
 * A reader follows the free list when it loads a heap, so no free block's first bytes are overwritten while the list is
 * published: new names go behind them, and the head becomes "none" before the names are referred to. Names that are
 * deleted stay, because keys of B-tree nodes may be their offsets. `finish` publishes a free list again.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { Cursor } from "../bytes/cursor.js";
import type { FormatContext } from "../format/context.js";
import {
  decodeFreeList,
  encodeFreeBlock,
  encodeLocalHeapPrefix,
  type FreeBlock,
  type LocalHeapPrefix,
  localHeapPrefixRange,
  NO_FREE_BLOCK,
} from "../format/local-heap.js";
import { type Allocator, crossesSector, roundUp } from "./allocator.js";
import type { Commit } from "./commit.js";

const ALIGNMENT = 8;
/** Bytes of a new segment: one libhdf5 of the default settings makes. */
const FIRST_SEGMENT = 88;

export class LocalHeapNames {
  readonly address: number;
  readonly #context: FormatContext;
  /** The segment as it shall be. */
  #bytes: Uint8Array;
  #segmentAddress: number;
  #publishedSize: number;
  #head: number;
  #free: FreeBlock[];
  /** First bytes of the free blocks of a published list. */
  #links: FreeBlock[] = [];
  #written: FreeBlock[] = [];
  #isNew: boolean;

  private constructor(
    context: FormatContext,
    address: number,
    prefix: LocalHeapPrefix,
    bytes: Uint8Array,
    isNew: boolean,
  ) {
    this.#context = context;
    this.address = address;
    this.#bytes = bytes;
    this.#segmentAddress = prefix.segmentAddress ?? address;
    this.#publishedSize = prefix.segmentSize;
    this.#head = prefix.freeListHead ?? NO_FREE_BLOCK;
    this.#free = [];
    this.#isNew = isNew;
  }

  /** @throws Hdf5FormatError when the free list is damaged: writing could destroy names. */
  static load(address: number, prefix: LocalHeapPrefix, segment: Uint8Array, context: FormatContext): LocalHeapNames {
    const heap = new LocalHeapNames(context, address, prefix, segment.slice(), false);
    const cursor = new Cursor(segment, "local heap data segment", prefix.segmentAddress);
    heap.#protect(decodeFreeList(cursor, prefix.freeListHead, context));
    return heap;
  }

  /** A new heap that holds the empty name at offset 0. */
  static create(allocator: Allocator, context: FormatContext): LocalHeapNames {
    const { length } = localHeapPrefixRange(0, context);
    const address = allocator.metadata(length, { usage: "local-heap", sectorSafe: true });
    const segmentAddress = allocator.metadata(FIRST_SEGMENT, { usage: "local-heap", sectorSafe: false });
    const prefix = { segmentSize: FIRST_SEGMENT, freeListHead: undefined, segmentAddress };
    const heap = new LocalHeapNames(context, address, prefix, new Uint8Array(FIRST_SEGMENT), true);
    heap.#free = [{ offset: ALIGNMENT, size: FIRST_SEGMENT - ALIGNMENT }];
    return heap;
  }

  get #linkSize(): number {
    return 2 * this.#context.sizeOfLengths;
  }

  #protect(blocks: readonly FreeBlock[]): void {
    const size = this.#linkSize;
    this.#links = blocks.map(({ offset }) => ({ offset, size }));
    this.#free = blocks
      .map((block) => ({ offset: block.offset + size, size: block.size - size }))
      .filter((block) => block.size > 0);
  }

  /** Store a name (or the value of a soft link); returns its offset. */
  put(name: Uint8Array): number {
    const size = roundUp(name.length + 1, ALIGNMENT);
    let at = this.#free.findIndex((block) => block.size >= size);
    if (at < 0) {
      this.#grow(size);
      at = this.#free.length - 1;
    }
    const { offset, size: available } = this.#free[at] as FreeBlock; // found, or made by growing
    if (available === size) this.#free.splice(at, 1);
    else this.#free[at] = { offset: offset + size, size: available - size };
    this.#bytes.fill(0, offset, offset + size).set(name, offset);
    this.#written.push({ offset, size });
    return offset;
  }

  #grow(needed: number): void {
    const before = this.#bytes.length;
    const bytes = new Uint8Array(Math.max(2 * before, before + needed));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    const tail = this.#free.findIndex(({ offset, size }) => offset + size === before);
    const joined = tail < 0 ? 0 : (this.#free.splice(tail, 1)[0]?.size ?? 0);
    this.#free.push({ offset: before - joined, size: bytes.length - before + joined });
  }

  flush(allocator: Allocator, commit: Commit): void {
    if (this.#isNew) this.#flushNew(allocator, commit);
    else if (this.#written.length > 0) this.#flushChanged(allocator, commit);
  }

  #flushChanged(allocator: Allocator, commit: Commit): void {
    const size = this.#bytes.length;
    const before = this.#prefix();
    if (size > this.#publishedSize) {
      allocator.free(this.#segmentAddress, this.#publishedSize, "metadata");
      this.#segmentAddress = allocator.metadata(size, { usage: "local-heap", sectorSafe: false });
      this.#publishedSize = size;
      commit.data.push({ address: this.#segmentAddress, bytes: this.#bytes.slice() });
    } else {
      for (const part of this.#written) this.#writePart(part, commit);
    }
    this.#written = [];
    this.#head = NO_FREE_BLOCK;
    // From now on the list is nobody's.
    this.#free = merged([...this.#free, ...this.#links]);
    this.#links = [];
    this.#patch(before, commit);
  }

  #flushNew(allocator: Allocator, commit: Commit): void {
    const size = this.#bytes.length;
    if (size > this.#publishedSize) {
      allocator.giveBack(this.#segmentAddress, this.#publishedSize, "metadata");
      this.#segmentAddress = allocator.metadata(size, { usage: "local-heap", sectorSafe: false });
      this.#publishedSize = size;
    }
    this.#isNew = false;
    this.#written = [];
    this.#linkFree();
    commit.data.push({ address: this.#segmentAddress, bytes: this.#bytes.slice() });
    commit.data.push({ address: this.address, bytes: this.#prefix() });
  }

  /** Does the file say that nothing is free, though something is? */
  get unfinished(): boolean {
    return !this.#isNew && this.#head === NO_FREE_BLOCK && this.#free.some(({ size }) => size >= this.#linkSize);
  }

  /** Publish the free list. Comes after a flush, in a flush of its own. */
  finish(commit: Commit): void {
    if (!this.unfinished) return;
    const before = this.#prefix();
    this.#linkFree();
    for (const link of this.#links) this.#writePart(link, commit);
    const after = this.#prefix();
    const at = 8 + this.#context.sizeOfLengths;
    const end = at + this.#context.sizeOfLengths;
    if (before.some((byte, i) => byte !== after[i]))
      commit.publish.push({ address: this.address + at, bytes: after.slice(at, end) });
  }

  /** Write the list's links into the segment. */
  #linkFree(): void {
    const blocks = merged(this.#free).filter(({ size }) => size >= this.#linkSize);
    blocks.forEach(({ offset, size }, i) => {
      const out = new ByteWriter();
      encodeFreeBlock(out, blocks[i + 1], size, this.#context);
      this.#bytes.set(out.written(), offset);
    });
    this.#head = blocks[0]?.offset ?? NO_FREE_BLOCK;
    this.#protect(blocks);
  }

  #writePart({ offset, size }: FreeBlock, commit: Commit): void {
    commit.data.push({ address: this.#segmentAddress + offset, bytes: this.#bytes.slice(offset, offset + size) });
  }

  #prefix(): Uint8Array {
    const out = new ByteWriter();
    const segmentSize = this.#publishedSize;
    encodeLocalHeapPrefix(
      out,
      { segmentSize, freeListHead: this.#head, segmentAddress: this.#segmentAddress },
      this.#context,
    );
    return out.bytes();
  }

  /** Size, head and address in one write; across a border the size, which must not come first, comes later. */
  #patch(before: Uint8Array, commit: Commit): void {
    const after = this.#prefix();
    const start = after.findIndex((byte, i) => byte !== before[i]);
    if (start < 0) return;
    let end = after.length;
    while (after[end - 1] === before[end - 1]) end--;
    if (!crossesSector(this.address + start, end - start)) {
      commit.raise.push({ address: this.address + start, bytes: after.slice(start, end) });
      return;
    }
    const { sizeOfLengths } = this.#context;
    const [head, address] = [8 + sizeOfLengths, 8 + 2 * sizeOfLengths];
    commit.raise.push({ address: this.address + head, bytes: after.slice(head, address) });
    commit.raise.push({ address: this.address + address, bytes: after.slice(address) });
    commit.hide.push({ address: this.address + 8, bytes: after.slice(8, head) });
  }

  /** The group is gone, or has its links in messages. */
  release(allocator: Allocator): void {
    allocator.free(this.#segmentAddress, this.#publishedSize, "metadata");
    allocator.free(this.address, localHeapPrefixRange(0, this.#context).length, "metadata");
  }
}

function merged(blocks: readonly FreeBlock[]): FreeBlock[] {
  const result: FreeBlock[] = [];
  for (const block of [...blocks].sort((a, b) => a.offset - b.offset)) {
    const last = result.at(-1);
    if (last !== undefined && last.offset + last.size === block.offset) {
      result[result.length - 1] = { offset: last.offset, size: last.size + block.size };
    } else result.push(block);
  }
  return result;
}
