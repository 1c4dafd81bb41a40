import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Cursor } from "../../src/bytes/cursor.js";
import { decodeFractalHeapHeader, type HeapBlock, readFractalHeap } from "../../src/format/fractal-heap.js";
import {
  closeDirectBlock,
  decodeHugeId,
  decodeManagedId,
  encodeFractalHeapHeader,
  encodeHugeId,
  encodeIndirectBlock,
  encodeManagedId,
  encodeTinyId,
  maxTinySize,
} from "../../src/format/fractal-heap-encode.js";
import { DoublingTable, type FractalHeapForm } from "../../src/format/fractal-heap-shape.js";
import { PagedSource } from "./paged-source.js";
import { fixtureBytes, fixtureContext, fixtureObject } from "./walker-fixtures.js";

const CONTEXT = fixtureContext();

const FIXTURES: readonly [string, string, string, "dense links" | "dense attributes"][] = [
  ["one direct block", "dense-group.h5", "small", "dense links"],
  ["an indirect root block", "dense-group.h5", "middle", "dense links"],
  ["huge objects", "dense-attributes.h5", "d", "dense attributes"],
];

const form: fc.Arbitrary<FractalHeapForm> = fc
  .record({ width: fc.nat(3), start: fc.integer({ min: 6, max: 10 }), direct: fc.nat(6), more: fc.nat(8) })
  .chain(({ width, start, direct: beyond, more }) => {
    const startingBlockSize = 2 ** start;
    // Below that, the first indirect block would have no rows.
    const direct = width + beyond;
    const maxDirectBlockSize = startingBlockSize * 2 ** direct;
    const maxHeapBits = Math.min(start + width + direct + more + 1, 40);
    return fc.record({
      tableWidth: fc.constant(2 ** width),
      startingBlockSize: fc.constant(startingBlockSize),
      maxDirectBlockSize: fc.constant(maxDirectBlockSize),
      maxHeapBits: fc.constant(maxHeapBits),
      maxManagedSize: fc.integer({ min: 1, max: maxDirectBlockSize / 2 }),
      checksumsDirectBlocks: fc.boolean(),
      idLength: fc.integer({ min: 9, max: 40 }),
      filters: fc.constant([]),
    });
  });

describe.each(FIXTURES)("a heap of libhdf5 with %s", (_, file, path, kind) => {
  const bytes = fixtureBytes(file);
  const [address] = fixtureObject(file, path)[kind] ?? [0];
  const source = new PagedSource(bytes, Number.POSITIVE_INFINITY);
  const heap = readFractalHeap(source, address, CONTEXT, { treeDepth: 64 });

  test("has the header that is encoded from what was read", () => {
    const encoded = encodeFractalHeapHeader(heap.header, CONTEXT);
    expect(encoded).toEqual(bytes.slice(address, address + encoded.length));
  });

  test("has the blocks that are encoded from what was read", () => {
    let direct = 0;
    const check = (block: HeapBlock | undefined): void => {
      if (block === undefined) return;
      if (block.kind === "direct") {
        const stored = bytes.slice(block.address, block.address + block.size);
        const mine = stored.slice();
        mine.fill(0xee, 0, heap.table.directOverhead);
        closeDirectBlock(mine, address, block.offset, heap.header, heap.table, CONTEXT);
        expect(mine).toEqual(stored);
        direct++;
        return;
      }
      const children = block.children.map((child) => child?.address);
      const mine = encodeIndirectBlock(children, address, block.offset, heap.table, CONTEXT);
      expect(mine).toEqual(bytes.slice(block.address, block.address + mine.length));
      for (const child of block.children) check(child);
    };
    check(heap.blocks());
    expect(direct).toBeGreaterThan(0);
    expect(heap.blocks()?.kind === "indirect").toBe(heap.header.rootRows > 0);
  });

  test("has the space that its table gives", () => {
    const { header, table } = heap;
    expect(header.managedSpace).toBe(
      header.rootRows === 0 ? header.startingBlockSize : table.rowStart(header.rootRows),
    );
    // What is not free in the direct blocks, made or not, is in objects: below what has been made.
    const capacity =
      header.rootRows === 0 ? header.startingBlockSize - table.directOverhead : table.capacity(header.rootRows);
    expect(capacity - header.freeSpace).toBeGreaterThan(0);
    expect(capacity - header.freeSpace).toBeLessThanOrEqual(header.allocatedSpace);
  });
});

describe("the doubling table", () => {
  test("finds the block that an offset lies in, without gaps or overlaps", () => {
    fc.assert(
      fc.property(form, fc.nat(2 ** 30), (heap, at) => {
        const table = new DoublingTable(heap, CONTEXT);
        const offset = at % table.rowStart(table.maxRows);
        const { row, column, start } = table.locate(offset);
        expect(row).toBeLessThan(table.maxRows);
        expect(column).toBeLessThan(table.width);
        expect(offset - start).toBeGreaterThanOrEqual(0);
        expect(offset - start).toBeLessThan(table.blockSize(row));
        expect(table.locate(start)).toEqual({ row, column, start });
        // A table of the rows below an indirect block covers just that block.
        if (row >= table.directRows) expect(table.rowStart(table.rowsBelow(row))).toBe(table.blockSize(row));
      }),
    );
  });
});

describe("what is encoded", () => {
  test("headers are read back as they were", () => {
    const length = fc.nat(2 ** 40);
    const address = fc.option(fc.nat(2 ** 40), { nil: undefined });
    const fields = fc.record({
      hugeIdsWrapped: fc.boolean(),
      lastHugeKey: fc.option(length, { nil: undefined }),
      hugeBtreeAddress: address,
      freeSpace: length,
      freeSpaceManagerAddress: address,
      managedSpace: length,
      allocatedSpace: length,
      iteratorOffset: length,
      managedObjects: length,
      hugeSize: length,
      hugeObjects: length,
      tinySize: length,
      tinyObjects: length,
      startingRows: fc.nat(9),
      rootAddress: address,
      rootRows: fc.nat(1),
    });
    fc.assert(
      fc.property(form, fields, (heap, rest) => {
        const header = { ...heap, ...rest, rootFilteredSize: undefined, rootFilterMask: undefined };
        const bytes = encodeFractalHeapHeader(header, CONTEXT);
        expect(decodeFractalHeapHeader(new Cursor(bytes, "fractal heap header", 0), CONTEXT)).toEqual(header);
      }),
    );
  });

  test("ids give back offsets, lengths and keys, and each says what it is", () => {
    fc.assert(
      fc.property(form, fc.nat(2 ** 30), fc.nat(2 ** 20), (heap, at, size) => {
        const table = new DoublingTable(heap, CONTEXT);
        const offset = at % 2 ** heap.maxHeapBits;
        const length = 1 + (size % heap.maxManagedSize);
        const idLength = Math.max(heap.idLength, 1 + table.offsetWidth + table.lengthWidth);
        const managed = encodeManagedId(offset, length, { ...heap, idLength }, table);
        expect(managed).toHaveLength(idLength);
        expect(decodeManagedId(managed, table)).toEqual({ offset, length });
        const place = { address: at, length: size };
        const huge = encodeHugeId(size, place, heap, CONTEXT);
        expect(huge).toHaveLength(heap.idLength);
        // From 17 bytes on the id names the place.
        expect(decodeHugeId(huge, heap, CONTEXT)).toBe(heap.idLength >= 17 ? at : size);
        const tiny = encodeTinyId(new Uint8Array(maxTinySize(heap)).fill(7), heap);
        expect(tiny).toHaveLength(heap.idLength);
        for (const id of [huge, tiny]) expect(decodeManagedId(id, table)).toBeUndefined();
        for (const id of [managed, tiny]) expect(decodeHugeId(id, heap, CONTEXT)).toBeUndefined();
      }),
    );
  });
});
