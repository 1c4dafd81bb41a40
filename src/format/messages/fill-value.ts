/**
 * Fill value messages: what elements are before they are written, and when their space is allocated.
 * Spec: IV.A.2.e (type 0x0004, old) and IV.A.2.f (type 0x0005). Reads all versions, writes version 3
 * (H5O_fill_ver_bounds, V18), or the old message and version 2 where the context asks for the oldest.
 *
 *   old:            size u32 | value
 *   versions 1, 2:  version u8 | allocation time u8 | write time u8 | defined u8 | [size i32 | value (defined)]
 *   version 3:      version u8 | flags u8: bits 0–1 allocation time, 2–3 write time, 4 undefined, 5 value present | [size u32 | value]
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";
import type { VersionChoice } from "../context.js";

/** By stored number. 0 is the default of the layout: libhdf5 reads it, and never writes it (H5D_ALLOC_TIME_DEFAULT). */
const ALLOC_TIMES = ["late", "early", "late", "incremental"] as const;
const WRITE_TIMES = ["alloc", "never", "ifset"] as const; // H5D_fill_time_t
const UNDEFINED = 0x10; // H5O_FILL_FLAG_UNDEFINED_VALUE
const HAS_VALUE = 0x20; // H5O_FILL_FLAG_HAVE_VALUE

export interface FillValue {
  /** "undefined": elements never written may read as anything; "default": as zeros; "user": as `bytes`. */
  readonly status: "undefined" | "default" | "user";
  readonly writeTime: "alloc" | "never" | "ifset";
  readonly allocTime: "early" | "late" | "incremental";
  /** One element in the file's datatype; only for status "user". */
  readonly bytes: Uint8Array | undefined;
}

export function decodeFillValue(cur: Cursor): FillValue {
  const version = cur.u8("version");
  if (version < 1 || version > 3) cur.fail("version", `is ${version}, expected 1 to 3`);
  if (version === 3) {
    const flags = cur.u8("flags");
    if (flags > 0x3f) cur.fail("flags", `are ${flags}, bits 6 and 7 are not defined`);
    const times = timesOf(cur, flags & 3, (flags >> 2) & 3);
    const hasValue = (flags & HAS_VALUE) !== 0;
    if ((flags & UNDEFINED) !== 0) {
      if (hasValue) cur.fail("flags", "say that the value is undefined and present");
      return { status: "undefined", ...times, bytes: undefined };
    }
    return hasValue ? valued(cur, times) : { status: "default", ...times, bytes: undefined };
  }
  const times = timesOf(cur, cur.u8("space allocation time"), cur.u8("fill value write time"));
  // libhdf5 reads size and value of both versions only if the value is defined (H5Ofill.c: H5O__fill_new_decode).
  if (cur.u8("fill value defined") === 0) return { status: "undefined", ...times, bytes: undefined };
  return valued(cur, times);
}

type Times = Pick<FillValue, "writeTime" | "allocTime">;

function timesOf(cur: Cursor, alloc: number, write: number): Times {
  return {
    allocTime: ALLOC_TIMES[alloc] ?? cur.fail("space allocation time", `is ${alloc}, at most 3`),
    writeTime: WRITE_TIMES[write] ?? cur.fail("fill value write time", `is ${write}, at most 2`),
  };
}

function valued(cur: Cursor, times: Times): FillValue {
  const size = cur.u32("size");
  if (size === 0) return { status: "default", ...times, bytes: undefined };
  return { status: "user", ...times, bytes: cur.take(size, "fill value") };
}

/** The old message says nothing of times: those given are what libhdf5 assumes for contiguous data. */
export function decodeOldFillValue(cur: Cursor): FillValue {
  const size = cur.u32("size");
  const times = { writeTime: "ifset", allocTime: "late" } as const;
  if (size === 0) return { status: "undefined", ...times, bytes: undefined };
  return { status: "user", ...times, bytes: cur.take(size, "fill value") };
}

export function encodeFillValue(out: ByteWriter, fill: FillValue, versions: VersionChoice = {}): void {
  const alloc = ALLOC_TIMES.indexOf(fill.allocTime, 1);
  const write = WRITE_TIMES.indexOf(fill.writeTime);
  const { bytes } = fill;
  const hasValue = fill.status === "user" && bytes !== undefined && bytes.length > 0;
  if (versions.oldest === true) {
    out.u8(2).u8(alloc).u8(write);
    out.u8(fill.status === "undefined" ? 0 : 1);
    if (fill.status === "undefined") return;
    out.u32(hasValue ? bytes.length : 0);
    if (hasValue) out.put(bytes);
    return;
  }
  out.u8(3).u8(alloc | (write << 2) | (fill.status === "undefined" ? UNDEFINED : 0) | (hasValue ? HAS_VALUE : 0));
  if (hasValue) out.u32(bytes.length).put(bytes);
}

/** The old message beside the new one, for libraries before 1.6; a value is required. */
export function encodeOldFillValue(out: ByteWriter, bytes: Uint8Array): void {
  out.u32(bytes.length).put(bytes);
}
