import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import type { Reference, RegionReference } from "../../src/datatypes/values.js";
import { isHdf5Error } from "../../src/errors.js";
import {
  decodeRegionObject,
  decodeRevisedObject,
  encodeRegionObject,
  encodeRevisedObject,
} from "../../src/model/heap-references.js";
import { ALL_SELECTION, type DataSelection, hyperslab, NONE_SELECTION, points } from "../../src/selection/selection.js";
import { hexBytes } from "../datatypes/memory-heap.js";

const format = expect.objectContaining({ code: "format" });

/** What two selections of one extent have in common, without their methods. */
function shown(reference: Reference | null): unknown {
  if (reference?.kind !== "region-reference") return reference;
  const { kind, rank, count } = reference.selection;
  // A list of blocks comes back as the same elements, not always cut the same way.
  return { ...reference, selection: { kind, rank, count, runs: [...reference.selection.runs([40, 40])] } };
}

describe("what references name in the heap", () => {
  // The three objects of /Old_ref_region_dset and /Revised_refs_dset in hdf5/test/bounds_ref_v112_v112.h5, written by
  // libhdf5 1.12 (low bound 1.12: hyperslabs of version 3); the second is cut behind its selection.
  const everyFifth = hyperslab({ start: [2], stride: [5], count: [15], block: [2] });

  test("an old region: address and selection", () => {
    const bytes = hexBytes("7807000000000000 02000000 03000000 01 02 01000000 0200 0500 0f00 0200");
    const region = decodeRegionObject(bytes, 8);
    expect(region).toMatchObject({ kind: "region-reference", address: 0x778, file: undefined });
    expect(region.selection.regular).toEqual(everyFifth.regular);
  });

  test("a revised region: token, size, rank, selection; what follows means nothing", () => {
    const bytes = hexBytes("08 7807000000000000 16000000 01000000 0200000003000000 0102010000000200 05000f000200 0000");
    const region = decodeRevisedObject(3, 0, bytes) as RegionReference;
    expect(region).toMatchObject({ kind: "region-reference", address: 0x778, file: undefined });
    expect(region.selection.regular).toEqual(everyFifth.regular);
  });

  test("a revised reference to an attribute: token and name", () => {
    const bytes = hexBytes("08 6000000000000000 0400 41747472");
    const expected = { kind: "attribute-reference", address: 0x60, file: undefined, name: "Attr" } as const;
    expect(decodeRevisedObject(4, 0, bytes)).toEqual(expected);
    const out = new ByteWriter();
    encodeRevisedObject(out, expected, 8, 0);
    expect(out.written()).toEqual(bytes);
  });

  // Derived from H5R__encode of libhdf5 1.12; spec-notes/references.md.
  test("a revised reference to an object of another file: token and file name", () => {
    const bytes = hexBytes("08 7807000000000000 0500 612f622e68");
    expect(decodeRevisedObject(2, 1, bytes)).toEqual({ kind: "object-reference", address: 0x778, file: "a/b.h" });
  });

  test("tokens of nothing are null", () => {
    expect(decodeRevisedObject(2, 1, hexBytes("08 ffffffffffffffff 0100 61"))).toBeNull();
    expect(decodeRevisedObject(4, 0, hexBytes("08 0000000000000000 0100 61"))).toBeNull();
  });

  test("damage is an error", () => {
    const refuse = (type: number, flags: number, hex: string): void =>
      expect(() => decodeRevisedObject(type, flags, hexBytes(hex))).toThrow(format);
    refuse(2, 1, "00 0100 61"); // token size
    refuse(2, 1, "11 0100 61");
    refuse(2, 1, "08 7807000000000000 0000"); // no file name
    refuse(1, 0, "08 7807000000000000");
    refuse(3, 0, "08 7807000000000000 08000000 21000000 0300000001000000 00000000 00000000"); // rank 33
    refuse(3, 0, "08 7807000000000000 16000000 02000000 0200000003000000 0102010000000200 05000f000200"); // rank differs
    expect(() => decodeRegionObject(hexBytes(`${"ff".repeat(8)} 0300000001000000 0000000000000000`), 8)).toThrow(
      format,
    );
  });

  const selection: fc.Arbitrary<DataSelection> = fc.oneof(
    fc.constantFrom(ALL_SELECTION, NONE_SELECTION),
    fc.array(fc.tuple(fc.nat(39), fc.nat(39)), { minLength: 1, maxLength: 5 }).map(points),
    fc
      .record({
        start: fc.tuple(fc.nat(9), fc.nat(9)),
        stride: fc.tuple(fc.integer({ min: 3, max: 6 }), fc.integer({ min: 3, max: 6 })),
        count: fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 4 })),
        block: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      })
      .map(hyperslab),
  );
  const reference = (file: fc.Arbitrary<string | undefined>): fc.Arbitrary<Reference> => {
    const address = fc.integer({ min: 1, max: 0xffff_fffe });
    return fc.oneof(
      fc.record({ kind: fc.constant("object-reference" as const), address, file }),
      fc.record({ kind: fc.constant("attribute-reference" as const), address, file, name: fc.string() }),
      fc.record({ kind: fc.constant("region-reference" as const), address, file, selection }),
    );
  };
  const otherFile = fc.option(fc.string({ minLength: 1 }), { nil: undefined });
  const typeOf = (one: Reference): number =>
    ({ "object-reference": 2, "region-reference": 3, "attribute-reference": 4 })[one.kind];
  const encoded = (one: Reference, tokenSize: number): Uint8Array => {
    const out = new ByteWriter();
    encodeRevisedObject(out, one, tokenSize, 2);
    return out.bytes();
  };

  test("decode(encode(x)) is x", () => {
    fc.assert(
      fc.property(reference(otherFile), fc.constantFrom(4, 8, 16), (one, size) => {
        const decoded = decodeRevisedObject(typeOf(one), one.file === undefined ? 0 : 1, encoded(one, size));
        expect(shown(decoded)).toEqual(shown(one));
      }),
    );
    fc.assert(
      fc.property(selection, fc.constantFrom(4, 8), (chosen, size) => {
        const region = { kind: "region-reference", address: 96, file: undefined, selection: chosen } as const;
        const out = new ByteWriter();
        encodeRegionObject(out, region, size);
        expect(shown(decodeRegionObject(out.bytes(), size))).toEqual(shown(region));
      }),
    );
  });

  test("arbitrary bytes, and good ones with one byte changed, give a reference or an Hdf5Error", () => {
    const quiet = (run: () => unknown): void => {
      try {
        run();
      } catch (error) {
        if (!isHdf5Error(error)) throw error;
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 5 }), fc.nat(1), (bytes, type, flags) => {
        quiet(() => decodeRevisedObject(type, flags, bytes));
        quiet(() => decodeRegionObject(bytes, 8));
      }),
    );
    fc.assert(
      fc.property(reference(otherFile), fc.nat(), fc.nat(255), (one, at, value) => {
        const bytes = encoded(one, 8).slice();
        bytes[at % bytes.length] = value;
        quiet(() => decodeRevisedObject(typeOf(one), one.file === undefined ? 0 : 1, bytes));
      }),
    );
  });
});
