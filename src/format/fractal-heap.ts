/**
 * Fractal heap: where dense links, dense attributes and shared messages are kept.
 * Spec: File Format 3.0, III.G. Reads version 0 of each block.
 *
 *   header:    "FRHP" | version u8 | heap id length u16 | filter length u16 | flags u8 | largest managed object u32
 *              | next huge id L | huge B-tree O | free space L | free-space manager O | managed space L
 *              | allocated L | iterator L | managed objects L | huge size L | huge objects L | tiny size L
 *              | tiny objects L | table width u16 | starting block size L | largest direct block L
 *              | heap size in bits u16 | starting rows of root u16 | root block O | rows of root u16
 *              | [filtered root size L | filter mask u32 | filter pipeline] | checksum u32
 *   direct:    "FHDB" | version u8 | heap header O | block offset | [checksum u32, if flag bit 1] | objects
 *   indirect:  "FHIB" | version u8 | heap header O | block offset
 *              | (direct block O | [filtered: size L | filter mask u32]) × … | indirect block O × … | checksum u32
 *   heap id:   flags u8 (bits 6–7 version 0, bits 4–5 kind), then
 *              0 managed:  offset | length                2 tiny:  the object itself
 *              1 huge:     address O | length L | [filtered: filter mask u32 | size L] where the id is long enough,
 *                          else a key of the v2 B-tree (types 1 and 2: the same, then key L)
 *
 * Managed objects live in an address space of their own, cut into blocks by a doubling table: row 0 and row 1 have
 * blocks of the starting size, each later row blocks of twice the size, `width` blocks per row. An object's offset
 * counts the headers of the blocks before it and of its own. Rows beyond the largest direct block hold indirect blocks,
 * each a smaller table of the same form. A direct block's checksum covers the whole block with the checksum zeroed.
 * In a heap with filters, direct blocks and huge objects are stored through them; indirect blocks and tiny objects not.
 */
import { lookup3 } from "../bytes/checksum.js";
import { Cursor } from "../bytes/cursor.js";
import { Hdf5ChecksumError, Hdf5FormatError, hex, isHdf5Error } from "../errors.js";
import { BTREE_V2_TYPE, readBtreeV2 } from "./btree-v2.js";
import { type ByteRange, type ByteSource, Miss } from "./byte-source.js";
import { type FormatContext, readAddress, readDefinedAddress, readLength } from "./context.js";
import { gatherMisses } from "./gather-misses.js";
import { decodeFilterPipeline, type PipelineFilter } from "./messages/filter-pipeline.js";
import { CHECKSUM_SIZE, verifyMetadataChecksum } from "./metadata-checksum.js";
import type { TreeLimits } from "./visited-nodes.js";

const HEADER = "fractal heap header";
const DIRECT = "fractal heap direct block";
const INDIRECT = "fractal heap indirect block";
const HEAP_ID = "fractal heap id";
/** The longest tiny object whose length fits into the four low bits of the first byte. */
const TINY_SHORT = 16; // H5HF_TINY_LEN_SHORT

/** The header of a heap, without what only a writer needs to change. */
export interface FractalHeapHeader {
  readonly idLength: number;
  /** What direct blocks and huge objects pass through; empty: nothing. */
  readonly filters: readonly PipelineFilter[];
  /** Of a root that is a filtered direct block. */
  readonly rootFilteredSize: number | undefined;
  readonly rootFilterMask: number | undefined;
  readonly hugeIdsWrapped: boolean;
  readonly checksumsDirectBlocks: boolean;
  readonly maxManagedSize: number;
  readonly hugeBtreeAddress: number | undefined;
  readonly managedSpace: number;
  readonly managedObjects: number;
  readonly hugeObjects: number;
  readonly tinyObjects: number;
  readonly tableWidth: number;
  readonly startingBlockSize: number;
  readonly maxDirectBlockSize: number;
  /** The heap's address space has 2 to this power bytes. */
  readonly maxHeapBits: number;
  readonly rootAddress: number | undefined;
  /** 0: the root is a direct block of the starting size. */
  readonly rootRows: number;
}

/** One heap. */
export interface FractalHeap {
  readonly header: FractalHeapHeader;
  /**
   * Blocks that objects will be looked for in, for callers that ask for them together with other structures: the root,
   * and once that is in memory, the direct blocks it points to.
   */
  readonly ahead: () => readonly ByteRange[];
  /**
   * The object with this id; a view of the file's bytes (of the id, if tiny).
   * @throws Hdf5FormatError when the id or a block on the way to it is damaged.
   */
  object(id: Uint8Array): Uint8Array;
  /**
   * Ask for the blocks of all these objects, one level of indirect blocks per round trip. Damaged ids are passed over:
   * `object` reports them.
   */
  prefetch(ids: readonly Uint8Array[]): void;
}

/** Where a header without filters lies; a filtered one is longer. */
export function fractalHeapHeaderRange(address: number, ctx: FormatContext): ByteRange {
  return { address, length: 26 + 12 * ctx.sizeOfLengths + 3 * ctx.sizeOfOffsets };
}

export function decodeFractalHeapHeader(cur: Cursor, ctx: FormatContext): FractalHeapHeader {
  cur.signature("FRHP");
  verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, ctx);
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const idLength = cur.u16("heap id length");
  const filterLength = cur.u16("I/O filters' encoded length");
  const flags = cur.u8("flags");
  const maxManagedSize = cur.u32("maximum size of managed objects");
  cur.skip(ctx.sizeOfLengths); // next huge object id: for writers, and all bits set once the ids have wrapped
  const hugeBtreeAddress = readAddress(cur, ctx, "v2 B-tree address of huge objects");
  readLength(cur, ctx, "amount of free space in managed blocks");
  readAddress(cur, ctx, "address of managed block free space manager");
  const managedSpace = readLength(cur, ctx, "amount of managed space");
  readLength(cur, ctx, "amount of allocated managed space");
  readLength(cur, ctx, "offset of direct block allocation iterator");
  const managedObjects = readLength(cur, ctx, "number of managed objects");
  readLength(cur, ctx, "size of huge objects");
  const hugeObjects = readLength(cur, ctx, "number of huge objects");
  readLength(cur, ctx, "size of tiny objects");
  const tinyObjects = readLength(cur, ctx, "number of tiny objects");
  const tableWidth = powerOfTwo(cur, cur.u16("table width"), "table width");
  const startingBlockSize = powerOfTwo(cur, readLength(cur, ctx, "starting block size"), "starting block size");
  const maxDirectBlockSize = powerOfTwo(cur, readLength(cur, ctx, "largest direct block"), "maximum direct block size");
  const maxHeapBits = cur.u16("maximum heap size");
  cur.u16("starting number of rows in root indirect block");
  const rootAddress = readAddress(cur, ctx, "address of root block");
  const rootRows = cur.u16("current number of rows in root indirect block");
  const filtered = filterLength > 0;
  const rootFilteredSize = filtered ? readLength(cur, ctx, "size of filtered root direct block") : undefined;
  const rootFilterMask = filtered ? cur.u32("I/O filter mask") : undefined;
  const filters = filtered ? decodeFilterPipeline(cur.sub(filterLength, "I/O filter information")) : [];
  if (filtered && filters.length === 0) cur.fail("I/O filter information", "names no filter");

  if (maxDirectBlockSize < startingBlockSize) {
    cur.fail("maximum direct block size", `is ${maxDirectBlockSize}, the starting block size is ${startingBlockSize}`);
  }
  const rowBits = Math.log2(startingBlockSize) + Math.log2(tableWidth); // both are powers of two: exact
  if (maxHeapBits > 64 || maxHeapBits < rowBits) {
    cur.fail("maximum heap size", `is ${maxHeapBits} bits, expected ${rowBits} (one row) to 64`);
  }
  const maxRows = maxHeapBits - rowBits + 1;
  if (rootRows > maxRows)
    cur.fail("current number of rows in root indirect block", `is ${rootRows}, at most ${maxRows}`);
  return {
    idLength,
    filters,
    rootFilteredSize,
    rootFilterMask,
    hugeIdsWrapped: (flags & 1) !== 0,
    checksumsDirectBlocks: (flags & 2) !== 0,
    maxManagedSize,
    hugeBtreeAddress,
    managedSpace,
    managedObjects,
    hugeObjects,
    tinyObjects,
    tableWidth,
    startingBlockSize,
    maxDirectBlockSize,
    maxHeapBits,
    rootAddress,
    rootRows,
  };
}

function powerOfTwo(cur: Cursor, value: number, field: string): number {
  // Block sizes beyond 2^31 are refused by libhdf5 (H5HF_MAX_DIRECT_SIZE_LIMIT).
  if (!(value >= 1 && value <= 2 ** 31 && Number.isInteger(Math.log2(value)))) {
    cur.fail(field, `is ${value}, expected a power of two up to 2^31`);
  }
  return value;
}

/** The heap whose header is at `address`. Reads the header; blocks are read when objects are asked for. */
export function readFractalHeap(
  source: ByteSource,
  address: number,
  ctx: FormatContext,
  limits: TreeLimits,
): FractalHeap {
  const header = source.memo(HEADER, address, () => {
    const { length } = fractalHeapHeaderRange(address, ctx);
    const first = source.read(address, length, HEADER);
    first.signature("FRHP");
    const filterLength = first.seek(7).u16("I/O filters' encoded length");
    const extra = filterLength === 0 ? 0 : ctx.sizeOfLengths + 4 + filterLength;
    return decodeFractalHeapHeader(extra === 0 ? first.seek(0) : source.read(address, length + extra, HEADER), ctx);
  });

  const blocks = new ManagedBlocks(source, address, header, ctx);
  const object = (id: Uint8Array): Uint8Array => {
    const cur = new Cursor(id, HEAP_ID, address);
    const flags = cur.u8("flags");
    if (flags >> 6 !== 0) cur.fail("version", `is ${flags >> 6}, expected 0`);
    const kind = (flags >> 4) & 3;
    if (kind === 0) return blocks.object(cur);
    if (kind === 1) return hugeObject(source, cur, header, ctx, limits);
    if (kind === 2) return tinyObject(cur, header, flags);
    return cur.fail("type", "is 3, expected 0 (managed), 1 (huge) or 2 (tiny)");
  };
  return {
    header,
    ahead: () => blocks.ahead(),
    object,
    prefetch(ids) {
      gatherMisses(ids, (id) => {
        try {
          object(id);
        } catch (thrown) {
          if (!isHdf5Error(thrown)) throw thrown; // met again when the object itself is asked for
        }
      });
    },
  };
}

/** Objects up to `maxManagedSize` bytes, in the blocks of the doubling table. */
class ManagedBlocks {
  readonly rootRange: ByteRange | undefined;
  readonly #source: ByteSource;
  readonly #heapAddress: number;
  readonly #header: FractalHeapHeader;
  readonly #ctx: FormatContext;
  /** Width of an offset in the heap. */
  readonly #offsetWidth: number;
  readonly #lengthWidth: number;
  /** Rows whose blocks are direct blocks. */
  readonly #directRows: number;
  /** Direct blocks by address: `memo` would be asked once per object. */
  readonly #direct = new Map<number, Uint8Array>();

  constructor(source: ByteSource, heapAddress: number, header: FractalHeapHeader, ctx: FormatContext) {
    this.#source = source;
    this.#heapAddress = heapAddress;
    this.#header = header;
    this.#ctx = ctx;
    this.#offsetWidth = Math.ceil(header.maxHeapBits / 8);
    const sizeWidth = Math.ceil(Math.log2(header.maxDirectBlockSize) / 8);
    this.#lengthWidth = Math.min(sizeWidth, Math.floor(Math.log2(Math.max(header.maxManagedSize, 1)) / 8) + 1);
    this.#directRows = Math.log2(header.maxDirectBlockSize / header.startingBlockSize) + 2;
    const { rootAddress, rootRows, startingBlockSize } = header;
    this.rootRange =
      rootAddress === undefined
        ? undefined
        : {
            address: rootAddress,
            length: rootRows === 0 ? (header.rootFilteredSize ?? startingBlockSize) : this.#indirectSize(rootRows),
          };
  }

  ahead(): readonly ByteRange[] {
    const { rootRange: root } = this;
    const { rootRows, tableWidth } = this.#header;
    if (root === undefined) return [];
    if (rootRows === 0) return [root];
    let children: readonly (Child | undefined)[];
    try {
      children = this.#indirectBlock(root.address, rootRows, 0);
    } catch (thrown) {
      if (!(thrown instanceof Miss) && !isHdf5Error(thrown)) throw thrown; // damage is met again when an object is asked for
      return [root];
    }
    return children.slice(0, this.#directRows * tableWidth).flatMap((child, i) => {
      if (child === undefined) return [];
      return [{ address: child.address, length: child.filteredSize ?? this.#blockSize(Math.floor(i / tableWidth)) }];
    });
  }

  object(id: Cursor): Uint8Array {
    const { startingBlockSize, maxDirectBlockSize, maxManagedSize, rootRows } = this.#header;
    const offset = id.uint(this.#offsetWidth, "offset");
    const length = id.uint(this.#lengthWidth, "length");
    const most = Math.min(maxDirectBlockSize, maxManagedSize);
    if (length === 0 || length > most) id.fail("length", `is ${length}, expected 1 to ${most}`);
    if (this.rootRange === undefined) id.fail("offset", `is ${offset}, but the heap has no blocks`);

    let block: Child = {
      address: this.rootRange.address,
      filteredSize: this.#header.rootFilteredSize,
      filterMask: this.#header.rootFilterMask,
    };
    let blockOffset = 0;
    let rows = rootRows;
    let size = startingBlockSize;
    // Each step enters a smaller table (rows falls), so the loop ends without a budget.
    while (rows > 0) {
      const { row, column, start } = this.#locate(offset - blockOffset);
      if (row >= rows) id.fail("offset", `is ${offset}, beyond the heap's blocks`);
      const children = this.#indirectBlock(block.address, rows, blockOffset);
      const child = children[row * this.#header.tableWidth + column];
      if (child === undefined) id.fail("offset", `is ${offset}, in a block that was never allocated`);
      block = child;
      blockOffset += start;
      size = this.#blockSize(row);
      rows = row < this.#directRows ? 0 : row - Math.log2(this.#header.tableWidth);
      if (row >= this.#directRows && rows < 1) id.fail("offset", `is ${offset}, in an indirect block without rows`);
    }
    let bytes = this.#direct.get(block.address);
    if (bytes === undefined) {
      bytes = this.#directBlock(block, size, blockOffset);
      this.#direct.set(block.address, bytes);
    }
    const at = offset - blockOffset;
    const overhead = this.#directOverhead();
    if (at < overhead) id.fail("offset", `is ${offset}, in the header of a direct block`);
    if (at + length > size) id.fail("length", `is ${length}, ${size - at} bytes are left of the direct block`);
    return bytes.subarray(at, at + length);
  }

  /** Row and column of an offset in a table, and where its block starts. */
  #locate(offset: number): { row: number; column: number; start: number } {
    const { startingBlockSize, tableWidth } = this.#header;
    let rowStart = 0;
    let next = startingBlockSize * tableWidth;
    let row = 0;
    while (offset >= next) {
      rowStart = next;
      next *= 2;
      row++;
    }
    const size = this.#blockSize(row);
    const column = Math.floor((offset - rowStart) / size);
    return { row, column, start: rowStart + column * size };
  }

  #blockSize(row: number): number {
    return this.#header.startingBlockSize * 2 ** Math.max(0, row - 1);
  }

  #directOverhead(): number {
    return 5 + this.#ctx.sizeOfOffsets + this.#offsetWidth + (this.#header.checksumsDirectBlocks ? CHECKSUM_SIZE : 0);
  }

  #indirectSize(rows: number): number {
    const { sizeOfOffsets, sizeOfLengths } = this.#ctx;
    const { tableWidth, filters } = this.#header;
    const filteredRows = filters.length === 0 ? 0 : Math.min(rows, this.#directRows);
    const children = rows * tableWidth * sizeOfOffsets + filteredRows * tableWidth * (sizeOfLengths + 4);
    return 5 + sizeOfOffsets + this.#offsetWidth + children + CHECKSUM_SIZE;
  }

  /** All children, row by row. */
  #indirectBlock(address: number, rows: number, blockOffset: number): readonly (Child | undefined)[] {
    return this.#source.memo(INDIRECT, address, () => {
      const cur = this.#source.read(address, this.#indirectSize(rows), INDIRECT);
      cur.signature("FHIB");
      verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, this.#ctx);
      this.#checkOwner(cur, blockOffset);
      const { tableWidth, filters } = this.#header;
      const children: (Child | undefined)[] = [];
      for (let i = 0; i < rows * tableWidth; i++) {
        const child = readAddress(cur, this.#ctx, "child block address");
        const filtered = filters.length > 0 && i < this.#directRows * tableWidth;
        const filteredSize = filtered ? readLength(cur, this.#ctx, "size of filtered direct block") : undefined;
        const filterMask = filtered ? cur.u32("filter mask of direct block") : undefined;
        children.push(child === undefined ? undefined : { address: child, filteredSize, filterMask });
      }
      return children;
    });
  }

  #directBlock({ address, filteredSize, filterMask = 0 }: Child, size: number, blockOffset: number): Uint8Array {
    return this.#source.memo(DIRECT, address, () => {
      const { filters } = this.#header;
      const cur =
        filteredSize === undefined
          ? this.#source.read(address, size, DIRECT)
          : this.#source.unfiltered({ structure: DIRECT, address, length: filteredSize, filters, filterMask, size });
      cur.signature("FHDB");
      if (this.#header.checksumsDirectBlocks && this.#ctx.verifyChecksums !== false) {
        const at = this.#directOverhead() - CHECKSUM_SIZE;
        const stored = cur.seek(at).u32("checksum");
        const zeroed = cur.bytes.slice();
        zeroed.fill(0, at, at + CHECKSUM_SIZE);
        const computed = lookup3(zeroed);
        if (stored !== computed) {
          throw new Hdf5ChecksumError(
            { structure: DIRECT, address, offset: at, field: "checksum" },
            `is ${hex(stored)}, the bytes give ${hex(computed)}`,
          );
        }
        cur.seek(4);
      }
      this.#checkOwner(cur, blockOffset);
      return cur.bytes;
    });
  }

  /** Version, heap header address and block offset, which direct and indirect blocks share. */
  #checkOwner(cur: Cursor, blockOffset: number): void {
    const version = cur.u8("version");
    if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
    const owner = readDefinedAddress(cur, this.#ctx, "heap header address");
    if (owner !== this.#heapAddress) {
      cur.fail("heap header address", `is ${hex(owner)}, expected ${hex(this.#heapAddress)}`);
    }
    const offset = cur.uint(this.#offsetWidth, "block offset");
    if (offset !== blockOffset) cur.fail("block offset", `is ${offset}, expected ${blockOffset}`);
  }
}

/** A block as its parent names it; the last two for direct blocks of heaps with filters. */
interface Child {
  readonly address: number;
  readonly filteredSize: number | undefined;
  readonly filterMask: number | undefined;
}

interface HugeObject {
  readonly address: number;
  /** As stored. */
  readonly length: number;
  readonly filtered: { readonly filterMask: number; readonly size: number } | undefined;
}

const HUGE = "fractal heap huge object";

/** Objects with a place of their own in the file: named by the id itself where it is long enough, else by a B-tree. */
function hugeObject(
  source: ByteSource,
  id: Cursor,
  header: FractalHeapHeader,
  ctx: FormatContext,
  limits: TreeLimits,
): Uint8Array {
  const { idLength, filters } = header;
  const filterFields = filters.length === 0 ? 0 : 4 + ctx.sizeOfLengths;
  const direct = idLength - 1 >= ctx.sizeOfOffsets + ctx.sizeOfLengths + filterFields;
  const place = direct ? readPlace(id, ctx, filters) : findHugeObject(source, id, header, ctx, limits);
  const { address, length, filtered } = place;
  if (filtered === undefined) return source.read(address, length, HUGE).bytes;
  return source.unfiltered({ structure: HUGE, address, length, filters, ...filtered }).bytes;
}

function readPlace(cur: Cursor, ctx: FormatContext, filters: readonly PipelineFilter[]): HugeObject {
  const address = readDefinedAddress(cur, ctx, "address of huge object");
  const length = readLength(cur, ctx, "length of huge object");
  if (filters.length === 0) return { address, length, filtered: undefined };
  const filterMask = cur.u32("filter mask of huge object");
  return { address, length, filtered: { filterMask, size: readLength(cur, ctx, "size of huge object") } };
}

function findHugeObject(
  source: ByteSource,
  id: Cursor,
  header: FractalHeapHeader,
  ctx: FormatContext,
  limits: TreeLimits,
): HugeObject {
  const { hugeBtreeAddress, filters } = header;
  const key = id.uint(Math.min(8, header.idLength - 1), "key of huge object");
  if (hugeBtreeAddress === undefined) return id.fail("type", "is huge, but the heap has no huge objects");
  const objects = source.memo("huge objects of a fractal heap", hugeBtreeAddress, () => {
    const decode = (cur: Cursor): readonly [number, HugeObject] => {
      const place = readPlace(cur, ctx, filters);
      return [readLength(cur, ctx, "key of huge object"), place];
    };
    const type = filters.length === 0 ? BTREE_V2_TYPE.hugeObjects : BTREE_V2_TYPE.filteredHugeObjects;
    return new Map(readBtreeV2(source, hugeBtreeAddress, ctx, limits, decode, type));
  });
  const place = objects.get(key);
  if (place === undefined) return id.fail("key of huge object", `is ${key}, which the heap's B-tree does not hold`);
  return place;
}

/** The object is in the id: its length, less one, in 4 bits, or in 12 when ids are longer than 18 bytes. */
function tinyObject(id: Cursor, header: FractalHeapHeader, flags: number): Uint8Array {
  const extended = header.idLength - 1 > TINY_SHORT + 1;
  const length = 1 + (extended ? ((flags & 0x0f) << 8) | id.u8("length") : flags & 0x0f);
  return id.take(length, "tiny object");
}

/** @throws Hdf5FormatError unless ids are as long as the record that holds them says. */
export function checkHeapIdLength(heap: FractalHeap, heapAddress: number, expected: number): void {
  if (heap.header.idLength !== expected) {
    const where = { structure: HEADER, address: heapAddress, offset: 5, field: "heap id length" };
    throw new Hdf5FormatError(where, `is ${heap.header.idLength}, expected ${expected}`);
  }
}
