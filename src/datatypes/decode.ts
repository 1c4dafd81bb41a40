/**
 * Stored elements to JavaScript: one pass over bytes that are all present, one typed array or list per result.
 * Compounds become columns; each column is gathered and decoded like a dataset of its own.
 */
import { Hdf5FormatError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { fieldsOf } from "./compound-fields.js";
import { assertSound } from "./datatype-check.js";
import { convertedElements } from "./decode-as.js";
import { decodeColumn } from "./decode-column.js";
import type { DecodeOptions, Decoding } from "./decode-options.js";
import { rawElements } from "./decode-raw.js";
import type { HeapObjects } from "./heap-ids.js";
import type { ReadResult } from "./values.js";

export { fieldsOf } from "./compound-fields.js";
export { hasHeapReferences } from "./datatype-facts.js";
export type { Int64Policy } from "./decode-numbers.js";
export type { DecodeOptions } from "./decode-options.js";
export type { HeapReferences } from "./decode-references.js";
export { collectHeapAddresses, type HeapObjects, heapCollections } from "./heap-ids.js";

/**
 * Decode elements that were read.
 * @param bytes the stored elements, row-major, exactly product(shape) × datatype.size; may be handed out as the result.
 * @param shape shape of the elements; the result's has the element's own dimensions behind it.
 * @param heap everything that the elements lead to, see `collectHeapAddresses`. Not used for `raw` without `fields`.
 * @throws Hdf5UsageError when `as`, `into` or `fields` ask for what is not there; Hdf5ValueError when a value does not
 * fit; Hdf5FormatError when an element breaks the format; Hdf5UnsupportedError for kinds of references.
 */
export function decodeElements(
  bytes: Uint8Array,
  datatype: Datatype,
  shape: readonly number[],
  options: DecodeOptions,
  heap: HeapObjects,
): ReadResult {
  assertSound(datatype);
  const count = shape.reduce((product, n) => product * n, 1);
  if (bytes.length !== count * datatype.size) {
    throw new Hdf5FormatError(
      { structure: "elements" },
      `take ${bytes.length} bytes, expected ${count} of ${datatype.size}`,
      { file: options.fileName },
    );
  }
  const decoding: Decoding = { options, heap, mayView: true, convert: convertedElements };
  const chosen = options.fields === undefined ? datatype : fieldsOf(datatype, options.fields);
  if (options.raw === true) return rawElements(decoding, bytes, chosen, shape);
  // All kinds of results have the kind's data: what `as` and `into` give has the one they name.
  if (options.into !== undefined || options.as !== undefined) {
    return convertedElements(decoding, bytes, chosen, shape) as ReadResult;
  }
  return decodeColumn(decoding, bytes, chosen, shape, options.fields !== undefined);
}
