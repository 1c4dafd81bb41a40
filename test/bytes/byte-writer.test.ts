import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { Hdf5UsageError } from "../../src/errors.js";

describe("ByteWriter", () => {
  test("writes little-endian fields one behind the other", () => {
    const out = new ByteWriter(1);
    out.u8(1).u16(0x0302).u24(0x060504).u32(0x0a090807).u64(0x0b).uint(0x0c0b, 3).big64(-2n);
    expect([...out.bytes()]).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      ...[11, 0, 0, 0, 0, 0, 0, 0],
      ...[11, 12, 0],
      ...[0xfe, 255, 255, 255, 255, 255, 255, 255],
    ]);
  });

  test("fills, aligns and copies", () => {
    const out = new ByteWriter();
    out.ascii("AB").put(Uint8Array.of(1, 2)).fill(0xff, 2).zeros(1).align(8).align(8);
    expect([...out.bytes()]).toEqual([65, 66, 1, 2, 255, 255, 0, 0]);
    const copy = out.bytes();
    out.u8(9);
    expect(copy.length).toBe(8);
    expect(out.written().length).toBe(9);
  });

  test("refuses numbers that do not fit their field, and writes nothing then", () => {
    const out = new ByteWriter();
    const refused: readonly (() => unknown)[] = [
      () => out.u8(256),
      () => out.u8(-1),
      () => out.u16(65_536),
      () => out.u24(2 ** 24),
      () => out.u32(2 ** 32),
      () => out.u32(Number.NaN),
      () => out.u64(-1),
      () => out.u64(2 ** 53),
      () => out.uint(0.5, 4),
      () => out.uint(256, 1),
      () => out.uint(1, 0),
    ];
    for (const write of refused) expect(write).toThrow(Hdf5UsageError);
    expect(out.length).toBe(0);
    expect(() =>
      out
        .uint(0, 0)
        .uint(2 ** 53 - 1, 7)
        .uint(2 ** 53 - 1, 16),
    ).not.toThrow();
  });
});
