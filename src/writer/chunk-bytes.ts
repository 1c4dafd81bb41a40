/** Bytes of one chunk in memory: filling, cutting, and which of them a write touches. Pure. */
import { type ChunkPart, gather, planChunks, scatter } from "../selection/chunk-plan.js";
import { resolveSelection } from "../selection/selection.js";

/** How a dataset's chunks look. */
export interface ChunkForm {
  readonly chunkShape: readonly number[];
  readonly elementSize: number;
  /** Bytes of a chunk before filters. */
  readonly chunkBytes: number;
}

/** A chunk of fill values. */
export function emptyChunk({ chunkBytes }: ChunkForm, fill: Uint8Array | undefined): Uint8Array {
  const bytes = new Uint8Array(chunkBytes);
  if (fill?.some((byte) => byte !== 0)) fillWith(bytes, fill);
  return bytes;
}

/** Repeat one element over a buffer. */
export function fillWith(bytes: Uint8Array, element: Uint8Array): void {
  bytes.set(element.subarray(0, Math.min(element.length, bytes.length)));
  for (let filled = element.length; filled < bytes.length; filled *= 2) {
    bytes.copyWithin(filled, 0, Math.min(filled, bytes.length - filled));
  }
}

/** Put the fill value where the chunk at this offset lies outside the extent; returns whether that changed anything. */
export function clearOutside(
  bytes: Uint8Array,
  offset: readonly number[],
  extent: readonly number[],
  form: ChunkForm,
  fill: Uint8Array | undefined,
): boolean {
  const { chunkShape, elementSize } = form;
  const kept = emptyChunk(form, fill);
  const inside = resolveSelection(
    offset.map((at, d) => [0, Math.min(chunkShape[d] as number, (extent[d] as number) - at)] as const), // same rank
    chunkShape,
  );
  const [part] = planChunks(inside, chunkShape, chunkShape);
  if (part === undefined) return false;
  const data = new Uint8Array(inside.count * elementSize);
  gather(bytes, part, elementSize, data);
  scatter(data, part, elementSize, kept);
  if (bytes.every((byte, i) => byte === kept[i])) return false;
  bytes.set(kept);
  return true;
}

/** Does the chunk begin outside the extent? */
export function isOutside(offset: readonly number[], extent: readonly number[]): boolean {
  return offset.some((at, d) => at >= (extent[d] as number)); // same rank
}

/** Does the chunk reach over the edge of the extent? */
export function isPartial(offset: readonly number[], extent: readonly number[], { chunkShape }: ChunkForm): boolean {
  return offset.some((at, d) => at + (chunkShape[d] as number) > (extent[d] as number)); // same rank
}

/** What a write touches of a chunk. */
export interface TouchedBytes {
  readonly from: number;
  readonly to: number;
  /** Nothing of it lies inside the extent that readers know. */
  readonly hidden: boolean;
  /** It ends with the chunk's last element inside the present extent. */
  readonly reachesEnd: boolean;
}

/**
 * The bytes from the first to the last element that a part writes.
 * @param known extent as last published.
 * @param extent the present one.
 */
export function touchedBytes(
  { copies, offset }: ChunkPart,
  known: readonly number[],
  extent: readonly number[],
  form: ChunkForm,
): TouchedBytes {
  const { chunkShape, elementSize, chunkBytes } = form;
  if (copies.kind !== "grid") return { from: 0, to: chunkBytes, hidden: false, reachesEnd: false };
  let first = 0;
  let last = 0;
  let hidden = false;
  let reachesEnd = true;
  copies.axes.forEach((axis, d) => {
    const stride = copies.chunkStrides[d] as number; // same rank
    const listed = axis.indices === undefined ? undefined : Array.from(axis.indices);
    const low = listed === undefined ? axis.first : Math.min(...listed);
    const high = listed === undefined ? axis.first + (axis.count - 1) * axis.step : Math.max(...listed);
    first += low * stride;
    last += high * stride;
    const at = offset[d] as number;
    hidden ||= at + low >= (known[d] as number);
    reachesEnd &&= high === Math.min(chunkShape[d] as number, (extent[d] as number) - at) - 1;
  });
  return { from: first * elementSize, to: (last + 1) * elementSize, hidden, reachesEnd };
}

/** Offsets of the chunks that begin inside one extent and outside another. */
export function* chunksBetween(
  before: readonly number[],
  after: readonly number[],
  { chunkShape }: ChunkForm,
): Iterable<number[]> {
  const counts = after.map((extent, d) => Math.ceil(extent / (chunkShape[d] as number))); // same rank
  const total = counts.reduce((product, n) => product * n, 1);
  const position = counts.map(() => 0);
  for (let i = 0; i < total; i++) {
    const offset = position.map((along, d) => along * (chunkShape[d] as number));
    if (isOutside(offset, before)) yield offset;
    for (let d = position.length - 1; d >= 0; d--) {
      position[d] = (position[d] as number) + 1;
      if ((position[d] as number) < (counts[d] as number)) break;
      position[d] = 0;
    }
  }
}
