import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { lookup3 } from "../../src/bytes/checksum.js";
import { open } from "../../src/index.js";

/** A file of libhdf5 1.10 with a version 3 superblock, whose consistency flags are these. */
function flagged(flags: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(readFileSync(new URL("../corpus/messages/v110.h5", import.meta.url)));
  expect(bytes[8]).toBe(3);
  bytes[11] = flags;
  new DataView(bytes.buffer).setUint32(44, lookup3(bytes.subarray(0, 44)), true);
  return bytes;
}

const refused = expect.objectContaining({ code: "state", reason: "not-closed" });

// H5Fint.c: H5F_open looks at the write and SWMR bits, 1 and 4. Bit 2 is defined and means nothing.
test.each([
  [0, false],
  [1, true],
  [2, false],
  [4, true],
  [5, true],
])("with the consistency flags %d a file was not closed: %s", async (flags, wasNotClosed) => {
  await using file = await open(flagged(flags));
  expect(file.wasNotClosed).toBe(wasNotClosed);
  expect(file.warnings.map(({ code }) => code)).toEqual(wasNotClosed ? ["not-closed"] : []);
  const refusing = open(flagged(flags), { notClosed: "refuse" });
  if (wasNotClosed) await expect(refusing).rejects.toThrow(refused);
  else await (await refusing).close();
});

test("a file that was not closed is refused before anything in it is looked at", async () => {
  const bytes = flagged(1).subarray(0, 200);
  await expect(open(bytes, { notClosed: "refuse" })).rejects.toThrow(refused);
  await expect(open(bytes)).rejects.toThrow(expect.objectContaining({ code: "truncated" }));
});
