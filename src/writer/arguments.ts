/** Arguments of the wrong type, which callers without TypeScript give: refused before anything is changed. */
import { Hdf5UsageError } from "../errors.js";
import type { DatasetSpec, WriteOptions } from "../model/writer-contract.js";

const WRITE_TIMES: readonly string[] = ["alloc", "never", "ifset"];
const ALLOC_TIMES: readonly string[] = ["early", "late", "incremental"];

/** @throws Hdf5UsageError unless it is a list. */
export function checkList(argument: string, value: unknown): void {
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) wrong(argument, value, "an array");
}

/** @throws Hdf5UsageError unless it is text. */
export function checkText(argument: string, value: unknown): void {
  if (typeof value !== "string") wrong(argument, value, "a string");
}

/** @throws Hdf5UsageError for options that could not be called when it is their turn. */
export function checkWriteOptions({ onProgress, signal }: WriteOptions): void {
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function") wrong("signal", signal, "an AbortSignal");
  if (onProgress !== undefined && typeof onProgress !== "function") wrong("onProgress", onProgress, "a function");
}

/** @throws Hdf5UsageError for lists that are none, and objects that are none. */
export function checkSpec(spec: DatasetSpec): void {
  if (typeof spec !== "object" || spec === null) wrong("spec", spec, "an object");
  checkWriteOptions(spec);
  for (const name of ["shape", "maxShape", "filters"] as const) {
    if (spec[name] !== undefined) checkList(name, spec[name]);
  }
  const { chunkShape, layout, fill } = spec;
  checkWord("fill.writeTime", fill?.writeTime, WRITE_TIMES);
  checkWord("fill.allocTime", fill?.allocTime, ALLOC_TIMES);
  if (chunkShape !== undefined && chunkShape !== true) checkList("chunkShape", chunkShape);
  if (layout === undefined || typeof layout === "string") return;
  if (layout === null) wrong("layout", layout, "a layout");
  if (layout.kind === "external") checkObjects("layout.files", layout.files);
  if (layout.kind === "virtual") {
    checkObjects("layout.mappings", layout.mappings);
    for (const [i, { source, virtual }] of layout.mappings.entries()) {
      checkObjects(`layout.mappings[${i}], source and virtual`, [source, virtual]);
    }
  }
}

/** @throws Hdf5UsageError for what a null dataspace, which has no elements, cannot have. Its own shape is `[0]`. */
export function checkNull({ shape, maxShape, chunkShape, filters, layout }: Partial<DatasetSpec>): void {
  const given = {
    shape: shape?.length === 1 && shape[0] === 0 ? undefined : shape,
    maxShape,
    chunkShape,
    filters: filters?.length === 0 ? undefined : filters,
    layout: layout === "contiguous" ? undefined : layout,
  };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const expected = "no data (elements are fill values), or elements, such as [null] for a null reference";
    throw new Hdf5UsageError(name, "is given for null, which has no elements", expected);
  }
}

/** @throws Hdf5UsageError unless it gives blocks one after another. */
export function checkBlocks(source: unknown): void {
  if (typeof source === "object" && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source))
    return;
  wrong("source", source, "an iterable or async iterable of blocks of rows");
}

function checkWord(argument: string, value: string | undefined, words: readonly string[]): void {
  if (value === undefined || words.includes(value)) return;
  const found = typeof value === "string" ? JSON.stringify(value) : typeof value;
  throw new Hdf5UsageError(argument, `is ${found}`, `one of ${words.join(", ")}`);
}

function checkObjects(argument: string, values: readonly unknown[]): void {
  checkList(argument, values);
  // Array.from: holes too.
  for (const value of Array.from(values)) {
    if (typeof value !== "object" || value === null) wrong(argument, value, "objects");
  }
}

function wrong(argument: string, value: unknown, expected: string): never {
  throw new Hdf5UsageError(argument, `is ${value === null ? "null" : typeof value}`, expected);
}
