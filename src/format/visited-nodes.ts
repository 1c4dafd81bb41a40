/** What one walk over pointers has seen: no node twice (cycles, shared children), and no more than the file can hold. */
import { Hdf5FormatError } from "../errors.js";

/** Options of walks over trees. */
export interface TreeLimits {
  /** Levels of one tree. */
  readonly treeDepth: number;
}

export class VisitedNodes {
  readonly #structure: string;
  readonly #allowed: number;
  readonly #seen = new Set<number>();

  /**
   * @param nodeSize bytes of one node: nodes do not overlap, so at most `end / nodeSize` of them exist.
   * @param end end of the file
   */
  constructor(structure: string, nodeSize: number, end: number) {
    this.#structure = structure;
    this.#allowed = Math.max(1, Math.floor(end / nodeSize));
  }

  /** @throws Hdf5FormatError when the node was seen before, or when there are more nodes than fit into the file. */
  add(address: number): void {
    const where = { structure: this.#structure, address };
    if (this.#seen.has(address)) throw new Hdf5FormatError(where, "is reached twice by one walk");
    if (this.#seen.size >= this.#allowed) {
      throw new Hdf5FormatError(where, `is one of more than ${this.#allowed} nodes, the most that fit into the file`);
    }
    this.#seen.add(address);
  }
}
