/** Results with their shapes. */
import { Hdf5UnsupportedError } from "../errors.js";
import type { NdArray } from "./values.js";

/** Row-major, in entries of the data. */
export function shaped<D>(data: D, shape: readonly number[], own: readonly number[]): NdArray<D> {
  const full = [...shape, ...own];
  const stride = new Array<number>(full.length);
  let step = 1;
  for (let d = full.length - 1; d >= 0; d--) {
    stride[d] = step;
    step *= full[d] as number; // d is a dimension
  }
  return { data, shape: full, stride };
}

/** A list of `count` entries. @throws Hdf5UnsupportedError beyond what an array can have. */
export function listOf<T>(count: number, entry: (i: number) => T): T[] {
  if (count > 2 ** 32 - 1) throw new Hdf5UnsupportedError(`${count} entries in one list`);
  const out = new Array<T>(count);
  for (let i = 0; i < count; i++) out[i] = entry(i);
  return out;
}
