/** What `read` takes as a selection, as what a region reference can keep. */
import { indexAt, type ResolvedSelection } from "../selection/resolved.js";
import {
  ALL_SELECTION,
  type DataSelection,
  hyperslab,
  NONE_SELECTION,
  points,
  resolveSelection,
  type SelectionInput,
} from "../selection/selection.js";

/**
 * The same elements as a DataSelection: a hyperslab where each dimension is regular, points in reading order otherwise.
 * @throws Hdf5UsageError when the selection leaves the extent.
 */
export function asDataSelection(input: SelectionInput, shape: readonly number[]): DataSelection {
  const resolved = resolveSelection(input, shape);
  if (!Array.isArray(input)) return input as DataSelection; // an input that is no list
  if (resolved.count === 0) return NONE_SELECTION;
  if (resolved.kind === "all" || shape.length === 0) return ALL_SELECTION;
  return regularOf(resolved) ?? points([...pointsOf(resolved)]);
}

function regularOf(resolved: ResolvedSelection): DataSelection | undefined {
  if (resolved.kind !== "grid") return undefined;
  const start: number[] = [];
  const stride: number[] = [];
  const count: number[] = [];
  const block: number[] = [];
  for (const dim of resolved.dims) {
    if (dim.indices !== undefined || dim.length !== dim.count * dim.block) return undefined;
    start.push(dim.start);
    stride.push(dim.step);
    count.push(dim.count);
    block.push(dim.block);
  }
  return hyperslab({ start, stride, count, block });
}

/** Coordinates of a grid's elements, the last dimension fastest. */
function* pointsOf(resolved: ResolvedSelection): Iterable<number[]> {
  if (resolved.kind !== "grid" && resolved.kind !== "all") return;
  const { dims } = resolved;
  const position = dims.map(() => 0);
  for (;;) {
    yield dims.map((dim, d) => indexAt(dim, position[d] ?? 0));
    let d = dims.length - 1;
    for (; d >= 0; d--) {
      position[d] = (position[d] ?? 0) + 1;
      if ((position[d] ?? 0) < (dims[d]?.length ?? 0)) break;
      position[d] = 0;
    }
    if (d < 0) return;
  }
}
