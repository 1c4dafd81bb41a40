/** Rows that are lists → their entries in sequence, and where each list ends. */

import { isIterable } from "../data/data-chunk-iterator.js";
import { listOf } from "../data/grown-data.js";

export interface FlatRows {
  readonly entries: readonly unknown[];
  /** Per level, from the outermost: the ends of its lists. */
  readonly ends: readonly (readonly number[])[];
}

/**
 * @param depth how many levels of lists there are.
 * @param fail what to do with a row that is no list.
 */
export function flattenRows(data: unknown, depth: number, fail: (finding: string) => never): FlatRows {
  let entries = rowsOf(data, fail);
  const ends: number[][] = [];
  for (let level = 0; level < depth; level++) {
    const next: unknown[] = [];
    const levelEnds: number[] = [];
    for (const row of entries) {
      for (const entry of rowsOf(row, fail)) next.push(entry);
      levelEnds.push(next.length);
    }
    ends.push(levelEnds);
    entries = next;
  }
  return { entries, ends };
}

function rowsOf(data: unknown, fail: (finding: string) => never): unknown[] {
  if (typeof data === "string" || !isIterable(data))
    return fail("holds a row that is no list; `index` may be too large");
  return listOf(data);
}
