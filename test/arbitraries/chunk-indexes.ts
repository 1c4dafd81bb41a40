/** Chunk indexes of every kind, over datasets of few chunks. */
import fc from "fast-check";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { type ChunkKey, encodeChunkNode } from "../../src/format/btree-v1.js";
import { elementSize, maxPositions } from "../../src/format/chunk-index/array-element.js";
import { chunkRecordForm, encodeChunkRecord } from "../../src/format/chunk-index/btree-v2.js";
import {
  type ChunkBox,
  type ChunkedDataset,
  type ChunkRecord,
  chunkBytes,
  chunkTouches,
  compareOffsets,
} from "../../src/format/chunk-index/chunk-record.js";
import {
  type ArrayEncoding,
  encodeArrayHeader,
  encodeDataBlock,
  encodeIndexBlock,
  encodeSuperBlock,
} from "../../src/format/chunk-index/extensible-array-encode.js";
import {
  blockPrefixSize,
  dataBlockSize,
  type ExtensibleArrayParameters,
  extensibleArrayHeaderSize,
  extensibleArrayShape,
  type SuperBlockShape,
} from "../../src/format/chunk-index/extensible-array-shape.js";
import {
  encodeFixedArray,
  fixedArrayBlockSize,
  fixedArrayHeaderSize,
} from "../../src/format/chunk-index/fixed-array.js";
import { readChunkIndex } from "../../src/format/chunk-index/index.js";
import type { FormatContext } from "../../src/format/context.js";
import type { ChunkIndex } from "../../src/format/messages/data-layout.js";
import { btreeV2Form, layBtreeV2 } from "./btree-v2.js";
import { FileLayout, type WalkCase, walkCase } from "./file-layout.js";
import { address, context, unsigned } from "./messages.js";

const LIMITS = { treeDepth: 64 };

/** A dataset and those of its chunks that are stored, in row-major order. */
interface Stored {
  readonly ctx: FormatContext;
  readonly dataset: ChunkedDataset;
  readonly chunks: readonly ChunkRecord[];
  readonly box: ChunkBox | undefined;
}

/** @param unlimited how many dimensions have no end. */
function stored(unlimited: 0 | 1 | 2, layoutVersions: readonly number[]): fc.Arbitrary<Stored> {
  const dimension = fc.record({ side: fc.integer({ min: 1, max: 5 }), count: fc.integer({ min: 1, max: 5 }) });
  const dimensions = fc.array(dimension, { minLength: Math.max(1, unlimited), maxLength: 3 });
  const parts = fc.record({
    ctx: fc.tuple(context, fc.integer({ min: 1, max: 3 })).map(([ctx, k]) => ({ ...ctx, chunkInternalK: k })),
    dimensions,
    endless: fc.array(fc.nat(), { minLength: 2, maxLength: 2 }),
    size: fc.integer({ min: 1, max: 9 }),
    filtered: fc.boolean(),
    version: fc.constantFrom(...layoutVersions),
    boxed: fc.boolean(),
  });
  return parts.chain(({ ctx, dimensions: dims, endless, size, filtered, version, boxed }) => {
    // Exactly so many different dimensions.
    const free = new Set<number>();
    for (let i = 0; free.size < unlimited; i++) free.add(((endless[0] ?? 0) + i) % dims.length);
    const shape = dims.map(({ side, count }) => side * count);
    const dataset: ChunkedDataset = {
      shape,
      maxShape: shape.map((extent, d) => (free.has(d) ? Number.POSITIVE_INFINITY : extent)),
      chunkShape: dims.map(({ side }) => side),
      elementSize: size,
      filtered,
      layoutVersion: version,
    };
    const places = dims.reduce<number[][]>(
      (all, { side, count }) => all.flatMap((head) => Array.from({ length: count }, (_, i) => [...head, i * side])),
      [[]],
    );
    const whole = chunkBytes(dataset);
    const chunk = fc.record({
      address: address(ctx),
      size: filtered ? fc.integer({ min: 1, max: whole + 3 }) : fc.constant(whole),
      filterMask: filtered ? fc.nat(0xffff_ffff) : fc.constant(0),
    });
    const some = fc
      .subarray(places)
      .chain((offsets) => fc.tuple(...offsets.map((offset) => chunk.map((one): ChunkRecord => ({ offset, ...one })))));
    const corner = fc.tuple(...shape.map((extent) => fc.tuple(fc.nat(extent), fc.nat(extent))));
    return fc.tuple(some, corner).map(([chunks, ends]): Stored => {
      const box = { low: ends.map((pair) => Math.min(...pair)), high: ends.map((pair) => Math.max(...pair)) };
      return {
        ctx,
        dataset,
        chunks: chunks.sort((a, b) => compareOffsets(a.offset, b.offset)),
        box: boxed ? box : undefined,
      };
    });
  });
}

/** Those of the chunks that touch the box. */
function within({ chunks, dataset, box }: Stored): readonly ChunkRecord[] {
  if (box === undefined) return chunks;
  if (box.low.some((low, d) => low === box.high[d])) return [];
  return chunks.filter(({ offset }) => chunkTouches(offset, dataset.chunkShape, box));
}

/** A walk through the layout message's index. Of a box, fewer structures may be read. */
function caseOf(all: Stored, layout: FileLayout, index: ChunkIndex, rounds: number): WalkCase {
  const { ctx, dataset, box } = all;
  const { chunkShape, elementSize: size, layoutVersion: version, filtered } = dataset;
  const message = {
    kind: "chunked",
    version,
    chunkShape,
    elementSize: size,
    partialEdgeChunksUnfiltered: false,
  } as const;
  const extent = { shape: dataset.shape, maxShape: dataset.maxShape, filtered };
  return walkCase<readonly ChunkRecord[]>(layout, {
    read: (source) => readChunkIndex(source, { ...message, index }, ctx, extent, box, LIMITS),
    expected: within(all),
    rounds,
    isPartial: box !== undefined,
  });
}

export const chunkBtreeWalk: fc.Arbitrary<WalkCase> = fc
  .tuple(stored(0, [3]), fc.integer({ min: 1, max: 6 }))
  .map(([all, fanOut]) => {
    const { ctx, dataset, chunks } = all;
    const layout = new FileLayout();
    if (chunks.length === 0) return caseOf(all, layout, { kind: "btree-v1", address: undefined }, 0);
    const most = Math.max(2, Math.min(fanOut, 2 * ctx.chunkInternalK));
    let items = chunks.map(({ offset, address: at, size, filterMask }) => ({
      key: { size, filterMask, offset } as ChunkKey,
      at,
    }));
    // Closed as libhdf5 closes it: one chunk and one element further.
    const last = chunks.at(-1)?.offset ?? [];
    const offset = last.map((along, d) => along + (dataset.chunkShape[d] as number));
    const end: ChunkKey = { size: 0, filterMask: 0, offset, elementOffset: dataset.elementSize };
    let level = 0;
    for (; level === 0 || items.length > 1; level++) {
      const above: typeof items = [];
      for (let i = 0; i < items.length; i += most) {
        const part = items.slice(i, i + most);
        const keys = [...part.map(({ key }) => key), items[i + most]?.key ?? end];
        const out = new ByteWriter();
        encodeChunkNode(out, { level, keys, children: part.map(({ at }) => at) }, ctx);
        above.push({ key: keys[0] as ChunkKey, at: layout.add("chunk B-tree node", out.bytes(), undefined) });
      }
      items = above;
    }
    return caseOf(all, layout, { kind: "btree-v1", address: items[0]?.at }, level);
  });

/** Linear number of a chunk: row-major, the unlimited dimension slowest. */
function numberOf({ dataset }: Stored): (chunk: ChunkRecord) => number {
  const counts = maxPositions(dataset);
  const unlimited = Math.max(0, counts.indexOf(Number.POSITIVE_INFINITY));
  const order = [unlimited, ...counts.keys()].filter((d, i, every) => every.indexOf(d) === i);
  return ({ offset }) =>
    order.reduce(
      (sum, d, i) =>
        (i === 0 ? 0 : sum * (counts[d] as number)) + (offset[d] as number) / (dataset.chunkShape[d] as number),
      0,
    );
}

export const fixedArrayWalk: fc.Arbitrary<WalkCase> = fc
  .tuple(stored(0, [4, 5]), fc.integer({ min: 1, max: 6 }))
  .map(([all, pageBits]) => {
    const { ctx, dataset, chunks } = all;
    const layout = new FileLayout();
    const elements = maxPositions(dataset).reduce((product, count) => product * count, 1);
    const numbers = new Map(chunks.map((chunk) => [numberOf(all)(chunk), chunk]));
    const at = layout.place(fixedArrayHeaderSize(ctx));
    const blockAddress = layout.place(fixedArrayBlockSize(elements, pageBits, ctx, dataset));
    const { header, block } = encodeFixedArray(
      { address: at, blockAddress, elements, pageBits },
      (i) => numbers.get(i),
      ctx,
      dataset,
    );
    layout.put("fixed array header", at, header, "last");
    const index = { kind: "fixed-array", address: at, pageBits } as const;
    const pageElements = 2 ** pageBits;
    if (elements <= pageElements) {
      layout.put("fixed array data block", blockAddress, block, "last");
      return caseOf(all, layout, index, 2);
    }
    const pages = Math.ceil(elements / pageElements);
    const prefix = 6 + ctx.sizeOfOffsets + Math.ceil(pages / 8) + 4;
    layout.put("fixed array data block", blockAddress, block.subarray(0, prefix), "last");
    const pageSize = pageElements * elementSize(dataset, ctx) + 4;
    const used = new Set([...numbers.keys()].map((number) => Math.floor(number / pageElements)));
    for (const page of used) {
      const bytes = block.subarray(prefix + page * pageSize, prefix + (page + 1) * pageSize);
      layout.put("fixed array data block page", blockAddress + prefix + page * pageSize, bytes, "last");
    }
    return caseOf(all, layout, index, used.size > 0 ? 3 : 2);
  });

const arrayParameters: fc.Arbitrary<ExtensibleArrayParameters> = fc
  .record({
    maxBits: fc.constantFrom(10, 16, 32),
    indexBlockElements: fc.nat(4),
    minPointers: fc.constantFrom(2, 4),
    minBits: fc.nat(2),
    moreBits: fc.nat(2),
  })
  .map(({ minBits, moreBits, ...rest }) => {
    // Data blocks that the index block names are never paged.
    const pageBits = minBits + Math.log2(rest.minPointers) + moreBits;
    return { ...rest, minElements: 2 ** minBits, pageBits };
  });

export const extensibleArrayWalk: fc.Arbitrary<WalkCase> = fc
  .tuple(stored(1, [4, 5]), arrayParameters)
  .map(([all, parameters]) => {
    const { ctx, dataset, chunks } = all;
    const layout = new FileLayout();
    const numbers = new Map(chunks.map((chunk) => [numberOf(all)(chunk), chunk]));
    const used = Math.max(-1, ...numbers.keys()) + 1;
    const shape = extensibleArrayShape(parameters);
    const address = layout.place(extensibleArrayHeaderSize(ctx));
    const array: ArrayEncoding = { parameters, shape, headerAddress: address, ctx, dataset, at: (i) => numbers.get(i) };
    const isStored = (start: number, count: number): boolean =>
      [...numbers.keys()].some((number) => start <= number && number < start + count);
    const first = (u: SuperBlockShape, i: number): number =>
      parameters.indexBlockElements + u.start + i * u.elementsPerBlock;
    let below = 0;

    const putDataBlock = (u: number, i: number): number | undefined => {
      const one = shape.superBlocks[u] as SuperBlockShape; // `u` counts them
      if (!isStored(first(one, i), one.elementsPerBlock)) return undefined;
      const hasPage = (page: number): boolean =>
        isStored(first(one, i) + page * shape.pageElements, shape.pageElements);
      const bytes = encodeDataBlock(array, u, i, hasPage);
      const at = layout.place(dataBlockSize(shape, one, elementSize(dataset, ctx), ctx));
      below++;
      const prefix = blockPrefixSize(shape, ctx) + 4;
      if (one.pages === 0) layout.put("extensible array data block", at, bytes, "last");
      // Nothing reads the prefix of a paged block: its pages have sums of their own.
      const pageSize = (bytes.length - prefix) / Math.max(1, one.pages);
      for (let page = 0; page < one.pages; page++) {
        const from = prefix + page * pageSize;
        if (!hasPage(page)) continue;
        layout.put("extensible array data block page", at + from, bytes.subarray(from, from + pageSize), "last");
      }
      return at;
    };

    const direct: (number | undefined)[] = [];
    const superBlocks: (number | undefined)[] = [];
    for (const [u, one] of shape.superBlocks.entries()) {
      const blocks = isStored(first(one, 0), one.blocks * one.elementsPerBlock)
        ? Array.from({ length: one.blocks }, (_, i) => putDataBlock(u, i))
        : undefined;
      if (u < shape.direct) direct.push(...(blocks ?? Array.from({ length: one.blocks }, () => undefined)));
      else if (blocks === undefined) superBlocks.push(undefined);
      else {
        const hasPage = (page: number): boolean => {
          const i = Math.floor(page / one.pages);
          return isStored(first(one, i) + (page % one.pages) * shape.pageElements, shape.pageElements);
        };
        const bytes = encodeSuperBlock(array, one, blocks, hasPage);
        superBlocks.push(layout.add("extensible array super block", bytes, "last"));
      }
    }
    const indexBlock = layout.add("extensible array index block", encodeIndexBlock(array, direct, superBlocks), "last");
    const statistics = { superBlocks: 0, superBlockBytes: 0, dataBlocks: 0, dataBlockBytes: 0, used, elements: 0 };
    layout.put("extensible array header", address, encodeArrayHeader(array, statistics, indexBlock), "last");
    const { maxBits, minPointers, minElements, pageBits, indexBlockElements: elements } = parameters;
    const index = { kind: "extensible-array", address, maxBits, elements, minPointers, minElements, pageBits } as const;
    const isNamed = superBlocks.some((at) => at !== undefined);
    return caseOf(all, layout, index, 2 + (isNamed ? 1 : 0) + (below > 0 ? 1 : 0));
  });

export const chunkBtreeV2Walk: fc.Arbitrary<WalkCase> = stored(2, [4, 5]).chain((all) => {
  const { ctx, dataset, chunks } = all;
  const { type, size } = chunkRecordForm(dataset, ctx);
  return btreeV2Form(ctx, size, chunks.length).map((form) => {
    const layout = new FileLayout();
    const records = chunks.map((chunk) => {
      const out = new ByteWriter();
      encodeChunkRecord(out, chunk, ctx, dataset);
      return out.bytes();
    });
    const tree = layBtreeV2(layout, ctx, type, form, size, records);
    const index = {
      kind: "btree-v2",
      address: tree.address,
      nodeSize: form.nodeSize,
      splitPercent: 100,
      mergePercent: 40,
    } as const;
    return caseOf(all, layout, index, 1 + tree.levels);
  });
});

/** Indexes that have no bytes of their own. */
export const arithmeticIndexWalk: fc.Arbitrary<WalkCase> = fc
  .tuple(stored(0, [4]), fc.boolean(), unsigned(4))
  .map(([all, single, mask]) => {
    const { dataset } = all;
    const layout = new FileLayout();
    const size = chunkBytes(dataset);
    if (single) {
      const one = { ...dataset, maxShape: dataset.chunkShape, shape: dataset.chunkShape };
      const place = { address: 500, ...(dataset.filtered ? { filteredSize: size + 1, filterMask: mask } : {}) };
      const offset = dataset.chunkShape.map(() => 0);
      const chunk = { offset, address: 500, size: place.filteredSize ?? size, filterMask: place.filterMask ?? 0 };
      return caseOf({ ...all, dataset: one, chunks: [chunk] }, layout, { kind: "single", ...place }, 0);
    }
    const counts = maxPositions(dataset);
    const count = counts.reduce((product, n) => product * n, 1);
    const address = layout.place(count * size);
    const chunks = Array.from({ length: count }, (_, number): ChunkRecord => {
      let rest = number;
      const offset = counts.map(() => 0);
      for (let d = counts.length - 1; d >= 0; d--) {
        offset[d] = (rest % (counts[d] as number)) * (dataset.chunkShape[d] as number);
        rest = Math.floor(rest / (counts[d] as number));
      }
      return { offset, address: address + number * size, size, filterMask: 0 };
    });
    const plain = { ...dataset, filtered: false };
    return caseOf({ ...all, dataset: plain, chunks }, layout, { kind: "implicit", address }, 0);
  });
