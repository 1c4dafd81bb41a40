import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BTREE_V2_TYPE, readBtreeV2Tree } from "../../src/format/btree-v2.js";
import { decodeHugeRecord, type HeapBlock, readFractalHeap } from "../../src/format/fractal-heap.js";
import { decodeManagedId } from "../../src/format/fractal-heap-encode.js";
import { DoublingTable, type FractalHeapForm } from "../../src/format/fractal-heap-shape.js";
import { Allocator } from "../../src/writer/allocator.js";
import { type BlockWrite, Commit } from "../../src/writer/commit.js";
import { DENSE_ATTRIBUTES, DENSE_LINKS } from "../../src/writer/dense-forms.js";
import { FractalHeapEditor } from "../../src/writer/fractal-heap-editor.js";
import { Space } from "../../src/writer/space.js";
import { PagedSource } from "../format/paged-source.js";
import { fixtureContext } from "../format/walker-fixtures.js";

const CONTEXT = fixtureContext();
const LIMITS = { treeDepth: 64 };

/** Small blocks: indirect blocks of two and three levels come with a few kilobytes. */
const SMALL: FractalHeapForm = {
  idLength: 8,
  filters: [],
  checksumsDirectBlocks: true,
  maxManagedSize: 100,
  tableWidth: 2,
  startingBlockSize: 64,
  maxDirectBlockSize: 128,
  maxHeapBits: 24,
};

/** A file in memory. */
class Disk {
  bytes = new Uint8Array(0);
  readonly allocator = Allocator.of(new Space(0, true));
  /** Writes of each flush, by epoch. */
  data: readonly BlockWrite[] = [];
  raise: readonly BlockWrite[] = [];

  flush(heap: FractalHeapEditor, commit: Commit): number {
    const address = heap.flush(this.allocator, commit);
    const bytes = new Uint8Array(this.allocator.ends[0] as number);
    bytes.set(this.bytes);
    for (const { address: at, bytes: block } of [...commit.data, ...commit.raise]) bytes.set(block, at);
    this.bytes = bytes;
    this.data = commit.data;
    this.raise = commit.raise;
    this.allocator.flushed();
    return address;
  }

  read(address: number): ReturnType<typeof readFractalHeap> {
    return readFractalHeap(new PagedSource(this.bytes, Number.POSITIVE_INFINITY), address, CONTEXT, LIMITS);
  }

  /** The heap as an editor finds it that opens the file. */
  load(address: number, ids: readonly Uint8Array[]): FractalHeapEditor {
    const source = new PagedSource(this.bytes, Number.POSITIVE_INFINITY);
    const { header, table, directBlock, ...heap } = readFractalHeap(source, address, CONTEXT, LIMITS);
    const blocks = heap.blocks();
    const last = lastDirect(blocks);
    const ends = ids.flatMap((id) => {
      const place = decodeManagedId(id, table);
      return place === undefined || last === undefined || place.offset < last.offset
        ? []
        : [place.offset + place.length - last.offset];
    });
    const { hugeBtreeAddress } = header;
    return FractalHeapEditor.load(CONTEXT, {
      address,
      header,
      blocks,
      last: last && { offset: last.offset, bytes: directBlock(last), used: Math.max(0, ...ends) },
      hugeTree:
        hugeBtreeAddress === undefined
          ? undefined
          : {
              header: hugeBtreeAddress,
              root: readBtreeV2Tree(
                source,
                hugeBtreeAddress,
                CONTEXT,
                LIMITS,
                (cur) => decodeHugeRecord(cur, CONTEXT, [], false),
                BTREE_V2_TYPE.hugeObjects,
              ).root,
            },
    });
  }
}

function lastDirect(block: HeapBlock | undefined): (HeapBlock & { kind: "direct" }) | undefined {
  if (block?.kind !== "indirect") return block;
  return lastDirect([...block.children].reverse().find((child) => child !== undefined));
}

/** An object that no other one is. */
function objectOf(number: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (number >> ((i % 3) * 4)) * 31 + i * 7 + (i >> 8));
}

function depthOf(block: HeapBlock | undefined): number {
  if (block?.kind !== "indirect") return 0;
  return 1 + Math.max(...block.children.map(depthOf));
}

describe("objects added to a heap", () => {
  test.each([
    ["small blocks", SMALL, 160],
    ["links", DENSE_LINKS.heap, 6000],
    ["attributes", DENSE_ATTRIBUTES.heap, 6000],
  ] as const)("are found by their ids after every flush and reopening: %s", (_, form, longest) => {
    let deepest = 0;
    const flushes = fc.array(
      fc.record({ lengths: fc.array(fc.integer({ min: 1, max: longest }), { maxLength: 60 }), reopened: fc.boolean() }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(flushes, (script) => {
        const disk = new Disk();
        let heap = FractalHeapEditor.create(CONTEXT, form);
        const stored: { id: Uint8Array; object: Uint8Array }[] = [];
        for (const { lengths, reopened } of script) {
          const commit = new Commit();
          for (const length of lengths) {
            const object = objectOf(stored.length, length);
            stored.push({ object, id: heap.insert(object, disk.allocator, commit) });
          }
          const address = disk.flush(heap, commit);
          const read = disk.read(address);
          // Compared by Buffer: toEqual takes most of the test's time.
          const wrong = stored.filter(({ id, object }) => Buffer.compare(read.object(id), object) !== 0);
          expect(wrong).toEqual([]);
          const table = new DoublingTable(form, CONTEXT);
          const managed = stored.flatMap(({ id }) => decodeManagedId(id, table)?.length ?? []);
          const huge = stored.filter(({ object }) => object.length > form.maxManagedSize);
          const { header } = read;
          const used = managed.reduce((sum, length) => sum + length, 0);
          expect(header).toMatchObject({ managedObjects: managed.length, hugeObjects: huge.length });
          const capacity =
            header.rootRows > 0 ? table.capacity(header.rootRows) : form.startingBlockSize - table.directOverhead;
          expect(header.freeSpace).toBe(header.rootAddress === undefined ? 0 : capacity - used);
          deepest = Math.max(deepest, depthOf(read.blocks()));
          if (reopened) {
            heap = disk.load(
              address,
              stored.map(({ id }) => id),
            );
          }
        }
      }),
      { numRuns: form === SMALL ? 60 : 15 },
    );
    expect(deepest).toBeGreaterThanOrEqual(form === SMALL ? 3 : 1);
  });

  test("change the last direct block and the blocks above it, and the header where it lies", () => {
    const disk = new Disk();
    const heap = FractalHeapEditor.create(CONTEXT, SMALL);
    const first = new Commit();
    for (let i = 0; i < 400; i++) heap.insert(objectOf(i, 30), disk.allocator, first);
    const address = disk.flush(heap, first);
    expect(first.raise).toHaveLength(0);
    const depth = depthOf(disk.read(address).blocks());
    expect(depth).toBeGreaterThanOrEqual(3);
    const before = disk.bytes.length;
    for (let i = 0; i < 200; i++) {
      const commit = new Commit();
      heap.insert(objectOf(1000 + i, 30), disk.allocator, commit);
      expect(disk.flush(heap, commit)).toBe(address);
      expect(disk.raise.map(({ address: at }) => at)).toEqual([address]);
      // At most one direct block is filled and one begun, and each has its path.
      expect(disk.data.length).toBeLessThanOrEqual(1 + depth + 2);
    }
    // Copies take the place of those before the last flush: the file grows by what is added.
    expect(disk.bytes.length - before).toBeLessThanOrEqual(2 ** 15);
    const nothing = new Commit();
    heap.flush(disk.allocator, nothing);
    expect([...nothing.data, ...nothing.raise]).toEqual([]);
  });

  test("leave the objects of before where they are when a flush is cut before its header", () => {
    const disk = new Disk();
    const heap = FractalHeapEditor.create(CONTEXT, SMALL);
    const first = new Commit();
    const ids = Array.from({ length: 50 }, (_, i) => heap.insert(objectOf(i, 20), disk.allocator, first));
    const address = disk.flush(heap, first);
    const second = new Commit();
    for (let i = 0; i < 50; i++) heap.insert(objectOf(100 + i, 20), disk.allocator, second);
    heap.flush(disk.allocator, second);
    const bytes = new Uint8Array(disk.allocator.ends[0] as number);
    bytes.set(disk.bytes);
    for (const { address: at, bytes: block } of second.data) bytes.set(block, at);
    disk.bytes = bytes;
    const read = disk.read(address);
    for (const [i, id] of ids.entries()) expect(read.object(id)).toEqual(objectOf(i, 20));
  });

  test("huge ones are given up one flush after no index names them", () => {
    const disk = new Disk();
    const heap = FractalHeapEditor.create(CONTEXT, SMALL);
    const first = new Commit();
    const [kept, gone] = [1, 2].map((number) => heap.insert(objectOf(number, 300), disk.allocator, first));
    const address = disk.flush(heap, first);
    heap.remove(gone as Uint8Array);
    disk.flush(heap, new Commit());
    expect(disk.read(address).object(gone as Uint8Array)).toEqual(objectOf(2, 300));
    expect(heap.later).toBe(true);
    disk.flush(heap, new Commit());
    expect(heap.later).toBe(false);
    const read = disk.read(address);
    expect(read.header).toMatchObject({ hugeObjects: 1, hugeSize: 300 });
    expect(read.object(kept as Uint8Array)).toEqual(objectOf(1, 300));
    expect(() => read.object(gone as Uint8Array)).toThrow(/does not hold/);
  });

  test("a heap that is full says so", () => {
    const disk = new Disk();
    const heap = FractalHeapEditor.create(CONTEXT, { ...SMALL, maxHeapBits: 8 });
    const fill = (): void => {
      for (let i = 0; i < 99; i++) heap.insert(objectOf(i, 40), disk.allocator, new Commit());
    };
    expect(fill).toThrow(/more than 2\^8 bytes in a fractal heap/);
  });
});
