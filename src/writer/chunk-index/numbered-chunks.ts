/** Chunks by their number in an array, and which of them changed since the last flush. */
import { type ChunkNumbering, chunkNumbering, maxPositions } from "../../format/chunk-index/array-element.js";
import { type ChunkedDataset, compareOffsets } from "../../format/chunk-index/chunk-record.js";
import type { StoredChunk } from "./contract.js";

export class NumberedChunks {
  readonly #dataset: ChunkedDataset;
  readonly #numbering: ChunkNumbering;
  readonly #chunks = new Map<number, StoredChunk>();
  /** By number: what was there before it changed, since the last flush. */
  #changed = new Map<number, StoredChunk | undefined>();

  /** @param unlimited the dimension that varies slowest. */
  constructor(dataset: ChunkedDataset, unlimited: number, chunks: readonly StoredChunk[]) {
    this.#dataset = dataset;
    this.#numbering = chunkNumbering(maxPositions(dataset), unlimited, undefined);
    for (const chunk of chunks) this.#chunks.set(this.numberOf(chunk.offset), chunk);
  }

  numberOf(offset: readonly number[]): number {
    return this.#numbering.index(offset.map((at, d) => at / (this.#dataset.chunkShape[d] as number))); // same rank
  }

  /** The chunk of a number. */
  at(number: number): StoredChunk | undefined {
    return this.#chunks.get(number);
  }

  find(offset: readonly number[]): StoredChunk | undefined {
    return this.#chunks.get(this.numberOf(offset));
  }

  entries(): StoredChunk[] {
    return [...this.#chunks.values()].sort((a, b) => compareOffsets(a.offset, b.offset));
  }

  within(low: readonly number[], high: readonly number[]): StoredChunk[] {
    const { chunkShape } = this.#dataset;
    const first = low.map((at, d) => Math.floor(at / (chunkShape[d] as number)));
    const counts = high.map((at, d) => Math.max(0, Math.ceil(at / (chunkShape[d] as number)) - (first[d] as number)));
    const total = counts.reduce((product, n) => product * n, 1);
    if (total > this.#chunks.size) return this.entries();
    const found: StoredChunk[] = [];
    const position = [...first];
    for (let i = 0; i < total; i++) {
      const chunk = this.#chunks.get(this.#numbering.index(position));
      if (chunk !== undefined) found.push(chunk);
      for (let d = position.length - 1; d >= 0; d--) {
        position[d] = (position[d] as number) + 1;
        if ((position[d] as number) < (first[d] as number) + (counts[d] as number)) break;
        position[d] = first[d] as number;
      }
    }
    return found;
  }

  set(chunk: StoredChunk): number {
    const number = this.numberOf(chunk.offset);
    this.#note(number);
    this.#chunks.set(number, chunk);
    return number;
  }

  delete(offset: readonly number[]): boolean {
    const number = this.numberOf(offset);
    if (!this.#chunks.has(number)) return false;
    this.#note(number);
    return this.#chunks.delete(number);
  }

  #note(number: number): void {
    if (!this.#changed.has(number)) this.#changed.set(number, this.#chunks.get(number));
  }

  get size(): number {
    return this.#chunks.size;
  }

  get hasChanges(): boolean {
    return this.#changed.size > 0;
  }

  /** What has changed since this was asked last: by number, what was there before. */
  takeChanges(): ReadonlyMap<number, StoredChunk | undefined> {
    const changed = this.#changed;
    this.#changed = new Map();
    return changed;
  }
}
