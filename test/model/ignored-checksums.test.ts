import { describe, expect, test } from "vitest";
import { lookup3 } from "../../src/bytes/checksum.js";
import { open } from "../../src/index.js";
import { structureBytes } from "../format/structure-fixtures.js";
import { fixtureBytes } from "../format/walker-fixtures.js";

/** Signatures of blocks whose last four bytes are their checksum, and those blocks' lengths. */
const BLOCKS: readonly [file: string, signature: string, length: number][] = [
  ["dense-group.h5", "FRHP", 146],
  ["dense-group.h5", "BTHD", 38],
  ["chunks-v4.h5", "FAHD", 28],
  ["chunks-v4.h5", "EAHD", 72],
  ["shared-list.h5", "SMTB", 68],
];

/** The file with the checksums of all these blocks spoilt, and nothing else. */
function spoilt(file: string, signature: string, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(file.startsWith("shared") ? structureBytes(file) : fixtureBytes(file));
  const view = new DataView(bytes.buffer);
  let count = 0;
  const found = Buffer.from(bytes);
  for (let at = found.indexOf(signature); at >= 0; at = found.indexOf(signature, at + 1)) {
    const place = at + length - 4;
    if (view.getUint32(place, true) !== lookup3(bytes.subarray(at, place))) continue;
    view.setUint32(place, view.getUint32(place, true) ^ 1, true);
    count++;
  }
  expect(count).toBeGreaterThan(0);
  return bytes;
}

/** Everything that can be reached: errors by code, and how many objects there are. */
async function walk(
  bytes: Uint8Array,
  checksums: "verify" | "ignore",
): Promise<{ codes: Set<string>; objects: number }> {
  const codes = new Set<string>();
  let objects = 0;
  await using file = await open(bytes, { checksums });
  for await (const [, object] of file.root.visit()) {
    if (object.kind === "unresolved") codes.add(object.error.code);
    else {
      objects++;
      if (object.kind === "dataset") await object.read().catch((error) => codes.add(error.code));
    }
  }
  return { codes, objects };
}

describe("checksums: ignore", () => {
  test.each(BLOCKS)(
    "reads %s with spoilt checksums of %s, which are errors otherwise",
    async (file, signature, length) => {
      const bytes = spoilt(file, signature, length);
      expect((await walk(bytes, "verify")).codes).toContain("checksum");
      const { codes, objects } = await walk(bytes, "ignore");
      expect([...codes]).toEqual([]);
      expect(objects).toBeGreaterThan(0);
    },
  );

  test("reads a superblock with a spoilt checksum", async () => {
    const bytes = structureBytes("shared-list.h5");
    bytes[44] = (bytes[44] ?? 0) ^ 1;
    await expect(open(bytes)).rejects.toThrow(expect.objectContaining({ code: "checksum" }));
    await using file = await open(bytes, { checksums: "ignore" });
    expect((await file.root.keys()).length).toBeGreaterThan(0);
  });
});
