import { describe, expect, test } from "vitest";
import { columns, type WriteData } from "../../src/datatypes/values.js";

const usage = expect.objectContaining({ code: "usage" });

describe("columns", () => {
  const data = columns({
    x: Float32Array.of(1, 2),
    s: ["a", "b"],
    p: [
      [1, 2],
      [3, 4],
    ],
    ok: [true, false],
  });

  test("have names and rows as compound data that were read", () => {
    expect(data.names).toEqual(["x", "s", "p", "ok"]);
    expect(data.length).toBe(2);
    expect(data.get(1)).toEqual({ x: 2, s: "b", p: Float64Array.of(3, 4), ok: false });
    expect([...data].map(({ s }) => s)).toEqual(["a", "b"]);
    expect(() => data.get(2)).toThrow(usage);
  });

  test("give each column as it would be read", () => {
    expect(data.column("x")).toMatchObject({ kind: "number", data: Float32Array.of(1, 2), shape: [2] });
    expect(data.column("p")).toMatchObject({ shape: [2, 2] });
    expect(data.column("x", "int16").data).toEqual(Int16Array.of(1, 2));
    expect(data.column("s", "string").data).toEqual(["a", "b"]);
    expect(() => data.column("y")).toThrow(usage);
  });

  test("may come as a Map, as n-dimensional arrays, and nested", () => {
    const nested = columns(
      new Map<string, WriteData>([
        ["__proto__", { data: Int8Array.of(1, 2, 3, 4), shape: [2, 2], stride: [1, 2] }],
        ["in", columns({ z: [1n, 2n] })],
      ]),
    );
    expect(Object.entries(nested.get(0))).toEqual([
      ["__proto__", Int8Array.of(1, 3)],
      ["in", { z: 1n }],
    ]);
  });

  test("have at least one member, and the same number of rows", () => {
    expect(() => columns({})).toThrow(usage);
    expect(() => columns({ x: [1], y: [1, 2] })).toThrow(usage);
    expect(() => columns({ x: 1 })).toThrow(usage);
    expect(() => columns({ x: "text" })).toThrow(usage);
    expect(() => columns(null as never)).toThrow(usage);
  });

  test("without rows keep their types for what is given one", () => {
    expect(columns({ x: new Int8Array(0) }).length).toBe(0);
    expect(columns({ x: new Int8Array(0) }).column("x")).toMatchObject({ data: new Int8Array(0), shape: [0] });
  });
});
