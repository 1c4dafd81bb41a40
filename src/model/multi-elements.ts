/**
 * Elements of split and multi files: the addresses in them lead into members, and are changed to the numbers that stand
 * for them. This module is loaded by files that have members.
 */
import { usesHeap } from "../datatypes/datatype-facts.js";
import { Hdf5FormatError, Hdf5UnsupportedError } from "../errors.js";
import { type MemberWindow, windowAddress } from "../format/member-windows.js";
import type { Datatype } from "../format/messages/datatype.js";

const UNDEFINED_ADDRESS = 2n ** 64n - 1n; // HADDR_UNDEF
/** Bytes of the addresses that libhdf5 writes with these drivers. */
const ADDRESS_BYTES = 8;

/**
 * The same elements with addresses that are numbers.
 * @param bytes stored elements, `count` of them; not changed.
 * @throws Hdf5UnsupportedError for addresses within what lies in heaps.
 */
export function numberedAddresses(
  bytes: Uint8Array,
  datatype: Datatype,
  count: number,
  windows: readonly MemberWindow[],
): Uint8Array {
  const places = addressPlaces(datatype);
  if (places.length === 0) return bytes;
  const out = bytes.slice();
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  for (let i = 0; i < count; i++) {
    for (const place of places) {
      const at = i * datatype.size + place;
      const address = view.getBigUint64(at, true);
      if (address === UNDEFINED_ADDRESS) continue;
      const number = windowAddress(address, windows);
      if (number === undefined) {
        throw new Hdf5FormatError(
          { structure: "element", field: "address" },
          `is 0x${address.toString(16)}, in none of the file's members`,
        );
      }
      view.setBigUint64(at, BigInt(number), true);
    }
  }
  return out;
}

/** Where addresses lie in an element. */
function addressPlaces(datatype: Datatype): number[] {
  switch (datatype.kind) {
    case "string":
      return datatype.length === "variable" ? [4] : [];
    case "vlen":
      if (usesHeap(datatype.base) || addressPlaces(datatype.base).length > 0) throw nested();
      return [4];
    case "reference":
      // Of the others the rest lies in the heap, or is not an address of this width.
      if (datatype.revised || datatype.to !== "object" || datatype.size !== ADDRESS_BYTES) throw nested();
      return [0];
    case "array": {
      const { base } = datatype;
      const inner = addressPlaces(base);
      if (inner.length === 0) return [];
      return Array.from({ length: datatype.size / base.size }, (_, i) => inner.map((at) => i * base.size + at)).flat();
    }
    case "compound":
      return datatype.members.flatMap((member) => addressPlaces(member.datatype).map((at) => member.offset + at));
    default:
      return [];
  }
}

function nested(): Hdf5UnsupportedError {
  return new Hdf5UnsupportedError("region references and nested variable-length elements in split and multi files");
}
