/** References to stored ones, as `decode-references.ts` lays them out. */
import type { Bytes } from "../bytes/typed-arrays.js";
import { Hdf5UnsupportedError, Hdf5UsageError, Hdf5ValueError, quote } from "../errors.js";
import type { Datatype } from "../format/messages/datatype.js";
import type { Encoding, Place } from "./encode-options.js";
import { INTO_OTHER_FILE, putAddress, putHeapId, putUint, REVISED_REFERENCE } from "./heap-ids.js";
import { revisedSize } from "./predefined.js";
import type { Reference } from "./values.js";
import { isReference, refuse } from "./write-data.js";

type ReferenceType = Datatype & { readonly kind: "reference" };

/** Types of revised references by the kind of their values. */
const REVISED_TYPE = {
  "object-reference": REVISED_REFERENCE.object,
  "region-reference": REVISED_REFERENCE.region,
  "attribute-reference": REVISED_REFERENCE.attribute,
} as const;

/**
 * Stored references; fresh bytes. `null` becomes a null reference.
 * @throws Hdf5UsageError for references of another kind or, unless they are revised ones, into another file.
 */
export function encodeReferences(
  encoding: Encoding,
  items: ArrayLike<unknown>,
  datatype: ReferenceType,
  place: Place,
): Bytes {
  const { size, to, revised } = datatype;
  const { fileName, sizeOfOffsets = 8 } = encoding.options;
  if (revised && size < revisedSize(sizeOfOffsets)) {
    throw new Hdf5UsageError(
      "datatype",
      `has references of ${size} bytes`,
      `at least ${revisedSize(sizeOfOffsets)} for revised ones`,
    );
  }
  // The datatype says "object" for elements of all three types, each of which tells its own.
  const any = revised && to === "object";
  const wanted = any ? "references" : to === "object" ? "object references (object.reference)" : `${to} references`;
  const out = new Uint8Array(items.length * size);
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (item === null) continue;
    if (!isReference(item) || !(any || item.kind === `${to}-reference`)) return refuse(item, place(i), wanted);
    const own = item.file === undefined || item.file === fileName;
    if (!own && !revised) {
      throw new Hdf5UsageError(
        `data, element ${place(i)},`,
        `refers into the file ${quote(item.file ?? "")}`,
        "references within the file, or a datatype of revised references",
      );
    }
    if (revised) putRevised(encoding, own ? { ...item, file: undefined } : item, out, i * size, place(i));
    else putOld(encoding, item, out, i * size, datatype, place(i));
  }
  return out;
}

function putOld(
  { options, sink }: Encoding,
  item: Reference,
  out: Uint8Array,
  at: number,
  { size, to }: ReferenceType,
  index: number,
): void {
  const { sizeOfOffsets = 8, region, storedAddress } = options;
  const width = Math.min(sizeOfOffsets, to === "object" ? size : size - 4);
  checkAddress(item.address, width, index);
  if (item.kind !== "region-reference") putAddress(out, at, width, item.address, storedAddress);
  else if (region === undefined) throw new Hdf5UnsupportedError("references with parts in the heap");
  else putHeapId(out, at, width, sink.put(region(item)), storedAddress);
}

/** An object of the same file stands in the element; everything else lies in the heap. */
function putRevised({ options, sink }: Encoding, item: Reference, out: Uint8Array, at: number, index: number): void {
  const { sizeOfOffsets = 8, revised, storedAddress } = options;
  checkAddress(item.address, sizeOfOffsets, index);
  out[at] = REVISED_TYPE[item.kind];
  if (item.kind === "object-reference" && item.file === undefined) {
    out[at + 2] = sizeOfOffsets;
    putAddress(out, at + 3, sizeOfOffsets, item.address, storedAddress);
    return;
  }
  if (revised === undefined) throw new Hdf5UnsupportedError("references with parts in the heap");
  out[at + 1] = item.file === undefined ? 0 : INTO_OTHER_FILE;
  const bytes = revised(item);
  putUint(out, at + 2, 4, bytes.length);
  putHeapId(out, at + 6, sizeOfOffsets, sink.put(bytes), storedAddress);
}

function checkAddress(address: number, width: number, index: number): void {
  if (!Number.isSafeInteger(address) || address <= 0 || address >= 2 ** (8 * width) - 1) {
    throw new Hdf5ValueError(index, `${address} is no address of ${width} bytes`);
  }
}
