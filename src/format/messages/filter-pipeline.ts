/**
 * Filter pipeline message (type 0x000B): what chunks pass through on the way to the file, in order. Spec: IV.A.2.l.
 * Reads versions 1 and 2, writes version 2, or 1 where the context asks for the oldest.
 *
 *   version 1:  version u8 | filters u8 | reserved 6
 *     | per filter: id u16 | name length u16, a multiple of 8 | flags u16 | values u16 | name | values u32 × n | 4 bytes if n is odd
 *   version 2:  version u8 | filters u8
 *     | per filter: id u16 | [name length u16 (id ≥ 256)] | flags u16 | values u16 | [name] | values u32 × n
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import type { VersionChoice } from "../context.js";
import { decodeText, encodeText } from "../text.js";

const MAX_FILTERS = 32; // H5Z_MAX_NFILTERS
const FIRST_NAMED = 256; // H5Z_FILTER_RESERVED
const OPTIONAL = 0x0001; // H5Z_FLAG_OPTIONAL

/** One filter of a pipeline as stored: structurally a `FilterInfo` of filters/. */
export interface PipelineFilter {
  readonly id: number;
  readonly name?: string | undefined;
  /** Client data values. */
  readonly values: readonly number[];
  /** A chunk may be stored without it. */
  readonly optional: boolean;
}

export function decodeFilterPipeline(cur: Cursor): PipelineFilter[] {
  const version = cur.u8("version");
  if (version !== 1 && version !== 2) cur.fail("version", `is ${version}, expected 1 or 2`);
  const count = cur.u8("number of filters");
  if (count > MAX_FILTERS) cur.fail("number of filters", `is ${count}, at most ${MAX_FILTERS}`);
  if (version === 1) cur.skip(6);
  return Array.from({ length: count }, () => decodeFilter(cur, version));
}

function decodeFilter(cur: Cursor, version: number): PipelineFilter {
  const id = cur.u16("filter id");
  const nameLength = version === 1 || id >= FIRST_NAMED ? cur.u16("name length") : 0;
  if (version === 1 && nameLength % 8 !== 0) cur.fail("name length", `is ${nameLength}, expected a multiple of 8`);
  const optional = (cur.u16("flags") & OPTIONAL) !== 0;
  const count = cur.u16("number of client data values");
  const name = decodeName(cur, nameLength);
  const bytes = cur.sub(count * 4, cur.structure, "client data values");
  const values = Array.from({ length: count }, () => bytes.u32());
  if (version === 1 && count % 2 === 1) cur.skip(4);
  return { id, name, values, optional };
}

function decodeName(cur: Cursor, length: number): string | undefined {
  if (length === 0) return undefined;
  const bytes = cur.take(length, "filter name");
  const end = bytes.indexOf(0);
  if (end < 0) cur.fail("filter name", "is not terminated by NUL");
  return decodeText(bytes.subarray(0, end));
}

export function encodeFilterPipeline(
  out: ByteWriter,
  filters: readonly PipelineFilter[],
  versions: VersionChoice = {},
): void {
  if (versions.oldest === true) {
    encodeOldest(out, filters);
    return;
  }
  out.u8(2).u8(filters.length);
  for (const { id, name, values, optional } of filters) {
    out.u16(id);
    const nameBytes = id < FIRST_NAMED || name === undefined ? undefined : encodeText(`${name}\0`);
    if (id >= FIRST_NAMED) out.u16(nameBytes?.length ?? 0);
    out.u16(optional ? OPTIONAL : 0).u16(values.length);
    if (nameBytes !== undefined) out.put(nameBytes);
    for (const value of values) out.u32(value);
  }
}

function encodeOldest(out: ByteWriter, filters: readonly PipelineFilter[]): void {
  out.u8(1).u8(filters.length).zeros(6);
  for (const { id, name, values, optional } of filters) {
    const nameBytes = name === undefined ? new Uint8Array(0) : encodeText(`${name}\0`);
    const nameLength = Math.ceil(nameBytes.length / 8) * 8;
    out.u16(id).u16(nameLength);
    out.u16(optional ? OPTIONAL : 0).u16(values.length);
    out.put(nameBytes).zeros(nameLength - nameBytes.length);
    for (const value of values) out.u32(value);
    if (values.length % 2 === 1) out.zeros(4);
  }
}
