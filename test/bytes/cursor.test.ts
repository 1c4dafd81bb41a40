import { describe, expect, test } from "vitest";
import { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5FormatError, Hdf5TruncatedError } from "../../src/errors.js";

const counting = (length: number): Cursor =>
  new Cursor(Uint8Array.from({ length: length + 3 }, (_, i) => i - 2).subarray(3), "thing", 0x40);

describe("Cursor", () => {
  test("reads little-endian fields, in a view that does not begin at its buffer's start", () => {
    const cur = counting(40);
    expect(cur.u8()).toBe(0x01);
    expect(cur.u16()).toBe(0x0302);
    expect(cur.u24()).toBe(0x060504);
    expect(cur.u32()).toBe(0x0a090807);
    expect(cur.uint(3)).toBe(0x0d0c0b);
    expect(cur.uint(0)).toBe(0);
    expect(cur.position).toBe(13);
    expect([...cur.take(2)]).toEqual([0x0e, 0x0f]);
    expect(cur.align(8).position).toBe(16);
    expect(cur.align(8).position).toBe(16);
    expect(cur.big64()).toBe(0x1817161514131211n);
    expect(cur.remaining).toBe(16);
    expect(cur.seek(0).skip(39).remaining).toBe(1);
  });

  test("u24 of high bytes is not negative", () => {
    expect(new Cursor(Uint8Array.of(255, 255, 255), "thing").u24()).toBe(0xffffff);
    expect(new Cursor(Uint8Array.of(255, 255, 255, 255), "thing").i32()).toBe(-1);
  });

  test("integers are exact up to 2^53 − 1, and an error above", () => {
    const most = Uint8Array.of(255, 255, 255, 255, 255, 255, 0x1f, 0);
    expect(new Cursor(most, "thing").u64()).toBe(Number.MAX_SAFE_INTEGER);
    const more = Uint8Array.of(0, 0, 0, 0, 0, 0, 0x20, 0);
    const cur = new Cursor(more, "thing", 16);
    expect(() => cur.u64("size")).toThrow("thing at 0x10: size is above 2^53 − 1");
    expect(cur.position).toBe(0);
    expect(() => new Cursor(Uint8Array.of(...more, 1, 0), "thing").uint(10)).toThrow(Hdf5FormatError);
    expect(new Cursor(Uint8Array.of(...most, 0, 0), "thing").uint(10)).toBe(Number.MAX_SAFE_INTEGER);
  });

  test("all bits set is undefined, whatever the width", () => {
    const ones = new Uint8Array(16).fill(0xff);
    for (const width of [2, 4, 8, 16]) expect(new Cursor(ones, "thing").uintOrUndefined(width)).toBeUndefined();
    expect(new Cursor(Uint8Array.of(0xff, 0xfe), "thing").uintOrUndefined(2)).toBe(0xfeff);
  });

  test("reading beyond the end names structure, address, offset and field, and moves nothing", () => {
    const cur = counting(4).skip(2);
    expect(() => cur.u32("length")).toThrow(Hdf5TruncatedError);
    expect(() => cur.u32("length")).toThrow("thing at 0x40+2: length needs 4 bytes, 2 are left");
    expect(() => cur.take(-1)).toThrow(Hdf5TruncatedError);
    expect(() => cur.take(Number.NaN)).toThrow(Hdf5TruncatedError);
    expect(() => cur.seek(5)).toThrow(Hdf5TruncatedError);
    expect(() => cur.sub(3, "part")).toThrow(Hdf5TruncatedError);
    expect(cur.position).toBe(2);
  });

  test("a part knows its own address, and starts at 0", () => {
    const part = counting(8).skip(3).sub(4, "part");
    expect([part.address, part.position, part.length, part.u8()]).toEqual([0x43, 0, 4, 4]);
    expect(new Cursor(new Uint8Array(4), "thing").sub(2, "part").address).toBeUndefined();
  });

  test("text ends at NUL, which may be required", () => {
    const cur = new Cursor(Uint8Array.of(65, 66, 0, 67), "thing");
    expect([...cur.untilNul("name")]).toEqual([65, 66]);
    expect(() => cur.untilNul("name")).toThrow("name is not terminated by NUL");
    expect([...cur.untilNul("name", false)]).toEqual([67]);
    expect(cur.remaining).toBe(0);
  });

  test("a wrong signature is an error at its place", () => {
    const cur = new Cursor(new TextEncoder().encode("OHDX"), "thing");
    expect(() => cur.signature("OHDR")).toThrow('signature is not "OHDR"');
    expect(cur.position).toBe(0);
  });
});
