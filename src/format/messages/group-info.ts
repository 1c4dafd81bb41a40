/**
 * Group info message (type 0x000A): constants of a new-style group. Spec: IV.A.2.k.
 *
 *   version 0 u8 | flags u8 | [max compact u16 | min dense u16 (flag 0)] | [estimated entries u16 | name length u16 (flag 1)]
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";

const PHASE_CHANGE = 0x01; // H5O_GINFO_STORE_PHASE_CHANGE
const ESTIMATES = 0x02; // H5O_GINFO_STORE_EST_ENTRY_INFO

export interface GroupInfo {
  /** Links in the header at most; absent: 8. Stored together with `minDense`. */
  readonly maxCompact?: number | undefined;
  /** Links in a heap at least; absent: 6. */
  readonly minDense?: number | undefined;
  /** Absent: 4. Stored together with `estimatedNameLength`. */
  readonly estimatedEntries?: number | undefined;
  /** Absent: 8. */
  readonly estimatedNameLength?: number | undefined;
}

export function decodeGroupInfo(cur: Cursor): GroupInfo {
  const version = cur.u8("version");
  if (version !== 0) cur.fail("version", `is ${version}, expected 0`);
  const flags = cur.u8("flags");
  if ((flags & ~(PHASE_CHANGE | ESTIMATES)) !== 0) cur.fail("flags", `are ${flags}, only bits 0 and 1 are defined`);
  const phase =
    (flags & PHASE_CHANGE) === 0
      ? {}
      : { maxCompact: cur.u16("maximum compact links"), minDense: cur.u16("minimum dense links") };
  if (phase.maxCompact !== undefined && phase.maxCompact < phase.minDense) {
    cur.fail("maximum compact links", `is ${phase.maxCompact}, below the minimum dense ${phase.minDense}`);
  }
  const estimates =
    (flags & ESTIMATES) === 0
      ? {}
      : { estimatedEntries: cur.u16("estimated entries"), estimatedNameLength: cur.u16("estimated name length") };
  return { ...phase, ...estimates };
}

export function encodeGroupInfo(out: ByteWriter, info: GroupInfo): void {
  const phase = info.maxCompact !== undefined || info.minDense !== undefined;
  const estimates = info.estimatedEntries !== undefined || info.estimatedNameLength !== undefined;
  out.u8(0).u8((phase ? PHASE_CHANGE : 0) | (estimates ? ESTIMATES : 0));
  if (phase) out.u16(info.maxCompact ?? 8).u16(info.minDense ?? 6); // H5G_CRT_GINFO_MAX_COMPACT, _MIN_DENSE
  if (estimates) out.u16(info.estimatedEntries ?? 4).u16(info.estimatedNameLength ?? 8); // _EST_NUM_ENTRIES, _EST_NAME_LEN
}
