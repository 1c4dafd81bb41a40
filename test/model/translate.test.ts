import { describe, expect, test } from "vitest";
import { isHdf5Error } from "../../src/errors.js";
import type { Datatype } from "../../src/format/messages/datatype.js";
import { isPlain, type Translation, translatedType, translateElements } from "../../src/model/translate.js";

const u16: Datatype = {
  kind: "integer",
  size: 2,
  signed: false,
  order: "le",
  precision: 16,
  offset: 0,
  padding: [0, 0],
};
const text = (size: number): Datatype => ({
  kind: "string",
  size,
  length: "variable",
  padding: "null-terminated",
  charset: "utf-8",
});
const reference = (size: number): Datatype => ({ kind: "reference", size, to: "object", revised: false });
const region = (size: number): Datatype => ({ kind: "reference", size, to: "region", revised: false });
const vlen = (size: number, base: Datatype): Datatype => ({ kind: "vlen", size, base });
const compound = (size: number, ...members: [string, number, Datatype][]): Datatype => ({
  kind: "compound",
  size,
  members: members.map(([name, offset, datatype]) => ({ name, offset, datatype })),
});

/** A translation between widths of addresses; collection 0x20 holds `objects`. */
function between(
  from: number,
  to: number,
  objects: Readonly<Record<number, number[]>>,
): Translation & { put: number[][] } {
  const put: number[][] = [];
  return {
    from,
    to,
    put,
    heap: { get: (_, index) => new Uint8Array(objects[index] ?? []) },
    sink: {
      put: (bytes) => {
        put.push([...bytes]);
        return { collection: 0x1000, index: put.length };
      },
    },
    address: (address) => (address === 0x40 ? 0x4000 : undefined),
  };
}

describe("elements of one file as elements of another", () => {
  test("are the same bytes when they name no place", () => {
    const bytes = new Uint8Array([1, 2, 3, 4]);
    expect(isPlain(u16)).toBe(true);
    expect(translateElements(bytes, 2, u16, u16, between(8, 8, {}))).toBe(bytes);
  });

  test("put variable-length data into the other file's heaps, with addresses of its width", () => {
    const source = text(4 + 4 + 4);
    const target = translatedType(source, 4, 8);
    expect(target.size).toBe(16);
    const how = between(4, 8, { 7: [104, 105, 0] });
    const bytes = new Uint8Array([2, 0, 0, 0, 0x20, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const made = translateElements(bytes, 2, source, target, how);
    expect(how.put).toEqual([[104, 105]]);
    expect([...made.subarray(0, 16)]).toEqual([2, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    expect([...made.subarray(16)]).toEqual(new Array(16).fill(0));
  });

  test("follow sequences of references", () => {
    const source = vlen(16, reference(8));
    const how = between(8, 8, { 1: [0x40, 0, 0, 0, 0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0, 0] });
    const bytes = new Uint8Array([2, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    translateElements(bytes, 1, source, source, how);
    // One target is copied too, the other is not there.
    expect(how.put).toEqual([[0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]);
  });

  test("keep the selection of region references", () => {
    const how = between(8, 8, { 3: [0x40, 0, 0, 0, 0, 0, 0, 0, 9, 8, 7] });
    const made = translateElements(
      new Uint8Array([0x20, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]),
      1,
      region(12),
      region(12),
      how,
    );
    expect(how.put).toEqual([[0, 0x40, 0, 0, 0, 0, 0, 0, 9, 8, 7]]);
    expect([...made]).toEqual([0, 0x10, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
  });

  test("members move when those before them grow; what lies between stays", () => {
    const source = compound(12, ["a", 1, u16], ["r", 4, reference(4)], ["z", 9, u16]);
    const target = translatedType(source, 4, 8) as Datatype & { kind: "compound" };
    expect(target.size).toBe(16);
    expect(target.members.map(({ offset }) => offset)).toEqual([1, 4, 13]);
    const bytes = new Uint8Array([9, 1, 2, 9, 0x40, 0, 0, 0, 9, 3, 4, 9]);
    const made = translateElements(bytes, 1, source, target, between(4, 8, {}));
    expect([...made.subarray(1, 3), ...made.subarray(4, 12), ...made.subarray(13, 15)]).toEqual([
      1, 2, 0, 0x40, 0, 0, 0, 0, 0, 0, 3, 4,
    ]);
  });

  test("a sequence longer than what the heap holds is an error", () => {
    const source = vlen(16, u16);
    const bytes = new Uint8Array([9, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    const translate = (): unknown => translateElements(bytes, 1, source, source, between(8, 8, { 1: [1, 2] }));
    expect(translate).toThrow(/holds 2 bytes/);
    try {
      translate();
    } catch (error) {
      expect(isHdf5Error(error, "format")).toBe(true);
    }
  });
});
