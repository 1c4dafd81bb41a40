/**
 * The extensible array as a chunk index. Its blocks name their header, which therefore stays where it is and is patched
 * in the raise epoch, while chunks beyond the extent are seen by nobody; changed blocks are copied. Design:
 * writer-design, sections 0 (fact 1) and 3.1.
 *
 * A chunk that goes keeps its element until the extent that excludes it is published: the next flush writes it away.
 * The array is written anew as a whole, to be published with the extent, where the header crosses a sector, and where
 * this flush raises the stored end of file: patching the header would be one barrier more.
 */
import { Hdf5UnsupportedError } from "../../errors.js";
import { elementSize, maxPositions } from "../../format/chunk-index/array-element.js";
import type { ChunkedDataset } from "../../format/chunk-index/chunk-record.js";
import type { ExtensibleArrayBlocks } from "../../format/chunk-index/extensible-array.js";
import {
  type ArrayEncoding,
  type ArrayStatistics,
  encodeArrayHeader,
  encodeDataBlock,
  encodeIndexBlock,
  encodeSuperBlock,
} from "../../format/chunk-index/extensible-array-encode.js";
import {
  dataBlockSize,
  type ExtensibleArrayParameters,
  type ExtensibleArrayShape,
  extensibleArrayHeaderSize,
  extensibleArrayShape,
  indexBlockSize,
  type SuperBlockShape,
  superBlockSize,
} from "../../format/chunk-index/extensible-array-shape.js";
import type { FormatContext } from "../../format/context.js";
import type { ChunkIndex } from "../../format/messages/data-layout.js";
import type { Usage } from "../../format/messages/multi-members.js";
import { type Allocator, crossesSector } from "../allocator.js";
import type { BlockWrite } from "../commit.js";
import type { ChunkIndexWriter, FlushTarget, StoredChunk } from "./contract.js";
import { NumberedChunks } from "./numbered-chunks.js";

type ExtensibleArrayIndex = Extract<ChunkIndex, { kind: "extensible-array" }>;

/** Parameters of libhdf5. */
export const CHUNK_EXTENSIBLE_ARRAY = {
  kind: "extensible-array",
  maxBits: 32, // H5D_EARRAY_MAX_NELMTS_BITS
  elements: 4, // H5D_EARRAY_IDX_BLK_ELMTS
  minPointers: 4, // H5D_EARRAY_SUP_BLK_MIN_DATA_PTRS
  minElements: 16, // H5D_EARRAY_DATA_BLK_MIN_ELMTS
  pageBits: 10, // H5D_EARRAY_MAX_DBLOCK_PAGE_NELMTS_BITS
} as const;

/** A data block in the file. */
interface DataBlock {
  readonly address: number;
  /** Pages that were written. */
  readonly pages: ReadonlySet<number>;
}

/** Data blocks of one super block by their number in it, and where the super block itself lies. */
interface SuperBlock {
  address: number | undefined;
  readonly blocks: Map<number, DataBlock>;
}

export class ExtensibleArrayWriter implements ChunkIndexWriter {
  readonly #context: FormatContext;
  readonly #dataset: ChunkedDataset;
  readonly #index: ExtensibleArrayIndex;
  readonly #parameters: ExtensibleArrayParameters;
  readonly #shape: ExtensibleArrayShape;
  readonly #elementSize: number;
  readonly #chunks: NumberedChunks;
  #header: number | undefined;
  #indexBlock: number | undefined;
  readonly #superBlocks = new Map<number, SuperBlock>();
  #used: number;
  /** Elements that the next flush writes away: their chunks lie outside the published extent by then. */
  #leaving: ReadonlySet<number> = new Set();

  constructor(
    context: FormatContext,
    dataset: ChunkedDataset,
    index: ExtensibleArrayIndex,
    chunks: readonly StoredChunk[],
    blocks: ExtensibleArrayBlocks | undefined,
  ) {
    this.#context = context;
    this.#dataset = dataset;
    this.#index = index;
    const { maxBits, elements, minPointers, minElements, pageBits } = index;
    this.#parameters = { maxBits, indexBlockElements: elements, minPointers, minElements, pageBits };
    this.#shape = extensibleArrayShape(this.#parameters);
    this.#elementSize = elementSize(dataset, context);
    this.#chunks = new NumberedChunks(dataset, Math.max(0, maxPositions(dataset).indexOf(Infinity)), chunks);
    this.#header = index.address;
    this.#indexBlock = blocks?.indexBlockAddress;
    this.#used = blocks?.used ?? 0;
    for (const [u, address] of blocks?.superBlocks ?? []) this.#superBlock(u).address = address;
    for (const { superBlock, number, address, hasPage } of blocks?.dataBlocks ?? []) {
      const count = (this.#shape.superBlocks[superBlock] as SuperBlockShape).pages; // it was read with this shape
      const pages = new Set(Array.from({ length: count }, (_, page) => page).filter(hasPage));
      this.#superBlock(superBlock).blocks.set(number, { address, pages });
    }
  }

  find(offset: readonly number[]): StoredChunk | undefined {
    return this.#chunks.find(offset);
  }

  entries(): Iterable<StoredChunk> {
    return this.#chunks.entries();
  }

  within(low: readonly number[], high: readonly number[]): Iterable<StoredChunk> {
    return this.#chunks.within(low, high);
  }

  set(chunk: StoredChunk): void {
    if (this.#chunks.numberOf(chunk.offset) >= 2 ** this.#parameters.maxBits) {
      throw new Hdf5UnsupportedError(`more than 2^${this.#parameters.maxBits} chunks in an extensible array`);
    }
    this.#chunks.set(chunk);
  }

  delete(offset: readonly number[]): boolean {
    return this.#chunks.delete(offset);
  }

  placeOf(): undefined {
    return undefined;
  }

  /** The header is patched before the extent. */
  get showsEarly(): boolean {
    return true;
  }

  get later(): boolean {
    return this.#leaving.size > 0;
  }

  flush({ allocator, commit, publishedEnds }: FlushTarget): ChunkIndex {
    if (!this.#chunks.hasChanges && this.#leaving.size === 0) return { ...this.#index, address: this.#header };
    const changes = this.#chunks.takeChanges();
    const staying = new Map<number, StoredChunk>();
    for (const [number, before] of changes) {
      if (before !== undefined && this.#chunks.at(number) === undefined) staying.set(number, before);
      if (this.#chunks.at(number) !== undefined) this.#used = Math.max(this.#used, number + 1);
    }
    const numbers = [...changes.keys(), ...this.#leaving];
    this.#leaving = new Set(staying.keys());
    const touched = this.#touched(numbers);
    const at = (number: number): StoredChunk | undefined => this.#chunks.at(number) ?? staying.get(number);

    const data: BlockWrite[] = [];
    const patched = this.#header !== undefined && !crossesSector(this.#header, this.#headerSize);
    if (patched) this.#write(touched, at, allocator, data);
    if (patched && allocator.within(publishedEnds)) {
      commit.raise.push(this.#encodeHeader(at));
    } else {
      data.length = 0;
      this.#writeAnew(touched, at, allocator, data);
    }
    for (const block of data) commit.data.push(block);
    return { ...this.#index, address: this.#header };
  }

  get #headerSize(): number {
    return extensibleArrayHeaderSize(this.#context);
  }

  #superBlock(u: number): SuperBlock {
    let found = this.#superBlocks.get(u);
    if (found === undefined) {
      found = { address: undefined, blocks: new Map() };
      this.#superBlocks.set(u, found);
    }
    return found;
  }

  /** The data blocks, and the pages in them, of some elements. */
  #touched(numbers: readonly number[]): Map<number, Map<number, Set<number>>> {
    const touched = new Map<number, Map<number, Set<number>>>();
    const { superBlocks, pageElements } = this.#shape;
    for (const number of numbers) {
      const rest = number - this.#parameters.indexBlockElements;
      if (rest < 0) continue; // in the index block
      let u = 0;
      while (u + 1 < superBlocks.length && (superBlocks[u + 1] as SuperBlockShape).start <= rest) u++;
      const shape = superBlocks[u] as SuperBlockShape; // the first one starts at 0
      const i = Math.floor((rest - shape.start) / shape.elementsPerBlock);
      const blocks = touched.get(u) ?? new Map<number, Set<number>>();
      touched.set(u, blocks);
      const pages = blocks.get(i) ?? new Set<number>();
      blocks.set(i, pages);
      if (shape.pages > 0) pages.add(Math.floor(((rest - shape.start) % shape.elementsPerBlock) / pageElements));
    }
    return touched;
  }

  /** Copy the touched data blocks, their super blocks and the index block. */
  #write(
    touched: ReadonlyMap<number, ReadonlyMap<number, ReadonlySet<number>>>,
    at: ArrayEncoding["at"],
    allocator: Allocator,
    data: BlockWrite[],
  ): void {
    const array = this.#encoding(at);
    const place = (before: number | undefined, size: number, usage: Usage): number => {
      if (before !== undefined) allocator.free(before, size, "metadata");
      return allocator.metadata(size, { usage, sectorSafe: false });
    };
    for (const [u, blocks] of touched) {
      const shape = this.#shape.superBlocks[u] as SuperBlockShape; // touched blocks are of this shape
      const parent = this.#superBlock(u);
      const size = dataBlockSize(this.#shape, shape, this.#elementSize, this.#context);
      for (const [i, touchedPages] of blocks) {
        const before = parent.blocks.get(i);
        const pages = new Set([...(before?.pages ?? []), ...touchedPages]);
        const address = place(before?.address, size, "local-heap");
        data.push({ address, bytes: encodeDataBlock(array, u, i, (page) => pages.has(page)) });
        parent.blocks.set(i, { address, pages });
      }
      if (u < this.#shape.direct) continue;
      parent.address = place(parent.address, superBlockSize(this.#shape, shape, this.#context), "btree");
      const addresses = Array.from({ length: shape.blocks }, (_, i) => parent.blocks.get(i)?.address);
      const hasPage = (page: number): boolean =>
        parent.blocks.get(Math.floor(page / shape.pages))?.pages.has(page % shape.pages) === true;
      data.push({ address: parent.address, bytes: encodeSuperBlock(array, shape, addresses, hasPage) });
    }
    this.#indexBlock = place(this.#indexBlock, this.#indexBlockSize, "object-header");
    const direct = this.#shape.superBlocks
      .slice(0, this.#shape.direct)
      .flatMap((shape, u) => Array.from({ length: shape.blocks }, (_, i) => this.#superBlocks.get(u)?.blocks.get(i)));
    const above = this.#shape.superBlocks
      .slice(this.#shape.direct)
      .map((_, k) => this.#superBlocks.get(this.#shape.direct + k)?.address);
    const bytes = encodeIndexBlock(
      array,
      direct.map((block) => block?.address),
      above,
    );
    data.push({ address: this.#indexBlock, bytes });
  }

  /** The whole array below a new header. */
  #writeAnew(
    touched: ReadonlyMap<number, ReadonlyMap<number, ReadonlySet<number>>>,
    at: ArrayEncoding["at"],
    allocator: Allocator,
    data: BlockWrite[],
  ): void {
    if (this.#header !== undefined) allocator.free(this.#header, this.#headerSize, "metadata");
    this.#header = allocator.metadata(this.#headerSize, { usage: "object-header", sectorSafe: true });
    const all = new Map<number, Map<number, Set<number>>>();
    for (const [u, { blocks }] of this.#superBlocks) {
      all.set(u, new Map([...blocks].map(([i, { pages }]) => [i, new Set(pages)])));
    }
    for (const [u, blocks] of touched) {
      const known = all.get(u) ?? new Map<number, Set<number>>();
      all.set(u, known);
      for (const [i, pages] of blocks) known.set(i, new Set([...(known.get(i) ?? []), ...pages]));
    }
    this.#write(all, at, allocator, data);
    data.push(this.#encodeHeader(at));
  }

  #encoding(at: ArrayEncoding["at"]): ArrayEncoding {
    return {
      parameters: this.#parameters,
      shape: this.#shape,
      headerAddress: this.#header as number, // blocks are written below a header only
      ctx: this.#context,
      dataset: this.#dataset,
      at,
    };
  }

  get #indexBlockSize(): number {
    return indexBlockSize(this.#shape, this.#parameters.indexBlockElements, this.#elementSize, this.#context);
  }

  #encodeHeader(at: ArrayEncoding["at"]): BlockWrite {
    const counts = { superBlocks: 0, superBlockBytes: 0, dataBlocks: 0, dataBlockBytes: 0 };
    let elements = this.#parameters.indexBlockElements;
    for (const [u, { address, blocks }] of this.#superBlocks) {
      const shape = this.#shape.superBlocks[u] as SuperBlockShape; // blocks are of this shape
      if (address !== undefined) {
        counts.superBlocks++;
        counts.superBlockBytes += superBlockSize(this.#shape, shape, this.#context);
      }
      counts.dataBlocks += blocks.size;
      counts.dataBlockBytes += blocks.size * dataBlockSize(this.#shape, shape, this.#elementSize, this.#context);
      elements += blocks.size * shape.elementsPerBlock;
    }
    const statistics: ArrayStatistics = { ...counts, used: this.#used, elements };
    const array = this.#encoding(at);
    return { address: array.headerAddress, bytes: encodeArrayHeader(array, statistics, this.#indexBlock) };
  }

  release(allocator: Allocator): void {
    if (this.#header === undefined) return;
    allocator.free(this.#header, this.#headerSize, "metadata");
    if (this.#indexBlock !== undefined) allocator.free(this.#indexBlock, this.#indexBlockSize, "metadata");
    for (const [u, { address, blocks }] of this.#superBlocks) {
      const shape = this.#shape.superBlocks[u] as SuperBlockShape;
      const size = dataBlockSize(this.#shape, shape, this.#elementSize, this.#context);
      if (address !== undefined) allocator.free(address, superBlockSize(this.#shape, shape, this.#context), "metadata");
      for (const block of blocks.values()) allocator.free(block.address, size, "metadata");
    }
    this.#superBlocks.clear();
    this.#header = undefined;
  }
}
