/**
 * Fletcher32 (filter 3): the data, then their checksum in 4 little-endian bytes. Spec: IV.A.2.l; H5Zfletcher32.c.
 * libhdf5 before 1.6.3 swapped the bytes of both halves of the sum on little-endian machines; its files are read.
 */
import { fletcher32 } from "../bytes/checksum.js";
import { Hdf5FilterError } from "../errors.js";
import type { Filter } from "./filter.js";

const NAME = { id: 3, name: "fletcher32" } as const; // H5Z_FILTER_FLETCHER32
const CHECKSUM_BYTES = 4;

/** The codec of filter 3. */
export const fletcher32Filter: Filter = /* @__PURE__ */ Object.freeze({
  ...NAME,
  decode(bytes: Uint8Array): Uint8Array {
    const data = withoutChecksum(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset + data.length, CHECKSUM_BYTES);
    const stored = view.getUint32(0, true);
    const computed = fletcher32(data);
    if (stored !== computed && stored !== swapped(computed)) {
      throw new Hdf5FilterError(NAME, "decode", `checksum is ${hex32(stored)}, the data give ${hex32(computed)}`);
    }
    return data;
  },
  encode(bytes: Uint8Array): Uint8Array {
    const out = new Uint8Array(bytes.length + CHECKSUM_BYTES);
    out.set(bytes);
    new DataView(out.buffer).setUint32(bytes.length, fletcher32(bytes), true);
    return out;
  },
} satisfies Filter);

/** The data before the checksum, unverified: a view. @throws Hdf5FilterError when there is no room for a checksum. */
export function withoutChecksum(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= CHECKSUM_BYTES) {
    throw new Hdf5FilterError(NAME, "decode", `has ${bytes.length} bytes, expected data and a checksum of 4`);
  }
  return bytes.subarray(0, bytes.length - CHECKSUM_BYTES);
}

function swapped(sum: number): number {
  return (((sum & 0x00ff00ff) << 8) | ((sum >>> 8) & 0x00ff00ff)) >>> 0;
}

function hex32(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
