/**
 * Implicit index: unfiltered chunks side by side, in row-major order over the maximum extent, allocated when the
 * dataset was created. Nothing is stored but the address of the first one.
 * Spec: File Format 3.0, VII.B (layout version 4, index type 2).
 */
import { Hdf5TruncatedError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";
import { maxPositions } from "./array-element.js";
import { type ChunkBox, type ChunkedDataset, type ChunkRecord, chunkBytes, positionsIn } from "./chunk-record.js";

const STRUCTURE = "implicit chunk index";

/**
 * The chunks of the dataset, or those that touch the box, in row-major order.
 * @throws Hdf5TruncatedError when the file is too short for the chunks of the maximum extent: found before any is listed.
 */
export function readImplicitIndex(
  source: ByteSource,
  address: number | undefined,
  dataset: ChunkedDataset,
  box: ChunkBox | undefined,
): ChunkRecord[] {
  if (address === undefined) return [];
  const extent = maxPositions(dataset);
  const size = chunkBytes(dataset);
  const bytes = extent.reduce((product, count) => product * count, size);
  if (!(address + bytes <= source.end)) {
    throw new Hdf5TruncatedError(
      { structure: STRUCTURE, address },
      `of ${bytes} bytes leaves the file of ${source.end}`,
    );
  }
  const whole = { low: extent.map(() => 0), high: dataset.maxShape ?? dataset.shape };
  return bytes === 0 ? [] : implicitChunks(address, dataset, box ?? whole);
}

/** The chunks that touch a box, by arithmetic alone. */
export function implicitChunks(address: number | undefined, dataset: ChunkedDataset, box: ChunkBox): ChunkRecord[] {
  const positions = positionsIn(box, dataset.chunkShape);
  if (positions === undefined || address === undefined) return [];
  const extent = maxPositions(dataset);
  const size = chunkBytes(dataset);
  const first = positions.first;
  const last = positions.last.map((at, d) => Math.min(at, (extent[d] as number) - 1));
  if (first.some((at, d) => at > (last[d] as number))) return [];

  const records: ChunkRecord[] = [];
  const position = [...first];
  for (;;) {
    const number = position.reduce((sum, along, d) => sum * (extent[d] as number) + along, 0);
    const offset = position.map((along, d) => along * (dataset.chunkShape[d] as number));
    records.push({ offset, address: address + number * size, size, filterMask: 0 });
    let d = position.length - 1;
    while (d >= 0 && position[d] === last[d]) {
      position[d] = first[d] as number;
      d--;
    }
    if (d < 0) return records;
    position[d] = (position[d] as number) + 1;
  }
}
