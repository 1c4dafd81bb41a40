import { describe, expect, test } from "vitest";
import { Hdf5FormatError, Hdf5UsageError } from "../../../src/errors.js";
import {
  decodeFilterPipeline,
  encodeFilterPipeline,
  type PipelineFilter,
} from "../../../src/format/messages/filter-pipeline.js";
import { hex } from "../hex.js";
import { cursor, written } from "./decoding.js";

const decode = (text: string) => decodeFilterPipeline(cursor(text));
const encode = (filters: readonly PipelineFilter[]) => written((out) => encodeFilterPipeline(out, filters));

describe("filter pipeline message", () => {
  test("version 1 names all filters, pads names to 8 and an odd number of values to an even one", () => {
    const text = `01 02 000000000000
      0200 0800 0100 0100 "shuffle" 00 04000000 00000000
      0100 0800 0000 0200 "deflate" 00 06000000 07000000`;
    expect(decode(text)).toEqual([
      { id: 2, name: "shuffle", values: [4], optional: true },
      { id: 1, name: "deflate", values: [6, 7], optional: false },
    ]);
    expect(decode("01 01 000000000000 0300 0000 0000 0000")).toEqual([
      { id: 3, name: undefined, values: [], optional: false },
    ]);
  });

  test("version 2 names only filters from 256 on, and pads nothing", () => {
    const text = '02 02  0200 0100 0100 04000000  007d 0400 0100 0300 "lzf" 00 04000000 05010000 ffffffff';
    expect(decode(text)).toEqual([
      { id: 2, name: undefined, values: [4], optional: true },
      { id: 32_000, name: "lzf", values: [4, 261, 0xffff_ffff], optional: true },
    ]);
    expect(encode(decode(text))).toEqual(hex(text));
    const unnamed = "02 01  007d 0000 0000 0000";
    expect(encode(decode(unnamed))).toEqual(hex(unnamed));
  });

  test("the name of a core filter is not written", () => {
    expect(encode([{ id: 1, name: "deflate", values: [6], optional: false }])).toEqual(
      hex("02 01 0100 0000 0100 06000000"),
    );
  });

  test.each([
    ["version 3", "03 00", "version is 3"],
    ["33 filters", "02 21", "number of filters is 33, at most 32"],
    ["a name length of 7", '01 01 000000000000 0200 0700 0000 0000 "shuffle"', "name length is 7"],
    ["a name without end", '02 01 007d 0300 0000 0000 "lzf"', "filter name is not terminated by NUL"],
    ["65,535 values and no more bytes", "02 01 0200 0000 ffff 04000000", "client data values needs 262140 bytes"],
    ["filters that are not there", "02 02 0200 0000 0000", "filter id needs 2 bytes"],
  ])("%s is an error", (_, text, finding) => {
    expect(() => decode(text)).toThrow(finding);
    expect(() => decode(text)).toThrow(Hdf5FormatError);
  });

  test("values that are no unsigned 32-bit integers are refused", () => {
    expect(() => encode([{ id: 1, values: [-1], optional: false }])).toThrow(Hdf5UsageError);
    expect(() => encode([{ id: 1, values: [2 ** 32], optional: false }])).toThrow(Hdf5UsageError);
  });
});
