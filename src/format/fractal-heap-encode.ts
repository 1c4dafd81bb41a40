/**
 * A fractal heap as bytes: the other direction of fractal-heap.ts, where the tables are. Unfiltered heaps only.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import { lookup3 } from "../bytes/checksum.js";
import type { Bytes } from "../bytes/typed-arrays.js";
import { type FormatContext, writeAddress, writeLength } from "./context.js";
import { type FractalHeapHeader, fractalHeapHeaderRange, hasDirectHugeIds, TINY_SHORT } from "./fractal-heap.js";
import type { DoublingTable, FractalHeapForm } from "./fractal-heap-shape.js";
import { CHECKSUM_SIZE, closeWithChecksum } from "./metadata-checksum.js";

const MANAGED = 0x00; // H5HF_ID_TYPE_MAN
const HUGE = 0x10; // H5HF_ID_TYPE_HUGE
const TINY = 0x20; // H5HF_ID_TYPE_TINY
const IDS_WRAPPED = 1; // H5HF_HDR_FLAGS_HUGE_ID_WRAPPED
const CHECKSUM_DIRECT = 2; // H5HF_HDR_FLAGS_CHECKSUM_DBLOCKS

/** What of a header is written of an unfiltered heap. */
export type UnfilteredHeapHeader = Omit<FractalHeapHeader, "rootFilteredSize" | "rootFilterMask" | "filters">;

export function encodeFractalHeapHeader(header: UnfilteredHeapHeader, ctx: FormatContext): Bytes {
  const out = new ByteWriter(fractalHeapHeaderRange(0, ctx).length).ascii("FRHP").u8(0);
  const { hugeIdsWrapped, checksumsDirectBlocks } = header;
  out.u16(header.idLength).u16(0);
  out.u8((hugeIdsWrapped ? IDS_WRAPPED : 0) | (checksumsDirectBlocks ? CHECKSUM_DIRECT : 0));
  out.u32(header.maxManagedSize);
  if (header.lastHugeKey === undefined) out.fill(0xff, ctx.sizeOfLengths);
  else writeLength(out, header.lastHugeKey, ctx);
  writeAddress(out, header.hugeBtreeAddress, ctx);
  writeLength(out, header.freeSpace, ctx);
  writeAddress(out, header.freeSpaceManagerAddress, ctx);
  for (const length of [
    header.managedSpace,
    header.allocatedSpace,
    header.iteratorOffset,
    header.managedObjects,
    header.hugeSize,
    header.hugeObjects,
    header.tinySize,
    header.tinyObjects,
  ]) {
    writeLength(out, length, ctx);
  }
  out.u16(header.tableWidth);
  writeLength(out, header.startingBlockSize, ctx);
  writeLength(out, header.maxDirectBlockSize, ctx);
  out.u16(header.maxHeapBits).u16(header.startingRows);
  writeAddress(out, header.rootAddress, ctx);
  out.u16(header.rootRows);
  return closeWithChecksum(out);
}

/** What direct and indirect blocks begin with. */
function writeOwner(
  out: ByteWriter,
  heapAddress: number,
  blockOffset: number,
  table: DoublingTable,
  ctx: FormatContext,
) {
  out.u8(0);
  writeAddress(out, heapAddress, ctx);
  out.uint(blockOffset, table.offsetWidth);
}

/**
 * Complete a direct block in place.
 * @param block its bytes, objects where their offsets say, the first `directOverhead` bytes free.
 */
export function closeDirectBlock(
  block: Uint8Array,
  heapAddress: number,
  blockOffset: number,
  form: FractalHeapForm,
  table: DoublingTable,
  ctx: FormatContext,
): void {
  const out = new ByteWriter(table.directOverhead).ascii("FHDB");
  writeOwner(out, heapAddress, blockOffset, table, ctx);
  if (form.checksumsDirectBlocks) out.zeros(CHECKSUM_SIZE);
  block.set(out.written());
  if (!form.checksumsDirectBlocks) return;
  const sum = new ByteWriter(CHECKSUM_SIZE).u32(lookup3(block));
  block.set(sum.written(), table.directOverhead - CHECKSUM_SIZE);
}

/** @param children addresses, row by row; undefined: no such block. */
export function encodeIndirectBlock(
  children: readonly (number | undefined)[],
  heapAddress: number,
  blockOffset: number,
  table: DoublingTable,
  ctx: FormatContext,
): Bytes {
  const out = new ByteWriter(table.indirectSize(children.length / table.width)).ascii("FHIB");
  writeOwner(out, heapAddress, blockOffset, table, ctx);
  for (const child of children) writeAddress(out, child, ctx);
  return closeWithChecksum(out);
}

/** @param offset of the object in the heap. */
export function encodeManagedId(offset: number, length: number, form: FractalHeapForm, table: DoublingTable): Bytes {
  const out = new ByteWriter(form.idLength).u8(MANAGED).uint(offset, table.offsetWidth).uint(length, table.lengthWidth);
  return padded(out, form);
}

/** Offset and length of a managed object; undefined: the id is none of one. */
export function decodeManagedId(
  id: Uint8Array,
  table: DoublingTable,
): { readonly offset: number; readonly length: number } | undefined {
  if (((id[0] ?? 0) & 0xf0) !== MANAGED) return undefined;
  const number = (from: number, width: number): number =>
    id.subarray(from, from + width).reduce((sum, byte, i) => sum + byte * 256 ** i, 0);
  return { offset: number(1, table.offsetWidth), length: number(1 + table.offsetWidth, table.lengthWidth) };
}

/** @param place given where ids are long enough to name it (`hasDirectHugeIds`), and the key elsewhere. */
export function encodeHugeId(
  key: number,
  place: { readonly address: number; readonly length: number },
  form: FractalHeapForm,
  ctx: FormatContext,
): Bytes {
  const out = new ByteWriter(form.idLength).u8(HUGE);
  if (hasDirectHugeIds(form, ctx)) {
    writeAddress(out, place.address, ctx);
    writeLength(out, place.length, ctx);
  } else out.uint(key, hugeKeyWidth(form));
  return padded(out, form);
}

/** The key in the id of a huge object, or its address where ids name places; undefined: the id is none of one. */
export function decodeHugeId(id: Uint8Array, form: FractalHeapForm, ctx: FormatContext): number | undefined {
  if (((id[0] ?? 0) & 0xf0) !== HUGE) return undefined;
  const width = hasDirectHugeIds(form, ctx) ? ctx.sizeOfOffsets : hugeKeyWidth(form);
  return id.subarray(1, 1 + width).reduce((sum, byte, i) => sum + byte * 256 ** i, 0);
}

function hugeKeyWidth({ idLength }: FractalHeapForm): number {
  return Math.min(8, idLength - 1);
}

/** The longest object that fits an id. */
export function maxTinySize({ idLength }: FractalHeapForm): number {
  return idLength - 1 <= TINY_SHORT + 1 ? Math.min(idLength - 1, TINY_SHORT) : Math.min(idLength - 2, 4096);
}

/** The id that holds an object of at most `maxTinySize` bytes. */
export function encodeTinyId(object: Uint8Array, form: FractalHeapForm): Bytes {
  const out = new ByteWriter(form.idLength);
  const length = object.length - 1;
  if (form.idLength - 1 <= TINY_SHORT + 1) out.u8(TINY | length);
  else out.u8(TINY | (length >> 8)).u8(length & 0xff);
  return padded(out.put(object), form);
}

function padded(out: ByteWriter, { idLength }: FractalHeapForm): Bytes {
  return out.zeros(idLength - out.length).bytes();
}
