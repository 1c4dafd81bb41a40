import { describe, expect, test } from "vitest";
import { Hdf5FormatError, Hdf5UsageError } from "../../../src/errors.js";
import {
  compareBytes,
  decodeLink,
  encodeLink,
  type LinkMessage,
  linkKey,
  makeLink,
} from "../../../src/format/messages/link.js";
import { hex } from "../hex.js";
import { CONTEXT, cursor, written } from "./decoding.js";

const decode = (text: string): LinkMessage => decodeLink(cursor(text), CONTEXT);
const encode = (link: LinkMessage): Uint8Array => written((out) => encodeLink(out, link, CONTEXT));

describe("link message", () => {
  test("hard links name an object header", () => {
    const text = '01 00 03 "abc" 6000000000000000';
    expect(decode(text)).toEqual({
      kind: "hard",
      address: 96,
      name: "abc",
      nameBytes: hex('"abc"'),
      charset: "ascii",
      creationOrder: undefined,
    });
    expect(encode(decode(text))).toEqual(hex(text));
  });

  test("the optional fields come in the order type, creation order, character set", () => {
    const text = '01 1c 01 0700000000000000 01 02 c3bc 0300 "a/b"';
    expect(decode(text)).toMatchObject({ kind: "soft", target: "a/b", name: "ü", charset: "utf-8", creationOrder: 7 });
    expect(encode(decode(text))).toEqual(hex(text));
  });

  test("external links hold a file and a path; links of users hold bytes", () => {
    const external = '01 08 40 01 "x" 0900 00 "f.h5" 00 "/p" 00';
    expect(decode(external)).toMatchObject({ kind: "external", file: "f.h5", target: "/p" });
    expect(encode(decode(external))).toEqual(hex(external));
    const user = '01 08 bb 01 "u" 0300 010203';
    expect(decode(user)).toMatchObject({ kind: "user", linkClass: 187, value: Uint8Array.of(1, 2, 3) });
    expect(encode(decode(user))).toEqual(hex(user));
  });

  test.each([
    ["without an end of the path", '0800 00 "f.h5" 00 "/p"'],
    ["without a path", '0600 00 "f.h5" 00'],
    ["of another version", '0900 10 "f.h5" 00 "/p" 00'],
    ["that is empty", "0000"],
  ])("an external link whose value is one %s is listed, as a link of class 64", (_, value) => {
    const text = `01 08 40 01 "x" ${value}`;
    expect(decode(text)).toMatchObject({ kind: "user", linkClass: 64, name: "x" });
    expect(encode(decode(text))).toEqual(hex(text));
  });

  test("names that are no UTF-8 keep their bytes", () => {
    const text = '01 10 01 02 "x" ff 6000000000000000';
    const link = decode(text);
    expect([link.name, [...link.nameBytes]]).toEqual(["x\ufffd", [0x78, 0xff]]);
    expect(encode(link)).toEqual(hex(text));
    expect(decode('01 00 04 efbbbf "x" 6000000000000000').name).toBe("\ufeffx");
  });

  test("the width of the length follows the name", () => {
    const widths = [1, 255, 256, 65_535, 65_536].map((length) => {
      const encoded = encode(makeLink("x".repeat(length), { kind: "hard", address: 1 }));
      return (encoded[1] ?? 0) & 3;
    });
    expect(widths).toEqual([0, 0, 1, 1, 2]);
  });

  test("what was decoded does not hold on to the bytes it came from", () => {
    const cur = cursor('01 08 bb 01 "u" 0300 010203');
    const link = decodeLink(cur, CONTEXT);
    cur.bytes.fill(0);
    expect([linkKey(link.nameBytes), link.kind === "user" && [...link.value]]).toEqual(["u", [1, 2, 3]]);
  });

  test.each([
    ["version 2", '02 00 01 "x" 6000000000000000', "version is 2"],
    ["unknown flags", '01 20 01 "x" 6000000000000000', "bits 5–7 are not defined"],
    ["a reserved type", '01 08 02 01 "x" 0000', "link type is 2, which is reserved"],
    ["an unknown character set", '01 10 02 01 "x" 6000000000000000', "character set is 2"],
    ["no name", "01 00 00 6000000000000000", "length of link name is 0"],
    ["a name longer than the message", '01 03 0000000000000010 "x"', "length of link name is above 2^53 − 1"],
    ["an undefined address", '01 00 01 "x" ffffffffffffffff', "object header address is the undefined address"],
    ["a soft link to nothing", '01 08 01 01 "x" 0000', "length of link value is 0"],
    ["a value longer than the message", '01 08 01 01 "x" ffff 00', "link value needs 65535 bytes"],
  ])("%s is an error", (_, text, finding) => {
    expect(() => decode(text)).toThrow(finding);
    expect(() => decode(text)).toThrow(Hdf5FormatError);
  });

  test("what cannot be stored is refused", () => {
    expect(() => encode(makeLink("", { kind: "soft", target: "x" }))).toThrow(Hdf5UsageError);
    expect(() => encode(makeLink("x", { kind: "soft", target: "x".repeat(65_536) }))).toThrow(Hdf5UsageError);
  });
});

describe("new links", () => {
  test("mark their name as UTF-8 only when it is beyond ASCII, as h5py does", () => {
    expect(makeLink("name", { kind: "hard", address: 5 })).toMatchObject({ charset: "ascii", address: 5 });
    expect(makeLink("näme", { kind: "soft", target: "/x" })).toMatchObject({ charset: "utf-8", target: "/x" });
  });

  test("to other files are those that are read", () => {
    const link = makeLink("x", { kind: "external", file: "ü.h5", target: "/p" });
    expect(decodeLink(cursor(Buffer.from(encode(link)).toString("hex")), CONTEXT)).toEqual(link);
  });
});

describe("names", () => {
  test("have one key per sequence of bytes", () => {
    expect(linkKey(hex("41 ff 00"))).toBe("A\u00ff\u0000");
    expect(linkKey(hex("c3bc"))).not.toBe(linkKey(hex("fc")));
  });

  test("are ordered by their bytes, unsigned, a prefix first", () => {
    const names = ["62", "61ff", "61", "6100", ""].map(hex);
    expect(names.sort(compareBytes)).toEqual(["", "61", "6100", "61ff", "62"].map(hex));
    expect(compareBytes(hex("61"), hex("61"))).toBe(0);
  });
});
