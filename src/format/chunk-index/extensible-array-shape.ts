/**
 * How many blocks of which size an extensible array has: all follows from five numbers. Spec: File Format 3.0, VII.D;
 * H5EAhdr.c: H5EA__hdr_init. Super block u stands for 2^⌊u/2⌋ data blocks of min × 2^⌈u/2⌉ elements each.
 */
import type { FormatContext } from "../context.js";
import { CHECKSUM_SIZE } from "../metadata-checksum.js";

/** What the header, and the layout message, say of an array. */
export interface ExtensibleArrayParameters {
  /** Elements at most, as a power of two. */
  readonly maxBits: number;
  readonly indexBlockElements: number;
  /** Smallest number of data block pointers of a super block. */
  readonly minPointers: number;
  /** Smallest number of elements of a data block. */
  readonly minElements: number;
  /** Elements of a page, as a power of two. */
  readonly pageBits: number;
}

/** The data blocks that one super block stands for. */
export interface SuperBlockShape {
  readonly blocks: number;
  readonly elementsPerBlock: number;
  /** Index of the first element, counted behind those of the index block. */
  readonly start: number;
  /** Number of the first data block. */
  readonly firstBlock: number;
  /** Pages per data block; 0: not paged. */
  readonly pages: number;
}

/** All super blocks of an array. */
export interface ExtensibleArrayShape {
  readonly superBlocks: readonly SuperBlockShape[];
  /** So many of them have their data blocks named by the index block. */
  readonly direct: number;
  /** Width of offsets in the array. */
  readonly offsetWidth: number;
  readonly pageElements: number;
}

export function extensibleArrayShape(parameters: ExtensibleArrayParameters): ExtensibleArrayShape {
  const { maxBits, minPointers, minElements, pageBits } = parameters;
  const pageElements = 2 ** pageBits;
  const superBlocks: SuperBlockShape[] = [];
  let start = 0;
  let firstBlock = 0;
  for (let u = 0; u < 1 + maxBits - Math.log2(minElements); u++) {
    const blocks = 2 ** Math.floor(u / 2);
    const elementsPerBlock = minElements * 2 ** Math.ceil(u / 2);
    const pages = elementsPerBlock > pageElements ? elementsPerBlock / pageElements : 0;
    superBlocks.push({ blocks, elementsPerBlock, start, firstBlock, pages });
    start += blocks * elementsPerBlock;
    firstBlock += blocks;
  }
  const direct = 2 * Math.log2(minPointers); // H5EA_SBLK_FIRST_IDX
  return { superBlocks, direct, offsetWidth: Math.ceil(maxBits / 8), pageElements };
}

/** Bytes of the header. */
export function extensibleArrayHeaderSize(ctx: FormatContext): number {
  return 12 + 6 * ctx.sizeOfLengths + ctx.sizeOfOffsets + CHECKSUM_SIZE;
}

/** Bytes of the index block, with elements of this size. */
export function indexBlockSize(
  shape: ExtensibleArrayShape,
  indexBlockElements: number,
  elementSize: number,
  ctx: FormatContext,
): number {
  const direct = shape.superBlocks.slice(0, shape.direct).reduce((sum, { blocks }) => sum + blocks, 0);
  const addresses = direct + shape.superBlocks.length - shape.direct;
  return 6 + ctx.sizeOfOffsets + indexBlockElements * elementSize + addresses * ctx.sizeOfOffsets + CHECKSUM_SIZE;
}

/** Bytes of a super block. */
export function superBlockSize(array: ExtensibleArrayShape, shape: SuperBlockShape, ctx: FormatContext): number {
  const bitmaps = shape.blocks * Math.ceil(shape.pages / 8);
  return blockPrefixSize(array, ctx) + bitmaps + shape.blocks * ctx.sizeOfOffsets + CHECKSUM_SIZE;
}

/** Bytes of a data block, with all its pages. */
export function dataBlockSize(
  array: ExtensibleArrayShape,
  shape: SuperBlockShape,
  elementSize: number,
  ctx: FormatContext,
): number {
  const content = shape.elementsPerBlock * elementSize + shape.pages * CHECKSUM_SIZE;
  return blockPrefixSize(array, ctx) + CHECKSUM_SIZE + content;
}

/** Bytes before the content of super and data blocks. */
export function blockPrefixSize(array: ExtensibleArrayShape, ctx: FormatContext): number {
  return 6 + ctx.sizeOfOffsets + array.offsetWidth;
}
