/**
 * Copying elements between a chunk and a row-major result, as a plan says.
 *
 * Axes whose elements follow each other on both sides melt into one run. Long runs are moved with `set`, which takes
 * about 44 ns whatever the length; short ones word by word, which takes 2 ns for 4 bytes, 9 for 8 and 43 for 64
 * (Node 20, 2026). Words are integers, because a float may lose the bits of a NaN on its way.
 */
import type { AxisPart, ChunkCopies, ChunkPart } from "./chunk-plan.js";

/** From this many words on a run is moved by `set`. */
const SET_WORDS = 16;

/** One dimension of a copy, in bytes. */
interface Loop {
  readonly count: number;
  readonly fromStep: number;
  readonly toStep: number;
  /** Offsets one by one, where steps do not say them. */
  readonly fromList: Float64Array | undefined;
  readonly toList: Float64Array | undefined;
}

/**
 * Copy what the plan names out of a decoded chunk.
 * @param chunkBytes the whole chunk, decoded; not changed.
 * @param out the result's bytes: `count` of the selection × `elementSize`, row-major.
 */
export function gather(chunkBytes: Uint8Array, part: ChunkPart, elementSize: number, out: Uint8Array): void {
  copy(chunkBytes, out, part, elementSize, false);
}

/**
 * Copy what the plan names into a decoded chunk.
 * @param data the bytes to be written: `count` of the selection × `elementSize`, row-major; not changed.
 * @param chunkBytes the whole chunk; changed.
 */
export function scatter(data: Uint8Array, part: ChunkPart, elementSize: number, chunkBytes: Uint8Array): void {
  copy(data, chunkBytes, part, elementSize, true);
}

function copy(from: Uint8Array, to: Uint8Array, part: ChunkPart, elementSize: number, intoChunk: boolean): void {
  const { copies } = part;
  if (copies.kind === "runs") {
    const { chunk, result, lengths } = copies;
    const [sources, targets] = intoChunk ? [result, chunk] : [chunk, result];
    for (let i = 0; i < lengths.length; i++) {
      const at = (sources[i] ?? 0) * elementSize;
      const length = (lengths[i] ?? 0) * elementSize;
      const target = (targets[i] ?? 0) * elementSize;
      if (length >= SET_WORDS) to.set(from.subarray(at, at + length), target);
      else for (let b = 0; b < length; b++) to[target + b] = from[at + b] as number;
    }
    return;
  }
  const { loops, run, chunkBase, resultBase } = gridLoops(copies, elementSize, intoChunk);
  if (intoChunk) copyLoops(from, resultBase, to, chunkBase, loops, run);
  else copyLoops(from, chunkBase, to, resultBase, loops, run);
}

/**
 * The one run of bytes that a part is both in the chunk and in the result, as rows of a chunk of full width are;
 * undefined where it is several.
 */
export function singleRun(
  { copies }: ChunkPart,
  elementSize: number,
): { readonly inChunk: number; readonly inResult: number; readonly length: number } | undefined {
  if (copies.kind === "runs") {
    const { chunk, result, lengths } = copies;
    if (lengths.length !== 1) return undefined;
    const [inChunk = 0, inResult = 0, length = 0] = [chunk[0], result[0], lengths[0]];
    return { inChunk: inChunk * elementSize, inResult: inResult * elementSize, length: length * elementSize };
  }
  const { loops, run, chunkBase, resultBase } = gridLoops(copies, elementSize, true);
  return loops.length > 0 ? undefined : { inChunk: chunkBase, inResult: resultBase, length: run };
}

/** Loops around runs, the innermost first, and where they begin, in bytes. */
function gridLoops(
  copies: Extract<ChunkCopies, { readonly kind: "grid" }>,
  elementSize: number,
  intoChunk: boolean,
): { readonly loops: readonly Loop[]; readonly run: number; readonly chunkBase: number; readonly resultBase: number } {
  let chunkBase = 0;
  let resultBase = 0;
  let run = elementSize;
  const loops: Loop[] = [];
  for (let d = copies.axes.length - 1; d >= 0; d--) {
    const axis = copies.axes[d] as AxisPart;
    const chunkStride = (copies.chunkStrides[d] ?? 1) * elementSize;
    const resultStride = (copies.resultStrides[d] ?? 1) * elementSize;
    if (axis.indices === undefined) chunkBase += axis.first * chunkStride;
    if (axis.positions === undefined) resultBase += axis.position * resultStride;
    const inChunk = { step: axis.step * chunkStride, list: scaled(axis.indices, chunkStride) };
    const inResult = { step: resultStride, list: scaled(axis.positions, resultStride) };
    const plain = inChunk.list === undefined && inResult.list === undefined;
    if (plain && axis.count === 1) continue;
    if (plain && loops.length === 0 && inChunk.step === run && inResult.step === run) {
      run *= axis.count;
      continue;
    }
    const [source, target] = intoChunk ? [inResult, inChunk] : [inChunk, inResult];
    loops.push({
      count: axis.count,
      fromStep: source.step,
      toStep: target.step,
      fromList: source.list,
      toList: target.list,
    });
  }
  return { loops, run, chunkBase, resultBase };
}

function scaled(list: ArrayLike<number> | undefined, stride: number): Float64Array | undefined {
  return list === undefined ? undefined : Float64Array.from(list, (entry) => entry * stride);
}

function copyLoops(
  from: Uint8Array,
  fromBase: number,
  to: Uint8Array,
  toBase: number,
  loops: readonly Loop[],
  run: number,
): void {
  const word = wordSize(from, to, run, (fromBase % 4) | (toBase % 4) | stepBits(loops));
  const inner = loops[0];
  if (inner === undefined || run >= SET_WORDS * word) {
    eachRun(loops, loops.length - 1, fromBase, toBase, (at, target) => to.set(from.subarray(at, at + run), target));
    return;
  }
  const source = words(from, word);
  const target = words(to, word);
  const length = run / word;
  const { count } = inner;
  const [fromStep, toStep] = [inner.fromStep / word, inner.toStep / word];
  eachRun(loops.slice(1), loops.length - 2, fromBase, toBase, (fromByte, toByte) => {
    let at = fromByte / word;
    let put = toByte / word;
    if (inner.fromList !== undefined || inner.toList !== undefined) {
      for (let i = 0; i < count; i++) {
        const a = inner.fromList === undefined ? at + i * fromStep : at + (inner.fromList[i] as number) / word;
        const p = inner.toList === undefined ? put + i * toStep : put + (inner.toList[i] as number) / word;
        for (let w = 0; w < length; w++) target[p + w] = source[a + w] as number;
      }
    } else if (length === 1) {
      for (let i = 0; i < count; i++, at += fromStep, put += toStep) target[put] = source[at] as number;
    } else if (length === 2) {
      for (let i = 0; i < count; i++, at += fromStep, put += toStep) {
        target[put] = source[at] as number;
        target[put + 1] = source[at + 1] as number;
      }
    } else {
      for (let i = 0; i < count; i++, at += fromStep, put += toStep) {
        for (let w = 0; w < length; w++) target[put + w] = source[at + w] as number;
      }
    }
  });
}

/** Call `visit` with the offsets of each run, outer loops first. Depth is the rank, at most 32. */
function eachRun(
  loops: readonly Loop[],
  level: number,
  from: number,
  to: number,
  visit: (from: number, to: number) => void,
): void {
  const loop = loops[level];
  if (loop === undefined) {
    visit(from, to);
    return;
  }
  for (let i = 0; i < loop.count; i++) {
    const source = from + (loop.fromList === undefined ? i * loop.fromStep : (loop.fromList[i] as number));
    const target = to + (loop.toList === undefined ? i * loop.toStep : (loop.toList[i] as number));
    eachRun(loops, level - 1, source, target, visit);
  }
}

/** Low bits of every offset that the loops can add, or-ed together. */
function stepBits(loops: readonly Loop[]): number {
  let bits = 0;
  for (const { fromStep, toStep, fromList, toList } of loops) {
    bits |= (fromList === undefined ? fromStep % 4 : 0) | (toList === undefined ? toStep % 4 : 0);
    for (const list of [fromList, toList]) {
      for (const offset of list ?? []) bits |= offset % 4;
    }
  }
  return bits;
}

/** The widest word, of 4, 2 and 1 bytes, in which all offsets and lengths are whole. */
function wordSize(from: Uint8Array, to: Uint8Array, run: number, offsets: number): 1 | 2 | 4 {
  const bits = run | from.byteOffset | to.byteOffset | offsets;
  if ((bits & 3) === 0) return 4;
  return (bits & 1) === 0 ? 2 : 1;
}

function words(bytes: Uint8Array, word: 1 | 2 | 4): Uint8Array | Uint16Array | Uint32Array {
  if (word === 1) return bytes;
  const length = Math.floor(bytes.byteLength / word);
  return word === 2
    ? new Uint16Array(bytes.buffer, bytes.byteOffset, length)
    : new Uint32Array(bytes.buffer, bytes.byteOffset, length);
}
