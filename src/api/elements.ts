/** From a selection to values: plan, fetch, load what lies in heaps, decode. The same for datasets and attributes. */
import type { NumericArrays, NumericName } from "../bytes/typed-arrays.js";
import { type DecodeOptions, decodeElements, fieldsOf, hasHeapReferences } from "../datatypes/decode.js";
import { toValue, valueAs } from "../datatypes/to-value.js";
import type { ReadResult, Value, ValueName } from "../datatypes/values.js";
import { Hdf5LimitError } from "../errors.js";
import type { Dataspace } from "../format/messages/dataspace.js";
import { shapeOf } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import { heapObjects, NO_HEAP } from "../model/global-heaps.js";
import type { StoredOptions } from "../model/raw-data.js";
import type { FileState } from "../model/state.js";
import type { ResolvedSelection } from "../selection/resolved.js";
import { resolveSelection, type SelectionInput } from "../selection/selection.js";
import type { ReadOptions, ValueOptions } from "./options.js";
import type { ReadMethod, ValueMethod } from "./types.js";

/** Where elements come from. The extent and what is stored are asked for inside `call`. */
export interface ElementSource {
  readonly file: FileState;
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** Run as one call on the file. */
  call<T>(run: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /** The stored bytes of each selection. */
  stored(selections: readonly ResolvedSelection[], options: StoredOptions): Promise<Uint8Array[]>;
}

/** All that the overloads of `read` take. */
export interface AnyReadOptions extends ReadOptions {
  readonly as?: NumericName | "string" | undefined;
  readonly into?: NumericArrays[NumericName] | undefined;
  readonly raw?: boolean | undefined;
}

type AnyValueOptions = ValueOptions & { readonly as?: ValueName | undefined };

/** `read` of a dataset or attribute. */
export function readMethod(source: ElementSource): ReadMethod {
  const read = (input?: SelectionInput, options: AnyReadOptions = {}): Promise<ReadResult> =>
    source.call(async () => (await readSelections(source, [input], options))[0] as ReadResult, options.signal);
  // The options decide the result's kind; decoding refuses what it cannot give as that kind.
  return read as ReadMethod;
}

/** `value` of a dataset or attribute. */
export function valueMethod(source: ElementSource): ValueMethod {
  const value = (input?: SelectionInput, options: AnyValueOptions = {}): Promise<unknown> =>
    source.call(() => readValue(source, input, options), options.signal);
  // As for `read`: `as` decides, and what does not fit is refused.
  return value as ValueMethod;
}

/** Several selections, planned together. */
export async function readSelections(
  source: ElementSource,
  inputs: readonly (SelectionInput | undefined)[],
  options: AnyReadOptions,
): Promise<ReadResult[]> {
  const { file, datatype } = source;
  const selections = inputs.map((input) => resolveSelection(input, shapeOf(source.dataspace)));
  const maxBytes = options.maxBytes ?? file.limits.readBytes;
  const { signal, onProgress } = options;
  const stored = await source.stored(selections, { signal, onProgress, maxBytes });
  const results: ReadResult[] = [];
  for (const [i, { resultShape, count }] of selections.entries()) {
    const bytes = stored[i] as Uint8Array; // one for each selection
    const needed = options.fields === undefined ? datatype : fieldsOf(datatype, options.fields);
    const plain = options.raw && options.fields === undefined;
    const heap = plain ? NO_HEAP : await heapObjects(file, bytes, needed, count, maxBytes);
    const decoding = await decodeOptions(file, needed, options);
    signal?.throwIfAborted();
    results.push(decodeElements(bytes, datatype, resultShape, decoding, heap));
  }
  return results;
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

async function readValue(
  source: ElementSource,
  input: SelectionInput | undefined,
  options: AnyValueOptions,
): Promise<unknown> {
  const { file, datatype, dataspace } = source;
  const selection = resolveSelection(input, shapeOf(dataspace));
  const { valueElements } = file.limits;
  if (selection.count > valueElements) {
    throw new Hdf5LimitError("valueElements", selection.count, valueElements, "elements of one value");
  }
  const { signal, as } = options;
  const [stored] = await source.stored([selection], { signal });
  const bytes = stored as Uint8Array; // one selection gives one
  const heap = await heapObjects(file, bytes, datatype, selection.count);
  const decoding = await decodeOptions(file, datatype, { int64: options.int64, strings: options.strings });
  signal?.throwIfAborted();
  if (as !== undefined) return valueAs(as, bytes, datatype, selection.resultShape, decoding, heap);
  if (dataspace.kind === "null") return null;
  return toValue(bytes, datatype, selection.resultShape, decoding, heap);
}

/** One element that is at hand (a fill value) as a plain value. */
export async function elementValue(file: FileState, bytes: Uint8Array, datatype: Datatype): Promise<Value> {
  const heap = await heapObjects(file, bytes, datatype, 1);
  const own = bytes.slice(); // decoding may hand out what it is given
  return toValue(own, datatype, [], await decodeOptions(file, datatype, {}), heap);
}
