/** Header messages of datasets, as bodies. */
import { ByteWriter } from "../bytes/byte-writer.js";
import type { FilterInfo } from "../filters/filter.js";
import type { FormatContext } from "../format/context.js";
import { type DataLayout, encodeDataLayout } from "../format/messages/data-layout.js";
import { type Dataspace, encodeDataspace } from "../format/messages/dataspace.js";
import { type Datatype, encodeDatatype } from "../format/messages/datatype.js";
import { encodeFillValue, type FillValue } from "../format/messages/fill-value.js";
import { encodeFilterPipeline } from "../format/messages/filter-pipeline.js";
import { encodeSharedMessage } from "../format/messages/shared-message.js";

function body(write: (out: ByteWriter) => void): Uint8Array {
  const out = new ByteWriter();
  write(out);
  return out.bytes();
}

export function encodeSpaceMessage(space: Dataspace, context: FormatContext): Uint8Array {
  return body((out) => encodeDataspace(out, space, context));
}

export function encodeLayoutMessage(layout: DataLayout, context: FormatContext): Uint8Array {
  return body((out) => encodeDataLayout(out, layout, context));
}

/** Flag of a message whose body only names where the message is. */
const SHARED = 0x02;

/** The datatype itself, or the name of the committed one. */
export function encodeTypeMessage(datatype: Datatype, context: FormatContext): { body: Uint8Array; flags: number } {
  const { committed } = datatype;
  if (committed === undefined) return { body: body((out) => encodeDatatype(out, datatype)), flags: 0x01 };
  const shared = { kind: "committed", address: committed.address } as const;
  return { body: body((out) => encodeSharedMessage(out, shared, context)), flags: SHARED };
}

export function encodeFillMessage(fill: FillValue): Uint8Array {
  return body((out) => encodeFillValue(out, fill));
}

export function encodeFilterMessage(filters: readonly FilterInfo[]): Uint8Array {
  return body((out) => encodeFilterPipeline(out, filters));
}
