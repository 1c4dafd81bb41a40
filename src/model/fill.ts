/** Elements that were never written. */
import { Hdf5FormatError } from "../errors.js";
import type { DatasetState, ObjectState } from "./state.js";

/** What elements are that were never written; undefined: zeros. */
export function unwrittenBytes(object: ObjectState): Uint8Array | undefined {
  // libhdf5 leaves them as the caller's buffer had them (H5Dio.c: H5D__read, H5Dchunk.c: H5D__chunk_read).
  return (object.dataset as DatasetState).fill.writeTime === "never" ? undefined : fillBytes(object);
}

/** The fill value as stored; undefined: there is none. */
export function fillBytes(object: ObjectState): Uint8Array | undefined {
  const { fill, datatype } = object.dataset as DatasetState; // asked for datasets only
  if (fill.bytes === undefined) return undefined;
  if (fill.bytes.length !== datatype.size) {
    throw new Hdf5FormatError(
      { structure: "fill value message", address: object.address },
      `has ${fill.bytes.length} bytes, an element ${datatype.size}`,
    );
  }
  return fill.bytes;
}

/** Fill zeroed bytes with one element over and over. */
export function repeat(element: Uint8Array | undefined, out: Uint8Array): Uint8Array {
  if (element === undefined || element.length === 0 || out.length === 0) return out;
  out.set(element);
  for (let filled = element.length; filled < out.length; filled *= 2) {
    out.copyWithin(filled, 0, Math.min(filled, out.length - filled));
  }
  return out;
}
