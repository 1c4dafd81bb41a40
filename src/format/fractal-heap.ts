/**
 * Fractal heap: where dense links, dense attributes and shared messages are kept.
 * Spec: File Format 3.0, III.G. Reads version 0 of each block.
 * Long because a heap ID has no meaning without the header, and its three kinds share one way to their bytes.
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
import { DoublingTable, type FractalHeapForm } from "./fractal-heap-shape.js";
import { gatherMisses } from "./gather-misses.js";
import { decodeFilterPipeline, type PipelineFilter } from "./messages/filter-pipeline.js";
import { CHECKSUM_SIZE, verifyMetadataChecksum } from "./metadata-checksum.js";
import type { TreeLimits } from "./visited-nodes.js";

const HEADER = "fractal heap header";
const DIRECT = "fractal heap direct block";
const INDIRECT = "fractal heap indirect block";
const HEAP_ID = "fractal heap id";
/** The longest tiny object whose length fits into the four low bits of the first byte. */
export const TINY_SHORT = 16; // H5HF_TINY_LEN_SHORT

/** The header of a heap. */
export interface FractalHeapHeader extends FractalHeapForm {
  /** Of a root that is a filtered direct block. */
  readonly rootFilteredSize: number | undefined;
  readonly rootFilterMask: number | undefined;
  readonly hugeIdsWrapped: boolean;
  /** The key that was given last; undefined once the keys have wrapped. */
  readonly lastHugeKey: number | undefined;
  readonly hugeBtreeAddress: number | undefined;
  /** In the direct blocks of the root's rows, those not made yet included. */
  readonly freeSpace: number;
  readonly freeSpaceManagerAddress: number | undefined;
  /** Offsets that the rows of the root cover. */
  readonly managedSpace: number;
  /** Bytes of direct blocks. */
  readonly allocatedSpace: number;
  /** Offset of the next direct block. */
  readonly iteratorOffset: number;
  readonly managedObjects: number;
  readonly hugeSize: number;
  readonly hugeObjects: number;
  readonly tinySize: number;
  readonly tinyObjects: number;
  readonly startingRows: number;
  readonly rootAddress: number | undefined;
  /** 0: the root is a direct block of the starting size. */
  readonly rootRows: number;
}

/** A block of a heap, for writers; `offset` is in the heap. */
export type HeapBlock =
  | { readonly kind: "direct"; readonly address: number; readonly offset: number; readonly size: number }
  | {
      readonly kind: "indirect";
      readonly address: number;
      readonly offset: number;
      readonly rows: number;
      /** Row by row; undefined: never allocated. */
      readonly children: readonly (HeapBlock | undefined)[];
    };

type OpenBlock = HeapBlock & { readonly kind: "indirect"; readonly children: (HeapBlock | undefined)[] };

/** One heap. */
export interface FractalHeap {
  readonly header: FractalHeapHeader;
  readonly table: DoublingTable;
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
  /** The blocks of managed objects; undefined while there are none. */
  blocks(): HeapBlock | undefined;
  /** The bytes of a direct block of a heap without filters. */
  directBlock(block: HeapBlock & { readonly kind: "direct" }): Uint8Array;
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
  const lastHugeKey = cur.uintOrUndefined(ctx.sizeOfLengths, "next huge object id"); // all bits set once they wrapped
  const hugeBtreeAddress = readAddress(cur, ctx, "v2 B-tree address of huge objects");
  const freeSpace = readLength(cur, ctx, "amount of free space in managed blocks");
  const freeSpaceManagerAddress = readAddress(cur, ctx, "address of managed block free space manager");
  const managedSpace = readLength(cur, ctx, "amount of managed space");
  const allocatedSpace = readLength(cur, ctx, "amount of allocated managed space");
  const iteratorOffset = readLength(cur, ctx, "offset of direct block allocation iterator");
  const managedObjects = readLength(cur, ctx, "number of managed objects");
  const hugeSize = readLength(cur, ctx, "size of huge objects");
  const hugeObjects = readLength(cur, ctx, "number of huge objects");
  const tinySize = readLength(cur, ctx, "size of tiny objects");
  const tinyObjects = readLength(cur, ctx, "number of tiny objects");
  const tableWidth = powerOfTwo(cur, cur.u16("table width"), "table width");
  const startingBlockSize = powerOfTwo(cur, readLength(cur, ctx, "starting block size"), "starting block size");
  const maxDirectBlockSize = powerOfTwo(cur, readLength(cur, ctx, "largest direct block"), "maximum direct block size");
  const maxHeapBits = cur.u16("maximum heap size");
  const startingRows = cur.u16("starting number of rows in root indirect block");
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
    lastHugeKey,
    checksumsDirectBlocks: (flags & 2) !== 0,
    maxManagedSize,
    hugeBtreeAddress,
    freeSpace,
    freeSpaceManagerAddress,
    managedSpace,
    allocatedSpace,
    iteratorOffset,
    managedObjects,
    hugeSize,
    hugeObjects,
    tinySize,
    tinyObjects,
    startingRows,
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
    table: blocks.table,
    ahead: () => blocks.ahead(),
    object,
    blocks: () => blocks.blocks(),
    directBlock: (block) => blocks.directBlock(block),
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
  readonly table: DoublingTable;
  /** Direct blocks by address: `memo` would be asked once per object. */
  readonly #direct = new Map<number, Uint8Array>();

  constructor(source: ByteSource, heapAddress: number, header: FractalHeapHeader, ctx: FormatContext) {
    this.#source = source;
    this.#heapAddress = heapAddress;
    this.#header = header;
    this.#ctx = ctx;
    this.table = new DoublingTable(header, ctx);
    const { rootAddress, rootRows, startingBlockSize } = header;
    this.rootRange =
      rootAddress === undefined
        ? undefined
        : {
            address: rootAddress,
            length: rootRows === 0 ? (header.rootFilteredSize ?? startingBlockSize) : this.table.indirectSize(rootRows),
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
    return children.slice(0, this.table.directRows * tableWidth).flatMap((child, i) => {
      if (child === undefined) return [];
      return [
        { address: child.address, length: child.filteredSize ?? this.table.blockSize(Math.floor(i / tableWidth)) },
      ];
    });
  }

  /** All blocks, one level of indirect blocks after the other. */
  blocks(): HeapBlock | undefined {
    const { rootAddress: address, rootRows, startingBlockSize, tableWidth } = this.#header;
    if (address === undefined) return undefined;
    if (rootRows === 0) return { kind: "direct", address, offset: 0, size: startingBlockSize };
    const root: OpenBlock = { kind: "indirect", address, offset: 0, rows: rootRows, children: [] };
    for (let level: OpenBlock[] = [root]; level.length > 0; ) {
      this.#source.need(
        level.map((block) => ({ address: block.address, length: this.table.indirectSize(block.rows) })),
      );
      const below: OpenBlock[] = [];
      for (const block of level) {
        this.#indirectBlock(block.address, block.rows, block.offset).forEach((child, i) => {
          const row = Math.floor(i / tableWidth);
          const size = this.table.blockSize(row);
          const offset = block.offset + this.table.rowStart(row) + (i % tableWidth) * size;
          if (child === undefined) block.children.push(undefined);
          else if (row < this.table.directRows)
            block.children.push({ kind: "direct", address: child.address, offset, size });
          else {
            const rows = this.table.rowsBelow(row);
            const open: OpenBlock = { kind: "indirect", address: child.address, offset, rows, children: [] };
            block.children.push(open);
            below.push(open);
          }
        });
      }
      level = below; // each table is smaller than the one above
    }
    return root;
  }

  /** A whole direct block without filters. */
  directBlock({ address, size, offset }: HeapBlock & { readonly kind: "direct" }): Uint8Array {
    return this.#directBlock({ address, filteredSize: undefined, filterMask: undefined }, size, offset);
  }

  object(id: Cursor): Uint8Array {
    const { startingBlockSize, maxDirectBlockSize, maxManagedSize, rootRows } = this.#header;
    const offset = id.uint(this.table.offsetWidth, "offset");
    const length = id.uint(this.table.lengthWidth, "length");
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
      const { row, column, start } = this.table.locate(offset - blockOffset);
      if (row >= rows) id.fail("offset", `is ${offset}, beyond the heap's blocks`);
      const children = this.#indirectBlock(block.address, rows, blockOffset);
      const child = children[row * this.#header.tableWidth + column];
      if (child === undefined) id.fail("offset", `is ${offset}, in a block that was never allocated`);
      block = child;
      blockOffset += start;
      size = this.table.blockSize(row);
      rows = row < this.table.directRows ? 0 : this.table.rowsBelow(row);
      if (row >= this.table.directRows && rows < 1)
        id.fail("offset", `is ${offset}, in an indirect block without rows`);
    }
    let bytes = this.#direct.get(block.address);
    if (bytes === undefined) {
      bytes = this.#directBlock(block, size, blockOffset);
      this.#direct.set(block.address, bytes);
    }
    const at = offset - blockOffset;
    const overhead = this.table.directOverhead;
    if (at < overhead) id.fail("offset", `is ${offset}, in the header of a direct block`);
    if (at + length > size) id.fail("length", `is ${length}, ${size - at} bytes are left of the direct block`);
    return bytes.subarray(at, at + length);
  }

  /** All children, row by row. */
  #indirectBlock(address: number, rows: number, blockOffset: number): readonly (Child | undefined)[] {
    return this.#source.memo(INDIRECT, address, () => {
      const cur = this.#source.read(address, this.table.indirectSize(rows), INDIRECT);
      cur.signature("FHIB");
      verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, this.#ctx);
      this.#checkOwner(cur, blockOffset);
      const { tableWidth, filters } = this.#header;
      const children: (Child | undefined)[] = [];
      for (let i = 0; i < rows * tableWidth; i++) {
        const child = readAddress(cur, this.#ctx, "child block address");
        const filtered = filters.length > 0 && i < this.table.directRows * tableWidth;
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
        const at = this.table.directOverhead - CHECKSUM_SIZE;
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
    const offset = cur.uint(this.table.offsetWidth, "block offset");
    if (offset !== blockOffset) cur.fail("block offset", `is ${offset}, expected ${blockOffset}`);
  }
}

/** A block as its parent names it; the last two for direct blocks of heaps with filters. */
interface Child {
  readonly address: number;
  readonly filteredSize: number | undefined;
  readonly filterMask: number | undefined;
}

/** Where a huge object lies. */
export interface HugeObject {
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
  const { filters } = header;
  const place = hasDirectHugeIds(header, ctx)
    ? readPlace(id, ctx, filters)
    : findHugeObject(source, id, header, ctx, limits);
  const { address, length, filtered } = place;
  if (filtered === undefined) return source.read(address, length, HUGE).bytes;
  return source.unfiltered({ structure: HUGE, address, length, filters, ...filtered }).bytes;
}

/** Are ids long enough to name the places of huge objects? */
export function hasDirectHugeIds({ idLength, filters }: FractalHeapForm, ctx: FormatContext): boolean {
  const filterFields = filters.length === 0 ? 0 : 4 + ctx.sizeOfLengths;
  return idLength - 1 >= ctx.sizeOfOffsets + ctx.sizeOfLengths + filterFields;
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
  const key = id.uint(Math.min(8, header.idLength - 1), "key of huge object");
  if (header.hugeBtreeAddress === undefined) return id.fail("type", "is huge, but the heap has no huge objects");
  const place = hugeObjects(source, header, ctx, limits).get(key);
  if (place === undefined) return id.fail("key of huge object", `is ${key}, which the heap's B-tree does not hold`);
  return place;
}

/** A record of the B-tree of huge objects: the key that ids give, and the place. */
export type HugeRecord = readonly [key: number, place: HugeObject];

/** Record types 1 and 2; 3 and 4 where ids name the places: the address is the key then. */
export function decodeHugeRecord(
  cur: Cursor,
  ctx: FormatContext,
  filters: readonly PipelineFilter[],
  directIds: boolean,
): HugeRecord {
  const place = readPlace(cur, ctx, filters);
  return [directIds ? place.address : readLength(cur, ctx, "key of huge object"), place];
}

function hugeObjects(
  source: ByteSource,
  header: FractalHeapHeader,
  ctx: FormatContext,
  limits: TreeLimits,
): ReadonlyMap<number, HugeObject> {
  const { hugeBtreeAddress, filters } = header;
  if (hugeBtreeAddress === undefined) return new Map();
  return source.memo("huge objects of a fractal heap", hugeBtreeAddress, () => {
    const decode = (cur: Cursor): HugeRecord => decodeHugeRecord(cur, ctx, filters, false);
    const type = filters.length === 0 ? BTREE_V2_TYPE.hugeObjects : BTREE_V2_TYPE.filteredHugeObjects;
    return new Map(readBtreeV2(source, hugeBtreeAddress, ctx, limits, decode, type));
  });
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
