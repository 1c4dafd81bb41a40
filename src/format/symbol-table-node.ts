/**
 * Symbol table node and symbol table entry: the links of an old-style group.
 * Spec: File Format 3.0, III.B and III.C. Reads and writes version 1. No checksum.
 *
 *   node:   "SNOD" | version u8 | reserved 1 | number of symbols u16 | entry × 2K (K = group leaf node K)
 *   entry:  name offset L | object header address O | cache type u32 | reserved 4 | scratch pad 16
 *
 * The specification gives the name offset the size of offsets; libhdf5 reads the size of lengths
 * (H5Gent.c: H5G_ent_decode). They differ only in files where the two sizes do; the library is followed.
 */
import type { ByteWriter } from "../bytes/byte-writer.js";
import type { Cursor } from "../bytes/cursor.js";
import { Hdf5UsageError } from "../errors.js";
import type { ByteRange, ByteSource } from "./byte-source.js";
import { type FormatContext, readAddress, readLength, writeAddress, writeLength } from "./context.js";

const NODE = "symbol table node";
const SCRATCH_SIZE = 16; // H5G_SIZEOF_SCRATCH

/** What an entry remembers about its object. Only `soft-link` says more than the object itself would. */
export type SymbolCache =
  | { readonly kind: "none" }
  | {
      readonly kind: "symbol-table";
      readonly btreeAddress: number | undefined;
      readonly heapAddress: number | undefined;
    }
  | { readonly kind: "soft-link"; readonly valueOffset: number };

/** One link of an old-style group. */
export interface SymbolTableEntry {
  /** Offset of the name in the group's local heap. */
  readonly nameOffset: number;
  /** Address of the object header; undefined for a soft link. */
  readonly headerAddress: number | undefined;
  readonly cache: SymbolCache;
}

/** Bytes of one entry. */
export function symbolTableEntrySize(ctx: FormatContext): number {
  return ctx.sizeOfLengths + ctx.sizeOfOffsets + 8 + SCRATCH_SIZE;
}

/** Where a node lies. Nodes have one size, however many symbols they hold. */
export function symbolTableNodeRange(address: number, ctx: FormatContext): ByteRange {
  return { address, length: 8 + 2 * ctx.groupLeafK * symbolTableEntrySize(ctx) };
}

export function decodeSymbolTableEntry(cur: Cursor, ctx: FormatContext): SymbolTableEntry {
  const nameOffset = readLength(cur, ctx, "link name offset");
  const headerAddress = readAddress(cur, ctx, "object header address");
  const type = cur.u32("cache type");
  cur.skip(4);
  const after = cur.position + SCRATCH_SIZE;
  const cache = decodeCache(cur, ctx, type);
  cur.seek(after);
  return { nameOffset, headerAddress, cache };
}

function decodeCache(cur: Cursor, ctx: FormatContext, type: number): SymbolCache {
  if (type === 0) return { kind: "none" };
  if (type === 1) {
    // Two wider addresses do not fit; what libhdf5 writes of them is overwritten by the next entry.
    if (2 * ctx.sizeOfOffsets > SCRATCH_SIZE) {
      return { kind: "symbol-table", btreeAddress: undefined, heapAddress: undefined };
    }
    const btreeAddress = readAddress(cur, ctx, "cached B-tree address");
    return { kind: "symbol-table", btreeAddress, heapAddress: readAddress(cur, ctx, "cached name heap address") };
  }
  if (type === 2) return { kind: "soft-link", valueOffset: cur.u32("offset to link value") };
  return cur.fail("cache type", `is ${type}, expected 0, 1 or 2`);
}

export function encodeSymbolTableEntry(out: ByteWriter, entry: SymbolTableEntry, ctx: FormatContext): void {
  const { cache } = entry;
  writeLength(out, entry.nameOffset, ctx);
  writeAddress(out, entry.headerAddress, ctx);
  out.u32({ none: 0, "symbol-table": 1, "soft-link": 2 }[cache.kind]).zeros(4);
  const end = out.length + SCRATCH_SIZE;
  if (cache.kind === "symbol-table" && 2 * ctx.sizeOfOffsets <= SCRATCH_SIZE) {
    writeAddress(out, cache.btreeAddress, ctx);
    writeAddress(out, cache.heapAddress, ctx);
  } else if (cache.kind === "soft-link") out.u32(cache.valueOffset);
  out.zeros(end - out.length);
}

/** The entries in use, in the order stored (ascending by name). */
export function decodeSymbolTableNode(cur: Cursor, ctx: FormatContext): readonly SymbolTableEntry[] {
  cur.signature("SNOD");
  const version = cur.u8("version");
  if (version !== 1) cur.fail("version", `is ${version}, expected 1`);
  cur.skip(1);
  const count = cur.u16("number of symbols");
  if (count > 2 * ctx.groupLeafK) cur.fail("number of symbols", `is ${count}, at most ${2 * ctx.groupLeafK}`);
  const entries: SymbolTableEntry[] = [];
  for (let i = 0; i < count; i++) entries.push(decodeSymbolTableEntry(cur, ctx));
  return entries;
}

/** A whole node; entries not in use are zeros. */
export function encodeSymbolTableNode(out: ByteWriter, entries: readonly SymbolTableEntry[], ctx: FormatContext): void {
  const { length } = symbolTableNodeRange(0, ctx);
  if (entries.length > 2 * ctx.groupLeafK) {
    throw new Hdf5UsageError("entries", `are ${entries.length}`, `at most ${2 * ctx.groupLeafK}`);
  }
  const end = out.length + length;
  out.ascii("SNOD").u8(1).zeros(1).u16(entries.length);
  for (const entry of entries) encodeSymbolTableEntry(out, entry, ctx);
  out.zeros(end - out.length);
}

export function readSymbolTableNode(
  source: ByteSource,
  address: number,
  ctx: FormatContext,
): readonly SymbolTableEntry[] {
  return source.memo(NODE, address, () => {
    const { length } = symbolTableNodeRange(address, ctx);
    return decodeSymbolTableNode(source.read(address, length, NODE), ctx);
  });
}
