/**
 * The blocks of an extensible array as bytes: the other direction of extensible-array.ts, where the tables are.
 * Block offsets are those of libhdf5, which counts some data blocks of the index block twice (H5EA.c:
 * H5EA__lookup_elmt).
 */
import { ByteWriter } from "../../bytes/byte-writer.js";
import type { Bytes } from "../../bytes/typed-arrays.js";
import { type FormatContext, writeAddress, writeLength } from "../context.js";
import { closeWithChecksum } from "../metadata-checksum.js";
import { ARRAY_CLASS, type ArrayElement, elementSize, encodeElement } from "./array-element.js";
import type { ChunkedDataset } from "./chunk-record.js";
import {
  dataBlockSize,
  type ExtensibleArrayParameters,
  type ExtensibleArrayShape,
  indexBlockSize,
  type SuperBlockShape,
} from "./extensible-array-shape.js";

/** What the blocks of one array share. */
export interface ArrayEncoding {
  readonly parameters: ExtensibleArrayParameters;
  readonly shape: ExtensibleArrayShape;
  readonly headerAddress: number;
  readonly ctx: FormatContext;
  readonly dataset: ChunkedDataset;
  /** The chunk of a number; undefined where there is none. */
  readonly at: (index: number) => ArrayElement | undefined;
}

/** What the header counts. */
export interface ArrayStatistics {
  readonly superBlocks: number;
  readonly superBlockBytes: number;
  readonly dataBlocks: number;
  readonly dataBlockBytes: number;
  /** Elements below this index may exist. */
  readonly used: number;
  /** Elements that have room. */
  readonly elements: number;
}

export function encodeArrayHeader(
  { parameters, ctx, dataset }: ArrayEncoding,
  statistics: ArrayStatistics,
  indexBlockAddress: number | undefined,
): Bytes {
  const { maxBits, indexBlockElements, minPointers, minElements, pageBits } = parameters;
  const out = new ByteWriter(80).ascii("EAHD").u8(0).u8(arrayClass(dataset)).u8(elementSize(dataset, ctx));
  out.u8(maxBits).u8(indexBlockElements).u8(minElements).u8(minPointers).u8(pageBits);
  const { superBlocks, superBlockBytes, dataBlocks, dataBlockBytes, used, elements } = statistics;
  for (const value of [superBlocks, superBlockBytes, dataBlocks, dataBlockBytes, used, elements]) {
    writeLength(out, value, ctx);
  }
  writeAddress(out, indexBlockAddress, ctx);
  return closeWithChecksum(out);
}

/**
 * @param dataBlocks addresses of the data blocks of the direct super blocks, in order.
 * @param superBlocks addresses of the others.
 */
export function encodeIndexBlock(
  array: ArrayEncoding,
  dataBlocks: readonly (number | undefined)[],
  superBlocks: readonly (number | undefined)[],
): Bytes {
  const { parameters, shape, ctx, dataset, at } = array;
  const { indexBlockElements } = parameters;
  const out = begin(array, "EAIB", indexBlockSize(shape, indexBlockElements, elementSize(dataset, ctx), ctx));
  for (let i = 0; i < indexBlockElements; i++) encodeElement(out, at(i), ctx, dataset);
  for (const address of [...dataBlocks, ...superBlocks]) writeAddress(out, address, ctx);
  return closeWithChecksum(out);
}

/** @param hasPage was page i, counted over all data blocks of the super block, written? */
export function encodeSuperBlock(
  array: ArrayEncoding,
  shape: SuperBlockShape,
  dataBlocks: readonly (number | undefined)[],
  hasPage: (page: number) => boolean,
): Bytes {
  const out = begin(array, "EASB", 64 + shape.blocks * array.ctx.sizeOfOffsets);
  out.uint(shape.start, array.shape.offsetWidth);
  const bitmap = new Uint8Array(shape.blocks * Math.ceil(shape.pages / 8));
  for (let page = 0; page < shape.blocks * shape.pages; page++) {
    if (hasPage(page)) bitmap[page >> 3] = (bitmap[page >> 3] as number) | (0x80 >> (page & 7));
  }
  out.put(bitmap);
  for (const address of dataBlocks) writeAddress(out, address, array.ctx);
  return closeWithChecksum(out);
}

/**
 * Data block `i` of a super block, with its pages; pages that were never written are zeros.
 * @param hasPage was page i of this data block written?
 */
export function encodeDataBlock(array: ArrayEncoding, u: number, i: number, hasPage: (page: number) => boolean): Bytes {
  const { shape: all, parameters, ctx, dataset, at } = array;
  const shape = all.superBlocks[u] as SuperBlockShape; // the caller counts in this array
  const size = dataBlockSize(all, shape, elementSize(dataset, ctx), ctx);
  const start = parameters.indexBlockElements + shape.start + i * shape.elementsPerBlock;
  const counted = u < all.direct ? shape.firstBlock + i : i;
  const out = begin(array, "EADB", shape.pages === 0 ? size : 64);
  out.uint(shape.start + counted * shape.elementsPerBlock, all.offsetWidth);
  if (shape.pages === 0) {
    for (let k = 0; k < shape.elementsPerBlock; k++) encodeElement(out, at(start + k), ctx, dataset);
    return closeWithChecksum(out);
  }
  const whole = new ByteWriter(size).put(closeWithChecksum(out));
  const pageSize = (size - whole.length) / shape.pages;
  for (let page = 0; page < shape.pages; page++) {
    if (!hasPage(page)) {
      whole.zeros(pageSize);
      continue;
    }
    const first = start + page * all.pageElements;
    const content = new ByteWriter(pageSize);
    for (let k = 0; k < all.pageElements; k++) encodeElement(content, at(first + k), ctx, dataset);
    whole.put(closeWithChecksum(content));
  }
  return whole.bytes();
}

function begin({ ctx, dataset, headerAddress }: ArrayEncoding, signature: string, size: number): ByteWriter {
  const out = new ByteWriter(size).ascii(signature).u8(0).u8(arrayClass(dataset));
  writeAddress(out, headerAddress, ctx);
  return out;
}

function arrayClass(dataset: ChunkedDataset): number {
  return dataset.filtered ? ARRAY_CLASS.filteredChunk : ARRAY_CLASS.chunk;
}
