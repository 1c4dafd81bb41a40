/**
 * Mappings of a virtual dataset: a global heap object that the data layout message points to.
 * Spec: IV.A.2.i, "Virtual Dataset"; H5Olayout.c. Reads and writes version 0.
 *
 *   version u8 | entries (L) | per entry: source file name, NUL | source dataset name, NUL | source selection
 *   | virtual selection | checksum u32 (lookup3 of all before it)
 */
import { ByteWriter } from "../../bytes/byte-writer.js";
import { lookup3 } from "../../bytes/checksum.js";
import type { Cursor } from "../../bytes/cursor.js";
import type { Bytes } from "../../bytes/typed-arrays.js";
import { Hdf5UnsupportedError } from "../../errors.js";
import { type FormatContext, readLength, writeLength } from "../../format/context.js";
import { CHECKSUM_SIZE, verifyMetadataChecksum } from "../../format/metadata-checksum.js";
import type { DataSelection } from "../../selection/selection.js";
import { decodeSelection, encodeSelection } from "../../selection/serialized.js";

/** Part of a virtual dataset, and the part of a source dataset that it is. */
export interface VirtualMapping {
  /** `.` is the file itself. May hold `%b`, the number of a block. */
  readonly file: string;
  readonly dataset: string;
  readonly source: DataSelection;
  readonly virtual: DataSelection;
}

/** Two empty names and the shortest selections. */
const LEAST_ENTRY = 34;

/** @param cur over the whole heap object. */
export function decodeMappings(cur: Cursor, ctx: FormatContext, verifyChecksum: boolean): readonly VirtualMapping[] {
  if (verifyChecksum) verifyMetadataChecksum(cur, Math.max(0, cur.length - CHECKSUM_SIZE));
  const version = cur.u8("version");
  if (version === 1) throw new Hdf5UnsupportedError("virtual dataset mappings of encoding version 1");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const count = readLength(cur, ctx, "number of entries");
  if (count > cur.remaining / LEAST_ENTRY) {
    cur.fail("number of entries", `is ${count}, more than ${cur.remaining} bytes hold`);
  }
  const decoder = new TextDecoder();
  const mappings = Array.from({ length: count }, () => {
    const file = decoder.decode(cur.untilNul("source file name"));
    const dataset = decoder.decode(cur.untilNul("source dataset name"));
    const source = decodeSelection(cur);
    return Object.freeze({ file, dataset, source, virtual: decodeSelection(cur) });
  });
  return Object.freeze(mappings);
}

export function encodeMappings(mappings: readonly VirtualMapping[], ctx: FormatContext): Bytes {
  const out = new ByteWriter();
  const encoder = new TextEncoder();
  out.u8(0);
  writeLength(out, mappings.length, ctx);
  for (const { file, dataset, source, virtual } of mappings) {
    out.put(encoder.encode(file)).u8(0).put(encoder.encode(dataset)).u8(0);
    encodeSelection(out, source);
    encodeSelection(out, virtual);
  }
  const checksum = lookup3(out.bytes());
  return out.u32(checksum).bytes();
}
