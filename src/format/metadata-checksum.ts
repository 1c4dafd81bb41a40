/** The checksum that closes version-2 structures: Jenkins lookup3 of everything before it. Spec: stated with each structure. */
import type { ByteWriter } from "../bytes/byte-writer.js";
import { lookup3 } from "../bytes/checksum.js";
import type { Cursor } from "../bytes/cursor.js";
import type { Bytes } from "../bytes/typed-arrays.js";
import { Hdf5ChecksumError, hex } from "../errors.js";

/** Bytes of the checksum. */
export const CHECKSUM_SIZE = 4; // H5_SIZEOF_CHKSUM

/**
 * Check that bytes [0, length) of the cursor are followed by their own checksum; the position stays where it is.
 * @param options the file's context.
 * @throws Hdf5ChecksumError when they differ; Hdf5TruncatedError when the checksum is not there.
 */
export function verifyMetadataChecksum(
  cur: Cursor,
  length: number,
  { verifyChecksums = true }: { readonly verifyChecksums?: boolean | undefined } = {},
): void {
  const position = cur.position;
  cur.seek(length);
  const stored = cur.u32("checksum");
  if (!verifyChecksums) {
    cur.seek(position);
    return;
  }
  const computed = lookup3(cur.bytes.subarray(0, length));
  if (stored !== computed) {
    throw new Hdf5ChecksumError(
      { structure: cur.structure, address: cur.address, offset: length, field: "checksum" },
      `is ${hex(stored)}, the bytes give ${hex(computed)}`,
    );
  }
  cur.seek(position);
}

/** What was written, followed by its checksum. */
export function closeWithChecksum(out: ByteWriter): Bytes {
  return out.u32(lookup3(out.written())).bytes();
}
