/** From a selection to values: plan, fetch, load what lies in heaps, decode. The same for datasets and attributes. */
import { type DecodeOptions, decodeElements, fieldsOf, hasHeapReferences } from "../datatypes/decode.js";
import { toValue, valueAs } from "../datatypes/to-value.js";
import type { ReadResult, Value } from "../datatypes/values.js";
import { checkCount, Hdf5LimitError, oneOf, refuse } from "../errors.js";
import { shapeOf } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import { heapObjects, NO_HEAP } from "../model/global-heaps.js";
import type { StoredOptions } from "../model/raw-data.js";
import type { FileState } from "../model/state.js";
import type { ResolvedSelection } from "../selection/resolved.js";
import { resolveSelection, type SelectionInput } from "../selection/selection.js";
import type { AnyReadOptions, AnyValueOptions, ElementSource } from "./element-source.js";
import type { ReadOptions } from "./options.js";

/** Several selections, planned together. */
export async function readSelections(
  source: ElementSource,
  inputs: readonly (SelectionInput | undefined)[],
  options: AnyReadOptions,
): Promise<ReadResult[]> {
  const { file, datatype } = source;
  checkReadOptions(options);
  if (!Array.isArray(inputs)) refuse("selections", inputs, "an array of selections");
  const selections = inputs.map((input) => resolveSelection(input, shapeOf(source.dataspace)));
  const maxBytes = options.maxBytes ?? file.limits.readBytes;
  const { signal, onProgress } = options;
  const plain = (options.raw ?? false) && options.fields === undefined;
  return borrowing(async (borrowed) => {
    const how = { signal, onProgress, maxBytes, borrowed: plain ? undefined : borrowed };
    const stored = await storedElements(source, selections, how, plain);
    const results: ReadResult[] = [];
    for (const [i, { resultShape, count }] of selections.entries()) {
      const bytes = stored[i] as Uint8Array; // one for each selection
      const needed = options.fields === undefined ? datatype : fieldsOf(datatype, options.fields);
      const heap = plain ? NO_HEAP : await heapObjects(file, bytes, needed, count, maxBytes);
      const decoding = await decodeOptions(file, needed, options);
      signal?.throwIfAborted();
      results.push(decodeElements(bytes, datatype, resultShape, decoding, heap));
    }
    return results;
  });
}

/** @throws Hdf5UsageError for options that would be taken for others. */
function checkReadOptions({ int64, strings, fields, maxBytes }: ReadOptions): void {
  oneOf("int64", int64, ["bigint", "number", "safe"]);
  oneOf("strings", strings, ["utf-8", "latin1", "bytes"]);
  if (fields !== undefined && !Array.isArray(fields)) refuse("fields", fields, "an array of members");
  checkCount("maxBytes", maxBytes);
}

/** Let go of what was borrowed for decoding, when it is done. */
async function borrowing<T>(call: (borrowed: (() => void)[]) => Promise<T>): Promise<T> {
  const borrowed: (() => void)[] = [];
  try {
    return await call(borrowed);
  } finally {
    for (const release of borrowed) release();
  }
}

/** Stored elements; unless they are wanted as they are, addresses in them are such that decoding understands. */
async function storedElements(
  source: ElementSource,
  selections: readonly ResolvedSelection[],
  options: StoredOptions,
  asTheyAre: boolean,
): Promise<Uint8Array[]> {
  const stored = await source.stored(selections, options);
  const { windows } = source.file.context;
  if (windows === undefined || asTheyAre) return stored;
  const numbered: Uint8Array[] = [];
  for (const [i, { count }] of selections.entries()) {
    const bytes = stored[i] as Uint8Array; // one for each selection
    numbered.push(await inNumbers(source.file, bytes, source.datatype, count, options.borrowed ?? []));
  }
  return numbered;
}

/** Elements whose addresses decoding understands: in split and multi files, not those that are stored. */
async function inNumbers(
  file: FileState,
  bytes: Uint8Array,
  datatype: Datatype,
  count: number,
  borrowed: (() => void)[],
): Promise<Uint8Array> {
  if (file.context.windows === undefined) return bytes;
  const { numberedElements } = await import("../model/multi-elements.js");
  return numberedElements(file, bytes, datatype, count, borrowed);
}

async function decodeOptions(file: FileState, datatype: Datatype, options: AnyReadOptions): Promise<DecodeOptions> {
  return {
    int64: options.int64 ?? file.options.int64,
    as: options.as,
    into: options.into,
    fields: options.fields,
    strings: options.strings,
    raw: options.raw,
    fileName: file.name,
    sizeOfOffsets: file.context.sizeOfOffsets,
    references: hasHeapReferences(datatype) ? (await import("../model/heap-references.js")).HEAP_REFERENCES : undefined,
  };
}

export async function readValue(
  source: ElementSource,
  input: SelectionInput | undefined,
  options: AnyValueOptions,
): Promise<unknown> {
  const { file, datatype, dataspace } = source;
  checkReadOptions(options);
  const selection = resolveSelection(input, shapeOf(dataspace));
  const { valueElements } = file.limits;
  if (selection.count > valueElements) {
    throw new Hdf5LimitError("valueElements", selection.count, valueElements, "elements of one value");
  }
  const { signal, as } = options;
  return borrowing(async (borrowed) => {
    const [stored] = await storedElements(source, [selection], { signal, borrowed }, false);
    const bytes = stored as Uint8Array; // one selection gives one
    const heap = await heapObjects(file, bytes, datatype, selection.count);
    const decoding = await decodeOptions(file, datatype, { int64: options.int64, strings: options.strings });
    signal?.throwIfAborted();
    if (as !== undefined) return valueAs(as, bytes, datatype, selection.resultShape, decoding, heap);
    if (dataspace.kind === "null") return null;
    return toValue(bytes, datatype, selection.resultShape, decoding, heap);
  });
}

/** One element that is at hand (a fill value) as a plain value. */
export async function elementValue(file: FileState, bytes: Uint8Array, datatype: Datatype): Promise<Value> {
  return borrowing(async (borrowed) => {
    // Decoding may hand out what it is given.
    const own = await inNumbers(file, bytes.slice(), datatype, 1, borrowed);
    const heap = await heapObjects(file, own, datatype, 1);
    return toValue(own, datatype, [], await decodeOptions(file, datatype, {}), heap);
  });
}
