import { describe, expect, test } from "vitest";
import { Hdf5FormatError, Hdf5UsageError } from "../../../src/errors.js";
import { type Attribute, decodeAttribute } from "../../../src/format/messages/attribute.js";
import { encodeAttribute } from "../../../src/format/messages/attribute-encode.js";
import type { SharedResolver } from "../../../src/format/messages/shared-message.js";
import { hex } from "../hex.js";
import { CONTEXT, cursor, written } from "./decoding.js";

const INT16 = "10 08 00 00  02000000  0000 1000"; // 12 bytes
const THREE = "01 01 00 00 00000000 0300000000000000"; // version 1, 16 bytes
const SCALAR = "02 00 00 00"; // 4 bytes
const DATA = "0100 feff 0300";

/** Finds an int16 at 0x500, a dataspace of three elements at 0x600, and an int16 in the heap. */
const shared: SharedResolver = (message, type) => {
  const found = { 3: INT16, 1: THREE }[type];
  if (found === undefined) throw new Error(`type ${type} was asked for`);
  return { cursor: cursor(found), committed: message.kind === "committed" ? message.address : undefined };
};
const decode = (text: string, order?: number): Attribute => decodeAttribute(cursor(text), CONTEXT, order, shared);
const encode = (attribute: Attribute): Uint8Array => written((out) => encodeAttribute(out, attribute, CONTEXT));
const int16 = { kind: "integer", size: 2, signed: true };

describe("attribute message", () => {
  test("version 1 pads name, datatype and dataspace, and does not count the padding", () => {
    const attribute = decode(`01 00 0500 0c00 1000  "name" 00 000000  ${INT16} 00000000  ${THREE}  ${DATA}`, 4);
    expect(attribute).toMatchObject({ name: "name", charset: "ascii", datatype: int16, creationOrder: 4 });
    expect(attribute.dataspace).toEqual({ kind: "simple", shape: [3] });
    expect(attribute.data).toEqual(hex(DATA));
  });

  test("version 2 pads nothing", () => {
    const attribute = decode(`02 00 0500 0c00 1000  "name" 00  ${INT16} ${THREE} ${DATA}`);
    expect(attribute).toMatchObject({ name: "name", charset: "ascii", datatype: int16, creationOrder: undefined });
    expect(attribute.data).toEqual(hex(DATA));
  });

  test("version 3 states the character set", () => {
    const text = `03 00 0300 0c00 0400 01 c3bc 00  ${INT16} ${SCALAR} 0700`;
    const attribute = decode(text);
    expect(attribute).toMatchObject({ name: "ü", charset: "utf-8", dataspace: { kind: "scalar" } });
    expect(encode(attribute)).toEqual(hex(text));
  });

  test("a committed datatype is where the shared message says, and is written as one", () => {
    const text = `03 01 0200 0a00 0400 00 "n" 00  02 02 0005000000000000 ${SCALAR} 0700`;
    const attribute = decode(text);
    expect(attribute.datatype).toMatchObject({
      ...int16,
      committed: { kind: "object-reference", address: 0x500, file: undefined },
    });
    expect(Object.isFrozen(attribute.datatype)).toBe(true);
    expect(encode(attribute)).toEqual(hex(text));
  });

  test("datatype and dataspace may be shared through the file's heap", () => {
    const attribute = decode(`03 03 0200 0a00 0a00 00 "n" 00  03 01 0000000000000000  03 01 0100000000000000 ${DATA}`);
    expect(attribute.datatype).not.toHaveProperty("committed");
    expect(attribute).toMatchObject({ datatype: int16, dataspace: { shape: [3] } });
  });

  test("a null dataspace has no data", () => {
    const attribute = decode(`03 00 0200 0c00 0400 00 "n" 00  ${INT16} 02 00 00 02`);
    expect(attribute.data.length).toBe(0);
    expect(attribute.dataspace).toEqual({ kind: "null" });
  });

  test("bytes behind the data are not data", () => {
    expect(decode(`03 00 0200 0c00 0400 00 "n" 00  ${INT16} ${SCALAR} 0700 aabb`).data).toEqual(hex("0700"));
  });

  test.each([
    ["version 4", `04 00 0200 0c00 0400 00 "n" 00 ${INT16} ${SCALAR} 0700`, "version is 4"],
    ["unknown flags", `03 04 0200 0c00 0400 00 "n" 00 ${INT16} ${SCALAR} 0700`, "flags are 4"],
    ["an unknown character set", `03 00 0200 0c00 0400 02 "n" 00 ${INT16} ${SCALAR} 0700`, "character set is 2"],
    ["a name of size 0", `03 00 0000 0c00 0400 00 ${INT16} ${SCALAR} 0700`, "name is not terminated by NUL"],
    ["an empty name", `03 00 0100 0c00 0400 00 00 ${INT16} ${SCALAR} 0700`, "name is empty"],
    ["a name without end", `03 00 0100 0c00 0400 00 "n" ${INT16} ${SCALAR} 0700`, "name is not terminated by NUL"],
    ["a datatype cut short", `03 00 0200 0b00 0400 00 "n" 00 ${INT16} ${SCALAR} 0700`, "bit precision needs 2 bytes"],
    ["sizes beyond the message", `03 00 0200 ff00 0400 00 "n" 00 ${INT16} ${SCALAR} 0700`, "datatype needs 255 bytes"],
    ["too little data", `03 00 0200 0c00 0400 00 "n" 00 ${INT16} ${SCALAR} 07`, "data needs 2 bytes, 1 are left"],
    [
      "more data than can be",
      `03 00 0200 0c00 0c00 00 "n" 00 ${INT16} 02 01 00 01 ffffffffffff1f00 0700`,
      "data needs 18014398509481982 bytes",
    ],
  ])("%s is an error", (_, text, finding) => {
    expect(() => decode(text)).toThrow(finding);
    expect(() => decode(text)).toThrow(Hdf5FormatError);
  });

  test("an attribute whose data do not fill its dataspace is refused, and so is a part beyond 64 KiB", () => {
    const attribute = decode(`03 00 0200 0c00 0400 00 "n" 00  ${INT16} ${SCALAR} 0700`);
    expect(() => encode({ ...attribute, data: new Uint8Array(3) })).toThrow(Hdf5UsageError);
    expect(() => encode({ ...attribute, nameBytes: new Uint8Array(65_535).fill(65) })).toThrow(Hdf5UsageError);
  });
});
