/**
 * Modification time of an object, in seconds since 1970 (UTC).
 *
 * Type 0x0012 (spec IV.A.2.s):  version 1 u8 | reserved 3 | seconds u32
 * Type 0x000E (spec IV.A.2.o):  ASCII digits YYYYMMDDhhmmss | reserved 2
 */
import type { ByteWriter } from "../../bytes/byte-writer.js";
import type { Cursor } from "../../bytes/cursor.js";

/** Widths of year, month, day, hour, minute and second in the old message. */
const OLD_FIELDS = [4, 2, 2, 2, 2, 2] as const;
const [DIGIT_0, DIGIT_9] = [0x30, 0x39];

export function decodeModificationTime(cur: Cursor): number {
  const version = cur.u8("version");
  if (version !== 1) cur.fail("version", `is ${version}, expected 1`);
  return cur.skip(3).u32("seconds");
}

export function encodeModificationTime(out: ByteWriter, seconds: number): void {
  out.u8(1).zeros(3).u32(seconds);
}

export function decodeOldModificationTime(cur: Cursor): number {
  const [year, month, day, hour, minute, second] = OLD_FIELDS.map((width) => digits(cur, width)) as [
    number, // as many as OLD_FIELDS has
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > 31) cur.fail("date", `has month ${month} and day ${day}`);
  return Math.floor(Date.UTC(year, month - 1, day, hour, minute, second) / 1000);
}

function digits(cur: Cursor, width: number): number {
  let value = 0;
  for (const byte of cur.take(width, "date")) {
    if (byte < DIGIT_0 || byte > DIGIT_9) return cur.fail("date", "holds something else than digits");
    value = value * 10 + (byte - DIGIT_0);
  }
  return value;
}
