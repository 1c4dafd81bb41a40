/** From what the user asked for to indices inside an extent. Nothing negative, nothing clamped: api, section 3. */
import { Hdf5UsageError } from "../errors.js";
import { blockCount } from "./blocks.js";
import { type Block, type Dim, product, type ResolvedSelection } from "./resolved.js";
import type {
  BlockSelection,
  DataSelection,
  PointSelection,
  RegularHyperslab,
  SelectionEntry,
  SelectionInput,
} from "./selection.js";

/** How the selection will be used. */
export interface ResolveOptions {
  /** Refuse an element that is selected twice. */
  readonly forWrite?: boolean | undefined;
}

/**
 * The elements a selection means in an extent.
 * @param shape dimensions of the dataset; `[]` of a scalar, `[0]` of a null dataspace.
 * @throws Hdf5UsageError when the selection leaves the extent or is none.
 */
export function resolveSelection(
  input: SelectionInput | undefined,
  shape: readonly number[],
  options: ResolveOptions = {},
): ResolvedSelection {
  if (input === undefined) return resolveEntries([], shape, false);
  if (isEntryList(input)) return resolveEntries(input, shape, options.forWrite ?? false);
  if (!isDataSelection(input)) {
    throw new Hdf5UsageError(
      "selection",
      `is ${describe(input)}`,
      "a list with one entry per dimension, or a DataSelection",
    );
  }
  return resolveData(input, shape, options.forWrite ?? false);
}

function isEntryList(input: SelectionInput): input is readonly SelectionEntry[] {
  return Array.isArray(input);
}

function isDataSelection(input: unknown): input is DataSelection {
  return typeof input === "object" && input !== null && "kind" in input && "runs" in input;
}

function resolveEntries(
  entries: readonly SelectionEntry[],
  shape: readonly number[],
  forWrite: boolean,
): ResolvedSelection {
  if (entries.length > shape.length) {
    const expected =
      shape.length === 0 ? "none: the dataset is a scalar" : `at most ${shape.length}, one per dimension`;
    throw new Hdf5UsageError("selection", `has ${entries.length} entries`, expected);
  }
  const dims: Dim[] = [];
  const resultShape: number[] = [];
  let whole = true;
  for (let d = 0; d < shape.length; d++) {
    const extent = shape[d] ?? 0;
    // A hole in the list is `undefined`, which is no entry; entries beyond the list are whole.
    const entry = d < entries.length ? entries[d] : null;
    const dim = resolveEntry(entry, extent, `selection[${d}]`, forWrite);
    dims.push(dim);
    if (typeof entry === "number") whole = false;
    else resultShape.push(dim.length);
    if (dim.indices !== undefined || dim.length !== extent) whole = false;
  }
  return { kind: whole ? "all" : "grid", dims, resultShape, count: product(dims.map((dim) => dim.length)) };
}

function resolveEntry(entry: unknown, extent: number, argument: string, forWrite: boolean): Dim {
  if (entry === null) return range(0, extent, 1);
  if (typeof entry === "number") return range(checkIndex(entry, extent, argument), entry + 1, 1);
  if (Array.isArray(entry)) return resolveRange(entry, extent, argument);
  if (typeof entry === "object" && entry !== null && "at" in entry) {
    return resolveIndices(entry.at, extent, argument, forWrite);
  }
  throw new Hdf5UsageError(
    argument,
    `is ${describe(entry)}`,
    "null, an index, [start, stop], [start, stop, step] or { at }",
  );
}

function resolveRange(entry: readonly unknown[], extent: number, argument: string): Dim {
  if (entry.length !== 2 && entry.length !== 3) {
    throw new Hdf5UsageError(argument, `has ${entry.length} entries`, "[start, stop] or [start, stop, step]");
  }
  const start = entry[0] === null ? 0 : checkEnd(entry[0], extent, `${argument}[0]`);
  const stop = entry[1] === null ? extent : checkEnd(entry[1], extent, `${argument}[1]`);
  if (start > stop) {
    throw new Hdf5UsageError(argument, `starts at ${start} and stops at ${stop}`, "a start not above the stop");
  }
  const step = entry.length === 2 ? 1 : entry[2];
  if (typeof step !== "number" || !Number.isSafeInteger(step) || step < 1) {
    throw new Hdf5UsageError(`${argument}[2]`, `is ${describe(step)}`, "a whole number from 1 on");
  }
  return range(start, stop, step);
}

function resolveIndices(at: unknown, extent: number, argument: string, forWrite: boolean): Dim {
  if (!Array.isArray(at) && !ArrayBuffer.isView(at)) {
    throw new Hdf5UsageError(`${argument}.at`, `is ${describe(at)}`, "a list of indices");
  }
  const list: readonly unknown[] = Array.isArray(at) ? at : Array.from(at as unknown as ArrayLike<unknown>);
  const indices = list.map((index, i) => checkIndex(index, extent, `${argument}.at[${i}]`));
  if (forWrite && new Set(indices).size !== indices.length) {
    throw new Hdf5UsageError(`${argument}.at`, "holds an index twice", "each index once when writing");
  }
  return { indices, length: indices.length };
}

function range(start: number, stop: number, step: number): Dim {
  const length = Math.ceil((stop - start) / step);
  return length <= 1 || step === 1
    ? { start, step: Math.max(length, 1), count: length === 0 ? 0 : 1, block: Math.max(length, 1), length }
    : { start, step, count: length, block: 1, length };
}

function checkIndex(value: unknown, extent: number, argument: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value < extent) return value;
  throw new Hdf5UsageError(
    argument,
    `is ${describe(value)}`,
    `a whole number below the extent of ${extent}, from 0 on`,
  );
}

function checkEnd(value: unknown, extent: number, argument: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= extent) return value;
  throw new Hdf5UsageError(
    argument,
    `is ${describe(value)}`,
    `null, or a whole number from 0 to the extent of ${extent}`,
  );
}

function describe(value: unknown): string {
  if (typeof value === "string") return `the string ${JSON.stringify(value.slice(0, 40))}`;
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "bigint" ? `the bigint ${value}` : String(value);
}

function resolveData(selection: DataSelection, shape: readonly number[], forWrite: boolean): ResolvedSelection {
  switch (selection.kind) {
    case "all":
      return resolveEntries([], shape, forWrite);
    case "none":
      return { kind: "none", resultShape: [0], count: 0 };
    case "hyperslab":
      checkRank(selection, shape);
      if (selection.regular !== undefined) return resolveRegular(selection.regular, shape);
      if (isBlockSelection(selection)) return resolveBlocks(selection.blocks, selection.count, shape);
      return resolveForeign(selection, shape);
    case "points":
      checkRank(selection, shape);
      return resolvePoints(
        isPointSelection(selection) ? selection.coordinates : pointsOfRuns(selection, shape),
        shape,
        forWrite,
      );
    default:
      selection.kind satisfies never;
      throw new Hdf5UsageError("selection", "is of no known kind", "none, all, hyperslab or points");
  }
}

function isBlockSelection(selection: DataSelection): selection is BlockSelection {
  return "blocks" in selection;
}

function isPointSelection(selection: DataSelection): selection is PointSelection {
  return "coordinates" in selection;
}

function checkRank(selection: DataSelection, shape: readonly number[]): void {
  if (selection.rank !== undefined && selection.rank !== shape.length) {
    throw new Hdf5UsageError("selection", `has rank ${selection.rank}`, `${shape.length}, the rank of the dataset`);
  }
}

/** A regular hyperslab; what is unlimited ends with the extent, a block cut there included (H5S__hyper_get_clip_diminfo). */
function resolveRegular(slab: RegularHyperslab, shape: readonly number[]): ResolvedSelection {
  const dims = shape.map((extent, d): Dim => {
    const [start = 0, step = 1, count = 0, block = 0] = [slab.start[d], slab.stride[d], slab.count[d], slab.block[d]];
    const room = extent - start;
    if (room <= 0 && (count === Infinity || block === Infinity)) return range(0, 0, 1);
    if (block === Infinity) return range(start, extent, 1);
    if (count === 0 || block === 0) return range(0, 0, 1);
    if (count === Infinity) {
      const blocks = Math.ceil(room / step);
      return {
        start,
        step,
        count: blocks,
        block,
        length: (blocks - 1) * block + Math.min(block, room - (blocks - 1) * step),
      };
    }
    const end = start + (count - 1) * step + block;
    if (end > extent) {
      throw new Hdf5UsageError(
        `selection, dimension ${d}`,
        `ends at ${end}`,
        `an end not beyond the extent of ${extent}`,
      );
    }
    // Blocks without gaps are one block.
    return step === block || count === 1 ? range(start, end, 1) : { start, step, count, block, length: count * block };
  });
  const resultShape = dims.map((dim) => dim.length);
  const whole = dims.every((dim, d) => dim.length === shape[d]);
  return { kind: whole ? "all" : "grid", dims, resultShape, count: product(resultShape) };
}

function resolvePoints(
  coordinates: readonly (readonly number[])[],
  shape: readonly number[],
  forWrite: boolean,
): ResolvedSelection {
  const seen = forWrite ? new Set<number>() : undefined;
  for (let i = 0; i < coordinates.length; i++) {
    const point = coordinates[i] ?? [];
    let linear = 0;
    for (let d = 0; d < shape.length; d++) {
      const extent = shape[d] ?? 0;
      linear = linear * extent + checkIndex(point[d], extent, `points[${i}][${d}]`);
    }
    if (seen?.has(linear)) throw new Hdf5UsageError(`points[${i}]`, "occurs twice", "each element once when writing");
    seen?.add(linear);
  }
  return { kind: "points", coordinates, resultShape: [coordinates.length], count: coordinates.length };
}

function resolveBlocks(blocks: readonly Block[], count: number, shape: readonly number[]): ResolvedSelection {
  for (let i = 0; i < blocks.length; i++) {
    for (let d = 0; d < shape.length; d++) {
      const end = (blocks[i]?.start[d] ?? 0) + (blocks[i]?.shape[d] ?? 0);
      const extent = shape[d] ?? 0;
      if (end > extent) {
        throw new Hdf5UsageError(
          `blocks[${i}], dimension ${d}`,
          `ends at ${end}`,
          `an end not beyond the extent of ${extent}`,
        );
      }
    }
  }
  return { kind: "blocks", blocks, resultShape: [count], count };
}

function resolveForeign(selection: DataSelection, shape: readonly number[]): ResolvedSelection {
  const blocks = blocksOfRuns(selection, shape);
  return resolveBlocks(blocks, blockCount(blocks), shape);
}

/** The runs of a selection that another implementation made, as boxes of one row each. */
function blocksOfRuns(selection: DataSelection, shape: readonly number[]): Block[] {
  const blocks: Block[] = [];
  const width = shape[shape.length - 1] ?? 0;
  for (const [start, length] of checkedRuns(selection, shape)) {
    for (let at = start; at < start + length; ) {
      const here = Math.min(width - (at % width), start + length - at);
      blocks.push({ start: coordinatesOf(at, shape), shape: shape.map((_, d) => (d === shape.length - 1 ? here : 1)) });
      at += here;
    }
  }
  return blocks;
}

function pointsOfRuns(selection: DataSelection, shape: readonly number[]): number[][] {
  const coordinates: number[][] = [];
  for (const [start, length] of checkedRuns(selection, shape)) {
    for (let at = start; at < start + length; at++) coordinates.push(coordinatesOf(at, shape));
  }
  return coordinates;
}

function* checkedRuns(selection: DataSelection, shape: readonly number[]): Iterable<readonly [number, number]> {
  const total = product(shape);
  for (const run of selection.runs(shape)) {
    const [start, length] = run;
    const whole = Number.isSafeInteger(start) && Number.isSafeInteger(length);
    if (!whole || start < 0 || length < 0 || start + length > total) {
      throw new Hdf5UsageError(
        "selection",
        `has a run [${start}, ${length}]`,
        `runs inside the ${total} elements of the extent`,
      );
    }
    yield run;
  }
}

function coordinatesOf(linear: number, shape: readonly number[]): number[] {
  const coordinates = new Array<number>(shape.length);
  let rest = linear;
  for (let d = shape.length - 1; d >= 0; d--) {
    const extent = shape[d] ?? 1;
    coordinates[d] = rest % extent;
    rest = (rest - (rest % extent)) / extent;
  }
  return coordinates;
}
