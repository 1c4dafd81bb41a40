/**
 * Blocks that libhdf5 wrote, field by field, and encoded again to the same bytes: trees, arrays and heaps. The literals are of
 * small files of h5py 3.7 (libhdf5 1.10.8, libver "latest" unless said otherwise); the fixtures hold the larger shapes.
 */
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { lookup3 } from "../../src/bytes/checksum.js";
import { Cursor } from "../../src/bytes/cursor.js";
import {
  BTREE_V2_TYPE,
  type BtreeV2Node,
  btreeV2HeaderRange,
  btreeV2Levels,
  decodeBtreeV2Header,
  readBtreeV2,
  readBtreeV2Tree,
} from "../../src/format/btree-v2.js";
import { type ChildPointer, encodeBtreeV2Header, encodeBtreeV2Node } from "../../src/format/btree-v2-encode.js";
import { chunkRecordForm, decodeChunkRecord, encodeChunkRecord } from "../../src/format/chunk-index/btree-v2.js";
import type { ChunkedDataset, ChunkRecord } from "../../src/format/chunk-index/chunk-record.js";
import { readExtensibleArray, readExtensibleArrayBlocks } from "../../src/format/chunk-index/extensible-array.js";
import {
  type ArrayEncoding,
  type ArrayStatistics,
  encodeArrayHeader,
  encodeDataBlock,
  encodeIndexBlock,
  encodeSuperBlock,
} from "../../src/format/chunk-index/extensible-array-encode.js";
import { blockPrefixSize, extensibleArrayShape } from "../../src/format/chunk-index/extensible-array-shape.js";
import { encodeFixedArray, readFixedArray } from "../../src/format/chunk-index/fixed-array.js";
import { decodeFractalHeapHeader, readFractalHeap } from "../../src/format/fractal-heap.js";
import { encodeFractalHeapHeader } from "../../src/format/fractal-heap-encode.js";
import {
  decodeFreeList,
  decodeLocalHeapPrefix,
  encodeFreeBlock,
  encodeLocalHeapPrefix,
} from "../../src/format/local-heap.js";
import { hex } from "./hex.js";
import { PagedSource } from "./paged-source.js";
import { structureBytes } from "./structure-fixtures.js";
import { FIXTURES, fixtureBytes, fixtureContext } from "./walker-fixtures.js";

const CONTEXT = fixtureContext();
const LIMITS = { treeDepth: 64 };

/** A file of nothing but these blocks. */
function fileOf(...blocks: readonly (readonly [address: number, bytes: Uint8Array])[]): PagedSource {
  const bytes = new Uint8Array(Math.max(...blocks.map(([address, block]) => address + block.length)) + 4096);
  for (const [address, block] of blocks) bytes.set(block, address);
  return new PagedSource(bytes, Number.POSITIVE_INFINITY);
}

function written(encode: (out: ByteWriter) => void): Uint8Array {
  const out = new ByteWriter();
  encode(out);
  return out.bytes();
}

/** A checksum that belongs to bytes before it, so that a slip in a literal is seen as one. */
function sumHolds(block: Uint8Array): boolean {
  return new DataView(block.buffer).getUint32(block.length - 4, true) === lookup3(block.subarray(0, -4));
}

const row = (offset: number[], address: number, size: number): ChunkRecord => ({
  offset,
  address,
  size,
  filterMask: 0,
});

describe("a v2 B-tree of chunks", () => {
  // "tree": (4, 6) int16, chunks (2, 3), both dimensions unlimited; [0, 0] and [3, 5] written.
  const plain = {
    address: 0x7d7,
    root: 0x1615,
    header: hex(`"BTHD" 00 0a  00080000 1800 0000 64 28  1516000000000000 0200 0200000000000000  834ec93a`),
    leaf: hex(`"BTLF" 00 0a  2c08000000000000 0000000000000000 0000000000000000
                             3808000000000000 0100000000000000 0100000000000000  9e12b3ae`),
    filtered: false,
    chunks: [row([0, 0], 0x82c, 12), row([2, 3], 0x838, 12)],
  };
  // "tree filtered": the same with Fletcher's sum, 4 bytes more to a chunk; sizes of chunks in 2 bytes.
  const filtered = {
    address: 0x1e15,
    root: 0x1e3b,
    header: hex(`"BTHD" 00 0b  00080000 1e00 0000 64 28  3b1e000000000000 0200 0200000000000000  b6e00aab`),
    leaf: hex(`"BTLF" 00 0b  4408000000000000 1000 00000000 0000000000000000 0000000000000000
                             5408000000000000 1000 00000000 0100000000000000 0100000000000000  25a5b829`),
    filtered: true,
    chunks: [row([0, 0], 0x844, 16), row([2, 3], 0x854, 16)],
  };

  test.each([
    ["type 10", plain],
    ["type 11", filtered],
  ])("%s: header and leaf", (_, golden) => {
    const { header, leaf, root, chunks } = golden;
    expect([sumHolds(header), sumHolds(leaf)]).toEqual([true, true]);
    const dataset: ChunkedDataset = {
      shape: [4, 6],
      maxShape: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      chunkShape: [2, 3],
      elementSize: 2,
      filtered: golden.filtered,
      layoutVersion: 4,
    };
    const { type, size } = chunkRecordForm(dataset, CONTEXT);
    const decoded = decodeBtreeV2Header(new Cursor(header, "header"), CONTEXT, LIMITS);
    expect(decoded).toMatchObject({
      type,
      nodeSize: 2048,
      recordSize: size,
      depth: 0,
      splitPercent: 100,
      mergePercent: 40,
      rootAddress: root,
      rootRecords: 2,
      totalRecords: 2,
    });
    const source = fileOf([golden.address, header], [root, leaf]);
    const decode = (cur: Cursor): ChunkRecord => decodeChunkRecord(cur, CONTEXT, dataset);
    const records = readBtreeV2(source, golden.address, CONTEXT, LIMITS, decode, type);
    expect(records).toEqual(chunks);

    expect(encodeBtreeV2Header(decoded, CONTEXT)).toEqual(header);
    const put = (out: ByteWriter, chunk: ChunkRecord): void => encodeChunkRecord(out, chunk, CONTEXT, dataset);
    const node = encodeBtreeV2Node(decoded, 0, records, [], put, CONTEXT);
    expect(node.length).toBe(2048);
    expect(node.subarray(0, leaf.length)).toEqual(leaf);
    expect(node.subarray(leaf.length).every((byte) => byte === 0)).toBe(true);
  });
});

describe("v2 B-trees of dense storage", () => {
  // Nine soft links "n0" to "n8" in a group that tracks creation order; ten attributes, one of 5,000 bytes.
  test.each<[string, number, string, string[]]>([
    [
      "links by name (type 5): hash, heap id of 7",
      BTREE_V2_TYPE.linkNames,
      `"BTLF" 00 05  29e11104 00930000001200  cd88c10d 00810000001200  6c62e811 00150000001200  870fbf5f 005d0000001200
         9910b478 006f0000001200  f4198e79 00a50000001200  2f8d307e 00390000001200  60196494 00270000001200
         0dca42e4 004b0000001200  acd26b1d`,
      ["n7", "n6", "n0", "n4", "n5", "n8", "n2", "n1", "n3"],
    ],
    [
      "links by creation (type 6): order of 8, heap id of 7",
      BTREE_V2_TYPE.linkCreationOrder,
      `"BTLF" 00 06  0000000000000000 00150000001200  0100000000000000 00270000001200  0200000000000000 00390000001200
         0300000000000000 004b0000001200  0400000000000000 005d0000001200  0500000000000000 006f0000001200
         0600000000000000 00810000001200  0700000000000000 00930000001200  0800000000000000 00a50000001200  dfb47acb`,
      ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"],
    ],
    [
      "attributes by creation (type 9): heap id of 8, flags, order of 4",
      BTREE_V2_TYPE.attributeCreationOrder,
      `"BTLF" 00 09  001600000000 1d00 00 00000000  003300000000 1d00 00 01000000  005000000000 1d00 00 02000000
         006d00000000 1d00 00 03000000  008a00000000 1d00 00 04000000  00a700000000 1d00 00 05000000
         00c400000000 1d00 00 06000000  00e100000000 1d00 00 07000000  00fe00000000 1d00 00 08000000
         1001000000000000 00 09000000  77ec2d96`,
      ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "huge"],
    ],
    [
      "huge objects (type 1): address, length, key",
      BTREE_V2_TYPE.hugeObjects,
      `"BTLF" 00 01  0a18000000000000 b613000000000000 0100000000000000  88f1dd70`,
      ["5,046 bytes at 0x180a"],
    ],
  ])("%s", (_, type, text, names) => {
    const leaf = hex(text);
    expect(sumHolds(leaf)).toBe(true);
    const recordSize = (leaf.length - 10) / names.length;
    const header = {
      type,
      nodeSize: 512,
      recordSize,
      depth: 0,
      splitPercent: 100,
      mergePercent: 40,
      rootAddress: 512,
      rootRecords: names.length,
      totalRecords: names.length,
    };
    const source = fileOf([64, encodeBtreeV2Header(header, CONTEXT)], [512, leaf]);
    const records = readBtreeV2(source, 64, CONTEXT, LIMITS, (cur) => cur.take(recordSize), type);
    const place = (record: Uint8Array): string => {
      const view = new DataView(record.buffer, record.byteOffset);
      if (type === BTREE_V2_TYPE.hugeObjects) {
        return `${view.getUint16(8, true).toLocaleString("en")} bytes at 0x${view.getUint16(0, true).toString(16)}`;
      }
      // The objects lie in their heap in the order of creation: links of 18 bytes from 21 on, attributes of 29 from 22 on.
      if (type === BTREE_V2_TYPE.attributeCreationOrder) {
        if (record[0] === 0x10) return "huge";
        return `a${(view.getUint32(1, true) - 22) / 29}`;
      }
      const id = type === BTREE_V2_TYPE.linkNames ? 4 : 8;
      return `n${(view.getUint32(id + 1, true) - 21) / 18}`;
    };
    expect(records.map(place)).toEqual(names);
    if (type === BTREE_V2_TYPE.linkNames) {
      const hashes = records.map((record) => new DataView(record.buffer, record.byteOffset).getUint32(0, true));
      expect(hashes).toEqual(names.map((name) => lookup3(new TextEncoder().encode(name))));
    }
    const form = { ...header, ...btreeV2Levels(512, recordSize, 0, CONTEXT) };
    const again = encodeBtreeV2Node(form, 0, records, [], (out, record) => void out.put(record), CONTEXT);
    expect(again.subarray(0, leaf.length)).toEqual(leaf);
  });

  test("of the fixtures are encoded again to the same bytes: every node of every tree, whatever its records", () => {
    const files = [
      ...["dense-group.h5", "dense-attributes.h5", "chunks-v4.h5"].map(fixtureBytes),
      structureBytes("shared-btree.h5"),
      structureBytes("shared-old.h5"),
    ];
    const seen = new Map<number, number>();
    for (const bytes of files) {
      const text = new TextDecoder("latin1").decode(bytes);
      const source = new PagedSource(bytes, Number.POSITIVE_INFINITY);
      for (let at = text.indexOf("BTHD"); at >= 0; at = text.indexOf("BTHD", at + 1)) {
        const range = btreeV2HeaderRange(at, CONTEXT);
        const stored = bytes.subarray(at, at + range.length);
        const decoded = decodeBtreeV2Header(new Cursor(stored, "header"), CONTEXT, LIMITS);
        expect(encodeBtreeV2Header(decoded, CONTEXT)).toEqual(stored);
        const take = (cur: Cursor, size: number): Uint8Array => cur.take(size);
        const { header, root } = readBtreeV2Tree(source, at, CONTEXT, LIMITS, take, decoded.type);
        const again = (node: BtreeV2Node<Uint8Array>): ChildPointer => {
          const children = node.children.map(again);
          const put = (out: ByteWriter, record: Uint8Array): void => void out.put(record);
          const encoded = encodeBtreeV2Node(header, node.level, node.records, children, put, CONTEXT);
          // What lies behind the checksum is the library's old content of that memory.
          const below = header.levels[node.level - 1];
          const pointer = below === undefined ? 0 : 8 + header.recordCountWidth + below.subtreeCountWidth;
          const used = 10 + node.records.length * header.recordSize + children.length * pointer;
          expect(encoded.subarray(0, used)).toEqual(bytes.subarray(node.address, node.address + used));
          seen.set(header.type, (seen.get(header.type) ?? 0) + 1);
          const subtreeRecords = children.reduce((sum, child) => sum + child.subtreeRecords, node.records.length);
          return { address: node.address, records: node.records.length, subtreeRecords };
        };
        if (root !== undefined) again(root);
      }
    }
    const { hugeObjects, linkNames, sharedMessages, attributeNames, chunks, filteredChunks } = BTREE_V2_TYPE;
    for (const type of [hugeObjects, linkNames, sharedMessages, attributeNames, chunks, filteredChunks]) {
      expect(seen.get(type), `type ${type}`).toBeGreaterThan(0);
    }
  });
});

/** Chunks by their number in an array over one dimension of chunks, or rows of them. */
const numbered = (chunks: readonly ChunkRecord[], number: (offset: readonly number[]) => number) =>
  new Map(chunks.map((chunk) => [number(chunk.offset), chunk]));

describe("a fixed array", () => {
  // "fixed": (3, 2) int16, chunks (1, 2); rows 0 and 2 written. "fixed filtered": the same with Fletcher's sum.
  test.each([
    [
      "of chunks",
      false,
      hex(`"FAHD" 00 00 08 0a  0300000000000000 f702000000000000  8c8d212c`),
      hex(`"FADB" 00 00 cf01000000000000  0008000000000000 ffffffffffffffff 0408000000000000  a038864c`),
      { address: 0x1cf, blockAddress: 0x2f7 },
      [row([0, 0], 0x800, 4), row([2, 0], 0x804, 4)],
    ],
    [
      "of filtered chunks",
      true,
      hex(`"FAHD" 00 01 0e 0a  0300000000000000 4904000000000000  f2cc45c1`),
      hex(`"FADB" 00 01 2103000000000000  0808000000000000 0800 00000000  ffffffffffffffff 0000 00000000
           1008000000000000 0800 00000000  dbfa7bdd`),
      { address: 0x321, blockAddress: 0x449 },
      [row([0, 0], 0x808, 8), row([2, 0], 0x810, 8)],
    ],
  ] as const)("%s: header and data block", (_, filtered, header, block, place, chunks) => {
    const shape = { shape: [3, 2], chunkShape: [1, 2], elementSize: 2 };
    const dataset: ChunkedDataset = { ...shape, filtered, layoutVersion: 4 };
    const source = fileOf([place.address, header], [place.blockAddress, block]);
    const records = readFixedArray(source, place.address, CONTEXT, dataset, undefined);
    expect(records).toEqual(chunks);
    const byNumber = numbered(records, ([r = 0]) => r);
    const array = { ...place, elements: 3, pageBits: 10 };
    expect(encodeFixedArray(array, (i) => byNumber.get(i), CONTEXT, dataset)).toEqual({ header, block });
  });

  test("of the fixtures, paged ones too, is encoded again to the same bytes, as far as pages were written", () => {
    const bytes = fixtureBytes("chunks-v4.h5");
    const source = new PagedSource(bytes, Number.POSITIVE_INFINITY);
    let pages = 0;
    for (const object of Object.values(FIXTURES["chunks-v4.h5"] ?? {})) {
      const { index, shape = [], maxShape = [], chunkShape = [], elementSize = 0, filtered = false } = object;
      if (index?.kind !== "fixed-array" || index.address === null) continue;
      const max = maxShape.map((most, d) => most ?? (shape[d] as number));
      const dataset = { shape, maxShape: max, chunkShape, elementSize, filtered, layoutVersion: 4 };
      const counts = max.map((most, d) => Math.ceil(most / (chunkShape[d] as number)));
      const records = readFixedArray(source, index.address, CONTEXT, dataset, undefined);
      const number = (offset: readonly number[]): number =>
        offset.reduce((sum, along, d) => sum * (counts[d] as number) + along / (chunkShape[d] as number), 0);
      const byNumber = numbered(records, number);
      const elements = counts.reduce((product, count) => product * count, 1);
      const blockAddress = Number(new DataView(bytes.buffer).getBigUint64(index.address + 16, true));
      const array = { address: index.address, blockAddress, elements, pageBits: 10 };
      const { header, block } = encodeFixedArray(array, (i) => byNumber.get(i), CONTEXT, dataset);
      expect(header).toEqual(bytes.subarray(index.address, index.address + header.length));
      if (elements <= 1024) {
        expect(block).toEqual(bytes.subarray(blockAddress, blockAddress + block.length));
        continue;
      }
      const count = Math.ceil(elements / 1024);
      const prefix = 14 + Math.ceil(count / 8) + 4;
      expect(block.subarray(0, prefix)).toEqual(bytes.subarray(blockAddress, blockAddress + prefix));
      const pageSize = Math.ceil((block.length - prefix - ((elements % 1024) * (header[6] ?? 0) + 4)) / (count - 1));
      for (let page = 0; page < count; page++) {
        const from = prefix + page * pageSize;
        const content = block.subarray(from, from + pageSize);
        if (content.every((byte) => byte === 0)) continue;
        expect(content).toEqual(bytes.subarray(blockAddress + from, blockAddress + from + content.length));
        pages++;
      }
    }
    expect(pages).toBeGreaterThan(3);
  });
});

const NONE = "ffffffffffffffff";

describe("an extensible array", () => {
  const parameters = { maxBits: 32, indexBlockElements: 4, minPointers: 4, minElements: 16, pageBits: 10 };

  test("of filtered chunks: header, index block and data block", () => {
    // "extensible filtered": (5,) int16, chunks of 1, unlimited, Fletcher's sum; elements 0 and 4 written.
    const dataset: ChunkedDataset = {
      shape: [5],
      maxShape: [Number.POSITIVE_INFINITY],
      chunkShape: [1],
      elementSize: 2,
      filtered: true,
      layoutVersion: 4,
    };
    const header = hex(`"EAHD" 00 01 0e 20 04 10 04 0a  0000000000000000 0000000000000000 0100000000000000
      f600000000000000 0500000000000000 1400000000000000  9912000000000000  0653a7ca`);
    const missing = `${NONE} 0000 00000000`;
    const indexBlock = hex(`"EAIB" 00 01 1611000000000000  2008000000000000 0600 00000000 ${missing.repeat(3)}
      db13000000000000 ${NONE.repeat(5 + 25)}  f5892083`);
    const dataBlock = hex(`"EADB" 00 01 1611000000000000 00000000  2608000000000000 0600 00000000 ${missing.repeat(15)}
      42ef6bd8`);
    const source = fileOf([0x1116, header], [0x1299, indexBlock], [0x13db, dataBlock]);
    expect([header, indexBlock, dataBlock].map(sumHolds)).toEqual([true, true, true]);
    const records = readExtensibleArray(source, 0x1116, CONTEXT, dataset, undefined);
    expect(records).toEqual([row([0], 0x820, 6), row([4], 0x826, 6)]);

    const byNumber = numbered(records, ([r = 0]) => r);
    const shape = extensibleArrayShape(parameters);
    const array = {
      parameters,
      shape,
      headerAddress: 0x1116,
      ctx: CONTEXT,
      dataset,
      at: (i: number) => byNumber.get(i),
    };
    const statistics = {
      superBlocks: 0,
      superBlockBytes: 0,
      dataBlocks: 1,
      dataBlockBytes: 246,
      used: 5,
      elements: 20,
    };
    expect(encodeArrayHeader(array, statistics, 0x1299)).toEqual(header);
    const blocks = [0x13db, ...Array<undefined>(5).fill(undefined)];
    expect(encodeIndexBlock(array, blocks, Array<undefined>(25).fill(undefined))).toEqual(indexBlock);
    expect(encodeDataBlock(array, 0, 0, () => true)).toEqual(dataBlock);
  });

  test("of the fixtures is encoded again to the same bytes: index, super and data blocks, and pages", () => {
    const bytes = fixtureBytes("chunks-v4.h5");
    const source = new PagedSource(bytes, Number.POSITIVE_INFINITY);
    const seen = { arrays: 0, superBlocks: 0, dataBlocks: 0, pages: 0 };
    for (const object of Object.values(FIXTURES["chunks-v4.h5"] ?? {})) {
      const { index, shape = [], maxShape = [], chunkShape = [], elementSize = 0, filtered = false } = object;
      if (index?.kind !== "extensible-array" || index.address === null) continue;
      seen.arrays++;
      const { address } = index;
      const max = maxShape.map((most) => most ?? Number.POSITIVE_INFINITY);
      const dataset = { shape, maxShape: max, chunkShape, elementSize, filtered, layoutVersion: 4 };
      const unlimited = max.indexOf(Number.POSITIVE_INFINITY);
      const order = [unlimited, ...max.keys()].filter((d, i, all) => all.indexOf(d) === i);
      const number = (offset: readonly number[]): number =>
        order.reduce((sum, d) => {
          const side = chunkShape[d] as number;
          return sum * (d === unlimited ? 0 : Math.ceil((max[d] as number) / side)) + (offset[d] as number) / side;
        }, 0);
      const byNumber = numbered(readExtensibleArray(source, address, CONTEXT, dataset, undefined), number);
      const all = extensibleArrayShape(parameters);
      const array: ArrayEncoding = {
        parameters,
        shape: all,
        headerAddress: address,
        ctx: CONTEXT,
        dataset,
        at: (i) => byNumber.get(i),
      };
      const same = (at: number, encoded: Uint8Array): void =>
        expect(encoded).toEqual(bytes.subarray(at, at + encoded.length));

      const {
        indexBlockAddress = 0,
        superBlocks,
        dataBlocks,
        used,
      } = readExtensibleArrayBlocks(source, address, CONTEXT, dataset);
      const counts = [...Array(6).keys()].map((i) =>
        Number(new DataView(bytes.buffer).getBigUint64(address + 12 + 8 * i, true)),
      );
      const [supers = 0, superBlockBytes = 0, blocks = 0, dataBlockBytes = 0, , elements = 0] = counts;
      const statistics: ArrayStatistics = {
        superBlocks: supers,
        superBlockBytes,
        dataBlocks: blocks,
        dataBlockBytes,
        used,
        elements,
      };
      same(address, encodeArrayHeader(array, statistics, indexBlockAddress));
      expect([superBlocks.size, dataBlocks.length]).toEqual([supers, blocks]);

      const addressOf = (u: number, i: number): number | undefined =>
        dataBlocks.find((one) => one.superBlock === u && one.number === i)?.address;
      const named = all.superBlocks.map((one, u) => Array.from({ length: one.blocks }, (_, i) => addressOf(u, i)));
      const further = all.superBlocks.slice(all.direct).map((_, i) => superBlocks.get(all.direct + i));
      same(indexBlockAddress, encodeIndexBlock(array, named.slice(0, all.direct).flat(), further));
      for (const [u, at] of superBlocks) {
        const shapeOfIt = all.superBlocks[u] as (typeof all.superBlocks)[number];
        const hasPage = (page: number): boolean => {
          const i = Math.floor(page / shapeOfIt.pages);
          const block = dataBlocks.find((one) => one.superBlock === u && one.number === i);
          return block?.hasPage(page % shapeOfIt.pages) ?? false;
        };
        same(at, encodeSuperBlock(array, shapeOfIt, named[u] ?? [], hasPage));
        seen.superBlocks++;
      }
      for (const { superBlock: u, number: i, address: at, hasPage } of dataBlocks) {
        const encoded = encodeDataBlock(array, u, i, hasPage);
        const { pages } = all.superBlocks[u] as (typeof all.superBlocks)[number];
        seen.dataBlocks++;
        if (pages === 0) {
          same(at, encoded);
          continue;
        }
        const prefix = blockPrefixSize(all, CONTEXT) + 4;
        same(at, encoded.subarray(0, prefix));
        const size = (encoded.length - prefix) / pages;
        for (let page = 0; page < pages; page++) {
          if (!hasPage(page)) continue;
          same(at + prefix + page * size, encoded.subarray(prefix + page * size, prefix + (page + 1) * size));
          seen.pages++;
        }
      }
    }
    expect(seen.arrays).toBe(5);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(2);
  });
});

describe("a local heap", () => {
  test("of a group from which a link was removed: prefix and free list", () => {
    // libver "earliest": the root's groups "a", "some longer name", "c" and the soft link "s" to "/a", then the second removed.
    const prefix = hex(`"HEAP" 00 000000  5800000000000000 1000000000000000 c802000000000000`);
    const decoded = decodeLocalHeapPrefix(new Cursor(prefix, "local heap"), CONTEXT);
    expect(decoded).toEqual({ segmentSize: 88, freeListHead: 16, segmentAddress: 0x2c8 });
    expect(written((out) => encodeLocalHeapPrefix(out, decoded, CONTEXT))).toEqual(prefix);
  });

  test("its free blocks name each other by offset", () => {
    // The first 32 bytes of that segment, and its end.
    const segment = new Uint8Array(88);
    segment.set(hex(`0000000000000000  "a" 00000000000000  4000000000000000 1800000000000000`));
    segment.set(hex("0100000000000000 1800000000000000"), 64);
    const blocks = decodeFreeList(new Cursor(segment, "segment"), 16, CONTEXT);
    expect(blocks).toEqual([
      { offset: 16, size: 24 },
      { offset: 64, size: 24 },
    ]);
    const [first, second] = blocks as [(typeof blocks)[number], (typeof blocks)[number]];
    expect(written((out) => encodeFreeBlock(out, second, first.size, CONTEXT))).toEqual(segment.subarray(16, 32));
    expect(written((out) => encodeFreeBlock(out, undefined, second.size, CONTEXT))).toEqual(segment.subarray(64, 80));
  });
});

describe("a fractal heap", () => {
  // The heap of the nine soft links above.
  const header = hex(`"FRHP" 00 0700 0000 02 00100000  0000000000000000 ${NONE}  4901000000000000 ac02000000000000
    0002000000000000 0002000000000000 0000000000000000 0900000000000000  0000000000000000 0000000000000000
    0000000000000000 0000000000000000  0400 0002000000000000 0000010000000000 2000 0100  c02f000000000000 0000  7c2ce876`);

  test("its header", () => {
    expect(sumHolds(header)).toBe(true);
    const decoded = decodeFractalHeapHeader(new Cursor(header, "header"), CONTEXT);
    expect(decoded).toEqual({
      idLength: 7,
      filters: [],
      rootFilteredSize: undefined,
      rootFilterMask: undefined,
      hugeIdsWrapped: false,
      checksumsDirectBlocks: true,
      maxManagedSize: 4096,
      hugeBtreeAddress: undefined,
      lastHugeKey: 0,
      freeSpace: 329,
      freeSpaceManagerAddress: 0x2ac,
      managedSpace: 512,
      allocatedSpace: 512,
      iteratorOffset: 0,
      managedObjects: 9,
      hugeSize: 0,
      hugeObjects: 0,
      tinySize: 0,
      tinyObjects: 0,
      tableWidth: 4,
      startingBlockSize: 512,
      maxDirectBlockSize: 65536,
      maxHeapBits: 32,
      startingRows: 1,
      rootAddress: 0x2fc0,
      rootRows: 0,
    });
    expect(encodeFractalHeapHeader(decoded, CONTEXT)).toEqual(header);
  });

  test("its root block, with the links in the order of their creation", () => {
    const block = new Uint8Array(512);
    const links = [...Array(9).keys()].map((i) => `01 0c 01 0${i}00000000000000 02 "n${i}" 0200 "/x"`);
    block.set(hex(`"FHDB" 00 ce01000000000000 00000000 861af90e ${links.join(" ")}`));
    const heap = readFractalHeap(fileOf([0x1ce, header], [0x2fc0, block]), 0x1ce, CONTEXT, LIMITS);
    expect(heap.object(hex("00 15000000 1200"))).toEqual(hex(links[0] ?? ""));
    expect(heap.object(hex("00 a5000000 1200"))).toEqual(hex(links[8] ?? ""));
  });
});
