import { describe, expect, test } from "vitest";
import { Hdf5FormatError } from "../../../src/errors.js";
import { decodeFillValue, decodeOldFillValue, encodeFillValue } from "../../../src/format/messages/fill-value.js";
import { hex } from "../hex.js";
import { cursor, written } from "./decoding.js";

const decode = (text: string) => decodeFillValue(cursor(text));

describe("fill value message", () => {
  test("versions 1 and 2 say when space is allocated and the value written, and whether there is one", () => {
    const user = { status: "user", allocTime: "incremental", writeTime: "ifset", bytes: Uint8Array.of(1, 2) };
    expect(decode("01 03 02 01 02000000 0102")).toEqual(user);
    expect(decode("02 03 02 01 02000000 0102")).toEqual(user);
    expect(decode("02 02 00 01 00000000")).toEqual({
      status: "default",
      allocTime: "late",
      writeTime: "alloc",
      bytes: undefined,
    });
    const none = { status: "undefined", allocTime: "early", writeTime: "never", bytes: undefined };
    expect(decode("02 01 01 00")).toEqual(none);
    expect(decode("01 01 01 00 ffffffff")).toEqual(none);
  });

  test("version 3 has it all in its flags", () => {
    const texts = ["03 09", "03 0a", "03 1a", "03 2b 02000000 0102"];
    expect(texts.map(decode)).toEqual([
      { status: "default", allocTime: "early", writeTime: "ifset", bytes: undefined },
      { status: "default", allocTime: "late", writeTime: "ifset", bytes: undefined },
      { status: "undefined", allocTime: "late", writeTime: "ifset", bytes: undefined },
      { status: "user", allocTime: "incremental", writeTime: "ifset", bytes: Uint8Array.of(1, 2) },
    ]);
    for (const text of texts) expect(written((out) => encodeFillValue(out, decode(text)))).toEqual(hex(text));
  });

  test("a value of no bytes is the default", () => {
    expect(decode("03 2a 00000000").status).toBe("default");
  });

  test.each([
    ["version 4", "04 09", "version is 4"],
    ["flag 6", "03 49", "bits 6 and 7 are not defined"],
    ["a value both undefined and there", "03 3a 01000000 01", "undefined and present"],
    ["write time 3", "03 0e", "fill value write time is 3"],
    ["an allocation time of 4", "02 04 00 01 00000000", "space allocation time is 4"],
    ["a negative size", "02 02 00 01 feffffff 01", "fill value needs 4294967294 bytes"],
    ["2 GiB of value", "03 2a 00000080 01", "fill value needs 2147483648 bytes"],
  ])("%s is an error", (_, text, finding) => {
    expect(() => decode(text)).toThrow(finding);
    expect(() => decode(text)).toThrow(Hdf5FormatError);
  });

  test("the old message has a value or none", () => {
    expect(decodeOldFillValue(cursor("02000000 0102"))).toMatchObject({ status: "user", bytes: Uint8Array.of(1, 2) });
    expect(decodeOldFillValue(cursor("00000000"))).toMatchObject({ status: "undefined", bytes: undefined });
    expect(() => decodeOldFillValue(cursor("05000000 0102"))).toThrow(Hdf5FormatError);
  });
});
