/** Header messages of datasets, as bodies. */
import { ByteWriter } from "../bytes/byte-writer.js";
import type { FilterInfo } from "../filters/filter.js";
import type { FormatContext } from "../format/context.js";
import type { DataLayout } from "../format/messages/data-layout.js";
import { encodeDataLayout } from "../format/messages/data-layout-encode.js";
import { type Dataspace, encodeDataspace } from "../format/messages/dataspace.js";
import type { Datatype } from "../format/messages/datatype.js";
import { encodedDatatype } from "../format/messages/datatype-encode.js";
import { encodeFillValue, encodeOldFillValue, type FillValue } from "../format/messages/fill-value.js";
import { encodeFilterPipeline } from "../format/messages/filter-pipeline.js";
import { encodeSharedMessage } from "../format/messages/shared-message.js";

export function encodeSpaceMessage(space: Dataspace, context: FormatContext): Uint8Array {
  return ByteWriter.encoded((out) => encodeDataspace(out, space, context));
}

export function encodeLayoutMessage(layout: DataLayout, context: FormatContext): Uint8Array {
  return ByteWriter.encoded((out) => encodeDataLayout(out, layout, context));
}

/** Flag of a message whose body only names where the message is. */
const SHARED = 0x02;

/** The datatype itself, or the name of the committed one. */
export function encodeTypeMessage(datatype: Datatype, context: FormatContext): { body: Uint8Array; flags: number } {
  const { committed } = datatype;
  if (committed === undefined) return { body: encodedDatatype(datatype, context), flags: 0x01 };
  const shared = { kind: "committed", address: committed.address } as const;
  return { body: ByteWriter.encoded((out) => encodeSharedMessage(out, shared, context)), flags: SHARED };
}

/** Messages of fill values that nobody chose, by when they are written and space is given: nearly all are one of few. */
const defaultFills = /* @__PURE__ */ new WeakMap<FormatContext, Map<string, Uint8Array>>();

export function encodeFillMessage(fill: FillValue, context: FormatContext): Uint8Array {
  const encode = (): Uint8Array => ByteWriter.encoded((out) => encodeFillValue(out, fill, context));
  if (fill.status !== "default" || fill.bytes !== undefined) return encode();
  const known = defaultFills.get(context) ?? new Map<string, Uint8Array>();
  defaultFills.set(context, known);
  const key = `${fill.writeTime} ${fill.allocTime}`;
  const body = known.get(key) ?? encode();
  known.set(key, body);
  return body;
}

/** Where the oldest versions are written, libhdf5 repeats a fill value in the message of HDF5 before 1.6. */
export function encodeOldFillMessage(fill: FillValue, context: FormatContext): Uint8Array | undefined {
  const { bytes } = fill;
  if (context.oldest !== true || fill.status !== "user" || bytes === undefined) return undefined;
  return ByteWriter.encoded((out) => encodeOldFillValue(out, bytes));
}

export function encodeFilterMessage(filters: readonly FilterInfo[], context: FormatContext): Uint8Array {
  return ByteWriter.encoded((out) => encodeFilterPipeline(out, filters, context));
}
