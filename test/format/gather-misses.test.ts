import { describe, expect, test } from "vitest";
import { Hdf5FormatError } from "../../src/errors.js";
import { Miss } from "../../src/format/byte-source.js";
import { gatherMisses, needTogether } from "../../src/format/gather-misses.js";
import { PagedSource } from "./paged-source.js";

describe("reading many items", () => {
  test("follows all their pointers in as many round trips as the longest chain has", () => {
    // Byte i holds the next place; 0 ends a chain. Chains of 1 to 4 bytes, each byte on a page of its own.
    const bytes = new Uint8Array(256);
    const starts = [10, 50, 90, 130];
    starts.forEach((start, i) => {
      for (let step = 0; step < i; step++) bytes[start + step * 8] = start + (step + 1) * 8;
    });
    const source = new PagedSource(bytes, 1);
    const ends = source.settle((from) =>
      gatherMisses(starts, (start) => {
        let at = start;
        for (let next = from.read(at, 1, "chain").u8(); next !== 0; next = from.read(at, 1, "chain").u8()) at = next;
        return at;
      }),
    );
    expect(ends).toEqual([10, 58, 106, 154]);
    expect(source.rounds).toBe(4);
  });

  test("passes an error on at once, and names a range once however many items miss it", () => {
    const broken = new Hdf5FormatError({ structure: "chain" }, "is broken");
    const fail = (): never => {
      throw broken;
    };
    expect(() => gatherMisses([1], fail)).toThrow(broken);
    const miss = (): never => {
      throw new Miss([{ address: 8, length: 4 }]);
    };
    try {
      gatherMisses([1, 2, 3], miss);
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(Miss);
      expect((thrown as Miss).ranges).toEqual([{ address: 8, length: 4 }]);
    }
  });
});

describe("asking for ranges together", () => {
  const source = (): PagedSource => new PagedSource(new Uint8Array(100), 10);

  test("loads what comes alongside in the same round trip", () => {
    const paged = source();
    paged.settle((from) => {
      needTogether(from, [{ address: 0, length: 5 }], () => [{ address: 50, length: 5 }]);
      return from.read(50, 5, "block").bytes;
    });
    expect(paged.rounds).toBe(1);
  });

  test("never waits for what comes alongside alone, nor asks for what lies outside the file", () => {
    const paged = source();
    paged.settle((from) => from.read(0, 5, "block").bytes);
    paged.settle((from) => needTogether(from, [{ address: 0, length: 5 }], () => [{ address: 50, length: 5 }]));
    expect(paged.rounds).toBe(0);
    try {
      needTogether(paged, [{ address: 20, length: 5 }], () => [{ address: 99, length: 5 }]);
      expect.unreachable();
    } catch (thrown) {
      expect((thrown as Miss).ranges).toEqual([{ address: 20, length: 5 }]);
    }
  });
});
