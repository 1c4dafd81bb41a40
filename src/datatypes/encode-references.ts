/** References to stored ones, as `decode-references.ts` lays them out. */
import type { Bytes } from "../bytes/typed-arrays.js";
import { Hdf5UnsupportedError, Hdf5UsageError, Hdf5ValueError, quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { Encoding, Place } from "./encode-options.js";
import { putHeapId, putUint } from "./heap-ids.js";
import { isReference, refuse } from "./write-data.js";

/**
 * Stored references; fresh bytes. `null` becomes a null reference.
 * @throws Hdf5UsageError for references of another kind or into another file.
 */
export function encodeReferences(
  encoding: Encoding,
  items: ArrayLike<unknown>,
  datatype: Datatype & { readonly kind: "reference" },
  place: Place,
): Bytes {
  const { size, to, revised } = datatype;
  if (revised) throw new Hdf5UnsupportedError("writing revised references");
  const { sizeOfOffsets = 8, fileName, region } = encoding.options;
  const wanted = to === "object" ? "object references (object.reference)" : `${to} references`;
  const out = new Uint8Array(items.length * size);
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (item === null) continue;
    if (!isReference(item) || item.kind !== `${to}-reference`) return refuse(item, place(i), wanted);
    if (item.file !== undefined && item.file !== fileName) {
      throw new Hdf5UsageError(
        `data, element ${place(i)},`,
        `refers into the file ${quote(item.file)}`,
        "references within the file",
      );
    }
    const width = Math.min(sizeOfOffsets, to === "object" ? size : size - 4);
    if (!Number.isSafeInteger(item.address) || item.address <= 0 || item.address >= 2 ** (8 * width) - 1) {
      throw new Hdf5ValueError(place(i), `${item.address} is no address of ${width} bytes`);
    }
    if (item.kind === "region-reference") {
      if (region === undefined) throw new Hdf5UnsupportedError("writing region references");
      const { collection, index } = encoding.sink.put(region(item));
      putHeapId(out, i * size, width, collection, index);
    } else putUint(out, i * size, width, item.address);
  }
  return out;
}
