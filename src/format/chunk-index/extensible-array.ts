/**
 * Extensible array: chunks of a dataset with exactly one unlimited dimension, numbered in row-major order with that
 * dimension slowest. Spec: File Format 3.0, VII.D. Reads version 0; every block is checksummed.
 *
 *   header:       "EAHD" | version u8 | class u8 | element size u8 | max elements bits u8 | index block elements u8
 *                 | min data block elements u8 | min data block pointers u8 | page bits u8 | super blocks L
 *                 | their bytes L | data blocks L | their bytes L | largest index set + 1 L | elements L
 *                 | index block O | checksum
 *   index block:  "EAIB" | version u8 | class u8 | header O | elements | data block O × … | super block O × … | checksum
 *   super block:  "EASB" | version u8 | class u8 | header O | block offset | page bitmaps | data block O × n | checksum
 *   data block:   "EADB" | version u8 | class u8 | header O | block offset | elements | checksum      (not paged)
 *                 "EADB" | version u8 | class u8 | header O | block offset | checksum | pages         (paged)
 *   page:         elements | checksum
 *
 * Super block u stands for 2^⌊u/2⌋ data blocks of min × 2^⌈u/2⌉ elements each. The data blocks of the first ones are
 * named by the index block itself. Where the specification and libhdf5 differ, or the specification is silent:
 * - the page bits of a super block's data blocks follow each other without gaps, not each from a byte of its own,
 *   though room for the latter is kept (H5EA.c: H5EA__lookup_elmt); the first page has the highest bit of a byte;
 * - elements from "largest index set + 1" on do not exist, whatever is stored there (H5EA.c: H5EA_get);
 * - the block offset of data blocks named by the index block counts some blocks twice (same place), so none is checked.
 */
import type { Cursor } from "../../bytes/cursor.js";
import { Hdf5FormatError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";
import { type FormatContext, readAddress, readDefinedAddress, readLength } from "../context.js";
import { CHECKSUM_SIZE, verifyMetadataChecksum } from "../metadata-checksum.js";
import { VisitedNodes } from "../visited-nodes.js";
import {
  ARRAY_CLASS,
  boxPositions,
  chunkNumbering,
  decodeElements,
  type ElementRun,
  elementSize,
  maxPositions,
  withinBox,
} from "./array-element.js";
import { type ChunkBox, type ChunkedDataset, type ChunkRecord, compareOffsets } from "./chunk-record.js";
import {
  blockPrefixSize,
  type ExtensibleArrayParameters,
  type ExtensibleArrayShape,
  extensibleArrayHeaderSize,
  extensibleArrayShape,
  indexBlockSize,
  type SuperBlockShape,
  superBlockSize,
} from "./extensible-array-shape.js";

const HEADER = "extensible array header";
const INDEX_BLOCK = "extensible array index block";
const SUPER_BLOCK = "extensible array super block";
const DATA_BLOCK = "extensible array data block";
const PAGE = "extensible array data block page";

interface ExtensibleArrayHeader extends ExtensibleArrayParameters, ExtensibleArrayShape {
  readonly class: number;
  /** Elements below this index may exist. */
  readonly used: number;
  readonly indexBlockAddress: number | undefined;
}

/** A data block and the super block shape it belongs to. */
interface DataBlock {
  readonly address: number;
  /** Its number within the super block. */
  readonly number: number;
  readonly start: number;
  readonly shape: SuperBlockShape;
  /** Was page i written? */
  readonly hasPage: (page: number) => boolean;
}

/** Elements of the index block, a data block or a page. */
interface ExtensibleArrayRun extends ElementRun {
  readonly structure: typeof INDEX_BLOCK | typeof DATA_BLOCK | typeof PAGE;
  /** Where the elements start in the range. */
  readonly offset: number;
}

/**
 * The chunks of the dataset, or those that touch the box, in row-major order.
 * Round trips: header, index block, super blocks, data blocks or pages: at most 4, each for all that the box needs.
 */
export function readExtensibleArray(
  source: ByteSource,
  address: number | undefined,
  ctx: FormatContext,
  dataset: ChunkedDataset,
  box: ChunkBox | undefined,
): ChunkRecord[] {
  const { none, positions } = boxPositions(box, dataset);
  if (address === undefined || none) return [];
  const header = readHeader(source, address, ctx, dataset);
  if (header.indexBlockAddress === undefined) return [];
  const extent = maxPositions(dataset);
  const unlimited = Math.max(0, extent.indexOf(Infinity));
  if (extent.lastIndexOf(Infinity) > unlimited) {
    throw new Hdf5FormatError(
      { structure: HEADER, address },
      "indexes a dataset with more than one unlimited dimension",
    );
  }
  const numbering = chunkNumbering(extent, unlimited, positions);

  const walk = { source, header, headerAddress: address, ctx, dataset };
  const touched = (start: number, count: number): boolean => start < header.used && numbering.touches(start, count);
  const index = readIndexBlock(walk, header.indexBlockAddress);
  const superBlocks = index.superBlocks.filter(({ shape }) =>
    touched(header.indexBlockElements + shape.start, shape.blocks * shape.elementsPerBlock),
  );
  source.need(superBlocks.map(({ shape, address }) => ({ address, length: superBlockSize(header, shape, ctx) })));
  const dataBlocks = [...index.dataBlocks, ...superBlocks.flatMap((block) => readSuperBlock(walk, block))];
  const visited = new VisitedNodes(DATA_BLOCK, blockPrefixSize(header, ctx), source.end);
  const runs = [index.run, ...dataBlocks.flatMap((block) => elementRuns(walk, block, visited, touched))];
  source.need(runs.map((run) => run.range));
  const records = runs.flatMap((run) => withinBox(readRun(walk, run, numbering), dataset, box));
  return unlimited === 0 ? records : records.sort((a, b) => compareOffsets(a.offset, b.offset));
}

/** Where the blocks of an array lie. */
export interface ExtensibleArrayBlocks {
  readonly used: number;
  readonly indexBlockAddress: number | undefined;
  /** By number of the super block. */
  readonly superBlocks: ReadonlyMap<number, number>;
  readonly dataBlocks: readonly {
    readonly superBlock: number;
    /** Number within the super block. */
    readonly number: number;
    readonly address: number;
    readonly hasPage: (page: number) => boolean;
  }[];
}

/** All blocks of an array, for its writer. */
export function readExtensibleArrayBlocks(
  source: ByteSource,
  address: number,
  ctx: FormatContext,
  dataset: ChunkedDataset,
): ExtensibleArrayBlocks {
  const header = readHeader(source, address, ctx, dataset);
  const { used, indexBlockAddress } = header;
  if (indexBlockAddress === undefined) return { used, indexBlockAddress, superBlocks: new Map(), dataBlocks: [] };
  const walk = { source, header, headerAddress: address, ctx, dataset };
  const index = readIndexBlock(walk, indexBlockAddress);
  source.need(index.superBlocks.map(({ shape, address }) => ({ address, length: superBlockSize(header, shape, ctx) })));
  const below = index.superBlocks.flatMap((block) => readSuperBlock(walk, block));
  const numberOf = (shape: SuperBlockShape): number => header.superBlocks.indexOf(shape);
  return {
    used,
    indexBlockAddress,
    superBlocks: new Map(index.superBlocks.map(({ shape, address }) => [numberOf(shape), address])),
    dataBlocks: [...index.dataBlocks, ...below].map((block) => ({ ...block, superBlock: numberOf(block.shape) })),
  };
}

/** What all readers of one array share. */
interface Walk {
  readonly source: ByteSource;
  readonly header: ExtensibleArrayHeader;
  readonly headerAddress: number;
  readonly ctx: FormatContext;
  readonly dataset: ChunkedDataset;
}

function readHeader(
  source: ByteSource,
  address: number,
  ctx: FormatContext,
  dataset: ChunkedDataset,
): ExtensibleArrayHeader {
  return source.memo(HEADER, address, () => {
    return decodeHeader(source.read(address, extensibleArrayHeaderSize(ctx), HEADER), ctx, dataset);
  });
}

function decodeHeader(cur: Cursor, ctx: FormatContext, dataset: ChunkedDataset): ExtensibleArrayHeader {
  cur.signature("EAHD");
  verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, ctx);
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const expectedClass = dataset.filtered ? ARRAY_CLASS.filteredChunk : ARRAY_CLASS.chunk;
  const arrayClass = cur.u8("client id");
  if (arrayClass !== expectedClass) cur.fail("client id", `is ${arrayClass}, expected ${expectedClass}`);
  const size = cur.u8("element size");
  const expectedSize = elementSize(dataset, ctx);
  if (size !== expectedSize) cur.fail("element size", `is ${size}, expected ${expectedSize}`);
  // The checks are those that H5EAhdr.c: H5EA__hdr_create makes of an array.
  const maxBits = cur.u8("max number of elements bits");
  if (!(maxBits >= 1 && maxBits <= 64)) cur.fail("max number of elements bits", `is ${maxBits}, expected 1 to 64`);
  const indexBlockElements = cur.u8("index block elements");
  const minElements = cur.u8("min number of data block elements");
  const minBits = Math.log2(minElements);
  if (!Number.isInteger(minBits) || minBits > maxBits) {
    cur.fail("min number of data block elements", `is ${minElements}, expected a power of two`);
  }
  const minPointers = cur.u8("min number of data block pointers");
  const pointerBits = Math.log2(minPointers);
  if (!Number.isInteger(pointerBits) || pointerBits < 1) {
    cur.fail("min number of data block pointers", `is ${minPointers}, expected a power of two from 2`);
  }
  const pageBits = cur.u8("page bits");
  if (pageBits > maxBits) cur.fail("page bits", `is ${pageBits}, at most ${maxBits}`);
  for (let i = 0; i < 4; i++) readLength(cur, ctx, "statistics");
  const used = readLength(cur, ctx, "max index set");
  readLength(cur, ctx, "number of elements");
  const indexBlockAddress = readAddress(cur, ctx, "index block address");

  const parameters = { maxBits, indexBlockElements, minElements, minPointers, pageBits };
  const shape = extensibleArrayShape(parameters);
  const { superBlocks, direct } = shape;
  if (direct > superBlocks.length) {
    cur.fail("min number of data block pointers", `is ${minPointers}, too many for ${maxBits} bits`);
  }
  if (superBlocks.slice(0, direct).some(({ pages }) => pages > 0)) {
    cur.fail("page bits", `is ${pageBits}: the index block's data blocks would be paged`);
  }
  return { ...parameters, ...shape, class: arrayClass, used, indexBlockAddress };
}

/** Signature, version, class and owner of a block; leaves the position behind them. */
function checkBlock(cur: Cursor, signature: string, { header, headerAddress, ctx }: Walk): void {
  cur.signature(signature);
  verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, ctx);
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const arrayClass = cur.u8("client id");
  if (arrayClass !== header.class) cur.fail("client id", `is ${arrayClass}, the header's is ${header.class}`);
  const owner = readDefinedAddress(cur, ctx, "header address");
  if (owner !== headerAddress) cur.fail("header address", `is ${owner}, expected ${headerAddress}`);
}

interface IndexBlock {
  readonly run: ExtensibleArrayRun;
  readonly dataBlocks: readonly DataBlock[];
  readonly superBlocks: readonly { readonly address: number; readonly shape: SuperBlockShape }[];
}

function readIndexBlock(walk: Walk, address: number): IndexBlock {
  const { source, header, ctx, dataset } = walk;
  const elements = header.indexBlockElements;
  const direct = header.superBlocks.slice(0, header.direct);
  const offset = 6 + ctx.sizeOfOffsets;
  const elementBytes = elements * elementSize(dataset, ctx);
  const length = indexBlockSize(header, elements, elementSize(dataset, ctx), ctx);
  return source.memo(`${INDEX_BLOCK} pointers`, address, () => {
    const cur = source.read(address, length, INDEX_BLOCK);
    checkBlock(cur, "EAIB", walk);
    cur.skip(elementBytes);
    const dataBlocks = direct.flatMap((shape) => readDataBlockAddresses(cur, shape, walk, () => true));
    const superBlocks: { address: number; shape: SuperBlockShape }[] = [];
    for (const shape of header.superBlocks.slice(header.direct)) {
      const at = readAddress(cur, ctx, "super block address");
      if (at !== undefined) superBlocks.push({ address: at, shape });
    }
    const count = Math.min(elements, header.used);
    const run = { structure: INDEX_BLOCK, start: 0, count, offset, range: { address, length } } as const;
    return { run, dataBlocks, superBlocks };
  });
}

/** The data blocks of one super block that exist; `hasPage` takes the number of a page among all of the super block. */
function readDataBlockAddresses(
  cur: Cursor,
  shape: SuperBlockShape,
  { header, ctx }: Walk,
  hasPage: (page: number) => boolean,
): DataBlock[] {
  const blocks: DataBlock[] = [];
  for (let i = 0; i < shape.blocks; i++) {
    const address = readAddress(cur, ctx, "data block address");
    if (address === undefined) continue;
    const start = header.indexBlockElements + shape.start + i * shape.elementsPerBlock;
    blocks.push({ address, number: i, start, shape, hasPage: (page) => hasPage(i * shape.pages + page) });
  }
  return blocks;
}

function readSuperBlock(
  walk: Walk,
  { address, shape }: { readonly address: number; readonly shape: SuperBlockShape },
): readonly DataBlock[] {
  const { source, header, ctx } = walk;
  return source.memo(SUPER_BLOCK, address, () => {
    const cur = source.read(address, superBlockSize(header, shape, ctx), SUPER_BLOCK);
    checkBlock(cur, "EASB", walk);
    cur.skip(header.offsetWidth);
    const bitmap = cur.take(shape.blocks * Math.ceil(shape.pages / 8), "page bitmaps");
    const hasPage = (page: number): boolean => ((bitmap[page >> 3] ?? 0) & (0x80 >> (page & 7))) !== 0;
    return readDataBlockAddresses(cur, shape, walk, hasPage);
  });
}

/** The runs of a data block that were written and hold chunks of the box. */
function elementRuns(
  { header, ctx, dataset }: Walk,
  { address, start, shape, hasPage }: DataBlock,
  visited: VisitedNodes,
  touched: (start: number, count: number) => boolean,
): ExtensibleArrayRun[] {
  if (!touched(start, shape.elementsPerBlock)) return [];
  visited.add(address);
  const size = elementSize(dataset, ctx);
  const prefix = blockPrefixSize(header, ctx);
  const within = (first: number, count: number): number => Math.min(count, header.used - first);
  if (shape.pages === 0) {
    const length = prefix + shape.elementsPerBlock * size + CHECKSUM_SIZE;
    const count = within(start, shape.elementsPerBlock);
    return [{ structure: DATA_BLOCK, start, count, offset: prefix, range: { address, length } }];
  }
  const runs: ExtensibleArrayRun[] = [];
  const length = header.pageElements * size + CHECKSUM_SIZE;
  for (let page = 0; page < shape.pages; page++) {
    const first = start + page * header.pageElements;
    if (first >= header.used) break;
    if (!hasPage(page) || !touched(first, header.pageElements)) continue;
    const range = { address: address + prefix + CHECKSUM_SIZE + page * length, length };
    runs.push({ structure: PAGE, start: first, count: within(first, header.pageElements), offset: 0, range });
  }
  return runs;
}

function readRun(
  walk: Walk,
  run: ExtensibleArrayRun,
  numbering: Parameters<typeof decodeElements>[4],
): readonly ChunkRecord[] {
  const { source, ctx, dataset } = walk;
  return source.memo(run.structure, run.range.address, () => {
    const cur = source.read(run.range.address, run.range.length, run.structure);
    if (run.structure === PAGE) verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, ctx);
    else checkBlock(cur, run.structure === DATA_BLOCK ? "EADB" : "EAIB", walk);
    return decodeElements(cur.seek(run.offset), run, ctx, dataset, numbering);
  });
}
