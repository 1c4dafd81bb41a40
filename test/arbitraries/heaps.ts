/** Local and global heaps, and fractal heaps laid out by hand (nothing of what reads them has a part in it). */
import fc from "fast-check";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { lookup3 } from "../../src/bytes/checksum.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { BTREE_V2_TYPE } from "../../src/format/btree-v2.js";
import { type FormatContext, writeAddress, writeLength } from "../../src/format/context.js";
import { readFractalHeap } from "../../src/format/fractal-heap.js";
import {
  encodeGlobalHeapCollection,
  globalHeapObjectSize,
  readGlobalHeapCollection,
} from "../../src/format/global-heap.js";
import {
  decodeFreeList,
  encodeFreeBlock,
  encodeLocalHeapPrefix,
  readLocalHeap,
  readLocalHeapPrefix,
} from "../../src/format/local-heap.js";
import { type BtreeV2Form, btreeV2Form, layBtreeV2 } from "./btree-v2.js";
import { FileLayout, type WalkCase, walkCase } from "./file-layout.js";
import { context } from "./messages.js";

const LIMITS = { treeDepth: 64 };

/** Names as they may lie in a local heap: bytes without NUL. */
export const heapName: fc.Arbitrary<Uint8Array> = fc
  .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 30 })
  .map((bytes) => Uint8Array.from(bytes));

/** A local heap with these names, padded to 8 as libhdf5 does, and free blocks behind some of them. */
export function layLocalHeap(
  layout: FileLayout,
  ctx: FormatContext,
  names: readonly Uint8Array[],
  free: readonly number[] = [],
): { readonly address: number; readonly offsets: readonly number[]; readonly blocks: readonly Room[] } {
  const segment = new ByteWriter().zeros(8);
  const blocks: Room[] = [];
  const offsets = names.map((name, i) => {
    const offset = segment.length;
    segment.put(name).u8(0).align(8);
    const size = free[i] ?? 0;
    if (size > 0) {
      blocks.push({ offset: segment.length, size: Math.ceil((2 * ctx.sizeOfLengths) / 8) * 8 + 8 * size });
      segment.zeros((blocks.at(-1) as Room).size);
    }
    return offset;
  });
  const bytes = segment.bytes();
  blocks.forEach(({ offset, size }, i) => {
    const out = new ByteWriter();
    encodeFreeBlock(out, blocks[i + 1], size, ctx);
    bytes.set(out.bytes(), offset);
  });
  const segmentAddress = layout.add("local heap data segment", bytes, undefined);
  const out = new ByteWriter();
  encodeLocalHeapPrefix(out, { segmentSize: bytes.length, freeListHead: blocks[0]?.offset ?? 1, segmentAddress }, ctx);
  return { address: layout.add("local heap", out.bytes(), undefined), offsets, blocks };
}

interface Room {
  readonly offset: number;
  readonly size: number;
}

/** Names of a local heap, and its free blocks. */
export const localHeapWalk: fc.Arbitrary<WalkCase> = fc
  .tuple(context, fc.array(heapName, { maxLength: 12 }), fc.array(fc.nat(3), { maxLength: 12 }))
  .map(([ctx, names, free]) => {
    const layout = new FileLayout();
    const { address, offsets, blocks } = layLocalHeap(layout, ctx, names, free);
    return walkCase(layout, {
      read: (source) => {
        const heap = readLocalHeap(source, address, ctx);
        const { freeListHead, segmentAddress = 0, segmentSize } = readLocalHeapPrefix(source, address, ctx);
        const segment = source.read(segmentAddress, segmentSize, "local heap data segment");
        return {
          names: offsets.map((offset) => heap.name(offset)),
          empty: heap.name(0),
          blocks: decodeFreeList(segment, freeListHead, ctx),
        };
      },
      expected: { names: [...names], empty: new Uint8Array(0), blocks: [...blocks] },
      rounds: 2,
    });
  });

/** A collection of up to and of more than the 4,096 bytes that are read at first. */
export const globalHeapWalk: fc.Arbitrary<WalkCase> = fc
  .tuple(
    context,
    fc.uniqueArray(
      fc.record({ index: fc.integer({ min: 1, max: 0xffff }), bytes: fc.uint8Array({ maxLength: 300 }) }),
      { selector: ({ index }) => index, maxLength: 24, size: "max" },
    ),
    fc.oneof(fc.nat(20), fc.integer({ min: 450, max: 700 })),
  )
  .map(([ctx, objects, spare]) => {
    const header = Math.ceil((8 + ctx.sizeOfLengths) / 8) * 8;
    const used = objects.reduce((sum, { bytes }) => sum + globalHeapObjectSize(bytes.length, ctx), header);
    const size = Math.max(4096, used + 8 * spare);
    const layout = new FileLayout();
    const encoded = encodeGlobalHeapCollection(objects, size, ctx);
    const address = layout.add("global heap collection", encoded, undefined);
    return walkCase(layout, {
      read: (source) => [...readGlobalHeapCollection(source, address, ctx)],
      expected: objects.map(({ index, bytes }) => [index, bytes] as [number, Uint8Array]),
      rounds: size > 4096 ? 2 : 1,
    });
  });

/** The doubling table of a fractal heap, and how its blocks are written. */
export interface HeapForm {
  readonly tableWidth: number;
  readonly startingBlockSize: number;
  readonly maxDirectBlockSize: number;
  readonly maxHeapBits: number;
  readonly checksums: boolean;
  /** Direct blocks left out, never allocated, before each object. */
  readonly skips: readonly number[];
}

export const heapForm: fc.Arbitrary<HeapForm> = fc
  .record({
    tableWidth: fc.constantFrom(1, 2, 4),
    startBits: fc.constantFrom(7, 8),
    directBits: fc.nat(1),
    maxHeapBits: fc.constantFrom(14, 16, 20, 32),
    checksums: fc.boolean(),
    skips: fc.array(fc.constantFrom(0, 0, 0, 1, 3, 9), { maxLength: 12 }),
  })
  .map(({ startBits, directBits, ...form }) => ({
    ...form,
    startingBlockSize: 2 ** startBits,
    maxDirectBlockSize: 2 ** (startBits + directBits),
  }));

/** A heap in the file. */
export interface LaidHeap {
  readonly address: number;
  /** Ids of the objects, in order. */
  readonly ids: readonly Uint8Array[];
  /** Blocks one below the other, from the root to the deepest direct block; 0: there are none. */
  readonly depth: number;
}

/** Objects that are not managed ones, as (address, length) by number of the object. */
export interface HugeObjects {
  readonly btreeAddress: number | undefined;
  readonly ids: ReadonlyMap<number, Uint8Array>;
}

interface DirectBlock {
  readonly offset: number;
  readonly size: number;
}

/** A heap with these objects: in blocks of its own, or in their ids where they are short enough. */
export function layFractalHeap(
  layout: FileLayout,
  ctx: FormatContext,
  form: HeapForm,
  idLength: number,
  objects: readonly Uint8Array[],
  huge: HugeObjects = { btreeAddress: undefined, ids: new Map() },
): LaidHeap {
  const { tableWidth, startingBlockSize, maxDirectBlockSize, maxHeapBits, checksums, skips } = form;
  const { sizeOfOffsets, sizeOfLengths } = ctx;
  const headerSize = 26 + 12 * sizeOfLengths + 3 * sizeOfOffsets;
  const address = layout.place(headerSize);
  const offsetWidth = Math.ceil(maxHeapBits / 8);
  const overhead = 5 + sizeOfOffsets + offsetWidth + (checksums ? 4 : 0);
  const maxManaged = startingBlockSize - overhead;
  // Bytes for the largest direct block, or for the largest managed object.
  const lengthWidth = Math.min(Math.ceil(Math.log2(maxDirectBlockSize) / 8), maxManaged > 255 ? 2 : 1);
  if (idLength < 1 + offsetWidth + lengthWidth) throw new Error(`ids of ${idLength} bytes are too short`);
  const directRows = Math.log2(maxDirectBlockSize / startingBlockSize) + 2;
  const blockSize = (row: number): number => startingBlockSize * 2 ** Math.max(0, row - 1);
  const rowStart = (row: number): number => (row === 0 ? 0 : startingBlockSize * tableWidth * 2 ** (row - 1));

  /** The blocks of a table: its row, its place in the heap. */
  function* children(base: number, rows: number): Generator<DirectBlock & { row: number; column: number }> {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < tableWidth; column++) {
        yield { row, column, size: blockSize(row), offset: base + rowStart(row) + column * blockSize(row) };
      }
    }
  }
  const rowsBelow = (row: number): number => row - Math.log2(tableWidth);
  function* directBlocks(base: number, rows: number): Generator<DirectBlock> {
    for (const child of children(base, rows)) {
      if (child.row < directRows) yield child;
      else yield* directBlocks(child.offset, rowsBelow(child.row));
    }
  }

  const contents = new Map<number, { readonly size: number; readonly out: ByteWriter }>();
  const all = directBlocks(0, maxHeapBits - Math.log2(startingBlockSize * tableWidth) + 1);
  let block: DirectBlock | undefined;
  const next = (count: number): DirectBlock => {
    for (let i = 0; i < count; i++) block = all.next().value ?? undefined;
    if (block === undefined) throw new Error("the heap is full");
    return block;
  };
  next(1);
  const managed = { count: 0, size: 0 };
  const tinyMost = idLength - 1 > 17 ? Math.min(4096, idLength - 2) : Math.min(16, idLength - 1);
  const ids = objects.map((object, i) => {
    const id = new ByteWriter(idLength);
    const hugeId = huge.ids.get(i);
    if (hugeId !== undefined) return hugeId;
    if (object.length <= tinyMost) {
      if (idLength - 1 > 17) id.u8(0x20 | ((object.length - 1) >> 8)).u8((object.length - 1) & 0xff);
      else id.u8(0x20 | (object.length - 1));
      return id
        .put(object)
        .zeros(idLength - id.length)
        .bytes();
    }
    let at = next(skips[i] ?? 0);
    const room = ({ offset, size }: DirectBlock): number =>
      size - (contents.get(offset)?.out.length ?? overhead) - object.length;
    while (room(at) < 0) at = next(1);
    const content = contents.get(at.offset) ?? { size: at.size, out: new ByteWriter(at.size).zeros(overhead) };
    contents.set(at.offset, content);
    id.u8(0)
      .uint(at.offset + content.out.length, offsetWidth)
      .uint(object.length, lengthWidth);
    content.out.put(object);
    managed.count++;
    managed.size += object.length;
    // What is left of an id means nothing.
    return id.fill(0x5a, idLength - id.length).bytes();
  });

  const putDirect = (offset: number): number => {
    const { size, out } = contents.get(offset) as { size: number; out: ByteWriter }; // asked for what is there
    const bytes = new Uint8Array(size);
    bytes.set(out.bytes());
    const prefix = new ByteWriter().ascii("FHDB").u8(0);
    writeAddress(prefix, address, ctx);
    bytes.set(prefix.uint(offset, offsetWidth).bytes());
    const sum = overhead - 4;
    if (checksums) bytes.set(new ByteWriter().u32(lookup3(bytes)).bytes(), sum);
    return layout.add("fractal heap direct block", bytes, checksums ? sum : undefined);
  };
  let depth = 0;
  const putTable = (base: number, rows: number, level: number): number => {
    const out = new ByteWriter().ascii("FHIB").u8(0);
    writeAddress(out, address, ctx);
    out.uint(base, offsetWidth);
    for (const { row, offset, size } of children(base, rows)) {
      const isUsed = [...contents.keys()].some((at) => offset <= at && at < offset + size);
      const isDirect = row < directRows;
      if (!isUsed) writeAddress(out, undefined, ctx);
      else writeAddress(out, isDirect ? putDirect(offset) : putTable(offset, rowsBelow(row), level + 1), ctx);
      if (isUsed && isDirect) depth = Math.max(depth, level + 1);
    }
    return layout.add("fractal heap indirect block", out.u32(lookup3(out.written())).bytes(), "last");
  };
  const last = Math.max(...contents.keys());
  const isDirectRoot = last === 0 && contents.size === 1 && (skips.length & 1) === 0;
  let rootRows = 0;
  if (!isDirectRoot && contents.size > 0) while (rowStart(rootRows) <= last) rootRows++;
  let rootAddress: number | undefined;
  if (contents.size > 0) rootAddress = isDirectRoot ? putDirect(0) : putTable(0, rootRows, 1);
  if (isDirectRoot) depth = 1;

  const out = new ByteWriter(headerSize)
    .ascii("FRHP")
    .u8(0)
    .u16(idLength)
    .u16(0)
    .u8(checksums ? 2 : 0);
  out.u32(maxManaged);
  writeLength(out, huge.ids.size + 1, ctx);
  writeAddress(out, huge.btreeAddress, ctx);
  writeLength(out, 0, ctx);
  writeAddress(out, undefined, ctx);
  for (const value of [managed.size, managed.size, 0, managed.count, 0, huge.ids.size, 0, 0]) {
    writeLength(out, value, ctx);
  }
  out.u16(tableWidth);
  writeLength(out, startingBlockSize, ctx);
  writeLength(out, maxDirectBlockSize, ctx);
  out.u16(maxHeapBits).u16(1);
  writeAddress(out, rootAddress, ctx);
  layout.put("fractal heap header", address, closed(out.u16(rootRows)), "last");
  return { address, ids, depth };
}

function closed(out: ByteWriter): Uint8Array {
  return out.u32(lookup3(out.written())).bytes();
}

/** Objects of a fractal heap: managed, tiny and huge ones. */
export const fractalHeapWalk: fc.Arbitrary<WalkCase> = context.chain((ctx) => {
  const recordSize = ctx.sizeOfOffsets + 2 * ctx.sizeOfLengths;
  const object = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.constantFrom(false, false, false, true));
  // Six bytes hold the longest id of a managed object here, and some of the huge ones.
  const idLength = fc.constantFrom(6, 7, 8, 12, 18, 24, Math.max(6, 1 + ctx.sizeOfOffsets + ctx.sizeOfLengths));
  return fc
    .tuple(heapForm, idLength, fc.array(object, { maxLength: 12 }), btreeV2Form(ctx, recordSize, 12))
    .map(([form, length, objects, treeForm]) => fractalHeapCase(ctx, form, length, objects, treeForm));
});

function fractalHeapCase(
  ctx: FormatContext,
  form: HeapForm,
  idLength: number,
  objects: readonly (readonly [bytes: Uint8Array, isHuge: boolean])[],
  treeForm: BtreeV2Form,
): WalkCase {
  const layout = new FileLayout();
  const isDirect = idLength - 1 >= ctx.sizeOfOffsets + ctx.sizeOfLengths;
  const records: Uint8Array[] = [];
  const ids = new Map<number, Uint8Array>();
  for (const [i, [bytes, isHuge]] of objects.entries()) {
    if (!isHuge) continue;
    const place = new ByteWriter();
    writeAddress(place, layout.add("fractal heap huge object", bytes, undefined), ctx);
    writeLength(place, bytes.length, ctx);
    const id = new ByteWriter().u8(0x10);
    if (isDirect) id.put(place.bytes());
    else {
      const key = records.length + 1;
      id.uint(key, Math.min(8, idLength - 1));
      writeLength(place, key, ctx);
      records.push(place.bytes());
    }
    ids.set(i, id.zeros(idLength - id.length).bytes());
  }
  const recordSize = ctx.sizeOfOffsets + 2 * ctx.sizeOfLengths;
  const tree =
    records.length === 0
      ? undefined
      : layBtreeV2(layout, ctx, BTREE_V2_TYPE.hugeObjects, treeForm, recordSize, records);
  const bytes = objects.map(([object]) => object);
  const heap = layFractalHeap(layout, ctx, form, idLength, bytes, { btreeAddress: tree?.address, ids });
  const hugeRounds = ids.size === 0 ? 0 : 1 + (tree === undefined ? 0 : 1 + tree.levels);
  return walkCase(layout, {
    read: (source) => {
      const found = readFractalHeap(source, heap.address, ctx, LIMITS);
      found.prefetch(heap.ids);
      return heap.ids.map((id) => new Cursor(found.object(id), "object").take(found.object(id).length));
    },
    expected: bytes,
    rounds: 1 + Math.max(heap.depth, hugeRounds),
  });
}
