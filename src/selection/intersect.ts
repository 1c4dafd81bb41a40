/**
 * Two selections of one extent, dimension by dimension: which positions of the one are which ordinals of the other.
 * Pure arithmetic; for virtual datasets, where what is asked for meets what a mapping gives.
 */
import { type Dim, indexAt } from "./resolved.js";

/** A dimension whose indices are told by a step. */
export type RegularDim = Dim & { readonly indices?: undefined };

/** Elements common to both in one dimension: the i-th is `position(i)` of the one and `ordinal(i)` of the other. */
export interface AxisMatch {
  readonly count: number;
  readonly position: number;
  readonly positionStep: number;
  readonly ordinal: number;
  readonly ordinalStep: number;
  /** Both one by one, where no step says it. */
  readonly positions?: readonly number[] | undefined;
  readonly ordinals?: readonly number[] | undefined;
}

/** Entries of one list. */
const LIST_ENTRIES = 1 << 16;

/**
 * What two dimensions have in common, in order of the first one's positions: one match where both go by steps,
 * otherwise lists of bounded length. Lazy.
 */
export function* matchAxis(asked: Dim, given: RegularDim): Iterable<AxisMatch> {
  if (asked.length === 0 || given.length === 0) return;
  const [a, b] = [progression(asked), progression(given)];
  if (a !== undefined && b !== undefined) {
    const match = matchProgressions(a, b);
    if (match !== undefined) {
      if (match.count > 0) yield match;
      return;
    }
  }
  yield* matchLists(asked, given);
}

interface Progression {
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

function progression(dim: Dim): Progression | undefined {
  if (dim.indices !== undefined) {
    return dim.length === 1 ? { start: dim.indices[0] as number, step: 1, length: 1 } : undefined;
  }
  if (dim.length <= dim.block) return { start: dim.start, step: 1, length: dim.length };
  return dim.block === 1 ? { start: dim.start, step: dim.step, length: dim.length } : undefined;
}

/** undefined: only a list can say it. */
function matchProgressions(asked: Progression, given: Progression): AxisMatch | undefined {
  if (given.step === 1) {
    const first = Math.max(0, Math.ceil((given.start - asked.start) / asked.step));
    const end = Math.min(asked.length, Math.ceil((given.start + given.length - asked.start) / asked.step));
    const ordinal = asked.start + first * asked.step - given.start;
    return { count: Math.max(0, end - first), position: first, positionStep: 1, ordinal, ordinalStep: asked.step };
  }
  if (asked.step === 1) {
    const first = Math.max(0, Math.ceil((asked.start - given.start) / given.step));
    const end = Math.min(given.length, Math.ceil((asked.start + asked.length - given.start) / given.step));
    const position = given.start + first * given.step - asked.start;
    return { count: Math.max(0, end - first), position, positionStep: given.step, ordinal: first, ordinalStep: 1 };
  }
  if (asked.step !== given.step) return undefined;
  const apart = (given.start - asked.start) / asked.step;
  if (!Number.isInteger(apart)) return { count: 0, position: 0, positionStep: 1, ordinal: 0, ordinalStep: 1 };
  const position = Math.max(0, apart);
  const count = Math.max(0, Math.min(asked.length, given.length + apart) - position);
  return { count, position, positionStep: 1, ordinal: position - apart, ordinalStep: 1 };
}

function* matchLists(asked: Dim, given: RegularDim): Iterable<AxisMatch> {
  let positions: number[] = [];
  let ordinals: number[] = [];
  const last = indexAt(given, given.length - 1);
  for (let position = firstFrom(asked, given.start); position < asked.length; position++) {
    const index = indexAt(asked, position);
    // Steps go upwards; lists may come back.
    if (index > last && asked.indices === undefined) break;
    const ordinal = ordinalOf(given, index);
    if (ordinal < 0) continue;
    positions.push(position);
    ordinals.push(ordinal);
    if (positions.length < LIST_ENTRIES) continue;
    yield listed(positions, ordinals);
    positions = [];
    ordinals = [];
  }
  if (positions.length > 0) yield listed(positions, ordinals);
}

function listed(positions: readonly number[], ordinals: readonly number[]): AxisMatch {
  return {
    count: positions.length,
    position: positions[0] ?? 0,
    positionStep: 1,
    ordinal: ordinals[0] ?? 0,
    ordinalStep: 1,
    positions,
    ordinals,
  };
}

/** Number of the first position that may have an index from `index` on. */
function firstFrom(dim: Dim, index: number): number {
  if (dim.indices !== undefined || index <= dim.start) return 0;
  return Math.min(dim.length, Math.floor((index - dim.start) / dim.step) * dim.block);
}

/** Place of an index in a dimension's selection; −1: it is not selected. */
export function ordinalOf(dim: RegularDim, index: number): number {
  const into = index - dim.start;
  if (into < 0) return -1;
  const block = Math.floor(into / dim.step);
  const within = into - block * dim.step;
  if (within >= dim.block) return -1;
  const ordinal = block * dim.block + within;
  return ordinal < dim.length ? ordinal : -1;
}
