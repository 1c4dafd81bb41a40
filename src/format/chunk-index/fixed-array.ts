/**
 * Fixed array: chunks of a dataset whose maximum extent is fixed, numbered in row-major order over it.
 * Spec: File Format 3.0, VII.C. Reads version 0; every block is checksummed.
 *
 *   header:      "FAHD" | version u8 | class u8 | element size u8 | page bits u8 | elements L | data block O | checksum
 *   data block:  "FADB" | version u8 | class u8 | header O | elements | checksum                     (not paged)
 *                "FADB" | version u8 | class u8 | header O | page bitmap | checksum | pages          (paged)
 *   page:        elements | checksum
 *
 * Paged when there are more than 2^(page bits) elements. The bitmap says which pages were written, the first page in
 * the *highest* bit of its first byte (H5VMprivate.h: H5VM_bit_get); pages that were not hold no chunks.
 */
import { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import type { Bytes } from "../../bytes/typed-arrays.js";
import type { ByteRange, ByteSource } from "../byte-source.js";
import {
  type FormatContext,
  readAddress,
  readDefinedAddress,
  readLength,
  writeAddress,
  writeLength,
} from "../context.js";
import { CHECKSUM_SIZE, closeWithChecksum, verifyMetadataChecksum } from "../metadata-checksum.js";
import {
  ARRAY_CLASS,
  type ArrayElement,
  boxPositions,
  chunkNumbering,
  decodeElements,
  type ElementRun,
  elementSize,
  encodeElement,
  maxPositions,
  withinBox,
} from "./array-element.js";
import type { ChunkBox, ChunkedDataset, ChunkRecord } from "./chunk-record.js";

const HEADER = "fixed array header";
const DATA_BLOCK = "fixed array data block";
const PAGE = "fixed array data block page";

interface FixedArrayHeader {
  readonly class: number;
  readonly pageBits: number;
  readonly elements: number;
  readonly blockAddress: number | undefined;
}

/**
 * The chunks of the dataset, or those that touch the box, in row-major order.
 * Round trips: header, data block (or its prefix), and the pages that the box needs in one.
 */
export function readFixedArray(
  source: ByteSource,
  address: number | undefined,
  ctx: FormatContext,
  dataset: ChunkedDataset,
  box: ChunkBox | undefined,
): ChunkRecord[] {
  const { none, positions } = boxPositions(box, dataset);
  if (address === undefined || none) return [];
  const header = readHeader(source, address, ctx, dataset);
  if (header.blockAddress === undefined) return [];
  const numbering = chunkNumbering(maxPositions(dataset), 0, positions);

  const runs = elementRuns(source, header, header.blockAddress, address, ctx, dataset).filter((run) =>
    numbering.touches(run.start, run.count),
  );
  source.need(runs.map((run) => run.range));
  return runs.flatMap((run) => {
    const structure = run.offset === 0 ? PAGE : DATA_BLOCK;
    const records = source.memo(structure, run.range.address, () => {
      const cur = source.read(run.range.address, run.range.length, structure);
      if (run.offset === 0) verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, ctx);
      else checkDataBlock(cur, ctx, header, address);
      return decodeElements(cur, run, ctx, dataset, numbering);
    });
    return withinBox(records, dataset, box);
  });
}

interface FixedArrayRun extends ElementRun {
  /** Where the elements start in the range: 0 in a page. */
  readonly offset: number;
}

/** The runs of elements that were written: the whole data block, or its pages. */
function elementRuns(
  source: ByteSource,
  header: FixedArrayHeader,
  blockAddress: number,
  headerAddress: number,
  ctx: FormatContext,
  dataset: ChunkedDataset,
): readonly FixedArrayRun[] {
  const { elements } = header;
  const size = elementSize(dataset, ctx);
  const prefix = 6 + ctx.sizeOfOffsets;
  const pageElements = 2 ** header.pageBits;
  if (elements <= pageElements) {
    const length = prefix + elements * size + CHECKSUM_SIZE;
    return [{ start: 0, count: elements, offset: prefix, range: { address: blockAddress, length } }];
  }

  const pages = Math.ceil(elements / pageElements);
  const bitmapSize = Math.ceil(pages / 8);
  const bitmap = source.memo(DATA_BLOCK, blockAddress, () => {
    const cur = source.read(blockAddress, prefix + bitmapSize + CHECKSUM_SIZE, DATA_BLOCK);
    checkDataBlock(cur, ctx, header, headerAddress);
    return cur.take(bitmapSize, "page bitmap");
  });
  const firstPage = blockAddress + prefix + bitmapSize + CHECKSUM_SIZE;
  const pageSize = pageElements * size + CHECKSUM_SIZE;
  const runs: FixedArrayRun[] = [];
  for (let page = 0; page < pages; page++) {
    const start = page * pageElements;
    const count = Math.min(pageElements, elements - start);
    if (((bitmap[page >> 3] ?? 0) & (0x80 >> (page & 7))) === 0) continue;
    const range = { address: firstPage + page * pageSize, length: count * size + CHECKSUM_SIZE };
    runs.push({ start, count, offset: 0, range });
  }
  return runs;
}

function readHeader(
  source: ByteSource,
  address: number,
  ctx: FormatContext,
  dataset: ChunkedDataset,
): FixedArrayHeader {
  return source.memo(HEADER, address, () => {
    const length = 8 + ctx.sizeOfLengths + ctx.sizeOfOffsets + CHECKSUM_SIZE;
    return decodeHeader(source.read(address, length, HEADER), ctx, dataset, source.end);
  });
}

function decodeHeader(cur: Cursor, ctx: FormatContext, dataset: ChunkedDataset, end: number): FixedArrayHeader {
  cur.signature("FAHD");
  verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, ctx);
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const expectedClass = dataset.filtered ? ARRAY_CLASS.filteredChunk : ARRAY_CLASS.chunk;
  const arrayClass = cur.u8("client id");
  if (arrayClass !== expectedClass) cur.fail("client id", `is ${arrayClass}, expected ${expectedClass}`);
  const size = cur.u8("element size");
  const expectedSize = elementSize(dataset, ctx);
  if (size !== expectedSize) cur.fail("element size", `is ${size}, expected ${expectedSize}`);
  const pageBits = cur.u8("page bits");
  if (pageBits > 52) cur.fail("page bits", `is ${pageBits}, at most 52`);
  const elements = readLength(cur, ctx, "number of elements");
  const blockAddress = readAddress(cur, ctx, "data block address");
  const expected = maxPositions(dataset).reduce((product, count) => product * count, 1);
  if (elements !== expected) {
    cur.fail("number of elements", `is ${elements}, the maximum extent has ${expected} chunks`);
  }
  // Pages not written yet have their room in the file all the same, so this bounds every loop below.
  if (blockAddress !== undefined && !(blockAddress + elements * size <= end)) {
    cur.fail("number of elements", `is ${elements} of ${size} bytes, more than the file holds from its data block on`);
  }
  return { class: arrayClass, pageBits, elements, blockAddress };
}

/** Signature, checksum (over all bytes of the cursor), version, class and owner; leaves the position behind them. */
function checkDataBlock(cur: Cursor, ctx: FormatContext, header: FixedArrayHeader, headerAddress: number): void {
  cur.signature("FADB");
  verifyMetadataChecksum(cur, cur.length - CHECKSUM_SIZE, ctx);
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const arrayClass = cur.u8("client id");
  if (arrayClass !== header.class) cur.fail("client id", `is ${arrayClass}, the header's is ${header.class}`);
  const owner = readDefinedAddress(cur, ctx, "header address");
  if (owner !== headerAddress) cur.fail("header address", `is ${owner}, expected ${headerAddress}`);
}

/** Bytes of a header. */
export function fixedArrayHeaderSize(ctx: FormatContext): number {
  return 8 + ctx.sizeOfLengths + ctx.sizeOfOffsets + CHECKSUM_SIZE;
}

/** Bytes of the data block, with all its pages. */
export function fixedArrayBlockSize(
  elements: number,
  pageBits: number,
  ctx: FormatContext,
  dataset: ChunkedDataset,
): number {
  const plain = 6 + ctx.sizeOfOffsets + elements * elementSize(dataset, ctx) + CHECKSUM_SIZE;
  if (elements <= 2 ** pageBits) return plain;
  const pages = Math.ceil(elements / 2 ** pageBits);
  return plain + Math.ceil(pages / 8) + pages * CHECKSUM_SIZE;
}

/** The blocks of an array in the file, header first: what is freed with it. */
export function readFixedArrayBlocks(
  source: ByteSource,
  address: number,
  ctx: FormatContext,
  dataset: ChunkedDataset,
): ByteRange[] {
  const { blockAddress, elements, pageBits } = readHeader(source, address, ctx, dataset);
  const header = { address, length: fixedArrayHeaderSize(ctx) };
  if (blockAddress === undefined) return [header];
  return [header, { address: blockAddress, length: fixedArrayBlockSize(elements, pageBits, ctx, dataset) }];
}

/**
 * Header and data block of an array.
 * @param at the chunk of each number; undefined where there is none. Pages without chunks are left out of the bitmap.
 */
export function encodeFixedArray(
  array: {
    readonly address: number;
    readonly blockAddress: number;
    readonly elements: number;
    readonly pageBits: number;
  },
  at: (index: number) => ArrayElement | undefined,
  ctx: FormatContext,
  dataset: ChunkedDataset,
): { readonly header: Bytes; readonly block: Bytes } {
  const { address, blockAddress, elements, pageBits } = array;
  const arrayClass = dataset.filtered ? ARRAY_CLASS.filteredChunk : ARRAY_CLASS.chunk;
  const header = new ByteWriter(64).ascii("FAHD").u8(0).u8(arrayClass).u8(elementSize(dataset, ctx)).u8(pageBits);
  writeLength(header, elements, ctx);
  writeAddress(header, blockAddress, ctx);

  const block = new ByteWriter(fixedArrayBlockSize(elements, pageBits, ctx, dataset));
  block.ascii("FADB").u8(0).u8(arrayClass);
  writeAddress(block, address, ctx);
  if (elements <= 2 ** pageBits) {
    for (let i = 0; i < elements; i++) encodeElement(block, at(i), ctx, dataset);
    return { header: closeWithChecksum(header), block: closeWithChecksum(block) };
  }
  const pages = Math.ceil(elements / 2 ** pageBits);
  const bitmap = new Uint8Array(Math.ceil(pages / 8));
  const encoded: Uint8Array[] = [];
  for (let page = 0; page < pages; page++) {
    const start = page * 2 ** pageBits;
    const count = Math.min(2 ** pageBits, elements - start);
    const out = new ByteWriter(count * elementSize(dataset, ctx) + CHECKSUM_SIZE);
    let used = false;
    for (let i = start; i < start + count; i++) {
      const chunk = at(i);
      used ||= chunk !== undefined;
      encodeElement(out, chunk, ctx, dataset);
    }
    if (used) bitmap[page >> 3] = (bitmap[page >> 3] as number) | (0x80 >> (page & 7));
    encoded.push(used ? closeWithChecksum(out) : new Uint8Array(out.length + CHECKSUM_SIZE));
  }
  block.put(bitmap);
  const out = new ByteWriter(block.length + CHECKSUM_SIZE).put(closeWithChecksum(block));
  for (const page of encoded) out.put(page);
  return { header: closeWithChecksum(header), block: out.bytes() };
}
