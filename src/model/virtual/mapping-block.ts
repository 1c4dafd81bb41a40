/**
 * Mappings of a virtual dataset: a global heap object that the data layout message points to.
 * Spec: IV.A.2.i, "Virtual Dataset"; III.F; H5Olayout.c. Reads versions 0 and 1 (HDF5 2.0), writes 0.
 *
 *   version u8 | entries (L) | per entry: [flags u8] | source file | source dataset | source selection
 *   | virtual selection | checksum u32 (lookup3 of all before it)
 *
 * A source is a name ended by NUL. In version 1, where the flags say so, it is instead the number (L) of an earlier entry
 * that has the same one (bit 0 of the file's, bit 1 of the dataset's), or nothing for the file itself (bit 2).
 */
import { ByteWriter } from "../../bytes/byte-writer.js";
import { lookup3 } from "../../bytes/checksum.js";
import type { Cursor } from "../../bytes/cursor.js";
import type { Bytes } from "../../bytes/typed-arrays.js";
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

/** What an entry of version 1 does not repeat. */
const FLAG = { fileShared: 0x01, datasetShared: 0x02, sameFile: 0x04 } as const; // H5O_LAYOUT_VDS_SOURCE_*
const ALL_FLAGS = 0x07;

/** Two empty names and the shortest selections. */
const LEAST_ENTRY = 34;

/** @param cur over the whole heap object. */
export function decodeMappings(cur: Cursor, ctx: FormatContext, verifyChecksum: boolean): readonly VirtualMapping[] {
  if (verifyChecksum) verifyMetadataChecksum(cur, Math.max(0, cur.length - CHECKSUM_SIZE));
  const version = cur.u8("version");
  if (version > 1) cur.fail("version", `is ${version}, expected 0 or 1`);
  const count = readLength(cur, ctx, "number of entries");
  if (count > cur.remaining / LEAST_ENTRY) {
    cur.fail("number of entries", `is ${count}, more than ${cur.remaining} bytes hold`);
  }
  const decoder = new TextDecoder();
  const mappings: VirtualMapping[] = [];
  const earlier = (field: string): VirtualMapping => {
    const entry = readLength(cur, ctx, field);
    return mappings[entry] ?? cur.fail(field, `is ${entry}, expected an entry before the one at ${mappings.length}`);
  };
  while (mappings.length < count) {
    const flags = version === 0 ? 0 : cur.u8("flags");
    if (flags > ALL_FLAGS) cur.fail("flags", `are ${flags}, only bits 0 to 2 are defined`);
    let file = ".";
    if ((flags & FLAG.sameFile) === 0) {
      const isShared = (flags & FLAG.fileShared) !== 0;
      file = isShared ? earlier("source file entry").file : decoder.decode(cur.untilNul("source file name"));
    }
    const isShared = (flags & FLAG.datasetShared) !== 0;
    const dataset = isShared
      ? earlier("source dataset entry").dataset
      : decoder.decode(cur.untilNul("source dataset name"));
    const source = decodeSelection(cur);
    mappings.push(Object.freeze({ file, dataset, source, virtual: decodeSelection(cur) }));
  }
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
