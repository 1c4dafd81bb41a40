import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/bytes/byte-writer.js";
import { lookup3 } from "../../src/bytes/checksum.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { Hdf5ChecksumError, Hdf5FormatError, Hdf5TruncatedError } from "../../src/errors.js";
import {
  decodeSuperblock,
  encodeSuperblock,
  SUPERBLOCK_SIGNATURE,
  type Superblock,
  superblockCandidates,
} from "../../src/format/superblock.js";
import { hex } from "./hex.js";

/** h5py 3.7, default: the first 96 bytes of an empty file. */
const VERSION_0 = `89 "HDF" 0d 0a 1a 0a  00 00 00 00 00  08 08 00  04 00 10 00  00 00 00 00
  00 00 00 00 00 00 00 00  ff ff ff ff ff ff ff ff  20 03 00 00 00 00 00 00  ff ff ff ff ff ff ff ff
  00 00 00 00 00 00 00 00  60 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00
  88 00 00 00 00 00 00 00  a8 02 00 00 00 00 00 00`;

/** Fields of a version-2 superblock with addresses of 8 bytes; the checksum is computed. */
function version2(fields: string): Uint8Array {
  const bytes = hex(`89 "HDF" 0d 0a 1a 0a ${fields}`);
  return new ByteWriter().put(bytes).u32(lookup3(bytes)).bytes();
}
const FIELDS_2 = `02 08 08 00  00 02 00 00 00 00 00 00  ff ff ff ff ff ff ff ff
  43 03 00 00 00 00 00 00  30 00 00 00 00 00 00 00`;

const decode = (bytes: Uint8Array, at = 0): Superblock => decodeSuperblock(new Cursor(bytes, "superblock", 0), at);
const encode = (superblock: Superblock): Uint8Array => {
  const out = new ByteWriter();
  encodeSuperblock(out, superblock);
  return out.bytes();
};

describe("superblocks of version 0 and 1", () => {
  test("say the widths, tree orders and the root group, whose B-tree and heap they repeat", () => {
    const superblock = decode(hex(VERSION_0));
    expect(superblock).toMatchObject({
      version: 0,
      sizeOfOffsets: 8,
      sizeOfLengths: 8,
      groupLeafK: 4,
      groupInternalK: 16,
      chunkInternalK: undefined,
      baseAddress: 0,
      signatureAddress: 0,
      endOfFile: 800,
      rootAddress: 96,
      extensionAddress: undefined,
      driverInfo: undefined,
      rootCache: { btreeAddress: 136, heapAddress: 680 },
      consistencyFlags: 0,
    });
    expect(encode(superblock)).toEqual(hex(VERSION_0));
  });

  test("version 1 has a K of chunk B-trees too", () => {
    const bytes = hex(
      VERSION_0.replace("0a 1a 0a  00", "0a 1a 0a  01").replace("00 00 00 00\n", "00 00 00 00  40 00 00 00\n"),
    );
    const superblock = decode(bytes);
    expect(superblock).toMatchObject({ version: 1, chunkInternalK: 64, rootAddress: 96 });
    expect(encode(superblock)).toEqual(bytes);
  });

  test("a driver information block behind the superblock is read with it", () => {
    const withAddress = VERSION_0.replace(
      "20 03 00 00 00 00 00 00  ff ff ff ff ff ff ff ff",
      "20 03 00 00 00 00 00 00  60 00 00 00 00 00 00 00",
    );
    const block = `00 00 00 00  08 00 00 00  "NCSAfami"  00 10 00 00 00 00 00 00`;
    expect(decode(hex(withAddress + block)).driverInfo).toEqual({
      id: "NCSAfami",
      data: hex("00 10 00 00 00 00 00 00"),
    });
    // Where it is not in the bytes at hand, its address is known all the same.
    const cut = decode(hex(withAddress + block).subarray(0, 116));
    expect([cut.driverInfoAddress, cut.driverInfo]).toEqual([96, undefined]);
    expect(() => decode(hex(withAddress + block.replace("00", "07")))).toThrow("version is 7, expected 0");
  });

  test.each([
    ["a free-space version", 9, 1],
    ["a root group version", 10, 1],
    ["a shared header version", 12, 1],
    ["addresses of 3 bytes", 13, 3],
    ["lengths of 0 bytes", 14, 0],
    ["a group leaf node K of 0", 16, 0],
    ["a group internal node K of 0", 18, 0],
    ["unknown flags", 20, 8],
    ["an unknown cache type", 72, 3],
    ["a root address above 2^53 − 1", 71, 0x20],
    ["version 4", 8, 4],
    ["another signature", 0, 0x88],
  ])("%s is an error", (_, at, value) => {
    const bytes = hex(VERSION_0);
    bytes[at] = value;
    expect(() => decode(bytes)).toThrow(Hdf5FormatError);
  });

  test("a cut one is truncated", () => {
    for (let length = 0; length < 96; length++) {
      expect(() => decode(hex(VERSION_0).subarray(0, length))).toThrow(Hdf5TruncatedError);
    }
  });
});

describe("superblocks of version 2 and 3", () => {
  test("say where the extension and the root group are", () => {
    const superblock = decode(version2(FIELDS_2), 512);
    expect(superblock).toMatchObject({
      version: 2,
      sizeOfOffsets: 8,
      sizeOfLengths: 8,
      baseAddress: 512,
      signatureAddress: 512,
      endOfFile: 835,
      rootAddress: 48,
      extensionAddress: undefined,
      consistencyFlags: 0,
    });
    expect(encode(superblock)).toEqual(version2(FIELDS_2));
  });

  test("the checksum is that of libhdf5", () => {
    // h5py 3.7, libver "v108": an empty file of 195 bytes.
    const bytes = hex(`89 "HDF" 0d 0a 1a 0a 02 08 08 00 00 00 00 00 00 00 00 00 ff ff ff ff ff ff ff ff
      c3 00 00 00 00 00 00 00 30 00 00 00 00 00 00 00 ab 5f ed 36`);
    const superblock = decode(bytes);
    expect([superblock.endOfFile, superblock.rootAddress]).toEqual([195, 48]);
    expect(encode(superblock)).toEqual(bytes);
  });

  test("a base address that is not where the signature is stays as stored, for the caller to move", () => {
    const { baseAddress, signatureAddress, endOfFile } = decode(version2(FIELDS_2), 2048);
    expect([baseAddress, signatureAddress, endOfFile]).toEqual([512, 2048, 835]);
  });

  test("the flags of a version-3 one are kept, unknown ones refused", () => {
    expect(decode(version2(FIELDS_2.replace("02 08 08 00", "03 08 08 05"))).consistencyFlags).toBe(5);
    expect(() => decode(version2(FIELDS_2.replace("02 08 08 00", "03 08 08 10")))).toThrow("consistency flags are 16");
  });

  test("a wrong checksum is found before any address is believed", () => {
    const bytes = version2(FIELDS_2);
    bytes[43] = 0xff;
    expect(() => decode(bytes)).toThrow(Hdf5ChecksumError);
  });

  test("an undefined root address is an error", () => {
    const fields = FIELDS_2.replace("30 00 00 00 00 00 00 00", "ff ff ff ff ff ff ff ff");
    expect(() => decode(version2(fields))).toThrow("root group object header address is the undefined address");
  });

  test("widths are 2, 4, 8, 16 or 32 bytes", () => {
    for (const width of ["00", "01", "03", "20 07", "40"]) {
      expect(() => decode(version2(FIELDS_2.replace("02 08", `02 ${width}`)))).toThrow(Hdf5FormatError);
    }
  });
});

test("a superblock may begin at 0 and at every power of two from 512 on", () => {
  expect([...superblockCandidates(5000)]).toEqual([0, 512, 1024, 2048, 4096]);
  expect([...superblockCandidates(512)]).toEqual([0]);
  expect([...superblockCandidates(0)]).toEqual([]);
  expect([...superblockCandidates(Number.POSITIVE_INFINITY)].at(-1)).toBe(2 ** 52);
  expect(SUPERBLOCK_SIGNATURE.length).toBe(8);
});
