import { describe, expect, test } from "vitest";
import { Hdf5FormatError, Hdf5TruncatedError, Hdf5UnsupportedError } from "../../../src/errors.js";
import {
  type Dataspace,
  decodeDataspace,
  elementCount,
  encodeDataspace,
  shapeOf,
} from "../../../src/format/messages/dataspace.js";
import { hex } from "../hex.js";
import { CONTEXT, cursor, written } from "./decoding.js";

const decode = (text: string, sizeOfLengths = 8): Dataspace =>
  decodeDataspace(cursor(text), { ...CONTEXT, sizeOfLengths });

describe("dataspace message", () => {
  test("version 1 has a rank and extents, and no type", () => {
    expect(decode("01 02 01 00 00000000  03000000 05000000  03000000 ffffffff", 4)).toEqual({
      kind: "simple",
      shape: [3, 5],
      maxShape: [3, Number.POSITIVE_INFINITY],
    });
    expect(decode("01 01 00 00 00000000 0900", 2)).toEqual({ kind: "simple", shape: [9] });
    expect(decode("01 00 00 00 00000000")).toEqual({ kind: "scalar" });
  });

  test("version 2 tells null from scalar", () => {
    expect(decode("02 00 00 00")).toEqual({ kind: "scalar" });
    expect(decode("02 00 00 02")).toEqual({ kind: "null" });
    const simple = "02 01 01 01  0400000000000000 ffffffffffffffff";
    expect(decode(simple)).toEqual({ kind: "simple", shape: [4], maxShape: [Number.POSITIVE_INFINITY] });
    expect(written((out) => encodeDataspace(out, decode(simple), CONTEXT))).toEqual(hex(simple));
  });

  test("what was decoded cannot be changed", () => {
    const space = decode("02 01 00 01 0400000000000000");
    expect(Object.isFrozen(space) && space.kind === "simple" && Object.isFrozen(space.shape)).toBe(true);
  });

  test.each([
    ["version 3", "03 00 00 00", "version is 3, expected 1 or 2"],
    ["rank 33", "02 21 00 01", "dimensionality is 33, at most 32"],
    ["type 3", "02 00 00 03", "type is 3, at most 2"],
    ["a scalar of rank 1", "02 01 00 00", "dimensionality is 1 for a scalar dataspace"],
    ["a null dataspace of rank 1", "02 01 00 02", "dimensionality is 1 for a null dataspace"],
    ["an unlimited size", "02 01 00 01 ffffffffffffffff", "size of dimension 0 is unlimited"],
    [
      "a size above its maximum",
      "02 01 01 01 0500000000000000 0400000000000000",
      "maximum size of dimension 0 is 4, the size is 5",
    ],
  ])("%s is an error", (_, text, finding) => {
    expect(() => decode(text)).toThrow(finding);
    expect(() => decode(text)).toThrow(Hdf5FormatError);
  });

  test("a rank that the message has no room for is truncated", () => {
    expect(() => decode("01 20 00 00 00000000 0100000000000000")).toThrow(Hdf5TruncatedError);
  });

  test("extents above 2^53 − 1 and permuted dimensions are valid, and not supported", () => {
    expect(() => decode("02 01 00 01 0000000000002000")).toThrow(Hdf5UnsupportedError);
    expect(() => decode("02 01 00 01 feffffffffffffff")).toThrow(Hdf5UnsupportedError);
    expect(() => decode("02 01 01 01 0100000000000000 feffffffffffffff")).toThrow(Hdf5UnsupportedError);
    expect(decode("02 01 00 01 ffffffffffff1f00")).toEqual({ kind: "simple", shape: [2 ** 53 - 1] });
    expect(() => decode("01 01 02 00 00000000 0100000000000000 0000000000000000")).toThrow("permuted");
  });
});

describe("the number of elements", () => {
  const simple = (...shape: number[]): Dataspace => ({ kind: "simple", shape });

  test("is exact, or an error when it cannot be", () => {
    expect(elementCount({ kind: "null" })).toBe(0);
    expect(elementCount({ kind: "scalar" })).toBe(1);
    expect(elementCount(simple(3, 4, 5))).toBe(60);
    expect(elementCount(simple(0, 2 ** 52, 2 ** 52))).toBe(0);
    expect(elementCount(simple(2 ** 53 - 1))).toBe(2 ** 53 - 1);
    for (const shape of [
      [2 ** 27, 2 ** 26],
      [2 ** 32, 2 ** 32, 4],
      [2 ** 53 - 1, 2],
      // 2^64: wraps to 0 in 64 bits.
      [2 ** 40, 2 ** 24],
    ]) {
      expect(() => elementCount(simple(...shape))).toThrow(Hdf5FormatError);
    }
  });

  test("goes with the shape that data have", () => {
    expect(shapeOf({ kind: "null" })).toEqual([0]);
    expect(shapeOf({ kind: "scalar" })).toEqual([]);
    expect(shapeOf(simple(2, 3))).toEqual([2, 3]);
  });
});
