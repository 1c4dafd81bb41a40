import { beforeAll, describe, expect, test } from "vitest";
import { lookup3 } from "../../src/format/index.js";
import { type FileMap, mapFile, mutate, mutator } from "../../src/testing/index.js";
import { fixture } from "../api/fixture.js";

let bytes: Uint8Array;
let map: FileMap;

beforeAll(async () => {
  bytes = await fixture();
  map = await mapFile(bytes);
});

describe("the map of a file", () => {
  test("knows the structures, which do not overlap, and their checksums", () => {
    const names = new Set(map.structures.map(({ name }) => name));
    for (const name of ["superblock", "object header", "chunk B-tree node", "global heap collection"]) {
      expect(names).toContain(name);
    }
    for (const [i, { start, length }] of map.structures.entries()) {
      expect(start + length).toBeLessThanOrEqual(map.structures[i + 1]?.start ?? bytes.length);
    }
    const sums = map.structures.filter(({ checksumAt }) => checksumAt !== undefined).map(({ name }) => name);
    expect(sums).toContain("superblock");
    expect(sums).toContain("object header");
    expect(sums).not.toContain("chunk B-tree node");
    expect(map.isComplete).toBe(true);
  });

  test("knows fields by name, and which of them lead somewhere", () => {
    const root = map.fields.find(({ name }) => name === "root group object header address");
    expect(root).toMatchObject({ structure: "superblock", start: 36, width: 8, isAddress: true });
    expect(map.fields.some(({ name }) => name === "entries used")).toBe(true);
    expect(map.data.some(({ isProtected }) => isProtected)).toBe(true);
    expect(map.data.some(({ isProtected }) => !isProtected)).toBe(true);
  });
});

describe("mutations", () => {
  test("are the same for the same seed, and leave the original alone", async () => {
    const before = bytes.slice();
    const make = mutator(bytes, map);
    const different = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const mutation = make(seed);
      if (seed % 40 === 0) expect(await mutate(bytes, seed)).toEqual(mutation);
      different.add(mutation.what);
    }
    expect(bytes).toEqual(before);
    expect(different.size).toBeGreaterThan(190);
  });

  test("of fields have right checksums in nine of ten cases", () => {
    const make = mutator(bytes, map);
    let fields = 0;
    let fixed = 0;
    for (let seed = 0; seed < 1500; seed++) {
      const mutation = make(seed);
      if (!/ of .* at \d+ is /.test(mutation.what)) continue;
      fields++;
      if (!mutation.checksumsFixed) continue;
      fixed++;
      const view = new DataView(mutation.bytes.buffer);
      for (const { start, length, checksumAt } of map.structures) {
        // Sums that stand inside are those of heap blocks.
        if (checksumAt !== start + length - 4) continue;
        const sum = lookup3(mutation.bytes.subarray(start, start + length - 4));
        expect(view.getUint32(checksumAt, true), mutation.what).toBe(sum);
      }
    }
    expect(fields).toBeGreaterThan(700);
    expect(fixed / fields).toBeGreaterThan(0.86);
    expect(fixed / fields).toBeLessThan(0.94);
  });
});
