/**
 * JavaScript to stored elements. Everything is validated before anything is put into the heap: what does not fit
 * is refused with nothing changed.
 */
import type { Bytes } from "../bytes/typed-arrays.js";
import { Hdf5UsageError } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import { type Arranged, arrange } from "./arrange.js";
import { assertSound } from "./datatype-check.js";
import { usesHeap } from "./datatype-facts.js";
import { encodeArranged } from "./encode-column.js";
import type { EncodeOptions, HeapSink } from "./encode-options.js";
import { machineType, nameOfArray } from "./machine-types.js";
import type { WriteData } from "./values.js";

export type { EncodeOptions, HeapSink } from "./encode-options.js";

/** For validating: nothing is kept. */
const NOWHERE: HeapSink = /* @__PURE__ */ Object.freeze({ put: () => ({ collection: 0, index: 0 }) });

/**
 * Encode data as elements of a datatype.
 * @param shape of the elements: data must have it, or be flat with their count, or be one element that fills it.
 * Undefined: the data's own shape.
 * @param sink takes what variable-length elements point to, once all data are known to fit.
 * @returns product(shape) × datatype.size bytes, and the shape. A typed array of the stored type is not copied.
 * @throws Hdf5ValueError with the first element that does not fit; Hdf5UsageError for data of another shape or kind.
 */
export function encodeElements(
  data: WriteData,
  datatype: Datatype,
  shape: readonly number[] | undefined,
  sink: HeapSink,
  options: EncodeOptions = {},
): { readonly bytes: Bytes; readonly shape: readonly number[] } {
  assertSound(datatype);
  if (data === undefined) throw new Hdf5UsageError("data", "is undefined", "a value");
  const asIs = shape === undefined && ArrayBuffer.isView(data) ? viewAsIs(data, datatype) : undefined;
  if (asIs !== undefined) return { bytes: asIs, shape: [asIs.length / datatype.size] };
  const arranged = arrange(data, datatype, shape);
  const stored = storedAlready(arranged);
  if (stored !== undefined) return { bytes: stored, shape: arranged.shape };
  const place = (index: number): number => index;
  if (usesHeap(datatype)) encodeArranged({ sink: NOWHERE, options }, arranged, place);
  return { bytes: encodeArranged({ sink, options }, arranged, place), shape: arranged.shape };
}

/** The bytes of a typed array whose elements are those of the datatype. */
function storedAlready({ leaf, items, fill }: Arranged): Bytes | undefined {
  if (fill || !ArrayBuffer.isView(items) || !(items.buffer instanceof ArrayBuffer)) return undefined;
  return viewAsIs(items, leaf);
}

function viewAsIs(items: ArrayBufferView, leaf: Datatype): Bytes | undefined {
  const machine = leaf.kind === "enum" ? undefined : machineType(leaf);
  if (machine === undefined || machine.swapped || nameOfArray(items) !== machine.name) return undefined;
  const { buffer } = items;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, items.byteOffset, items.byteLength) : undefined;
}
