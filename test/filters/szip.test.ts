import { describe, expect, it } from "vitest";
import { Hdf5FilterError } from "../../src/errors.js";
import { szipFilter } from "../../src/filters/szip.js";
import { contextOf, hex, survivesAnything } from "./hostile.js";

// Written with h5py 3.7 (libhdf5 1.10.8, libaec 1.0.6), each in one chunk.
const GOLDEN = [
  {
    name: "16-bit integers, predicted, with zeros and uncoded samples",
    values: [169, 8, 16, 16],
    plain: "0500060008000700070007000700070007000700070007006400 9cff03000200",
    stored: "20000000 10005217fbe020300000000000000327e73ff80010",
  },
  {
    name: "big-endian 16-bit integers, not predicted",
    values: [149, 4, 16, 16],
    plain: "00050006000800070007000700070007000700070007000700640384 00030002",
    stored: "20000000 352b19aaff9aaffc407c810182",
  },
  {
    name: "floats, taken apart by bytes, in lines that end within a block",
    values: [169, 4, 32, 11],
    plain: "0000803f 0000c03f 00000040 00002040 00004040 00004040 00004040 00004040 00004040 00004040 00004040",
    stored: "2c000000 00020007c0407f9050f0000093f982",
  },
];

describe("szip", () => {
  it.each(GOLDEN)("reads $name", ({ values, plain, stored }) => {
    expect(szipFilter.decode(hex(stored), contextOf(values, hex(plain).length))).toEqual(hex(plain));
  });

  it("does not care for the options that change no bits", () => {
    const { plain, stored } = GOLDEN[0] as (typeof GOLDEN)[number];
    for (const options of [32, 32 | 1, 32 | 128, 32 | 2 | 8]) {
      expect(szipFilter.decode(hex(stored), contextOf([options, 8, 16, 16], 32))).toEqual(hex(plain));
    }
  });

  it("refuses parameters and lengths beyond those of szip", () => {
    const { stored } = GOLDEN[0] as (typeof GOLDEN)[number];
    for (const values of [[], [169, 8, 16], [169, 0, 16, 16], [169, 7, 16, 16], [169, 8, 25, 16], [169, 8, 16, 0]]) {
      expect(() => szipFilter.decode(hex(stored), contextOf(values, 32))).toThrow(Hdf5FilterError);
    }
    expect(() => szipFilter.decode(hex(stored), contextOf([169, 8, 16, 16], 31))).toThrow(/32 bytes, at most 31/);
    expect(() => szipFilter.decode(hex("ff"), contextOf([169, 8, 16, 16], 31))).toThrow(Hdf5FilterError);
    expect(szipFilter.decode(hex("00000000"), contextOf([169, 8, 16, 16], 31))).toEqual(new Uint8Array(0));
  });

  it("survives anything", async () => {
    for (const { values, plain, stored } of GOLDEN) {
      await survivesAnything(szipFilter, hex(stored), contextOf(values, hex(plain).length));
    }
  });
});
