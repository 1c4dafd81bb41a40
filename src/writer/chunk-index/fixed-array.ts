/**
 * The fixed array as a chunk index: header and data block are written anew, whole, at each flush that changes them.
 * An array of more than 1 MiB that is flushed a second time becomes a version-2 B-tree, of which a flush copies one path.
 */
import { maxPositions } from "../../format/chunk-index/array-element.js";
import type { ChunkedDataset } from "../../format/chunk-index/chunk-record.js";
import { encodeFixedArray, fixedArrayBlockSize, fixedArrayHeaderSize } from "../../format/chunk-index/fixed-array.js";
import type { FormatContext } from "../../format/context.js";
import type { ChunkIndex } from "../../format/messages/data-layout.js";
import type { Allocator } from "../allocator.js";
import { btreeV2Writer, CHUNK_BTREE_V2 } from "./btree-v2.js";
import type { ChunkIndexWriter, FlushTarget, StoredChunk } from "./contract.js";
import { NumberedChunks } from "./numbered-chunks.js";

/** Bytes of a data block from which on a second flush makes a B-tree of it. */
const LARGEST_COPIED = 2 ** 20;

type FixedArrayIndex = Extract<ChunkIndex, { kind: "fixed-array" }>;

export class FixedArrayWriter implements ChunkIndexWriter {
  readonly #context: FormatContext;
  readonly #dataset: ChunkedDataset;
  readonly #chunks: NumberedChunks;
  readonly #index: FixedArrayIndex;
  /** Header, then data block, as they lie in the file. */
  #blocks: readonly { readonly address: number; readonly length: number }[];
  readonly showsEarly: boolean = false;
  readonly later: boolean = false;

  constructor(
    context: FormatContext,
    dataset: ChunkedDataset,
    index: FixedArrayIndex,
    chunks: readonly StoredChunk[],
    blocks: readonly { readonly address: number; readonly length: number }[],
  ) {
    this.#context = context;
    this.#dataset = dataset;
    this.#index = index;
    this.#chunks = new NumberedChunks(dataset, 0, chunks);
    this.#blocks = blocks;
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
    this.#chunks.set(chunk);
  }

  delete(offset: readonly number[]): boolean {
    return this.#chunks.delete(offset);
  }

  placeOf(): undefined {
    return undefined;
  }

  successor(): ChunkIndexWriter | undefined {
    if (!this.#chunks.hasChanges || !this.#blocks.some(({ length }) => length > LARGEST_COPIED)) return undefined;
    const tree = btreeV2Writer(this.#context, this.#dataset, { ...CHUNK_BTREE_V2, address: undefined });
    for (const chunk of this.entries()) tree.set(chunk);
    return tree;
  }

  flush({ allocator, commit }: FlushTarget): ChunkIndex {
    if (!this.#chunks.hasChanges) return { ...this.#index, address: this.#blocks[0]?.address };
    this.#chunks.takeChanges();
    this.release(allocator);
    const { pageBits } = this.#index;
    const elements = maxPositions(this.#dataset).reduce((product, n) => product * n, 1);
    const blockSize = fixedArrayBlockSize(elements, pageBits, this.#context, this.#dataset);
    const headerSize = fixedArrayHeaderSize(this.#context);
    const address = allocator.metadata(headerSize, { usage: "object-header", sectorSafe: false });
    const blockAddress = allocator.metadata(blockSize, { usage: "local-heap", sectorSafe: false });
    const array = { address, blockAddress, elements, pageBits };
    const { header, block } = encodeFixedArray(array, (i) => this.#chunks.at(i), this.#context, this.#dataset);
    commit.data.push({ address, bytes: header }, { address: blockAddress, bytes: block });
    this.#blocks = [
      { address, length: headerSize },
      { address: blockAddress, length: blockSize },
    ];
    return { ...this.#index, address };
  }

  release(allocator: Allocator): void {
    for (const { address, length } of this.#blocks) allocator.free(address, length, "metadata");
    this.#blocks = [];
  }
}
