/**
 * Global heap collection: variable-length elements, region references, virtual dataset mappings.
 * Spec: File Format 3.0, III.E. Reads and writes version 1. No checksum.
 *
 *   collection:  "GCOL" | version u8 | reserved 3 | collection size L | objects          (header padded to 8)
 *   object:      index u16 | reference count u16 | reserved 4 | size L | data             (header and data padded to 8)
 *
 * Object 0 is the free space of the collection: its size counts its own header, and it is not padded. What is left
 * after the last object and too small for a header is free space as well. libhdf5 writes reference counts of 0.
 */
import { ByteWriter } from "../bytes/byte-writer.js";
import type { Cursor } from "../bytes/cursor.js";
import type { Bytes } from "../bytes/typed-arrays.js";
import { Hdf5UsageError } from "../errors.js";
import type { ByteSource } from "./byte-source.js";
import { type FormatContext, readLength, writeLength } from "./context.js";

const COLLECTION = "global heap collection";
/** Collections are at least this long, and so is the first look at one. */
export const GLOBAL_HEAP_MIN_SIZE = 4096; // H5HG_MINSIZE
/** Objects of one collection are numbered from 1 in 16 bits. */
export const GLOBAL_HEAP_MAX_INDEX = 0xffff;

/** One object of a collection. */
export interface GlobalHeapObject {
  /** 1 to 65,535. */
  readonly index: number;
  readonly bytes: Uint8Array;
}

function aligned(length: number): number {
  return Math.ceil(length / 8) * 8; // H5HG_ALIGN
}

/** Bytes of a collection's header. */
export function globalHeapHeaderSize(ctx: FormatContext): number {
  return aligned(8 + ctx.sizeOfLengths); // H5HG_SIZEOF_HDR
}

function objectHeaderSize(ctx: FormatContext): number {
  return aligned(8 + ctx.sizeOfLengths); // H5HG_SIZEOF_OBJHDR
}

/** Bytes that an object takes in a collection. */
export function globalHeapObjectSize(length: number, ctx: FormatContext): number {
  return objectHeaderSize(ctx) + aligned(length);
}

/**
 * The objects of the collection whose bytes these are, by index; views.
 * @throws Hdf5FormatError when objects overrun the collection or share an index.
 */
export function decodeGlobalHeapCollection(cur: Cursor, ctx: FormatContext): ReadonlyMap<number, Uint8Array> {
  const headerSize = objectHeaderSize(ctx);
  const objects = new Map<number, Uint8Array>();
  cur.seek(globalHeapHeaderSize(ctx));
  while (cur.remaining >= headerSize) {
    const start = cur.position;
    const index = cur.u16("heap object index");
    cur.skip(6);
    const size = readLength(cur, ctx, "object size");
    if (index === 0) {
      if (size < headerSize) cur.fail("object size", `of the free space is ${size}, less than its own header`);
      cur.seek(start).skip(size);
      continue;
    }
    if (objects.has(index)) cur.fail("heap object index", `is ${index}, as that of an object before it`);
    cur.seek(start + headerSize);
    objects.set(index, cur.take(size, "object data"));
    cur.skip(Math.min(aligned(size) - size, cur.remaining));
  }
  return objects;
}

/** The objects of one collection, by index; views of the file's bytes. */
export function readGlobalHeapCollection(
  source: ByteSource,
  address: number,
  ctx: FormatContext,
): ReadonlyMap<number, Uint8Array> {
  return source.memo(COLLECTION, address, () => {
    const first = source.readUpTo(address, GLOBAL_HEAP_MIN_SIZE, COLLECTION);
    first.signature("GCOL");
    const version = first.u8("version");
    if (version !== 1) first.fail("version", `is ${version}, expected 1`);
    first.skip(3);
    const size = readLength(first, ctx, "collection size");
    const least = globalHeapHeaderSize(ctx);
    if (size < least) first.fail("collection size", `is ${size}, at least ${least}`);
    const whole = size <= first.length ? first.seek(0).sub(size, COLLECTION) : source.read(address, size, COLLECTION);
    return decodeGlobalHeapCollection(whole, ctx);
  });
}

/**
 * A whole collection of `size` bytes, the free space last.
 * @throws Hdf5UsageError when the objects do not fit, an index is outside 1–65,535 or used twice, or `size` is below
 *   4,096 or no multiple of 8.
 */
export function encodeGlobalHeapCollection(
  objects: readonly GlobalHeapObject[],
  size: number,
  ctx: FormatContext,
): Bytes {
  if (!(size >= GLOBAL_HEAP_MIN_SIZE && size % 8 === 0)) {
    throw new Hdf5UsageError("size", `is ${size}`, `a multiple of 8, at least ${GLOBAL_HEAP_MIN_SIZE}`);
  }
  const out = new ByteWriter(size);
  out.ascii("GCOL").u8(1).zeros(3);
  writeLength(out, size, ctx);
  out.align(8);
  const used = new Set<number>();
  for (const { index, bytes } of objects) {
    if (!(index >= 1 && index <= GLOBAL_HEAP_MAX_INDEX) || used.has(index)) {
      throw new Hdf5UsageError("index", `is ${index}`, `one of its own from 1 to ${GLOBAL_HEAP_MAX_INDEX}`);
    }
    used.add(index);
    if (out.length + globalHeapObjectSize(bytes.length, ctx) > size) {
      throw new Hdf5UsageError("objects", `do not fit ${size} bytes`, "a size with room for all of them");
    }
    encodeObjectHeader(out, index, bytes.length, ctx);
    out.put(bytes).align(8);
  }
  const free = size - out.length;
  if (free >= objectHeaderSize(ctx)) encodeObjectHeader(out, 0, free, ctx);
  return out.zeros(size - out.length).bytes();
}

function encodeObjectHeader(out: ByteWriter, index: number, size: number, ctx: FormatContext): void {
  out.u16(index).u16(0).zeros(4);
  writeLength(out, size, ctx);
  out.align(8);
}
