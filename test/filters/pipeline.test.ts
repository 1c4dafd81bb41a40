import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { datatypeOf } from "../../src/datatypes/datatype-input.js";
import { Hdf5FilterError, Hdf5UnsupportedError, Hdf5UsageError, isHdf5Error } from "../../src/errors.js";
import { CORE_FILTERS, filterRegistry } from "../../src/filters/core.js";
import type { Filter, FilterInfo, FilterInput } from "../../src/filters/filter.js";
import { type ChunkContext, decodeChunk, encodeChunk } from "../../src/filters/pipeline.js";
import { resolveFilters } from "../../src/filters/resolve-filters.js";
import { scaleOffset } from "../../src/filters/scale-offset.js";

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const core = filterRegistry();
const datatype = { kind: "opaque", size: 4, tag: "" } as const;
const filtersOf = (...inputs: FilterInput[]): FilterInfo[] =>
  resolveFilters(inputs, core, { datatype, chunkShape: [5] });
const about = (chunkBytes: number, more: Partial<ChunkContext> = {}): ChunkContext => ({
  elementSize: 4,
  chunkBytes,
  offset: [30, 7],
  ...more,
});

// int32 0, 1000003, … 4000012, and what h5py 3.7 stored for it with shuffle, deflate 4, fletcher32.
const PLAIN = hex("0000000043420f0086841e00c9c62d000c093d00");
const STORED = hex("785e63706e3bc9c3e0d4728c93815f4ed79601040034ad03cbd2aa2b84");

/** Adds one to each byte; fails when told. */
const plusOne: Filter = {
  id: 400,
  name: "plus-one",
  decode: (bytes) => bytes.map((byte) => byte - 1),
  encode: async (bytes, { values }) => {
    if (values[0] === 1) throw new TypeError("told to fail");
    return bytes.map((byte) => byte + 1);
  },
};
const extended = filterRegistry([plusOne]);

describe("decoding a chunk", () => {
  it("undoes all filters in reverse order", async () => {
    const filters = filtersOf("shuffle", "deflate", "fletcher32");
    expect(await decodeChunk(STORED, filters, 0, core, about(20))).toEqual(PLAIN);
  });

  it("skips what the mask says was left out", async () => {
    const filters = filtersOf("shuffle", "deflate", "fletcher32");
    expect(await decodeChunk(PLAIN, filters, 0b111, core, about(20))).toEqual(PLAIN);
    expect(await decodeChunk(new Uint8Array(deflateSync(PLAIN)), filters, 0b101, core, about(20))).toEqual(PLAIN);
    // A filter that is not at hand does not matter where it was not applied.
    const unknown: FilterInfo[] = [{ id: 32000, values: [], optional: true }];
    expect(await decodeChunk(PLAIN, unknown, 1, core, about(20))).toEqual(PLAIN);
  });

  it("names filter and chunk when it fails", async () => {
    const damaged = STORED.slice(0, -6);
    const filters = filtersOf("shuffle", "deflate");
    const error = await decodeChunk(damaged, filters, 0, core, about(20)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Hdf5FilterError);
    expect(error).toMatchObject({ filterId: 1, filterName: "deflate", direction: "decode", chunk: [30, 7] });
    expect((error as Error).message).toMatch(/^filter 1 \(deflate\), decode of chunk \[30, 7\]: (?!filter)/);
  });

  it("names the plug-in of a filter that is not at hand, optional or not", async () => {
    for (const optional of [true, false]) {
      const filters: FilterInfo[] = [{ id: 32001, name: "something", values: [], optional }];
      const error = await decodeChunk(PLAIN, filters, 0, core, about(20)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Hdf5UnsupportedError);
      expect((error as Error).message).toContain("32001 (blosc)");
    }
  });

  it("refuses any other number of bytes than the chunk's", async () => {
    for (const chunkBytes of [19, 21]) {
      await expect(decodeChunk(PLAIN, [], 0, core, about(chunkBytes))).rejects.toThrow(Hdf5FilterError);
      const stored = new Uint8Array(deflateSync(PLAIN));
      await expect(decodeChunk(stored, filtersOf("deflate"), 0, core, about(chunkBytes))).rejects.toThrow(
        Hdf5FilterError,
      );
    }
  });

  it("bounds each filter by what it can have been given", async () => {
    const bomb = new Uint8Array(deflateSync(deflateSync(new Uint8Array(30_000_000))));
    const filters = filtersOf("deflate", "deflate");
    await expect(decodeChunk(bomb, filters, 0, core, about(1000))).rejects.toThrow(Hdf5FilterError);
    // The sum that fletcher32 added before deflate may come out of it.
    const both = filtersOf("fletcher32", "deflate");
    const { bytes } = await encodeChunk(PLAIN, both, core, about(20));
    expect(await decodeChunk(bytes, both, 0, core, about(20))).toEqual(PLAIN);
  });

  it("leaves checksums unverified when asked to", async () => {
    const filters = filtersOf("fletcher32");
    const { bytes } = await encodeChunk(PLAIN, filters, core, about(20));
    const damaged = bytes.slice();
    damaged[3] = 99;
    await expect(decodeChunk(damaged, filters, 0, core, about(20))).rejects.toThrow(/checksum/);
    const read = await decodeChunk(damaged, filters, 0, core, about(20, { verifyChecksums: false }));
    expect(read[3]).toBe(99);
    const short = new Uint8Array(3);
    await expect(decodeChunk(short, filters, 0, core, about(20, { verifyChecksums: false }))).rejects.toThrow(
      Hdf5FilterError,
    );
  });

  it("rejects with the signal's reason, also when a filter throws it", async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(decodeChunk(STORED, filtersOf("deflate"), 0, core, about(20, { signal }))).rejects.toBe(reason);
    const controller = new AbortController();
    const aborting: Filter = {
      id: 400,
      name: "aborting",
      decode: async (_, context) => {
        controller.abort(reason);
        throw context.signal?.reason;
      },
    };
    const info: FilterInfo[] = [{ id: 400, values: [], optional: false }];
    const call = decodeChunk(PLAIN, info, 0, filterRegistry([aborting]), about(20, { signal: controller.signal }));
    await expect(call).rejects.toBe(reason);
  });

  it("does not trust what a plug-in throws or gives", async () => {
    const info: FilterInfo[] = [{ id: 400, values: [], optional: false }];
    const decodeBy = (decode: unknown): Promise<unknown> => {
      const filter = { id: 400, name: "bad", decode } as Filter;
      return decodeChunk(PLAIN, info, 0, filterRegistry([filter]), about(20)).catch((thrown: unknown) => thrown);
    };
    const thrown = await decodeBy(() => {
      throw new RangeError("oops");
    });
    expect(thrown).toMatchObject({ code: "filter", filterId: 400 });
    expect((thrown as Error).cause).toBeInstanceOf(RangeError);
    expect(await decodeBy(() => "text")).toMatchObject({ code: "filter" });
    expect(await decodeBy(() => new Uint8Array(1_000_000))).toMatchObject({ code: "filter" });
  });

  it("gives a value or a typed error for any bytes and mask", async () => {
    const filters = filtersOf("shuffle", "deflate", "fletcher32");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.nat(7), fc.nat(40), async (bytes, mask, chunkBytes) => {
        try {
          expect(await decodeChunk(bytes, filters, mask, core, about(chunkBytes))).toHaveLength(chunkBytes);
        } catch (error) {
          if (!isHdf5Error(error, "filter")) throw error;
        }
      }),
    );
  });
});

describe("encoding a chunk", () => {
  it("is undone by decoding, for any filters in any order", async () => {
    const name = fc.constantFrom<FilterInput>("shuffle", "deflate", "fletcher32", { id: 400 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(name, { maxLength: 5 }),
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        async (inputs, bytes) => {
          const filters = resolveFilters(inputs, extended, { datatype, chunkShape: [5] });
          const before = bytes.slice();
          const stored = await encodeChunk(bytes, filters, extended, about(bytes.length));
          expect(bytes).toEqual(before);
          expect(stored.filterMask).toBe(0);
          expect(await decodeChunk(stored.bytes, filters, 0, extended, about(bytes.length))).toEqual(bytes);
        },
      ),
    );
  });

  it("leaves out an optional filter that fails or is not at hand, and says so in the mask", async () => {
    const filters: FilterInfo[] = [
      { id: 400, values: [1], optional: true },
      ...filtersOf("shuffle"),
      { id: 32001, values: [], optional: true },
    ];
    const { bytes, filterMask } = await encodeChunk(PLAIN, filters, extended, about(20));
    expect(filterMask).toBe(0b101);
    expect(await decodeChunk(bytes, filters, filterMask, extended, about(20))).toEqual(PLAIN);
  });

  it("keeps a deflated chunk that is longer than its data, as libhdf5 does", async () => {
    const { bytes, filterMask } = await encodeChunk(new Uint8Array([1]), filtersOf("deflate"), core, about(1));
    expect([bytes.length, filterMask]).toEqual([9, 0]);
  });

  it("fails when a mandatory filter does", async () => {
    const failing: FilterInfo[] = [{ id: 400, values: [1], optional: false }];
    await expect(encodeChunk(PLAIN, failing, extended, about(20))).rejects.toMatchObject({
      code: "filter",
      direction: "encode",
    });
    const absent: FilterInfo[] = [{ id: 32001, values: [], optional: false }];
    await expect(encodeChunk(PLAIN, absent, core, about(20))).rejects.toThrow(Hdf5UnsupportedError);
  });
});

describe("the pipeline of a new dataset", () => {
  it("has the parameters and flags that h5py stores", () => {
    expect(filtersOf("shuffle", "deflate", "fletcher32")).toEqual([
      { id: 2, name: "shuffle", values: [4], optional: true },
      { id: 1, name: "deflate", values: [4], optional: true },
      { id: 3, name: "fletcher32", values: [], optional: false },
    ]);
    expect(filtersOf({ id: 1, values: [9], optional: false })).toEqual([
      { id: 1, name: "deflate", values: [9], optional: false },
    ]);
  });

  it("takes codecs passed in, and one may replace a core filter", () => {
    expect(resolveFilters([{ id: 400, values: [7] }], extended, { datatype, chunkShape: [5] })).toEqual([
      { id: 400, name: "plus-one", values: [7], optional: false },
    ]);
    const mine: Filter = { ...plusOne, id: 1, name: "mine" };
    expect(filterRegistry([mine]).get(1)).toBe(mine);
    expect(filterRegistry().size).toBe(CORE_FILTERS.length);
  });

  it("refuses mandatory filters that it cannot write, and keeps optional ones", () => {
    expect(() => filtersOf({ id: 32001 })).toThrow(Hdf5UnsupportedError);
    expect(() => filtersOf({ id: 4 })).toThrow(/4 \(szip\)/);
    expect(filtersOf({ id: 32001, optional: true })).toEqual([
      { id: 32001, name: "blosc", values: [], optional: true },
    ]);
  });

  it("completes the parameters of filters whose codecs are loaded later, also when they are replaced", () => {
    const dataset = { datatype: datatypeOf("int16"), chunkShape: [5], fillBytes: hex("0700") };
    const mine: Filter = { ...plusOne, id: 6, name: "mine" };
    for (const registry of [core, filterRegistry([mine])]) {
      const [filter] = resolveFilters([scaleOffset()], registry, dataset);
      expect(filter?.values.slice(0, 9)).toEqual([2, 0, 5, 0, 2, 1, 0, 1, 7]);
      expect(filter?.optional).toBe(true);
    }
    expect(resolveFilters(["nbit"], core, dataset)[0]?.values).toEqual([8, 1, 5, 1, 2, 0, 16, 0]);
  });

  it("takes bits for integers or decimals for floats, not both", () => {
    expect(scaleOffset()).toMatchObject({ id: 6, values: [2, 0] });
    expect(scaleOffset({ decimals: 3 })).toMatchObject({ values: [0, 3] });
    expect(() => scaleOffset({ bits: -1 })).toThrow(Hdf5UsageError);
    expect(() => scaleOffset({ bits: 1, decimals: 1 })).toThrow(Hdf5UsageError);
  });

  it.each<[string, unknown]>([
    ["an unknown name", "gzip"],
    ["a name of every object", "constructor"],
    ["an id of 0", { id: 0 }],
    ["an id beyond 16 bits", { id: 65_536 }],
    ["no id", {}],
    ["null", null],
    ["a number", 1],
    ["a level of 10", { id: 1, values: [10] }],
    ["a value that is no 32-bit integer", { id: 2, values: [-1] }],
  ])("refuses %s", (_, input) => {
    expect(() => filtersOf(input as FilterInput)).toThrow(Hdf5UsageError);
  });

  it("has at most 32 filters", () => {
    expect(filtersOf(...Array.from({ length: 32 }, () => "shuffle" as const))).toHaveLength(32);
    expect(() => filtersOf(...Array.from({ length: 33 }, () => "shuffle" as const))).toThrow(Hdf5UsageError);
  });
});
