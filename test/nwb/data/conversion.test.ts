import { describe, expect, test } from "vitest";
import { datatypeOf } from "../../../src/index.js";
import { datatypeFor } from "../../../src/nwb/data/conversion.js";
import { describe as describeData } from "../../../src/nwb/data/describe.js";
import { NwbError } from "../../../src/nwb/errors.js";

describe("the datatype that is written", () => {
  test.each([
    // Same, or narrower than asked: as asked.
    ["float32", "float32", "float32"],
    ["float32", "float64", "float64"],
    ["int8", "int32", "int32"],
    ["boolean", "int8", "int8"],
    ["uint8", "int32", "int32"],
    // Wider, same kind: as given.
    ["float64", "float32", "float64"],
    ["int64", "int8", "int64"],
    ["int64", "long", "int64"],
    // Wider, another kind: the kind asked for in the width given.
    ["int64", "float", "float64"],
    ["float64", "int8", "int64"],
    ["int64", "uint32", "uint64"],
    ["uint16", "int8", "int16"],
    ["float32", "uint8", "uint32"],
    // JavaScript numbers are what Python calls float and int.
    ["number", "float32", "float64"],
    ["number", "int32", "int64"],
    ["number", "uint8", "uint64"],
    ["bigint", "int", "int64"],
    // Text.
    ["string", "text", "string"],
    ["string", "isodatetime", "ascii"],
    ["string", "ascii", "ascii"],
    ["number", "text", "string"],
    // bool takes what fits.
    ["boolean", "bool", "bool"],
    ["uint8", "bool", "bool"],
    // Nothing asked: the data's own.
    ["number", undefined, "float64"],
    ["int16", undefined, "int16"],
    ["boolean", undefined, "bool"],
    ["uint64", "numeric", "uint64"],
    ["number", "numeric", "float64"],
    // No elements: as asked.
    [undefined, "int", "int32"],
    [undefined, "text", "string"],
  ] as const)("%s for %s is %s", (given, asked, written) => {
    expect(datatypeFor(given, asked)).toBe(written);
  });

  test.each([
    ["float64", "bool"],
    ["boolean", "numeric"],
    ["string", "float32"],
    ["compound", "int8"],
  ] as const)("%s for %s is refused", (given, asked) => {
    expect(() => datatypeFor(given, asked)).toThrow(NwbError);
  });

  test("a compound of the schema has its members in order, references among them", () => {
    const type = datatypeFor("compound", [
      { name: "idx_start", doc: "", dtype: "int32" },
      { name: "timeseries", doc: "", dtype: { targetType: "TimeSeries", reftype: "object" } },
    ]);
    expect(type).toMatchObject({
      kind: "compound",
      members: [
        { name: "idx_start", datatype: datatypeOf("int32") },
        { name: "timeseries", datatype: { kind: "reference", to: "object" } },
      ],
    });
  });
});

describe("what data are", () => {
  test.each([
    [[1, 2, 3], "number", [3]],
    [[[1], [2]], "number", [2, 1]],
    [new Int16Array(4), "int16", [4]],
    [[new Float32Array(2), new Float32Array(2)], "float32", [2, 2]],
    [["a", "b"], "string", [2]],
    [[], undefined, [0]],
    [true, "boolean", []],
    [{ data: new Uint8Array(6), shape: [2, 3], stride: [3, 1] }, "uint8", [2, 3]],
    [[{ x: 1 }, { x: 2 }], "compound", [2]],
    [5n, "bigint", []],
  ])("%o are described by kind and shape", (data, kind, shape) => {
    expect(describeData(data)).toEqual({ kind, shape });
  });

  test.each([
    [[1, [2]]],
    [[[1, 2], [3]]],
    [[1, "a"]],
    [new Date(0)],
    [undefined],
    [() => 1],
    [new DataView(new ArrayBuffer(8))],
  ])("%j cannot be stored", (data) => {
    expect(() => describeData(data)).toThrow(NwbError);
  });
});
