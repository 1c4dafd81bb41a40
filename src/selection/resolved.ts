/** A selection applied to one extent: validated, and ready for planners that only do arithmetic. */

/** The indices selected in one dimension, in selection order. */
export type Dim =
  | {
      /** Blocks at start, start + step, …; ascending. */
      readonly start: number;
      readonly step: number;
      /** Blocks, the last one possibly cut by `length`. */
      readonly count: number;
      readonly block: number;
      /** Indices selected. */
      readonly length: number;
      readonly indices?: undefined;
    }
  | {
      /** Any indices in any order. */
      readonly indices: readonly number[];
      readonly length: number;
    };

/** A box of elements: `shape` elements per dimension from `start` on. */
export interface Block {
  readonly start: readonly number[];
  readonly shape: readonly number[];
}

/** What a selection means for a given extent. All indices lie inside it. */
export type ResolvedSelection = {
  /** Shape of what is read or written; product = `count`. */
  readonly resultShape: readonly number[];
  /** Elements selected. */
  readonly count: number;
} & (
  | { readonly kind: "none" }
  /** `all` is the grid that takes every index of every dimension, dimensions kept. */
  | { readonly kind: "all" | "grid"; readonly dims: readonly Dim[] }
  | { readonly kind: "points"; readonly coordinates: readonly (readonly number[])[] }
  /** The union of boxes, in ascending linear order; the result has rank 1. */
  | { readonly kind: "blocks"; readonly blocks: readonly Block[] }
);

/** The index at a position of a dimension's selection. `position` is below `dim.length`. */
export function indexAt(dim: Dim, position: number): number {
  // Planners ask for positions below `length` only, where every entry exists.
  if (dim.indices !== undefined) return dim.indices[position] as number;
  if (dim.block === 1) return dim.start + position * dim.step;
  const inBlock = position % dim.block;
  return dim.start + ((position - inBlock) / dim.block) * dim.step + inBlock;
}

/** Product of non-negative integers; 1 for none. Exact up to 2^53 − 1, above it some larger number. */
export function product(factors: readonly number[]): number {
  let result = 1;
  for (const factor of factors) result *= factor;
  return result;
}

/** Elements between neighbours of each dimension, row-major. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= shape[d] ?? 1;
  }
  return strides;
}
